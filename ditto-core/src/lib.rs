//! The ground floor of Ditto: rings, fixed-point formats, the [`Backend`] trait and the kernels.
//!
//! There is no protocol here and no I/O. `ditto-dsl` builds typed tensors and layers on the
//! [`Backend`] trait; `ditto-backends` implements it.

#![deny(unsafe_code)]

pub mod backend;
pub mod bitplanes;
pub mod convert;
pub mod fixed;
pub mod gemm;
pub mod pack;
pub mod prg;
pub mod ring;
pub mod shape;
pub mod steps;
#[cfg(any(test, feature = "tiny"))]
#[doc(hidden)]
pub mod tiny;
pub mod trace;
pub mod values;

pub use backend::{Backend, Function, Source};
pub use convert::{AtLeast, Finer, Narrow, Widen};
pub use fixed::{F, Fixed, Format, High, Low, Scale, Scaled};
pub use ring::{NarrowerThan, Ring, Word, Z32, Z64};
pub use steps::{Levels, StepFunction, StepFunctions};
pub use trace::{Cost, Operation, Report, ScopeReport, Trace};
pub use values::{Lazy, Values};
