//! The order of rows inside limits and windows: by columns, then by row id, so that there are no ties.

use crate::flight::bug;
use crate::shape::Shape;
use crate::{Flight, Problem};
use mlspec_record::Dependency;
use mlspec_table::polars::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// A column that rows are ordered by. NaN is greater than all numbers, −0 equals 0, false comes before true, and texts are compared
/// by their bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OrderBy {
    /// The column.
    pub column: String,
    /// Whether greater values come first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub descending: bool,
    /// Whether nulls come first; else they come last, in either direction.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub nulls_first: bool,
}

impl OrderBy {
    /// Least values first, nulls last.
    pub fn ascending(column: impl Into<String>) -> Self {
        Self { column: column.into(), ..Self::default() }
    }

    /// Greatest values first, nulls last.
    pub fn descending(column: impl Into<String>) -> Self {
        Self { column: column.into(), descending: true, ..Self::default() }
    }
}

/// The columns are there and have an order; notes that they decided something.
pub(crate) fn check_order(shape: &mut Shape, order_by: &[OrderBy]) -> Result<(), Problem> {
    let columns = || order_by.iter().map(|order| order.column.as_str());
    shape.require(columns())?;
    crate::shape::check_distinct(columns())?;
    for column in columns() {
        if let Some(found) = shape.schema.get(column).filter(|found| super::is_list(*found)) {
            return Err(Problem::Type(format!("the column `{column}` of type `{found}` has no order")));
        }
    }
    shape.note(columns(), Dependency::Sort);
    Ok(())
}

/// The order of the rows of a frame.
pub(crate) struct Order {
    /// Per column, by position, the number of the value in the column's order.
    codes: Vec<Vec<u32>>,
    ids: Vec<u64>,
}

impl Order {
    pub(crate) fn new(flight: &Flight, order_by: &[OrderBy]) -> Result<Self, Problem> {
        let ids: Vec<u64> = flight.ids()?.iter().flatten().collect();
        Self::of(&flight.frame, &ids, order_by)
    }

    /// Of rows with these ids.
    pub(crate) fn of(frame: &DataFrame, ids: &[u64], order_by: &[OrderBy]) -> Result<Self, Problem> {
        let codes = order_by.iter().map(|order| {
            let values = frame.column(&order.column).map_err(bug)?.as_materialized_series();
            codes(values, order.descending, order.nulls_first)
        });
        Ok(Self { codes: codes.collect::<Result<_, _>>()?, ids: ids.to_vec() })
    }

    /// Compares two rows by position. No two are equal.
    pub(crate) fn compare(&self, one: IdxSize, other: IdxSize) -> Ordering {
        let (one, other) = (one as usize, other as usize);
        self.by_columns(one, other).then_with(|| self.ids[one].cmp(&self.ids[other]))
    }

    /// Compares two rows by position, by the columns alone: those that are equal here are peers.
    pub(crate) fn by_columns(&self, one: usize, other: usize) -> Ordering {
        let unequal = |codes: &Vec<u32>| Some(codes[one].cmp(&codes[other])).filter(|found| found.is_ne());
        self.codes.iter().find_map(unequal).unwrap_or(Ordering::Equal)
    }

    /// Puts rows in order.
    pub(crate) fn sort(&self, rows: &mut [IdxSize]) {
        match self.codes.as_slice() {
            [] => rows.sort_unstable_by_key(|at| self.ids[*at as usize]),
            [codes] => rows.sort_unstable_by_key(|at| (codes[*at as usize], self.ids[*at as usize])),
            _ => rows.sort_unstable_by(|one, other| self.compare(*one, *other)),
        }
    }
}

/// Numbers the different values of a column in their order: equal values, equal numbers.
pub(crate) fn codes(values: &Series, descending: bool, nulls_first: bool) -> Result<Vec<u32>, Problem> {
    let values = values.to_physical_repr().rechunk();
    let options = SortOptions { descending, nulls_last: !nulls_first, ..SortOptions::default() };
    let order = values.arg_sort(options);
    let sorted = values.take(&order).map_err(bug)?;
    let next = sorted.slice(1, sorted.len());
    let differs = next.not_equal_missing(&sorted.slice(0, next.len())).map_err(bug)?;
    let mut codes = vec![0; values.len()];
    let mut code = 0;
    let differs = std::iter::once(false).chain(differs.iter().map(|differs| differs == Some(true)));
    for (at, differs) in order.iter().zip(differs) {
        code += u32::from(differs);
        if let Some(slot) = at.and_then(|at| codes.get_mut(at as usize)) {
            *slot = code;
        }
    }
    Ok(codes)
}

#[cfg(test)]
mod tests {
    use super::codes;
    use mlspec_table::polars::prelude::*;

    #[test]
    fn equal_values_have_equal_numbers_in_their_order() {
        let check = |values: Series, descending, nulls_first, expect: &[u32]| {
            assert_eq!(codes(&values, descending, nulls_first).unwrap(), expect, "{values}");
        };
        let floats =
            || Series::new("x".into(), [Some(-0.0), None, Some(f64::NAN), Some(0.0), Some(-f64::NAN), Some(1.0)]);
        check(floats(), false, false, &[0, 3, 2, 0, 2, 1]);
        check(floats(), true, false, &[2, 3, 0, 2, 0, 1]);
        check(floats(), false, true, &[1, 0, 3, 1, 3, 2]);
        check(Series::new("x".into(), ["b", "a", "ä", "b", ""]), false, false, &[2, 1, 3, 2, 0]);
        check(Series::new("x".into(), [Some(true), None, Some(false)]), false, false, &[1, 2, 0]);
        check(Series::new("x".into(), [None::<i64>, None]), true, true, &[0, 0]);
        check(Series::new("x".into(), [0_i64; 0]), false, false, &[]);
        check(Series::new("x".into(), [u64::MAX, 0]), false, false, &[1, 0]);
    }
}
