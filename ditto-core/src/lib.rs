//! The foundation of Ditto: rings, fixed-point formats, the [`Backend`] trait and the kernels.
//!
//! There is no protocol here and no I/O. `ditto-dsl` builds typed tensors and layers on the
//! [`Backend`] trait; `ditto-backends` implements it.
//!
//! ```
//! use ditto_core::fixed::{OutOfFormat, decode, encode};
//! use ditto_core::{Format, High, Low, Scaled, Z32};
//!
//! // A value of `Low` is an integer of 32 bits that counts 256ths.
//! let word = encode::<Z32>(1.5, Low::FRAC)?;
//! assert_eq!(word, 384);
//! assert_eq!(decode::<Z32>(word, Low::FRAC), 1.5);
//!
//! // Two bits stay free, for the sign and for what truncation needs: 2^(32 - 2 - 8).
//! assert_eq!(Low::LIMIT, 4_194_304.0);
//! let too_large: OutOfFormat = encode::<Z32>(Low::LIMIT, Low::FRAC).unwrap_err();
//! assert_eq!(too_large.limit, Low::LIMIT);
//! assert!(High::LIMIT > Low::LIMIT);
//! # Ok::<(), OutOfFormat>(())
//! ```
//!
//! # Features
//!
//! None is on by default.
//!
//! - `serde`: `serde::Serialize` for [`Cost`], [`Operation`], [`ScopeReport`] and [`Report`].
//! - `tiny`: rings of a few bits, for this project's own tests. It is no part of the public API.

#![cfg_attr(not(test), warn(clippy::disallowed_methods))]
#![deny(unsafe_code)]

pub mod backend;
#[doc(hidden)]
pub mod bitplanes;
pub mod composite;
pub mod convert;
pub mod fixed;
#[doc(hidden)]
pub mod gemm;
pub mod isa;
pub mod linear;
#[doc(hidden)]
pub mod pack;
pub mod portable;
pub mod prg;
pub mod ring;
pub mod shape;
pub mod step_functions;
#[cfg(any(test, feature = "tiny"))]
#[doc(hidden)]
pub mod tiny;
pub mod trace;
pub mod values;

pub use backend::{Backend, Source};
pub use composite::{Composite, Elementwise};
pub use convert::{AtLeast, Finer, Narrow, Widen};
pub use fixed::{F, Fixed, Format, High, Low, Scale, Scaled};
pub use linear::{Linear, LinearMap};
pub use ring::{NarrowerThan, Ring, Word, Z32, Z64};
pub use step_functions::{Levels, StepFunction, StepFunctions};
pub use trace::{Cost, Operation, Report, ScopeReport, Trace};
pub use values::{Lazy, Values};
