//! Row ids of rows that come from several rows.
//!
//! An id is XXH3-64 of little-endian bytes, with XXH3-64 of the operator's name as seed: equal on all platforms, and a
//! function of the operator and its input ids or keys alone.

use crate::Problem;
use mlspec_table::polars::prelude::{AnyValue, Column};
use rayon::prelude::*;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// The seed of an operator.
pub(crate) fn seed(operator: &str) -> u64 {
    xxh3_64(operator.as_bytes())
}

/// The id of a row that comes from two rows, or, in a left join, from the left one alone.
pub(crate) fn pair(seed: u64, left: u64, right: Option<u64>) -> u64 {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&left.to_le_bytes());
    match right {
        None => xxh3_64_with_seed(&bytes[..8], seed),
        Some(right) => {
            bytes[8..].copy_from_slice(&right.to_le_bytes());
            xxh3_64_with_seed(&bytes, seed)
        }
    }
}

/// The id of a row that comes from the right one of two rows alone.
pub(crate) fn right(seed: u64, right: u64) -> u64 {
    let mut bytes = [1; 9];
    bytes[1..].copy_from_slice(&right.to_le_bytes());
    xxh3_64_with_seed(&bytes, seed)
}

/// The id of the group of each row: of its key's values, whose encoding [`encode`] is canonical.
pub(crate) fn keys(seed: u64, columns: &[Column], rows: usize) -> Vec<u64> {
    let series: Vec<_> = columns.iter().map(Column::as_materialized_series).collect();
    let hash = |buffer: &mut Vec<u8>, row: usize| {
        buffer.clear();
        for column in &series {
            encode(column.get(row).unwrap_or(AnyValue::Null), buffer);
        }
        xxh3_64_with_seed(buffer, seed)
    };
    (0..rows).into_par_iter().map_init(Vec::new, hash).collect()
}

/// A tag and the value: equal bytes for equal keys, whatever the width of the type. All NaN are one, and −0 is 0.
fn encode(value: AnyValue<'_>, out: &mut Vec<u8>) {
    let mut put = |tag: u8, bytes: &[u8]| {
        out.push(tag);
        out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
        out.extend_from_slice(bytes);
    };
    match value {
        AnyValue::Null => put(0, &[]),
        AnyValue::Boolean(value) => put(1, &[u8::from(value)]),
        AnyValue::String(value) => put(3, value.as_bytes()),
        AnyValue::StringOwned(value) => put(3, value.as_bytes()),
        AnyValue::Binary(value) => put(4, value),
        AnyValue::BinaryOwned(value) => put(4, &value),
        AnyValue::Float32(value) => put(5, &canonical(f64::from(value)).to_le_bytes()),
        AnyValue::Float64(value) => put(5, &canonical(value).to_le_bytes()),
        AnyValue::List(series) => {
            put(6, &(series.len() as u64).to_le_bytes());
            for item in series.iter() {
                encode(item, out);
            }
        }
        AnyValue::Date(value) => put(2, &i128::from(value).to_le_bytes()),
        AnyValue::Time(value) => put(2, &i128::from(value).to_le_bytes()),
        AnyValue::Datetime(value, ..) | AnyValue::DatetimeOwned(value, ..) | AnyValue::Duration(value, _) => {
            put(2, &i128::from(value).to_le_bytes());
        }
        other => put(2, &other.extract::<i128>().unwrap_or_default().to_le_bytes()),
    }
}

fn canonical(value: f64) -> u64 {
    if value.is_nan() { f64::NAN.to_bits() } else { (value + 0.0).to_bits() }
}

/// The ids are distinct.
pub(crate) fn check_distinct(ids: &[u64]) -> Result<(), Problem> {
    let mut sorted = ids.to_vec();
    sorted.par_sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(pair) => Err(Problem::IdCollision(pair[0])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlspec_table::polars::prelude::*;

    #[test]
    fn ids_are_the_same_everywhere_and_forever() {
        assert_eq!(seed("inner_join"), xxh3_64(b"inner_join"));
        assert_eq!(pair(0, 1, Some(2)), xxh3_64(&[1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0]));
        assert_ne!(pair(0, 1, None), pair(0, 1, Some(0)));
        assert_eq!(right(0, 2), xxh3_64(&[1, 2, 0, 0, 0, 0, 0, 0, 0]));
    }

    #[test]
    fn equal_keys_have_equal_ids() {
        let hash = |series: Series| keys(7, &[series.into_column()], 1)[0];
        let x = || PlSmallStr::from_static("x");
        assert_eq!(hash(Series::new(x(), [0.0_f64])), hash(Series::new(x(), [-0.0_f64])));
        assert_eq!(hash(Series::new(x(), [f64::NAN])), hash(Series::new(x(), [-f64::NAN])));
        assert_eq!(hash(Series::new(x(), [5_i32])), hash(Series::new(x(), [5_u64])));
        assert_ne!(hash(Series::new(x(), [5_i32])), hash(Series::new(x(), ["5"])));
        assert_ne!(hash(Series::new(x(), [""])), hash(Series::new(x(), [None::<&str>])));
    }

    #[test]
    fn neighbouring_texts_do_not_run_together() {
        let ids = |a: &str, b: &str| {
            let column = |text: &str| Series::new("x".into(), [text]).into_column();
            keys(0, &[column(a), column(b)], 1)[0]
        };
        assert_ne!(ids("ab", "c"), ids("a", "bc"));
    }

    #[test]
    fn a_collision_is_an_error() {
        assert!(check_distinct(&[3, 1, 2]).is_ok());
        assert!(matches!(check_distinct(&[3, 1, 3]), Err(Problem::IdCollision(3))));
    }
}
