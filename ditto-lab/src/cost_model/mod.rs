//! What a batch of texts would cost, from the sizes of the model alone: no weight is made and no value
//! computed.
//!
//! Rounds and bytes are exact: the model runs on [`Count`], and a test holds that equal to `Sim`,
//! which another holds equal to three parties. Times are predicted, see [`Machine`].
//!
//! - [`Machine`] holds the constants of a prediction; it can be measured, and read from a file;
//! - [`plan()`] predicts a batch; [`Prediction`] is that beside a measured time.

mod file;
mod machine;
mod measure;
mod prediction;
mod text;

use ditto_backends::Count;
use ditto_backends::count::CountSource;
use ditto_core::{Backend, Report, ScopeReport};
use ditto_dsl::{Precision, ShareError};
use ditto_models::bert::{Bert, BertConfig, BertInput, BertOptions};
use ditto_models::checkpoint::{FolderError, LoadError};
use ditto_net::NetworkProfile;
use ditto_runtime::{Pass, PrecisionChoice, with_precision};
use serde::Serialize;

use crate::breakdown::{Kind, Split};

pub use file::MachineError;
pub use machine::{Estimate, Machine};
pub use measure::MeasureError;
pub use prediction::Prediction;
pub use text::text;

/// The most texts of a batch that can be planned.
pub const MOST_TEXTS: usize = 1 << 20;

/// A batch of texts that could be run.
#[derive(Clone, Copy, Debug)]
pub struct BatchShape {
    /// Which formats the model runs in.
    pub precision: PrecisionChoice,
    /// What else a user chooses about the model.
    pub options: BertOptions,
    /// The padded length of every text.
    pub seq: usize,
    /// The number of texts.
    pub texts: usize,
}

impl BatchShape {
    /// The passes that it runs in, all at the same time.
    fn passes(&self) -> Vec<Pass> {
        let lengths: Vec<(usize, usize)> = (0..self.texts).map(|text| (text, self.seq)).collect();
        Pass::batch(&lengths)
    }
}

/// A batch that cannot be planned.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The folder cannot be opened.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The model has a shape that its layers do not take.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// More tokens than the model has positions, or none.
    #[error("a text of {seq} tokens: this model takes 1 to {most}; give --seq such a number")]
    Length {
        /// What was asked for.
        seq: usize,
        /// What there is.
        most: usize,
    },
    /// So many texts that no batch takes them, or none.
    #[error(
        "{0} texts at the same time: a plan takes 1 to {MOST_TEXTS}; give --batch such a number"
    )]
    Batch(usize),
}

/// What a batch costs.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// Texts that are computed at the same time; all else is for all of them together.
    #[serde(skip)]
    pub texts: usize,
    /// Rounds.
    pub rounds: u64,
    /// Bytes sent by party 0, 1 and 2.
    pub bytes_sent: Vec<u64>,
    /// How likely any value is to be wrong by more than its stated error, at most.
    pub failure_probability: f64,
    /// Multiplications of ring elements in the clear; the three parties together make six of each.
    pub multiplications: u64,
    /// The predicted time, in seconds.
    pub seconds: f64,
    /// What of it is what.
    pub estimate: Estimate,
    /// The machine that it is predicted for.
    pub machine: Machine,
    /// The cost by kind of layer, with predicted times.
    pub split: Split,
    /// Multiplications by kind of layer, in the order of [`Kind::ALL`].
    #[serde(skip)]
    pub multiplications_by_kind: [u64; Kind::ALL.len()],
    /// The scopes with their operations: exact but for their times, which are predicted.
    #[serde(flatten)]
    pub report: Report,
}

/// Counts what a batch costs, and predicts how long it takes on `machine` over `net`.
///
/// # Errors
/// If the model does not take the length, or the number of texts is 0 or senseless.
pub fn plan(
    config: &BertConfig,
    batch: &BatchShape,
    machine: &Machine,
    net: NetworkProfile,
) -> Result<Plan, PlanError> {
    let mut report = count(config, batch)?;
    let passes = batch.passes().len();
    let estimate = predict_passes(&mut report, machine, net, passes);
    let mut multiplications_by_kind = [0; Kind::ALL.len()];
    for scope in &report.scopes {
        let of_kind = &mut multiplications_by_kind[Kind::of_path(&scope.path) as usize];
        *of_kind += scope.operations.iter().map(|o| o.multiplications).sum::<u64>();
    }
    let cost = report.total();
    Ok(Plan {
        texts: batch.texts,
        rounds: cost.rounds,
        bytes_sent: cost.bytes,
        failure_probability: report.failure_probability(),
        multiplications: multiplications_by_kind.iter().sum(),
        seconds: estimate.seconds(),
        estimate,
        machine: *machine,
        split: Split::of(&report),
        multiplications_by_kind,
        report,
    })
}

/// The account of a batch: rounds, bytes and operations by scope.
///
/// # Errors
/// As [`plan`].
pub fn count(config: &BertConfig, batch: &BatchShape) -> Result<Report, PlanError> {
    with_precision!(batch.precision, |P| count_in::<P>(config, batch))
}

fn count_in<P: Precision>(config: &BertConfig, batch: &BatchShape) -> Result<Report, PlanError> {
    let &BatchShape { options, seq, texts, .. } = batch;
    let most = config.max_position_embeddings;
    if !(1..=most).contains(&seq) {
        return Err(PlanError::Length { seq, most });
    }
    if !(1..=MOST_TEXTS).contains(&texts) {
        return Err(PlanError::Batch(texts));
    }
    let source = &mut CountSource;
    let weights = config.zero_weights();
    let bert = Bert::<Count, P>::share(source, config, &weights, options, &mut Count::new());
    let bert = bert.map_err(|error| match error {
        ShareError::Input(error) => error,
        ShareError::Prepare(never) => match never {},
    })?;
    // Which tokens they are is secret, so no cost can depend on it.
    let text = vec![config.pad_token_id; seq];
    let passes = batch.passes().into_iter().map(|pass| {
        let texts = vec![text.as_slice(); pass.requests.len()];
        let input = BertInput::share(source, &texts, config.pad_token_id, seq, config.vocab_size)?;
        let mut cx = Count::new();
        let Ok(_) = bert.embed(&input, &mut cx);
        Ok(cx.trace().report())
    });
    let reports: Vec<Report> = passes.collect::<Result<_, LoadError>>()?;
    Ok(Report::concurrent(reports.into_iter()))
}

/// Replaces the times of an account of one pass by predicted ones; returns that of the whole run.
pub fn predict(report: &mut Report, machine: &Machine, net: NetworkProfile) -> Estimate {
    predict_passes(report, machine, net, 1)
}

/// As [`predict`], for `passes` passes that run at the same time.
fn predict_passes(
    report: &mut Report,
    machine: &Machine,
    net: NetworkProfile,
    passes: usize,
) -> Estimate {
    let of_scope = |scope: &mut ScopeReport| {
        let mut sum = Estimate::default();
        for operation in &mut scope.operations {
            let estimate = machine.estimate(operation, net, passes);
            operation.seconds = estimate.seconds();
            sum += estimate;
        }
        sum
    };
    let own: Vec<Estimate> = report.scopes.iter_mut().map(of_scope).collect();
    let paths: Vec<String> = report.scopes.iter().map(|scope| scope.path.clone()).collect();
    let within = |path: &str, outer: &str| {
        let rest = path.strip_prefix(outer);
        outer.is_empty() || rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let mut whole = Estimate::default();
    own.iter().for_each(|&own| whole += own);
    for scope in &mut report.scopes {
        let inside = paths.iter().zip(&own).filter(|(path, _)| within(path, &scope.path));
        scope.seconds = inside.map(|(_, own)| own.seconds()).sum();
    }
    whole
}
