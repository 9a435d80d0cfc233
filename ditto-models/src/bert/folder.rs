//! The Hugging Face folder of a BERT: `config.json`, `model.safetensors` and `tokenizer.json`, read and
//! checked as a whole before anything is shared or computed.
//!
//! Whatever these files hold, opening them ends in a [`BertFolder`] that fits together or in one
//! [`FolderError`]: a line with the cause and the remedy, for the user to read.

use std::path::Path;

use super::{BertConfig, tensor_shapes};
use crate::checkpoint::{
    CONFIG_FILE, FolderError, TOKENIZER_FILE, WEIGHTS_FILE, Weights, check_present,
};
use crate::tokenizer::Tokenizer;

/// A model folder, complete and consistent: every weight that `config` asks for is there, in its
/// shape and finite, and every id that `tokenizer` gives is a row of the word embedding.
#[derive(Debug)]
pub struct BertFolder {
    /// The model's sizes.
    pub config: BertConfig,
    /// The weights of every layer.
    pub weights: Weights,
    /// From text to token ids.
    pub tokenizer: Tokenizer,
}

impl BertFolder {
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
        check_present(path, &[CONFIG_FILE, WEIGHTS_FILE, TOKENIZER_FILE])?;
        let config = BertConfig::open(&path.join(CONFIG_FILE))?;
        let tokenizer = Tokenizer::open(
            &path.join(TOKENIZER_FILE),
            config.vocab_size,
            config.max_position_embeddings,
        )?;
        let weights = Weights::open(&path.join(WEIGHTS_FILE), tensor_shapes(&config))?;
        Ok(Self { config, weights, tokenizer })
    }
}

/// The sizes of the model in the folder at `path`, of which no other file is needed.
///
/// # Errors
///
/// As [`BertFolder::open`], as far as `config.json` goes.
pub fn open_config(path: impl AsRef<Path>) -> Result<BertConfig, FolderError> {
    let path = path.as_ref();
    check_present(path, &[CONFIG_FILE])?;
    BertConfig::open(&path.join(CONFIG_FILE))
}
