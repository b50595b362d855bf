//! The aggregates of `group_by` that depend on the order of rows.

use super::aggregate::{Aggregate, AggregateFunction};
use super::groups::Groups;
use super::order::Order;
use crate::Problem;
use crate::flight::bug;
use mlspec_table::polars::prelude::*;

/// One value per group.
pub(super) fn compute(
    aggregate: &Aggregate,
    groups: &Groups,
    values: &Series,
    order: &Order,
) -> Result<Column, Problem> {
    match aggregate.function {
        AggregateFunction::First => {
            picked(groups, values, |rows| rows.iter().copied().min_by(|one, other| order.compare(*one, *other)))
        }
        AggregateFunction::Last => {
            picked(groups, values, |rows| rows.iter().copied().max_by(|one, other| order.compare(*one, *other)))
        }
        AggregateFunction::Join => join(groups, values, order, aggregate.separator.as_deref().unwrap_or(",")),
        _ => lists(groups, values, order),
    }
}

fn picked(
    groups: &Groups,
    values: &Series,
    choose: impl Fn(&[IdxSize]) -> Option<IdxSize> + Sync,
) -> Result<Column, Problem> {
    let at: IdxCa = groups.each(choose).into_iter().collect();
    values.take(&at).map(IntoColumn::into_column).map_err(bug)
}

/// The rows of a group that have a value, in order.
fn held(rows: &[IdxSize], there: &BooleanChunked, order: &Order) -> Vec<IdxSize> {
    let mut rows: Vec<IdxSize> = rows.iter().copied().filter(|at| there.get(*at as usize) == Some(true)).collect();
    order.sort(&mut rows);
    rows
}

fn join(groups: &Groups, values: &Series, order: &Order, separator: &str) -> Result<Column, Problem> {
    let (texts, there) = (values.str().map_err(bug)?, values.is_not_null());
    let joined = groups.each(|rows| {
        let texts: Vec<&str> = held(rows, &there, order).iter().filter_map(|at| texts.get(*at as usize)).collect();
        texts.join(separator)
    });
    Ok(Column::new(PlSmallStr::EMPTY, joined))
}

fn lists(groups: &Groups, values: &Series, order: &Order) -> Result<Column, Problem> {
    let there = values.is_not_null();
    let rows = groups.each(|rows| held(rows, &there, order));
    let parts = rows.iter().map(|rows| values.take(&IdxCa::from_slice(PlSmallStr::EMPTY, rows)).map(Some).map_err(bug));
    let parts: Vec<Option<Series>> = parts.collect::<Result<_, _>>()?;
    let lists: ListChunked = parts.into_iter().collect();
    lists
        .into_series()
        .cast(&DataType::List(Box::new(values.dtype().clone())))
        .map(IntoColumn::into_column)
        .map_err(bug)
}
