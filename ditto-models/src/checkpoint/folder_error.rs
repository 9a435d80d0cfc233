//! What can be wrong with a model folder: for each case one line that names the cause and then the
//! remedy.

use std::path::PathBuf;

/// Why a model folder was refused.
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
}
