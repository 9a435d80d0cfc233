//! The embedded language: typed tensors over any backend, conversions that the compiler checks,
//! and the layers of a Transformer.
//!
//! A layer is a function over any backend `B: Backend`. What takes `cx` sends messages; what does not is
//! local. Here one runs on the simulation, which computes in the clear as three parties would:
//!
//! ```
//! use ditto_backends::Sim;
//! use ditto_backends::sim::SimSource;
//! use ditto_core::{Backend, Low};
//! use ditto_dsl::Tensor;
//! use ndarray::array;
//!
//! /// x where it is positive, 0 elsewhere, for |x| < 64.
//! fn relu<B: Backend>(x: &Tensor<B, Low>, cx: &mut B) -> Result<Tensor<B, Low>, B::Error> {
//!     let negative = x.is_below(0.0, 64.0, cx)?.indicator::<Low>(cx)?;
//!     let negative_part = negative.times(x, cx)?.settle(cx)?;
//!     Ok(x.minus(&negative_part))
//! }
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut sim = Sim::new(1);
//! let x = Tensor::<Sim, Low>::share(&mut SimSource, "x", &array![-1.5, 2.0].into_dyn())?;
//! let y = relu(&x, &mut sim)?;
//! assert_eq!(y.open(&mut sim)?, array![0.0, 2.0].into_dyn());
//! # Ok(())
//! # }
//! ```
//!
//! `docs/book` in the repository is a guide to it, and `ditto-testing` tests a layer on every backend in one
//! statement.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]
#![forbid(unsafe_code)]

pub mod bit;
pub mod layers;
pub mod operand;
pub mod precision;
pub mod product;
pub mod tensor;
pub mod weight;

pub use bit::Bit;
pub use precision::Precision;
pub use product::Product;
pub use tensor::{InputError, Tensor};
pub use weight::{ShareError, Weight};

/// The README's example, as a doctest.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
