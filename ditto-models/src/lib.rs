//! Models on Ditto: BERT, its Hugging Face folder, and runs of it on any backend.
//!
//! - [`folder`] reads a model folder and cuts texts into tokens;
//! - [`bert`] is the model, one source for every backend and precision;
//! - [`run`] embeds texts on a chosen backend;
//! - [`plan`] says what that costs without running it;
//! - [`inspect`] shows what happens to the values in each layer;
//! - [`mod@suggest`] searches for cheaper formats;
//! - [`mod@bench`] measures that, and single operations.

#![forbid(unsafe_code)]

pub mod bench;
pub mod bert;
pub mod folder;
pub mod inspect;
pub mod plan;
pub mod run;
pub mod suggest;
