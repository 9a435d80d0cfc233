//! The reciprocal square root of positive values: a line for each interval, and a step of
//! Newton's iteration.

use std::ops::Range;

use ditto_core::{Backend, Format, Function};

use super::range::{Line, piecewise_line};
use crate::tensor::Tensor;

/// Intervals an octave.
const STEPS: u32 = 4;

/// 1/sqrt(x) for x in [2^low, 2^high), `octaves` being the public range low..high.
///
/// Each octave is divided into four intervals. The best line through each (relative error 1.4e-3)
/// and one step of y(3 - x·y²)/2 leave a relative error of 3e-6. To it comes the format's rounding:
/// with u = 2^-18 in `High`, at most u(y + 3) relative to the result y, and two ulp (measured by a
/// test). For y above 1 that is less than the rounding of x does.
///
/// Meant for rows: about 16 rounds, whatever the number of elements.
///
/// # Errors
/// Those of the backend; on `Sim` also a value outside the range.
pub fn reciprocal_sqrt<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    octaves: Range<i32>,
    cx: &mut B,
) -> Result<Tensor<B, Q>, B::Error> {
    if let Some(exact) = x.exact(Function::ReciprocalSqrt, cx) {
        return Ok(exact);
    }
    let y = piecewise_line(x, octaves, STEPS, best_line, cx)?;
    // x·y first, which is the square root: y² would lose its digits where x is large.
    let root = x.times(&y, cx)?.trunc(cx)?;
    let error = root.times(&y, cx)?.trunc(cx)?.subtracted_from(3.0);
    y.times(&error, cx)?.over_power_of_two(1).trunc(cx)
}

/// The line of least relative error against 1/sqrt(x) between p and q: sqrt(x)·line(x) is as far
/// below 1 at both ends as it is above 1 at its highest.
fn best_line(p: f64, q: f64) -> Line {
    // Equal at both ends for offset/slope = `ratio`; highest at ratio/3.
    let ratio = p + q + (p * q).sqrt();
    let height = |x: f64| x.sqrt() * (ratio - x);
    let slope = 2.0 / (height(p) + height(ratio / 3.0));
    Line { offset: slope * ratio, slope }
}
