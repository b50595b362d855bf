//! Which rows of a table have which keys: kept, so that an update finds rows without reading the table.
//!
//! An index is a table itself. Its row ids are hashes of keys, its column `rows` lists the ids of the rows. Keys that share a hash
//! share a list, so who looks up compares keys.

use super::Input;
use super::keys::Keys;
use crate::engine::{Bound, Scan, Work};
use crate::flight::bug;
use crate::operator::{Affected, Way};
use crate::{Plan, ProvenanceError};
use mlspec_record::Digest;
use mlspec_record::body::KeyIndex;
use mlspec_store::Store;
use mlspec_table::polars::prelude::*;
use mlspec_table::{ChunkOptions, Equality, ROW, Table, TableError, patch, row_hashes};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const ROWS: &str = "rows";

/// How an index is cut: finer than a table, since an update touches a few keys here and there.
const CHUNKS: ChunkOptions = ChunkOptions::rows(2_048);

/// A table and columns of a key.
pub(super) type Place = (String, Vec<String>);

impl Plan {
    /// Keeps the indexes that an update of this plan looks rows up in, of all tables that it reads.
    ///
    /// # Errors
    /// When the plan cannot work on such tables, or the store refuses.
    pub fn index(&self, store: &Store, tables: &BTreeMap<String, Table>) -> Result<Vec<KeyIndex>, ProvenanceError> {
        let schemas = tables.iter().map(|(name, table)| (name.clone(), table.schema().clone())).collect();
        let (bound, scans) = crate::engine::bind(self, &schemas)?;
        let mut indexes = Vec::new();
        for (table, columns) in places(&bound, &scans) {
            if let Some(rows) = tables.get(&table) {
                indexes.push(KeyIndex { digest: build(store, rows, &columns)?, table, columns });
            }
        }
        Ok(indexes)
    }
}

/// Where an update looks rows up: known from the plan alone.
pub(super) fn places(bound: &Bound, scans: &[Scan]) -> BTreeSet<Place> {
    let mut found = BTreeSet::new();
    visit(bound, scans, &mut found);
    found
}

fn visit(bound: &Bound, scans: &[Scan], found: &mut BTreeSet<Place>) {
    let Work::Apply(step) = &bound.work else { return };
    step.inputs.iter().for_each(|input| visit(input, scans, found));
    if let Affected::Keys { columns, .. } = step.operator.affected(&step.shapes()) {
        step.inputs.iter().zip(columns).for_each(|(input, columns)| seek(input, Some(columns), scans, found));
    }
}

/// As the engine pulls.
fn seek(bound: &Bound, columns: Option<Vec<String>>, scans: &[Scan], found: &mut BTreeSet<Place>) {
    match (&bound.work, columns) {
        (Work::Scan(at), Some(columns)) => {
            found.extend(scans.get(*at).map(|scan| (scan.table.clone(), columns)));
        }
        (Work::Apply(step), Some(columns)) => {
            let shapes = step.shapes();
            let partners = match step.operator.affected(&shapes) {
                Affected::Keys { columns, .. } => columns,
                _ => Vec::new(),
            };
            for (at, (input, way)) in step.inputs.iter().zip(step.operator.ways(&columns, &shapes)).enumerate() {
                let sought = match way {
                    Way::Whole => None,
                    Way::Columns(columns) => Some(columns.into_iter().map(|(_, column)| column).collect()),
                    Way::Partners => partners.get(at).cloned(),
                };
                seek(input, sought, scans, found);
            }
        }
        (_, None) => {}
    }
}

/// The hash of a key that is the id of its row.
fn short(hash: u128) -> u64 {
    hash as u64
}

/// Pairs of a key's hash and a row's id.
fn pairs(table: &Table, columns: &[String]) -> Result<Vec<(u64, u64)>, TableError> {
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let hashes = row_hashes(table.frame(), &columns, Equality::Key)?;
    let mut pairs: Vec<_> = hashes.into_iter().map(short).zip(table.ids()).collect();
    pairs.par_sort_unstable();
    Ok(pairs)
}

/// Keeps the index of a table.
pub(super) fn build(store: &Store, table: &Table, columns: &[String]) -> Result<Digest, ProvenanceError> {
    let pairs = pairs(table, columns)?;
    let ids: Vec<u64> = pairs.iter().map(|pair| pair.1).collect();
    let (mut keys, mut lists) = (Vec::new(), list(pairs.len()));
    let mut start = 0;
    for same in pairs.chunk_by(|one, other| one.0 == other.0) {
        keys.extend(same.first().map(|pair| pair.0));
        lists.append_slice(ids.get(start..start + same.len()).unwrap_or_default());
        start += same.len();
    }
    Ok(rows(keys, lists)?.write(store, &CHUNKS)?.digest)
}

fn list(rows: usize) -> ListPrimitiveChunkedBuilder<UInt64Type> {
    ListPrimitiveChunkedBuilder::new(ROWS.into(), rows, rows, DataType::UInt64)
}

fn rows(keys: Vec<u64>, mut lists: ListPrimitiveChunkedBuilder<UInt64Type>) -> Result<Table, ProvenanceError> {
    let columns = vec![Column::new(ROW.into(), keys), lists.finish().into_column()];
    Ok(Table::new(DataFrame::new_infer_height(columns).map_err(bug)?)?)
}

/// The index of a table after a change, from the one before. Nothing if that is another table's.
pub(super) fn carry(
    store: &Store,
    index: &Digest,
    input: &Input<'_>,
    columns: &[String],
) -> Result<Option<Digest>, ProvenanceError> {
    let (old, new) = (pairs(&input.old, columns)?, pairs(&input.new, columns)?);
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (old.into_iter().collect(), new.into_iter().collect());
    let touched: BTreeSet<u64> = old.symmetric_difference(&new).map(|pair| pair.0).collect();
    let mut known = read_lists(store, index, touched.iter().copied().collect())?;
    for (key, id) in old.difference(&new) {
        if !known.entry(*key).or_default().remove(id) {
            return Ok(None);
        }
    }
    for (key, id) in new.difference(&old) {
        if !known.entry(*key).or_default().insert(*id) {
            return Ok(None);
        }
    }
    let (mut keys, mut lists) = (Vec::new(), list(known.len()));
    for (key, ids) in known.iter().filter(|(_, ids)| !ids.is_empty()) {
        keys.push(*key);
        lists.append_slice(&ids.iter().copied().collect::<Vec<_>>());
    }
    let gone: Vec<u64> = known.iter().filter(|(_, ids)| ids.is_empty()).map(|(key, _)| *key).collect();
    Ok(Some(patch(store, index, &gone, &rows(keys, lists)?)?.digest))
}

/// The lists of some keys.
fn read_lists(store: &Store, index: &Digest, keys: Vec<u64>) -> Result<BTreeMap<u64, BTreeSet<u64>>, ProvenanceError> {
    let found = Table::read_rows(store, index, &keys)?;
    let lists = found.column(ROWS)?.list().map_err(bug)?.clone();
    let mut known = BTreeMap::new();
    for (at, key) in found.ids().into_iter().enumerate() {
        let ids = lists.get_as_series(at).unwrap_or_default();
        known.insert(key, ids.u64().map_err(bug)?.iter().flatten().collect());
    }
    Ok(known)
}

/// The rows that may have one of these keys.
pub(super) fn look_up(store: &Store, index: &Digest, keys: &Keys) -> Result<Vec<u64>, ProvenanceError> {
    let lists = read_lists(store, index, keys.hashes().map(short).collect())?;
    Ok(lists.into_values().flatten().collect())
}

/// Columns to read, each once.
pub(super) fn once(columns: &[String]) -> Vec<&str> {
    let found: BTreeSet<&str> = columns.iter().map(String::as_str).collect();
    found.into_iter().collect()
}
