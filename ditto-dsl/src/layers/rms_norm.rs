//! Normalisation by the root mean square, over the last axis.

use ditto_core::portable::{ceil_log2, floor_log2};
use ditto_core::{Backend, Format, Source, Values};

use super::reciprocal_sqrt::reciprocal_sqrt;
use crate::tensor::{InputError, Tensor};

/// The octaves that the mean square may lie in, ε included: from 2^-8 to 2^12.
const MEAN_SQUARE_OCTAVES: std::ops::Range<i32> = -8..12;

/// γ · x / sqrt(mean(x²) + ε) over the last axis, of length h.
///
/// As in [`LayerNorm`](super::LayerNorm), the sum of squares is not divided by h: the root's numerator is
/// sqrt(h) instead. The product γ·x is scaled down in the same rounds as the sum.
///
/// Range: a mean square in [2^-8, 2^12), ε included; `Sim` reports rows that have none. Error in `High`, with
/// u = 2^-18, for a value that normalises to z in a row of mean square m: of the approximation
/// |γz|·7e-6 + u, and of rounding at most |γz|·(2u/(h·m) + 2u·√m + 4u) + 2u/√m + 2u (held by a test).
///
/// 12 rounds; 2(3k + 4f) bits an element, and about 2 kB a row.
///
/// Source: Zhang and Sennrich (NeurIPS 2019), section 4.
pub struct RmsNorm<B: Backend, Q: Format> {
    gamma: Tensor<B, Q>,
    epsilon: f64,
}

impl<B: Backend, Q: Format> RmsNorm<B, Q> {
    /// Shares γ, of shape `[h]`.
    ///
    /// # Errors
    /// If a value is outside the range of `Q`; `name` says of which layer.
    pub fn share(
        source: &mut impl Source<B>,
        name: &str,
        gamma: &impl Values,
        epsilon: f64,
    ) -> Result<Self, InputError> {
        Ok(Self { gamma: Tensor::share(source, &format!("{name}.weight"), gamma)?, epsilon })
    }

    /// From `[.., h]` to `[.., h]`.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a mean square outside the range.
    pub fn forward(&self, x: &Tensor<B, Q>, cx: &mut B) -> Result<Tensor<B, Q>, B::Error> {
        let h = x.row_length() as f64;
        let squares = x.squared(cx)?.sum_last();
        let weighted = x.times(&self.gamma, cx)?;
        let [squares, weighted] = squares.trunc_with(weighted, cx)?;
        let scale = cx.scope("reciprocal square root", |cx| {
            let squares = squares.plus_public(self.epsilon * h);
            let low = MEAN_SQUARE_OCTAVES.start + floor_log2(h);
            let high = MEAN_SQUARE_OCTAVES.end + ceil_log2(h);
            reciprocal_sqrt(&squares, h.sqrt(), low..high, cx)
        })?;
        weighted.times(&scale, cx)?.trunc(cx)
    }
}
