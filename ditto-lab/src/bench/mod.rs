//! Benchmarks of models: a forward pass on a backend beside the same in plain f32.
//!
//! - [`model`] runs a model several times and gives a [`Benchmark`];
//! - [`memory`] is what it takes of the machine;
//! - [`plain`] is the yardstick: the same forward pass in f32 on all cores;
//! - [`table`] and [`page`] show an outcome, as text and as an HTML page.

pub mod benchmark;
pub mod memory;
pub mod model;
pub mod page;
pub mod plain;
pub mod table;

pub use benchmark::Benchmark;
pub use model::{Model, ModelError};
