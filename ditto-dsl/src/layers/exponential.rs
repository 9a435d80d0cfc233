//! The exponential of non-positive numbers, the range that a softmax needs.

use ditto_core::{Backend, Function};

use crate::precision::Precision;
use crate::tensor::Tensor;

/// Below this, the softmax takes e^x for 0: e^-14 = 8.3e-7.
pub const SMALLEST_EXPONENT: f64 = -14.0;

/// Where the approximation is smallest, 1.2e-6: what the softmax puts for smaller exponents.
pub const ZERO_EXPONENT: f64 = -18.5;

/// The slope of the quadratic's root is `SLOPE` / 2^9.
const SLOPE: i64 = 21;
/// The quadratic's shift and its smallest value.
const SHIFT: f64 = 0.7582111406238938;
const FLOOR: f64 = 0.42508160882626433;

/// e^x as ((21x/2^9 + 0.75821)^2 + 0.42508)^16, for x in [-18.5, 0].
///
/// Error against e^x: at most 5.5e-4, and of rounding at most 4e-3 in `Z32, F<14>` (7e-4 on
/// average where it is largest, at x = 0) and 2.5e-4 in `High` (measured by a test). Five squarings, 11 rounds, 5(3k + 4f) bits an element and the
/// rescaling before them: as many squarings as (1 + x/2^5)^(2^5), which PUMA and Ditto use and whose
/// error is 8.5e-3. The quadratic that is squared four times is a square itself, so its three
/// coefficients cost no product; they minimise the largest error on [-14, 0].
///
/// # Errors
/// Those of the backend.
pub fn exponential<B: Backend, P: Precision>(
    x: &Tensor<B, P::Act>,
    cx: &mut B,
) -> Result<Tensor<B, P::Exp>, B::Error> {
    if let Some(exact) = x.exact(Function::Exponential, cx) {
        return Ok(exact);
    }
    let line = P::act_to_exp(x, SLOPE, cx)?.plus_public(SHIFT);
    let mut power = line.squared(cx)?.trunc(cx)?.plus_public(FLOOR);
    for _ in 0..4 {
        power = power.squared(cx)?.trunc(cx)?;
    }
    Ok(power)
}
