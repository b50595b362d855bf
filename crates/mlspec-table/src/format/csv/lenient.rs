//! Bad records are put aside: the text is gone through record by record, and after a bad one it goes on with the next line.

use super::parse::{Layout, Parsed, layout};
use super::scan::{Field, Scanner};
use crate::format::infer::fits_type;
use crate::format::rejected::remaining;
use crate::format::{FormatError, InputFile, Problem, RawRecord, ReadOptions, RowFault, options::Dialect};
use mlspec_record::TableSchema;
use polars::prelude::{BooleanChunked, ChunkFilter as _, NewChunkedArray as _, StringChunked, StringChunkedBuilder};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Stands in for bytes that are no UTF-8, so that positions stay.
const STAND_IN: u8 = 0x1a;

/// Parses a file, leaving out records that are bad.
pub(super) fn parse(
    file: &InputFile,
    options: &ReadOptions,
    dialect: Dialect,
    wanted: Option<&[String]>,
    limit: Option<u64>,
) -> Result<Parsed, FormatError> {
    let Layout { body, width, names, keep } = layout(file, options, dialect, wanted, false)?;
    let mut builders: Vec<_> = names.iter().map(|_| StringChunkedBuilder::new(Default::default(), 0)).collect();
    let (mut numbers, mut faults) = (Vec::new(), Vec::new());
    let text = Readable::new(file.text());
    let mut walk = Walk::new(&text, dialect, width, body);
    while (numbers.len() as u64) < limit.unwrap_or(u64::MAX)
        && let Some(Record { number, fields, .. }) = walk.next()
    {
        let fields = match fields {
            Ok(fields) => fields,
            Err((problem, field)) => {
                let column = field.and_then(|at| names.get(keep.get(at).copied().flatten()?).cloned());
                let reason = FormatError::file("", problem).reason().unwrap_or("fields");
                faults.push(RowFault { number, reason, column });
                continue;
            }
        };
        for (at, field) in fields.iter().enumerate() {
            let Some(builder) = keep.get(at).copied().flatten().and_then(|at| builders.get_mut(at)) else { continue };
            let value = match field {
                Field::Plain("") => None,
                Field::Plain(text) => Some(*text),
                Field::Quoted(text) => Some(text.as_ref()),
            };
            builder.append_option(value.filter(|value| !options.csv.null_values.iter().any(|null| null == value)));
        }
        numbers.push(number);
    }
    let columns = builders.into_iter().map(|builder| vec![builder.finish()]).collect();
    Ok(Parsed { width, names, columns, rows: numbers.len(), numbers: Some(numbers), faults })
}

/// Leaves out the rows with values that are not of their column's type; the first such column is named.
pub(super) fn drop_misfits(parsed: &mut Parsed, schema: &TableSchema) {
    let mut bad: BTreeMap<usize, &str> = BTreeMap::new();
    for (pieces, column) in parsed.columns.iter().zip(schema.columns()) {
        let values = pieces.iter().flat_map(|piece| piece.iter());
        for (row, value) in values.enumerate() {
            if value.is_some_and(|value| !fits_type(value, column.data_type)) {
                bad.entry(row).or_insert(&column.name);
            }
        }
    }
    if bad.is_empty() {
        return;
    }
    let rows: Vec<usize> = bad.keys().copied().collect();
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
    parsed.numbers = remaining(parsed.numbers.take(), parsed.rows, &rows);
    for pieces in &mut parsed.columns {
        let mut start = 0;
        for piece in pieces {
            let stays = (start..start + piece.len()).map(|row| rows.binary_search(&row).is_err());
            start += piece.len();
            let stays = BooleanChunked::from_iter_values("".into(), stays);
            // Both are of the same length.
            *piece = piece.filter(&stays).unwrap_or_else(|_| StringChunked::from_slice("".into(), &[""; 0]));
        }
    }
    parsed.rows -= rows.len();
}

/// The text of records, by their numbers.
pub(super) fn raw(
    file: &InputFile,
    options: &ReadOptions,
    dialect: Dialect,
    numbers: &[u64],
) -> Result<Vec<RawRecord>, FormatError> {
    let names: Option<Vec<String>> = options.columns.as_ref().map(|schema| schema.names().map(str::to_owned).collect());
    let Layout { body, width, .. } = layout(file, options, dialect, names.as_deref(), false)?;
    let (mut found, mut left) = (Vec::with_capacity(numbers.len()), numbers.iter().peekable());
    let (mut line, mut seen) = (1, 0);
    let text = Readable::new(file.text());
    let mut walk = Walk::new(&text, dialect, width, body);
    while left.peek().is_some()
        && let Some(Record { number, start, end, .. }) = walk.next()
    {
        if left.next_if(|wanted| **wanted == number).is_some() {
            let bytes = file.text();
            line += memchr::memchr_iter(b'\n', &bytes[seen..start]).count() as u64;
            seen = start;
            let text = String::from_utf8_lossy(&bytes[start..end]);
            found.push(RawRecord { record: number, line, text: text.trim_end_matches(['\n', '\r']).to_owned() });
        }
    }
    Ok(found)
}

/// Text in which what is no text is replaced, byte by byte.
struct Readable<'a> {
    text: Cow<'a, str>,
    /// Where bytes were replaced, ascending.
    bad: Vec<usize>,
}

impl<'a> Readable<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        if let Ok(text) = std::str::from_utf8(bytes) {
            return Self { text: Cow::Borrowed(text), bad: Vec::new() };
        }
        let (mut text, mut bad) = (String::with_capacity(bytes.len()), Vec::new());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            for _ in chunk.invalid() {
                bad.push(text.len());
                text.push(char::from(STAND_IN));
            }
        }
        Self { text: Cow::Owned(text), bad }
    }

    fn is_bad(&self, start: usize, end: usize) -> bool {
        self.bad.get(self.bad.partition_point(|at| *at < start)).is_some_and(|at| *at < end)
    }
}

/// A record, and its fields or what is wrong with it, and in which field.
struct Record<'a> {
    number: u64,
    start: usize,
    end: usize,
    fields: Result<Vec<Field<'a>>, (Problem, Option<usize>)>,
}

/// Goes from record to record.
struct Walk<'a> {
    text: &'a Readable<'a>,
    scanner: Scanner<'a>,
    width: usize,
    number: u64,
}

impl<'a> Walk<'a> {
    fn new(text: &'a Readable<'a>, dialect: Dialect, width: usize, body: usize) -> Self {
        let mut scanner = Scanner::new(&text.text, dialect);
        scanner.seek(body);
        Self { text, scanner, width, number: 0 }
    }

    fn next(&mut self) -> Option<Record<'a>> {
        if self.width == 0 {
            return None;
        }
        if self.width != 1 {
            self.scanner.skip_blank_lines();
        }
        let start = self.scanner.at();
        let mut fields = Vec::with_capacity(self.width);
        let found = self.scanner.record(Some(self.width), |_, field| fields.push(field));
        let fields = match found {
            Ok(false) => return None,
            Ok(true) => match self.text.is_bad(start, self.scanner.at()) {
                true => Err((Problem::Encoding, None)),
                false => Ok(fields),
            },
            Err(fault) => {
                let ragged = matches!(fault.problem, Problem::Ragged { .. });
                if !ragged {
                    let rest = &self.text.text.as_bytes()[start..];
                    self.scanner.seek(start + memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1));
                }
                Err((fault.problem, (!ragged).then_some(fields.len())))
            }
        };
        self.number += 1;
        Some(Record { number: self.number, start, end: self.scanner.at(), fields })
    }
}
