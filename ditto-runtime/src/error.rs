//! Why a run stopped.

use ditto_backends::rep3::PartyError;
use ditto_backends::rep3::sharing::Inconsistent;
use ditto_backends::sim::SimError;
use ditto_core::isa::KernelError;
use ditto_dsl::{InputError, ShareError};
use ditto_models::checkpoint::LoadError;

use crate::LeftRange;

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
    Party(#[from] PartyError),
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

impl<E> From<ShareError<E, LoadError>> for RunError
where
    Self: From<E>,
{
    fn from(error: ShareError<E, LoadError>) -> Self {
        Self::of_loading(error, Self::from)
    }
}

impl RunError {
    /// An error of loading a model.
    pub(crate) fn of_loading<E>(
        error: ShareError<E, LoadError>,
        of_backend: impl FnOnce(E) -> Self,
    ) -> Self {
        match error {
            ShareError::Input(error) => Self::Load(error),
            ShareError::Prepare(error) => of_backend(error),
        }
    }

    /// Whether it says no more than that another node is gone.
    pub(crate) fn is_lost_peer(&self) -> bool {
        matches!(self, Self::Party(error) if error.is_lost_peer())
    }
}
