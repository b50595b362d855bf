//! Workbooks: one sheet is a table. Read by calamine, which knows `.xlsx`, `.xlsm`, `.xlsb`, `.xls` and `.ods`.
//!
//! | all values of a column are | the inferred type |
//! | --- | --- |
//! | booleans | boolean |
//! | whole numbers below 2^53 | int64 |
//! | numbers | float64 |
//! | days | date |
//! | days and moments | datetime |
//! | times of day | time |
//! | lengths of time, such as `[h]:mm` | duration |
//! | texts, or nothing | string |
//!
//! A value's kind is that of its cell, not of its looks: a number kept as text is text, unless a number is declared. A formula counts as
//! the value it had last. A merged cell has its value in its first cell, and nothing in the others. Rows without any value are
//! skipped.

mod cell;
mod options;
mod sheet;

use super::infer::{self};
use super::{FormatError, InputFile, Problem, RawRecord, Read, ReadOptions, RowFault};
use crate::ROW;
use cell::{Cell, Kinds};
use mlspec_record::{Column, DataType, TableSchema};
pub use options::{ExcelOptions, Sheet};
use polars::prelude::DataFrame;
use sheet::Grid;
use std::collections::BTreeMap;

pub(super) fn read(files: &[InputFile], options: &ReadOptions) -> Result<Read, FormatError> {
    let mut left = options.limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX));
    let mut grids = Vec::with_capacity(files.len());
    for file in files {
        let declared: Option<Vec<&str>> = options.columns.as_ref().map(|schema| schema.names().collect());
        let mut grid = sheet::grid(file, &options.excel, declared.as_deref())?;
        let faults = bad_cells(file, &mut grid, options)?;
        grid.truncate(left.unwrap_or(usize::MAX));
        left = left.map(|left| left - grid.rows.len());
        grids.push((grid, faults));
    }
    let schema = match &options.columns {
        Some(schema) => schema.clone(),
        None => infer_schema(files, &grids)?,
    };
    let mut read = Read { inferred: options.columns.is_none(), ..Read::of(schema) };
    for (file, (mut grid, mut faults)) in files.iter().zip(grids) {
        check_columns(file, &grid, &read.schema, options)?;
        if options.lenient {
            drop_misfits(&mut grid, &read.schema, &mut faults);
        }
        let frame = typed(file, &grid, &read.schema)?;
        read.sheets.push(Some(grid.sheet));
        read.push(frame, Some(grid.rows.iter().map(|row| u64::from(*row) + 1).collect()), faults);
    }
    Ok(read)
}

pub(super) fn read_named(
    file: &InputFile,
    options: &ReadOptions,
    known: &TableSchema,
) -> Result<DataFrame, FormatError> {
    let excel = ExcelOptions { header: true, ..options.excel.clone() };
    let mut grid = sheet::grid(file, &excel, None)?;
    bad_cells(file, &mut grid, options)?;
    let names: Vec<&str> = grid.columns.iter().map(|column| column.name.as_str()).collect();
    let schema = super::named::schema_of(file, &names, known)?;
    let mut frame = typed(file, &grid, &schema)?;
    if names.contains(&ROW) {
        let ids = one_typed(file, &grid, ROW, DataType::UInt64)?;
        frame = infer::with(frame, ids).ok_or_else(|| FormatError::file(file.name(), Problem::Damaged("workbook")))?;
    }
    Ok(frame)
}

/// The rows of the sheet as JSON lists of texts.
pub(super) fn raw_records(
    file: &InputFile,
    options: &ReadOptions,
    numbers: &[u64],
) -> Result<Vec<RawRecord>, FormatError> {
    let grid = sheet::grid(file, &options.excel, None)?;
    let raw = |number: &u64| {
        let row = u32::try_from(*number).ok()?.checked_sub(1)?;
        let at = grid.rows.binary_search(&row).ok()?;
        let cells = grid.columns.iter().map(|column| column.cells.get(&at).map(Cell::text));
        let text = serde_json::to_string(&cells.collect::<Vec<_>>()).ok()?;
        Some(RawRecord { record: *number, line: *number, text })
    };
    Ok(numbers.iter().filter_map(raw).collect())
}

/// Cells that hold an error, or a formula without value: an error, or rows that are put aside.
fn bad_cells(file: &InputFile, grid: &mut Grid, options: &ReadOptions) -> Result<Vec<RowFault>, FormatError> {
    let wanted = |name: &str| options.columns.as_ref().is_none_or(|columns| columns.get(name).is_some());
    let mut bad: BTreeMap<usize, (String, Problem)> = BTreeMap::new();
    for column in grid.columns.iter().filter(|column| wanted(&column.name)) {
        for (at, cell) in &column.cells {
            let row = grid.rows.get(*at).copied().unwrap_or_default();
            let problem = match cell {
                Cell::Error(_) => Problem::CellError(sheet::reference(row, column.at)),
                Cell::NotCalculated => Problem::NotCalculated(sheet::reference(row, column.at)),
                _ => continue,
            };
            bad.entry(*at).or_insert_with(|| (column.name.clone(), problem));
        }
    }
    let number = |at: &usize| u64::from(grid.rows.get(*at).copied().unwrap_or_default()) + 1;
    if !options.lenient {
        return match bad.into_iter().next() {
            None => Ok(Vec::new()),
            Some((at, (column, problem))) => {
                Err(FormatError::file(file.name(), problem).at_line(number(&at)).in_column(&column))
            }
        };
    }
    let fault = |(at, (column, _)): (&usize, &(String, Problem))| RowFault {
        number: number(at),
        reason: "cell",
        column: Some(column.clone()),
    };
    let faults = bad.iter().map(fault).collect();
    grid.drop_rows(&bad.into_keys().collect::<Vec<_>>());
    Ok(faults)
}

fn infer_schema(files: &[InputFile], grids: &[(Grid, Vec<RowFault>)]) -> Result<TableSchema, FormatError> {
    let first = files.first().map_or("", InputFile::name);
    let names: Vec<&String> = grids.first().into_iter().flat_map(|(grid, _)| &grid.columns).map(|c| &c.name).collect();
    if names.is_empty() {
        return Err(FormatError::file(first, Problem::Empty));
    }
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let mut kinds = Kinds::default();
        for (file, (grid, _)) in files.iter().zip(grids) {
            let Some(column) = grid.columns.iter().find(|column| column.name == *name) else { continue };
            for (at, cell) in &column.cells {
                kinds = kinds.and(Kinds::of(cell));
                if let Err((one, other)) = kinds.data_type() {
                    let row = grid.rows.get(*at).copied().unwrap_or_default();
                    let error = FormatError::file(file.name(), Problem::Mixed(one, other)).in_column(name);
                    return Err(error.at_line(u64::from(row) + 1));
                }
            }
        }
        // Every mixture was found above.
        let data_type = kinds.data_type().unwrap_or(DataType::String);
        columns.push(Column { name: name.clone(), data_type });
    }
    TableSchema::new(columns).map_err(|error| FormatError::file(first, error))
}

fn check_columns(
    file: &InputFile,
    grid: &Grid,
    schema: &TableSchema,
    options: &ReadOptions,
) -> Result<(), FormatError> {
    let has = |name: &str| grid.columns.iter().any(|column| column.name == name);
    let wrong = |name: &str, problem| Err(FormatError::file(file.name(), problem).in_column(name));
    if let Some(missing) = schema.names().find(|name| !has(name)) {
        return wrong(missing, Problem::Missing(missing.to_owned()));
    }
    let extra = grid.columns.iter().find(|column| schema.get(&column.name).is_none());
    match extra.filter(|_| options.columns.is_none() || options.exact) {
        Some(extra) => wrong(&extra.name, Problem::Extra(extra.name.clone())),
        None => Ok(()),
    }
}

/// Puts rows with values aside that are not of their column's type; the first such column is named.
fn drop_misfits(grid: &mut Grid, schema: &TableSchema, faults: &mut Vec<RowFault>) {
    let mut bad: BTreeMap<usize, &str> = BTreeMap::new();
    for column in schema.columns() {
        let Some(found) = grid.columns.iter().find(|found| found.name == column.name) else { continue };
        for (at, _) in found.cells.iter().filter(|(_, cell)| !cell.fits(column.data_type)) {
            bad.entry(*at).or_insert(&column.name);
        }
    }
    faults.extend(bad.iter().map(|(at, column)| RowFault {
        number: u64::from(grid.rows.get(*at).copied().unwrap_or_default()) + 1,
        reason: "type",
        column: Some((*column).to_owned()),
    }));
    grid.drop_rows(&bad.into_keys().collect::<Vec<_>>());
}

fn typed(file: &InputFile, grid: &Grid, schema: &TableSchema) -> Result<DataFrame, FormatError> {
    let columns = schema.columns().iter().map(|column| one_typed(file, grid, &column.name, column.data_type));
    infer::frame(columns.collect::<Result<_, _>>()?, grid.rows.len())
        .ok_or_else(|| FormatError::file(file.name(), Problem::Damaged("workbook")))
}

fn one_typed(
    file: &InputFile,
    grid: &Grid,
    name: &str,
    data_type: DataType,
) -> Result<polars::prelude::Series, FormatError> {
    let none = BTreeMap::new();
    let cells = grid.columns.iter().find(|column| column.name == name).map_or(&none, |column| &column.cells);
    let series = cell::convert(cells, grid.rows.len(), data_type).map_err(|infer::Misfit(at)| {
        let row = grid.rows.get(at).copied().unwrap_or_default();
        FormatError::file(file.name(), Problem::Value(data_type)).in_column(name).at_line(u64::from(row) + 1)
    })?;
    Ok(series.with_name(name.into()))
}

#[cfg(test)]
mod tests;
