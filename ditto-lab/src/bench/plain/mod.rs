//! The yardstick: BERT in plain f32 on all cores of the machine.
//!
//! Matrix products are those of the `faer` library, the fastest of those tried; the rest is
//! vectorised for what the processor has and spread over the cores by rows. Softmax, GeLU and
//! LayerNorm are the true functions.

mod attention;
mod dense;
mod rows;

use ditto_models::bert::tensor_names::{self, bias, weight};
use ditto_models::bert::{BertConfig, HiddenAct};
use ditto_models::checkpoint::{FolderError, Weights};
use rayon::prelude::*;

use attention::attend;
use dense::Dense;
use rows::{Activation, Norm, activate, add_and_normalise};

/// Why there is no yardstick.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlainError {
    /// A weight is missing.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// A BERT in the clear, laid out for speed.
pub struct PlainBert {
    hidden: usize,
    heads: usize,
    words: Vec<f32>,
    /// With the segment that a single text is in.
    positions: Vec<f32>,
    norm: Norm,
    activation: Activation,
    blocks: Vec<Block>,
}

struct Block {
    query_key_value: Dense,
    attention_output: Dense,
    attention_norm: Norm,
    intermediate: Dense,
    output: Dense,
    output_norm: Norm,
}

impl PlainBert {
    /// Lays out the weights of a model.
    ///
    /// # Errors
    /// If one is missing.
    pub fn new(config: &BertConfig, weights: &Weights) -> Result<Self, PlainError> {
        let hidden = config.hidden_size;
        let values = |name: &str| weights.tensor(name).map(|tensor| tensor.values.as_slice());
        let norm = |name: &str| -> Result<Norm, FolderError> {
            Ok(Norm {
                gamma: values(&weight(name))?.to_vec(),
                beta: values(&bias(name))?.to_vec(),
                epsilon: config.layer_norm_eps as f32,
            })
        };
        let dense = |names: &[String]| -> Result<Dense, FolderError> {
            let mut parts = Vec::new();
            for name in names {
                parts.push((values(&weight(name))?, values(&bias(name))?));
            }
            Ok(Dense::side_by_side(&parts))
        };
        let mut positions = values(&weight(tensor_names::POSITIONS))?.to_vec();
        let segment = &values(&weight(tensor_names::SEGMENTS))?[..hidden];
        for row in positions.chunks_exact_mut(hidden) {
            row.iter_mut().zip(segment).for_each(|(x, s)| *x += s);
        }
        let block = |i: usize| -> Result<Block, FolderError> {
            let names = tensor_names::LayerNames::new(i);
            Ok(Block {
                query_key_value: dense(&[names.query, names.key, names.value])?,
                attention_output: dense(&[names.attention_output])?,
                attention_norm: norm(&names.attention_norm)?,
                intermediate: dense(&[names.intermediate])?,
                output: dense(&[names.output])?,
                output_norm: norm(&names.output_norm)?,
            })
        };
        Ok(Self {
            hidden,
            heads: config.num_attention_heads,
            words: values(&weight(tensor_names::WORDS))?.to_vec(),
            positions,
            norm: norm(tensor_names::EMBEDDINGS_NORM)?,
            activation: match config.hidden_act {
                HiddenAct::GeluErf => Activation::GeluErf,
                HiddenAct::GeluTanh => Activation::GeluTanh,
            },
            blocks: (0..config.num_hidden_layers).map(block).collect::<Result<_, _>>()?,
        })
    }

    /// The embedding of each text: the mean of its last hidden states, of length 1. All texts have
    /// the same length and no padding.
    ///
    /// # Panics
    /// If the lengths differ, or an id is not in the vocabulary.
    pub fn embed(&self, texts: &[&[u32]]) -> Vec<Vec<f32>> {
        let (h, n) = (self.hidden, texts.first().map_or(0, |ids| ids.len()));
        assert!(texts.iter().all(|ids| ids.len() == n), "texts of one length");
        let mut x = vec![0.0; texts.len() * n * h];
        let ids = texts.iter().flat_map(|ids| ids.iter().enumerate());
        for (row, (position, &id)) in x.chunks_exact_mut(h.max(1)).zip(ids) {
            let word = &self.words[id as usize * h..][..h];
            let place = &self.positions[position * h..][..h];
            row.iter_mut().zip(word).zip(place).for_each(|((x, w), p)| *x = w + p);
        }
        let zero = vec![0.0; x.len()];
        add_and_normalise(&mut x, &zero, &self.norm);
        for block in &self.blocks {
            let projected = block.query_key_value.forward(&x);
            let context = attend(&projected, n, h, self.heads);
            add_and_normalise(
                &mut x,
                &block.attention_output.forward(&context),
                &block.attention_norm,
            );
            let mut inner = block.intermediate.forward(&x);
            activate(&mut inner, self.activation);
            add_and_normalise(&mut x, &block.output.forward(&inner), &block.output_norm);
        }
        x.par_chunks_exact((n * h).max(1)).map(|text| direction(text, h)).collect()
    }
}

/// The sum of rows of length `h`, scaled to length 1: the same as their mean.
fn direction(rows: &[f32], h: usize) -> Vec<f32> {
    let mut sum = vec![0.0; h];
    for row in rows.chunks_exact(h) {
        sum.iter_mut().zip(row).for_each(|(s, x)| *s += x);
    }
    let length = sum.iter().map(|s| s * s).sum::<f32>().sqrt();
    sum.iter().map(|s| s / length).collect()
}
