//! Files that hold some columns of a known table, and perhaps its row ids: corrections of a table.

use super::{Format, FormatError, InputFile, Problem, ReadOptions, columnar, csv, excel, json};
use crate::{ROW, TableError};
use mlspec_record::{DataType, TableSchema};
use polars::prelude::{self as pl, Column, DataFrame};

/// Some columns of a known table, and which rows they belong to if the file says it.
#[derive(Clone, Debug)]
pub struct NamedRows {
    /// The columns of the file, in its order, with the types of the table.
    pub frame: DataFrame,
    /// The values of `_row`, if the file has such a column.
    pub rows: Option<Vec<u64>>,
}

/// Reads a file whose columns are some of `known`, and `_row`. CSV must have a header.
///
/// # Errors
/// When the file is not of its format, has another column, or a value is not of its column's type.
pub fn read_named(file: &InputFile, options: &ReadOptions, known: &TableSchema) -> Result<NamedRows, FormatError> {
    let options = ReadOptions { columns: None, limit: None, lenient: false, ..options.clone() };
    options.check()?;
    let frame = match options.format {
        Format::Csv | Format::Tsv => csv::read_named(file, &options, known)?,
        Format::Ndjson | Format::Json => json::read_named(file, &options, known)?,
        Format::Excel => excel::read_named(file, &options, known)?,
        Format::Parquet | Format::Ipc | Format::Avro => columnar::read_named(file, &options, known)?,
    };
    let mut columns = frame.into_columns();
    let rows = columns.iter().position(|column| column.name() == ROW).map(|at| columns.remove(at));
    let height = rows.as_ref().or(columns.first()).map_or(0, Column::len);
    let frame =
        DataFrame::new(height, columns).map_err(|_| FormatError::file(file.name(), Problem::Damaged("table")))?;
    let wrong = || FormatError::file(file.name(), Problem::Value(DataType::UInt64)).in_column(ROW);
    let ids = |column: Column| {
        let ids = column.strict_cast(&pl::DataType::UInt64).map_err(|_| wrong())?;
        let ids = ids.as_materialized_series().u64().map_err(|_| wrong())?;
        ids.iter().map(|id| id.ok_or_else(wrong)).collect::<Result<Vec<u64>, _>>()
    };
    Ok(NamedRows { frame, rows: rows.map(ids).transpose()? })
}

/// The columns of these names as `known` has them; `_row` is left out.
pub(super) fn schema_of(file: &InputFile, names: &[&str], known: &TableSchema) -> Result<TableSchema, FormatError> {
    let names: Vec<&str> = names.iter().copied().filter(|name| *name != ROW).collect();
    crate::artifact::selected(known, &names).map_err(|error| match error {
        TableError::Column { column, .. } => {
            FormatError::file(file.name(), Problem::Unknown(column.clone())).in_column(&column)
        }
        TableError::Schema(error) => FormatError::file(file.name(), error),
        _ => FormatError::file(file.name(), Problem::Damaged("table")),
    })
}
