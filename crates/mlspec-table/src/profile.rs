//! Profiles of a table's columns: from polars' values to [`mlspec_measure::profile`].

use crate::{Equality, Table, TableError, row_hashes};
use mlspec_measure::profile::{ColumnProfile, Depth, Numbers, Values, value_key};
use mlspec_record::DataType;
use polars::prelude as pl;
use polars::prelude::{Column, DataFrame, NamedFrom as _, Series};
use rayon::prelude::*;
use std::collections::BTreeMap;
use xxhash_rust::xxh3::xxh3_64;

/// How many rows are looked at together. Results do not depend on it.
const BLOCK: usize = 16_384;

/// What is known of a table's columns, in their order.
///
/// Numbers, truth values, dates and times are profiled as numbers ([`number_unit`] says of what), all other values by their hashes; texts,
/// bytes and lists by their lengths too. `shown` says of which columns texts may be kept.
///
/// # Errors
/// When polars refuses.
pub fn profile(
    table: &Table,
    depth: Depth,
    shown: &(dyn Fn(&str) -> bool + Sync),
) -> Result<Vec<ColumnProfile>, TableError> {
    let columns = table.schema().columns();
    let blocks = table.len().div_ceil(BLOCK).max(1);
    let all: Vec<(usize, usize)> =
        (0..columns.len()).flat_map(|of| (0..blocks).map(move |block| (of, block))).collect();
    let parts = all.into_par_iter().map(|(of, block)| {
        let Some(column) = columns.get(of) else { return Ok(ColumnProfile::default()) };
        let values = table.column(&column.name)?.slice((block * BLOCK) as i64, BLOCK);
        profile_column(column.data_type, &values, depth, shown(&column.name))
    });
    let parts: Vec<ColumnProfile> = parts.collect::<Result<_, TableError>>()?;
    Ok(parts.par_chunks(blocks).map(ColumnProfile::merge).collect())
}

/// What is known of a column's values.
///
/// # Errors
/// When polars refuses.
pub fn profile_column(
    data_type: DataType,
    column: &Column,
    depth: Depth,
    shown: bool,
) -> Result<ColumnProfile, TableError> {
    let rows = column.len() as u64;
    let nulls = column.null_count() as u64;
    let mut found = ColumnProfile { rows, nulls, ..ColumnProfile::default() };
    if number_unit(data_type).is_some() {
        found.numbers = Some(Numbers::of(&numbers(column)?, depth));
        return Ok(found);
    }
    let there = if nulls > 0 { column.drop_nulls() } else { column.clone() };
    let series = there.as_materialized_series();
    let full = depth == Depth::Full;
    let mut lengths = Vec::new();
    match series.dtype() {
        pl::DataType::String => {
            let texts = series.str()?;
            let hashes: Vec<u64> = texts.iter().flatten().map(|text| xxh3_64(text.as_bytes())).collect();
            let values = Values::of(hashes.iter().copied());
            if shown {
                found.names = names(&values, &hashes, texts.iter().flatten());
            }
            found.values = Some(values);
            if full {
                lengths.extend(texts.iter().flatten().map(|text| text.chars().count() as f64));
            }
        }
        _ => {
            found.values = Some(Values::of(hashes(&there)?));
            if full {
                lengths = lengths_of(series)?;
            }
        }
    }
    found.lengths = full.then(|| Numbers::of(&lengths, depth));
    Ok(found)
}

/// What the numbers of a column of this type count, if it is profiled as numbers.
pub fn number_unit(data_type: DataType) -> Option<&'static str> {
    Some(match data_type {
        DataType::Boolean => "true",
        DataType::Date => "days since 1970-01-01",
        DataType::Time => "nanoseconds since midnight",
        DataType::Datetime => "microseconds since 1970-01-01T00:00:00",
        DataType::DatetimeUtc => "microseconds since 1970-01-01T00:00:00Z",
        DataType::Duration => "microseconds",
        other if other.is_numeric() => "one",
        _ => return None,
    })
}

/// A number of a profile as the value of a column of this type: dates and times as ISO 8601 writes them.
pub fn number_text(number: f64, data_type: DataType) -> String {
    let text = || -> Option<String> {
        let physical = match data_type {
            DataType::Date => Series::new("".into(), [number as i32]),
            DataType::Time | DataType::Datetime | DataType::DatetimeUtc => Series::new("".into(), [number as i64]),
            _ => return None,
        };
        let naive = match data_type {
            DataType::DatetimeUtc => DataType::Datetime,
            other => other,
        };
        let value = physical.cast(&crate::to_polars(naive)).ok()?;
        let text = value.cast(&pl::DataType::String).ok()?.str().ok()?.get(0)?.replacen(' ', "T", 1);
        let text = text.strip_suffix(".000000").map_or(text.clone(), str::to_owned);
        Some(if data_type == DataType::DatetimeUtc { text + "Z" } else { text })
    };
    match data_type {
        DataType::Boolean => (number != 0.0).to_string(),
        _ => text().unwrap_or_else(|| number.to_string()),
    }
}

/// The values of a column that is profiled as numbers, without nulls; 64-bit integers beyond 2⁵³ are rounded.
///
/// # Errors
/// When the column is of another type.
pub fn numbers(column: &Column) -> Result<Vec<f64>, TableError> {
    let floats = as_floats(column)?;
    let floats = floats.f64()?;
    if floats.null_count() == 0 {
        let arrays = floats.downcast_iter().map(|array| array.values().as_slice());
        return Ok(arrays.flatten().copied().collect());
    }
    Ok(floats.iter().flatten().collect())
}

/// The values of a column that is profiled as numbers, with nulls.
///
/// # Errors
/// When the column is of another type.
pub fn optional_numbers(column: &Column) -> Result<Vec<Option<f64>>, TableError> {
    Ok(as_floats(column)?.f64()?.iter().collect())
}

fn as_floats(column: &Column) -> Result<Series, TableError> {
    let physical = column.to_physical_repr();
    Ok(physical.as_materialized_series().cast(&pl::DataType::Float64)?)
}

/// The key of each value in [`Values`]; none for null.
///
/// # Errors
/// When polars refuses.
pub fn value_keys(column: &Column) -> Result<Vec<Option<u64>>, TableError> {
    let series = column.as_materialized_series();
    if let Ok(texts) = series.str() {
        return Ok(texts.iter().map(|text| text.map(|text| value_key(xxh3_64(text.as_bytes())))).collect());
    }
    let there = column.is_not_null();
    let keys = hashes(column)?.into_iter().map(value_key);
    Ok(keys.zip(there.iter()).map(|(key, there)| (there == Some(true)).then_some(key)).collect())
}

/// A hash of each value of a column without nulls that holds no texts.
fn hashes(column: &Column) -> Result<Vec<u64>, TableError> {
    let name = column.name().to_string();
    let frame = DataFrame::new(column.len(), vec![column.clone()])?;
    Ok(row_hashes(&frame, &[&name], Equality::Key)?.into_iter().map(|hash| hash as u64).collect())
}

fn lengths_of(series: &Series) -> Result<Vec<f64>, TableError> {
    Ok(match series.dtype() {
        pl::DataType::Binary => series.binary()?.iter().flatten().map(|bytes| bytes.len() as f64).collect(),
        pl::DataType::List(_) => {
            let arrays = series.list()?.downcast_iter();
            arrays.flat_map(|array| array.offsets().lengths().map(|length| length as f64)).collect()
        }
        _ => Vec::new(),
    })
}

/// The texts behind the counted values.
fn names<'a>(values: &Values, hashes: &[u64], texts: impl Iterator<Item = &'a str>) -> BTreeMap<u64, String> {
    let mut names = BTreeMap::new();
    for (hash, text) in hashes.iter().zip(texts) {
        let key = value_key(*hash);
        if values.entries().binary_search_by_key(&key, |entry| entry.0).is_ok() {
            names.entry(key).or_insert_with(|| text.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::*;

    fn of(column: Column) -> ColumnProfile {
        let table = Table::number(DataFrame::new(column.len(), vec![column]).unwrap(), 0).unwrap();
        profile(&table, Depth::Full, &|name| name == "shown").unwrap().remove(0)
    }

    fn column(name: &str, values: impl IntoIterator<Item = Option<i64>>, to: PolarsType) -> Column {
        let values: Vec<Option<i64>> = values.into_iter().collect();
        Series::new(name.into(), values).cast(&to).unwrap().into_column()
    }

    use polars::prelude::DataType as PolarsType;

    #[test]
    fn every_type_is_profiled() {
        let lists = Series::new("l".into(), [Series::new("".into(), [1_u64, 2]), Series::new("".into(), [0_u64; 0])]);
        for (column, nulls, distinct, least, greatest) in [
            (column("a", [Some(3), None, Some(3), Some(-1)], PolarsType::Int8), 1, 2, Some(-1.0), Some(3.0)),
            (column("a", [Some(1), Some(0), None], PolarsType::Boolean), 1, 2, Some(0.0), Some(1.0)),
            (column("a", [Some(0), Some(31)], PolarsType::Date), 0, 2, Some(0.0), Some(31.0)),
            (column("a", [None, None], PolarsType::Float32), 2, 0, None, None),
            (column("a", [], PolarsType::Int64), 0, 0, None, None),
            (Series::new("a".into(), [Some("x"), None, Some(""), Some("é")]).into_column(), 1, 3, Some(0.0), Some(1.0)),
            (Series::new("a".into(), [&b"xyz"[..], b""]).into_column(), 0, 2, Some(0.0), Some(3.0)),
            (lists.into_column(), 0, 2, Some(0.0), Some(2.0)),
        ] {
            let found = of(column.clone());
            let numbers = found.numbers.as_ref().or(found.lengths.as_ref()).unwrap();
            assert_eq!((found.rows, found.nulls), (column.len() as u64, nulls));
            assert_eq!((found.distinct().count, numbers.minimum, numbers.maximum), (distinct, least, greatest));
        }
    }

    #[test]
    fn texts_are_kept_only_where_they_may_be_shown() {
        for (name, expect) in [("shown", vec!["a", "b"]), ("hidden", vec![])] {
            let found = of(Series::new(name.into(), [Some("a"), Some("b"), None, Some("a")]).into_column());
            let mut names: Vec<&str> = found.names.values().map(String::as_str).collect();
            names.sort_unstable();
            assert_eq!(names, expect);
        }
    }

    #[test]
    fn blocks_do_not_show() {
        let values: Vec<String> = (0..40_000).map(|at| format!("v{}", at % 3_000)).collect();
        let numbers: Vec<f64> = (0..40_000).map(|at| f64::from(at % 9_973) / 7.0).collect();
        let frame = df!("text" => &values, "number" => &numbers).unwrap();
        let table = Table::number(frame, 0).unwrap();
        let whole = profile(&table, Depth::Full, &|_| true).unwrap();
        let parts: Vec<_> =
            [(0, 7), (7, 25_000), (25_007, 40_000)].map(|(from, length)| table.slice(from, length)).to_vec();
        let parts: Vec<Vec<ColumnProfile>> =
            parts.iter().map(|part| profile(part, Depth::Full, &|_| true).unwrap()).collect();
        for (at, whole) in whole.iter().enumerate() {
            assert_eq!(&ColumnProfile::merge(parts.iter().map(|part| &part[at])), whole);
        }
    }

    #[test]
    fn keys_of_values_are_those_of_their_profile() {
        let texts = Series::new("a".into(), [Some("x"), None, Some("y"), Some("x")]).into_column();
        let lists = Series::new("a".into(), [Some(Series::new("".into(), [1_u64])), None]).into_column();
        for column in [texts, lists] {
            let keys: Vec<u64> = value_keys(&column).unwrap().into_iter().flatten().collect();
            let mut distinct = keys.clone();
            distinct.sort_unstable();
            distinct.dedup();
            let found = of(column).values.unwrap();
            assert_eq!(found.entries().iter().map(|entry| entry.0).collect::<Vec<_>>(), distinct);
        }
    }

    #[test]
    fn numbers_are_told_as_values_of_the_column() {
        use mlspec_record::DataType as Type;
        for (number, data_type, expect) in [
            (19_782.0, Type::Date, "2024-02-29"),
            (1.5e6, Type::Datetime, "1970-01-01T00:00:01.500000"),
            (0.0, Type::DatetimeUtc, "1970-01-01T00:00:00Z"),
            (1.0, Type::Boolean, "true"),
            (0.25, Type::Float64, "0.25"),
            (1e15, Type::Int64, "1000000000000000"),
        ] {
            assert_eq!(number_text(number, data_type), expect);
        }
    }
}
