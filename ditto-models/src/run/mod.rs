//! Embedding texts on a backend that is chosen at run time.
//!
//! This is the one place where a value decides the backend and the precision: everything below is
//! generic over both.

mod additive;
mod inspect;
mod left_range;
mod local;
mod parties;
pub(crate) mod pass;
mod rep3;
mod scheme;
mod suggest;
mod terms;

use std::str::FromStr;

use ditto_backends::rep3::deal::Inconsistent;
use ditto_backends::rep3::{AuditReport, Rep3Error};
use ditto_backends::sim::SimError;
use ditto_core::Report;
use ditto_core::isa::{Isa, KernelError};
use ditto_dsl::precision::{Ditto, Fine, Puma};
use ditto_dsl::{InputError, Precision};
use ditto_net::NetworkProfile;
use ndarray::{ArrayD, ArrayViewD};

use crate::bert::{LoadError, Options};
use crate::folder::{BertConfig, Weights};
use additive::TwoPartiesAndDealer;
use pass::{Batch, Pass};
use rep3::ThreeParties;

pub use left_range::LeftRange;

/// What to compute on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BackendChoice {
    /// f64; with the true functions, or with the layers' approximations.
    Plain {
        /// Compute the approximations.
        as_written: bool,
    },
    /// The insecure simulation.
    Sim,
    /// Three parties.
    Rep3(Transport),
    /// Three parties that test in secret whether values stay in their ranges, see
    /// [`AuditReport`]. Embeddings that mean nothing become [`RunError::LeftRange`].
    Rep3Audited(Transport),
    /// Two parties and a dealer, over channels between threads of one process. The first pass
    /// sends the masked weights on top of what every pass sends.
    Additive,
}

/// What the three parties talk over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Transport {
    /// Channels between threads of one process.
    #[default]
    Memory,
    /// TCP with TLS on the loopback interface.
    Tcp,
}

/// Which formats the model runs in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PrecisionChoice {
    /// The paper's map.
    #[default]
    Ditto,
    /// Weights with two more fractional bits.
    Fine,
    /// Everything in 64 bits.
    Puma,
}

macro_rules! from_name {
    ($type:ty, $what:literal, $($name:literal => $value:expr),+) => {
        impl FromStr for $type {
            type Err = String;

            fn from_str(name: &str) -> Result<Self, String> {
                match name {
                    $($name => Ok($value),)+
                    _ => Err(format!(concat!("no ", $what, " `{}`; there are: {}"), name, [$($name),+].join(", "))),
                }
            }
        }
    };
}

from_name!(Transport, "transport", "memory" => Self::Memory, "tcp" => Self::Tcp);
from_name!(PrecisionChoice, "precision", "ditto" => Self::Ditto, "fine" => Self::Fine, "puma" => Self::Puma);

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

/// Why a run stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RunError {
    /// The model cannot be shared.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// An input cannot be shared.
    #[error(transparent)]
    Input(#[from] InputError),
    /// A value left its range.
    #[error(transparent)]
    Sim(#[from] SimError),
    /// A party stopped.
    #[error(transparent)]
    Rep3(#[from] Rep3Error),
    /// An audit found values outside of their ranges.
    #[error(transparent)]
    LeftRange(#[from] LeftRange),
    /// The parties could not be connected.
    #[error(transparent)]
    Net(#[from] ditto_net::NetError),
    /// The parties' results do not belong together.
    #[error(transparent)]
    Inconsistent(#[from] Inconsistent),
    /// A run over TCP cannot be replayed.
    #[error(
        "a seed replays runs over memory channels, for debugging; parties that talk over TCP draw \
         their own keys: leave out the seed, or the transport"
    )]
    SeededTcp,
    /// In f64 nothing leaves a range, but an approximation outside of its own can grow without end.
    #[error(
        "the embedding is not finite: some approximation was evaluated outside of its range; the \
         backend `sim` says in which layer, and the true functions have no such range"
    )]
    NotFinite,
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system: {0}")]
    Randomness(String),
    /// The environment asks for kernels that are not there.
    #[error(transparent)]
    Kernel(#[from] KernelError),
}

/// What came of a batch, pass by pass.
struct Done {
    /// `[texts, hidden]` of each pass, and its audit.
    values: Vec<(ArrayD<f64>, Option<AuditReport>)>,
    /// Of all passes together.
    report: Report,
    seconds: f64,
}

impl Done {
    /// The parts of a batch that ran one after another.
    fn in_sequence(parts: Vec<Self>) -> Self {
        let seconds = parts.iter().map(|part| part.seconds).sum();
        let (mut values, mut reports) = (Vec::new(), Vec::new());
        for part in parts {
            values.extend(part.values);
            reports.push(part.report);
        }
        Self { values, report: Report::in_sequence(reports), seconds }
    }

    fn embeddings(self, batch: &Batch) -> impl Iterator<Item = Embedding> {
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
        match self.precision {
            PrecisionChoice::Ditto => self.embed_in::<Ditto>(texts, progress, each),
            PrecisionChoice::Fine => self.embed_in::<Fine>(texts, progress, each),
            PrecisionChoice::Puma => self.embed_in::<Puma>(texts, progress, each),
        }
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

#[cfg(test)]
mod tests;
