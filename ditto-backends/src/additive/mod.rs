//! Additive secret sharing between two parties, with a dealer that helps them: secure against any
//! single semi-honest node of the three, if the dealer colludes with nobody.
//!
//! A value x of Z_2^k is x0 + x1. Party 0 holds x0, party 1 holds x1, and the dealer, node 2, holds
//! nothing of it: it deals correlated randomness (multiplication triples and the like), of which no
//! message depends on an input. This is the setting of CrypTen (Knott et al., NeurIPS 2021) and
//! MPCFormer (Li et al., ICLR 2023); each protocol names its own source.
//!
//! All three nodes run the same straight-line program. At the dealer a share is a tensor of zeros
//! that only has a shape, and an operation on it tells which randomness the parties need. Each party
//! shares a key with the dealer, so its part of uniform randomness costs nothing; what is left is a
//! correction that the dealer sends to party 1.
//!
//! **Rounds** are those of parties 0 and 1, which wait for each other. They do not wait for the
//! dealer, which runs ahead as it needs no answer; its messages count as bytes of node 2. (The
//! exception is [`ditto_core::Backend::open`], which reveals to all three.) How far it runs ahead is
//! not bounded: what it has sent waits in the parties' memory.
//!
//! - [`Additive`] is one node: straight-line, blocking code that owns its links.
//! - [`sharing`] shares values between the parties and puts results together again.
//! - [`run`] runs the three nodes as threads.

mod backend;
#[doc(hidden)]
pub mod cost;
pub(crate) mod party;
mod protocols;
pub mod run;
pub mod sharing;
#[cfg(test)]
mod views;

use ditto_core::Ring;
use generic_array::GenericArray;
use typenum::U1;

use crate::party::arrays::array;
use crate::party::shares::{Bits, Held, Shares};

pub use crate::party::error::PartyError;
pub use party::Additive;
pub use protocols::AdditiveWeight;

/// What a node holds of a tensor: one summand of every element, or zeros at the dealer.
pub type AdditiveShare<R> = Shares<R, U1>;

/// What a node holds of a tensor of bits: one XOR summand of each, or zeros at the dealer.
pub type AdditiveBit = Bits<U1>;

/// The number of the node that deals.
pub const DEALER: usize = 2;

/// A node's share from its summands.
pub(crate) fn share<R: Ring>(
    node: usize,
    shape: &[usize],
    words: Vec<R::Word>,
) -> AdditiveShare<R> {
    let held = Held { first: (node != DEALER).then_some(node), of: 2 };
    Shares::new(GenericArray::from_array([array(shape, words)]), held)
}
