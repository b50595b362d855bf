//! `row_count`: the number of rows lies within bounds.

use super::{Expectation, Finding, Rule, Seen, check_bounds, told_bounds};
use crate::Problem;
use mlspec_record::TableSchema;
use mlspec_stage::Schemas;
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
    /// The number, where it must be this one; stands instead of `min` and `max`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exactly: Option<u64>,
}

impl RowCount {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        match self.exactly {
            None => check_bounds(self.min, self.max)?,
            Some(_) if self.min.is_none() && self.max.is_none() => {}
            Some(_) => return Err(Problem::Setting("`exactly` stands instead of `min` and `max`".to_owned())),
        }
        Ok(Box::new(self))
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

    fn rule(&self) -> Rule {
        Rule::Schema
    }

    fn plan(&self, _: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        Ok(())
    }

    fn find(&self, Seen { table, .. }: Seen<'_>) -> Result<Finding, Problem> {
        Ok(self.of_rows(table.len() as u64))
    }

    fn find_whole(&self, rows: u64, _: &TableSchema) -> Option<Finding> {
        Some(self.of_rows(rows))
    }
}

impl RowCount {
    fn of_rows(&self, rows: u64) -> Finding {
        let (min, max) = (self.exactly.or(self.min), self.exactly.or(self.max));
        let passed = min.is_none_or(|min| rows >= min) && max.is_none_or(|max| rows <= max);
        let expected = self.exactly.map_or_else(|| told_bounds(min, max), |exactly| exactly.to_string());
        let detail = (!passed).then(|| format!("the table has {rows} rows, expected {expected}"));
        Finding::Whole { passed, observed: Some(rows as f64), detail }
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
            (json!({"exactly": 2}), None),
            (json!({"exactly": 3}), Some("the table has 2 rows, expected 3")),
        ] {
            let found = verdict(frame.clone(), json!({"row_count": bounds})).unwrap();
            assert_eq!((found.passed, found.detail.as_deref()), (detail.is_none(), detail));
        }
        for (bounds, message) in [
            (json!({}), "`min` or `max` must be set"),
            (json!({"min": 3, "max": 2}), "`min` must not be above `max`"),
            (json!({"min": 3, "exactly": 3}), "`exactly` stands instead of `min` and `max`"),
        ] {
            assert_eq!(verdict(frame.clone(), json!({"row_count": bounds})).unwrap_err(), message);
        }
    }
}
