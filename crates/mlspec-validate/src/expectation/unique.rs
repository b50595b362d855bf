//! `unique`: no two rows agree in these columns. Rows where one of them is null agree with none. −0 is 0, NaN is NaN.

use super::{Expectation, Finding, Rule, Seen, check_columns, is_list, positions, refused, type_of, values};
use crate::Problem;
use mlspec_record::TableSchema;
use mlspec_stage::Schemas;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// No two rows agree in these columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Unique {
    /// The columns; all rows that agree in all of them fail. Rows where one of them is null agree with none.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
}

impl Unique {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        check_columns(&self.columns)?;
        Ok(Box::new(self))
    }
}

impl Expectation for Unique {
    fn kind(&self) -> &'static str {
        "unique"
    }

    fn columns(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn rule(&self) -> Rule {
        Rule::Key
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        self.columns.iter().try_for_each(|column| match type_of(schema, column)? {
            found if is_list(found) => Err(Problem::Type { column: column.clone(), found, expected: "no list" }),
            _ => Ok(()),
        })
    }

    fn find(&self, Seen { table, .. }: Seen<'_>) -> Result<Finding, Problem> {
        if table.is_empty() {
            return Ok(Finding::Rows(Vec::new()));
        }
        let columns = self.columns.iter().map(String::as_str);
        let mut failing = table.frame().select(columns).and_then(|frame| frame.is_duplicated()).map_err(refused)?;
        for column in &self.columns {
            let values = values(table, column)?;
            if values.null_count() > 0 {
                failing = &failing & &values.is_not_null();
            }
        }
        Ok(Finding::Rows(positions(&failing)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{failing, verdict};
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    #[test]
    fn all_rows_that_agree_fail() {
        let frame = df!(
            "a" => [Some(1), None, Some(1), None, Some(2), Some(1)],
            "s" => ["x", "x", "x", "y", "x", "y"],
            "f" => [0.0, 1.0, -0.0, f64::NAN, 2.0, f64::NAN]
        )
        .unwrap();
        for (columns, expect) in [
            (json!(["a"]), vec![0, 2, 5]),
            (json!(["a", "s"]), vec![0, 2]),
            (json!(["s"]), vec![0, 1, 2, 3, 4, 5]),
            (json!(["f"]), vec![0, 2, 3, 5]),
            (json!(["a", "f"]), vec![0, 2]),
        ] {
            assert_eq!(failing(&frame, json!({"unique": {"columns": columns}})), expect, "{columns}");
        }
        assert_eq!(failing(&frame.head(Some(0)), json!({"unique": {"columns": ["a"]}})), Vec::<u64>::new());
        let error = verdict(frame, json!({"unique": {"columns": ["a", "a"]}})).unwrap_err();
        assert_eq!(error, "the column `a` is named twice");
    }
}
