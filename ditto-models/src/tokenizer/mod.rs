//! `tokenizer.json`: from a text to the token ids that the model expects, or to an error. Nothing is cut or
//! padded without the caller's knowledge.

pub(crate) mod fixture;
mod special_tokens;
mod text_error;
mod texts;

use std::path::Path;

use serde_json::Value;

use crate::checkpoint::{FolderError, read_small};
use crate::one_line::one_line;
use special_tokens::cls_and_sep;

pub use text_error::TextError;
pub use texts::{padded_len, read_texts};

/// The largest file that is read; multilingual vocabularies reach 20 MB.
const LARGEST_FILE: u64 = 1 << 28;

/// Cuts texts into the tokens of one model.
#[derive(Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
    /// The ids of `[CLS]` and `[SEP]`.
    cls_and_sep: [u32; 2],
    vocab_size: usize,
    positions: usize,
}

impl Tokenizer {
    /// Reads the file at `path`, for a model of `vocab_size` words and so many `positions`.
    ///
    /// # Errors
    ///
    /// [`FolderError::Unreadable`], [`FolderError::FileTooLarge`] or [`FolderError::TokenizerFile`].
    pub fn open(path: &Path, vocab_size: usize, positions: usize) -> Result<Self, FolderError> {
        let refuse = |reason: String| FolderError::TokenizerFile { path: path.to_owned(), reason };
        let json: Value = serde_json::from_slice(&read_small(path, LARGEST_FILE)?)
            .map_err(|e| refuse(one_line(e)))?;
        // BERT was trained on `[CLS] text [SEP]`: a file without that rule would run, and mislead.
        let cls_and_sep = json.get("post_processor").and_then(cls_and_sep).ok_or_else(|| {
            refuse("it does not put one token before and one after a text".into())
        })?;
        let inner = tokenizers::Tokenizer::from_bytes(reduced(json).map_err(&refuse)?)
            .map_err(|e| refuse(one_line(e)))?;
        Ok(Self { inner, cls_and_sep, vocab_size, positions })
    }

    /// The token ids of `text`, with `[CLS]` in front and `[SEP]` behind, not padded: at least 3,
    /// at most the model's `max_position_embeddings`, each below its `vocab_size`.
    ///
    /// As in the `transformers` library, a special token that is spelled out in the text, such as
    /// `[MASK]`, becomes that token.
    ///
    /// # Errors
    ///
    /// [`TextError::EmptyText`], [`TextError::TextTooLong`], [`TextError::UnknownId`] or
    /// [`TextError::Tokenize`].
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, TextError> {
        let inside = self
            .inner
            .encode(text, false)
            .map_err(|e| TextError::Tokenize { reason: one_line(e) })?;
        if text.trim().is_empty() || inside.is_empty() {
            return Err(TextError::EmptyText);
        }
        let [before, after] = self.cls_and_sep;
        let ids = [&[before], inside.get_ids(), &[after]].concat();
        if ids.len() > self.positions {
            return Err(TextError::TextTooLong { tokens: ids.len(), positions: self.positions });
        }
        let vocab_size = self.vocab_size;
        if let Some(&id) = ids.iter().find(|&&id| id as usize >= vocab_size) {
            return Err(TextError::UnknownId { id, vocab_size });
        }
        Ok(ids)
    }
}

/// The JSON of a tokenizer, without the parts that must not or need not take effect here; or why it
/// cannot be used.
fn reduced(mut json: Value) -> Result<String, String> {
    let model =
        json.pointer("/model/type").and_then(Value::as_str).map_or("none".to_owned(), one_line);
    if model != "WordPiece" {
        return Err(format!("its model is {model}, accepted is WordPiece"));
    }
    // The only normalizer whose reader panics on a damaged table; no WordPiece model has it.
    if json.get("normalizer").is_some_and(|normalizer| mentions(normalizer, "Precompiled")) {
        return Err("its normalizer is Precompiled, accepted is that of BERT".to_owned());
    }
    let fields = json.as_object_mut().ok_or("no JSON object")?;
    // The file may ask for both of the first (that of all-MiniLM-L6-v2 cuts at 128 tokens and pads
    // to 128): a cut text would silently get another embedding, and padding is a secret here that
    // the caller adds. `[CLS]` and `[SEP]` are added by `encode`. The decoder is of no use for an embedding,
    // and its reader panics on errors.
    for unwanted in ["truncation", "padding", "post_processor", "decoder"] {
        fields.remove(unwanted);
    }
    Ok(json.to_string())
}

/// Whether `word` stands anywhere in `json` as a string.
fn mentions(json: &Value, word: &str) -> bool {
    match json {
        Value::String(text) => text == word,
        Value::Array(items) => items.iter().any(|item| mentions(item, word)),
        Value::Object(fields) => fields.values().any(|item| mentions(item, word)),
        _ => false,
    }
}
