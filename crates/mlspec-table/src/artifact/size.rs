//! How many bytes the values of rows have: a function of the values, as [`rows_digest`](super::rows_digest) is.
//!
//! Numbers and moments have their width, booleans a byte, texts and lists eight bytes and what they hold; a null is as large as an
//! empty value.

use crate::{TableError, from_polars};
use mlspec_record::DataType;
use polars::prelude as pl;
use polars::prelude::{DataFrame, Series};

/// The size of each row of a frame that begins with ids.
pub(super) fn row_sizes(frame: &DataFrame) -> Result<Vec<u64>, TableError> {
    let mut sizes = vec![0; frame.height()];
    for column in frame.columns() {
        add(column.as_materialized_series(), &mut sizes)?;
    }
    Ok(sizes)
}

/// What all values of such types have, whatever they are.
fn width(data_type: DataType) -> u64 {
    match data_type {
        DataType::Boolean | DataType::Int8 | DataType::UInt8 => 1,
        DataType::Int16 | DataType::UInt16 => 2,
        DataType::Int32 | DataType::UInt32 | DataType::Float32 | DataType::Date => 4,
        _ => 8,
    }
}

fn add(series: &Series, sizes: &mut [u64]) -> Result<(), TableError> {
    let unsupported = || TableError::Type { column: series.name().to_string(), found: series.dtype().to_string() };
    let fixed = match series.dtype() {
        pl::DataType::List(_) | pl::DataType::UInt64 => 8,
        other => width(from_polars(other).ok_or_else(unsupported)?),
    };
    sizes.iter_mut().for_each(|size| *size += fixed);
    match series.dtype() {
        pl::DataType::String => {
            let lengths = series.str()?.iter().map(|text| text.map_or(0, str::len));
            sizes.iter_mut().zip(lengths).for_each(|(size, length)| *size += length as u64);
        }
        pl::DataType::Binary => {
            let lengths = series.binary()?.iter().map(|bytes| bytes.map_or(0, <[u8]>::len));
            sizes.iter_mut().zip(lengths).for_each(|(size, length)| *size += length as u64);
        }
        pl::DataType::List(_) => lists(series.list()?, sizes)?,
        _ => {}
    }
    Ok(())
}

fn lists(column: &pl::ListChunked, sizes: &mut [u64]) -> Result<(), TableError> {
    let mut sizes = sizes.iter_mut();
    for array in column.downcast_iter() {
        let (first, length) = (*array.offsets().first() as usize, array.offsets().range() as usize);
        let mut inner = vec![0; length];
        add(&Series::from_arrow(pl::PlSmallStr::EMPTY, array.values().sliced(first, length))?, &mut inner)?;
        let mut values = inner.iter();
        for (at, length) in array.offsets().lengths().enumerate() {
            let held: u64 = values.by_ref().take(length).sum();
            let there = array.validity().is_none_or(|valid| valid.get_bit(at));
            sizes.next().into_iter().for_each(|size| *size += if there { held } else { 0 });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ROW;
    use polars::prelude::*;

    #[test]
    fn sizes_follow_values_and_not_buffers() {
        let list = |values: &[u32]| Some(Series::new("".into(), values));
        let lists: ListChunked = [list(&[1, 2]), None, list(&[]), list(&[7])].into_iter().collect();
        let frame = df!(
            ROW => [1_u64, 2, 3, 4],
            "n" => [Some(1_i32), None, Some(2), Some(3)],
            "t" => [Some("abc"), Some(""), None, Some("ä")],
            "l" => lists.into_series()
        )
        .unwrap();
        let expected = [8 + 4 + 11 + 16, 8 + 4 + 8 + 8, 8 + 4 + 8 + 8, 8 + 4 + 10 + 12];
        assert_eq!(row_sizes(&frame).unwrap(), expected);
        assert_eq!(row_sizes(&frame.slice(2, 2)).unwrap(), expected[2..]);
        let (head, tail) = frame.split_at(1);
        assert_eq!(row_sizes(&head.vstack(&tail).unwrap()).unwrap(), expected);
    }
}
