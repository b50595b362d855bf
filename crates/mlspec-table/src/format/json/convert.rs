//! Cells to columns, strictly.

use super::cell::Cell;
use crate::format::infer::Misfit;
use crate::format::text;
use mlspec_record::DataType;
use polars::prelude::{
    BooleanChunked, ChunkedArray, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, IntoSeries,
    ListBuilderTrait as _, ListPrimitiveChunkedBuilder, ListStringChunkedBuilder, PolarsNumericType, Series,
    StringChunked, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};

/// A column of so many rows; rows beyond the cells are null.
pub(super) fn convert(cells: Option<&[Cell]>, rows: usize, data_type: DataType) -> Result<Series, Misfit> {
    let cells = Values { cells: cells.unwrap_or_default(), rows };
    let series = match data_type {
        DataType::Boolean => cells.collect::<_, BooleanChunked>(|cell| match cell {
            Cell::Boolean(value) => Some(*value),
            _ => None,
        })?,
        DataType::Int8 => cells.integers::<Int8Type>()?,
        DataType::Int16 => cells.integers::<Int16Type>()?,
        DataType::Int32 => cells.integers::<Int32Type>()?,
        DataType::Int64 => cells.integers::<Int64Type>()?,
        DataType::UInt8 => cells.integers::<UInt8Type>()?,
        DataType::UInt16 => cells.integers::<UInt16Type>()?,
        DataType::UInt32 => cells.integers::<UInt32Type>()?,
        DataType::UInt64 => cells.integers::<UInt64Type>()?,
        DataType::Float32 => cells.collect::<_, ChunkedArray<Float32Type>>(|cell| Some(float(cell)? as f32))?,
        DataType::Float64 => cells.collect::<_, ChunkedArray<Float64Type>>(float)?,
        DataType::Date => cells.texts::<Int32Type>(text::date)?,
        DataType::Time => cells.texts::<Int64Type>(text::time)?,
        DataType::Datetime => cells.texts::<Int64Type>(text::datetime)?,
        DataType::DatetimeUtc => cells.texts::<Int64Type>(text::datetime_utc)?,
        DataType::ListUInt32 => cells.lists::<UInt32Type>(|cell| u32::try_from(integer(cell)?).ok())?,
        DataType::ListUInt64 => cells.lists::<UInt64Type>(|cell| u64::try_from(integer(cell)?).ok())?,
        DataType::ListFloat64 => cells.lists::<Float64Type>(float)?,
        DataType::ListString => cells.text_lists()?,
        _ => cells.collect::<_, StringChunked>(as_text)?,
    };
    series.cast(&crate::to_polars(data_type)).map_err(|_| Misfit(0))
}

/// Whether a cell is a value of a type, or null.
pub(super) fn fits(cell: &Cell, data_type: DataType) -> bool {
    fn whole<T: TryFrom<i128>>(cell: &Cell) -> bool {
        integer(cell).is_some_and(|value| T::try_from(value).is_ok())
    }
    let text = |parse: &dyn Fn(&str) -> bool| as_text(cell).is_some_and(parse);
    let items = |fits: &dyn Fn(&Cell) -> bool| {
        list(cell).is_some_and(|cells| cells.iter().all(|cell| *cell == Cell::Null || fits(cell)))
    };
    *cell == Cell::Null
        || match data_type {
            DataType::Boolean => matches!(cell, Cell::Boolean(_)),
            DataType::Int8 => whole::<i8>(cell),
            DataType::Int16 => whole::<i16>(cell),
            DataType::Int32 => whole::<i32>(cell),
            DataType::Int64 => whole::<i64>(cell),
            DataType::UInt8 => whole::<u8>(cell),
            DataType::UInt16 => whole::<u16>(cell),
            DataType::UInt32 => whole::<u32>(cell),
            DataType::UInt64 => whole::<u64>(cell),
            DataType::Float32 | DataType::Float64 => float(cell).is_some(),
            DataType::Date => text(&|value| text::date(value).is_some()),
            DataType::Time => text(&|value| text::time(value).is_some()),
            DataType::Datetime => text(&|value| text::datetime(value).is_some()),
            DataType::DatetimeUtc => text(&|value| text::datetime_utc(value).is_some()),
            DataType::ListUInt32 => items(&whole::<u32>),
            DataType::ListUInt64 => items(&whole::<u64>),
            DataType::ListFloat64 => items(&|cell| float(cell).is_some()),
            DataType::ListString => items(&|cell| as_text(cell).is_some()),
            _ => as_text(cell).is_some(),
        }
}

fn integer(cell: &Cell) -> Option<i128> {
    match cell {
        Cell::Integer(value) => Some(i128::from(*value)),
        Cell::Unsigned(value) => Some(i128::from(*value)),
        _ => None,
    }
}

fn float(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Float(value) => Some(*value),
        other => integer(other).map(|value| value as f64),
    }
}

fn as_text(cell: &Cell) -> Option<&str> {
    match cell {
        Cell::Text(text) => Some(text),
        _ => None,
    }
}

struct Values<'a> {
    cells: &'a [Cell],
    rows: usize,
}

impl<'a> Values<'a> {
    fn each<T>(&self, value: impl Fn(&'a Cell) -> Option<T>) -> impl Iterator<Item = Result<Option<T>, Misfit>> {
        let missing = self.rows.saturating_sub(self.cells.len());
        let found = self.cells.iter().enumerate().map(move |(at, cell)| match cell {
            Cell::Null => Ok(None),
            cell => value(cell).map(Some).ok_or(Misfit(at)),
        });
        found.chain((0..missing).map(|_| Ok(None)))
    }

    fn collect<T, C: FromIterator<Option<T>> + IntoSeries>(
        &self,
        value: impl Fn(&'a Cell) -> Option<T>,
    ) -> Result<Series, Misfit> {
        Ok(self.each(value).collect::<Result<C, _>>()?.into_series())
    }

    fn integers<T: PolarsNumericType>(&self) -> Result<Series, Misfit>
    where
        T::Native: TryFrom<i128>,
        ChunkedArray<T>: FromIterator<Option<T::Native>> + IntoSeries,
    {
        self.collect::<_, ChunkedArray<T>>(|cell| T::Native::try_from(integer(cell)?).ok())
    }

    fn texts<T: PolarsNumericType>(&self, parse: impl Fn(&str) -> Option<T::Native>) -> Result<Series, Misfit>
    where
        ChunkedArray<T>: FromIterator<Option<T::Native>> + IntoSeries,
    {
        self.collect::<_, ChunkedArray<T>>(|cell| parse(as_text(cell)?))
    }

    fn lists<T: PolarsNumericType>(&self, value: impl Fn(&Cell) -> Option<T::Native>) -> Result<Series, Misfit> {
        let inner = T::get_static_dtype();
        let mut builder = ListPrimitiveChunkedBuilder::<T>::new(Default::default(), self.rows, self.cells.len(), inner);
        for (at, cells) in self.each(list).enumerate() {
            match cells? {
                None => builder.append_null(),
                Some(cells) => {
                    let items = cells.iter().map(|cell| item(cell, at, &value)).collect::<Result<Vec<_>, _>>()?;
                    builder.append_iter(items.into_iter());
                }
            }
        }
        Ok(builder.finish().into_series())
    }

    fn text_lists(&self) -> Result<Series, Misfit> {
        let mut builder = ListStringChunkedBuilder::new(Default::default(), self.rows, self.cells.len());
        for (at, cells) in self.each(list).enumerate() {
            match cells? {
                None => builder.append_null(),
                Some(cells) => {
                    let items =
                        cells.iter().map(|cell| item(cell, at, &as_text)).collect::<Result<StringChunked, _>>()?;
                    builder.append_series(&items.into_series()).map_err(|_| Misfit(at))?;
                }
            }
        }
        Ok(builder.finish().into_series())
    }
}

fn list(cell: &Cell) -> Option<&[Cell]> {
    match cell {
        Cell::List(cells) => Some(cells),
        _ => None,
    }
}

fn item<'a, T>(cell: &'a Cell, row: usize, value: &impl Fn(&'a Cell) -> Option<T>) -> Result<Option<T>, Misfit> {
    match cell {
        Cell::Null => Ok(None),
        cell => value(cell).map(Some).ok_or(Misfit(row)),
    }
}
