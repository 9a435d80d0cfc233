//! Which tensors a BERT of a given configuration has: the one list that loading, random weights
//! and the tests all use.

use super::BertConfig;
use super::tensor_names::{self, bias, weight};
use crate::checkpoint::{Weights, ZeroWeights};

/// The name and the shape of every tensor that inference needs, in the order of computation.
///
/// Names are those of [`tensor_names`]; a matrix is stored as `[out, in]` (so `y = x * W^T + b`), an embedding
/// as `[rows, hidden]`. Pooler and task heads are not part of it.
pub fn tensor_shapes(config: &BertConfig) -> Vec<(String, Vec<usize>)> {
    let [h, f] = [config.hidden_size, config.intermediate_size];
    let mut list = vec![
        (weight(tensor_names::WORDS), vec![config.vocab_size, h]),
        (weight(tensor_names::POSITIONS), vec![config.max_position_embeddings, h]),
        (weight(tensor_names::SEGMENTS), vec![config.type_vocab_size, h]),
        (weight(tensor_names::EMBEDDINGS_NORM), vec![h]),
        (bias(tensor_names::EMBEDDINGS_NORM), vec![h]),
    ];
    for layer in (0..config.num_hidden_layers).map(tensor_names::LayerNames::new) {
        // (part, its output width, its input width when it is a matrix)
        let parts = [
            (layer.query, h, Some(h)),
            (layer.key, h, Some(h)),
            (layer.value, h, Some(h)),
            (layer.attention_output, h, Some(h)),
            (layer.attention_norm, h, None),
            (layer.intermediate, f, Some(h)),
            (layer.output, h, Some(f)),
            (layer.output_norm, h, None),
        ];
        for (part, out, input) in parts {
            let shape = input.map_or(vec![out], |input| vec![out, input]);
            list.push((weight(&part), shape));
            list.push((bias(&part), vec![out]));
        }
    }
    list
}

impl BertConfig {
    /// Random weights of these sizes, see [`Weights::random`].
    pub fn random_weights(&self, seed: u64) -> Weights {
        Weights::random(tensor_shapes(self), seed)
    }

    /// Weights of these sizes that are all 0, see [`ZeroWeights`].
    pub fn zero_weights(&self) -> ZeroWeights {
        ZeroWeights::new(tensor_shapes(self))
    }
}
