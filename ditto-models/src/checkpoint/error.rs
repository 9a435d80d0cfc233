//! What can be wrong with a model folder or with a text: one enum, and for each case one line
//! that names the cause and then the remedy.

use std::path::PathBuf;

/// Why a model folder or a text was refused.
///
/// Every message is a single line. Values that come out of a file are quoted with their control
/// characters escaped and cut to a readable length, so that no file can write to the terminal.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// Nothing, or no directory, at the given path.
    #[error(
        "no model folder at {path:?}; fetch one with scripts/fetch-minilm, or give the path of another"
    )]
    NoFolder {
        /// The path that was asked for.
        path: PathBuf,
    },

    /// The folder lacks one or more of its three files.
    #[error(
        "the model folder {folder:?} has no {missing}; it must hold config.json, model.safetensors \
         and tokenizer.json: complete it, or fetch a whole one with scripts/fetch-minilm"
    )]
    MissingFile {
        /// The folder.
        folder: PathBuf,
        /// The names of the missing files, joined by commas.
        missing: String,
    },

    /// The operating system refused to read a file.
    #[error("cannot read {path:?}: {reason}; make it a regular file that you may read")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        reason: String,
    },

    /// A text file of the folder is far larger than any real one.
    #[error(
        "{path:?} has {bytes} bytes, more than the {limit} that are read; is it the right file?"
    )]
    FileTooLarge {
        /// The file.
        path: PathBuf,
        /// Its size, in bytes.
        bytes: u64,
        /// The most that is read, in bytes.
        limit: u64,
    },

    /// `config.json` is not a JSON object.
    #[error("{path:?} is not a JSON object ({reason}); take the file from the model again")]
    ConfigSyntax {
        /// The file.
        path: PathBuf,
        /// What the JSON parser said.
        reason: String,
    },

    /// A field of `config.json` is missing, of another type, or not supported.
    #[error(
        "{path:?}: {field} is {found}, accepted is {accepted}; correct the file or choose a BERT \
         model that fits"
    )]
    ConfigField {
        /// The file.
        path: PathBuf,
        /// The name of the field.
        field: &'static str,
        /// Its value as it stands there, or `missing`.
        found: String,
        /// The values that are accepted.
        accepted: String,
    },

    /// `model.safetensors` is cut short, or its header is not that of a safetensors file.
    #[error("{path:?} is cut short or damaged ({reason}); fetch it again")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },

    /// A tensor that the configuration asks for is not among the weights.
    #[error(
        "{path:?} has no tensor \"{name}\" (nor \"bert.{name}\"), which the sizes in config.json \
         ask for; take both files from the same BERT model"
    )]
    MissingTensor {
        /// The file.
        path: PathBuf,
        /// The tensor's name, without a leading `bert.`.
        name: String,
    },

    /// A tensor has another shape than the configuration gives it.
    #[error(
        "{path:?}: tensor \"{name}\" has the shape {found:?}, but config.json makes it {needed:?}; \
         take both files from the same model"
    )]
    TensorShape {
        /// The file.
        path: PathBuf,
        /// The tensor's name, without a leading `bert.`.
        name: String,
        /// Its shape in the file.
        found: Vec<usize>,
        /// The shape that the configuration asks for.
        needed: Vec<usize>,
    },

    /// A tensor is not stored in 32-bit floats.
    #[error(
        "{path:?}: tensor \"{name}\" is stored as {found}, accepted is F32; convert the model to \
         float32 and save it again"
    )]
    TensorType {
        /// The file.
        path: PathBuf,
        /// The tensor's name, without a leading `bert.`.
        name: String,
        /// The type it has, as safetensors writes it.
        found: String,
    },

    /// A weight is infinite or not a number.
    #[error(
        "{path:?}: tensor \"{name}\" has the value {value} at element {index}, weights must be \
         finite; fetch the file again or retrain the model"
    )]
    NonFinite {
        /// The file.
        path: PathBuf,
        /// The tensor's name, without a leading `bert.`.
        name: String,
        /// The first such element, counted in row-major order from 0.
        index: usize,
        /// Its value.
        value: f32,
    },

    /// `tokenizer.json` cannot be used.
    #[error(
        "{path:?} is not a usable BERT tokenizer ({reason}); take the file from the model again"
    )]
    TokenizerFile {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        reason: String,
    },

    /// The text has no token: it is empty, blank, or made of characters that are dropped.
    #[error("the text is empty; give at least one word")]
    EmptyText,

    /// The text has more tokens than the model has positions.
    #[error(
        "the text has {tokens} tokens, but the model only {positions} positions; shorten or split \
         it (it is never cut silently)"
    )]
    TextTooLong {
        /// Its length in tokens, with `[CLS]` and `[SEP]`.
        tokens: usize,
        /// The model's `max_position_embeddings`.
        positions: usize,
    },

    /// The tokenizer gave an id that has no row in the word embedding.
    #[error(
        "the tokenizer gave the token id {id}, but the model's vocab_size is {vocab_size}; take \
         tokenizer.json and config.json from the same model"
    )]
    UnknownId {
        /// The id.
        id: u32,
        /// The model's `vocab_size`.
        vocab_size: usize,
    },

    /// The tokenizer failed on this text.
    #[error("the tokenizer cannot handle the text ({reason}); check tokenizer.json")]
    Tokenize {
        /// What it said.
        reason: String,
    },

    /// A line of the input is not UTF-8.
    #[error("line {line} of the input is not valid UTF-8 at byte {byte}; convert it to UTF-8")]
    NotUtf8 {
        /// The line, counted from 1.
        line: usize,
        /// The first wrong byte in this line, counted from 1.
        byte: usize,
    },

    /// The input could not be read.
    #[error("cannot read the input: {reason}; give the text as an argument instead")]
    Input {
        /// What the operating system said.
        reason: String,
    },

    /// The padded length that was asked for cannot hold the text.
    #[error("the text has {tokens} tokens, but only {pad} were asked for; pad to {tokens} or more")]
    PadTooShort {
        /// The text's length in tokens.
        tokens: usize,
        /// The padded length that was asked for.
        pad: usize,
    },

    /// The padded length that was asked for is more than the model has positions.
    #[error(
        "a padded length of {pad} was asked for, but the model has only {positions} positions; \
         pad to {positions} or less"
    )]
    PadTooLong {
        /// The padded length that was asked for.
        pad: usize,
        /// The model's `max_position_embeddings`.
        positions: usize,
    },
}

/// The longest quotation from a file or from another library in a message, in characters.
const LONGEST_QUOTE: usize = 160;

/// `text` on one line, without control characters, and of a length that a terminal can bear.
///
/// Used for everything in a message that comes out of a file or from another library.
pub(crate) fn one_line(text: impl std::fmt::Display) -> String {
    let text = text.to_string();
    let mut line = String::new();
    for (count, c) in text.chars().enumerate() {
        if count == LONGEST_QUOTE {
            line.push_str("...");
            break;
        }
        if c.is_control() {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}
