//! Expectations: each in its file, with what a user may set, the check, and its tests.

mod allowed_values;
mod column_exists;
mod condition;
mod not_null;
mod of_type;
mod pattern;
mod range;
mod row_count;
mod unique;

pub use allowed_values::AllowedValues;
pub use column_exists::ColumnExists;
pub use condition::{Condition, Nulls};
pub use not_null::NotNull;
pub use of_type::OfType;
pub use pattern::Pattern;
pub use range::Range;
pub use row_count::RowCount;
pub use unique::Unique;

use crate::Problem;
use mlspec_record::{DataType, TableSchema};
use mlspec_table::Table;
use mlspec_table::polars::prelude::{BooleanChunked, Series};
use std::fmt::Debug;

/// What an expectation found in a table.
#[derive(Clone, Debug, PartialEq)]
pub enum Finding {
    /// It is about rows: the positions of those that fail, ascending.
    Rows(Vec<usize>),
    /// It is about the table as a whole.
    Whole {
        /// Whether it holds.
        passed: bool,
        /// What was found if not.
        detail: Option<String>,
    },
}

/// A checked expectation.
pub trait Expectation: Debug + Send + Sync {
    /// Its kind, such as `not_null`.
    fn kind(&self) -> &'static str;

    /// The columns it is about.
    fn columns(&self) -> Vec<String>;

    /// The columns whose values it looks at.
    fn reads(&self) -> Vec<String> {
        self.columns()
    }

    /// Whether it is about rows, of which some may fail.
    fn counts_rows(&self) -> bool {
        true
    }

    /// What it finds in a table of so many rows and these columns, if no row need be looked at.
    fn find_whole(&self, _rows: u64, _schema: &TableSchema) -> Option<Finding> {
        None
    }

    /// The columns in which rows are compared with each other, if they are; otherwise a row fails on its own.
    fn compares(&self) -> Option<&[String]> {
        None
    }

    /// Whether it can be told from a table of these columns.
    ///
    /// # Errors
    /// When a column is missing or of an unsuitable type.
    fn plan(&self, schema: &TableSchema) -> Result<(), Problem>;

    /// Looks at a table of this schema; only the columns of [`Expectation::reads`] need be there.
    ///
    /// # Errors
    /// When the table is not of the planned columns.
    fn find(&self, table: &Table, schema: &TableSchema) -> Result<Finding, Problem>;
}

/// The type of a column that must exist.
pub(crate) fn type_of(schema: &TableSchema, column: &str) -> Result<DataType, Problem> {
    schema.get(column).ok_or_else(|| Problem::Column {
        column: column.to_owned(),
        known: schema.names().map(str::to_owned).collect(),
    })
}

/// A column's values.
pub(crate) fn values<'a>(table: &'a Table, column: &str) -> Result<&'a Series, Problem> {
    let found = table.column(column).map_err(|error| Problem::Evaluation(error.to_string()))?;
    Ok(found.as_materialized_series())
}

/// The positions where something is true.
pub(crate) fn positions(failing: &BooleanChunked) -> Vec<usize> {
    failing.iter().enumerate().filter(|(_, fails)| *fails == Some(true)).map(|(at, _)| at).collect()
}

/// Columns are named, each once.
pub(crate) fn check_columns(columns: &[String]) -> Result<(), Problem> {
    if columns.is_empty() {
        return Err(Problem::NoColumns);
    }
    match columns.iter().enumerate().find(|(at, column)| columns[..*at].contains(column)) {
        Some((_, column)) => Err(Problem::Setting(format!("the column `{column}` is named twice"))),
        None => Ok(()),
    }
}

/// What polars says when it cannot.
pub(crate) fn refused(error: impl std::fmt::Display) -> Problem {
    Problem::Evaluation(error.to_string())
}

#[cfg(test)]
pub(crate) mod testing {
    use crate::{ValidateParams, Verdict};
    use mlspec_table::Table;
    use mlspec_table::polars::prelude::DataFrame;
    use serde_json::{Value, json};

    /// Holds a frame, whose rows get the ids 0, 1, …, against one expectation.
    pub(crate) fn verdict(frame: DataFrame, expectation: Value) -> Result<Verdict, String> {
        let params: ValidateParams =
            serde_json::from_value(json!({"expectations": [expectation]})).map_err(|error| error.to_string())?;
        let validator = params.check().map_err(|error| error.to_string())?;
        let mut verdicts = validator.validate(&Table::number(frame, 0).unwrap()).map_err(|error| error.to_string())?;
        Ok(verdicts.remove(0))
    }

    /// The failing rows.
    pub(crate) fn failing(frame: &DataFrame, expectation: Value) -> Vec<u64> {
        let verdict = verdict(frame.clone(), expectation).unwrap();
        assert_eq!(verdict.passed, verdict.failing.is_empty());
        verdict.failing
    }
}
