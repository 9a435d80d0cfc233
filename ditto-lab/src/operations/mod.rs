//! Single operations on three parties, over memory channels: time, rounds and bytes, beside the figures
//! of other systems.
//!
//! - [`measure`] measures them all, and [`text`] shows them;
//! - [`peers`] holds what others need for them.

mod list;
pub mod peers;
mod text;
pub(crate) mod trio;

use ditto_backends::rep3::PartyError;
use ditto_core::isa::{Isa, KernelError};
use ditto_dsl::{InputError, ShareError};
use ditto_net::NetworkProfile;
use serde::Serialize;

use crate::median::median;
use peers::Peer;

pub use text::text;

/// What one operation took, beside what it takes elsewhere.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    /// The operation and its size.
    pub operation: &'static str,
    /// The formats that it runs in.
    pub format: &'static str,
    /// The median of `runs`: wall-clock time at the slowest party, without sharing the input.
    pub seconds: f64,
    /// The time of every run, in order.
    pub runs: Vec<f64>,
    /// Times in a row that a party waits.
    pub rounds: u64,
    /// Bytes that all parties sent together.
    pub bytes: u64,
    /// The figures of other systems.
    pub peers: &'static [Peer],
}

impl Measured {
    /// Whether it takes less time and fewer bytes than every other system.
    pub fn is_ahead(&self) -> bool {
        self.peers.iter().all(|peer| self.seconds < peer.seconds && self.bytes < peer.bytes)
    }
}

/// Why an operation could not be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpsError {
    /// A party stopped.
    #[error(transparent)]
    Rep3(#[from] PartyError),
    /// The input does not fit its format.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The operating system gave no randomness.
    #[error("no randomness from the operating system: {0}")]
    Randomness(String),
    /// The environment asks for kernels that are not there.
    #[error(transparent)]
    Kernel(#[from] KernelError),
}

impl From<ShareError<PartyError>> for OpsError {
    fn from(error: ShareError<PartyError>) -> Self {
        match error {
            ShareError::Input(error) => error.into(),
            ShareError::Prepare(error) => error.into(),
        }
    }
}

/// Measures every operation of the list, `runs` times each after one that is not counted.
///
/// # Errors
/// Those of the parties.
///
/// # Panics
/// If `runs` is 0.
pub fn measure(net: NetworkProfile, runs: usize) -> Result<Vec<Measured>, OpsError> {
    Isa::select()?;
    let mut all = Vec::new();
    for operation in list::OPERATIONS {
        let (times, cost) = (operation.run)(&trio::Trio { net, runs })?;
        all.push(Measured {
            operation: operation.name,
            format: operation.format,
            seconds: median(&times),
            runs: times,
            rounds: cost.rounds,
            bytes: cost.total_bytes(),
            peers: operation.peers,
        });
    }
    Ok(all)
}
