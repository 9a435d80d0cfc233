//! BERT (Devlin et al., 2019) as a sentence encoder, over any backend and precision.

// What every party computes alike.
#![warn(clippy::disallowed_methods)]

mod block;
mod config;
mod folder;
mod input;
mod layout;
mod load;
pub mod names;

use ditto_core::Backend;
use ditto_dsl::layers::pooling::normalised_mean;
use ditto_dsl::layers::{Embedding, LayerNorm};
use ditto_dsl::{Precision, Tensor};

use block::Block;

pub use config::{BertConfig, HiddenAct};
pub use folder::{Folder, open_config};
pub use input::Input;
pub use layout::layout;
pub use load::{LoadError, Options};

/// A BERT whose weights are shared on the backend `B`.
pub struct Bert<B: Backend, P: Precision> {
    embedding: Embedding<B, P>,
    norm: LayerNorm<B, P::High>,
    blocks: Vec<Block<B, P>>,
}

impl<B: Backend, P: Precision> Bert<B, P> {
    /// The last hidden states `[texts, n, hidden]`, those of padding included.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a value outside its format's range.
    pub fn encode(&self, input: &Input<B, P>, cx: &mut B) -> Result<Tensor<B, P::High>, B::Error> {
        let mut hidden = cx.scope("embedding", |cx| {
            let embedded = self.embedding.forward(&input.one_hot, cx)?;
            cx.scope("layer norm", |cx| self.norm.forward(&embedded, cx))
        })?;
        for (i, block) in self.blocks.iter().enumerate() {
            hidden =
                cx.scope(&format!("layer {i}"), |cx| block.forward(&hidden, &input.mask, cx))?;
        }
        Ok(hidden)
    }

    /// The sentence embeddings `[texts, hidden]`: the mean over a text's real tokens, of length 1.
    ///
    /// All texts of the input run through one pass: its rounds are those of a single text.
    ///
    /// # Errors
    /// Those of the backend; on `Sim` also a value outside its format's range.
    pub fn embed(&self, input: &Input<B, P>, cx: &mut B) -> Result<Tensor<B, P::High>, B::Error> {
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
