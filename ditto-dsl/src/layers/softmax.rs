//! Softmax over the last axis.

use ditto_core::{Backend, Function};

use super::exponential::{SMALLEST_EXPONENT, ZERO_EXPONENT, exponential};
use super::maximum::row_maximum;
use super::reciprocal::reciprocal;
use crate::precision::Precision;
use crate::tensor::Tensor;

/// e^(x_i - max) / Σ_j e^(x_j - max) over the last axis. `bound` declares that any two elements of a
/// row differ by less.
///
/// Maximum and clip run in `Act`: x - max, and what has the smallest exponential for what is below
/// -14. Exponential and sum run in `Exp`, reciprocal (one a row) and product in `High`.
///
/// Error against the true softmax, at its worst (one element ahead of n - 1 equal ones): 4.4e-4 in
/// rows of n = 2, 2.7e-3 of 16, 3.9e-3 of 128; as in any approximate exponential it grows with the
/// length, because the errors of equal elements add up. Of rounding at most 2e-4 in `High`, and
/// 1.2e-3 and 1.5 ulp of `Prob` in 32 bits (measured by a test).
///
/// Source: the form of PUMA (2023), section 4.2, in the formats of Ditto (ICML 2024), section 4.1,
/// with another exponential.
///
/// # Errors
/// Those of the backend; on `Sim` also a row that exceeds the bound.
pub fn softmax<B: Backend, P: Precision>(
    x: &Tensor<B, P::Act>,
    bound: f64,
    cx: &mut B,
) -> Result<Tensor<B, P::Prob>, B::Error> {
    if let Some(exact) = x.exact(Function::Softmax, cx) {
        return Ok(exact);
    }
    let max = cx.scope("maximum", |cx| row_maximum(x, bound, cx))?;
    let clipped = cx.scope("clip", |cx| {
        let difference = x.minus(&max);
        let below = difference.is_below(SMALLEST_EXPONENT, bound, cx)?.indicator::<P::Act>(cx)?;
        let rise = difference.subtracted_from(ZERO_EXPONENT);
        Ok(difference.plus(&below.times(&rise, cx)?.settle(cx)?))
    })?;
    cx.scope("exponential and division", |cx| {
        let powers = exponential::<B, P>(&clipped, cx)?;
        // The maximum contributes about 1, so the sum lies between 1/2 and twice the length.
        let top = (powers.row_length().max(2) as f64).log2().ceil() as i32 + 1;
        let sum = P::exp_to_high(&powers.sum_last(), cx)?;
        let share = reciprocal(&sum, -1..top, cx)?;
        let powers = P::exp_to_high(&powers, cx)?;
        Ok(P::high_to_prob(&powers.times(&share, cx)?.trunc(cx)?))
    })
}
