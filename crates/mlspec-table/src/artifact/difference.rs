//! Which rows differ between two tables: found chunk by chunk, then row by row.

use super::{Chunk, manifest::shared, read::read_chunk};
use crate::{Equality, Table, TableError, row_hashes, table::ids_of};
use mlspec_record::{Digest, TableSchema};
use mlspec_store::Store;
use rayon::prelude::*;
use std::cmp::Ordering;
use std::collections::HashSet;
use std::ops::Range;

/// The ids of rows that differ between two tables of the same columns, each list ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Difference {
    /// Rows that are no longer there.
    pub removed: Vec<u64>,
    /// Rows that were not there before.
    pub added: Vec<u64>,
    /// Rows of which a value differs.
    pub changed: Vec<u64>,
}

impl Difference {
    /// Whether no row differs.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many rows differ.
    pub fn len(&self) -> usize {
        self.removed.len() + self.added.len() + self.changed.len()
    }

    /// The rows of the table before that differ: removed and changed ones, ascending.
    pub fn old_ids(&self) -> Vec<u64> {
        merged(&self.removed, &self.changed)
    }

    /// The rows of the table after that differ: added and changed ones, ascending.
    pub fn new_ids(&self) -> Vec<u64> {
        merged(&self.added, &self.changed)
    }

    /// The rows that differ as they were in the table before, with these columns; all of them for `None`.
    ///
    /// # Errors
    /// When the table or a column is missing, or the table was changed on disk.
    pub fn old_rows(&self, store: &Store, before: &Digest, columns: Option<&[&str]>) -> Result<Table, TableError> {
        rows(store, before, &self.old_ids(), columns)
    }

    /// The rows that differ as they are in the table after, with these columns; all of them for `None`.
    ///
    /// # Errors
    /// When the table or a column is missing, or the table was changed on disk.
    pub fn new_rows(&self, store: &Store, after: &Digest, columns: Option<&[&str]>) -> Result<Table, TableError> {
        rows(store, after, &self.new_ids(), columns)
    }

    pub(super) fn remember(&self, store: &Store, before: &Digest, after: &Digest) {
        store.remember(memo(before, after), self.clone(), 128 + 8 * self.len());
    }

    fn append(&mut self, mut other: Self) {
        self.removed.append(&mut other.removed);
        self.added.append(&mut other.added);
        self.changed.append(&mut other.changed);
    }
}

fn rows(store: &Store, table: &Digest, ids: &[u64], columns: Option<&[&str]>) -> Result<Table, TableError> {
    match columns {
        None => Table::read_rows(store, table, ids),
        Some(columns) => Table::read_rows_columns(store, table, ids, columns),
    }
}

fn merged(one: &[u64], other: &[u64]) -> Vec<u64> {
    let mut ids = [one, other].concat();
    ids.sort_unstable();
    ids
}

fn memo(before: &Digest, after: &Digest) -> Digest {
    Digest::of(format!("difference {before} {after}").as_bytes())
}

/// The rows that differ between two tables; nothing where their columns differ in name, type or order. Values are equal as
/// in [`crate::rows_digest`]. Only chunks whose rows differ are read.
///
/// # Errors
/// When a table is missing or was changed on disk.
pub fn difference(store: &Store, before: &Digest, after: &Digest) -> Result<Option<Difference>, TableError> {
    if before == after {
        return Ok(Some(Difference::default()));
    }
    if let Some(known) = store.recall::<Difference>(&memo(before, after)) {
        return Ok(Some((*known).clone()));
    }
    let (old, new) = (shared(store, before)?, shared(store, after)?);
    if old.schema != new.schema {
        return Ok(None);
    }
    let (was, is) = (others(&old.chunks, &new.chunks), others(&new.chunks, &old.chunks));
    let parts = regions(&was, &is).into_par_iter().map(|(old_part, new_part)| {
        let was = Rows::read(store, before, &old.schema, was.get(old_part).unwrap_or_default())?;
        Ok(compare(&was, &Rows::read(store, after, &new.schema, is.get(new_part).unwrap_or_default())?))
    });
    let mut found = Difference::default();
    parts.collect::<Result<Vec<_>, TableError>>()?.into_iter().for_each(|part| found.append(part));
    found.remember(store, before, after);
    Ok(Some(found))
}

/// Ids with the hashes of their values.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) ids: Vec<u64>,
    pub(super) hashes: Vec<u128>,
}

impl Rows {
    fn read(store: &Store, digest: &Digest, schema: &TableSchema, chunks: &[&Chunk]) -> Result<Self, TableError> {
        let mut rows = Self::default();
        for chunk in chunks {
            rows.add(&read_chunk(store, digest, chunk, schema, true)?)?;
        }
        Ok(rows)
    }

    pub(super) fn add(&mut self, frame: &polars::prelude::DataFrame) -> Result<(), TableError> {
        let columns: Vec<&str> = frame.columns().iter().skip(1).map(|column| column.name().as_str()).collect();
        self.ids.extend(ids_of(frame)?.downcast_iter().flat_map(|array| array.values_iter().copied()));
        self.hashes.extend(row_hashes(frame, &columns, Equality::Value)?);
        Ok(())
    }
}

/// Walks both lists of rows, which ascend by id.
pub(super) fn compare(was: &Rows, is: &Rows) -> Difference {
    let mut found = Difference::default();
    let mut old = was.ids.iter().zip(&was.hashes).peekable();
    let mut new = is.ids.iter().zip(&is.hashes).peekable();
    loop {
        let order = match (old.peek(), new.peek()) {
            (None, None) => return found,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((before, _)), Some((after, _))) => before.cmp(after),
        };
        let (old, new) = (old.next_if(|_| order.is_le()), new.next_if(|_| order.is_ge()));
        match (old, new) {
            (Some((id, before)), Some((_, after))) if before != after => found.changed.push(*id),
            (Some((id, _)), None) => found.removed.push(*id),
            (None, Some((id, _))) => found.added.push(*id),
            _ => {}
        }
    }
}

/// The chunks whose rows no chunk on the other side has.
fn others<'a>(chunks: &'a [Chunk], other: &[Chunk]) -> Vec<&'a Chunk> {
    let known: HashSet<Digest> = other.iter().map(|chunk| chunk.digest).collect();
    chunks.iter().filter(|chunk| !known.contains(&chunk.digest)).collect()
}

/// Groups chunks of both sides whose ranges have ids in common, as positions. Of two ranges of the cut one holds the other, or
/// they have no id in common.
fn regions(old: &[&Chunk], new: &[&Chunk]) -> Vec<(Range<usize>, Range<usize>)> {
    let (mut i, mut j) = (0, 0);
    let mut found = Vec::new();
    loop {
        let last = match (old.get(i), new.get(j)) {
            (None, None) => return found,
            (Some(one), None) | (None, Some(one)) => one.last(),
            (Some(one), Some(other)) => match one.start.cmp(&other.start) {
                Ordering::Less => one.last(),
                Ordering::Greater => other.last(),
                Ordering::Equal => one.last().max(other.last()),
            },
        };
        let within = |chunks: &[&Chunk], from: usize| {
            from..from + chunks.get(from..).unwrap_or_default().partition_point(|chunk| chunk.start <= last)
        };
        let (was, is) = (within(old, i), within(new, j));
        (i, j) = (was.end, is.end);
        found.push((was, is));
    }
}
