//! The values of window functions.

use super::super::order::{Order, codes};
use super::slide::{Counted, Floats, Integers, Least, Moment, Slide, slide};
use super::{Frame, WindowColumn, WindowFunction as F};
use crate::Problem;
use crate::flight::bug;
use mlspec_table::polars::prelude::*;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::ops::Range;

/// The rows of a part by place, as positions in the frame, and which are equal in the order.
struct Part<'a> {
    rows: &'a [IdxSize],
    peers: Vec<Range<usize>>,
    frame: Frame,
}

impl<'a> Part<'a> {
    fn new(rows: &'a [IdxSize], order: &Order, frame: Frame) -> Self {
        let mut peers: Vec<Range<usize>> = Vec::with_capacity(rows.len());
        for equal in rows.chunk_by(|one, other| order.by_columns(*one as usize, *other as usize).is_eq()) {
            let start = peers.len();
            peers.extend(std::iter::repeat_n(start..start + equal.len(), equal.len()));
        }
        Self { rows, peers, frame }
    }

    fn frames(&self) -> impl Iterator<Item = Range<usize>> {
        self.peers.iter().enumerate().map(|(at, peers)| self.frame.range(at, self.rows.len(), peers))
    }

    /// One value per row, of what lies in its frame.
    fn slide<S: Slide>(&self, held: S) -> Vec<S::Value> {
        slide(held, self.frames())
    }

    fn position(&self, place: usize) -> usize {
        self.rows[place] as usize
    }
}

/// The values of a column, for every row of the frame.
pub(super) fn column(
    made: &WindowColumn,
    frame: &DataFrame,
    sorted: &[Vec<IdxSize>],
    order: &Order,
) -> Result<Column, Problem> {
    let rows = frame.height();
    let over = made.frame.unwrap_or_default();
    let parts = || sorted.par_iter().map(|rows| Part::new(rows, order, over));
    let read = || {
        let name = made.column.as_deref().unwrap_or_default();
        Ok::<_, Problem>(frame.column(name).map_err(bug)?.as_materialized_series().rechunk())
    };
    match made.function {
        F::RowNumber | F::Rank | F::DenseRank | F::Ntile => {
            let places = parts().map(|part| (part.rows, place(made, &part))).collect();
            Ok(column_of(scattered(rows, places, 0)))
        }
        F::PercentRank | F::CumeDist => {
            let shares = parts().map(|part| (part.rows, share(made.function, &part))).collect();
            Ok(column_of(scattered(rows, shares, 0.0)))
        }
        F::Count => {
            let values = made.column.is_some().then(read).transpose()?.map(|values| values.is_not_null());
            let counts = parts().map(|part| {
                let held = |place| values.as_ref().is_none_or(|held| held.get(part.position(place)) == Some(true));
                (part.rows, part.slide(Counted { held: &held, count: 0 }))
            });
            Ok(column_of(scattered(rows, counts.collect(), 0_u64)))
        }
        F::Sum if read()?.dtype().is_integer() => integers(&read()?, rows, parts().collect()),
        F::Sum => floats(&read()?, rows, parts().collect(), Moment::Sum),
        F::Mean => floats(&read()?, rows, parts().collect(), Moment::Mean),
        F::Var => floats(&read()?, rows, parts().collect(), Moment::Variance),
        F::Std => floats(&read()?, rows, parts().collect(), Moment::Deviation),
        F::Min | F::Max => extreme(&read()?, rows, parts().collect(), made.function),
        F::Lag | F::Lead | F::FirstValue | F::LastValue | F::NthValue => {
            let places = parts().map(|part| (part.rows, chosen(made, &part)));
            let taken = scattered(rows, places.collect(), None);
            picked(&read()?, taken, made)
        }
    }
}

fn column_of<T, P: ?Sized>(values: T) -> Column
where
    Series: NamedFrom<T, P>,
{
    Series::new(PlSmallStr::EMPTY, values).into_column()
}

/// Puts values of parts at their rows' positions.
fn scattered<T: Clone>(rows: usize, parts: Vec<(&[IdxSize], Vec<T>)>, nothing: T) -> Vec<T> {
    let mut all = vec![nothing; rows];
    for (rows, values) in parts {
        for (at, value) in rows.iter().zip(values) {
            all[*at as usize] = value;
        }
    }
    all
}

fn place(made: &WindowColumn, part: &Part<'_>) -> Vec<i64> {
    let rows = part.rows.len();
    let buckets = usize::try_from(made.n.unwrap_or(1)).unwrap_or(usize::MAX);
    // The first buckets have a row more.
    let (size, larger) = (rows / buckets, rows % buckets);
    let bucket = |at: usize| match at < larger * (size + 1) {
        true => at / (size + 1),
        false => larger + (at - larger * (size + 1)) / size.max(1),
    };
    let mut dense = 0;
    let of = |(at, peers): (usize, &Range<usize>)| {
        dense += usize::from(peers.start == at);
        let place = match made.function {
            F::Rank => peers.start + 1,
            F::DenseRank => dense,
            F::Ntile => bucket(at) + 1,
            _ => at + 1,
        };
        i64::try_from(place).unwrap_or(i64::MAX)
    };
    part.peers.iter().enumerate().map(of).collect()
}

fn share(function: F, part: &Part<'_>) -> Vec<f64> {
    let rows = part.rows.len();
    let of = |peers: &Range<usize>| match function {
        F::CumeDist => peers.end as f64 / rows as f64,
        _ if rows == 1 => 0.0,
        _ => peers.start as f64 / (rows - 1) as f64,
    };
    part.peers.iter().map(of).collect()
}

/// The position of the row whose value is taken, if there is such a row.
fn chosen(made: &WindowColumn, part: &Part<'_>) -> Vec<Option<IdxSize>> {
    let n = usize::try_from(made.n.unwrap_or(1)).unwrap_or(usize::MAX);
    let of = |(at, frame): (usize, Range<usize>)| {
        let place = match made.function {
            F::Lag => at.checked_sub(n),
            F::Lead => at.checked_add(n),
            F::FirstValue => Some(frame.start).filter(|place| frame.contains(place)),
            F::LastValue => frame.end.checked_sub(1).filter(|place| frame.contains(place)),
            _ => frame.start.checked_add(n - 1).filter(|place| frame.contains(place)),
        };
        place.and_then(|place| part.rows.get(place).copied())
    };
    part.frames().enumerate().map(of).collect()
}

fn picked(values: &Series, taken: Vec<Option<IdxSize>>, made: &WindowColumn) -> Result<Column, Problem> {
    let there: BooleanChunked = taken.iter().map(|at| Some(at.is_some())).collect();
    let taken: IdxCa = taken.into_iter().collect();
    let picked = values.take(&taken).map_err(bug)?;
    let Some(default) = &made.default else { return Ok(picked.into_column()) };
    let name = made.column.as_deref().unwrap_or_default();
    let default = default.fitting(name, values.dtype())?.take_materialized_series();
    let default = default.new_from_index(0, picked.len());
    picked.zip_with(&there, &default).map(IntoColumn::into_column).map_err(bug)
}

/// The integers' exact sum, as `int64`, or as `u_int64` if they are unsigned.
fn integers(values: &Series, rows: usize, parts: Vec<Part<'_>>) -> Result<Column, Problem> {
    let unsigned = values.dtype().is_unsigned_integer();
    let wide = |to: &DataType| values.cast(to).map_err(bug);
    let (signed, large) = (wide(&DataType::Int64), wide(&DataType::UInt64));
    let held: Vec<Option<i128>> = match unsigned {
        true => large?.u64().map_err(bug)?.iter().map(|value| value.map(i128::from)).collect(),
        false => signed?.i64().map_err(bug)?.iter().map(|value| value.map(i128::from)).collect(),
    };
    let sums = parts.par_iter().map(|part| {
        let value = |place| held[part.position(place)];
        (part.rows, part.slide(Integers { values: &value, sum: 0 }))
    });
    let sums = scattered(rows, sums.collect(), 0_i128).into_iter();
    let overflow = || Problem::Overflow(values.name().to_string());
    Ok(match unsigned {
        true => column_of(sums.map(|sum| u64::try_from(sum).ok()).collect::<Option<Vec<u64>>>().ok_or_else(overflow)?),
        false => column_of(sums.map(|sum| i64::try_from(sum).ok()).collect::<Option<Vec<i64>>>().ok_or_else(overflow)?),
    })
}

fn floats(values: &Series, rows: usize, parts: Vec<Part<'_>>, moment: Moment) -> Result<Column, Problem> {
    let values = values.cast(&DataType::Float64).map_err(bug)?;
    let values = values.f64().map_err(bug)?;
    let made = parts.par_iter().map(|part| {
        let value = |place| values.get(part.position(place));
        (part.rows, part.slide(Floats::new(&value, moment, part.rows.len())))
    });
    Ok(column_of(scattered(rows, made.collect(), None)))
}

/// Of equal values that of the row that comes first in the order is taken, since −0 and 0 are equal and not the same.
fn extreme(values: &Series, rows: usize, parts: Vec<Part<'_>>, function: F) -> Result<Column, Problem> {
    let codes = codes(values, function == F::Max, false)?;
    let held = values.is_not_null();
    let nan = match values.dtype().is_float() {
        true => values.is_nan().map_err(bug)?,
        false => BooleanChunked::full(PlSmallStr::EMPTY, false, values.len()),
    };
    let taken = parts.par_iter().map(|part| {
        let key = |place: usize| {
            let at = part.position(place);
            let code = if nan.get(at) == Some(true) { u32::MAX } else { codes[at] };
            (held.get(at) == Some(true)).then_some((code, place as u64))
        };
        let places = part.slide(Least { keys: &key, held: BTreeSet::new() });
        let rows = places.into_iter().map(|place| place.and_then(|place| part.rows.get(place).copied()));
        (part.rows, rows.collect())
    });
    let taken: IdxCa = scattered(rows, taken.collect(), None).into_iter().collect();
    values.take(&taken).map(IntoColumn::into_column).map_err(bug)
}
