//! What the validated string types share, and the description of an object.

/// Serde and schema of a type that is a string with a grammar: it is read through its constructor, so that an invalid
/// value cannot exist.
macro_rules! string_type {
    ($type:ident, $error:ty, $schema:tt) => {
        impl std::str::FromStr for $type {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $type {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::new(&text)
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <String as serde::Deserialize>::deserialize(deserializer)?;
                Self::new(&text).map_err(serde::de::Error::custom)
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($schema)
            }
        }
    };
}
pub(crate) use string_type;

/// A description: free text of at most 32 KiB characters.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Description(String);

/// Why a text is no description.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a description holds at most {max} characters, got {0}", max = Description::MAX)]
pub struct DescriptionError(usize);

impl Description {
    /// The longest description, in characters.
    pub const MAX: usize = 32 * 1024;

    /// Checks the length.
    ///
    /// # Errors
    /// When the text has more than [`Description::MAX`] characters.
    pub fn new(text: &str) -> Result<Self, DescriptionError> {
        match text.chars().count() {
            length if length <= Self::MAX => Ok(Self(text.to_owned())),
            length => Err(DescriptionError(length)),
        }
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for Description {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

string_type!(Description, DescriptionError, {
    "type": "string",
    "maxLength": 32768,
    "description": "Free text for people, at most 32,768 characters."
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_counted_in_characters() {
        assert!(Description::new("").is_ok());
        assert_eq!(Description::new(&"é".repeat(Description::MAX)).unwrap().as_str().len(), 2 * Description::MAX);
        assert_eq!(Description::new(&"d".repeat(Description::MAX + 1)), Err(DescriptionError(Description::MAX + 1)));
    }
}
