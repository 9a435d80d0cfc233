//! The embedded language: typed tensors over any backend, conversions that the compiler checks,
//! and the layers of a Transformer.
//!
//! `docs/book` in the repository is a guide to it. The feature `testing` adds the module `testing`, a
//! harness that tests a layer on every backend in one statement; it is for `[dev-dependencies]`.

#![forbid(unsafe_code)]

pub mod bit;
#[cfg(doctest)]
mod guide;
pub mod layers;
pub mod operand;
pub mod precision;
pub mod product;
pub mod tensor;
#[cfg(feature = "testing")]
pub mod testing;
pub mod weight;

pub use bit::Bit;
pub use precision::Precision;
pub use product::Product;
pub use tensor::{InputError, Tensor};
pub use weight::Weight;

/// The README's example, as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
