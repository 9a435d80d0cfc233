//! Sentence embeddings: the mean over the real tokens, scaled to length 1.

use ditto_core::{Backend, Format};

use super::reciprocal_sqrt::reciprocal_sqrt;
use crate::tensor::Tensor;

/// The octaves that the squared length of a mean may lie in: from 2^-10 to 2^16.
const SQUARED_LENGTH_OCTAVES: std::ops::Range<i32> = -10..16;

/// The mean of the rows of `x` `[.., n, h]` that `real` `[.., 1, n]` marks with 1 (0 for padding),
/// scaled to Euclidean length 1: `[.., 1, h]`. `inverse_count` `[.., 1, 1]` is one over the number
/// of real rows. The leading axes count texts, each of which has a mean of its own.
///
/// Error in `High`, with u = 2^-18 and l the length of the mean: of the approximation at most 7e-6,
/// and of rounding at most 2^-16 + 3u/l + u/l² + 3u·l (measured by a test).
///
/// # Errors
/// Those of the backend; on `Sim` also a mean whose squared length is not between 2^-10 and 2^16.
pub fn normalised_mean<B: Backend, Q: Format>(
    x: &Tensor<B, Q>,
    real: &Tensor<B, Q>,
    inverse_count: &Tensor<B, Q>,
    cx: &mut B,
) -> Result<Tensor<B, Q>, B::Error> {
    let sum = real.matmul(x, cx)?.trunc(cx)?;
    let mean = sum.times(inverse_count, cx)?.trunc(cx)?;
    let squared_length = mean.squared(cx)?.sum_last().trunc(cx)?;
    let scale = reciprocal_sqrt(&squared_length, 1.0, SQUARED_LENGTH_OCTAVES, cx)?;
    mean.times(&scale, cx)?.trunc(cx)
}
