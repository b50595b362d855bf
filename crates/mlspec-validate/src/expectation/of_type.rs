//! `type`: the column is of this type.

use super::{Expectation, Finding, Rule, Seen};
use crate::Problem;
use mlspec_record::{DataType, TableSchema};
use mlspec_stage::Schemas;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The column is of this type.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfType {
    /// The column.
    #[schemars(length(min = 1))]
    pub column: String,
    /// The type.
    #[serde(rename = "type")]
    pub data_type: DataType,
}

impl OfType {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        Ok(Box::new(self))
    }
}

impl Expectation for OfType {
    fn kind(&self) -> &'static str {
        "type"
    }

    fn columns(&self) -> Vec<String> {
        vec![self.column.clone()]
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

impl OfType {
    fn of_schema(&self, schema: &TableSchema) -> Finding {
        let detail = match schema.get(&self.column) {
            Some(found) if found == self.data_type => None,
            Some(found) => {
                Some(format!("the column `{}` is of type `{found}`, expected `{}`", self.column, self.data_type))
            }
            None => Some(format!("there is no column `{}`", self.column)),
        };
        Finding::Whole { observed: None, passed: detail.is_none(), detail }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::verdict;
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    #[test]
    fn other_types_are_a_verdict() {
        for (column, data_type, detail) in [
            ("a", "int64", None),
            ("a", "string", Some("the column `a` is of type `int64`, expected `string`".to_owned())),
            ("b", "int64", Some("there is no column `b`".to_owned())),
        ] {
            let frame = df!("a" => [1_i64]).unwrap();
            let found = verdict(frame, json!({"type": {"column": column, "type": data_type}})).unwrap();
            assert_eq!((found.passed, found.detail), (detail.is_none(), detail));
        }
        let error =
            verdict(df!("a" => [1]).unwrap(), json!({"type": {"column": "a", "type": "int64"}, "tolerance": 0.1}));
        assert_eq!(error.unwrap_err(), "`tolerance` has no meaning for `type`, which counts no rows");
    }
}
