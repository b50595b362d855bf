//! `row_count`: the number of rows lies within bounds.

use super::{Expectation, Finding};
use crate::Problem;
use mlspec_record::TableSchema;
use mlspec_table::Table;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The number of rows lies within bounds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RowCount {
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// The greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
}

impl RowCount {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        match (self.min, self.max) {
            (None, None) => Err(Problem::Setting("`min` or `max` must be set".to_owned())),
            (Some(min), Some(max)) if min > max => Err(Problem::Setting("`min` must not be above `max`".to_owned())),
            _ => Ok(Box::new(self)),
        }
    }
}

impl Expectation for RowCount {
    fn kind(&self) -> &'static str {
        "row_count"
    }

    fn columns(&self) -> Vec<String> {
        Vec::new()
    }

    fn counts_rows(&self) -> bool {
        false
    }

    fn plan(&self, _: &TableSchema) -> Result<(), Problem> {
        Ok(())
    }

    fn find(&self, table: &Table, _: &TableSchema) -> Result<Finding, Problem> {
        Ok(self.of_rows(table.len() as u64))
    }

    fn find_whole(&self, rows: u64, _: &TableSchema) -> Option<Finding> {
        Some(self.of_rows(rows))
    }
}

impl RowCount {
    fn of_rows(&self, rows: u64) -> Finding {
        let passed = self.min.is_none_or(|min| rows >= min) && self.max.is_none_or(|max| rows <= max);
        let expected = match (self.min, self.max) {
            (Some(min), Some(max)) => format!("{min} to {max}"),
            (Some(min), None) => format!("at least {min}"),
            (None, max) => format!("at most {}", max.unwrap_or_default()),
        };
        let detail = (!passed).then(|| format!("the table has {rows} rows, expected {expected}"));
        Finding::Whole { passed, detail }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::verdict;
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    #[test]
    fn rows_are_counted() {
        let frame = df!("a" => [1, 2]).unwrap();
        for (bounds, detail) in [
            (json!({"min": 2, "max": 2}), None),
            (json!({"min": 3}), Some("the table has 2 rows, expected at least 3")),
            (json!({"max": 1}), Some("the table has 2 rows, expected at most 1")),
            (json!({"min": 3, "max": 4}), Some("the table has 2 rows, expected 3 to 4")),
        ] {
            let found = verdict(frame.clone(), json!({"row_count": bounds})).unwrap();
            assert_eq!((found.passed, found.detail.as_deref()), (detail.is_none(), detail));
        }
        for (bounds, message) in
            [(json!({}), "`min` or `max` must be set"), (json!({"min": 3, "max": 2}), "`min` must not be above `max`")]
        {
            assert_eq!(verdict(frame.clone(), json!({"row_count": bounds})).unwrap_err(), message);
        }
    }
}
