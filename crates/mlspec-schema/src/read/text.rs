//! Bytes as text, and places in it.

use super::SyntaxError;

/// A place in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// The line, from 1.
    pub line: u64,
    /// The column in characters, from 1.
    pub column: u64,
}

impl Position {
    /// The place of a byte offset; an offset beyond the end is the end.
    pub fn of(text: &str, offset: usize) -> Self {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = text.get(..offset).unwrap_or_default();
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() as u64 + 1;
        let column = before.get(line_start..).map_or(0, |line| line.chars().count()) as u64 + 1;
        Self { line, column }
    }
}

/// UTF-8 bytes as text.
pub(crate) fn decode(bytes: &[u8]) -> Result<&str, SyntaxError> {
    let begin = Position { line: 1, column: 1 };
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(SyntaxError::new(begin, "the text is UTF-16, expected UTF-8").help("save the file as UTF-8"));
    }
    std::str::from_utf8(bytes).map_err(|error| {
        let valid =
            bytes.get(..error.valid_up_to()).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
        let message = format!("invalid UTF-8 at byte {}", error.valid_up_to());
        SyntaxError::new(Position::of(valid, valid.len()), message).help("save the file as UTF-8")
    })
}

/// A text without its byte order mark.
pub(crate) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
