//! Public constants as ring elements.

use ditto_core::Word;
use ditto_core::fixed::exp2;
use ndarray::ArrayD;

/// The ring element of a public constant; wraps like any other value outside of the range.
pub(crate) fn public<W: Word>(value: f64, frac: u32) -> W {
    W::from_u64((value * exp2(frac)).round() as i64 as u64)
}

/// The ring elements of public constants, in row-major order.
pub(crate) fn public_words<W: Word>(values: &ArrayD<f64>, frac: u32) -> ArrayD<W> {
    // `mapv` alone would keep the order of a transposed array in memory.
    values.as_standard_layout().mapv(|value| public(value, frac))
}
