//! Newline-delimited JSON: an object a line; a key that is missing is null.
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
mod parse;

use super::infer::{self, Misfit};
use super::{FormatError, InputFile, Problem, Read, ReadOptions};
use cell::{Kinds, Mixed};
use mlspec_record::{Column, DataType, TableSchema};
use parse::{Parsed, parse};
use polars::prelude::DataFrame;
use rayon::prelude::*;

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
        None => infer_schema(files, &parsed)?,
    };
    let frames = files.iter().zip(&parsed).map(|(file, parsed)| typed(file, parsed, &schema));
    Ok(Read { inferred: options.columns.is_none(), frames: frames.collect::<Result<_, _>>()?, schema })
}

pub(super) fn read_named(
    file: &InputFile,
    options: &ReadOptions,
    known: &TableSchema,
) -> Result<DataFrame, FormatError> {
    let parsed = parse(file, options, None)?;
    let names: Vec<&str> = parsed.columns.iter().map(|column| column.name.as_str()).collect();
    let schema = super::named::schema_of(file, &names, known)?;
    let mut frame = typed(file, &parsed, &schema)?;
    if let Some(ids) = parsed.columns.iter().find(|column| column.name == crate::ROW) {
        let ids = convert::convert(Some(&ids.cells), parsed.rows, DataType::UInt64).map_err(|Misfit(row)| {
            let error = FormatError::file(file.name(), Problem::Value(DataType::UInt64)).in_column(crate::ROW);
            FormatError { line: line_of_row(file, row), ..error }
        })?;
        frame = infer::with(frame, ids.with_name(crate::ROW.into()))
            .ok_or_else(|| FormatError::file(file.name(), Problem::Damaged("NDJSON")))?;
    }
    Ok(frame)
}

fn infer_schema(files: &[InputFile], parsed: &[Parsed]) -> Result<TableSchema, FormatError> {
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
                let line = row.and_then(|row| line_of_row(file, row));
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

fn typed(file: &InputFile, parsed: &Parsed, schema: &TableSchema) -> Result<DataFrame, FormatError> {
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
        Some((row, error)) => Err(FormatError { line: line_of_row(file, row), ..error }),
        None => {
            infer::frame(good, parsed.rows).ok_or_else(|| FormatError::file(file.name(), Problem::Damaged("NDJSON")))
        }
    }
}

pub(super) fn line_of_row(file: &InputFile, row: usize) -> Option<u64> {
    let mut lines = file.text().split(|byte| *byte == b'\n').zip(1..).filter(|(line, _)| !line.trim_ascii().is_empty());
    lines.nth(row).map(|(_, number)| number)
}
