//! Values that can be compared: numbers with numbers of any width, and others with their like.

use super::{is_ordered, refused};
use crate::Problem;
use mlspec_record::DataType;
use mlspec_table::polars::prelude::{DataType as PolarsType, Series};
use std::cmp::Ordering;

/// A value that has an order.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Integer(i128),
    Float(f64),
    Text(&'a str),
}

impl Cell<'_> {
    /// The order of two values; nothing where one is NaN.
    pub(crate) fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Integer(one), Self::Integer(other)) => Some(one.cmp(&other)),
            (Self::Text(one), Self::Text(other)) => Some(one.cmp(other)),
            (Self::Float(one), Self::Float(other)) => one.partial_cmp(&other),
            (Self::Integer(one), Self::Float(other)) => between(one, other),
            (Self::Float(one), Self::Integer(other)) => between(other, one).map(Ordering::reverse),
            _ => None,
        }
    }

    /// Whether it is NaN, which has no order.
    pub(crate) fn is_nan(self) -> bool {
        matches!(self, Self::Float(value) if value.is_nan())
    }
}

/// An integer beside a float, without rounding the integer.
fn between(integer: i128, float: f64) -> Option<Ordering> {
    if float.is_nan() {
        return None;
    }
    // Beyond what integers of tables reach the cast stops at the ends, which keeps the order.
    let whole = float.floor() as i128;
    Some(integer.cmp(&whole).then(if float.fract() == 0.0 { Ordering::Equal } else { Ordering::Less }))
}

/// Whether values of one type can be compared with values of the other.
pub(crate) fn comparable(one: DataType, other: DataType) -> bool {
    let number = |of: DataType| of.is_numeric();
    (number(one) && number(other))
        || (one == other && (is_ordered(one) || one == DataType::String))
        || (one == other && one == DataType::Boolean)
}

/// Some values of a column.
pub(crate) fn cells(values: &Series) -> Result<Vec<Option<Cell<'_>>>, Problem> {
    let integers = |values: &Series| -> Result<Vec<Option<Cell<'static>>>, Problem> {
        let values = values.cast(&PolarsType::Int64).map_err(refused)?;
        Ok(values.i64().map_err(refused)?.iter().map(|value| Some(Cell::Integer(value?.into()))).collect())
    };
    Ok(match values.dtype() {
        PolarsType::String => values.str().map_err(refused)?.iter().map(|text| text.map(Cell::Text)).collect(),
        PolarsType::Float32 | PolarsType::Float64 => {
            let values = values.cast(&PolarsType::Float64).map_err(refused)?;
            values.f64().map_err(refused)?.iter().map(|value| value.map(Cell::Float)).collect()
        }
        PolarsType::UInt64 => {
            values.u64().map_err(refused)?.iter().map(|value| Some(Cell::Integer(value?.into()))).collect()
        }
        _ => integers(&values.to_physical_repr())?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_without_rounding() {
        let big = 1_i128 << 53;
        for (one, other, expect) in [
            (Cell::Integer(big + 1), Cell::Float(big as f64), Some(Ordering::Greater)),
            (Cell::Float(big as f64), Cell::Integer(big), Some(Ordering::Equal)),
            (Cell::Integer(-2), Cell::Float(-1.5), Some(Ordering::Less)),
            (Cell::Integer(-1), Cell::Float(-1.5), Some(Ordering::Greater)),
            (Cell::Integer(i128::from(u64::MAX)), Cell::Float(f64::INFINITY), Some(Ordering::Less)),
            (Cell::Integer(i128::from(i64::MIN)), Cell::Float(f64::NEG_INFINITY), Some(Ordering::Greater)),
            (Cell::Float(0.0), Cell::Float(-0.0), Some(Ordering::Equal)),
            (Cell::Integer(1), Cell::Float(f64::NAN), None),
            (Cell::Text("a"), Cell::Text("b"), Some(Ordering::Less)),
        ] {
            assert_eq!(one.order(other), expect, "{one:?} {other:?}");
            assert_eq!(other.order(one), expect.map(Ordering::reverse), "{other:?} {one:?}");
        }
    }
}
