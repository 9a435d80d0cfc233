//! Layer normalisation over the last axis.

use ditto_core::{Backend, F, Format, Source};
use ndarray::ArrayD;

use super::reciprocal_sqrt::reciprocal_sqrt;
use crate::tensor::{InputError, Tensor};

/// The octaves that the variance may lie in: from 2^-12 to 2^14.
const VARIANCE_OCTAVES: std::ops::Range<i32> = -12..14;

/// γ · (x - mean) / sqrt(variance + ε) + β over the last axis, of length h.
///
/// The mean and the variance are sums of a row, so they cost one scale-down a row; the element-wise
/// cost is two products. With e = ceil(log2 h), the variance is computed as Σ(x - mean)² / 2^e,
/// and the factor sqrt(h / 2^e) that is missing is part of the shared γ.
///
/// Range: a variance in [2^-11, 2^14), ε included. Error in `High`, with u = 2^-18, for a value that
/// normalises to z in a row of variance v: at most |γz|(u/v + 2u·√v + 2^-16) + |γ|·4u/√v + 2u
/// (measured by a test). The first term is the rounding of the variance: with γ = 1 and |z| < 1.5
/// the largest error measured is 9e-3 for v = 5e-4, 4e-4 for 0.01, 2e-5 for 1, 5e-5 for 100 and
/// 4e-4 for 12,000.
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
        gamma: &ArrayD<f64>,
        beta: &ArrayD<f64>,
        epsilon: f64,
    ) -> Result<Self, InputError> {
        let h = gamma.len();
        let missing = (h as f64 / 2f64.powi(next_power_of_two(h) as i32)).sqrt();
        let gamma = gamma.mapv(|g| g * missing);
        Ok(Self {
            gamma: Tensor::share(source, &format!("{name}.weight"), &gamma)?,
            beta: Tensor::share(source, &format!("{name}.bias"), beta)?,
            epsilon,
        })
    }

    /// From `[.., h]` to `[.., h]`.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a variance outside the range.
    pub fn forward(&self, x: &Tensor<B, Q>, cx: &mut B) -> Result<Tensor<B, Q>, B::Error> {
        let h = x.row_length();
        let e = next_power_of_two(h);
        // 1/h as a factor in [1, 2) and a power of two: 1/h itself would keep few digits.
        let factor = 2f64.powi(e as i32) / h as f64;
        let mean = x.sum_last().times_public::<F<20>>(factor).over_power_of_two(e).trunc(cx)?;
        let centred = x.minus(&mean);
        let variance = centred.squared(cx)?.sum_last().over_power_of_two(e).trunc(cx)?;
        let variance = variance.plus_public(self.epsilon * h as f64 / 2f64.powi(e as i32));
        let scale = cx.scope("reciprocal square root", |cx| {
            reciprocal_sqrt(&variance, VARIANCE_OCTAVES, cx)
        })?;
        let normalised = centred.times(&scale, cx)?.trunc(cx)?;
        normalised.times(&self.gamma, cx)?.plus_tensor(&self.beta).trunc(cx)
    }
}

/// The smallest e with 2^e >= n.
fn next_power_of_two(n: usize) -> u32 {
    n.next_power_of_two().trailing_zeros()
}
