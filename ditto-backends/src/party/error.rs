//! Why a party stopped, where in the computation, and whose fault it is.

use ditto_net::NetError;

use crate::party::greeting::Disagreement;

/// A failure at one party: which party, in which layer and operation, and why.
#[derive(Debug, thiserror::Error)]
#[error("party {party} stopped in {layer}, operation {op} ({operation}): {cause}")]
#[non_exhaustive]
pub struct PartyError {
    /// The party that reports.
    pub party: usize,
    /// The scopes that were open, or "top level".
    pub layer: String,
    /// The number of the operation since the start of the run.
    pub op: u64,
    /// The name of the operation.
    pub operation: &'static str,
    /// What happened.
    #[source]
    pub cause: Cause,
}

impl PartyError {
    /// Whether all that the party knows is that another one is gone: the other's error says why.
    pub fn is_lost_peer(&self) -> bool {
        matches!(self.cause, Cause::Net(NetError::Lost { .. }))
    }
}

/// Why a party stopped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// The network failed.
    #[error(transparent)]
    Net(#[from] NetError),
    /// A message did not have the length that the operation and its public shapes give.
    #[error(
        "a message of party {from} has {got} bytes where {expected} were due; check that all \
         parties run the same version, model and options"
    )]
    Length {
        /// The sender.
        from: usize,
        /// Bytes received.
        got: usize,
        /// Bytes that the shapes give.
        expected: usize,
    },
    /// A peer does not compute the same, or not in the same run.
    #[error(transparent)]
    Disagreement(Box<Disagreement>),
    /// What a peer sent first is no greeting.
    #[error(
        "what party {from} sent first is no greeting ({why}); check that it runs the same release of \
         Ditto, as a party of the same computation"
    )]
    NoGreeting {
        /// The sender.
        from: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The party's own code panicked.
    #[error("the party's thread panicked: {0}")]
    Panic(String),
}

impl From<Disagreement> for Cause {
    fn from(disagreement: Disagreement) -> Self {
        Self::Disagreement(Box::new(disagreement))
    }
}
