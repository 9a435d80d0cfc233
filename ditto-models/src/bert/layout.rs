//! Which tensors a BERT of a given configuration has: the one list that loading, random weights
//! and the tests all use.

use super::BertConfig;
use crate::checkpoint::{Weights, ZeroWeights};

/// The name and the shape of every tensor that inference needs, in the order of computation.
///
/// Names are those of the `transformers` library without the leading `bert.`; a matrix is stored
/// as `[out, in]` (so `y = x * W^T + b`), an embedding as `[rows, hidden]`. Pooler and task heads
/// are not part of it.
pub fn layout(config: &BertConfig) -> Vec<(String, Vec<usize>)> {
    let [h, f] = [config.hidden_size, config.intermediate_size];
    let mut list = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![config.vocab_size, h]),
        (
            "embeddings.position_embeddings.weight".to_owned(),
            vec![config.max_position_embeddings, h],
        ),
        ("embeddings.token_type_embeddings.weight".to_owned(), vec![config.type_vocab_size, h]),
        ("embeddings.LayerNorm.weight".to_owned(), vec![h]),
        ("embeddings.LayerNorm.bias".to_owned(), vec![h]),
    ];
    for layer in 0..config.num_hidden_layers {
        // (part, its output width, its input width when it is a matrix)
        let parts = [
            ("attention.self.query", h, Some(h)),
            ("attention.self.key", h, Some(h)),
            ("attention.self.value", h, Some(h)),
            ("attention.output.dense", h, Some(h)),
            ("attention.output.LayerNorm", h, None),
            ("intermediate.dense", f, Some(h)),
            ("output.dense", h, Some(f)),
            ("output.LayerNorm", h, None),
        ];
        for (part, out, input) in parts {
            let shape = input.map_or(vec![out], |input| vec![out, input]);
            list.push((format!("encoder.layer.{layer}.{part}.weight"), shape));
            list.push((format!("encoder.layer.{layer}.{part}.bias"), vec![out]));
        }
    }
    list
}

impl BertConfig {
    /// Random weights of these sizes, see [`Weights::random`].
    pub fn random_weights(&self, seed: u64) -> Weights {
        Weights::random(layout(self), seed)
    }

    /// Weights of these sizes that are all 0, see [`ZeroWeights`].
    pub fn zero_weights(&self) -> ZeroWeights {
        ZeroWeights::new(layout(self))
    }
}
