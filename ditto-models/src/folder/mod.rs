//! A Hugging Face model folder: `config.json`, `model.safetensors` and `tokenizer.json`, read and
//! checked as a whole before anything is shared or computed.
//!
//! Whatever these files hold, opening them ends in a [`Folder`] that fits together or in one
//! [`FolderError`]: a line with the cause and the remedy, for the user to read.

mod config;
mod error;
mod fields;
mod files;
#[doc(hidden)]
pub mod fixtures;
mod frame;
mod header;
mod layout;
mod parameters;
mod random;
mod texts;
mod tokens;
mod weights;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

pub use config::{BertConfig, HiddenAct};
pub use error::FolderError;
pub use layout::layout;
pub use parameters::{Parameters, ZeroWeights};
pub use texts::{padded_len, read_texts};
pub use tokens::Tokenizer;
pub use weights::{Tensor, Weights};

/// The file with the model's sizes.
pub const CONFIG_FILE: &str = "config.json";
/// The file with the weights, in f32.
pub const WEIGHTS_FILE: &str = "model.safetensors";
/// The file with the vocabulary and the rules that cut a text into tokens.
pub const TOKENIZER_FILE: &str = "tokenizer.json";
/// Where `scripts/fetch-minilm` puts the model, seen from the repository's root.
pub const DEFAULT_FOLDER: &str = "models/all-MiniLM-L6-v2";

/// A model folder, complete and consistent: every weight that `config` asks for is there, in its
/// shape and finite, and every id that `tokenizer` gives is a row of the word embedding.
#[derive(Debug)]
pub struct Folder {
    /// The model's sizes.
    pub config: BertConfig,
    /// The weights of every layer.
    pub weights: Weights,
    /// From text to token ids.
    pub tokenizer: Tokenizer,
}

impl Folder {
    /// Opens the folder at `path` and checks all of it.
    ///
    /// The small files come first, so that a wrong folder is refused before the weights are read.
    ///
    /// # Errors
    ///
    /// Any [`FolderError`] that is about a file: no such folder, a file missing, cut short or
    /// malformed, another architecture, a tensor of another name, shape or type, a weight that is
    /// not finite.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, FolderError> {
        let path = path.as_ref();
        files::check_present(path, &[CONFIG_FILE, WEIGHTS_FILE, TOKENIZER_FILE])?;
        let config = BertConfig::open(&path.join(CONFIG_FILE))?;
        let tokenizer = Tokenizer::open(&path.join(TOKENIZER_FILE), &config)?;
        let weights = Weights::open(&path.join(WEIGHTS_FILE), &config)?;
        Ok(Self { config, weights, tokenizer })
    }
}

/// The sizes of the model in the folder at `path`: all that a plan needs of it.
///
/// # Errors
///
/// As [`Folder::open`], as far as `config.json` goes.
pub fn open_config(path: impl AsRef<Path>) -> Result<BertConfig, FolderError> {
    let path = path.as_ref();
    files::check_present(path, &[CONFIG_FILE])?;
    BertConfig::open(&path.join(CONFIG_FILE))
}

/// The folder to use when the user names none: [`DEFAULT_FOLDER`] in the current directory or in
/// the nearest one above it, so that the command works from anywhere inside the repository.
///
/// When there is none, the relative path itself comes back, and opening it says how to fetch it.
pub fn default_folder() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let found = here.ancestors().map(|dir| dir.join(DEFAULT_FOLDER)).find(|dir| dir.is_dir());
    found.unwrap_or_else(|| PathBuf::from(DEFAULT_FOLDER))
}
