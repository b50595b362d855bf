//! Cells as JSON, and row ids, which may be beyond what JSON numbers hold.

use mlspec_table::polars::prelude::{AnyValue, Column};
use serde::{Serialize, Serializer};
use serde_json::Value;

/// The id of a row; in JSON a string, since it may be beyond 2⁵³.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RowId(pub u64);

impl std::fmt::Display for RowId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for RowId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// Row ids in their type for answers.
pub(crate) fn row_ids(rows: &[u64]) -> Vec<RowId> {
    rows.iter().copied().map(RowId).collect()
}

/// A cell as JSON; times and other values without a JSON form as text.
pub(crate) fn cell(column: &Column, at: usize) -> Value {
    match column.get(at).unwrap_or(AnyValue::Null) {
        AnyValue::Null => Value::Null,
        AnyValue::Boolean(value) => value.into(),
        AnyValue::String(text) => text.into(),
        AnyValue::StringOwned(text) => text.as_str().into(),
        AnyValue::Int8(value) => value.into(),
        AnyValue::Int16(value) => value.into(),
        AnyValue::Int32(value) => value.into(),
        AnyValue::UInt8(value) => value.into(),
        AnyValue::UInt16(value) => value.into(),
        AnyValue::UInt32(value) => value.into(),
        AnyValue::Int64(value) if value.unsigned_abs() <= 1 << 53 => value.into(),
        AnyValue::UInt64(value) if value <= 1 << 53 => value.into(),
        AnyValue::Float32(value) => f64::from(value).into(),
        AnyValue::Float64(value) => value.into(),
        AnyValue::Binary(bytes) => format!("{} bytes", bytes.len()).into(),
        other => other.to_string().into(),
    }
}

/// The same, as short text for a table.
pub(crate) fn short(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = match value {
        Value::String(text) => text.replace(['\n', '\r', '\t'], " "),
        other => other.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}
