//! Comparisons: constants in quotes are dates and moments where they meet such columns.

use super::cast::constant_of;
use super::translate::{Constant, Typed, is_number, is_text};
use mlspec_table::polars::prelude::*;
use sqlparser::ast::BinaryOperator;

/// Makes constant texts what the other values are: days, moments, times.
pub(crate) fn unify(values: &mut [Typed]) -> Result<(), String> {
    let Some(wanted) = values.iter().map(|value| value.data_type.clone()).find(DataType::is_temporal) else {
        return check_alike(values);
    };
    for value in values.iter_mut() {
        if let Some(Constant::Text(text)) = &value.constant
            && let Some(expr) = constant_of(text, &wanted)?
        {
            *value = Typed { expr, data_type: wanted.clone(), constant: None };
        }
    }
    check_alike(values)
}

/// Texts, truth values, numbers and moments are not compared with each other.
fn check_alike(values: &[Typed]) -> Result<(), String> {
    let kind = |value: &&Typed| match &value.data_type {
        DataType::Null => None,
        data_type if is_text(data_type) => Some("text"),
        data_type if is_number(data_type) => Some("a number"),
        DataType::Boolean => Some("true or false"),
        DataType::Date | DataType::Datetime(..) => Some("a date or moment"),
        DataType::Time => Some("a time"),
        DataType::Duration(_) => Some("a length of time"),
        DataType::Binary => Some("bytes"),
        _ => Some("a list"),
    };
    let mut kinds = values.iter().filter_map(|value| kind(&value));
    let Some(first) = kinds.next() else { return Ok(()) };
    match kinds.find(|kind| *kind != first) {
        None => Ok(()),
        Some(other) => Err(format!("{first} meets {other}; one of them needs a cast")),
    }
}

/// A comparison of two values; null where one of them is.
pub(crate) fn compare(op: &BinaryOperator, left: Typed, right: Typed) -> Result<Expr, String> {
    let mut both = [left, right];
    unify(&mut both)?;
    let [left, right] = both.map(|value| value.expr);
    Ok(match op {
        BinaryOperator::Eq => left.eq(right),
        BinaryOperator::NotEq => left.eq(right).not(),
        BinaryOperator::Lt => left.lt(right),
        BinaryOperator::LtEq => left.lt_eq(right),
        BinaryOperator::Gt => left.gt(right),
        BinaryOperator::GtEq => left.gt_eq(right),
        BinaryOperator::Spaceship => left.eq_missing(right),
        other => return Err(format!("`{other}` compares nothing")),
    })
}

/// `x BETWEEN low AND high`, both included.
pub(crate) fn between(value: Typed, low: Typed, high: Typed, negated: bool) -> Result<Expr, String> {
    let mut all = [value, low, high];
    unify(&mut all)?;
    let [value, low, high] = all.map(|value| value.expr);
    Ok(match negated {
        false => value.clone().gt_eq(low).and(value.lt_eq(high)),
        true => value.clone().lt(low).or(value.gt(high)),
    })
}

/// `x IN (…)`. With a null among the values, what is not found is neither in nor not in.
pub(crate) fn is_in(value: Typed, list: Vec<Typed>, negated: bool) -> Result<Expr, String> {
    let mut all: Vec<Typed> = std::iter::once(value).chain(list).collect();
    unify(&mut all)?;
    let mut all = all.into_iter();
    let Some(value) = all.next() else { return Err("`IN` needs a value".to_owned()) };
    let list: Vec<Typed> = all.collect();
    let found = match constants(&list) {
        Some(constants) => among(&value, constants)?,
        None => {
            let each = list.into_iter().map(|one| value.expr.clone().eq(one.expr));
            each.reduce(Expr::or).unwrap_or_else(|| lit(false))
        }
    };
    Ok(if negated { found.not() } else { found })
}

/// The constants of a list that holds nothing else, nor moments.
fn constants(list: &[Typed]) -> Option<Vec<&Constant>> {
    list.iter().map(|one| one.constant.as_ref()).collect()
}

fn among(value: &Typed, constants: Vec<&Constant>) -> Result<Expr, String> {
    let with_null = constants.iter().any(|one| matches!(one, Constant::Null));
    let held: Vec<AnyValue<'_>> = constants.iter().filter_map(|one| one.any_value()).collect();
    let floats = held.iter().any(|one| matches!(one, AnyValue::Float64(_)));
    let series = Series::from_any_values(PlSmallStr::EMPTY, &held, false).map_err(|error| error.to_string())?;
    let (expr, series) = match (&value.data_type, floats) {
        (data_type, true) if is_number(data_type) => (value.expr.clone().cast(DataType::Float64), series),
        (data_type, false) if data_type.is_float() => {
            (value.expr.clone(), series.cast(data_type).map_err(|error| error.to_string())?)
        }
        (DataType::UInt64, false) => {
            // A negative number is in no such column.
            (value.expr.clone(), series.cast(&DataType::UInt64).map_err(|error| error.to_string())?.drop_nulls())
        }
        (data_type, false) if is_number(data_type) => (value.expr.clone().cast(DataType::Int64), series),
        _ => (value.expr.clone(), series),
    };
    if series.is_empty() {
        // Nothing but nulls, or nothing that could be found.
        let never = if with_null { lit(NULL).cast(DataType::Boolean) } else { lit(false) };
        return Ok(when(expr.is_null()).then(lit(NULL).cast(DataType::Boolean)).otherwise(never));
    }
    let found = expr.is_in(lit(series).implode(false), false);
    Ok(if with_null { found.or(lit(NULL).cast(DataType::Boolean)) } else { found })
}
