//! Hashes of rows: equal values, equal hashes.

use crate::TableError;
use polars::prelude as pl;
use polars::prelude::{Column, DataFrame, Series};
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_128;

/// How many rows are hashed at a time.
const BLOCK: usize = 8_192;

/// When two floats count as equal; all other values are equal when they are the same. Every NaN is the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Equality {
    /// As values in a table: −0 is not 0, as in [`crate::rows_digest`].
    Value,
    /// As keys: −0 is 0.
    Key,
}

/// A hash of each row over these columns, in this order. A null equals a null, and nothing else.
///
/// # Errors
/// When a column is missing or of a type that tables do not hold.
pub fn row_hashes(frame: &DataFrame, columns: &[&str], equality: Equality) -> Result<Vec<u128>, TableError> {
    let columns = columns.iter().map(|name| frame.column(name)).collect::<Result<Vec<_>, _>>()?;
    let height = frame.height();
    let blocks = (0..height.div_ceil(BLOCK)).into_par_iter().map(|block| {
        let start = block * BLOCK;
        let length = BLOCK.min(height - start);
        let mut rows = vec![0_u128; length];
        for column in &columns {
            mix_column(&mut rows, &column.slice(start as i64, length), equality)?;
        }
        Ok(rows)
    });
    Ok(blocks.collect::<Result<Vec<_>, TableError>>()?.concat())
}

fn mix_column(rows: &mut [u128], column: &Column, equality: Equality) -> Result<(), TableError> {
    mix(rows, column.as_materialized_series(), equality)
}

/// Puts a value of at most 16 bytes into a row's hash.
fn put(row: &mut u128, value: Option<&[u8]>) {
    let mut bytes = [0; 33];
    bytes[..16].copy_from_slice(&row.to_le_bytes());
    if let Some(value) = value {
        bytes[16..16 + value.len()].copy_from_slice(value);
        bytes[32] = 1;
    }
    *row = xxh3_128(&bytes);
}

/// Puts a value of any length into a row's hash.
fn put_long(row: &mut u128, value: Option<&[u8]>) {
    put(row, value.map(|value| xxh3_128(value).to_le_bytes()).as_ref().map(<[u8; 16]>::as_slice));
}

macro_rules! mix_numbers {
    ($rows:expr, $column:expr, $encode:expr) => {{
        let encode = $encode;
        for (row, value) in $rows.iter_mut().zip($column.iter()) {
            put(row, value.map(|value| encode(value).to_le_bytes()).as_ref().map(|bytes| bytes.as_slice()));
        }
    }};
}

fn mix(rows: &mut [u128], series: &Series, equality: Equality) -> Result<(), TableError> {
    let series = series.to_physical_repr();
    let float = |x: f64| match (x.is_nan(), equality) {
        (true, _) => f64::NAN,
        // Adding 0 turns −0 into 0.
        (_, Equality::Key) => x + 0.0,
        (_, Equality::Value) => x,
    };
    match series.dtype() {
        pl::DataType::Boolean => mix_numbers!(rows, series.bool()?, u8::from),
        pl::DataType::Int8 => mix_numbers!(rows, series.i8()?, i64::from),
        pl::DataType::Int16 => mix_numbers!(rows, series.i16()?, i64::from),
        pl::DataType::Int32 => mix_numbers!(rows, series.i32()?, i64::from),
        pl::DataType::Int64 => mix_numbers!(rows, series.i64()?, |x: i64| x),
        pl::DataType::UInt8 => mix_numbers!(rows, series.u8()?, i64::from),
        pl::DataType::UInt16 => mix_numbers!(rows, series.u16()?, i64::from),
        pl::DataType::UInt32 => mix_numbers!(rows, series.u32()?, i64::from),
        pl::DataType::UInt64 => mix_numbers!(rows, series.u64()?, |x: u64| x),
        pl::DataType::Float32 => mix_numbers!(rows, series.f32()?, |x: f32| float(f64::from(x))),
        pl::DataType::Float64 => mix_numbers!(rows, series.f64()?, float),
        pl::DataType::String => {
            rows.iter_mut().zip(series.str()?.iter()).for_each(|(row, text)| put_long(row, text.map(str::as_bytes)));
        }
        pl::DataType::Binary => {
            rows.iter_mut().zip(series.binary()?.iter()).for_each(|(row, bytes)| put_long(row, bytes));
        }
        pl::DataType::List(_) => mix_lists(rows, series.list()?, equality)?,
        other => return Err(TableError::Type { column: series.name().to_string(), found: other.to_string() }),
    }
    Ok(())
}

/// A list is the hashes of its values, one behind the other.
fn mix_lists(rows: &mut [u128], column: &pl::ListChunked, equality: Equality) -> Result<(), TableError> {
    let mut rows = rows.iter_mut();
    for array in column.downcast_iter() {
        let (first, length) = (*array.offsets().first() as usize, array.offsets().range() as usize);
        let inner = Series::from_arrow(pl::PlSmallStr::EMPTY, array.values().sliced(first, length))?;
        let mut values = vec![0_u128; length];
        mix(&mut values, &inner, equality)?;
        let values: Vec<u8> = values.into_iter().flat_map(u128::to_le_bytes).collect();
        let mut end = 0;
        for (at, (length, row)) in array.offsets().lengths().zip(&mut rows).enumerate() {
            let start = end;
            end += 16 * length;
            let there = array.validity().is_none_or(|valid| valid.get_bit(at));
            put_long(row, values.get(start..end).filter(|_| there));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::*;

    fn classes(frame: &DataFrame, columns: &[&str], equality: Equality) -> Vec<usize> {
        let hashes = row_hashes(frame, columns, equality).unwrap();
        hashes.iter().map(|hash| hashes.iter().position(|other| other == hash).unwrap()).collect()
    }

    #[test]
    fn equal_values_have_equal_hashes_and_others_do_not() {
        let frame = df!(
            "f" => [Some(0.0), Some(-0.0), Some(f64::NAN), Some(-f64::NAN), None, Some(1.0)],
            "s" => [Some(""), Some(""), None, None, Some("a"), Some("a")]
        )
        .unwrap();
        assert_eq!(classes(&frame, &["f", "s"], Equality::Key), [0, 0, 2, 2, 4, 5]);
        assert_eq!(classes(&frame, &["f", "s"], Equality::Value), [0, 1, 2, 2, 4, 5]);
        assert_eq!(classes(&frame, &["s"], Equality::Value), [0, 0, 2, 2, 4, 4]);
        let one = |columns: &[&str]| row_hashes(&frame, columns, Equality::Value).unwrap()[4];
        assert_ne!(one(&["s", "f"]), one(&["f", "s"]), "the order of columns counts");
        assert!(row_hashes(&frame, &["x"], Equality::Value).is_err());
    }

    #[test]
    fn lists_are_their_values_wherever_they_lie() {
        let list = |values: &[u64]| Some(Series::new("".into(), values));
        let lists: ListChunked =
            [list(&[1, 2]), list(&[1]), None, list(&[]), list(&[1, 2]), list(&[2, 1])].into_iter().collect();
        let frame = df!("l" => lists.into_series()).unwrap();
        assert_eq!(classes(&frame, &["l"], Equality::Value), [0, 1, 2, 3, 0, 5]);
        let all = row_hashes(&frame, &["l"], Equality::Value).unwrap();
        let (head, tail) = frame.split_at(3);
        assert_eq!(row_hashes(&tail, &["l"], Equality::Value).unwrap(), all[3..]);
        assert_eq!(row_hashes(&head.vstack(&tail).unwrap(), &["l"], Equality::Value).unwrap(), all);
    }

    #[test]
    fn blocks_do_not_show() {
        let frame = df!("n" => (0..20_000_i64).collect::<Vec<_>>()).unwrap();
        let all = row_hashes(&frame, &["n"], Equality::Value).unwrap();
        let part = row_hashes(&frame.slice(8_000, 1_000), &["n"], Equality::Value).unwrap();
        assert_eq!((all.len(), &all[8_000..9_000]), (20_000, &part[..]));
    }
}
