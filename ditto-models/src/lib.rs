//! Models on Ditto: their files and tokenizers, which are read in the clear, and the models themselves, written
//! once for every backend and precision.
//!
//! - [`bert`] is BERT: its sizes, its folder, and the model over any backend;
//! - [`checkpoint`] reads the files of a model folder;
//! - [`tokenizer`] cuts texts into tokens.
//!
//! A small BERT with random weights, on the simulation of three parties:
//!
//! ```
//! use ditto_backends::Sim;
//! use ditto_backends::sim::SimSource;
//! use ditto_core::Backend;
//! use ditto_dsl::precision::Ditto;
//! use ditto_models::bert::{Bert, BertConfig, BertInput, BertOptions};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let config = BertConfig {
//!     hidden_size: 16,
//!     num_hidden_layers: 2,
//!     num_attention_heads: 2,
//!     intermediate_size: 32,
//!     vocab_size: 64,
//!     ..BertConfig::base()
//! };
//! let weights = config.random_weights(1);
//! let mut sim = Sim::new(7);
//! let options = BertOptions::default();
//! let bert = Bert::<_, Ditto>::share(&mut SimSource, &config, &weights, options, &mut sim)?;
//!
//! // Two texts as token ids, padded to 8 tokens.
//! let texts: [&[u32]; 2] = [&[3, 14, 15], &[9, 2, 6, 5]];
//! let pad = config.pad_token_id;
//! let input = BertInput::share(&mut SimSource, &texts, pad, 8, config.vocab_size)?;
//!
//! let embeddings = bert.embed(&input, &mut sim)?.open(&mut sim)?;
//! assert_eq!(embeddings.shape(), [2, config.hidden_size]);
//! let cost = sim.trace().report().total();
//! println!("{} rounds, {:?} bytes from each party", cost.rounds, cost.bytes);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! This crate has none.

#![forbid(unsafe_code)]

pub mod bert;
pub mod checkpoint;
#[doc(hidden)]
pub mod fixtures;
mod one_line;
pub mod tokenizer;

#[cfg(test)]
mod tests;
