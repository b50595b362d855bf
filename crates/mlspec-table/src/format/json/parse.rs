//! One file: its records as cells by column.

use super::cell::{Cell, Kinds};
use super::document;
use crate::format::rejected::remaining;
use crate::format::{Format, FormatError, InputFile, Problem, ReadOptions, RowFault};
use mlspec_record::TableSchemaError;
use rayon::prelude::*;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;
use std::ops::Range;

/// About how many bytes are parsed at a time.
const PART: usize = 1 << 20;

/// A file's values.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) columns: Vec<Cells>,
    pub(super) rows: usize,
    /// The number of each row's record, where some were left out.
    pub(super) numbers: Option<Vec<u64>>,
    /// The records that were left out.
    pub(super) faults: Vec<RowFault>,
}

/// A column's values; rows beyond them are null.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    pub(super) name: String,
    pub(super) cells: Vec<Cell>,
    pub(super) kinds: Kinds,
}

/// What is wrong in a record: where it begins, in which column, what.
struct Fault {
    at: usize,
    column: Option<String>,
    problem: Problem,
}

/// How records are read.
#[derive(Clone, Copy)]
struct How<'a> {
    wanted: Option<&'a [&'a str]>,
    exact: bool,
    /// Whether records are items of a list rather than lines.
    items: bool,
    lenient: bool,
}

/// Where the records of a file stand in its text, at most so many.
pub(super) fn records(
    file: &InputFile,
    options: &ReadOptions,
    limit: Option<u64>,
) -> Result<Vec<Range<usize>>, FormatError> {
    let text = file.text();
    let limit = limit.map_or(usize::MAX, |limit| usize::try_from(limit).unwrap_or(usize::MAX));
    if options.format == Format::Json {
        let mut items = document::items(text, &options.json.records)
            .map_err(|(at, problem)| FormatError::file(file.name(), problem).at_line(file.line(at)))?;
        items.truncate(limit);
        return Ok(items);
    }
    let mut at = 0;
    let lines = text.split_inclusive(|byte| *byte == b'\n').map(|line| {
        at += line.len();
        (line, at - line.len()..at)
    });
    Ok(lines.filter(|(line, _)| !line.trim_ascii().is_empty()).map(|(_, range)| range).take(limit).collect())
}

pub(super) fn parse(file: &InputFile, options: &ReadOptions, limit: Option<u64>) -> Result<Parsed, FormatError> {
    let text = file.text();
    // With bad records among them, more than `limit` may have to be looked at.
    let records = records(file, options, limit.filter(|_| !options.lenient))?;
    let wanted: Option<Vec<&str>> = options.columns.as_ref().map(|schema| schema.names().collect());
    let (exact, lenient, items) = (options.exact, options.lenient, options.format == Format::Json);
    let how = How { wanted: wanted.as_deref(), exact, items, lenient };
    let parts: Vec<_> = parts(&records).into_par_iter().map(|part| parse_part(text, part, how)).collect();
    let mut whole = Parsed::default();
    for part in parts {
        let part = part.map_err(|fault| FormatError {
            column: fault.column,
            ..FormatError::file(file.name(), fault.problem).at_line(file.line(fault.at))
        })?;
        whole.append(part);
    }
    if !whole.faults.is_empty() {
        let bad: Vec<usize> = whole.faults.iter().map(|fault| fault.number as usize - 1).collect();
        whole.numbers = remaining(None, records.len(), &bad);
        whole.forget_bad();
    }
    if let Some(limit) = limit.map(|limit| usize::try_from(limit).unwrap_or(usize::MAX)) {
        whole.rows = whole.rows.min(limit);
        whole.columns.iter_mut().for_each(|column| column.cells.truncate(limit));
        whole.numbers = whole.numbers.map(|numbers| numbers.into_iter().take(limit).collect());
    }
    Ok(whole)
}

/// Records in groups of about the size of a part.
fn parts(records: &[Range<usize>]) -> Vec<&[Range<usize>]> {
    let (mut parts, mut rest) = (Vec::new(), records);
    while let Some(first) = rest.first() {
        let count = rest.partition_point(|record| record.end - first.start <= PART).max(1);
        let (part, more) = rest.split_at(count);
        parts.push(part);
        rest = more;
    }
    parts
}

impl Parsed {
    fn append(&mut self, part: Self) {
        for mut column in part.columns {
            let own = match self.columns.iter_mut().find(|own| own.name == column.name) {
                Some(own) => own,
                None => {
                    self.columns.push(Cells { name: column.name.clone(), cells: Vec::new(), kinds: Kinds::default() });
                    let Some(own) = self.columns.last_mut() else { continue };
                    own
                }
            };
            own.cells.resize(self.rows, Cell::Null);
            own.cells.append(&mut column.cells);
            own.kinds = own.kinds.and(column.kinds);
        }
        let before = (self.rows + self.faults.len()) as u64;
        self.faults.extend(part.faults.into_iter().map(|fault| RowFault { number: before + fault.number, ..fault }));
        self.rows += part.rows;
    }

    /// Takes back what bad records said of the kinds of values.
    fn forget_bad(&mut self) {
        for column in &mut self.columns {
            column.kinds = column.cells.iter().map(Kinds::of).fold(Kinds::default(), Kinds::and);
        }
    }

    /// The position of a row's record.
    pub(super) fn record(&self, row: usize) -> usize {
        let number = self.numbers.as_ref().and_then(|numbers| numbers.get(row));
        number.map_or(row, |number| *number as usize - 1)
    }

    /// Leaves out rows, ascending.
    pub(super) fn drop_rows(&mut self, rows: &[usize]) {
        self.numbers = remaining(self.numbers.take(), self.rows, rows);
        for column in &mut self.columns {
            let mut at = 0;
            column.cells.retain(|_| {
                at += 1;
                rows.binary_search(&(at - 1)).is_err()
            });
        }
        self.rows -= rows.len();
    }

    /// The position of the column of this name, which the row before had at `expected`.
    fn position(&mut self, name: &str, expected: usize) -> usize {
        if self.columns.get(expected).is_some_and(|column| column.name == name) {
            return expected;
        }
        self.columns.iter().position(|column| column.name == name).unwrap_or_else(|| {
            self.columns.push(Cells { name: name.to_owned(), cells: Vec::new(), kinds: Kinds::default() });
            self.columns.len() - 1
        })
    }
}

fn parse_part(text: &[u8], records: &[Range<usize>], how: How<'_>) -> Result<Parsed, Fault> {
    let mut part = Parsed::default();
    for range in records {
        let (start, known) = (range.start, part.columns.len());
        let found = match std::str::from_utf8(&text[range.clone()]) {
            Ok(record) => {
                parse_record(record, &mut part, how).map_err(|(column, problem)| Fault { at: start, column, problem })
            }
            Err(error) => Err(Fault { at: start + error.valid_up_to(), column: None, problem: Problem::Encoding }),
        };
        match found {
            Ok(()) => part.rows += 1,
            Err(fault) => {
                let Fault { column, problem, .. } = fault;
                let error = FormatError { column, ..FormatError::file("", problem) };
                let Some(reason) = error.reason().filter(|_| how.lenient) else {
                    return Err(Fault { at: fault.at, column: error.column, problem: error.problem });
                };
                let rows = part.rows;
                part.columns.truncate(known);
                part.columns.iter_mut().for_each(|column| column.cells.truncate(rows));
                let number = (rows + part.faults.len()) as u64 + 1;
                part.faults.push(RowFault { number, reason, column: error.column });
            }
        }
    }
    Ok(part)
}

fn parse_record(text: &str, part: &mut Parsed, how: How<'_>) -> Result<(), (Option<String>, Problem)> {
    if !text.trim_start().starts_with('{') {
        return Err((None, if how.items { Problem::NotAnObjectItem } else { Problem::NotAnObject }));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let mut wrong = None;
    let row = Row { part, wanted: how.wanted, exact: how.exact, wrong: &mut wrong };
    let read = row.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    match (wrong, read) {
        (Some((column, problem)), _) => Err((Some(column), problem)),
        (None, Err(_)) if how.items => Err((None, Problem::JsonItem)),
        (None, Err(error)) => Err((None, Problem::Json(error.column()))),
        (None, Ok(())) => Ok(()),
    }
}

/// Reads an object into the next row of a part.
struct Row<'a> {
    part: &'a mut Parsed,
    wanted: Option<&'a [&'a str]>,
    exact: bool,
    wrong: &'a mut Option<(String, Problem)>,
}

impl<'de> DeserializeSeed<'de> for Row<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Row<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { part, wanted, exact, wrong } = self;
        let mut expected = 0;
        loop {
            let key = Key { part, expected, wanted };
            let at = match map.next_key_seed(key)? {
                None => return Ok(()),
                Some(Found::Column(at)) => at,
                Some(Found::Other(name)) => {
                    map.next_value::<IgnoredAny>()?;
                    if exact {
                        *wrong = Some((name.clone(), Problem::Extra(name)));
                        return Err(A::Error::custom("unexpected column"));
                    }
                    continue;
                }
            };
            expected = at + 1;
            let cell = map.next_value_seed(CellSeed)?;
            let rows = part.rows;
            let Some(column) = part.columns.get_mut(at) else { continue };
            let kinds = Kinds::of(&cell);
            if column.cells.len() > rows || kinds.nested() {
                let name = column.name.clone();
                let twice = || Problem::Schema(TableSchemaError::Twice(name.clone()));
                let problem = if kinds.nested() { Problem::Nested } else { twice() };
                *wrong = Some((name, problem));
                return Err(A::Error::custom("unusable value"));
            }
            column.cells.resize(rows, Cell::Null);
            column.cells.push(cell);
            column.kinds = column.kinds.and(kinds);
        }
    }
}

enum Found {
    Column(usize),
    Other(String),
}

/// Reads a key as the position of its column.
struct Key<'a> {
    part: &'a mut Parsed,
    expected: usize,
    wanted: Option<&'a [&'a str]>,
}

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = Found;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = Found;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Found, E> {
        if self.wanted.is_some_and(|wanted| !wanted.contains(&name)) {
            return Ok(Found::Other(name.to_owned()));
        }
        Ok(Found::Column(self.part.position(name, self.expected)))
    }
}

/// Reads a value.
struct CellSeed;

impl<'de> DeserializeSeed<'de> for CellSeed {
    type Value = Cell;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cell, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for CellSeed {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Cell, E> {
        Ok(Cell::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Cell, E> {
        Ok(Cell::Boolean(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Cell, E> {
        Ok(Cell::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Cell, E> {
        Ok(i64::try_from(value).map_or(Cell::Unsigned(value), Cell::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Cell, E> {
        Ok(Cell::Float(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Cell, E> {
        Ok(Cell::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Cell, E> {
        Ok(Cell::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Cell, A::Error> {
        let mut cells = Vec::new();
        while let Some(cell) = items.next_element_seed(CellSeed)? {
            cells.push(cell);
        }
        Ok(Cell::List(cells))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cell, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cell::Nested)
    }
}
