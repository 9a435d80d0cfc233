//! Layer normalisation over the last axis.

use ditto_core::portable::{ceil_log2, floor_log2, power_of_two};
use ditto_core::{Backend, F, Format, Source, Values};

use super::reciprocal_sqrt::reciprocal_sqrt;
use crate::tensor::{InputError, Tensor};

/// The octaves that the variance may lie in: from 2^-12 to 2^14.
const VARIANCE_OCTAVES: std::ops::Range<i32> = -12..14;

/// γ · (x - mean) / sqrt(variance + ε) + β over the last axis, of length h.
///
/// Mean, sum of squares and root belong to a row and cost next to nothing; for every element there
/// are two products. The sum of squares S = h·variance is not divided by h: the root's numerator is
/// sqrt(h) instead. The product γ·(x - mean) is scaled down in the same rounds as S.
///
/// The mean is taken of distances to the row's first value, which are exact and local: rows that lie
/// far from 0 are as precise as others, and only their deviations have to fit.
///
/// Range: a variance in [2^-12, 2^14), ε included, and a mean that is nearer to the row's first value than
/// 2^24 / 2^e, with e = log2 h rounded up; rows of up to 2048 elements always satisfy the second. `Sim`
/// reports rows that do not. Error in `High`, with u = 2^-18, for a value that normalises to z in a row of
/// variance v whose first value normalises to z0: of the approximation |γz|·7e-6, and of rounding at most
/// |γz|(2u/(h·v) + 2u·√v + 4u) + (1 + |γ|)·4u/√v + |γ·z0|·2^-21 + 2u (measured by a test).
///
/// 13 rounds.
pub struct LayerNorm<B: Backend, Q: Format> {
    gamma: Tensor<B, Q>,
    beta: Tensor<B, Q>,
    epsilon: f64,
}

impl<B: Backend, Q: Format> LayerNorm<B, Q> {
    /// Shares γ and β, of shape `[h]`.
    ///
    /// # Errors
    /// If a value is outside the range of `Q`; `name` says of which layer.
    pub fn share(
        source: &mut impl Source<B>,
        name: &str,
        gamma: &impl Values,
        beta: &impl Values,
        epsilon: f64,
    ) -> Result<Self, InputError> {
        Ok(Self {
            gamma: Tensor::share(source, &format!("{name}.weight"), gamma)?,
            beta: Tensor::share(source, &format!("{name}.bias"), beta)?,
            epsilon,
        })
    }

    /// From `[.., h]` to `[.., h]`.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a variance outside the range.
    pub fn forward(&self, x: &Tensor<B, Q>, cx: &mut B) -> Result<Tensor<B, Q>, B::Error> {
        let h = x.row_length() as f64;
        // The same rows less their first value: the factor below is rounded, and a large mean would make that
        // error large.
        let x = &x.minus(&x.slice_last(0..1));
        // 1/h as a factor in [1, 2) and a power of two: 1/h itself would keep few digits.
        let e = ceil_log2(h);
        let factor = power_of_two(e) / h;
        let mean =
            x.sum_last().times_public::<F<20>>(factor).over_power_of_two(e as u32).trunc(cx)?;
        let centred = x.minus(&mean);
        let squares = centred.squared(cx)?.sum_last();
        let weighted = centred.times(&self.gamma, cx)?;
        let [squares, weighted] = squares.trunc_with(weighted, cx)?;
        let scale = cx.scope("reciprocal square root", |cx| {
            let squares = squares.plus_public(self.epsilon * h);
            let low = VARIANCE_OCTAVES.start + floor_log2(h);
            reciprocal_sqrt(&squares, h.sqrt(), low..VARIANCE_OCTAVES.end + e, cx)
        })?;
        weighted.times(&scale, cx)?.plus_tensor(&self.beta).trunc(cx)
    }
}
