//! `condition`: a SQL condition is true in every row. It sees one row at a time, and no other table.

use super::{Expectation, Finding, Seen, type_of};
use crate::Problem;
use mlspec_provenance::Expression;
use mlspec_record::TableSchema;
use mlspec_stage::Schemas;
use mlspec_table::empty_frame;
use mlspec_table::polars::prelude::{BooleanChunked, DataFrame};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A SQL condition is true in every row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// A SQL expression that gives true or false, such as `price >= 0 AND length(name) < 100`.
    #[schemars(length(min = 1))]
    pub sql: String,
    /// What it means where the condition is neither true nor false, since something in it is null.
    #[serde(default)]
    pub nulls: Nulls,
}

/// What null means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Nulls {
    /// The row fails.
    #[default]
    Fail,
    /// The row passes, as with SQL's `CHECK`.
    Pass,
}

/// The condition, read.
#[derive(Debug)]
pub(crate) struct Parsed {
    condition: Expression,
    nulls: Nulls,
}

impl Condition {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        Ok(Box::new(Parsed::new(&self.sql, self.nulls)?))
    }
}

impl Parsed {
    /// Reads a condition on one row at a time.
    pub(crate) fn new(sql: &str, nulls: Nulls) -> Result<Self, Problem> {
        Ok(Self { condition: Expression::new(sql)?, nulls })
    }

    /// The condition's values; one for every row, also where it reads no column.
    pub(crate) fn evaluate(&self, frame: &DataFrame) -> Result<BooleanChunked, Problem> {
        self.condition.condition(frame).map_err(|problem| match problem {
            mlspec_provenance::Problem::NotBoolean { found, .. } => Problem::NotBoolean(found),
            problem => problem.into(),
        })
    }
}

impl Expectation for Parsed {
    fn kind(&self) -> &'static str {
        "condition"
    }

    fn columns(&self) -> Vec<String> {
        self.condition.columns().iter().cloned().collect()
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        self.condition.columns().iter().try_for_each(|column| type_of(schema, column).map(drop))?;
        self.evaluate(&empty_frame(schema)).map(drop)
    }

    fn find(&self, Seen { table, .. }: Seen<'_>) -> Result<Finding, Problem> {
        let holds = self.evaluate(table.frame())?;
        let fails = |value: &Option<bool>| match value {
            Some(holds) => !holds,
            None => self.nulls == Nulls::Fail,
        };
        Ok(Finding::Rows(holds.iter().enumerate().filter(|(_, value)| fails(value)).map(|(at, _)| at).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{failing, verdict};
    use mlspec_table::polars::prelude::*;
    use serde_json::json;

    #[test]
    fn rows_where_it_is_not_true_fail() {
        let frame = df!("a" => [Some(1), None, Some(3)], "s" => ["x", "yy", "zzz"]).unwrap();
        for (sql, nulls, expect) in [
            ("a < 2", "fail", vec![1, 2]),
            ("a < 2", "pass", vec![2]),
            ("length(s) <= 2 OR a = 3", "fail", vec![]),
            ("TRUE", "fail", vec![]),
            ("1 = 2", "pass", vec![0, 1, 2]),
        ] {
            let expectation = json!({"condition": {"sql": sql, "nulls": nulls}});
            assert_eq!(failing(&frame, expectation), expect, "{sql} {nulls}");
        }
        assert_eq!(failing(&frame.head(Some(0)), json!({"condition": {"sql": "a < 2"}})), Vec::<u64>::new());
    }

    #[test]
    fn it_sees_one_row_and_no_file() {
        let frame = df!("a" => [1, 2], "s" => ["x", "y"]).unwrap();
        for (sql, message) in [
            ("a +", "is no expression that can be used here"),
            ("a > (SELECT a FROM read_csv('/etc/passwd'))", "subqueries are not possible"),
            ("a = MAX(a)", "is no expression that can be used here"),
            ("ROW_NUMBER() OVER (ORDER BY a) = 1", "is no expression that can be used here"),
            ("b > 1", "there is no column `b`"),
            ("a + 1", "the condition gives `i32`, expected true or false"),
        ] {
            let error = verdict(frame.clone(), json!({"condition": {"sql": sql}})).unwrap_err();
            assert!(error.contains(message), "{sql}: {error}");
        }
    }
}
