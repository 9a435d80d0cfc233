//! The files of a model folder, for any model: which there are, the tensors of a safetensors file, and what can
//! be wrong with them.
//!
//! The model says which tensors it needs, and in which shapes.

mod config_fields;
mod files;
mod folder_error;
mod header;
mod load_error;
mod parameters;
mod random_weights;
mod weights;

use std::path::PathBuf;

pub use folder_error::FolderError;
pub use load_error::LoadError;
pub use parameters::{Parameters, ZeroWeights};
pub use weights::{F32Tensor, Weights};

pub(crate) use config_fields::ConfigFields;
pub(crate) use files::{check_present, read_small};

/// The file with the model's sizes.
pub const CONFIG_FILE: &str = "config.json";
/// The file with the weights, in f32.
pub const WEIGHTS_FILE: &str = "model.safetensors";
/// The file with the vocabulary and the rules that cut a text into tokens.
pub const TOKENIZER_FILE: &str = "tokenizer.json";
/// Where `scripts/fetch-minilm` puts the model, seen from the repository's root.
pub const DEFAULT_FOLDER: &str = "models/all-MiniLM-L6-v2";

/// The folder to use when the user names none: [`DEFAULT_FOLDER`] in the current directory or in
/// the nearest one above it, so that the command works from anywhere inside the repository.
///
/// When there is none, the relative path itself comes back, and opening it says how to fetch it.
pub fn default_folder() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let found = here.ancestors().map(|dir| dir.join(DEFAULT_FOLDER)).find(|dir| dir.is_dir());
    found.unwrap_or_else(|| PathBuf::from(DEFAULT_FOLDER))
}
