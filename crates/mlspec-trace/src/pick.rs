//! Some rows of a table: by id, by key, by an SQL condition.

use crate::{Source, TraceError, View};
use mlspec_provenance::Plan;
use mlspec_record::{ArtifactKind, ArtifactRef};
use mlspec_table::Table;
use mlspec_table::polars::prelude::{ChunkCompareEq as _, DataType};
use std::collections::BTreeMap;

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
            Self::All => Ok(Table::read_columns(&view.store, &source.artifact.digest, &[])?.ids()),
            Self::Rows(rows) => {
                let there = Table::read_columns(&view.store, &source.artifact.digest, &[])?.ids();
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
    let table = Table::read(&view.store, &of.digest)?;
    let plan = Plan::scan(name).filter(condition)?;
    Ok(plan.run(&BTreeMap::from([(name.to_owned(), table)]))?.table()?.ids())
}

/// The rows with these keys, ascending, and how many keys no row has.
fn by_key(view: &View, source: &Source, keys: &[String]) -> Result<(Vec<u64>, usize), TraceError> {
    let columns: Vec<&str> = source.body.key.iter().map(String::as_str).collect();
    if columns.is_empty() {
        return Err(TraceError::NoKey(source.body.dataset.to_string()));
    }
    let table = Table::read_columns(&view.store, &source.artifact.digest, &columns)?;
    let ids = table.ids();
    let (mut found, mut missing) = (Vec::new(), 0);
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
        let mut matching = vec![true; ids.len()];
        for (column, value) in columns.iter().zip(values) {
            let texts = table.column(column)?.cast(&DataType::String).map_err(mlspec_table::TableError::from)?;
            let equal = texts.str().map_err(mlspec_table::TableError::from)?.equal(value);
            matching.iter_mut().zip(equal.iter()).for_each(|(all, this)| *all &= this == Some(true));
        }
        let before = found.len();
        found.extend(ids.iter().zip(&matching).filter(|(_, matches)| **matches).map(|(id, _)| *id));
        missing += usize::from(found.len() == before);
    }
    found.sort_unstable();
    found.dedup();
    Ok((found, missing))
}
