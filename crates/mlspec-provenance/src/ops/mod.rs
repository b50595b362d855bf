//! The operators, each with its parameters, its lineage rule and its tests.

mod aggregate;
mod asof_join;
mod cast;
mod concat;
mod cross_join;
mod derive;
mod distinct;
mod drop_nulls;
mod drop_outliers;
mod explode;
mod fill_nulls;
mod filter;
mod group_by;
mod groups;
#[cfg(test)]
mod hostile;
mod join;
mod limit;
mod map;
mod order;
mod ordered;
mod pivot;
mod rename;
mod sample;
mod select;
mod semi_join;
mod sums;
mod unpivot;
mod window;

pub use aggregate::{Aggregate, AggregateFunction};
pub use asof_join::{AsofJoin, Direction};
pub use cast::Cast;
pub use concat::Concat;
pub use cross_join::CrossJoin;
pub use derive::Derive;
pub use distinct::Distinct;
pub use drop_nulls::DropNulls;
pub use drop_outliers::{DropOutliers, OutlierRule, PercentileBounds};
pub use explode::Explode;
pub use fill_nulls::{Constant, FillNulls};
pub use filter::Filter;
pub use group_by::GroupBy;
pub use join::Join;
pub(crate) use join::{FullJoin, InnerJoin, LeftJoin, RightJoin};
pub use limit::Limit;
pub use map::Map;
pub use order::OrderBy;
pub use pivot::Pivot;
pub use rename::Rename;
pub use sample::Sample;
pub use select::Select;
pub(crate) use semi_join::ByPartner;
pub use unpivot::Unpivot;
pub use window::{Frame, FrameUnit, Window, WindowColumn, WindowFunction};

use crate::engine::Run;
use crate::flight::{bug, data};
use crate::shape::Shape;
use crate::{Flight, Problem};
use mlspec_record::DataType;
use mlspec_table::polars::prelude::{DataFrame, Expr, IntoColumn as _, IntoLazy as _};

/// The one input of an operator that has one.
pub(crate) fn one<T>(inputs: Vec<T>) -> Result<T, Problem> {
    inputs.into_iter().next().ok_or_else(|| Problem::Parameter("the operator has no input".to_owned()))
}

/// Both inputs of an operator that has two.
pub(crate) fn two<T>(inputs: Vec<T>) -> Result<(T, T), Problem> {
    let mut inputs = inputs.into_iter();
    match (inputs.next(), inputs.next()) {
        (Some(left), Some(right)) => Ok((left, right)),
        _ => Err(Problem::Parameter("the operator has not two inputs".to_owned())),
    }
}

/// Whether a type holds lists, which have no order and are no keys.
pub(crate) fn is_list(data_type: DataType) -> bool {
    use DataType::{ListFloat64, ListString, ListUInt32, ListUInt64};
    matches!(data_type, ListUInt32 | ListUInt64 | ListFloat64 | ListString)
}

/// The names of a table's columns.
pub(crate) fn names(shape: &Shape) -> impl Iterator<Item = &str> {
    shape.schema.names()
}

/// A column of one value is a constant to polars, and floating point takes other ways with constants: `x / y` becomes
/// `x * (1 / y)`, and `x + 0` becomes `x`. So that a row's values never depend on how many other rows there are, nor on how
/// they lie in memory, one row is computed beside itself, and columns are whole.
pub(crate) fn in_columns<T>(
    frame: &DataFrame,
    compute: impl FnOnce(DataFrame) -> Result<T, Problem>,
    head: impl FnOnce(T) -> T,
) -> Result<T, Problem> {
    let height = frame.height();
    let whole = frame.columns().iter().map(|column| column.as_materialized_series().rechunk().into_column());
    let mut whole = DataFrame::new(height, whole.collect()).map_err(bug)?;
    if height != 1 {
        return compute(whole);
    }
    whole.vstack_mut_owned(whole.clone()).map_err(bug)?;
    whole.rechunk_mut();
    compute(whole).map(head)
}

/// Adds columns by row-wise expressions.
pub(crate) fn with_columns(frame: &DataFrame, exprs: Vec<Expr>, what: &str) -> Result<DataFrame, Problem> {
    let compute = |whole: DataFrame| whole.lazy().with_columns(exprs).collect().map_err(data(what));
    in_columns(frame, compute, |computed| computed.head(Some(1)))
}

/// Keeps rows by a condition that polars evaluates, and counts the others.
pub(crate) fn keep_rows(run: &mut Run, flight: Flight, condition: Expr, what: &str) -> Result<Flight, Problem> {
    const CONDITION: &str = "@condition";
    let judged = with_columns(&flight.frame, vec![condition.alias(CONDITION)], what)?;
    let mask = judged.column(CONDITION).and_then(|column| column.bool().cloned()).map_err(bug)?;
    let kept = flight.frame.filter(&mask).map_err(bug)?;
    run.lose(&flight, &crate::flight::ids(&kept, mlspec_table::ROW)?, true)?;
    Ok(flight.with(kept))
}
