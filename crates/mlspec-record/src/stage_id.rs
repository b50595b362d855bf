//! Which stage, in which version of its behaviour.

use crate::text::string_type;

/// A stage and the version of its behaviour: `split@1`. The number changes when equal inputs and settings no longer give
/// equal outputs; it is part of cache keys and records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StageId {
    text: String,
    at: usize,
}

/// Why a text is no stage id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a stage is written `NAME@NUMBER`, such as `split@1`: lower-case letters, digits and `-`, then a number from 1"
)]
pub struct StageIdError;

impl StageId {
    /// Reads `name@number`.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn new(text: &str) -> Result<Self, StageIdError> {
        let at = text.find('@').ok_or(StageIdError)?;
        let (name, number) = (&text[..at], &text[at + 1..]);
        let named = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.len() <= 64
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let numbered =
            !number.starts_with('0') && (1..=9).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_digit());
        if named && numbered { Ok(Self { text: text.to_owned(), at }) } else { Err(StageIdError) }
    }

    /// The stage's name, without its version.
    pub fn name(&self) -> &str {
        &self.text[..self.at]
    }

    /// The whole, `name@number`.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl std::fmt::Display for StageId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

string_type!(StageId, StageIdError, {
    "type": "string",
    "pattern": "^[a-z][a-z0-9-]{0,63}@[1-9][0-9]{0,8}$",
    "description": "A stage and the version of its behaviour, such as `split@1`."
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_named_with_their_version() {
        for (text, expect) in [
            ("split@1", Some("split")),
            ("a-b2@12", Some("a-b2")),
            ("split@999999999", Some("split")),
            ("split", None),
            ("split@", None),
            ("@1", None),
            ("split@0", None),
            ("split@01", None),
            ("split@1000000000", None),
            ("split@1@2", None),
            ("Split@1", None),
            ("2split@1", None),
            ("split@x", None),
            ("späť@1", None),
        ] {
            let id = StageId::new(text);
            assert_eq!(id.as_ref().ok().map(StageId::name), expect, "{text:?}");
            assert!(id.is_err() || id.unwrap().as_str() == text);
        }
    }
}
