//! Values clamped to a range.

use std::ops::Range;

use ditto_core::{Backend, Format};

use crate::tensor::Tensor;

/// A tensor that has been clamped, and by how much.
pub struct Clamped<B: Backend, Q: Format> {
    /// The values, now inside of the range.
    pub value: Tensor<B, Q>,
    /// What was added to a value below the range, 0 to the others.
    pub rise: Tensor<B, Q>,
    /// What was added to a value above the range, which is negative, and 0 to the others.
    pub fall: Tensor<B, Q>,
}

/// Clamps values |x| < `bound` to `range`, whose ends are multiples of the unit of `Q`. No error.
///
/// Two comparisons in the same rounds, then a bit to ring and a product, both for two bits an element.
///
/// # Errors
/// Those of the backend; on `Sim` also a value that reaches `bound`.
pub fn clamp<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    range: Range<f64>,
    bound: f64,
    cx: &mut B,
) -> Result<Clamped<B, Q>, B::Error> {
    let edges = [range.start, range.end].map(|edge| x.plus_public(-edge));
    let furthest = range.start.abs().max(range.end.abs());
    let below = Tensor::stack(&edges.each_ref()).is_below(0.0, bound + furthest, cx)?;
    let below = below.indicator::<Q>(cx)?;
    let (low, high) = (below.unstack(0), below.unstack(1).subtracted_from(1.0));
    clamp_where([&low, &high], x, range, cx)
}

/// As [`clamp`], where it is known which values are below and above the range: for layers that compare with
/// further edges in the same rounds.
pub(super) fn clamp_where<B: Backend, Q: Format>(
    [low, high]: [&Tensor<B, Q::Integer>; 2],
    x: &Tensor<B, Q>,
    range: Range<f64>,
    cx: &mut B,
) -> Result<Clamped<B, Q>, B::Error> {
    let outside = Tensor::stack(&[low, high]);
    let distances =
        Tensor::stack(&[&x.subtracted_from(range.start), &x.subtracted_from(range.end)]);
    // A bit times a value is a value: nothing to scale down.
    let distances = outside.times(&distances, cx)?.settle(cx)?;
    let (rise, fall) = (distances.unstack(0), distances.unstack(1));
    Ok(Clamped { value: x.plus(&rise).plus(&fall), rise, fall })
}
