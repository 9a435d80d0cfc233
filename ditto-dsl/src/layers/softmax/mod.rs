//! Softmax over the last axis.

mod truth;

use std::f64::consts::LOG2_E;
use std::ops::Range;

use ditto_core::fixed::exp2;
use ditto_core::{Backend, F, Format, Levels};

use super::maximum::{Maximum, row_maximum};
use super::reciprocal::reciprocal;
use crate::precision::Precision;
use crate::tensor::Tensor;

pub(super) use truth::Powers;

/// Exponents below this are taken for minus infinity: 2^-24 of what a row's largest power may be.
const SMALLEST_EXPONENT: f64 = -24.0;

/// How far below 0 the largest exponent of a row is where the maximum is exact: far enough that neither the
/// error of its power nor that of a sum of such powers leaves the range, and a number that every format has.
/// Rows with one such power and little else are the commonest, so its reciprocal is looked up in the middle of
/// an interval, of which there are six an octave: at an edge, rounding would decide between two errors.
const BELOW: f64 = 0.25;

/// e^x_i / Σ_j e^x_j over the last axis; `range` declares where all elements lie.
///
/// As [`softmax_base2`] of x·log2(e), which costs a scale-down: 1 round, k + 4·10 bits an element.
///
/// # Errors
/// Those of the backend; on `Sim` also an element outside the range.
///
/// # Panics
/// If the range is wider than 350, or further than that from 0.
pub fn softmax<B: Backend, P: Precision>(
    x: &Tensor<B, P::Act>,
    range: Range<f64>,
    cx: &mut B,
) -> Result<Tensor<B, P::Prob>, B::Error> {
    softmax_with::<B, P>(x, range, Maximum::default(), cx)
}

/// As [`softmax`], with a choice of maximum.
///
/// # Errors
/// As [`softmax`].
///
/// # Panics
/// As [`softmax`], but for ranges that are too wide for the bound where the maximum is exact.
pub fn softmax_with<B: Backend, P: Precision>(
    x: &Tensor<B, P::Act>,
    range: Range<f64>,
    maximum: Maximum,
    cx: &mut B,
) -> Result<Tensor<B, P::Prob>, B::Error> {
    x.composite(&Powers::OfE, cx, |cx| {
        let exponents =
            cx.scope("change of base", |cx| x.times_public::<F<10>>(LOG2_E).trunc(cx))?;
        // The factor is rounded by less than 2^-11 and the result by less than 0.01.
        let margin = 0.01 + range.start.abs().max(range.end.abs()) / exp2(11);
        let range = range.start * LOG2_E - margin..range.end * LOG2_E + margin;
        shares_of_powers::<B, P>(&exponents, range, maximum, cx)
    })
}

/// 2^x_i / Σ_j 2^x_j over the last axis; `range` declares where all elements lie.
///
/// Any number near the row's maximum will do to keep the powers in range, so a coarse bound of it
/// is taken, on a scale of at most 256 levels that covers the range: after that each power is at
/// most 1, and the largest at least 1/16. The powers are exact up to rounding; those of exponents
/// below -24 become 0.
///
/// The bound and the powers run in the ring of `Act`, reciprocal (one a row) and division in `High`.
/// In rows of more than 32: 33 rounds in 32 bits.
///
/// Error against the true softmax: at most 6e-5 of the approximation. Of rounding, for rows of up to
/// 128 of which one element is ahead, up to 1.6e-3 was measured in 32 bits and 4e-4 in 64.
///
/// Source: the form of PUMA (2023), section 4.2, in the formats of Ditto (ICML 2024), section 4.1,
/// with another maximum and another exponential.
///
/// # Errors
/// Those of the backend; on `Sim` also an element outside the range.
///
/// # Panics
/// If the range is wider than 508.
pub fn softmax_base2<B: Backend, P: Precision>(
    x: &Tensor<B, P::Act>,
    range: Range<f64>,
    cx: &mut B,
) -> Result<Tensor<B, P::Prob>, B::Error> {
    softmax_base2_with::<B, P>(x, range, Maximum::default(), cx)
}

/// As [`softmax_base2`], with a choice of maximum.
///
/// With the exact one, the largest power of a row is 2^-1/4. In rows of 65 to 128 elements from a range
/// of up to 508: 85 rounds in 32 bits.
///
/// # Errors
/// As [`softmax_base2`].
///
/// # Panics
/// As [`softmax_base2`], but for ranges that are too wide for the bound where the maximum is exact.
pub fn softmax_base2_with<B: Backend, P: Precision>(
    x: &Tensor<B, P::Act>,
    range: Range<f64>,
    maximum: Maximum,
    cx: &mut B,
) -> Result<Tensor<B, P::Prob>, B::Error> {
    let approximation = |cx: &mut B| shares_of_powers::<B, P>(x, range, maximum, cx);
    x.composite(&Powers::OfTwo, cx, approximation)
}

/// The share of each power of two in its row's sum.
fn shares_of_powers<B: Backend, P: Precision>(
    x: &Tensor<B, P::Act>,
    range: Range<f64>,
    maximum: Maximum,
    cx: &mut B,
) -> Result<Tensor<B, P::Prob>, B::Error> {
    x.declare(range.clone(), cx)?;
    let Top { near, above, width, least } = cx.scope("maximum", |cx| match maximum {
        Maximum::Bound => bound(x, &range, cx),
        Maximum::Exact => exact(x, &range, cx),
    })?;
    let exponents = x.minus(&near).plus_public(-above);
    let powers = cx.scope("powers", |cx| {
        let powers = exponents.exp2::<P::Exp>(cx)?;
        let below = exponents.plus_public(-SMALLEST_EXPONENT).is_below(0.0, width, cx)?;
        let kept = below.indicator::<P::Exp>(cx)?.subtracted_from(1.0);
        kept.times(&powers, cx)?.settle(cx)
    })?;
    cx.scope("division", |cx| {
        let powers = P::exp_to_high(&powers, cx)?;
        let top = powers.row_length().max(2).next_power_of_two().ilog2() as i32;
        let share = reciprocal(&powers.sum_last(), least..top, cx)?;
        P::product_to_prob(powers.times(&share, cx)?, cx)
    })
}

/// Where the top of each row is.
struct Top<B: Backend, Q: Format> {
    /// A number near the row's maximum.
    near: Tensor<B, Q>,
    /// Every element is less than this above it.
    above: f64,
    /// Exponents are less than this away from the smallest that counts.
    width: f64,
    /// The largest power of a row is at least 2^`least`, rounding included.
    least: i32,
}

fn bound<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    range: &Range<f64>,
    cx: &mut B,
) -> Result<Top<B, Q>, B::Error> {
    let levels = levels(range);
    Ok(Top {
        near: x.row_maximum(&levels, cx)?,
        // The bound is less than two steps below the maximum, and a step is at most 2.
        above: 2.0 * levels.step,
        width: f64::from(levels.count) * levels.step,
        least: -5,
    })
}

fn exact<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    range: &Range<f64>,
    cx: &mut B,
) -> Result<Top<B, Q>, B::Error> {
    let width = range.end - range.start;
    Ok(Top {
        near: row_maximum(x, width, cx)?,
        above: BELOW,
        width: width.max(-SMALLEST_EXPONENT),
        least: -1,
    })
}

/// The smallest scale for values in `range`.
///
/// # Panics
/// If there is none.
fn levels(range: &Range<f64>) -> Levels {
    let scales = [64, 128, 256].into_iter().flat_map(|count| [(count, 1.0), (count, 2.0)]);
    let levels = scales.map(|(count, step)| Levels {
        low: (range.start / step).floor() * step,
        step,
        count,
    });
    let covers = |levels: &Levels| levels.range().end >= range.end;
    levels.into_iter().find(covers).unwrap_or_else(|| {
        panic!("a softmax takes exponents of base 2 from a range of at most 508, not {range:?}")
    })
}
