//! The operators, each with its parameters, its lineage rule and its tests.

mod aggregate;
mod cast;
mod concat;
mod derive;
mod distinct;
mod drop_nulls;
mod fill_nulls;
mod filter;
mod group_by;
mod groups;
mod join;
mod map;
mod rename;
mod select;
mod sums;

pub use aggregate::{Aggregate, AggregateFunction};
pub use cast::Cast;
pub use concat::Concat;
pub use derive::Derive;
pub use distinct::Distinct;
pub use drop_nulls::DropNulls;
pub use fill_nulls::{Constant, FillNulls};
pub use filter::Filter;
pub use group_by::GroupBy;
pub use join::Join;
pub(crate) use join::{InnerJoin, LeftJoin};
pub use map::Map;
pub use rename::Rename;
pub use select::Select;

use crate::shape::Shape;
use crate::{Flight, Problem};

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

/// The names of a table's columns.
pub(crate) fn names(shape: &Shape) -> impl Iterator<Item = &str> {
    shape.schema.names()
}

/// Keeps rows by a condition that polars evaluates, and counts the others.
pub(crate) fn keep_rows(
    run: &mut crate::engine::Run,
    flight: Flight,
    condition: mlspec_table::polars::prelude::Expr,
    what: &str,
) -> Result<Flight, Problem> {
    use mlspec_table::polars::prelude::IntoLazy as _;
    let kept = flight.frame.clone().lazy().filter(condition).collect().map_err(crate::flight::data(what))?;
    run.lose(&flight, &crate::flight::ids(&kept, mlspec_table::ROW)?, true)?;
    Ok(flight.with(kept))
}
