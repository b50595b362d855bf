//! Parquet, Arrow IPC and Avro: files that know their types.

use super::rejected::remaining;
use super::{Format, FormatError, InputFile, Problem, Read, ReadOptions, RowFault, infer};
use crate::{TableError, from_polars, normalize, to_polars};
use mlspec_record::{Column, DataType, TableSchema};
use polars::io::avro::AvroReader;
use polars::prelude::{
    ArrowDataType, ArrowSchema, BooleanChunked, DataFrame, IntoColumn as _, IpcReader, NewChunkedArray as _,
    ParquetReader, PolarsResult, SerReader as _, StringChunked,
};
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
    let mut read = Read::of(schema.unwrap_or_default());
    frames.into_iter().for_each(|frame| read.push(frame, None, Vec::new()));
    Ok(read)
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

/// Rows that came from elsewhere, such as a database, as a file would give them: of the declared columns and types. Text becomes values
/// of a declared type as in CSV.
pub(super) fn conform(name: &str, frame: DataFrame, options: &ReadOptions) -> Result<Read, FormatError> {
    let file = InputFile::new(name, Vec::new());
    let frame = normalize(frame).map_err(|error| match error {
        TableError::Type { column, found } => FormatError::file(name, Problem::Unsupported(found)).in_column(&column),
        _ => FormatError::file(name, Problem::Damaged("table")),
    })?;
    let (mut frame, mut faults) = (frame, Vec::new());
    let rows = frame.height();
    for Column { name: column, data_type } in options.columns.iter().flat_map(TableSchema::columns) {
        if *data_type == DataType::String {
            continue;
        }
        let Some(texts) = frame.column(column).ok().and_then(|column| column.str().ok()).cloned() else { continue };
        let bad: Vec<usize> = (0..texts.len())
            .filter(|row| texts.get(*row).is_some_and(|text| !infer::fits_type(text, *data_type)))
            .collect();
        if let Some(first) = bad.first().filter(|_| !options.lenient) {
            let error = FormatError::file(name, Problem::Value(*data_type)).in_column(column);
            return Err(error.at_line(*first as u64 + 1));
        }
        let value = |text: Option<&str>| text.filter(|text| infer::fits_type(text, *data_type)).map(str::to_owned);
        let fits: StringChunked = texts.iter().map(value).collect();
        let wrong = || FormatError::file(name, Problem::Value(*data_type)).in_column(column);
        let typed = infer::convert(vec![fits], *data_type).map_err(|_| wrong())?;
        faults.extend(bad.into_iter().map(|row| RowFault {
            number: row as u64 + 1,
            reason: "type",
            column: Some(column.clone()),
        }));
        frame.with_column(typed.with_name(column.as_str().into()).into_column()).map_err(|_| wrong())?;
    }
    faults.sort_by_key(|fault| fault.number);
    faults.dedup_by_key(|fault| fault.number);
    let schema = match &options.columns {
        Some(schema) => schema.clone(),
        None => schema_of(&file, &frame)?,
    };
    let frame = fitted(&file, &frame, &schema, options)?;
    let left_out: Vec<usize> = faults.iter().map(|fault| fault.number as usize - 1).collect();
    let stays = BooleanChunked::from_iter_values(
        Default::default(),
        (0..rows).map(|row| left_out.binary_search(&row).is_err()),
    );
    let frame = match left_out.is_empty() {
        true => frame,
        false => frame.filter(&stays).map_err(|_| FormatError::file(name, Problem::Damaged("table")))?,
    };
    let numbers = remaining(None, rows, &left_out);
    let mut read = Read::of(schema);
    read.push(frame, numbers, faults);
    Ok(read)
}

fn one(file: &InputFile, format: Format, limit: Option<usize>) -> Result<DataFrame, FormatError> {
    let name = match format {
        Format::Parquet => "Parquet",
        Format::Avro => "Avro",
        _ => "Arrow IPC",
    };
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
        Format::Avro => guarded(&|| avro(file.bytes(), limit))?,
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

fn avro(bytes: &[u8], limit: Option<usize>) -> PolarsResult<Result<DataFrame, (String, String)>> {
    let schema = AvroReader::new(Cursor::new(bytes)).arrow_schema()?;
    if let Some(found) = unsupported(&schema) {
        return Ok(Err(found));
    }
    // The reader takes a limit as a number of blocks' rows and may give more.
    let frame = AvroReader::new(Cursor::new(bytes)).with_n_rows(limit).finish()?;
    Ok(Ok(frame.head(limit.or(Some(frame.height())))))
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
