//! Columns and types of a table.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The type of a column's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DataType {
    /// True or false.
    Boolean,
    /// Signed 8-bit integer.
    Int8,
    /// Signed 16-bit integer.
    Int16,
    /// Signed 32-bit integer.
    Int32,
    /// Signed 64-bit integer.
    Int64,
    /// Unsigned 8-bit integer.
    UInt8,
    /// Unsigned 16-bit integer.
    UInt16,
    /// Unsigned 32-bit integer.
    UInt32,
    /// Unsigned 64-bit integer.
    UInt64,
    /// IEEE 754 single.
    Float32,
    /// IEEE 754 double.
    Float64,
    /// UTF-8 text.
    String,
    /// Bytes.
    Binary,
    /// Calendar day.
    Date,
    /// Time of day in nanoseconds.
    Time,
    /// Moment in microseconds without zone.
    Datetime,
    /// Moment in microseconds, UTC.
    DatetimeUtc,
    /// Length of time in microseconds.
    Duration,
    /// List of unsigned 32-bit integers.
    ListUInt32,
    /// List of unsigned 64-bit integers.
    ListUInt64,
    /// List of doubles.
    ListFloat64,
    /// List of texts.
    ListString,
}

impl DataType {
    /// Whether values are integers or floats.
    pub fn is_numeric(self) -> bool {
        (Self::Int8..=Self::Float64).contains(&self)
    }

    /// Whether values are integers.
    pub fn is_integer(self) -> bool {
        (Self::Int8..=Self::UInt64).contains(&self)
    }

    /// The name in documents, such as `int64`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Boolean => "boolean",
            Self::Int8 => "int8",
            Self::Int16 => "int16",
            Self::Int32 => "int32",
            Self::Int64 => "int64",
            Self::UInt8 => "u_int8",
            Self::UInt16 => "u_int16",
            Self::UInt32 => "u_int32",
            Self::UInt64 => "u_int64",
            Self::Float32 => "float32",
            Self::Float64 => "float64",
            Self::String => "string",
            Self::Binary => "binary",
            Self::Date => "date",
            Self::Time => "time",
            Self::Datetime => "datetime",
            Self::DatetimeUtc => "datetime_utc",
            Self::Duration => "duration",
            Self::ListUInt32 => "list_u_int32",
            Self::ListUInt64 => "list_u_int64",
            Self::ListFloat64 => "list_float64",
            Self::ListString => "list_string",
        }
    }
}

impl std::fmt::Display for DataType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A column: name and type. Every column may hold nulls; expectations are the validate stage's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Column {
    /// The name: not empty, not beginning with `_row` or `@`, which the row ids use.
    #[schemars(length(min = 1))]
    pub name: String,
    /// The type of its values.
    #[serde(rename = "type")]
    pub data_type: DataType,
}

/// The columns of a table, in order, with distinct names. The row id is not among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct TableSchema(Vec<Column>);

/// Why columns make no schema.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TableSchemaError {
    /// Two columns share this name.
    #[error("the column `{0}` stands twice")]
    Twice(String),
    /// The name is empty or reserved for row ids.
    #[error("`{0}` cannot name a column: names are not empty and do not begin with `_row` or `@`")]
    Reserved(String),
}

impl TableSchema {
    /// Checks the names.
    ///
    /// # Errors
    /// When a name is empty, reserved, or stands twice.
    pub fn new(columns: Vec<Column>) -> Result<Self, TableSchemaError> {
        let mut seen = std::collections::BTreeSet::new();
        for column in &columns {
            if column.name.is_empty() || column.name.starts_with("_row") || column.name.starts_with('@') {
                return Err(TableSchemaError::Reserved(column.name.clone()));
            }
            if !seen.insert(column.name.as_str()) {
                return Err(TableSchemaError::Twice(column.name.clone()));
            }
        }
        Ok(Self(columns))
    }

    /// The columns, in order.
    pub fn columns(&self) -> &[Column] {
        &self.0
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|column| column.name.as_str())
    }

    /// The type of a column, if it exists.
    pub fn get(&self, name: &str) -> Option<DataType> {
        self.0.iter().find(|column| column.name == name).map(|column| column.data_type)
    }
}

impl<'de> Deserialize<'de> for TableSchema {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Vec::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(name: &str) -> Column {
        Column { name: name.to_owned(), data_type: DataType::Int64 }
    }

    #[test]
    fn names_are_distinct_and_not_reserved() {
        let twice = || Some(TableSchemaError::Twice("a".to_owned()));
        let reserved = |name: &str| Some(TableSchemaError::Reserved(name.to_owned()));
        for (names, expect) in [
            (vec![], None),
            (vec!["a", "A", "a b", "row", "naïve"], None),
            (vec!["a", "b", "a"], twice()),
            (vec!["a", ""], reserved("")),
            (vec!["_row"], reserved("_row")),
            (vec!["_row_id"], reserved("_row_id")),
            (vec!["@x"], reserved("@x")),
        ] {
            assert_eq!(TableSchema::new(names.iter().map(|name| column(name)).collect()).err(), expect, "{names:?}");
        }
    }

    #[test]
    fn schemas_are_read_through_the_check() {
        let read = |text: &str| serde_json::from_str::<TableSchema>(text).map_err(|error| error.to_string());
        let schema = read(r#"[{"name": "id", "type": "u_int64"}, {"name": "at", "type": "datetime_utc"}]"#).unwrap();
        assert_eq!(schema.names().collect::<Vec<_>>(), ["id", "at"]);
        assert_eq!((schema.get("at"), schema.get("no")), (Some(DataType::DatetimeUtc), None));
        assert!(
            read(r#"[{"name": "a", "type": "date"}, {"name": "a", "type": "date"}]"#)
                .unwrap_err()
                .contains("stands twice")
        );
        assert!(read(r#"[{"name": "a", "type": "integer"}]"#).is_err());
        assert!(read(r#"[{"name": "a", "type": "date", "nullable": true}]"#).is_err());
    }

    #[test]
    fn types_are_named_as_they_are_written() {
        use DataType::*;
        let all = [
            Boolean,
            Int8,
            Int16,
            Int32,
            Int64,
            UInt8,
            UInt16,
            UInt32,
            UInt64,
            Float32,
            Float64,
            String,
            Binary,
            Date,
            Time,
            Datetime,
            DatetimeUtc,
            Duration,
            ListUInt32,
            ListUInt64,
            ListFloat64,
            ListString,
        ];
        for data_type in all {
            assert_eq!(serde_json::to_value(data_type).unwrap(), data_type.as_str());
        }
        assert_eq!(all.iter().filter(|one| one.is_integer()).count(), 8);
        assert_eq!(all.iter().filter(|one| one.is_numeric()).count(), 10);
    }
}
