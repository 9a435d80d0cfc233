//! Tests of the folder: what loads, and what every kind of bad input gets.

mod accepted_folders;
mod damaged_bytes;
mod published_tokens;
mod refused_config;
mod refused_files;
mod texts;

use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::bert::{BertConfig, BertFolder};
use crate::checkpoint::{CONFIG_FILE, FolderError, TOKENIZER_FILE, WEIGHTS_FILE};
use crate::fixtures;
use crate::tokenizer::Tokenizer;

/// A tiny model folder of one's own, which a test may damage; removed when dropped.
struct TinyFolder {
    dir: TempDir,
    config: BertConfig,
}

impl TinyFolder {
    fn new() -> Self {
        let dir = TempDir::new().expect("a temporary folder");
        let config = fixtures::write_tiny(dir.path(), 7).expect("a written fixture");
        Self { dir, config }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.file(name), content).expect("a written file");
    }

    fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.file(name)).expect("a file of the fixture")
    }

    /// Rewrites one of the JSON files.
    fn edit(&self, name: &str, change: impl FnOnce(&mut Value)) {
        let mut json = serde_json::from_slice(&self.read(name)).expect("JSON of the fixture");
        change(&mut json);
        self.write(name, json.to_string());
    }

    /// Rewrites the weights: `change` gets the header and the data behind it.
    fn edit_weights(&self, change: impl FnOnce(&mut Value, &mut Vec<u8>)) {
        let file = self.read(WEIGHTS_FILE);
        let length = u64::from_le_bytes(file[..8].try_into().expect("8 bytes")) as usize;
        let mut header = serde_json::from_slice(&file[8..8 + length]).expect("a header");
        let mut data = file[8 + length..].to_vec();
        change(&mut header, &mut data);
        let header = header.to_string();
        let length = (header.len() as u64).to_le_bytes();
        self.write(WEIGHTS_FILE, [&length[..], header.as_bytes(), &data].concat());
    }

    fn open(&self) -> Result<BertFolder, FolderError> {
        BertFolder::open(self.dir.path())
    }

    /// The error of opening, whose message must be one line and hold each of `words`.
    fn refused(&self, words: &[&str]) -> FolderError {
        let error = self.open().expect_err("a folder that is refused");
        says(&error, words);
        error
    }
}

/// The tokenizer at `path`, for a model of these sizes.
fn tokenizer(path: &Path, config: &BertConfig) -> Result<Tokenizer, FolderError> {
    Tokenizer::open(path, config.vocab_size, config.max_position_embeddings)
}

/// Checks that the message is one line and holds each of `words`.
fn says(error: &impl std::fmt::Display, words: &[&str]) {
    let message = error.to_string();
    assert!(!message.contains(char::is_control), "more than a line: {message:?}");
    assert!(message.len() < 700, "too long a message: {message}");
    for word in words {
        assert!(message.contains(word), "no {word:?} in: {message}");
    }
}
