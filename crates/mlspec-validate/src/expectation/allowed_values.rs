//! `allowed_values`: values are among those listed. Null is not looked at.

use super::{Expectation, Finding, Seen, refused, type_of, values};
use crate::Problem;
use mlspec_record::{DataType, TableSchema};
use mlspec_stage::Schemas;
use mlspec_table::polars::prelude::DataType as PolarsType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::HashSet;

/// Values are among those listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowedValues {
    /// The column: texts, integers or booleans. Null is not looked at.
    #[schemars(length(min = 1))]
    pub column: String,
    /// The values.
    #[schemars(length(min = 1), extend("items" = {"type": ["string", "integer", "boolean"]}))]
    pub values: Vec<Value>,
}

impl AllowedValues {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        if self.values.is_empty() {
            return Err(Problem::Setting("`values` must name at least one".to_owned()));
        }
        if !self.values.iter().all(|value| value.is_string() || value.is_boolean() || value.is_i64() || value.is_u64())
        {
            return Err(Problem::Setting("`values` must be texts, integers or booleans".to_owned()));
        }
        Ok(Box::new(self))
    }

    /// The values as those of the column's type.
    fn listed<T: std::hash::Hash + Eq>(
        &self,
        data_type: DataType,
        read: impl Fn(&Value) -> Option<T>,
    ) -> Result<HashSet<T>, Problem> {
        let wrong = || Problem::Bound { setting: "values", column: self.column.clone(), data_type };
        self.values.iter().map(|value| read(value).ok_or_else(wrong)).collect()
    }
}

fn integer(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or(value.as_u64().map(i128::from))
}

impl Expectation for AllowedValues {
    fn kind(&self) -> &'static str {
        "allowed_values"
    }

    fn columns(&self) -> Vec<String> {
        vec![self.column.clone()]
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        match type_of(schema, &self.column)? {
            found @ DataType::String => self.listed(found, |value| value.as_str().map(str::to_owned)).map(drop),
            found @ DataType::Boolean => self.listed(found, Value::as_bool).map(drop),
            found if found.is_integer() => self.listed(found, integer).map(drop),
            found => Err(Problem::Type { column: self.column.clone(), found, expected: "texts, integers or booleans" }),
        }
    }

    fn find(&self, Seen { table, schema, .. }: Seen<'_>) -> Result<Finding, Problem> {
        fn rows<T>(values: impl Iterator<Item = Option<T>>, allowed: impl Fn(T) -> bool) -> Vec<usize> {
            values.enumerate().filter_map(|(at, value)| (!allowed(value?)).then_some(at)).collect()
        }
        let data_type = type_of(schema, &self.column)?;
        let values = values(table, &self.column)?;
        let failing = match data_type {
            DataType::String => {
                let listed = self.listed(data_type, |value| value.as_str().map(str::to_owned))?;
                rows(values.str().map_err(refused)?.iter(), |value| listed.contains(value))
            }
            DataType::Boolean => {
                let listed = self.listed(data_type, Value::as_bool)?;
                rows(values.bool().map_err(refused)?.iter(), |value| listed.contains(&value))
            }
            DataType::UInt64 => {
                let listed = self.listed(data_type, integer)?;
                rows(values.u64().map_err(refused)?.iter(), |value| listed.contains(&i128::from(value)))
            }
            _ => {
                let listed = self.listed(data_type, integer)?;
                let values = values.cast(&PolarsType::Int64).map_err(refused)?;
                rows(values.i64().map_err(refused)?.iter(), |value| listed.contains(&i128::from(value)))
            }
        };
        Ok(Finding::Rows(failing))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{failing, verdict};
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    #[test]
    fn others_fail() {
        let frame = df!(
            "s" => [Some("a"), Some("b"), None], "b" => [Some(true), Some(false), None],
            "i" => [Some(1_i8), Some(-1), None], "u" => [Some(u64::MAX), Some(1), None], "f" => [1.0, 2.0, 3.0]
        )
        .unwrap();
        for (column, values, expect) in [
            ("s", json!(["a", "c"]), vec![1]),
            ("b", json!([true]), vec![1]),
            ("i", json!([1, 300]), vec![1]),
            ("u", json!([u64::MAX]), vec![1]),
            ("u", json!([-1]), vec![0, 1]),
        ] {
            let expectation = json!({"allowed_values": {"column": column, "values": values}});
            assert_eq!(failing(&frame, expectation), expect, "{column} {values}");
        }
        for (column, values, message) in [
            ("f", json!([1]), "the column `f` is of type `float64`, expected texts, integers or booleans"),
            ("s", json!(["a", 1]), "`values` is no value of the column `s`, which is of type `string`"),
        ] {
            let error =
                verdict(frame.clone(), json!({"allowed_values": {"column": column, "values": values}})).unwrap_err();
            assert_eq!(error, format!("`allowed_values({column})` cannot be told: {message}"));
        }
        let error = verdict(frame, json!({"allowed_values": {"column": "s", "values": [null]}})).unwrap_err();
        assert_eq!(error, "`values` must be texts, integers or booleans");
    }
}
