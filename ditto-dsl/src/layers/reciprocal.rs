//! The reciprocal of positive values: a line for each interval, and a step of Newton's iteration.

use std::ops::Range;

use ditto_core::{Backend, Format, Function};

use super::range::{Line, piecewise_line};
use crate::tensor::Tensor;

/// Intervals an octave.
const STEPS: u32 = 3;

/// 1/x for x in [2^low, 2^high), `octaves` being the public range low..high.
///
/// Each octave is divided into three intervals. The best line through each (relative error 6.7e-3)
/// and one step of y(2 - x·y) leave a relative error of at most 5e-5. To it comes the format's rounding,
/// in `High` at most 2^-16 relative to the result and two ulp (measured by a test).
///
/// Meant for rows: about 14 rounds, whatever the number of elements.
///
/// # Errors
/// Those of the backend; on `Sim` also a value outside the range.
pub fn reciprocal<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    octaves: Range<i32>,
    cx: &mut B,
) -> Result<Tensor<B, Q>, B::Error> {
    if let Some(exact) = x.exact(Function::Reciprocal, cx) {
        return Ok(exact);
    }
    let y = piecewise_line(x, octaves, STEPS, best_line, cx)?;
    let error = x.times(&y, cx)?.trunc(cx)?.subtracted_from(2.0);
    y.times(&error, cx)?.trunc(cx)
}

/// The line of least relative error against 1/x between p and q: x·line(x) is as far below 1 at
/// both ends as it is above 1 in the middle.
fn best_line(p: f64, q: f64) -> Line {
    let slope = 2.0 / (p * q + (p + q).powi(2) / 4.0);
    Line { offset: slope * (p + q), slope }
}
