//! CSV and TSV: all fields as text first, in parallel; then types.

mod lenient;
mod parse;
mod scan;

use super::infer::{self, Guess, Misfit};
use super::options::Dialect;
use super::{FormatError, InputFile, Problem, RawRecord, Read, ReadOptions};
use mlspec_record::{Column, DataType, TableSchema};
use parse::{Parsed, Pieces, parse};
use polars::prelude::{DataFrame, StringChunked};
use rayon::prelude::*;
#[cfg(test)]
pub(super) use scan::split;
use scan::{Fault, Scanner};
pub(super) use scan::{whole_record, whole_records};

/// About how many bytes are parsed at a time.
const PART: usize = 4 << 20;

pub(super) fn read(files: &[InputFile], options: &ReadOptions) -> Result<Read, FormatError> {
    let dialect = options.dialect()?;
    let mut names: Option<Vec<String>> =
        options.columns.as_ref().map(|schema| schema.names().map(str::to_owned).collect());
    let mut left = options.limit;
    let mut parsed = Vec::with_capacity(files.len());
    for file in files {
        let one = match parse(file, options, dialect, names.as_deref(), left, Pieces { bytes: PART, ids: false }) {
            Err(error) if options.lenient && error.reason().is_some() => {
                lenient::parse(file, options, dialect, names.as_deref(), left)?
            }
            parsed => parsed?,
        };
        left = left.map(|left| left - one.rows as u64);
        if names.is_none() && one.width > 0 {
            names = Some(one.names.clone());
        }
        parsed.push(one);
    }
    let inferred = options.columns.is_none();
    let schema = match &options.columns {
        Some(schema) => schema.clone(),
        None => {
            let empty = files.first().map_or("", InputFile::name);
            if parsed.iter().all(|file| file.rows == 0) && options.limit != Some(0) {
                return Err(FormatError::file(empty, Problem::Empty));
            }
            infer_schema(&parsed, names.unwrap_or_default(), empty)?
        }
    };
    let mut read = Read { inferred, ..Read::of(schema) };
    for (file, mut parsed) in files.iter().zip(parsed) {
        if options.lenient {
            lenient::drop_misfits(&mut parsed, &read.schema);
        }
        let (numbers, faults) = (parsed.numbers.take(), std::mem::take(&mut parsed.faults));
        read.push(typed(file, parsed, &read.schema, options, dialect)?, numbers, faults);
    }
    Ok(read)
}

/// The columns of a file, and what they may be.
pub(super) struct Guessed {
    pub(super) names: Names,
    pub(super) guesses: Vec<Guess>,
    pub(super) rows: usize,
}

/// The names of columns.
pub(super) type Names = Vec<String>;

/// What the columns of a text may be; `wanted` are those of the first one, where they are known.
pub(super) fn guess(
    file: &InputFile,
    options: &ReadOptions,
    wanted: Option<&[String]>,
) -> Result<Guessed, FormatError> {
    let Parsed { names, columns, rows, .. } =
        parse(file, options, options.dialect()?, wanted, None, Pieces { bytes: PART, ids: false })?;
    let of = |pieces: &Vec<StringChunked>| pieces.par_iter().map(Guess::of).reduce(|| Guess::NONE, Guess::and);
    Ok(Guessed { names, guesses: columns.par_iter().map(of).collect(), rows })
}

pub(super) fn raw_records(
    file: &InputFile,
    options: &ReadOptions,
    numbers: &[u64],
) -> Result<Vec<RawRecord>, FormatError> {
    lenient::raw(file, options, options.dialect()?, numbers)
}

pub(super) fn read_named(
    file: &InputFile,
    options: &ReadOptions,
    known: &TableSchema,
) -> Result<DataFrame, FormatError> {
    let mut options = options.clone();
    options.csv.header = true;
    let dialect = options.dialect()?;
    let mut parsed = parse(file, &options, dialect, None, None, Pieces { bytes: PART, ids: true })?;
    let ids = parsed.names.iter().position(|name| name == crate::ROW).map(|at| {
        parsed.names.remove(at);
        parsed.columns.remove(at)
    });
    let names: Vec<&str> = parsed.names.iter().map(String::as_str).collect();
    let schema = super::named::schema_of(file, &names, known)?;
    let ids = ids.map(|pieces| {
        infer::convert(pieces, DataType::UInt64).map_err(|Misfit(row)| {
            let error = FormatError::file(file.name(), Problem::Value(DataType::UInt64)).in_column(crate::ROW);
            FormatError { line: line(file, &options, dialect, row), ..error }
        })
    });
    let ids = ids.transpose()?;
    let mut frame = typed(file, parsed, &schema, &options, dialect)?;
    if let Some(ids) = ids {
        frame = infer::with(frame, ids.with_name(crate::ROW.into()))
            .ok_or_else(|| FormatError::file(file.name(), Problem::Damaged("CSV")))?;
    }
    Ok(frame)
}

fn infer_schema(files: &[Parsed], names: Vec<String>, file: &str) -> Result<TableSchema, FormatError> {
    let types: Vec<DataType> = (0..names.len())
        .into_par_iter()
        .map(|at| {
            let pieces: Vec<&StringChunked> = files.iter().filter_map(|file| file.columns.get(at)).flatten().collect();
            pieces.into_par_iter().map(Guess::of).reduce(|| Guess::NONE, Guess::and).data_type()
        })
        .collect();
    let columns = names.into_iter().zip(types).map(|(name, data_type)| Column { name, data_type }).collect();
    TableSchema::new(columns).map_err(|error| FormatError::file(file, error))
}

/// Text to the schema's types. On a misfit the file is gone through again, to find its line.
fn typed(
    file: &InputFile,
    parsed: Parsed,
    schema: &TableSchema,
    options: &ReadOptions,
    dialect: Dialect,
) -> Result<DataFrame, FormatError> {
    let rows = parsed.rows;
    let mut pieces = parsed.columns;
    pieces.resize_with(schema.columns().len(), Vec::new);
    let columns = pieces.into_par_iter().zip(schema.columns()).map(|(pieces, column)| {
        let series = infer::convert(pieces, column.data_type).map_err(|Misfit(row)| {
            let error = FormatError::file(file.name(), Problem::Value(column.data_type)).in_column(&column.name);
            match line(file, options, dialect, row) {
                Some(line) => error.at_line(line),
                None => error,
            }
        })?;
        Ok(series.with_name(column.name.as_str().into()))
    });
    let columns: Vec<Result<_, FormatError>> = columns.collect();
    // The first of them in the file, whatever thread found it.
    let mut faults: Vec<_> = Vec::new();
    let mut good = Vec::new();
    for column in columns {
        match column {
            Ok(column) => good.push(column),
            Err(fault) => faults.push(fault),
        }
    }
    match faults.into_iter().min_by_key(|fault| fault.line) {
        Some(fault) => Err(fault),
        None => infer::frame(good, rows).ok_or_else(|| FormatError::file(file.name(), Problem::Damaged("CSV"))),
    }
}

pub(super) fn line_of_row(file: &InputFile, options: &ReadOptions, row: usize) -> Option<u64> {
    line(file, options, options.dialect().ok()?, row)
}

fn line(file: &InputFile, options: &ReadOptions, dialect: Dialect, row: usize) -> Option<u64> {
    let text = std::str::from_utf8(file.text()).ok()?;
    let mut scanner = Scanner::new(text, dialect);
    let mut width = None;
    let headers = usize::from(options.csv.header);
    for _ in 0..headers + row {
        let mut fields = 0;
        scanner.record(width, |_, _| fields += 1).ok()?;
        width = width.or(Some(fields));
    }
    // Blank lines before the record are skipped with it.
    let mut start = scanner.at();
    if width != Some(1) {
        let rest = &text.as_bytes()[start..];
        start += rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
    }
    Some(file.line(start))
}

impl Fault {
    /// The fault with its line, and the column for a fault within a record.
    fn in_file(self, file: &InputFile, column: Option<&str>) -> FormatError {
        let error = FormatError::file(file.name(), self.problem).at_line(file.line(self.at));
        match column {
            Some(column) => error.in_column(column),
            None => error,
        }
    }
}
