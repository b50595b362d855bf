//! Hashes of rows: equal values, equal hashes.

use crate::TableError;
use polars::prelude as pl;
use polars::prelude::{DataFrame, Series};
use rayon::prelude::*;
use std::collections::HashMap;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed, xxh3_128};

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
            let mut rows = rows.iter_mut();
            let mut put = |value: Option<&[u8]>| rows.next().into_iter().for_each(|row| mix(row, value));
            each(column.slice(start as i64, length).as_materialized_series(), equality, &mut put)?;
        }
        Ok(rows)
    });
    Ok(blocks.collect::<Result<Vec<_>, TableError>>()?.concat())
}

/// The values of each row over these columns as bytes, one behind the other: equal rows, equal bytes, and no others. Per value a
/// byte that says whether it is there, its length as 64 bits, and its bytes; all little-endian.
///
/// # Errors
/// When a column is missing or of a type that tables do not hold.
pub fn row_bytes(frame: &DataFrame, columns: &[&str], equality: Equality) -> Result<Vec<Vec<u8>>, TableError> {
    let mut rows = vec![Vec::new(); frame.height()];
    for name in columns {
        let mut rows = rows.iter_mut();
        let mut put = |value: Option<&[u8]>| rows.next().into_iter().for_each(|row| append(row, value));
        each(frame.column(name)?.as_materialized_series(), equality, &mut put)?;
    }
    Ok(rows)
}

/// Ids of rows by their values, for rows that nobody numbered: XXH3-64 of the row's hash and of how many equal rows stand before it, with
/// that of `purpose` as seed. Equal rows in any order have the same set of ids, and a row that comes or goes changes no other's.
///
/// # Errors
/// When a column is of a type that tables do not hold.
pub fn content_ids(frame: &DataFrame, purpose: &str) -> Result<Vec<u64>, TableError> {
    let columns: Vec<&str> = frame.columns().iter().map(|column| column.name().as_str()).collect();
    let seed = xxh3_64(purpose.as_bytes());
    let mut seen: HashMap<u128, u64> = HashMap::new();
    let id = |hash: u128| {
        let before = seen.entry(hash).or_default();
        let mut bytes = [0; 24];
        bytes[..16].copy_from_slice(&hash.to_le_bytes());
        bytes[16..].copy_from_slice(&before.to_le_bytes());
        *before += 1;
        xxh3_64_with_seed(&bytes, seed)
    };
    Ok(row_hashes(frame, &columns, Equality::Value)?.into_iter().map(id).collect())
}

fn append(bytes: &mut Vec<u8>, value: Option<&[u8]>) {
    bytes.push(u8::from(value.is_some()));
    bytes.extend_from_slice(&(value.map_or(0, <[u8]>::len) as u64).to_le_bytes());
    bytes.extend_from_slice(value.unwrap_or_default());
}

/// Puts a value into a row's hash: as it is where it is short, else its hash.
fn mix(row: &mut u128, value: Option<&[u8]>) {
    let mut bytes = [0; 33];
    bytes[..16].copy_from_slice(&row.to_le_bytes());
    match value {
        None => {}
        Some(value) if value.len() == 8 => {
            bytes[16..24].copy_from_slice(value);
            bytes[32] = 1;
        }
        Some(value) => {
            bytes[16..32].copy_from_slice(&xxh3_128(value).to_le_bytes());
            bytes[32] = 2;
        }
    }
    *row = xxh3_128(&bytes);
}

macro_rules! numbers {
    ($column:expr, $put:expr, $encode:expr) => {{
        let encode = $encode;
        for value in $column.iter() {
            $put(value.map(|value| encode(value).to_le_bytes()).as_ref().map(|bytes| bytes.as_slice()));
        }
    }};
}

/// Calls `put` with each value of a column: numbers as 8 bytes, texts as they are, lists as their values by [`append`].
fn each(series: &Series, equality: Equality, put: &mut dyn FnMut(Option<&[u8]>)) -> Result<(), TableError> {
    let series = series.to_physical_repr();
    let float = |x: f64| match (x.is_nan(), equality) {
        (true, _) => f64::NAN,
        // Adding 0 turns −0 into 0.
        (_, Equality::Key) => x + 0.0,
        (_, Equality::Value) => x,
    };
    match series.dtype() {
        pl::DataType::Boolean => numbers!(series.bool()?, put, u64::from),
        pl::DataType::Int8 => numbers!(series.i8()?, put, i64::from),
        pl::DataType::Int16 => numbers!(series.i16()?, put, i64::from),
        pl::DataType::Int32 => numbers!(series.i32()?, put, i64::from),
        pl::DataType::Int64 => numbers!(series.i64()?, put, |x: i64| x),
        pl::DataType::UInt8 => numbers!(series.u8()?, put, i64::from),
        pl::DataType::UInt16 => numbers!(series.u16()?, put, i64::from),
        pl::DataType::UInt32 => numbers!(series.u32()?, put, i64::from),
        pl::DataType::UInt64 => numbers!(series.u64()?, put, |x: u64| x),
        pl::DataType::Float32 => numbers!(series.f32()?, put, |x: f32| float(f64::from(x))),
        pl::DataType::Float64 => numbers!(series.f64()?, put, float),
        pl::DataType::String => series.str()?.iter().for_each(|text| put(text.map(str::as_bytes))),
        pl::DataType::Binary => series.binary()?.iter().for_each(put),
        pl::DataType::List(_) => lists(series.list()?, equality, put)?,
        other => return Err(TableError::Type { column: series.name().to_string(), found: other.to_string() }),
    }
    Ok(())
}

fn lists(column: &pl::ListChunked, equality: Equality, put: &mut dyn FnMut(Option<&[u8]>)) -> Result<(), TableError> {
    for array in column.downcast_iter() {
        let (first, length) = (*array.offsets().first() as usize, array.offsets().range() as usize);
        let inner = Series::from_arrow(pl::PlSmallStr::EMPTY, array.values().sliced(first, length))?;
        let (mut bytes, mut ends) = (Vec::new(), vec![0]);
        each(&inner, equality, &mut |value| {
            append(&mut bytes, value);
            ends.push(bytes.len());
        })?;
        let end = |at: usize| ends.get(at).copied().unwrap_or_default();
        let mut next = 0;
        for (at, length) in array.offsets().lengths().enumerate() {
            let start = next;
            next += length;
            let there = array.validity().is_none_or(|valid| valid.get_bit(at));
            put(bytes.get(end(start)..end(next)).filter(|_| there));
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
    fn bytes_of_rows_are_unambiguous() {
        let frame = df!("a" => [Some("x"), Some(""), None, Some("xy")], "b" => [-0.0, 0.0, 0.0, 1.0]).unwrap();
        let bytes = |columns: &[&str], equality| row_bytes(&frame, columns, equality).unwrap();
        let [x, empty, none, _] = &bytes(&["a"], Equality::Key)[..] else { panic!("four rows") };
        assert_eq!(x, &[1, 1, 0, 0, 0, 0, 0, 0, 0, b'x']);
        assert_eq!((empty, none), (&vec![1, 0, 0, 0, 0, 0, 0, 0, 0], &vec![0; 9]));
        let same = |equality| bytes(&["b"], equality)[0] == bytes(&["b"], equality)[1];
        assert!(same(Equality::Key) && !same(Equality::Value));
        assert_eq!(bytes(&["a", "b"], Equality::Key)[3].len(), 9 + 2 + 9 + 8);
    }

    #[test]
    fn ids_by_content_do_not_depend_on_other_rows() {
        let ids = |values: &[i64]| content_ids(&df!("n" => values).unwrap(), "test").unwrap();
        let all = ids(&[7, 8, 7, 9]);
        assert_eq!(ids(&[9, 7, 7]), [all[3], all[0], all[2]]);
        assert_ne!(all[0], all[2]);
        assert_ne!(all, content_ids(&df!("n" => [7_i64, 8, 7, 9]).unwrap(), "other").unwrap());
        assert!(ids(&[]).is_empty());
    }

    #[test]
    fn blocks_do_not_show() {
        let frame = df!("n" => (0..20_000_i64).collect::<Vec<_>>()).unwrap();
        let all = row_hashes(&frame, &["n"], Equality::Value).unwrap();
        let part = row_hashes(&frame.slice(8_000, 1_000), &["n"], Equality::Value).unwrap();
        assert_eq!((all.len(), &all[8_000..9_000]), (20_000, &part[..]));
    }
}
