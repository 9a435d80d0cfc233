//! The user's texts before they are tokens: read from a stream, a line each, and the length that
//! they are padded to.

use std::io::BufRead;

use crate::checkpoint::{FolderError, one_line};

/// Reads texts from `input`, one a line, until its end. A line may end in LF or CR LF.
///
/// Nothing is dropped: a blank line is a text too, which the tokenizer then refuses.
///
/// # Errors
///
/// [`FolderError::NotUtf8`] with the line, [`FolderError::EmptyText`] when there is no line at
/// all, [`FolderError::Input`].
pub fn read_texts(input: impl BufRead) -> Result<Vec<String>, FolderError> {
    let mut texts = Vec::new();
    for (index, line) in input.split(b'\n').enumerate() {
        let mut line = line.map_err(|e| FolderError::Input { reason: one_line(e) })?;
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        let text = String::from_utf8(line).map_err(|e| FolderError::NotUtf8 {
            line: index + 1,
            byte: e.utf8_error().valid_up_to() + 1,
        })?;
        texts.push(text);
    }
    if texts.is_empty() {
        return Err(FolderError::EmptyText);
    }
    Ok(texts)
}

/// Without a length of their own, texts are padded to a multiple of this many tokens: the length
/// is public, and the true one should not be.
const DEFAULT_BUCKET: usize = 32;

/// The public length of a text of `tokens` tokens: `pad` when it is given, else the next multiple
/// of 32; at most `positions`.
///
/// # Errors
///
/// [`FolderError::PadTooShort`], [`FolderError::PadTooLong`] or [`FolderError::TextTooLong`].
pub fn padded_len(
    tokens: usize,
    pad: Option<usize>,
    positions: usize,
) -> Result<usize, FolderError> {
    if tokens > positions {
        return Err(FolderError::TextTooLong { tokens, positions });
    }
    match pad {
        None => Ok(tokens.next_multiple_of(DEFAULT_BUCKET).min(positions)),
        Some(pad) if pad < tokens => Err(FolderError::PadTooShort { tokens, pad }),
        Some(pad) if pad > positions => Err(FolderError::PadTooLong { pad, positions }),
        Some(pad) => Ok(pad),
    }
}
