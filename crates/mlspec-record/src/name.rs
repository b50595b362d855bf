//! Names of managed objects, steps, ports, datastores and datasets.

use crate::text::string_type;

/// A name that MLSpec allows: 1 to 255 ASCII letters, digits, `-` or `_`, the first a letter or digit.
///
/// Names keep their case and compare by it; *uniqueness* within a scope ignores case, see [`Name::clashes_with`].
///
/// ```
/// use mlspec_record::Name;
/// assert!(Name::new("complaints-2024").is_ok());
/// assert!(Name::new("my module").is_err());
/// assert!(Name::new("Mails")?.clashes_with(&Name::new("mails")?));
/// # Ok::<(), mlspec_record::NameError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(String);

/// Why a text is no name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The name has no character.
    #[error("a name must not be empty")]
    Empty,
    /// The name has more than [`Name::MAX`] characters.
    #[error("a name holds at most {max} characters, got {0}", max = Name::MAX)]
    Long(usize),
    /// The character at this position (from 0) is not allowed there.
    #[error("a name holds letters, digits, `-` and `_` and begins with a letter or digit; character {0} is another")]
    Character(usize),
}

impl Name {
    /// The longest name, in characters.
    pub const MAX: usize = 255;

    /// Checks the grammar.
    ///
    /// # Errors
    /// When the text is empty, too long, or has a character outside the grammar.
    pub fn new(text: &str) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        let length = text.chars().count();
        if length > Self::MAX {
            return Err(NameError::Long(length));
        }
        let allowed = |(at, c): (usize, char)| c.is_ascii_alphanumeric() || (at > 0 && matches!(c, '-' | '_'));
        match text.chars().enumerate().find(|&pair| !allowed(pair)) {
            Some((at, _)) => Err(NameError::Character(at)),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether both names cannot stand in one scope: they are equal but for case.
    pub fn clashes_with(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for Name {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Name {
    fn borrow(&self) -> &str {
        &self.0
    }
}

string_type!(Name, NameError, {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$",
    "description": "Letters, digits, `-` and `_`, beginning with a letter or digit; unique in its scope, ignoring case."
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_mlspecs() {
        let long = |length: usize| "n".repeat(length);
        for (text, expect) in [
            ("a", None),
            ("9", None),
            ("complaints-2024_v2", None),
            (long(255).as_str(), None),
            ("", Some(NameError::Empty)),
            (long(256).as_str(), Some(NameError::Long(256))),
            ("-a", Some(NameError::Character(0))),
            ("_a", Some(NameError::Character(0))),
            ("My training module", Some(NameError::Character(2))),
            ("a.b", Some(NameError::Character(1))),
            ("a/b", Some(NameError::Character(1))),
            ("..", Some(NameError::Character(0))),
            ("ä", Some(NameError::Character(0))),
            ("a\n", Some(NameError::Character(1))),
        ] {
            assert_eq!(Name::new(text).err(), expect, "{text:?}");
        }
    }

    #[test]
    fn names_clash_ignoring_case_and_compare_by_it() {
        let (upper, lower) = (Name::new("Mails").unwrap(), Name::new("mails").unwrap());
        assert!(upper.clashes_with(&lower) && upper != lower && upper < lower);
        assert!(!upper.clashes_with(&Name::new("mail").unwrap()));
    }

    #[test]
    fn an_invalid_name_cannot_be_deserialised() {
        let error = serde_json::from_str::<Name>("\"a b\"").unwrap_err().to_string();
        assert!(error.starts_with("a name holds letters") && !error.contains("a b"), "{error}");
        assert_eq!(serde_json::to_string(&Name::new("a-b").unwrap()).unwrap(), "\"a-b\"");
    }
}
