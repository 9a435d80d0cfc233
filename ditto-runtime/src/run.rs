//! A run: a model, texts, and what they are computed on.

use ditto_backends::rep3::AuditReport;
use ditto_core::Report;
use ditto_core::isa::Isa;
use ditto_dsl::Precision;
use ditto_models::bert::{BertConfig, Options};
use ditto_models::checkpoint::Weights;
use ditto_net::NetworkProfile;
use ndarray::{ArrayD, ArrayViewD};

use crate::additive::TwoPartiesAndDealer;
use crate::pass::{Batch, Pass};
use crate::rep3::ThreeParties;
use crate::{BackendChoice, PrecisionChoice, RunError, with_precision};

/// A run: the model, what to compute on, and how.
pub struct Run<'a> {
    /// The model's sizes.
    pub config: &'a BertConfig,
    /// The model's weights.
    pub weights: &'a Weights,
    /// What to compute on.
    pub backend: BackendChoice,
    /// Which formats the model runs in.
    pub precision: PrecisionChoice,
    /// What else a user chooses about the model.
    pub options: Options,
    /// How many texts are computed at the same time, at most. A batch has the rounds of one text: on
    /// a slow network they wait together, and where one waits another computes.
    pub batch: usize,
    /// The network that the parties' links imitate.
    pub net: NetworkProfile,
    /// Replays the randomness of `Sim`, of `Additive`, or of `Rep3` over memory channels.
    pub seed: Option<u64>,
}

/// A text as token ids, and the length that it is padded to.
#[derive(Clone, Debug)]
pub struct Padded {
    /// The ids of the real tokens.
    pub ids: Vec<u32>,
    /// The padded length, which is all that the parties learn.
    pub length: usize,
}

/// The embedding of one text, and what the batch cost that it was in.
#[derive(Clone, Debug)]
pub struct Embedding {
    /// The text's number among those of the run.
    pub text: usize,
    /// Of Euclidean length 1.
    pub values: Vec<f64>,
    /// How many texts were computed at the same time; what follows is for all of them together.
    pub batch: usize,
    /// Wall-clock time of the batch, without loading and sharing.
    pub seconds: f64,
    /// Rounds and bytes by scope.
    pub report: Report,
    /// What was tested, if the parties were to.
    pub audit: Option<AuditReport>,
}

/// What came of a batch, pass by pass.
pub(crate) struct Done {
    /// `[texts, hidden]` of each pass, and its audit.
    pub(crate) values: Vec<(ArrayD<f64>, Option<AuditReport>)>,
    /// Of all passes together.
    pub(crate) report: Report,
    pub(crate) seconds: f64,
}

impl Done {
    /// The parts of a batch that ran one after another.
    pub(crate) fn in_sequence(parts: Vec<Self>) -> Self {
        let seconds = parts.iter().map(|part| part.seconds).sum();
        let (mut values, mut reports) = (Vec::new(), Vec::new());
        for part in parts {
            values.extend(part.values);
            reports.push(part.report);
        }
        Self { values, report: Report::in_sequence(reports), seconds }
    }

    pub(crate) fn embeddings(self, batch: &Batch) -> impl Iterator<Item = Embedding> {
        let Self { values, report, seconds } = self;
        let size = batch.iter().map(|pass| pass.texts.len()).sum();
        let embeddings = move |(pass, (values, audit)): (&Pass, (ArrayD<f64>, Option<_>))| {
            let embedding = |(&text, row): (&usize, ArrayViewD<f64>)| Embedding {
                text,
                values: row.iter().copied().collect(),
                batch: size,
                seconds,
                report: report.clone(),
                audit: audit.clone(),
            };
            pass.texts.iter().zip(values.outer_iter()).map(embedding).collect::<Vec<_>>()
        };
        batch.iter().zip(values).flat_map(embeddings)
    }
}

/// Called with the path of every scope that is entered.
pub type Progress = std::sync::Arc<dyn Fn(&str) + Send + Sync>;

impl Run<'_> {
    /// Embeds texts, one batch after another, calling `each` with every result of a batch as it is
    /// there. With a batch of 1 that is the order of the texts.
    ///
    /// # Errors
    /// The first that occurs; see [`RunError`].
    pub fn embed(
        &self,
        texts: &[Padded],
        progress: Option<Progress>,
        each: impl FnMut(Embedding) + Send,
    ) -> Result<(), RunError> {
        Isa::select()?;
        with_precision!(self.precision, |P| self.embed_in::<P>(texts, progress, each))
    }

    fn embed_in<P: Precision>(
        &self,
        texts: &[Padded],
        progress: Option<Progress>,
        each: impl FnMut(Embedding) + Send,
    ) -> Result<(), RunError> {
        match self.backend {
            BackendChoice::Plain { as_written } => {
                self.embed_plain::<P>(as_written, texts, progress, each)
            }
            BackendChoice::Sim => self.embed_sim::<P>(texts, progress, each),
            BackendChoice::Rep3(transport) => {
                let parties = ThreeParties { transport, audited: false };
                self.embed_on::<_, P>(&parties, texts, progress, each)
            }
            BackendChoice::Rep3Audited(transport) => {
                let parties = ThreeParties { transport, audited: true };
                self.embed_on::<_, P>(&parties, texts, progress, each)
            }
            BackendChoice::Additive => {
                self.embed_on::<_, P>(&TwoPartiesAndDealer, texts, progress, each)
            }
        }
    }
}
