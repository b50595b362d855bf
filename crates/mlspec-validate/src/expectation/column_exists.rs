//! `column_exists`: these columns exist.

use super::{Expectation, Finding, Rule, Seen, check_columns};
use crate::Problem;
use mlspec_record::TableSchema;
use mlspec_stage::Schemas;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// These columns exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnExists {
    /// The columns.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
}

impl ColumnExists {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        check_columns(&self.columns)?;
        Ok(Box::new(self))
    }
}

impl Expectation for ColumnExists {
    fn kind(&self) -> &'static str {
        "column_exists"
    }

    fn columns(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn reads(&self) -> Vec<String> {
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

    fn find(&self, Seen { schema, .. }: Seen<'_>) -> Result<Finding, Problem> {
        Ok(self.of_schema(schema))
    }

    fn find_whole(&self, _: u64, schema: &TableSchema) -> Option<Finding> {
        Some(self.of_schema(schema))
    }
}

impl ColumnExists {
    fn of_schema(&self, schema: &TableSchema) -> Finding {
        let missing: Vec<_> = self.columns.iter().filter(|column| schema.get(column).is_none()).collect();
        let named = || missing.iter().map(|column| format!("`{column}`")).collect::<Vec<_>>().join(", ");
        let detail = (!missing.is_empty()).then(|| format!("there is no column {}", named()));
        Finding::Whole { observed: None, passed: missing.is_empty(), detail }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::verdict;
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    #[test]
    fn missing_columns_are_a_verdict() {
        let frame = df!("a" => [1]).unwrap();
        for (columns, detail) in
            [(json!(["a"]), None), (json!(["a", "b", "c"]), Some("there is no column `b`, `c`".to_owned()))]
        {
            let found = verdict(frame.clone(), json!({"column_exists": {"columns": columns}})).unwrap();
            assert_eq!((found.passed, found.detail), (detail.is_none(), detail));
        }
        let error = verdict(frame, json!({"column_exists": {"columns": []}})).unwrap_err();
        assert_eq!(error, "`columns` must name at least one");
    }
}
