//! The models that have a name: `bert-base` and `bert-large`, of which only the sizes are known, and `minilm`,
//! which may have been fetched. Any other name is the path of a model's folder.

use std::path::PathBuf;

use ditto_models::bert::{BertConfig, open_config};
use ditto_models::checkpoint::{FolderError, default_folder};

/// The folder that a name stands for.
pub fn folder(name: &str) -> PathBuf {
    match name {
        "minilm" => default_folder(),
        path => path.into(),
    }
}

/// The sizes of `bert-base`, `bert-large`, `minilm`, or of the model in a folder.
///
/// # Errors
/// If it is not one of these names and the folder's `config.json` cannot be used.
pub fn sizes(name: &str) -> Result<BertConfig, FolderError> {
    match name {
        "bert-base" => Ok(BertConfig::base()),
        "bert-large" => Ok(BertConfig::large()),
        "minilm" if !folder(name).is_dir() => Ok(BertConfig::minilm()),
        _ => open_config(folder(name)),
    }
}
