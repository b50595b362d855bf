//! `columns`: the table has these columns, and no others.

use super::{Expectation, Finding, Rule, Seen, check_columns};
use crate::Problem;
use mlspec_record::TableSchema;
use mlspec_stage::Schemas;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The table has these columns, and no others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The columns.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// Whether they stand in this order.
    #[serde(default)]
    pub ordered: bool,
    /// Whether other columns may be there too; with `ordered`, also between these.
    #[serde(default)]
    pub others: bool,
}

impl Columns {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        check_columns(&self.columns)?;
        Ok(Box::new(self))
    }

    fn of_schema(&self, schema: &TableSchema) -> Finding {
        let named = |columns: &[&str]| columns.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let wanted: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let missing: Vec<&str> = wanted.iter().copied().filter(|name| schema.get(name).is_none()).collect();
        let (known, others): (Vec<&str>, Vec<&str>) = schema.names().partition(|name| wanted.contains(name));
        let mut details = Vec::new();
        if !missing.is_empty() {
            details.push(format!("there is no column {}", named(&missing)));
        }
        if !self.others && !others.is_empty() {
            details.push(format!("there are other columns: {}", named(&others)));
        }
        if self.ordered && missing.is_empty() && known != wanted {
            details.push("the columns stand in another order".to_owned());
        }
        let detail = (!details.is_empty()).then(|| details.join("; "));
        Finding::Whole { passed: detail.is_none(), observed: None, detail }
    }
}

impl Expectation for Columns {
    fn kind(&self) -> &'static str {
        "columns"
    }

    /// The name of the expectation does not list them.
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

    fn find(&self, Seen { schema, .. }: Seen<'_>) -> Result<Finding, Problem> {
        Ok(self.of_schema(schema))
    }

    fn find_whole(&self, _: u64, schema: &TableSchema) -> Option<Finding> {
        Some(self.of_schema(schema))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::verdict;
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    #[test]
    fn sets_and_orders_of_columns_are_a_verdict() {
        let frame = df!("b" => [1], "a" => [1], "c.\"é" => [1]).unwrap();
        for (settings, detail) in [
            (json!({"columns": ["a", "b", "c.\"é"]}), None),
            (json!({"columns": ["b", "a", "c.\"é"], "ordered": true}), None),
            (json!({"columns": ["a", "b", "c.\"é"], "ordered": true}), Some("the columns stand in another order")),
            (json!({"columns": ["a"]}), Some("there are other columns: `b`, `c.\"é`")),
            (json!({"columns": ["b", "c.\"é"], "ordered": true, "others": true}), None),
            (json!({"columns": ["a", "z"], "others": true}), Some("there is no column `z`")),
            (json!({"columns": ["a", "b", "z"]}), Some("there is no column `z`; there are other columns: `c.\"é`")),
        ] {
            let found = verdict(frame.clone(), json!({"columns": settings})).unwrap();
            assert_eq!((found.passed, found.detail.as_deref()), (detail.is_none(), detail), "{settings}");
        }
        let error = verdict(frame, json!({"columns": {"columns": ["a", "a"]}})).unwrap_err();
        assert_eq!(error, "the column `a` is named twice");
    }

    #[test]
    fn thousands_of_columns_are_few() {
        let names: Vec<String> = (0..5_000).map(|at| format!("c{at}")).collect();
        let columns = names.iter().map(|name| Series::new(name.as_str().into(), [1_i64]).into_column());
        let frame = DataFrame::new(1, columns.collect()).unwrap();
        let found = verdict(frame, json!({"columns": {"columns": names, "ordered": true}})).unwrap();
        assert!(found.passed);
    }
}
