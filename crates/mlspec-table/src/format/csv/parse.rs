//! One file: its names, and its fields as pieces of text.

use super::scan::{Fault, Field, Scanner, split};
use crate::format::{FormatError, InputFile, Problem, ReadOptions, RowFault, options::Dialect};
use mlspec_record::{Column, DataType, TableSchema, TableSchemaError};
use polars::prelude::{StringChunked, StringChunkedBuilder};
use rayon::prelude::*;
use std::ops::Range;

/// A file's fields as text.
#[derive(Debug)]
pub(super) struct Parsed {
    /// How many fields a record of the file has; 0 where it has no record.
    pub(super) width: usize,
    /// The columns that are read.
    pub(super) names: Vec<String>,
    /// For each of them its pieces, in order.
    pub(super) columns: Vec<Vec<StringChunked>>,
    /// How many rows there are.
    pub(super) rows: usize,
    /// The number of each row's record, where some were left out.
    pub(super) numbers: Option<Vec<u64>>,
    /// The records that were left out.
    pub(super) faults: Vec<RowFault>,
}

/// How a file is parsed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pieces {
    /// About how many bytes are parsed at a time.
    pub(super) bytes: usize,
    /// Whether row ids may be among the columns.
    pub(super) ids: bool,
}

/// Parses a file. `wanted` are the columns to read, if they are known already: declared, or those of the first file.
pub(super) fn parse(
    file: &InputFile,
    options: &ReadOptions,
    dialect: Dialect,
    wanted: Option<&[String]>,
    limit: Option<u64>,
    Pieces { bytes: part, ids }: Pieces,
) -> Result<Parsed, FormatError> {
    let text = file.text();
    let Layout { body, width, names, keep } = layout(file, options, dialect, wanted, ids)?;
    if width == 0 {
        let columns = vec![Vec::new(); names.len()];
        return Ok(Parsed { width, columns, names, rows: 0, numbers: None, faults: Vec::new() });
    }
    // Quotes matter only where there are any.
    let dialect =
        Dialect { quote: dialect.quote.filter(|quote| memchr::memchr(*quote, &text[body..]).is_some()), ..dialect };
    let end = match limit {
        Some(limit) => body + beginning(&text[body..], dialect, width, limit),
        None => text.len(),
    };
    let parts = split(&text[body..end], dialect.quote, part);
    let read = Parts { text, dialect, width, keep: &keep, nulls: &options.csv.null_values, columns: names.len() };
    let parts: Vec<_> = parts.into_par_iter().map(|part| read.part(body + part.start..body + part.end)).collect();
    let mut columns = vec![Vec::with_capacity(parts.len()); names.len()];
    let mut rows = 0;
    for part in parts {
        let (pieces, count) = part.map_err(|(fault, field)| {
            let column = field.and_then(|field| keep.get(field).copied().flatten()).and_then(|at| names.get(at));
            fault.in_file(file, column.map(String::as_str))
        })?;
        rows += count;
        columns.iter_mut().zip(pieces).for_each(|(column, piece)| column.push(piece));
    }
    Ok(Parsed { width, names, columns, rows, numbers: None, faults: Vec::new() })
}

/// Where the rows begin and what their fields are.
pub(super) struct Layout {
    /// Where the first row begins.
    pub(super) body: usize,
    /// How many fields a record has.
    pub(super) width: usize,
    /// The columns that are read.
    pub(super) names: Vec<String>,
    /// For each field the column that it goes to.
    pub(super) keep: Vec<Option<usize>>,
}

pub(super) fn layout(
    file: &InputFile,
    options: &ReadOptions,
    dialect: Dialect,
    wanted: Option<&[String]>,
    ids: bool,
) -> Result<Layout, FormatError> {
    let problem = |problem: Problem| FormatError::file(file.name(), problem);
    let whole = file.text();
    // The first record is looked for in the first MiB, or else in all of the text.
    let (mut first, mut at, mut there, mut text) = (Vec::new(), 0, false, "");
    for length in [whole.len().min(1 << 20), whole.len()] {
        let (good, bad) = readable(&whole[..length]);
        let mut scanner = Scanner::new(good, dialect);
        first.clear();
        let found = scanner.record(None, |_, field| {
            first.push(match field {
                Field::Plain(text) => text.to_owned(),
                Field::Quoted(text) => text.into_owned(),
            });
        });
        let complete = found.is_ok() && scanner.at() < good.len();
        if bad && !complete {
            return Err(encoding(good.len()).in_file(file, None));
        }
        if complete || length == whole.len() {
            there = found.map_err(|fault| fault.in_file(file, None))?;
            (at, text) = (scanner.at(), good);
            break;
        }
    }
    let width = first.len();
    if !options.csv.header {
        let names = match wanted {
            Some(wanted) => wanted.to_vec(),
            None => (1..=width).map(|at| format!("column_{at}")).collect(),
        };
        let expected = names.len();
        if there && width != expected {
            return Err(problem(Problem::Ragged { found: width, expected }).at_line(file.line(blank(text))));
        }
        return Ok(Layout { body: 0, width, names, keep: (0..width).map(Some).collect() });
    }
    if !there {
        return match (&options.columns, wanted) {
            (Some(_), Some(wanted)) => Ok(Layout { body: 0, width: 0, names: wanted.to_vec(), keep: Vec::new() }),
            _ => Err(problem(Problem::Empty)),
        };
    }
    let line = file.line(blank(text));
    check_names(&first, ids).map_err(|error| problem(error.into()).at_line(line))?;
    let names = wanted.map_or_else(|| first.clone(), <[String]>::to_vec);
    if let Some(missing) = names.iter().find(|name| !first.contains(name)) {
        return Err(problem(Problem::Missing(missing.clone())).at_line(line).in_column(missing));
    }
    if (options.columns.is_none() || options.exact)
        && let Some(extra) = first.iter().find(|name| !names.contains(name))
    {
        return Err(problem(Problem::Extra(extra.clone())).at_line(line).in_column(extra));
    }
    let keep = first.iter().map(|name| names.iter().position(|wanted| wanted == name)).collect();
    Ok(Layout { body: at, width, names, keep })
}

fn check_names(names: &[String], ids: bool) -> Result<(), TableSchemaError> {
    if ids && names.iter().filter(|name| *name == crate::ROW).count() > 1 {
        return Err(TableSchemaError::Twice(crate::ROW.to_owned()));
    }
    let names = names.iter().filter(|name| !ids || *name != crate::ROW);
    let columns = names.map(|name| Column { name: name.clone(), data_type: DataType::String });
    TableSchema::new(columns.collect()).map(drop)
}

/// How many bytes of blank lines the text begins with.
fn blank(text: &str) -> usize {
    text.bytes().take_while(|byte| matches!(byte, b'\n' | b'\r')).count()
}

/// The beginning of bytes that is UTF-8, and whether something else follows; a character that is cut off is nothing else.
fn readable(bytes: &[u8]) -> (&str, bool) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (text, false),
        Err(error) => {
            let good = std::str::from_utf8(&bytes[..error.valid_up_to()]).unwrap_or_default();
            (good, error.error_len().is_some())
        }
    }
}

fn encoding(at: usize) -> Fault {
    Fault { at, problem: Problem::Encoding }
}

/// The length of the first `limit` records; where the text is damaged, up to there: parsing will say so.
fn beginning(text: &[u8], dialect: Dialect, width: usize, limit: u64) -> usize {
    let length = match std::str::from_utf8(text) {
        Ok(text) => text.len(),
        Err(error) => error.valid_up_to(),
    };
    let Ok(readable) = std::str::from_utf8(&text[..length]) else { return text.len() };
    let mut scanner = Scanner::new(readable, dialect);
    for _ in 0..limit {
        match scanner.record(Some(width), |_, _| {}) {
            Ok(true) => {}
            Ok(false) => return text.len(),
            Err(_) => return text.len(),
        }
    }
    scanner.at()
}

struct Parts<'a> {
    text: &'a [u8],
    dialect: Dialect,
    width: usize,
    keep: &'a [Option<usize>],
    nulls: &'a [String],
    columns: usize,
}

/// The columns of a part and its rows.
type Piece = (Vec<StringChunked>, usize);

impl Parts<'_> {
    /// Parses one part; a fault comes with its position in the whole text, and the field if it is within one.
    fn part(&self, range: Range<usize>) -> Result<Piece, (Fault, Option<usize>)> {
        let bytes = &self.text[range.clone()];
        let text =
            std::str::from_utf8(bytes).map_err(|error| self.not_text(bytes, range.start, error.valid_up_to()))?;
        let lines = memchr::memchr_iter(b'\n', bytes).count() + 1;
        let mut builders: Vec<_> =
            (0..self.columns).map(|_| StringChunkedBuilder::new(Default::default(), lines)).collect();
        let mut scanner = Scanner::new(text, self.dialect);
        let mut rows = 0;
        let mut field = 0;
        loop {
            let record = scanner.record(Some(self.width), |at, value| {
                field = at + 1;
                if let Some(builder) = self.keep.get(at).copied().flatten().and_then(|at| builders.get_mut(at)) {
                    match value {
                        Field::Plain("") => builder.append_null(),
                        Field::Plain(text) => self.append(builder, text),
                        Field::Quoted(text) => self.append(builder, &text),
                    }
                }
            });
            match record {
                Ok(true) => rows += 1,
                Ok(false) => break,
                Err(fault) => {
                    let ragged = matches!(fault.problem, Problem::Ragged { .. });
                    let field = if ragged { None } else { Some(field % self.width) };
                    return Err((Fault { at: range.start + fault.at, ..fault }, field));
                }
            }
        }
        Ok((builders.into_iter().map(StringChunkedBuilder::finish).collect(), rows))
    }

    fn append(&self, builder: &mut StringChunkedBuilder, text: &str) {
        if self.nulls.iter().any(|null| null == text) {
            builder.append_null();
        } else {
            builder.append_value(text);
        }
    }

    /// The fault of a part that is not UTF-8 from `at` on, with the field that holds it.
    fn not_text(&self, bytes: &[u8], start: usize, at: usize) -> (Fault, Option<usize>) {
        let good = std::str::from_utf8(&bytes[..at]).unwrap_or_default();
        let mut scanner = Scanner::new(good, self.dialect);
        let mut fields = 0;
        while scanner.at() < good.len() {
            fields = 0;
            let whole = scanner.record(None, |_, _| fields += 1);
            if whole.is_err() {
                // Cut off within quotes: the field after the last whole one.
                fields += 1;
            }
            if !matches!(whole, Ok(true)) {
                break;
            }
        }
        let field = if good.ends_with('\n') { 0 } else { fields.max(1) - 1 };
        (encoding(start + at), Some(field))
    }
}
