//! One file: its lines as cells by column.

use super::cell::{Cell, Kinds};
use crate::format::{FormatError, InputFile, Problem, ReadOptions};
use mlspec_record::TableSchemaError;
use rayon::prelude::*;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// About how many bytes are parsed at a time.
const PART: usize = 1 << 20;

/// A file's values.
#[derive(Debug, Default)]
pub(super) struct Parsed {
    pub(super) columns: Vec<Cells>,
    pub(super) rows: usize,
}

/// A column's values; rows beyond them are null.
#[derive(Clone, Debug)]
pub(super) struct Cells {
    pub(super) name: String,
    pub(super) cells: Vec<Cell>,
    pub(super) kinds: Kinds,
}

/// What is wrong in a line: where the line begins, in which column, what.
struct Fault {
    at: usize,
    column: Option<String>,
    problem: Problem,
}

pub(super) fn parse(file: &InputFile, options: &ReadOptions, limit: Option<u64>) -> Result<Parsed, FormatError> {
    let text = file.text();
    let text = match limit {
        None => text,
        Some(limit) => beginning(text, limit),
    };
    let wanted: Option<Vec<&str>> = options.columns.as_ref().map(|schema| schema.names().collect());
    let part =
        |range: std::ops::Range<usize>| parse_part(&text[range.clone()], range.start, wanted.as_deref(), options.exact);
    let parts: Vec<_> = crate::format::csv::split(text, None, PART).into_par_iter().map(part).collect();
    let mut whole = Parsed::default();
    for part in parts {
        let part = part.map_err(|fault| FormatError {
            column: fault.column,
            ..FormatError::file(file.name(), fault.problem).at_line(file.line(fault.at))
        })?;
        whole.append(part);
    }
    Ok(whole)
}

/// The first `limit` lines that are not blank.
fn beginning(text: &[u8], limit: u64) -> &[u8] {
    let (mut left, mut end) = (limit, 0);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if left == 0 {
            break;
        }
        end += line.len();
        left -= u64::from(!line.trim_ascii().is_empty());
    }
    &text[..end]
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
        self.rows += part.rows;
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

fn parse_part(bytes: &[u8], start: usize, wanted: Option<&[&str]>, exact: bool) -> Result<Parsed, Fault> {
    let text = std::str::from_utf8(bytes).map_err(|error| Fault {
        at: start + error.valid_up_to(),
        column: None,
        problem: Problem::Encoding,
    })?;
    let mut part = Parsed::default();
    let mut at = start;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            parse_line(line, &mut part, wanted, exact).map_err(|(column, problem)| Fault { at, column, problem })?;
            part.rows += 1;
        }
        at += line.len();
    }
    Ok(part)
}

fn parse_line(
    line: &str,
    part: &mut Parsed,
    wanted: Option<&[&str]>,
    exact: bool,
) -> Result<(), (Option<String>, Problem)> {
    if !line.trim_start().starts_with('{') {
        return Err((None, Problem::NotAnObject));
    }
    let mut deserializer = serde_json::Deserializer::from_str(line);
    let mut wrong = None;
    let row = Row { part, wanted, exact, wrong: &mut wrong };
    let read = row.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    match (wrong, read) {
        (Some((column, problem)), _) => Err((Some(column), problem)),
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
