//! What a benchmark of a model found.

use ditto_core::Report;
use serde::Serialize;

use crate::breakdown::Split;
use crate::cost_model::{Machine, Prediction};

/// The figures of a benchmark. As JSON it is one object of the fields below, without those that
/// say how it was run.
#[derive(Clone, Debug, Serialize)]
pub struct Benchmark {
    /// The model's name, or its folder.
    pub model: String,
    /// Tokens of every text.
    pub seq: usize,
    /// Texts that are computed at the same time.
    pub batch: usize,
    /// The median of `runs`: wall-clock time of a batch, without loading and sharing.
    pub seconds: f64,
    /// The time of every run, in order.
    pub runs: Vec<f64>,
    /// What `ditto plan` says of it; `None` where it says nothing.
    pub predicted: Option<Prediction>,
    /// The machine that `predicted` is for.
    pub machine: Machine,
    /// Rounds of a batch.
    pub rounds: u64,
    /// Bytes sent by party 0, 1 and 2.
    pub bytes_sent: Vec<u64>,
    /// How likely any value of a batch is to be wrong by more than its stated error, at most.
    pub failure_probability: f64,
    /// The median time of the same batch in plain f32, on all cores of this machine.
    pub plain_seconds: f64,
    /// `seconds` over `plain_seconds`.
    pub ratio: f64,
    /// The process's peak: all three parties if there are, the model in the clear, and sharing it.
    pub peak_rss_bytes: Option<u64>,
    /// The cost by kind of layer, of the run nearest the median.
    pub split: Split,
    /// Whether `peak_rss_bytes` is of three parties that hold equal parts of it.
    #[serde(skip)]
    pub has_parties: bool,
    /// How it was run: a name and a value each.
    #[serde(skip)]
    pub setting: Vec<(&'static str, String)>,
    /// The scopes of the run that `split` is of, with the operations in each.
    #[serde(flatten)]
    pub report: Report,
}

impl Benchmark {
    /// Bytes that all parties sent together.
    pub fn total_bytes(&self) -> u64 {
        self.bytes_sent.iter().sum()
    }
}
