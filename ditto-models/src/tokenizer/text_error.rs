//! What can be wrong with a text: for each case one line that names the cause and then the remedy.

/// Why a text, or the stream of texts that it came from, was refused.
///
/// Every message is a single line, as those of [`FolderError`](crate::checkpoint::FolderError) are.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TextError {
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
