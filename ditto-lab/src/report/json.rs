//! What the command prints with `--json`, one object a line. `ditto bench MODEL` prints a
//! [`Benchmark`](crate::bench::Benchmark), and `ditto sim` an [`Inspection`](crate::numerics::Inspection) with a
//! [`Suggestion`](crate::precision_search::Suggestion) if one was asked for.

use serde::Serialize;

use crate::cost_model::Plan;
use crate::operations::Measured;

/// A text of `ditto embed`.
#[derive(Clone, Debug, Serialize)]
pub struct EmbeddingLine<'a> {
    /// The text.
    pub text: &'a str,
    /// Its tokens, without padding.
    pub tokens: usize,
    /// Of Euclidean length 1.
    pub embedding: &'a [f64],
    /// What it was computed on.
    pub backend: &'a str,
    /// Wall-clock time of its batch, without loading and sharing.
    pub seconds: f64,
    /// Rounds of its batch.
    pub rounds: u64,
    /// Bytes that party 0, 1 and 2 sent for its batch.
    pub bytes_sent: Vec<u64>,
    /// How likely any value is to be wrong by more than its stated error, at most.
    pub failure_probability: f64,
    /// How many texts were computed at the same time, at this cost together; left out for 1.
    #[serde(skip_serializing_if = "is_one")]
    pub batch: usize,
    /// In how many scopes values were tested to be in range; only with `--audit`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audited_scopes: Option<usize>,
}

fn is_one(batch: &usize) -> bool {
    *batch == 1
}

/// A text on a backend of `ditto compare`.
#[derive(Clone, Debug, Serialize)]
pub struct ComparisonLine<'a> {
    /// The text.
    pub text: &'a str,
    /// What it was computed on.
    pub backend: &'a str,
    /// To `plain` with the same GeLU.
    pub cosine: f64,
    /// To `plain` with the GeLU that the model's config.json names.
    pub model_cosine: f64,
    /// Wall-clock time, without loading and sharing.
    pub seconds: f64,
    /// Rounds.
    pub rounds: u64,
    /// Bytes that party 0, 1 and 2 sent.
    pub bytes_sent: Vec<u64>,
    /// How likely any value is to be wrong by more than its stated error, at most.
    pub failure_probability: f64,
}

/// An operation of `ditto bench ops`.
#[derive(Clone, Debug, Serialize)]
pub struct OperationLine<'a> {
    /// What it took, and what it takes elsewhere.
    #[serde(flatten)]
    pub measured: &'a Measured,
    /// Whether it takes less time and fewer bytes than every other system.
    pub ahead: bool,
}

/// The batch of `ditto plan`.
#[derive(Clone, Debug, Serialize)]
pub struct PlanLine<'a> {
    /// The model's name, or its folder.
    pub model: &'a str,
    /// Tokens of every text.
    pub seq: usize,
    /// Texts that are computed at the same time.
    pub batch: usize,
    /// The precision policy.
    pub precision: String,
    /// The form of GeLU.
    pub gelu: String,
    /// The maximum that a softmax takes.
    pub maximum: String,
    /// The network that times are predicted on.
    pub net: String,
    /// What it costs.
    #[serde(flatten)]
    pub plan: &'a Plan,
}
