//! What a user may set.

use crate::{EncodeError, Encoder, Encoding};
use mlspec_record::Name;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The settings of the stage `encode@1`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EncodeParams {
    /// The part that encoders are fitted on: an input and an output of this name.
    pub fit: Name,
    /// The other parts that are encoded, each an input and an output.
    #[serde(default)]
    pub apply: Vec<Name>,
    /// The encoders, in the order of the features.
    #[schemars(length(min = 1))]
    pub encoders: Vec<Encoder>,
    /// What is to be predicted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<Label>,
    /// The column of the rows' weights: numbers of 0 or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
}

/// What is to be predicted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Label {
    /// The column. It must not be null.
    pub column: String,
    /// Whether it is a class or a number; without it, numbers are numbers and all else classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Task>,
    /// Of two classes the one that counts as positive, as it stands in the column; without it, the second in order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<ClassName>,
}

/// Whether the label is a class or a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// A class: text, integer, boolean or date.
    Classification,
    /// A number.
    Regression,
}

/// A class as text; in settings also written as boolean or integer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ClassName(String);

impl ClassName {
    /// The class as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for ClassName {
    fn from(name: &str) -> Self {
        Self(name.to_owned())
    }
}

impl JsonSchema for ClassName {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ClassName".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "boolean", "integer"], "description": "A class, as it stands in the column." })
    }
}

impl<'de> Deserialize<'de> for ClassName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl serde::de::Visitor<'_> for Visitor {
            type Value = ClassName;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text, a boolean or an integer")
            }

            fn visit_str<E>(self, value: &str) -> Result<ClassName, E> {
                Ok(value.into())
            }

            fn visit_bool<E>(self, value: bool) -> Result<ClassName, E> {
                Ok(ClassName(value.to_string()))
            }

            fn visit_i64<E>(self, value: i64) -> Result<ClassName, E> {
                Ok(ClassName(value.to_string()))
            }

            fn visit_u64<E>(self, value: u64) -> Result<ClassName, E> {
                Ok(ClassName(value.to_string()))
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

impl EncodeParams {
    /// Checks every setting; only the result can encode.
    ///
    /// # Errors
    /// When a part or a column is named twice, there is no encoder, or a setting is outside its range.
    pub fn check(self) -> Result<Encoding, EncodeError> {
        let mut parts: Vec<&Name> = Vec::new();
        for part in std::iter::once(&self.fit).chain(&self.apply) {
            if parts.iter().any(|other| other.clashes_with(part)) {
                return Err(EncodeError::PartTwice(part.to_string()));
            }
            parts.push(part);
        }
        if self.encoders.is_empty() {
            return Err(EncodeError::Setting { name: "encoders", range: "at least one encoder" });
        }
        for encoder in self.encoders.iter().map(Encoder::as_fit) {
            if encoder.columns().is_empty() {
                return Err(EncodeError::Setting { name: "columns", range: "at least one column" });
            }
            let mut seen = BTreeSet::new();
            if let Some(column) = encoder.columns().iter().find(|column| !seen.insert(column.as_str())) {
                return Err(EncodeError::ColumnTwice { encoder: encoder.name(), column: column.clone() });
            }
            if encoder.needs_label() && self.label.is_none() {
                return Err(EncodeError::Setting { name: "label", range: "set where `target_encoder` is used" });
            }
            encoder.check()?;
        }
        Ok(Encoding::new(self))
    }
}
