//! Runs of a model on Ditto, on a backend and in a precision that are chosen at run time.
//!
//! - [`Task`] is a model and what is asked of it; [`Embed`] is one: texts become embeddings;
//! - [`Run`] is a task, what to compute on, and how; [`Run::answer`] computes;
//! - [`BackendChoice`], [`Transport`] and [`PrecisionChoice`] are what can be chosen, and
//!   [`with_precision!`] makes a type of the last;
//! - [`Pass`] says which requests go through one forward pass together, for those who run a model
//!   on a backend of their own.
//!
//! Two texts on the simulation of three parties:
//!
//! ```
//! use ditto_models::bert::{BertConfig, BertOptions};
//! use ditto_net::NetworkProfile;
//! use ditto_runtime::{BackendChoice, Embed, PaddedText, PrecisionChoice, Run};
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
//! let run = Run {
//!     task: Embed { config: &config, weights: &weights, options: BertOptions::default() },
//!     backend: BackendChoice::Sim,
//!     precision: PrecisionChoice::Fine,
//!     batch: 2,
//!     net: NetworkProfile::LOCAL,
//!     seed: Some(7),
//! };
//! let text = |ids: &[u32]| PaddedText { ids: ids.to_vec(), length: 8 };
//! let mut embeddings = Vec::new();
//! run.embed(&[text(&[3, 14, 15]), text(&[9, 2, 6, 5])], None, |embedding| {
//!     embeddings.push(embedding);
//! })?;
//! assert_eq!(embeddings.len(), 2);
//! let cost = embeddings[0].report.total();
//! println!("{} rounds for both, {:?} bytes from each party", cost.rounds, cost.bytes);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! This crate has none.

#![forbid(unsafe_code)]

mod additive;
mod channels;
mod choices;
mod clear;
mod cosine;
mod embed;
mod error;
mod greeting_terms;
mod left_range;
mod nodes;
mod pass;
mod rep3;
mod run;
mod scheme;
mod task;

pub use choices::{BackendChoice, PrecisionChoice, Transport};
pub use cosine::cosine;
pub use embed::{Embed, Embedding, PaddedText};
pub use error::RunError;
pub use left_range::LeftRange;
pub use pass::{Batch, Pass};
pub use run::{Answer, Run, ScopeObserver};
pub use task::Task;

// For `with_precision!`, whose callers may not have the language among their dependencies.
#[doc(hidden)]
pub use ditto_dsl::precision;

#[cfg(test)]
mod tests;
