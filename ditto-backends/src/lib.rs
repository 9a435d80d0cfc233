//! What a layer written in Ditto runs on.
//!
//! | backend | a share is | arithmetic | what it is for |
//! |---|---|---|---|
//! | [`Plain`] | an array of f64 | real numbers | the reference |
//! | [`Sim`] | a ring array in the clear | the ring's, with the protocols' rounding noise | debugging |
//! | [`Inspect`] | both of these | both | debugging: the error and the range of each layer |
//! | [`FakeQuant`] | an array of f64, rounded | real numbers, in formats that are chosen at run time | searching for formats |
//! | [`Count`] | a shape | none | what a run would cost, at once |
//! | [`Rep3`] | two of three components at each party | the protocols of [`rep3`] | deployment |
//! | [`rep3::Audited`] | the same | the same, and secure tests of ranges | deployment where a value may overflow |
//! | [`Additive`] | one of two summands at each party | the protocols of [`additive`] | two parties that have a dealer |
//!
//! Three parties in this process that square shared values and open the result, each with its own code
//! and its own shares:
//!
//! ```
//! use ditto_backends::Rep3;
//! use ditto_backends::rep3::sharing::Rep3Source;
//! use ditto_backends::net::NetworkProfile;
//! use ditto_backends::rep3::run::{all_of, fresh_key, in_memory, threads};
//! use ditto_core::{Backend, Source, Z32};
//! use ndarray::array;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let parties = in_memory(fresh_key()?, NetworkProfile::LOCAL);
//! let sources = Rep3Source::trio(&fresh_key()?);
//! let results = threads(parties, sources, |party: &mut Rep3, mut source| {
//!     // 8 fractional bits; a product has 16, of which 8 are dropped.
//!     let x = Source::<Rep3>::share::<Z32>(&mut source, &array![1.5, -3.0].into_dyn(), 8);
//!     let x = x.expect("both are in range");
//!     let square = party.mul(&x, &x)?;
//!     let square = party.truncate(square, 8)?;
//!     party.open(&square, 8)
//! });
//! for opened in all_of(results)? {
//!     assert!((opened[[0]] - 2.25).abs() <= 1.0 / 256.0);
//!     assert!((opened[[1]] - 9.0).abs() <= 1.0 / 256.0);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Layers are not written like that but with the types of `ditto-dsl`, once for all backends.
//!
//! [`Rep3`] is secure against one semi-honest party of three, [`Additive`] against one semi-honest
//! party of two or its dealer, alone. [`Sim`], [`Plain`] and [`FakeQuant`] protect nothing,
//! and [`Count`] knows nothing.
//!
//! # Features
//!
//! - `replay`: parties whose randomness comes from a number that anybody may know, so that a run can be
//!   repeated: for tests and debugging, as such a run protects nothing. Off by default.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]
#![forbid(unsafe_code)]

pub mod additive;
mod clear;
mod gadgets;
mod party;
pub mod rep3;
#[cfg(test)]
mod tests;

pub use additive::Additive;
pub use clear::count::{self, Count};
pub use clear::fake_quant::{self, FakeQuant};
pub use clear::inspect::{self, Inspect};
pub use clear::plain::{self, Plain};
pub use clear::sim::{self, Sim};
/// What joins the parties: [`rep3::run`] takes the network that it emulates.
pub use ditto_net as net;
pub use party::error::{Cause, PartyError};
pub use party::greeting;
pub use party::keys::{RunKeys, SessionKeys};
pub use party::node::Node;
pub use party::shares::{Bits, Shares};
pub use rep3::Rep3;
