//! Parquet and Arrow IPC: files that know their types.

use super::{Format, FormatError, InputFile, Problem, Read, ReadOptions};
use crate::{TableError, from_polars, normalize, to_polars};
use mlspec_record::{Column, TableSchema};
use polars::prelude::{ArrowDataType, ArrowSchema, DataFrame, IpcReader, ParquetReader, PolarsResult, SerReader as _};
use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

pub(super) fn read(files: &[InputFile], options: &ReadOptions) -> Result<Read, FormatError> {
    let mut schema = options.columns.clone();
    let mut left = options.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let mut frames = Vec::with_capacity(files.len());
    for file in files {
        let frame = one(file, options.format, left)?;
        left = left.map(|left| left - frame.height());
        let frame = match &schema {
            None => {
                schema = Some(schema_of(file, &frame)?);
                frame
            }
            Some(schema) => fitted(file, &frame, schema, options)?,
        };
        frames.push(frame);
    }
    Ok(Read { schema: schema.unwrap_or_default(), inferred: false, frames })
}

pub(super) fn read_named(
    file: &InputFile,
    options: &ReadOptions,
    known: &TableSchema,
) -> Result<DataFrame, FormatError> {
    let frame = one(file, options.format, None)?;
    let names: Vec<&str> = frame.columns().iter().map(|column| column.name().as_str()).collect();
    let schema = super::named::schema_of(file, &names, known)?;
    let declared = ReadOptions { columns: Some(schema.clone()), ..options.clone() };
    let fitted = fitted(file, &frame, &schema, &declared)?;
    let damaged = || FormatError::file(file.name(), Problem::Damaged("columnar"));
    match frame.columns().iter().find(|column| column.name() == crate::ROW) {
        Some(ids) => super::infer::with(fitted, ids.as_materialized_series().clone()).ok_or_else(damaged),
        None => Ok(fitted),
    }
}

fn one(file: &InputFile, format: Format, limit: Option<usize>) -> Result<DataFrame, FormatError> {
    let name = if format == Format::Parquet { "Parquet" } else { "Arrow IPC" };
    let damaged = || FormatError::file(file.name(), Problem::Damaged(name));
    // Damaged files make the readers panic now and then; that must stay an error of the file.
    let guarded = |read: &dyn Fn() -> PolarsResult<Result<DataFrame, (String, String)>>| match catch_unwind(
        AssertUnwindSafe(read),
    ) {
        Ok(Ok(read)) => Ok(read),
        _ => Err(damaged()),
    };
    let frame = match format {
        Format::Parquet => guarded(&|| parquet(file.bytes(), limit))?,
        _ => guarded(&|| ipc(file.bytes(), limit))?,
    };
    let unsupported =
        |column: &str, found| FormatError::file(file.name(), Problem::Unsupported(found)).in_column(column);
    let frame = frame.map_err(|(column, found)| unsupported(&column, found))?;
    normalize(frame).map_err(|error| match error {
        TableError::Type { column, found } => unsupported(&column, found),
        _ => damaged(),
    })
}

fn parquet(bytes: &[u8], limit: Option<usize>) -> PolarsResult<Result<DataFrame, (String, String)>> {
    let mut reader = ParquetReader::new(Cursor::new(bytes));
    if has_dictionary(&*reader.schema()?) {
        // The type that Arrow noted beside the file is a dictionary; the file's own is the type of its values.
        let mut metadata = reader.get_metadata()?.as_ref().clone();
        metadata.key_value_metadata = None;
        reader = ParquetReader::new(Cursor::new(bytes));
        reader.set_metadata(Arc::new(metadata));
    }
    if let Some(found) = unsupported(&*reader.schema()?) {
        return Ok(Err(found));
    }
    reader.with_slice(limit.map(|limit| (0, limit))).finish().map(Ok)
}

fn ipc(bytes: &[u8], limit: Option<usize>) -> PolarsResult<Result<DataFrame, (String, String)>> {
    let mut reader = IpcReader::new(Cursor::new(bytes));
    if let Some(found) = unsupported(&*reader.schema()?) {
        return Ok(Err(found));
    }
    reader.with_n_rows(limit).finish().map(Ok)
}

fn has_dictionary(schema: &ArrowSchema) -> bool {
    schema.iter_values().any(|field| matches!(field.dtype, ArrowDataType::Dictionary(..)))
}

/// The first column whose type tables cannot hold, and that type.
fn unsupported(schema: &ArrowSchema) -> Option<(String, String)> {
    let mut fields = schema.iter_values();
    fields.find(|field| !supported(&field.dtype)).map(|field| (field.name.to_string(), type_name(&field.dtype)))
}

/// The name of an Arrow type, without the names and types inside it.
fn type_name(data_type: &ArrowDataType) -> String {
    let text = format!("{data_type:?}");
    text.split(['(', ' ']).next().unwrap_or_default().to_lowercase()
}

fn supported(data_type: &ArrowDataType) -> bool {
    use ArrowDataType as A;
    match data_type {
        A::List(inner) | A::LargeList(inner) => supported(&inner.dtype),
        A::Null
        | A::Boolean
        | A::Int8
        | A::Int16
        | A::Int32
        | A::Int64
        | A::UInt8
        | A::UInt16
        | A::UInt32
        | A::UInt64 => true,
        A::Float32 | A::Float64 | A::Utf8 | A::LargeUtf8 | A::Utf8View | A::Binary | A::LargeBinary | A::BinaryView => {
            true
        }
        A::Timestamp(..) | A::Date32 | A::Date64 | A::Time32(_) | A::Time64(_) | A::Duration(_) => true,
        _ => false,
    }
}

fn schema_of(file: &InputFile, frame: &DataFrame) -> Result<TableSchema, FormatError> {
    let columns = frame
        .columns()
        .iter()
        .filter_map(|column| Some(Column { name: column.name().to_string(), data_type: from_polars(column.dtype())? }));
    TableSchema::new(columns.collect()).map_err(|error| FormatError::file(file.name(), error))
}

/// The frame's columns in the schema's order and types. Another type is converted only where it was declared and every value
/// stays what it is.
fn fitted(
    file: &InputFile,
    frame: &DataFrame,
    schema: &TableSchema,
    options: &ReadOptions,
) -> Result<DataFrame, FormatError> {
    let wrong = |column: &str, problem| FormatError::file(file.name(), problem).in_column(column);
    let names: Vec<&str> = schema.names().collect();
    let declared = options.columns.is_some();
    if (!declared || options.exact)
        && let Some(extra) = frame.columns().iter().find(|column| !names.contains(&column.name().as_str()))
    {
        return Err(wrong(extra.name(), Problem::Extra(extra.name().to_string())));
    }
    let columns = schema.columns().iter().map(|Column { name, data_type }| {
        let column = frame.columns().iter().find(|column| column.name() == name);
        let column = column.ok_or_else(|| wrong(name, Problem::Missing(name.clone())))?;
        let wanted = to_polars(*data_type);
        if *column.dtype() == wanted {
            return Ok(column.clone());
        }
        let other = || {
            let found =
                from_polars(column.dtype()).map_or_else(|| column.dtype().to_string(), |found| found.to_string());
            wrong(name, Problem::Type { found, expected: *data_type })
        };
        if !declared {
            return Err(other());
        }
        let cast = column.strict_cast(&wanted).map_err(|_| other())?;
        let back = cast.cast(column.dtype()).map_err(|_| other())?;
        if back.equals_missing(column) { Ok(cast) } else { Err(other()) }
    });
    let columns = columns.collect::<Result<_, FormatError>>()?;
    DataFrame::new(frame.height(), columns).map_err(|_| FormatError::file(file.name(), Problem::Damaged("columnar")))
}
