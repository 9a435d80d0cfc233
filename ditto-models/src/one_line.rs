//! Quotations in messages: on one line, and without anything that acts on a terminal.

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
