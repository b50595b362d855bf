//! How often each category or term stands in the fitted rows; kept as a document while small, else as a table.

use mlspec_model::{TermMap, term_hash};
use mlspec_record::Digest;
use mlspec_store::Store;
use mlspec_table::polars::prelude::{DataFrame, IntoColumn as _, NamedFrom as _, Series};
use mlspec_table::{ChunkOptions, Table, TableError, patch};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// From how many entries on they are a table, of which an update writes only the chunks that it touches.
const TABLE: usize = 256;

/// The id of null among categories: as any other hash, no text is likely to have it.
const NULL: u64 = 0x9e37_79b9_7f4a_7c15;

/// One of the things counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The category or term; null has none.
    pub(crate) text: Option<String>,
    /// In how many rows it stands.
    pub(crate) rows: u64,
    /// How often it stands there in all.
    pub(crate) count: u64,
}

/// Counts by id: the hash of a text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    entries: TermMap<Entry>,
    /// The ids whose entries changed since they were read.
    touched: BTreeSet<u64>,
    /// Two texts have the same hash.
    collided: bool,
}

/// A tally as documents keep it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum KeptTally {
    /// By id.
    Entries(Vec<KeptEntry>),
    /// A table of this digest, whose row ids are the ids.
    Table(Digest),
}

/// An entry as documents keep it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KeptEntry {
    /// A number of 64 bits.
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    rows: u64,
    count: u64,
}

/// The id of a category.
pub(crate) fn category_id(category: Option<&str>) -> u64 {
    category.map_or(NULL, term_hash)
}

impl Tally {
    /// The entries, in no order that means something.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether two texts have the same hash, so that their counts are mixed up.
    pub(crate) fn collided(&self) -> bool {
        self.collided
    }

    /// Says that two texts have the same hash.
    pub(crate) fn collide(&mut self) {
        self.collided = true;
    }

    /// Counts a text in more rows.
    pub(crate) fn add(&mut self, id: u64, text: Option<&str>, rows: u64, count: u64) {
        let new = || Entry { text: text.map(str::to_owned), rows: 0, count: 0 };
        let entry = self.entries.entry(id).or_insert_with(new);
        self.collided |= entry.text.as_deref() != text;
        entry.rows += rows;
        entry.count += count;
        self.touched.insert(id);
    }

    /// Takes rows away; nothing where there are not so many.
    pub(crate) fn take(&mut self, id: u64, rows: u64, count: u64) -> Option<()> {
        let entry = self.entries.get_mut(&id)?;
        entry.rows = entry.rows.checked_sub(rows)?;
        entry.count = entry.count.checked_sub(count)?;
        if entry.rows == 0 {
            self.entries.remove(&id);
        }
        self.touched.insert(id);
        Some(())
    }

    /// Adds what another tally has counted.
    pub(crate) fn merge(&mut self, other: Self) {
        self.collided |= other.collided;
        other.entries.into_iter().for_each(|(id, entry)| self.add(id, entry.text.as_deref(), entry.rows, entry.count));
    }

    /// The tally of a document; nothing where it cannot be read as one.
    pub(crate) fn read(store: &Store, kept: &KeptTally) -> Option<Self> {
        let mut tally = Self::default();
        match kept {
            KeptTally::Entries(entries) => {
                for KeptEntry { id, text, rows, count } in entries {
                    tally.entries.insert(id.parse().ok()?, Entry { text: text.clone(), rows: *rows, count: *count });
                }
            }
            KeptTally::Table(digest) => {
                let table = Table::read(store, digest).ok()?;
                let column = |name: &str| table.column(name).ok().map(|column| column.as_materialized_series());
                let (texts, rows, counts) =
                    (column("text")?.str().ok()?, column("rows")?.u64().ok()?, column("count")?.u64().ok()?);
                for (((id, text), rows), count) in
                    table.ids().into_iter().zip(texts.iter()).zip(rows.iter()).zip(counts.iter())
                {
                    tally.entries.insert(id, Entry { text: text.map(str::to_owned), rows: rows?, count: count? });
                }
            }
        }
        Some(tally)
    }

    /// Keeps the tally; `before` is where it was read from.
    pub(crate) fn keep(&self, store: &Store, before: Option<&KeptTally>) -> Result<KeptTally, TableError> {
        if self.len() < TABLE {
            let mut ids: Vec<u64> = self.entries.keys().copied().collect();
            ids.sort_unstable();
            let entries = ids.into_iter().filter_map(|id| {
                let Entry { text, rows, count } = self.entries.get(&id)?.clone();
                Some(KeptEntry { id: id.to_string(), text, rows, count })
            });
            return Ok(KeptTally::Entries(entries.collect()));
        }
        let kept = match before {
            Some(KeptTally::Table(digest)) => {
                let touched = || self.touched.iter().copied();
                let gone: Vec<u64> = touched().filter(|id| !self.entries.contains_key(id)).collect();
                patch(store, digest, &gone, &self.table(touched().collect())?)?
            }
            _ => self.table(self.entries.keys().copied().collect())?.write(store, &ChunkOptions::default())?,
        };
        Ok(KeptTally::Table(kept.digest))
    }

    /// The entries of these ids.
    fn table(&self, mut ids: Vec<u64>) -> Result<Table, TableError> {
        ids.retain(|id| self.entries.contains_key(id));
        ids.sort_unstable();
        let entries = || ids.iter().filter_map(|id| self.entries.get(id));
        let texts: Vec<Option<&str>> = entries().map(|entry| entry.text.as_deref()).collect();
        let rows: Vec<u64> = entries().map(|entry| entry.rows).collect();
        let counts: Vec<u64> = entries().map(|entry| entry.count).collect();
        let columns = vec![
            Series::new("text".into(), texts).into_column(),
            Series::new("rows".into(), rows).into_column(),
            Series::new("count".into(), counts).into_column(),
        ];
        Table::with_ids(DataFrame::new(ids.len(), columns)?, ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlspec_testkit::Bench;

    #[test]
    fn what_is_kept_depends_on_the_counts_alone() {
        let bench = Bench::new();
        let store = bench.store();
        let fill = |tally: &mut Tally, range: std::ops::Range<u64>| {
            range.for_each(|i| {
                let text = format!("t{i}");
                tally.add(category_id(Some(&text)), Some(&text), 1 + i % 3, 2);
            });
        };
        // From a document to a table, within tables, and back.
        let mut kept = Tally::default().keep(store, None).unwrap();
        for (from, to) in [(0, 200), (0, 300), (0, 310), (40, 310), (100, 300)] {
            let mut fresh = Tally::default();
            fill(&mut fresh, from..to);
            let mut updated = Tally::read(store, &kept).unwrap();
            let ids: Vec<(u64, Entry)> = updated.entries.clone().into_iter().collect();
            ids.into_iter().for_each(|(id, entry)| updated.take(id, entry.rows, entry.count).unwrap());
            fill(&mut updated, from..to);
            let expected = fresh.keep(store, None).unwrap();
            kept = updated.keep(store, Some(&kept)).unwrap();
            assert_eq!(kept, expected);
            assert_eq!(matches!(kept, KeptTally::Table(_)), to - from >= 256);
            assert_eq!(Tally::read(store, &kept).unwrap().entries, fresh.entries);
        }
    }

    #[test]
    fn more_than_was_counted_cannot_be_taken() {
        let mut tally = Tally::default();
        tally.add(7, Some("a"), 2, 3);
        assert!(tally.take(8, 1, 1).is_none());
        assert!(tally.clone().take(7, 3, 3).is_none());
        assert!(tally.take(7, 2, 3).is_some());
        assert_eq!(tally.len(), 0);
        tally.add(7, Some("b"), 1, 1);
        assert!(!tally.collided(), "the other text is gone");
        tally.add(7, Some("c"), 1, 1);
        assert!(tally.collided());
    }
}
