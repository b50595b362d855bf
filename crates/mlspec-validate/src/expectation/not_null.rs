//! `not_null`: no value of these columns is null. NaN is a value.

use super::{Expectation, Finding, Seen, check_columns, positions, type_of, values};
use crate::Problem;
use mlspec_record::TableSchema;
use mlspec_stage::Schemas;
use mlspec_table::polars::prelude::BooleanChunked;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// No value of these columns is null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NotNull {
    /// The columns; a row fails if any of them is null.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
}

impl NotNull {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        check_columns(&self.columns)?;
        Ok(Box::new(self))
    }
}

impl Expectation for NotNull {
    fn kind(&self) -> &'static str {
        "not_null"
    }

    fn columns(&self) -> Vec<String> {
        self.columns.clone()
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        self.columns.iter().try_for_each(|column| type_of(schema, column).map(drop))
    }

    fn find(&self, Seen { table, .. }: Seen<'_>) -> Result<Finding, Problem> {
        let mut failing: Option<BooleanChunked> = None;
        for column in &self.columns {
            let values = values(table, column)?;
            if values.null_count() > 0 {
                let nulls = values.is_null();
                failing = Some(match failing {
                    Some(failing) => &failing | &nulls,
                    None => nulls,
                });
            }
        }
        Ok(Finding::Rows(failing.as_ref().map(positions).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{failing, verdict};
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    #[test]
    fn any_null_fails_its_row() {
        let frame = df!("a" => [Some(1), None, Some(3)], "b" => [None, None, Some(f64::NAN)]).unwrap();
        assert_eq!(failing(&frame, json!({"not_null": {"columns": ["a"]}})), [1]);
        assert_eq!(failing(&frame, json!({"not_null": {"columns": ["a", "b"]}})), [0, 1]);
        assert_eq!(failing(&frame.head(Some(0)), json!({"not_null": {"columns": ["a", "b"]}})), Vec::<u64>::new());
        let error = verdict(frame, json!({"not_null": {"columns": ["c"]}})).unwrap_err();
        assert_eq!(error, "`not_null(c)` cannot be told: there is no column `c`");
    }

    #[test]
    fn some_rows_may_fail() {
        let frame = df!("a" => [Some(1), None, Some(3), Some(4)]).unwrap();
        for (tolerance, passed) in [(0.0, false), (0.24, false), (0.25, true), (1.0, true)] {
            let found =
                verdict(frame.clone(), json!({"not_null": {"columns": ["a"]}, "tolerance": tolerance})).unwrap();
            assert_eq!((found.passed, found.failing), (passed, vec![1]));
        }
        for tolerance in [-0.1, 1.1] {
            let error =
                verdict(frame.clone(), json!({"not_null": {"columns": ["a"]}, "tolerance": tolerance})).unwrap_err();
            assert_eq!(error, format!("`tolerance` must be from 0 to 1, got `{tolerance}`"));
        }
    }
}
