//! One encoder layer of BERT.

use ditto_core::Backend;
use ditto_dsl::layers::{Attention, Gelu, LayerNorm, Linear};
use ditto_dsl::{Precision, Tensor};

/// Inputs of GeLU are declared to be below this in magnitude.
pub(super) const GELU_BOUND: f64 = 128.0;

/// Attention and feed-forward network, each followed by residual and normalisation.
///
/// Hidden states stay in `High` from layer to layer, so residuals keep their precision; what the
/// linear layers read is narrowed from them, which is local.
pub(super) struct EncoderLayer<B: Backend, P: Precision> {
    pub(super) attention: Attention<B, P>,
    pub(super) attention_norm: LayerNorm<B, P::High>,
    pub(super) intermediate: Linear<B, P::Act, P::Weight>,
    pub(super) gelu: Gelu,
    pub(super) output: Linear<B, P::Act, P::Weight>,
    pub(super) output_norm: LayerNorm<B, P::High>,
}

impl<B: Backend, P: Precision> EncoderLayer<B, P> {
    pub(super) fn forward(
        &self,
        hidden: &Tensor<B, P::High>,
        mask: &Tensor<B, P::Act>,
        cx: &mut B,
    ) -> Result<Tensor<B, P::High>, B::Error> {
        let attended =
            cx.scope("attention", |cx| self.attention.forward(&P::high_to_act(hidden), mask, cx))?;
        let hidden =
            cx.scope("layer norm", |cx| self.attention_norm.forward(&attended.plus(hidden), cx))?;
        let widened =
            cx.scope("linear", |cx| self.intermediate.forward(&P::high_to_act(&hidden), cx))?;
        let activated =
            cx.scope("gelu", |cx| self.gelu.forward::<P, B>(&widened, GELU_BOUND, cx))?;
        let fed_forward = cx.scope("linear", |cx| {
            let product = self.output.product(&activated, cx)?;
            P::linear_to_high(product, cx)
        })?;
        cx.scope("layer norm", |cx| self.output_norm.forward(&fed_forward.plus(&hidden), cx))
    }
}
