//! SwiGLU, the gated activation of LLaMA.

use ditto_core::{Backend, High, Source, Values};

use super::silu::silu;
use crate::precision::Precision;
use crate::tensor::Tensor;
use crate::weight::{ShareError, Weight};

/// SiLU(xW) · (xV) with secret weights W and V, each `[inputs, outputs]`.
///
/// Error in the formats of [`Ditto`](crate::precision::Ditto): with that of [`silu`], ε, and of the products,
/// δ = inputs·2^-30 + 2^-18: ε·|xV| + δ·(1.1·|xV| + |SiLU(xW)|) + 2^-8 (measured by a test).
///
/// 24 rounds for a bound of 64, of which 18 are those of SiLU; matrix products in the ring of `Act`, the rest
/// in `High`.
///
/// Source: Shazeer (arXiv 2002.05202), section 2.
pub struct SwiGlu<B: Backend, P: Precision> {
    gate: Weight<B, P::Weight>,
    value: Weight<B, P::Weight>,
    bound: f64,
}

impl<B: Backend, P: Precision<High = High>> SwiGlu<B, P> {
    /// Shares both weights. `bound` declares |xW| < bound.
    ///
    /// # Errors
    /// If a weight is outside the range of `P::Weight`; `name` says of which layer. Those of the backend.
    pub fn share(
        source: &mut impl Source<B>,
        name: &str,
        [gate, value]: [&impl Values; 2],
        bound: f64,
        cx: &mut B,
    ) -> Result<Self, ShareError<B::Error>> {
        let gate = Tensor::share(source, &format!("{name}.gate"), gate)?;
        let value = Tensor::share(source, &format!("{name}.value"), value)?;
        Self::new([&gate, &value], bound, cx).map_err(ShareError::Backend)
    }

    /// With weights that are shared already.
    ///
    /// # Errors
    /// Those of the backend.
    pub fn new(
        [gate, value]: [&Tensor<B, P::Weight>; 2],
        bound: f64,
        cx: &mut B,
    ) -> Result<Self, B::Error> {
        let (gate, value) = (Weight::prepare(gate, cx)?, Weight::prepare(value, cx)?);
        Ok(Self { gate, value, bound })
    }

    /// From `[.., inputs]` to `[.., outputs]`.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a value that exceeds the bound.
    pub fn forward(
        &self,
        x: &Tensor<B, P::Act>,
        cx: &mut B,
    ) -> Result<Tensor<B, P::Act>, B::Error> {
        let [gate, value] = cx.scope("linear", |cx| {
            let [gate, value] = [x.matmul(&self.gate, cx)?, x.matmul(&self.value, cx)?];
            Ok([P::linear_to_high(gate, cx)?, P::linear_to_high(value, cx)?])
        })?;
        let gate = cx.scope("silu", |cx| silu(&gate, self.bound, cx))?;
        Ok(P::high_to_act(&gate.times(&value, cx)?.trunc(cx)?))
    }
}
