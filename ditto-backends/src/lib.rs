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
//! | [`Additive`] | one of two summands at each party | the protocols of [`additive`] | two parties that have a dealer |
//!
//! [`Rep3`] is secure against one semi-honest party of three, [`Additive`] against one semi-honest
//! party of two or its dealer, alone. [`Sim`], [`Plain`] and [`FakeQuant`] protect nothing,
//! and [`Count`] knows nothing.

#![forbid(unsafe_code)]

pub mod additive;
mod comparison_function;
pub mod count;
pub mod fake_quant;
pub mod inspect;
mod levels;
mod message;
mod node;
pub mod plain;
mod power;
#[cfg(test)]
mod recorded;
pub mod rep3;
mod shares;
pub mod sim;
mod strings;
#[cfg(test)]
mod tests;

pub use additive::Additive;
pub use count::Count;
pub use fake_quant::FakeQuant;
pub use inspect::Inspect;
pub use node::Node;
pub use plain::Plain;
pub use rep3::Rep3;
pub use shares::{Bits, Shares};
pub use sim::Sim;
