//! The reciprocal of positive values.

use std::ops::Range;

use ditto_core::{Backend, Elementwise, Format};

use super::inverse_power::{Exponent, inverse_power};
use crate::tensor::Tensor;

/// Intervals an octave.
const STEPS: u32 = 6;

/// The function itself.
pub(super) const RECIPROCAL: Elementwise =
    Elementwise { function: f64::recip, derivative: |x| -1.0 / (x * x) };

/// 1/x for x in [2^low, 2^high), `octaves` being the public range low..high.
///
/// Relative error of the approximation: at most 5e-5. The rounding of the format adds, in `High` at
/// most 2^-16 relative to the result and two ulp (measured by a test).
///
/// Meant for rows: 8 rounds, whatever the number of elements, and about 1.4 kB an element.
/// The format's ring has to have room for twice its scale (refused at compile time otherwise).
///
/// # Errors
/// Those of the backend; on `Sim` also a value outside the range.
pub fn reciprocal<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    octaves: Range<i32>,
    cx: &mut B,
) -> Result<Tensor<B, Q>, B::Error> {
    x.composite(&RECIPROCAL, cx, |cx| inverse_power(x, 1.0, Exponent::One, octaves, STEPS, cx))
}
