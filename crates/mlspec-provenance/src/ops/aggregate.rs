//! The aggregates of `group_by`. None depends on the order of rows or on the number of threads.

use super::groups::Groups;
use super::order::{Order, OrderBy, check_order, codes};
use super::ordered;
use super::sums::{Exact, median, quantile};
use crate::Problem;
use crate::flight::bug;
use crate::shape::Shape;
use mlspec_table::polars::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// What is computed of the values of a group. Nulls are left out, but for `first` and `last`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AggregateFunction {
    /// How many rows; with a column: how many values.
    #[default]
    Count,
    /// How many different values; SQL's `count(DISTINCT …)`.
    NUnique,
    /// The sum: of integers, which must not leave 64 bits; of floats, rounded once from the exact sum. Of no values: 0.
    Sum,
    /// The mean.
    Mean,
    /// The variance, with one less than the number of values in the denominator.
    Var,
    /// The standard deviation: the root of `var`.
    Std,
    /// The middle value, or the mean of both middle values.
    Median,
    /// The quantile `q`, interpolated linearly between the two nearest values (numpy's `linear`).
    Quantile,
    /// The least value; NaN only if there is nothing else.
    Min,
    /// The greatest value; NaN only if there is nothing else.
    Max,
    /// The most frequent value; of several the least.
    Mode,
    /// The value of the first row, null or not.
    First,
    /// The value of the last row, null or not.
    Last,
    /// The values as a list; of texts, doubles and unsigned integers of 32 and 64 bits.
    List,
    /// The texts, one behind another, with `separator` between them. Of no texts: an empty text.
    Join,
    /// Whether some value is true.
    Any,
    /// Whether all values are true.
    All,
}

/// An aggregate: a function and the column it reads.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// The function.
    pub function: AggregateFunction,
    /// The column; only `count` can do without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// For `quantile`: which, in `[0, 1]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 0, "maximum" = 1))]
    pub q: Option<f64>,
    /// For `first`, `last`, `list` and `join`: the order of the rows; rows that are equal in it are in the order of their ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order_by: Vec<OrderBy>,
    /// For `join`: what stands between the texts; `,` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub separator: Option<String>,
}

impl Aggregate {
    /// A function of a column.
    pub fn of(function: AggregateFunction, column: impl Into<String>) -> Self {
        Self { function, column: Some(column.into()), ..Self::default() }
    }

    /// The number of rows.
    pub fn count() -> Self {
        Self::default()
    }

    /// The quantile of a column.
    pub fn quantile(column: impl Into<String>, q: f64) -> Self {
        Self { q: Some(q), ..Self::of(AggregateFunction::Quantile, column) }
    }

    /// Sets the order of the rows.
    #[must_use]
    pub fn order_by(self, order_by: impl IntoIterator<Item = OrderBy>) -> Self {
        Self { order_by: order_by.into_iter().collect(), ..self }
    }

    /// The columns that it reads.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &str> {
        self.column.as_deref().into_iter().chain(self.order_by.iter().map(|order| order.column.as_str()))
    }

    pub(crate) fn check(&self) -> Result<(), Problem> {
        use AggregateFunction::{Count, First, Join, Last, List, Quantile};
        let name = self.function.name();
        let refuse = |what: String| Err(Problem::Parameter(what));
        if self.column.is_none() && self.function != Count {
            return refuse(format!("`{name}` needs a column"));
        }
        match (self.function, self.q) {
            (Quantile, None) => return refuse(format!("`{name}` needs `q`")),
            (Quantile, Some(q)) if !(0.0..=1.0).contains(&q) => {
                return refuse(format!("`q` must be from 0 to 1, got `{q}`"));
            }
            (Quantile, _) | (_, None) => {}
            _ => return refuse(format!("`{name}` takes no `q`")),
        }
        match self.function {
            _ if self.separator.is_some() && self.function != Join => refuse(format!("`{name}` takes no `separator`")),
            First | Last | List | Join => Ok(()),
            _ if !self.order_by.is_empty() => refuse(format!("`{name}` takes no `order_by`")),
            _ => Ok(()),
        }
    }

    /// The order's columns have one.
    pub(crate) fn check_order(&self, shape: &Shape) -> Result<(), Problem> {
        check_order(&mut shape.clone(), &self.order_by)
    }

    /// One value per group.
    pub(crate) fn compute(&self, groups: &Groups, frame: &DataFrame) -> Result<Column, Problem> {
        let name = PlSmallStr::EMPTY;
        let Some(column) = &self.column else {
            return Ok(Column::new(name, groups.each(|rows| rows.len() as u64)));
        };
        let values = frame.column(column).map_err(bug)?.as_materialized_series().rechunk();
        self.function.check_type(column, values.dtype())?;
        let made = match self.function {
            AggregateFunction::First | AggregateFunction::Last | AggregateFunction::List | AggregateFunction::Join => {
                let order = Order::of(frame, &groups.rows, &self.order_by)?;
                ordered::compute(self, groups, &values, &order)
            }
            AggregateFunction::Quantile => quantiles(groups, &values, self.q.unwrap_or(0.5)),
            function => function.compute(groups, &values),
        };
        made.map(|column| column.with_name(name))
    }
}

impl AggregateFunction {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::NUnique => "n_unique",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Var => "var",
            Self::Std => "std",
            Self::Median => "median",
            Self::Quantile => "quantile",
            Self::Min => "min",
            Self::Max => "max",
            Self::Mode => "mode",
            Self::First => "first",
            Self::Last => "last",
            Self::List => "list",
            Self::Join => "join",
            Self::Any => "any",
            Self::All => "all",
        }
    }

    fn check_type(self, column: &str, found: &DataType) -> Result<(), Problem> {
        let fits = match self {
            Self::Count | Self::First | Self::Last => true,
            Self::NUnique | Self::Min | Self::Max | Self::Mode => !found.is_list(),
            Self::Sum | Self::Mean | Self::Var | Self::Std | Self::Median | Self::Quantile => {
                found.is_primitive_numeric()
            }
            Self::Join => found.is_string(),
            Self::List => {
                matches!(found, DataType::String | DataType::Float64 | DataType::UInt32 | DataType::UInt64)
            }
            Self::Any | Self::All => found.is_bool(),
        };
        match fits {
            true => Ok(()),
            false => Err(Problem::Type(format!(
                "`{}` cannot aggregate the column `{column}` of type `{found}`",
                self.name()
            ))),
        }
    }

    fn compute(self, groups: &Groups, values: &Series) -> Result<Column, Problem> {
        match self {
            Self::Count => {
                let held = values.is_not_null();
                let count =
                    |rows: &[IdxSize]| rows.iter().filter(|at| held.get(**at as usize) == Some(true)).count() as u64;
                Ok(column(groups.each(count)))
            }
            Self::NUnique => n_unique(groups, values),
            Self::Mode => mode(groups, values),
            Self::Min => extreme(groups, values, Ordering::Less),
            Self::Max => extreme(groups, values, Ordering::Greater),
            Self::Any | Self::All => {
                let held = values.bool().map_err(bug)?;
                let wanted = self == Self::Any;
                let some = |rows: &[IdxSize]| rows.iter().any(|at| held.get(*at as usize) == Some(wanted));
                Ok(column(groups.each(|rows| some(rows) == wanted)))
            }
            Self::Sum if values.dtype().is_integer() => sum_integers(groups, values),
            _ => self.of_floats(groups, values),
        }
    }

    fn of_floats(self, groups: &Groups, values: &Series) -> Result<Column, Problem> {
        let values = values.cast(&DataType::Float64).map_err(bug)?;
        let values = values.f64().map_err(bug)?;
        let value = |(exact, held): &mut (Exact, Vec<f64>), rows: &[IdxSize]| {
            held.clear();
            held.extend(rows.iter().filter_map(|at| values.get(*at as usize)));
            match self {
                Self::Sum => Some(exact.sum(held)),
                Self::Mean => exact.mean(held),
                Self::Var => exact.variance(held),
                Self::Std => exact.variance(held).map(f64::sqrt),
                _ => median(held),
            }
        };
        let computed = groups.each_with(|| (Exact::new(), Vec::new()), value);
        Ok(Column::new(PlSmallStr::EMPTY, computed))
    }
}

fn column<T, P: ?Sized>(values: T) -> Column
where
    Series: NamedFrom<T, P>,
{
    Series::new(PlSmallStr::EMPTY, values).into_column()
}

/// The integers' exact sum, as `int64`, or as `u_int64` if they are unsigned.
fn sum_integers(groups: &Groups, values: &Series) -> Result<Column, Problem> {
    let overflow = || Problem::Overflow(values.name().to_string());
    if values.dtype().is_unsigned_integer() {
        let held = values.cast(&DataType::UInt64).map_err(bug)?;
        let held = held.u64().map_err(bug)?;
        let sum = |rows: &[IdxSize]| rows.iter().filter_map(|at| held.get(*at as usize)).map(u128::from).sum::<u128>();
        let sums = groups.each(|rows| u64::try_from(sum(rows)).ok());
        Ok(column(sums.into_iter().collect::<Option<Vec<u64>>>().ok_or_else(overflow)?))
    } else {
        let held = values.cast(&DataType::Int64).map_err(bug)?;
        let held = held.i64().map_err(bug)?;
        let sum = |rows: &[IdxSize]| rows.iter().filter_map(|at| held.get(*at as usize)).map(i128::from).sum::<i128>();
        let sums = groups.each(|rows| i64::try_from(sum(rows)).ok());
        Ok(column(sums.into_iter().collect::<Option<Vec<i64>>>().ok_or_else(overflow)?))
    }
}

/// The quantiles of the values as floats.
fn quantiles(groups: &Groups, values: &Series, q: f64) -> Result<Column, Problem> {
    let values = values.cast(&DataType::Float64).map_err(bug)?;
    let values = values.f64().map_err(bug)?;
    let of = |held: &mut Vec<f64>, rows: &[IdxSize]| {
        held.clear();
        held.extend(rows.iter().filter_map(|at| values.get(*at as usize)));
        held.sort_unstable_by(f64::total_cmp);
        quantile(held, q)
    };
    Ok(Column::new(PlSmallStr::EMPTY, groups.each_with(Vec::new, of)))
}

/// The most frequent value: of equally frequent ones the least, and of its rows that of the least id.
fn mode(groups: &Groups, values: &Series) -> Result<Column, Problem> {
    let codes = codes(values, false, false)?;
    let held = values.is_not_null();
    let of = |found: &mut Vec<(u32, u64, IdxSize)>, rows: &[IdxSize]| {
        found.clear();
        let there = rows.iter().filter(|at| held.get(**at as usize) == Some(true));
        found.extend(there.map(|at| (codes[*at as usize], groups.rows[*at as usize], *at)));
        found.sort_unstable();
        let mut best: Option<(usize, IdxSize)> = None;
        for equal in found.chunk_by(|one, other| one.0 == other.0) {
            if best.is_none_or(|best| equal.len() > best.0) {
                best = equal.first().map(|first| (equal.len(), first.2));
            }
        }
        best.map(|best| best.1)
    };
    let at: IdxCa = groups.each_with(Vec::new, of).into_iter().collect();
    values.take(&at).map(IntoColumn::into_column).map_err(bug)
}

/// Gives every value a number, then counts numbers.
fn n_unique(groups: &Groups, values: &Series) -> Result<Column, Problem> {
    let frame = DataFrame::new_infer_height(vec![values.clone().into_column()]).map_err(bug)?;
    let same = frame.group_by_with_series(frame.columns().to_vec(), true, false).map_err(bug)?.into_groups();
    let mut code = vec![0 as IdxSize; values.len()];
    for (number, group) in same.iter().enumerate() {
        match group {
            GroupsIndicator::Idx((_, rows)) => rows.iter().for_each(|at| code[*at as usize] = number as IdxSize),
            GroupsIndicator::Slice([first, len]) => {
                code[first as usize..(first + len) as usize].fill(number as IdxSize)
            }
        }
    }
    let held = values.is_not_null();
    let count = |codes: &mut Vec<IdxSize>, rows: &[IdxSize]| {
        codes.clear();
        codes.extend(rows.iter().filter(|at| held.get(**at as usize) == Some(true)).map(|at| code[*at as usize]));
        codes.sort_unstable();
        codes.dedup();
        codes.len() as u64
    };
    Ok(column(groups.each_with(Vec::new, count)))
}

/// The value that is less (or greater) than all others of its group. Of equal values that of the row of least id is taken,
/// since −0 and 0 are equal and not the same.
fn extreme(groups: &Groups, values: &Series, wanted: Ordering) -> Result<Column, Problem> {
    let physical = values.to_physical_repr();
    let at = match physical.dtype() {
        DataType::String => {
            let held = physical.str().map_err(bug)?;
            best(groups, wanted, |at| held.get(at), Ord::cmp)
        }
        DataType::Binary => {
            let held = physical.binary().map_err(bug)?;
            best(groups, wanted, |at| held.get(at), Ord::cmp)
        }
        DataType::Boolean => {
            let held = physical.bool().map_err(bug)?;
            best(groups, wanted, |at| held.get(at), Ord::cmp)
        }
        DataType::Float32 | DataType::Float64 => {
            let held = physical.cast(&DataType::Float64).map_err(bug)?;
            let held = held.f64().map_err(bug)?;
            // NaN loses against everything, so it counts as greatest or least.
            let order = |a: &f64, b: &f64| match (a.is_nan(), b.is_nan()) {
                (false, false) => a.partial_cmp(b).unwrap_or(Ordering::Equal),
                (true, true) => Ordering::Equal,
                (true, false) => wanted.reverse(),
                (false, true) => wanted,
            };
            best(groups, wanted, |at| held.get(at), order)
        }
        DataType::UInt64 => {
            let held = physical.u64().map_err(bug)?;
            best(groups, wanted, |at| held.get(at), Ord::cmp)
        }
        _ => {
            let held = physical.cast(&DataType::Int64).map_err(bug)?;
            let held = held.i64().map_err(bug)?;
            best(groups, wanted, |at| held.get(at), Ord::cmp)
        }
    };
    values.take(&at).map(IntoColumn::into_column).map_err(bug)
}

/// Per group, the position of its best value.
fn best<T>(
    groups: &Groups,
    wanted: Ordering,
    value: impl Fn(usize) -> Option<T> + Sync,
    order: impl Fn(&T, &T) -> Ordering + Sync,
) -> IdxCa {
    let best = |rows: &[IdxSize]| {
        let mut best: Option<(T, IdxSize)> = None;
        for at in rows {
            let Some(found) = value(*at as usize) else { continue };
            let better = best.as_ref().is_none_or(|(best, best_at)| match order(&found, best) {
                Ordering::Equal => groups.rows[*at as usize] < groups.rows[*best_at as usize],
                order => order == wanted,
            });
            if better {
                best = Some((found, *at));
            }
        }
        best.map(|(_, at)| at)
    };
    groups.each(best).into_iter().collect()
}
