//! Expectations: each in its file, with what a user may set, the check, the update rule, and its tests.

mod aggregate;
mod allowed_values;
mod cell;
mod column_exists;
mod columns;
mod compare;
mod condition;
mod distinct_count;
mod distribution;
mod foreign_key;
mod format;
mod freshness;
mod length;
mod not_null;
mod not_null_count;
mod of_type;
mod pattern;
mod range;
mod row_count;
mod share;
mod sorted;
mod unique;

pub use aggregate::{Aggregate, AggregateFunction};
pub use allowed_values::AllowedValues;
pub use column_exists::ColumnExists;
pub use columns::Columns;
pub use compare::{Compare, Comparison};
pub use condition::{Condition, Nulls};
pub use distinct_count::{DistinctCount, DistinctShare};
pub use distribution::{Baseline, Distribution, Histogram, Measure};
pub use foreign_key::ForeignKey;
pub use format::{Format, TextFormat};
pub use freshness::Freshness;
pub use length::{Length, LengthUnit};
pub use not_null::NotNull;
pub use not_null_count::NotNullCount;
pub use of_type::OfType;
pub use pattern::Pattern;
pub use range::Range;
pub use row_count::RowCount;
pub use share::Share;
pub use sorted::{Order, Sorted};
pub use unique::Unique;

pub(crate) use condition::Parsed;

use crate::Problem;
use mlspec_record::{DataType, TableSchema};
use mlspec_stage::Schemas;
use mlspec_table::Table;
use mlspec_table::polars::prelude::{BooleanChunked, Series};
use rayon::prelude::*;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;
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
        /// What was measured, if it is about one number.
        observed: Option<f64>,
        /// What was found if not.
        detail: Option<String>,
    },
}

/// The update rule: what must be looked at to tell an expectation again after rows changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The columns and the number of rows: no row.
    Schema,
    /// Each row fails on its own: rows that changed.
    Row,
    /// A row fails by the rows that agree with it: rows that changed, and rows that agree with one of them.
    Key,
    /// It is put together from results of chunks: chunks that changed.
    Chunk,
    /// All rows, of the columns that it reads.
    Table,
}

/// What an expectation sees.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The rows; only the columns of [`Expectation::reads`] need be there.
    pub table: &'a Table,
    /// All columns of the table.
    pub schema: &'a TableSchema,
    /// The other tables that it reads, by port.
    pub others: &'a Others,
}

/// Other tables, by port.
pub type Others = BTreeMap<String, Table>;

/// A checked expectation.
pub trait Expectation: Debug + Send + Sync {
    /// Its kind, such as `not_null`.
    fn kind(&self) -> &'static str;

    /// What its name begins with where a user gives none.
    fn title(&self) -> String {
        self.kind().to_owned()
    }

    /// The columns it is about.
    fn columns(&self) -> Vec<String>;

    /// The columns whose values it looks at.
    fn reads(&self) -> Vec<String> {
        self.columns()
    }

    /// The other table that it looks at, by its port, and the columns of it.
    fn other(&self) -> Option<(&str, Vec<String>)> {
        None
    }

    /// Whether it is about rows, of which some may fail.
    fn counts_rows(&self) -> bool {
        true
    }

    /// The update rule.
    fn rule(&self) -> Rule {
        Rule::Row
    }

    /// Whether it can be told from a table of these columns, and other tables of those.
    ///
    /// # Errors
    /// When a column is missing or of an unsuitable type.
    fn plan(&self, schema: &TableSchema, others: &Schemas) -> Result<(), Problem>;

    /// Looks at a table of the planned columns.
    ///
    /// # Errors
    /// When the table is not of the planned columns.
    fn find(&self, seen: Seen<'_>) -> Result<Finding, Problem>;

    /// With [`Rule::Schema`]: what it finds in a table of so many rows and these columns.
    fn find_whole(&self, _rows: u64, _schema: &TableSchema) -> Option<Finding> {
        None
    }

    /// With [`Rule::Chunk`]: what is known of some rows, as JSON that reads back as it was.
    ///
    /// # Errors
    /// When the table is not of the planned columns.
    fn part(&self, _seen: Seen<'_>) -> Result<Value, Problem> {
        Ok(Value::Null)
    }

    /// With [`Rule::Chunk`]: what it finds in all rows, whatever the parts they were looked at in.
    ///
    /// # Errors
    /// When a part is none of this expectation.
    fn whole(&self, _parts: &[Value], _others: &Others) -> Result<Finding, Problem> {
        Ok(Finding::Whole { passed: true, observed: None, detail: None })
    }
}

/// The type of a column that must exist.
pub(crate) fn type_of(schema: &TableSchema, column: &str) -> Result<DataType, Problem> {
    schema.get(column).ok_or_else(|| Problem::Column {
        column: column.to_owned(),
        known: schema.names().map(str::to_owned).collect(),
    })
}

/// The columns of another table.
pub(crate) fn other_schema<'a>(others: &'a Schemas, port: &str) -> Result<&'a TableSchema, Problem> {
    others.get(port).ok_or_else(|| Problem::Port(port.to_owned()))
}

/// Another table.
pub(crate) fn other_table<'a>(others: &'a Others, port: &str) -> Result<&'a Table, Problem> {
    others.get(port).ok_or_else(|| Problem::Port(port.to_owned()))
}

/// Whether values of this type have an order beside that of texts.
pub(crate) fn is_ordered(data_type: DataType) -> bool {
    data_type.is_numeric()
        || matches!(data_type, DataType::Date | DataType::Time | DataType::Datetime | DataType::DatetimeUtc)
}

/// Whether values of this type are lists.
pub(crate) fn is_list(data_type: DataType) -> bool {
    matches!(data_type, DataType::ListUInt32 | DataType::ListUInt64 | DataType::ListFloat64 | DataType::ListString)
}

/// A column's values.
pub(crate) fn values<'a>(table: &'a Table, column: &str) -> Result<&'a Series, Problem> {
    let found = table.column(column).map_err(|error| Problem::Evaluation(error.to_string()))?;
    Ok(found.as_materialized_series())
}

/// A column's values as floats; those of dates, times and moments as the numbers that stand for them.
pub(crate) fn floats(table: &Table, column: &str) -> Result<mlspec_table::polars::prelude::Float64Chunked, Problem> {
    let physical = values(table, column)?.to_physical_repr();
    let floats = physical.cast(&mlspec_table::polars::prelude::DataType::Float64).map_err(refused)?;
    Ok(floats.f64().map_err(refused)?.clone())
}

/// How many rows are looked at together.
const BLOCK: usize = 65_536;

/// The positions that `of` finds in each block of rows, given its start and length, as positions in the block.
pub(crate) fn in_blocks<I: Iterator<Item = usize>>(
    rows: usize,
    of: impl Fn(usize, usize) -> Result<I, Problem> + Sync,
) -> Result<Vec<usize>, Problem> {
    let blocks = (0..rows.div_ceil(BLOCK)).into_par_iter().map(|block| {
        let start = block * BLOCK;
        Ok(of(start, BLOCK.min(rows - start))?.map(|at| start + at).collect::<Vec<_>>())
    });
    Ok(blocks.collect::<Result<Vec<_>, Problem>>()?.concat())
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

/// One bound at least is set, and the least is not above the greatest.
pub(crate) fn check_bounds<T: PartialOrd>(min: Option<T>, max: Option<T>) -> Result<(), Problem> {
    match (min, max) {
        (None, None) => Err(Problem::Setting("`min` or `max` must be set".to_owned())),
        // NaN, which has no order, is refused too.
        (Some(min), Some(max)) if min.partial_cmp(&max).is_none_or(Ordering::is_gt) => {
            Err(Problem::Setting("`min` must not be above `max`".to_owned()))
        }
        _ => Ok(()),
    }
}

/// Bounds as text.
pub(crate) fn told_bounds<T: std::fmt::Display>(min: Option<T>, max: Option<T>) -> String {
    match (min, max) {
        (Some(min), Some(max)) => format!("{min} to {max}"),
        (Some(min), None) => format!("at least {min}"),
        (None, Some(max)) => format!("at most {max}"),
        (None, None) => "anything".to_owned(),
    }
}

/// Whether a number lies within bounds, which NaN does not, and what is said if not: never the number, which may be a cell's.
pub(crate) fn number_within(what: &str, found: Option<f64>, min: Option<f64>, max: Option<f64>) -> Finding {
    let detail = match found.filter(|found| !found.is_nan()) {
        None => Some(format!("{what} is no number")),
        Some(found) if min.is_some_and(|min| found < min) => {
            Some(format!("{what} is too low, expected {}", told_bounds(min, max)))
        }
        Some(found) if max.is_some_and(|max| found > max) => {
            Some(format!("{what} is too high, expected {}", told_bounds(min, max)))
        }
        Some(_) => None,
    };
    let observed = found.filter(|found| found.is_finite());
    Finding::Whole { passed: detail.is_none(), observed, detail }
}

/// What polars says when it cannot.
pub(crate) fn refused(error: impl std::fmt::Display) -> Problem {
    Problem::Evaluation(error.to_string())
}

#[cfg(test)]
pub(crate) mod testing {
    use super::Others;
    use crate::{ValidateParams, Verdict};
    use mlspec_table::Table;
    use mlspec_table::polars::prelude::DataFrame;
    use serde_json::{Value, json};

    /// Holds a frame, whose rows get the ids 0, 1, …, against one expectation.
    pub(crate) fn verdict(frame: DataFrame, expectation: Value) -> Result<Verdict, String> {
        verdict_of(frame, &[], json!({"expectations": [expectation]}))
    }

    /// Holds a frame against the only expectation of these settings, beside other tables.
    pub(crate) fn verdict_of(
        frame: DataFrame,
        others: &[(&str, &DataFrame)],
        settings: Value,
    ) -> Result<Verdict, String> {
        let params: ValidateParams = serde_json::from_value(settings).map_err(|error| error.to_string())?;
        let validator = params.check().map_err(|error| error.to_string())?;
        let numbered = |frame: &DataFrame| Table::number(frame.clone(), 0).unwrap();
        let others: Others = others.iter().map(|(port, frame)| ((*port).to_owned(), numbered(frame))).collect();
        let verdicts = validator.validate_with(&numbered(&frame), &others).map_err(|error| error.to_string())?;
        verdicts.into_iter().next().ok_or_else(|| "skipped".to_owned())
    }

    /// The failing rows.
    pub(crate) fn failing(frame: &DataFrame, expectation: Value) -> Vec<u64> {
        let verdict = verdict(frame.clone(), expectation).unwrap();
        assert_eq!(verdict.passed, verdict.failing.is_empty());
        verdict.failing
    }

    /// What is measured, and whether it holds; one verdict on a whole is the same in whatever parts its rows are looked at.
    pub(crate) fn measured(frame: &DataFrame, expectation: Value) -> (Option<f64>, bool) {
        let verdict = verdict(frame.clone(), expectation).unwrap();
        assert_eq!(verdict.passed, verdict.detail.is_none());
        (verdict.observed, verdict.passed)
    }
}
