//! What models cost on Ditto, and what their formats do to them.
//!
//! - [`cost_model`] says what a forward pass costs without running it;
//! - [`numerics`] shows what happens to the values in each layer;
//! - [`precision_search`] searches for cheaper formats;
//! - [`mod@bench`] measures a model, [`operations`] single operations;
//! - [`model_names`] says what the names of models stand for;
//! - [`breakdown`] tells how much of a cost each kind of layer takes, and [`report`] is how all of them
//!   show what they found.
//!
//! What a text of 128 tokens costs in BERT-base, on a wide-area network:
//!
//! ```
//! use ditto_lab::cost_model::{BatchShape, Machine, plan};
//! use ditto_models::bert::{BertConfig, BertOptions};
//! use ditto_net::NetworkProfile;
//! use ditto_runtime::PrecisionChoice;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let batch = BatchShape {
//!     precision: PrecisionChoice::Ditto,
//!     options: BertOptions::default(),
//!     seq: 128,
//!     texts: 1,
//! };
//! let plan = plan(&BertConfig::base(), &batch, &Machine::REFERENCE, NetworkProfile::WAN)?;
//! println!("{} rounds, about {:.0} s", plan.rounds, plan.seconds);
//! # assert!(plan.rounds > 0 && plan.seconds > 1.0);
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! This crate has none.

#![forbid(unsafe_code)]

pub mod bench;
pub mod breakdown;
pub mod cost_model;
mod median;
pub mod model_names;
pub mod numerics;
pub mod operations;
pub mod precision_search;
pub mod report;
