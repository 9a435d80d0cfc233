//! Replicated secret sharing among three parties, secure against one semi-honest party.
//!
//! A value x of Z_2^k is x0 + x1 + x2, and party i holds (x_i, x_{i+1}), indices mod 3. Each pair
//! of parties shares a key, so each pair draws common randomness without talking. The setting
//! and the multiplication are those of Araki et al., CCS 2016; each protocol names its own source.
//!
//! - [`Rep3`] is one party: straight-line, blocking code that owns its links.
//! - [`sharing`] shares values among the parties and puts results together again: what the data
//!   owners do, outside of the computation.
//! - [`run`] runs three parties as threads; [`ditto_net`] moves their messages.
//! - [`greeting`](crate::greeting) makes sure, before anything else, that parties over links compute the
//!   same.
//! - [`audited`] tests in secret that values stay in their ranges.

pub(crate) mod account;
pub mod audited;
pub(crate) mod backend;
#[doc(hidden)]
pub mod cost;
pub(crate) mod party;
pub(crate) mod product;
pub(crate) mod protocols;
pub mod run;
mod share;
pub mod sharing;
#[cfg(test)]
mod views;

use typenum::U2;

use crate::party::shares::Bits;

pub use audited::{AuditReport, AuditShare, Audited, AuditedScope};
pub use party::{Cause, PartyError, Rep3};
pub use product::{Rep3Product, Rep3Weight};
pub use share::Rep3Share;
pub(crate) use share::share;

/// What party i holds of a tensor of bits: the XOR components b_i and b_{i+1}.
pub type Rep3Bit = Bits<U2>;
