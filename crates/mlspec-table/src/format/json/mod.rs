//! Newline-delimited JSON: an object a line; JSON documents: an object an item of a list. A key that is missing is null.
//!
//! | all values of a column are | the inferred type |
//! | --- | --- |
//! | booleans | boolean |
//! | integers | int64; u_int64 where one is beyond |
//! | numbers | float64 |
//! | texts, or nothing | string |
//! | lists of texts, or empty ones | list_string |
//! | lists of integers from 0 on | list_u_int64 |
//! | lists of numbers | list_float64 |

mod cell;
mod convert;
mod document;
mod parse;

use super::infer::{self, Misfit};
use super::{FormatError, InputFile, Problem, RawRecord, Read, ReadOptions, RowFault};
use cell::{Kinds, Mixed};
use mlspec_record::{Column, DataType, TableSchema};
use parse::{Parsed, parse};
use polars::prelude::DataFrame;
use rayon::prelude::*;
use std::collections::BTreeMap;

pub(super) fn read(files: &[InputFile], options: &ReadOptions) -> Result<Read, FormatError> {
    let mut left = options.limit;
    let mut parsed = Vec::with_capacity(files.len());
    for file in files {
        let one = parse(file, options, left)?;
        left = left.map(|left| left - one.rows as u64);
        parsed.push(one);
    }
    let schema = match &options.columns {
        Some(schema) => schema.clone(),
        None => infer_schema(files, &parsed, options)?,
    };
    let mut read = Read { inferred: options.columns.is_none(), ..Read::of(schema) };
    for (file, mut parsed) in files.iter().zip(parsed) {
        if options.lenient {
            drop_misfits(&mut parsed, &read.schema);
        }
        let frame = typed(file, &parsed, &read.schema, options)?;
        read.push(frame, parsed.numbers, parsed.faults);
    }
    Ok(read)
}

/// Leaves out the rows with values that are not of their column's type; the first such column is named.
fn drop_misfits(parsed: &mut Parsed, schema: &TableSchema) {
    let mut bad: BTreeMap<usize, &str> = BTreeMap::new();
    for column in schema.columns() {
        let Some(found) = parsed.columns.iter().find(|found| found.name == column.name) else { continue };
        for (row, _) in found.cells.iter().enumerate().filter(|(_, cell)| !convert::fits(cell, column.data_type)) {
            bad.entry(row).or_insert(&column.name);
        }
    }
    let number = |row: usize| match &parsed.numbers {
        Some(numbers) => numbers.get(row).copied().unwrap_or_default(),
        None => row as u64 + 1,
    };
    let fault = |(row, column): (&usize, &&str)| RowFault {
        number: number(*row),
        reason: "type",
        column: Some((*column).to_owned()),
    };
    let faults: Vec<RowFault> = bad.iter().map(fault).collect();
    parsed.faults.extend(faults);
    parsed.drop_rows(&bad.into_keys().collect::<Vec<_>>());
}

pub(super) fn raw_records(
    file: &InputFile,
    options: &ReadOptions,
    numbers: &[u64],
) -> Result<Vec<RawRecord>, FormatError> {
    let records = parse::records(file, options, None)?;
    let (mut line, mut seen) = (1, 0);
    let found = numbers.iter().filter_map(|number| {
        let range = records.get(usize::try_from(*number).ok()?.checked_sub(1)?)?.clone();
        line += memchr::memchr_iter(b'\n', file.text().get(seen..range.start)?).count() as u64;
        seen = range.start;
        let text = String::from_utf8_lossy(&file.text()[range]).trim().to_owned();
        Some(RawRecord { record: *number, line, text })
    });
    Ok(found.collect())
}

pub(super) fn read_named(
    file: &InputFile,
    options: &ReadOptions,
    known: &TableSchema,
) -> Result<DataFrame, FormatError> {
    let parsed = parse(file, options, None)?;
    let names: Vec<&str> = parsed.columns.iter().map(|column| column.name.as_str()).collect();
    let schema = super::named::schema_of(file, &names, known)?;
    let mut frame = typed(file, &parsed, &schema, options)?;
    if let Some(ids) = parsed.columns.iter().find(|column| column.name == crate::ROW) {
        let ids = convert::convert(Some(&ids.cells), parsed.rows, DataType::UInt64).map_err(|Misfit(row)| {
            let error = FormatError::file(file.name(), Problem::Value(DataType::UInt64)).in_column(crate::ROW);
            FormatError { line: line_of_row(file, options, row), ..error }
        })?;
        frame = infer::with(frame, ids.with_name(crate::ROW.into()))
            .ok_or_else(|| FormatError::file(file.name(), Problem::Damaged("NDJSON")))?;
    }
    Ok(frame)
}

fn infer_schema(files: &[InputFile], parsed: &[Parsed], options: &ReadOptions) -> Result<TableSchema, FormatError> {
    let mut names: Vec<&str> = Vec::new();
    for column in parsed.iter().flat_map(|file| &file.columns) {
        if !names.contains(&column.name.as_str()) {
            names.push(&column.name);
        }
    }
    let first = files.first().map_or("", InputFile::name);
    if names.is_empty() {
        return Err(FormatError::file(first, Problem::Empty));
    }
    let mut columns = Vec::with_capacity(names.len());
    for name in names {
        let mut kinds = Kinds::default();
        for (file, parsed) in files.iter().zip(parsed) {
            let Some(column) = parsed.columns.iter().find(|column| column.name == name) else { continue };
            let joined = kinds.and(column.kinds);
            if let Err(Mixed(one, other)) = joined.data_type() {
                let mut so_far = kinds;
                let row = column.cells.iter().position(|cell| {
                    so_far = so_far.and(Kinds::of(cell));
                    so_far.data_type().is_err()
                });
                let error = FormatError::file(file.name(), Problem::Mixed(one, other)).in_column(name);
                let line = row.and_then(|row| line_of_row(file, options, parsed.record(row)));
                return Err(line
                    .map(|line| FormatError { line: Some(line), ..error })
                    .unwrap_or_else(|| unplaced(file, name, one, other)));
            }
            kinds = joined;
        }
        // Every mixture was found above.
        let data_type = kinds.data_type().unwrap_or(DataType::String);
        columns.push(Column { name: name.to_owned(), data_type });
    }
    TableSchema::new(columns).map_err(|error| FormatError::file(first, error))
}

fn unplaced(file: &InputFile, name: &str, one: &'static str, other: &'static str) -> FormatError {
    FormatError::file(file.name(), Problem::Mixed(one, other)).in_column(name)
}

fn typed(
    file: &InputFile,
    parsed: &Parsed,
    schema: &TableSchema,
    options: &ReadOptions,
) -> Result<DataFrame, FormatError> {
    let columns: Vec<Result<_, (usize, FormatError)>> = schema
        .columns()
        .par_iter()
        .map(|column| {
            let found = parsed.columns.iter().find(|found| found.name == column.name);
            let series = convert::convert(found.map(|found| &found.cells[..]), parsed.rows, column.data_type);
            let series = series.map_err(|Misfit(row)| {
                (row, FormatError::file(file.name(), Problem::Value(column.data_type)).in_column(&column.name))
            })?;
            Ok(series.with_name(column.name.as_str().into()))
        })
        .collect();
    let (mut good, mut faults) = (Vec::new(), Vec::new());
    for column in columns {
        match column {
            Ok(column) => good.push(column),
            Err(fault) => faults.push(fault),
        }
    }
    match faults.into_iter().min_by_key(|(row, _)| *row) {
        Some((row, error)) => Err(FormatError { line: line_of_row(file, options, parsed.record(row)), ..error }),
        None => {
            infer::frame(good, parsed.rows).ok_or_else(|| FormatError::file(file.name(), Problem::Damaged("NDJSON")))
        }
    }
}

pub(super) fn line_of_row(file: &InputFile, options: &ReadOptions, row: usize) -> Option<u64> {
    let records = parse::records(file, options, None).ok()?;
    records.get(row).map(|record| file.line(record.start))
}
