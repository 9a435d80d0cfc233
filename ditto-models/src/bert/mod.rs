//! BERT (Devlin et al., 2019) as a sentence encoder, over any backend and precision.

// What every party computes alike.
#![warn(clippy::disallowed_methods)]

mod config;
mod encoder_layer;
mod folder;
mod input;
mod share;
pub mod tensor_names;
mod tensor_shapes;

use ditto_core::Backend;
use ditto_dsl::layers::pooling::normalised_mean;
use ditto_dsl::layers::{Embedding, LayerNorm};
use ditto_dsl::{Precision, Tensor};

use encoder_layer::EncoderLayer;

pub use config::{BertConfig, HiddenAct};
pub use folder::{BertFolder, open_config};
pub use input::BertInput;
pub use share::BertOptions;
pub use tensor_shapes::tensor_shapes;

/// A BERT whose weights are shared on the backend `B`.
pub struct Bert<B: Backend, P: Precision> {
    embedding: Embedding<B, P>,
    norm: LayerNorm<B, P::High>,
    layers: Vec<EncoderLayer<B, P>>,
}

impl<B: Backend, P: Precision> Bert<B, P> {
    /// The last hidden states `[texts, n, hidden]`, those of padding included.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a value outside its format's range.
    pub fn encode(
        &self,
        input: &BertInput<B, P>,
        cx: &mut B,
    ) -> Result<Tensor<B, P::High>, B::Error> {
        let mut hidden = cx.scope("embedding", |cx| {
            let embedded = self.embedding.forward(&input.one_hot, cx)?;
            cx.scope("layer norm", |cx| self.norm.forward(&embedded, cx))
        })?;
        for (i, layer) in self.layers.iter().enumerate() {
            hidden =
                cx.scope(&format!("layer {i}"), |cx| layer.forward(&hidden, &input.mask, cx))?;
        }
        Ok(hidden)
    }

    /// The sentence embeddings `[texts, hidden]`: the mean over a text's real tokens, of length 1.
    ///
    /// All texts of the input run through one pass: its rounds are those of a single text.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a value outside its format's range.
    pub fn embed(
        &self,
        input: &BertInput<B, P>,
        cx: &mut B,
    ) -> Result<Tensor<B, P::High>, B::Error> {
        let hidden = self.encode(input, cx)?;
        let means = cx.scope("pooling", |cx| {
            normalised_mean(&hidden, &input.real, &input.inverse_count, cx)
        })?;
        let &[texts, _, width] = means.shape() else {
            unreachable!("the mean of [texts, n, hidden] is [texts, 1, hidden]");
        };
        Ok(means.reshape(&[texts, width]))
    }
}
