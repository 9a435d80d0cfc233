//! SwiGLU: a linear layer, gated by the SiLU of another one.

use ditto_core::{Backend, Source, Values};

use super::silu::silu;
use crate::precision::Precision;
use crate::product::Product;
use crate::tensor::Tensor;
use crate::weight::{ShareError, Weight};

/// SiLU(x·W) · (x·V) with secret weights W and V of shape `[inputs, outputs]`.
///
/// The matrix products run in the ring of `Act`, are scaled down to `High` in the same rounds, and multiplied
/// there.
///
/// Range: |x·W| < `bound`; x·W and x·V below what a product may be (2^12 with `Ditto`), and a result that `Act`
/// holds. Error, with ε that of [`silu`] in `High`, of approximation and rounding together, and u an ulp of
/// `High`: ε·|x·V| + u·(1.1·|x·V| + |SiLU(x·W)|) and 2 ulp of `Act` (held by a test).
///
/// For a bound of 64: 22 rounds, of which 18 are the SiLU's, and about 3.7 kbit an output.
///
/// Source: Shazeer (arXiv 2002.05202), section 2, in the formats of Ditto (ICML 2024), section 4.1.
pub struct SwiGlu<B: Backend, P: Precision> {
    gate: Weight<B, P::Weight>,
    value: Weight<B, P::Weight>,
    bound: f64,
}

impl<B: Backend, P: Precision> SwiGlu<B, P> {
    /// Shares W, the gate's, and V, the value's. `bound` declares |x·W| < `bound`.
    ///
    /// # Errors
    /// If a weight is outside the range of `P::Weight`; `name` says of which layer.
    /// Those of the backend.
    pub fn share(
        source: &mut impl Source<B>,
        name: &str,
        gate: &impl Values,
        value: &impl Values,
        bound: f64,
        cx: &mut B,
    ) -> Result<Self, ShareError<B::Error>> {
        let gate = Tensor::share(source, &format!("{name}.gate"), gate)?;
        let value = Tensor::share(source, &format!("{name}.value"), value)?;
        let mut prepare = |matrix| Weight::prepare(matrix, cx).map_err(ShareError::Prepare);
        Ok(Self { gate: prepare(&gate)?, value: prepare(&value)?, bound })
    }

    /// From `[.., inputs]` to `[.., outputs]`.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a gate that exceeds the bound.
    ///
    /// # Panics
    /// If the weights differ in shape.
    pub fn forward(
        &self,
        x: &Tensor<B, P::Act>,
        cx: &mut B,
    ) -> Result<Tensor<B, P::Act>, B::Error> {
        let both = cx.scope("linear", |cx| {
            let [gate, value] = [x.matmul(&self.gate, cx)?, x.matmul(&self.value, cx)?];
            P::linear_to_high(Product::stack(&[&gate, &value]), cx)
        })?;
        let gate = cx.scope("silu", |cx| silu(&both.unstack(0), self.bound, cx))?;
        Ok(P::high_to_act(&gate.times(&both.unstack(1), cx)?.trunc(cx)?))
    }
}
