//! A benchmark of a model: forward passes on a backend, and the same in plain f32.

use std::time::Instant;

use ditto_models::bert::{BertConfig, BertFolder};
use ditto_models::checkpoint::{FolderError, WEIGHTS_FILE, Weights};
use ditto_runtime::{BackendChoice, Embed, PaddedText, Run, RunError, ScopeObserver};

use super::benchmark::Benchmark;
use super::memory::peak_rss_bytes;
use super::plain::{PlainBert, PlainError};
use crate::breakdown::Split;
use crate::cost_model::{Machine, PlanError, Prediction};
use crate::median::median;
use crate::model_names;

/// The seed of random weights and texts: any number will do.
const SEED: u64 = 1;

/// A model to measure: what a name or a folder stands for.
#[derive(Debug)]
pub struct Model {
    /// What the user called it.
    pub name: String,
    /// Its sizes.
    pub config: BertConfig,
    /// Its weights; random where there are none.
    pub weights: Weights,
}

/// A benchmark that cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The folder cannot be opened.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// More tokens than the model has positions, or none.
    #[error("a text of {seq} tokens: this model takes 1 to {most}; give --seq such a number")]
    Length {
        /// What was asked for.
        seq: usize,
        /// What there is.
        most: usize,
    },
    /// A run stopped.
    #[error(transparent)]
    Run(#[from] RunError),
    /// There is no prediction.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The yardstick cannot be run.
    #[error(transparent)]
    Plain(#[from] PlainError),
}

impl Model {
    /// `bert-base`, `bert-large`, `minilm`, or the path of a model folder. The first two have
    /// random weights; so has `minilm` where its folder was not fetched, and a folder that has a
    /// `config.json` but no weights.
    ///
    /// # Errors
    /// If it is none of these names and the folder cannot be opened.
    pub fn find(name: &str) -> Result<Self, FolderError> {
        let random = |config: BertConfig| Self {
            name: name.to_owned(),
            weights: config.random_weights(SEED),
            config,
        };
        let from = |folder: BertFolder| Self {
            name: name.to_owned(),
            config: folder.config,
            weights: folder.weights,
        };
        let folder = model_names::folder(name);
        // The weights of `minilm` belong into its folder: one without them is incomplete.
        if folder.join(WEIGHTS_FILE).exists() || (name == "minilm" && folder.is_dir()) {
            return BertFolder::open(folder).map(from);
        }
        model_names::sizes(name).map(random)
    }
}

/// Runs a batch of `run.batch` texts of `seq` tokens through `run`, `runs` times, then the same in plain
/// f32. `machine` is what to predict it with.
///
/// The model is shared once, before the first run; sharing the texts is outside of the times too.
///
/// # Errors
/// If the length does not fit the model, or a run stops.
///
/// # Panics
/// If `runs` is 0.
pub fn measure(
    name: &str,
    run: &Run<Embed<'_>>,
    seq: usize,
    runs: usize,
    machine: &Machine,
    progress: Option<ScopeObserver>,
) -> Result<Benchmark, ModelError> {
    let most = run.task.config.max_position_embeddings;
    if !(1..=most).contains(&seq) {
        return Err(ModelError::Length { seq, most });
    }
    let texts = texts(run.task.config, run.batch, seq);
    let all: Vec<PaddedText> = (0..runs).flat_map(|_| texts.iter().cloned()).collect();
    let mut passes = Vec::with_capacity(runs);
    run.embed(&all, progress, |embedding| {
        // All texts of a batch report the same.
        if embedding.text.is_multiple_of(run.batch) {
            passes.push((embedding.seconds, embedding.report));
        }
    })?;
    // Before the yardstick takes memory of its own.
    let peak_rss_bytes = peak_rss_bytes();
    let times: Vec<f64> = passes.iter().map(|(seconds, _)| *seconds).collect();
    let seconds = median(&times);
    let apart = |(s, _): &(f64, _)| (s - seconds).abs();
    let nearest = passes.into_iter().min_by(|a, b| apart(a).total_cmp(&apart(b)));
    let (_, report) = nearest.expect("at least one run");
    let plain_seconds = plain_seconds(run, &texts, runs)?;
    let cost = report.total();
    Ok(Benchmark {
        model: name.to_owned(),
        seq,
        batch: run.batch,
        seconds,
        runs: times,
        predicted: Prediction::of(run, seq, seconds, machine)?,
        machine: *machine,
        rounds: cost.rounds,
        bytes_sent: cost.bytes,
        failure_probability: report.failure_probability(),
        plain_seconds,
        ratio: seconds / plain_seconds,
        peak_rss_bytes,
        split: Split::of(&report),
        has_parties: matches!(run.backend, BackendChoice::Rep3(_) | BackendChoice::Rep3Audited(_)),
        setting: Vec::new(),
        report,
    })
}

/// The median time of the plain forward pass, after one that is not counted.
fn plain_seconds(
    run: &Run<Embed<'_>>,
    texts: &[PaddedText],
    runs: usize,
) -> Result<f64, PlainError> {
    let bert = PlainBert::new(run.task.config, run.task.weights)?;
    let ids: Vec<&[u32]> = texts.iter().map(|text| text.ids.as_slice()).collect();
    bert.embed(&ids);
    let mut times = Vec::with_capacity(runs);
    for _ in 0..runs {
        let started = Instant::now();
        std::hint::black_box(bert.embed(std::hint::black_box(&ids)));
        times.push(started.elapsed().as_secs_f64());
    }
    Ok(median(&times))
}

/// Texts of `seq` real tokens each, spread over the vocabulary.
fn texts(config: &BertConfig, batch: usize, seq: usize) -> Vec<PaddedText> {
    let words = config.vocab_size as u64;
    let id = |i: usize| ((i as u64 * 0x9E37_79B9 + SEED) % words) as u32;
    (0..batch)
        .map(|text| PaddedText { ids: (0..seq).map(|i| id(text * seq + i)).collect(), length: seq })
        .collect()
}
