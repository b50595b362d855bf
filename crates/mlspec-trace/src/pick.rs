//! Some rows of a table: by id, by key, by an SQL condition.

use crate::{Source, TraceError, View};
use mlspec_provenance::{Plan, check_expression};
use mlspec_record::{ArtifactKind, ArtifactRef};
use mlspec_table::polars::prelude::DataType;
use mlspec_table::{Table, TableError, look_through, manifest};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Which rows are asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// All of them.
    All,
    /// Those with these ids.
    Rows(Vec<u64>),
    /// Those with one of these keys: for each key the values of its columns, joined by `,` where there are several.
    Key(Vec<String>),
    /// Those that an SQL condition holds for.
    Where(String),
}

impl Pick {
    /// Reads row ids and ranges of them: `3,7,10-12`.
    ///
    /// # Errors
    /// When the text is something else.
    pub fn rows(text: &str) -> Result<Self, TraceError> {
        crate::target::parse_rows(text).map(Self::Rows).ok_or_else(|| TraceError::Target(text.to_owned()))
    }

    /// The ids of the rows of a source that are picked, ascending; a condition may hold for none.
    ///
    /// # Errors
    /// When a key or an id names no row, the source has no key, or the condition is wrong.
    pub fn select(&self, view: &View, source: &Source) -> Result<Vec<u64>, TraceError> {
        let name = source.body.dataset.as_str();
        let missing = |what, missing: usize, asked: usize| match missing {
            0 => Ok(()),
            _ => Err(TraceError::NoSuchRow { of: name.to_owned(), what, missing, asked }),
        };
        match self {
            Self::All => {
                let ids =
                    look_through(&view.store, &source.artifact.digest, &[], |rows| Ok::<_, TraceError>(rows.ids()))?;
                Ok(ids.concat())
            }
            Self::Rows(rows) => {
                let there = Table::read_rows_columns(&view.store, &source.artifact.digest, rows, &[])?.ids();
                let absent = rows.iter().filter(|row| there.binary_search(row).is_err()).count();
                missing("row ids", absent, rows.len())?;
                Ok(rows.clone())
            }
            Self::Key(keys) => {
                let (rows, absent) = by_key(view, source, keys)?;
                missing("keys", absent, keys.len())?;
                Ok(rows)
            }
            Self::Where(condition) => by_condition(view, &source.artifact, name, condition),
        }
    }

    /// The ids of the rows picked, ascending; `None` where all are.
    pub(crate) fn resolve(&self, view: &View, of: &ArtifactRef, name: &str) -> Result<Option<Vec<u64>>, TraceError> {
        let rows = match self {
            Self::All => return Ok(None),
            Self::Rows(rows) => rows.clone(),
            Self::Key(keys) => {
                let source = view.sources().iter().find(|source| source.artifact == *of);
                by_key(view, source.ok_or_else(|| TraceError::NoKey(name.to_owned()))?, keys)?.0
            }
            Self::Where(condition) => by_condition(view, of, name, condition)?,
        };
        if rows.is_empty() { Err(TraceError::NoRow(name.to_owned())) } else { Ok(Some(rows)) }
    }
}

fn by_condition(view: &View, of: &ArtifactRef, name: &str, condition: &str) -> Result<Vec<u64>, TraceError> {
    if of.kind != ArtifactKind::Table {
        return Err(TraceError::Kind { of: name.to_owned(), found: of.kind, expected: "a table for an SQL condition" });
    }
    let plan = Plan::scan(name).filter(condition)?;
    let schema = manifest(&view.store, &of.digest)?.schema;
    plan.plan(&BTreeMap::from([(name.to_owned(), schema.clone())]))?;
    // What it reads; of a condition that reads nothing, anything.
    let read = check_expression(condition).unwrap_or_default();
    let columns: Vec<&str> = match read.is_empty() {
        true => schema.names().take(1).collect(),
        false => read.iter().map(String::as_str).collect(),
    };
    let found = look_through(&view.store, &of.digest, &columns, |rows| {
        Ok::<_, TraceError>(plan.run(&BTreeMap::from([(name.to_owned(), rows)]))?.table()?.ids())
    })?;
    Ok(found.concat())
}

/// The rows with these keys, ascending, and how many keys no row has.
fn by_key(view: &View, source: &Source, keys: &[String]) -> Result<(Vec<u64>, usize), TraceError> {
    let columns: Vec<&str> = source.body.key.iter().map(String::as_str).collect();
    if columns.is_empty() {
        return Err(TraceError::NoKey(source.body.dataset.to_string()));
    }
    let mut asked: Vec<Vec<&str>> = Vec::with_capacity(keys.len());
    for key in keys {
        let values: Vec<&str> =
            if columns.len() == 1 { vec![key.as_str()] } else { key.split(',').map(str::trim).collect() };
        if values.len() != columns.len() {
            return Err(TraceError::KeyLength {
                of: source.body.dataset.to_string(),
                expected: columns.len(),
                columns: columns.join(", "),
                found: values.len(),
            });
        }
        asked.push(values);
    }
    let places: HashMap<&[&str], usize> = asked.iter().enumerate().map(|(at, key)| (key.as_slice(), at)).collect();
    let found =
        look_through(&view.store, &source.artifact.digest, &columns, |rows| matching(&rows, &columns, &places))?;
    let found = found.concat();
    let there: HashSet<usize> = found.iter().map(|(_, key)| *key).collect();
    let missing = asked.iter().filter(|key| places.get(key.as_slice()).is_none_or(|at| !there.contains(at)));
    Ok((found.iter().map(|(row, _)| *row).collect(), missing.count()))
}

/// The rows whose values, as text, are one of these keys, and which.
fn matching(rows: &Table, columns: &[&str], places: &HashMap<&[&str], usize>) -> Result<Vec<(u64, usize)>, TraceError> {
    let texts = columns.iter().map(|column| rows.column(column)?.cast(&DataType::String).map_err(TableError::from));
    let texts = texts.collect::<Result<Vec<_>, _>>()?;
    let mut cells = texts.iter().map(|text| Ok(text.str()?.iter())).collect::<Result<Vec<_>, TableError>>()?;
    let (mut found, mut key) = (Vec::new(), Vec::with_capacity(columns.len()));
    for row in rows.ids() {
        key.clear();
        key.extend(cells.iter_mut().filter_map(|cells| cells.next().flatten()));
        // A null is no key.
        if let Some(at) = places.get(key.as_slice()).filter(|_| key.len() == columns.len()) {
            found.push((row, *at));
        }
    }
    Ok(found)
}
