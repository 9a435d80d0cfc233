//! The reciprocal square root of positive values.

use std::ops::Range;

use ditto_core::{Backend, Composite, Format};
use ndarray::ArrayD;

use super::inverse_power::{Exponent, inverse_power};
use crate::tensor::Tensor;

/// Intervals an octave.
const STEPS: u32 = 8;

/// The function itself.
pub(super) struct ReciprocalSqrt {
    pub(super) numerator: f64,
}

impl Composite for ReciprocalSqrt {
    fn exact(&self, inputs: &[&ArrayD<f64>]) -> ArrayD<f64> {
        inputs[0].mapv(|x| self.numerator / x.sqrt())
    }

    fn vjp(&self, inputs: &[&ArrayD<f64>], cotangent: &ArrayD<f64>) -> Vec<ArrayD<f64>> {
        vec![inputs[0].mapv(|x| -0.5 * self.numerator / (x * x.sqrt())) * cotangent]
    }
}

/// c/sqrt(x) for x in [2^low, 2^high), `octaves` being the public range low..high, and a public
/// number c > 0.
///
/// Relative error of the approximation: at most 7e-6. The rounding of the format adds, with
/// u = 2^-18 in `High`, at most 4u relative to the result and two ulp (measured by a test).
///
/// Meant for rows: 8 rounds, whatever the number of elements, and about 2.2 kB an element.
/// The format's ring has to have room for twice its scale (refused at compile time otherwise).
///
/// # Errors
/// Those of the backend; on `Sim` also a value outside the range.
pub fn reciprocal_sqrt<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    c: f64,
    octaves: Range<i32>,
    cx: &mut B,
) -> Result<Tensor<B, Q>, B::Error> {
    x.composite(&ReciprocalSqrt { numerator: c }, cx, |cx| {
        inverse_power(x, c, Exponent::Half, octaves, STEPS, cx)
    })
}
