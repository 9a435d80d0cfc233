//! What can go wrong between two parties: which party, why, and what to do about it.

use std::time::Duration;

use crate::PartyId;

/// A failure of the network. None of them is recoverable inside a run: the protocols are
/// in lock-step, so a party that meets one stops, and its peers then see [`NetError::Lost`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NetError {
    /// The peer has closed its end, or its process or host has gone away.
    #[error(
        "party {party} is gone: it closed the connection or ended; \
         look for the first error at party {party} and start the run again"
    )]
    Lost {
        /// The peer that is gone.
        party: PartyId,
    },

    /// The peer is connected but has sent nothing for longer than the time-out.
    #[error(
        "party {party} has been silent for {:.1} s; check that it is still running, \
         or allow a longer time-out if its computation takes that long",
        waited.as_secs_f64()
    )]
    Late {
        /// The silent peer.
        party: PartyId,
        /// How long it has been silent.
        waited: Duration,
    },

    /// The next message belongs to another operation: the parties do not run the same program.
    #[error(
        "party {party} sent a message of operation {got_op} where operation {expected_op} was \
         due; check that all parties run the same version, model and options"
    )]
    WrongFrame {
        /// The peer that sent the message.
        party: PartyId,
        /// The operation this party is at.
        expected_op: u64,
        /// The operation the message carries.
        got_op: u64,
    },

    /// A message is longer than the transport admits. Nothing was allocated for it.
    #[error(
        "a message of {length} bytes on the link with party {party} exceeds the limit of \
         {limit} bytes; split the batch, or check that party {party} runs the same version"
    )]
    TooLong {
        /// The peer at the other end, as sender or as receiver.
        party: PartyId,
        /// The length asked for.
        length: u64,
        /// The longest message admitted.
        limit: u64,
    },

    /// The link with a peer could not be set up.
    #[error("cannot set up the link with party {party}: {cause}")]
    Setup {
        /// The peer at the other end.
        party: PartyId,
        /// What happened, and what to do about it.
        cause: String,
    },

    /// This party's own end (its address, key pair or peer list) is unusable.
    #[error("cannot prepare this party's end of the network: {cause}")]
    Local {
        /// What happened, and what to do about it.
        cause: String,
    },
}
