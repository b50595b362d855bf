//! Reading documents strictly: one meaning per text, bounded depth and memory, a position for everything.

mod json;
mod json_walk;
mod locate;
mod text;
mod yaml;
mod yaml_scalar;

pub(crate) use json::parse as parse_json;
pub use locate::locate;
pub(crate) use locate::{Wanted, locate_all};
pub use text::Position;
pub(crate) use text::{decode, without_mark};

use serde_json::Value;
use std::path::Path;

/// The deepest nesting of arrays and objects.
pub const MAX_DEPTH: usize = 127;

/// What one document may take in memory, in bytes, as far as it is known from its values: a small text can be many values.
pub const MAX_MEMORY: usize = 256 << 20;

/// What a value takes, without what it holds; a member of an object takes as much again for its key.
pub(crate) const VALUE: usize = size_of::<Value>();

/// What an array takes from its first item on: room for four.
pub(crate) const ARRAY: usize = 4 * VALUE;

/// What an object takes from its first member on: room for some, and a table to find them.
pub(crate) const OBJECT: usize = 8 * VALUE;

/// How documents are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SourceFormat {
    /// One JSON document.
    Json,
    /// One JSON document a line.
    Ndjson,
    /// YAML 1.2, any number of documents.
    Yaml,
}

impl SourceFormat {
    /// The format that a file name's ending tells.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "json" => Some(Self::Json),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "yaml" | "yml" => Some(Self::Yaml),
            _ => None,
        }
    }

    /// The format that a text without a name looks like: by its first line, then by its first character.
    pub fn guess(text: &str) -> Self {
        let text = without_mark(text).trim_start();
        let first = text.lines().next().unwrap_or_default();
        match text.starts_with(['{', '[']) {
            true if json::parse(first).is_ok() => Self::Ndjson,
            true => Self::Json,
            false => Self::Yaml,
        }
    }
}

/// Why a text is no document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} at line {}, column {}", position.line, position.column)]
#[non_exhaustive]
pub struct SyntaxError {
    /// Where.
    pub position: Position,
    /// Where in the document, if that is known.
    pub pointer: Option<String>,
    /// What is wrong, a lower-case fragment without values of the document.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
}

const TOO_MUCH: &str = "the document takes more than 256 MiB of memory";

impl SyntaxError {
    pub(crate) fn new(position: Position, message: impl Into<String>) -> Self {
        Self { position, pointer: None, message: message.into(), help: None }
    }

    pub(crate) fn help(self, help: &str) -> Self {
        Self { help: Some(help.to_owned()), ..self }
    }

    pub(crate) fn at(self, pointer: &str) -> Self {
        Self { pointer: Some(pointer.to_owned()), ..self }
    }
}

/// Reads all documents of a text. Duplicate keys, numbers that JSON lacks, and nesting beyond [`MAX_DEPTH`] are refused; YAML is
/// 1.2: `yes` and `no` are text.
///
/// # Errors
/// At the first thing that is wrong.
pub fn read_documents(text: &str, format: SourceFormat) -> Result<Vec<Value>, SyntaxError> {
    match format {
        SourceFormat::Json => Ok(vec![json::parse(without_mark(text))?]),
        SourceFormat::Yaml => yaml::parse(without_mark(text)),
        SourceFormat::Ndjson => {
            let lines = without_mark(text).lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
            lines.map(|(number, line)| json::parse(line).map_err(|error| moved(error, number as u64))).collect()
        }
    }
}

/// An error in a line, as one in the text.
pub(crate) fn moved(error: SyntaxError, lines: u64) -> SyntaxError {
    SyntaxError { position: Position { line: error.position.line + lines, ..error.position }, ..error }
}
