//! Benchmarks: a model on a backend beside the same model in plain f32, and single operations on
//! three parties beside the figures of other systems.
//!
//! - [`model`] runs a model several times and gives an [`Outcome`];
//! - [`split`] tells what of it each kind of layer costs, [`memory`] what it takes of the machine;
//! - [`plain`] is the yardstick: the same forward pass in f32 on all cores;
//! - [`ops`] measures single operations, [`peers`] holds what others need for them;
//! - [`table`] and [`page`] show an outcome, as text and as an HTML page.

pub mod memory;
pub mod model;
pub mod ops;
pub mod outcome;
pub mod page;
pub mod peers;
pub mod plain;
pub mod split;
pub(crate) mod svg;
pub mod table;

pub use model::{Model, ModelError};
pub use outcome::Outcome;

/// The median; of an even number of values, the mean of the two in the middle.
///
/// # Panics
/// If there is no value.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(super::median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(super::median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
