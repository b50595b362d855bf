//! Which polars types a table holds, and how others become one of them.

use crate::TableError;
use mlspec_record::DataType;
use polars::prelude as pl;
use polars::prelude::{ChunkApply as _, Column, DataFrame, IntoColumn as _, TimeUnit, TimeZone};

/// The polars type of a table's type.
pub fn to_polars(data_type: DataType) -> pl::DataType {
    let list = |inner| pl::DataType::List(Box::new(inner));
    match data_type {
        DataType::Boolean => pl::DataType::Boolean,
        DataType::Int8 => pl::DataType::Int8,
        DataType::Int16 => pl::DataType::Int16,
        DataType::Int32 => pl::DataType::Int32,
        DataType::Int64 => pl::DataType::Int64,
        DataType::UInt8 => pl::DataType::UInt8,
        DataType::UInt16 => pl::DataType::UInt16,
        DataType::UInt32 => pl::DataType::UInt32,
        DataType::UInt64 => pl::DataType::UInt64,
        DataType::Float32 => pl::DataType::Float32,
        DataType::Float64 => pl::DataType::Float64,
        DataType::Binary => pl::DataType::Binary,
        DataType::Date => pl::DataType::Date,
        DataType::Time => pl::DataType::Time,
        DataType::Datetime => pl::DataType::Datetime(TimeUnit::Microseconds, None),
        DataType::DatetimeUtc => pl::DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
        DataType::Duration => pl::DataType::Duration(TimeUnit::Microseconds),
        DataType::ListUInt32 => list(pl::DataType::UInt32),
        DataType::ListUInt64 => list(pl::DataType::UInt64),
        DataType::ListFloat64 => list(pl::DataType::Float64),
        DataType::ListString => list(pl::DataType::String),
        _ => pl::DataType::String,
    }
}

/// The table's type of a polars type, if tables hold it as it is.
pub fn from_polars(data_type: &pl::DataType) -> Option<DataType> {
    Some(match data_type {
        pl::DataType::Boolean => DataType::Boolean,
        pl::DataType::Int8 => DataType::Int8,
        pl::DataType::Int16 => DataType::Int16,
        pl::DataType::Int32 => DataType::Int32,
        pl::DataType::Int64 => DataType::Int64,
        pl::DataType::UInt8 => DataType::UInt8,
        pl::DataType::UInt16 => DataType::UInt16,
        pl::DataType::UInt32 => DataType::UInt32,
        pl::DataType::UInt64 => DataType::UInt64,
        pl::DataType::Float32 => DataType::Float32,
        pl::DataType::Float64 => DataType::Float64,
        pl::DataType::String => DataType::String,
        pl::DataType::Binary => DataType::Binary,
        pl::DataType::Date => DataType::Date,
        pl::DataType::Time => DataType::Time,
        pl::DataType::Datetime(TimeUnit::Microseconds, None) => DataType::Datetime,
        pl::DataType::Datetime(TimeUnit::Microseconds, Some(zone)) if *zone == TimeZone::UTC => DataType::DatetimeUtc,
        pl::DataType::Duration(TimeUnit::Microseconds) => DataType::Duration,
        pl::DataType::List(inner) => match **inner {
            pl::DataType::UInt32 => DataType::ListUInt32,
            pl::DataType::UInt64 => DataType::ListUInt64,
            pl::DataType::Float64 => DataType::ListFloat64,
            pl::DataType::String => DataType::ListString,
            _ => return None,
        },
        _ => return None,
    })
}

/// Brings every column to a type that tables hold: naive moments to microseconds, zoned ones to UTC microseconds, columns of
/// nothing but nulls to text.
///
/// # Errors
/// When a column has a type that no such rule covers.
pub fn normalize(frame: DataFrame) -> Result<DataFrame, TableError> {
    if frame.columns().iter().all(|column| from_polars(column.dtype()).is_some()) {
        return Ok(frame);
    }
    let height = frame.height();
    let columns = frame.into_columns().into_iter().map(normalize_column).collect::<Result<_, _>>()?;
    Ok(DataFrame::new(height, columns)?)
}

fn normalize_column(column: Column) -> Result<Column, TableError> {
    let found = column.dtype().clone();
    if from_polars(&found).is_some() {
        return Ok(column);
    }
    let wanted = match &found {
        pl::DataType::Datetime(unit, None) => return in_microseconds(&column, *unit, DataType::Datetime),
        pl::DataType::Datetime(unit, Some(_)) => return in_microseconds(&column, *unit, DataType::DatetimeUtc),
        pl::DataType::Duration(unit) => return in_microseconds(&column, *unit, DataType::Duration),
        pl::DataType::Null => DataType::String,
        pl::DataType::List(inner) if **inner == pl::DataType::Null => DataType::ListString,
        _ => return Err(TableError::Type { column: column.name().to_string(), found: found.to_string() }),
    };
    Ok(column.cast(&to_polars(wanted))?)
}

/// The count since 1970 is that of UTC whatever the zone says, so only the unit and the label change.
fn in_microseconds(column: &Column, unit: TimeUnit, wanted: DataType) -> Result<Column, TableError> {
    let count = column.to_physical_repr().as_materialized_series().i64()?.clone();
    let count = match unit {
        TimeUnit::Nanoseconds => count.apply_values(|n| n.div_euclid(1_000)),
        TimeUnit::Microseconds => count,
        TimeUnit::Milliseconds => {
            let beyond = || TableError::Type { column: column.name().to_string(), found: column.dtype().to_string() };
            if count.iter().flatten().any(|n| n.checked_mul(1_000).is_none()) {
                return Err(beyond());
            }
            count.apply_values(|n| n.wrapping_mul(1_000))
        }
    };
    Ok(count.into_column().cast(&to_polars(wanted))?)
}
