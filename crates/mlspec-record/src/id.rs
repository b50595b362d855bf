//! Identifiers assigned by the system.

use crate::text::string_type;

/// An identifier: 1 to 40 ASCII letters, digits, `-` or `_`, assigned once and never changed.
///
/// Ours are UUIDs of version 7 (36 characters, ordered by time); 40 leaves room for a SHA-1 in hex, as MLSpec asks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(String);

/// Why a text is no identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// The length is not from 1 to [`Id::MAX`].
    #[error("an id has 1 to {max} characters, got {0}", max = Id::MAX)]
    Length(usize),
    /// The character at this position (from 0) is not allowed.
    #[error("an id holds letters, digits, `-` and `_`; character {0} is another")]
    Character(usize),
}

impl Id {
    /// The longest identifier, in characters.
    pub const MAX: usize = 40;

    /// Checks length and characters.
    ///
    /// # Errors
    /// When the text is empty, longer than [`Id::MAX`], or has another character.
    pub fn new(text: &str) -> Result<Self, IdError> {
        let length = text.chars().count();
        if !(1..=Self::MAX).contains(&length) {
            return Err(IdError::Length(length));
        }
        match text.chars().position(|c| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))) {
            Some(at) => Err(IdError::Character(at)),
            None => Ok(Self(text.to_owned())),
        }
    }

    /// A UUID of version 7 from a time (milliseconds since 1970) and ten random bytes, of which 74 bits are used.
    pub fn from_time(millis: u64, random: [u8; 10]) -> Self {
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string())
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Id {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

string_type!(Id, IdError, {
    "type": "string",
    "minLength": 1,
    "maxLength": 40,
    "pattern": "^[A-Za-z0-9_-]+$",
    "description": "An identifier assigned by the system, immutable; usually a UUID of version 7."
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_1_to_40_plain_characters() {
        for (text, expect) in [
            ("x", None),
            ("0190f3a0-1111-7000-8000-000000000001", None),
            ("da39a3ee5e6b4b0d3255bfef95601890afd80709", None),
            ("", Some(IdError::Length(0))),
            ("a".repeat(41).as_str(), Some(IdError::Length(41))),
            ("a b", Some(IdError::Character(1))),
            ("../a", Some(IdError::Character(0))),
            ("é", Some(IdError::Character(0))),
        ] {
            assert_eq!(Id::new(text).err(), expect, "{text:?}");
        }
    }

    #[test]
    fn ids_made_of_times_are_ordered_by_time() {
        let ids: Vec<Id> = [0, 1, 1_714_564_800_000, 1_714_564_800_001].map(|at| Id::from_time(at, [255; 10])).to_vec();
        assert!(ids.is_sorted());
        for id in &ids {
            let uuid = uuid::Uuid::parse_str(id.as_str()).unwrap();
            assert_eq!((uuid.get_version_num(), id.as_str().len()), (7, 36));
        }
        assert_ne!(Id::from_time(1, [1; 10]), Id::from_time(1, [2; 10]));
    }
}
