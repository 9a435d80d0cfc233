//! Links between the nodes of a secure computation: ordered messages between neighbours, each of a
//! numbered operation.
//!
//! A party is one thread of blocking, straight-line code that owns one [`Links`]. There are two
//! transports: [`memory`] (three threads of one process) and `tcp` (TLS 1.3 with pinned certificates on
//! both sides, between machines or within one process). Either can emulate a slower network, by its
//! [`NetworkProfile`].
//!
//! What every transport promises, and the conformance tests check:
//!
//! - `send` never waits for the peer, and messages of a link arrive in the order of sending;
//! - a peer that goes away makes `recv` (after what it had sent before) and `send` fail at once;
//! - a peer that is connected but silent makes `recv` fail after the time-out;
//! - dropping a link delivers what was sent before, and ends in bounded time.
//!
//! # Features
//!
//! - `tcp`: the transport over TCP, which needs tokio and rustls. Off by default.

#![forbid(unsafe_code)]

mod error;
mod inbox;
mod line;
pub mod memory;
mod profile;
#[cfg(feature = "tcp")]
pub mod tcp;

#[cfg(test)]
mod conformance;

pub use error::NetError;
pub use line::Lines;
pub use profile::{NetworkProfile, ParseProfileError};

/// A party's index: 0, 1 or 2.
pub type PartyId = usize;

/// The longest payload of one message, in bytes (1 GiB).
pub const MAX_PAYLOAD: u64 = 1 << 30;

/// The operation number of messages before the first operation. They may carry keys, so transports wipe
/// the copies of them that they make.
pub const SETUP: u64 = 0;

/// One party's end of the connection with one peer.
pub trait Link: Send {
    /// Queues `payload` as the peer's next message of operation `op`; never waits for the peer.
    ///
    /// # Errors
    /// [`NetError::Lost`] if the peer is known to be gone, [`NetError::TooLong`] above
    /// [`MAX_PAYLOAD`].
    fn send(&mut self, op: u64, payload: Vec<u8>) -> Result<(), NetError>;

    /// Waits for the peer's next message, which must be of operation `op`.
    ///
    /// # Errors
    /// [`NetError::Lost`] if the peer is gone and all it sent has been read, [`NetError::Late`]
    /// if it is silent for longer than the time-out, [`NetError::WrongFrame`] if the message is of
    /// another operation.
    fn recv(&mut self, op: u64) -> Result<Vec<u8>, NetError>;
}

/// A party's connections with its two neighbours on the ring of parties.
pub struct Links {
    /// The link with party `i + 1 mod 3`.
    pub next: Box<dyn Link>,
    /// The link with party `i - 1 mod 3`.
    pub prev: Box<dyn Link>,
}

/// Refuses a payload that no peer would accept, before it is queued.
fn check_length(party: PartyId, payload: &[u8]) -> Result<(), NetError> {
    let length = payload.len() as u64;
    if length > MAX_PAYLOAD {
        return Err(NetError::TooLong { party, length, limit: MAX_PAYLOAD });
    }
    Ok(())
}
