//! `condition`: a SQL condition is true in every row. It sees one row at a time, and no other table.

use super::{Expectation, Finding, Seen, refused, type_of};
use crate::Problem;
use mlspec_provenance::check_expression;
use mlspec_record::TableSchema;
use mlspec_stage::Schemas;
use mlspec_table::polars::prelude::{BooleanChunked, DataFrame, DataType as PolarsType, IntoLazy as _, Literal as _};
use mlspec_table::polars::prelude::{Expr, NULL, col, when};
use mlspec_table::polars::sql::sql_expr;
use mlspec_table::{ROW, empty_frame};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

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
    expr: Expr,
    columns: BTreeSet<String>,
    nulls: Nulls,
}

/// The name of the column that the condition becomes; no column of a table has it.
const HOLDS: &str = "@holds";

impl Condition {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        Ok(Box::new(Parsed::new(&self.sql, self.nulls)?))
    }
}

impl Parsed {
    /// Reads a condition on one row at a time.
    pub(crate) fn new(sql: &str, nulls: Nulls) -> Result<Self, Problem> {
        let columns = check_expression(sql)?;
        let expr = sql_expr(sql).map_err(refused)?;
        Ok(Self { expr, columns, nulls })
    }

    /// The condition's values; one for every row, also where it reads no column.
    pub(crate) fn evaluate(&self, frame: DataFrame) -> Result<BooleanChunked, Problem> {
        // Polars computes with a column of one value as with a constant, which may give other bits.
        if frame.height() == 1 {
            let twice = frame.vstack(&frame).map_err(refused)?;
            return Ok(self.evaluate(twice)?.head(Some(1)));
        }
        let of_row = when(col(ROW).is_not_null()).then(self.expr.clone()).otherwise(NULL.lit());
        let found = frame.lazy().select([of_row.alias(HOLDS)]).collect().map_err(refused)?;
        let column = found.column(HOLDS).map_err(refused)?.as_materialized_series();
        match column.dtype() {
            PolarsType::Boolean => Ok(column.bool().map_err(refused)?.clone()),
            PolarsType::Null => Ok((0..column.len()).map(|_| None::<bool>).collect()),
            other => Err(Problem::NotBoolean(other.to_string())),
        }
    }
}

impl Expectation for Parsed {
    fn kind(&self) -> &'static str {
        "condition"
    }

    fn columns(&self) -> Vec<String> {
        self.columns.iter().cloned().collect()
    }

    fn plan(&self, schema: &TableSchema, _: &Schemas) -> Result<(), Problem> {
        self.columns.iter().try_for_each(|column| type_of(schema, column).map(drop))?;
        self.evaluate(empty_frame(schema)).map(drop)
    }

    fn find(&self, Seen { table, .. }: Seen<'_>) -> Result<Finding, Problem> {
        let holds = self.evaluate(table.frame().clone())?;
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
