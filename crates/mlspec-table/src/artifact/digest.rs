//! The digest of rows by value: equal ids and values give equal digests, however they are chunked, buffered or compressed.
//!
//! Hashed are, little-endian: the number of rows; the ids; for each column its type's name and a zero byte, then its values.
//! Values are: a byte that says whether there are nulls, one byte per value (1: there, 0: null) if so, then
//! - numbers, moments: their bytes; nulls as zero; every NaN as the same one (−0 stays −0);
//! - booleans: a byte each;
//! - texts, bytes: all lengths as 64 bits (nulls: 0), then all bytes;
//! - lists: all lengths as 64 bits (nulls: 0), then the values of all lists, encoded as a column.

use crate::{TableError, from_polars, table::ids_of};
use mlspec_record::{Digest, Hasher};
use polars::prelude as pl;
use polars::prelude::{DataFrame, NamedFrom as _, Series};

/// The digest of the rows of a frame that begins with their ids.
///
/// # Errors
/// When the ids are missing or a type is not supported.
pub fn rows_digest(frame: &DataFrame) -> Result<Digest, TableError> {
    let mut hasher = Hasher::new();
    let mut bytes = Vec::new();
    hasher.update(&(frame.height() as u64).to_le_bytes());
    for values in ids_of(frame)?.downcast_iter().map(|array| array.values().as_slice()) {
        put(&mut bytes, values, |id| id.to_le_bytes());
    }
    hasher.update(&bytes);
    for column in frame.columns().iter().skip(1) {
        bytes.clear();
        let unsupported = || TableError::Type { column: column.name().to_string(), found: column.dtype().to_string() };
        let data_type = from_polars(column.dtype()).ok_or_else(unsupported)?;
        bytes.extend_from_slice(data_type.as_str().as_bytes());
        bytes.push(0);
        put_series(&mut bytes, column.as_materialized_series())?;
        hasher.update(&bytes);
    }
    Ok(hasher.finish())
}

fn put<const N: usize, T: Copy>(bytes: &mut Vec<u8>, values: &[T], encode: impl Fn(T) -> [u8; N]) {
    let start = bytes.len();
    bytes.resize(start + N * values.len(), 0);
    for (slot, value) in bytes[start..].chunks_exact_mut(N).zip(values) {
        slot.copy_from_slice(&encode(*value));
    }
}

macro_rules! put_numbers {
    ($bytes:expr, $column:expr, $encode:expr) => {{
        let column = $column;
        for array in column.downcast_iter() {
            if column.null_count() == 0 {
                put($bytes, array.values().as_slice(), $encode);
            } else {
                let encode = $encode;
                array.iter().for_each(|value| $bytes.extend_from_slice(&encode(value.copied().unwrap_or_default())));
            }
        }
    }};
}

fn put_series(bytes: &mut Vec<u8>, series: &Series) -> Result<(), TableError> {
    let series = series.to_physical_repr();
    let nulls = series.null_count() > 0;
    bytes.push(u8::from(nulls));
    if nulls {
        bytes.extend(series.is_not_null().iter().map(|there| u8::from(there == Some(true))));
    }
    match series.dtype() {
        pl::DataType::Boolean => bytes.extend(series.bool()?.iter().map(|value| u8::from(value == Some(true)))),
        pl::DataType::Int8 => put_numbers!(bytes, series.i8()?, i8::to_le_bytes),
        pl::DataType::Int16 => put_numbers!(bytes, series.i16()?, i16::to_le_bytes),
        pl::DataType::Int32 => put_numbers!(bytes, series.i32()?, i32::to_le_bytes),
        pl::DataType::Int64 => put_numbers!(bytes, series.i64()?, i64::to_le_bytes),
        pl::DataType::UInt8 => put_numbers!(bytes, series.u8()?, u8::to_le_bytes),
        pl::DataType::UInt16 => put_numbers!(bytes, series.u16()?, u16::to_le_bytes),
        pl::DataType::UInt32 => put_numbers!(bytes, series.u32()?, u32::to_le_bytes),
        pl::DataType::UInt64 => put_numbers!(bytes, series.u64()?, u64::to_le_bytes),
        pl::DataType::Float32 => {
            put_numbers!(bytes, series.f32()?, |x: f32| (if x.is_nan() { f32::NAN } else { x }).to_le_bytes())
        }
        pl::DataType::Float64 => {
            put_numbers!(bytes, series.f64()?, |x: f64| (if x.is_nan() { f64::NAN } else { x }).to_le_bytes())
        }
        pl::DataType::String => put_bytes(bytes, &series.str()?.as_binary()),
        pl::DataType::Binary => put_bytes(bytes, series.binary()?),
        pl::DataType::List(_) => put_lists(bytes, series.list()?)?,
        other => return Err(TableError::Type { column: series.name().to_string(), found: other.to_string() }),
    }
    Ok(())
}

fn put_bytes(bytes: &mut Vec<u8>, column: &pl::BinaryChunked) {
    for value in column.iter() {
        bytes.extend_from_slice(&(value.map_or(0, <[u8]>::len) as u64).to_le_bytes());
    }
    column.iter().flatten().for_each(|value| bytes.extend_from_slice(value));
}

fn put_lists(bytes: &mut Vec<u8>, column: &pl::ListChunked) -> Result<(), TableError> {
    // Behind a null an array may keep values that nobody sees.
    let present = if column.null_count() == 0 { column.clone() } else { pl::ChunkedArray::drop_nulls(column) };
    let mut lengths = present.downcast_iter().flat_map(|array| array.offsets().lengths());
    for there in column.is_not_null().iter() {
        let length = if there == Some(true) { lengths.next().unwrap_or_default() } else { 0 };
        bytes.extend_from_slice(&(length as u64).to_le_bytes());
    }
    let mut inner: Option<Series> = None;
    for array in present.downcast_iter() {
        let (first, length) = (*array.offsets().first() as usize, array.offsets().range() as usize);
        let values = Series::from_arrow(pl::PlSmallStr::EMPTY, array.values().sliced(first, length))?;
        match &mut inner {
            None => inner = Some(values),
            Some(inner) => {
                inner.append(&values)?;
            }
        }
    }
    match inner {
        Some(inner) => put_series(bytes, &inner),
        None => put_series(bytes, &Series::new(pl::PlSmallStr::EMPTY, Vec::<u32>::new())),
    }
}
