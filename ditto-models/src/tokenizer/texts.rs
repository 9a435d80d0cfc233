//! A user's texts: how they are read from a stream, one a line, and what length they are padded to.

use std::io::BufRead;

use super::TextError;
use crate::one_line::one_line;

/// Reads texts from `input`, one a line, until its end. A line may end in LF or CR LF.
///
/// Nothing is dropped: a blank line is a text too, which the tokenizer then refuses.
///
/// # Errors
///
/// [`TextError::NotUtf8`] with the line, [`TextError::EmptyText`] when there is no line at
/// all, [`TextError::Input`].
pub fn read_texts(input: impl BufRead) -> Result<Vec<String>, TextError> {
    let mut texts = Vec::new();
    for (index, line) in input.split(b'\n').enumerate() {
        let mut line = line.map_err(|e| TextError::Input { reason: one_line(e) })?;
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        let text = String::from_utf8(line).map_err(|e| TextError::NotUtf8 {
            line: index + 1,
            byte: e.utf8_error().valid_up_to() + 1,
        })?;
        texts.push(text);
    }
    if texts.is_empty() {
        return Err(TextError::EmptyText);
    }
    Ok(texts)
}

/// If the user names no length, texts are padded to a multiple of this many tokens: the padded length is
/// public, and the true one should not be.
const DEFAULT_BUCKET: usize = 32;

/// The public length of a text of `tokens` tokens: `pad` when it is given, else the next multiple
/// of 32; at most `positions`.
///
/// # Errors
///
/// [`TextError::PadTooShort`], [`TextError::PadTooLong`] or [`TextError::TextTooLong`].
pub fn padded_len(tokens: usize, pad: Option<usize>, positions: usize) -> Result<usize, TextError> {
    if tokens > positions {
        return Err(TextError::TextTooLong { tokens, positions });
    }
    match pad {
        None => Ok(tokens.next_multiple_of(DEFAULT_BUCKET).min(positions)),
        Some(pad) if pad < tokens => Err(TextError::PadTooShort { tokens, pad }),
        Some(pad) if pad > positions => Err(TextError::PadTooLong { pad, positions }),
        Some(pad) => Ok(pad),
    }
}
