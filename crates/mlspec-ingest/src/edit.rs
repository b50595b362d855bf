//! A new version of a dataset from the current one and edits, without the files that it came from.

use crate::fit::examples;
use crate::ingester::without;
use crate::matching::{Hashes, assign};
use crate::quarantine;
use crate::suppress::Suppression;
use crate::version::{Origin, version};
use crate::{IngestError, IngestParams};
use mlspec_provenance::source_lineage;
use mlspec_record::body::Ingestion;
use mlspec_record::object::DatasetVersion;
use mlspec_record::{ArtifactRef, Digest, Name, Object, Timestamp};
use mlspec_store::Store;
use mlspec_table::polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray as _};
use mlspec_table::{Difference, Equality, ROW, Table, TableError, difference, look_through, patch, row_hashes};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The current version of a dataset, to be edited.
pub struct Edition {
    pub(crate) store: Store,
    pub(crate) current: DatasetVersion,
    pub(crate) params: IngestParams,
    origin: Origin,
    suppression: Option<Suppression>,
}

/// What is to be edited. All of it at once becomes one version.
#[derive(Clone, Debug, Default)]
pub struct Edits {
    /// The ids of rows that go.
    pub remove: Vec<u64>,
    /// Rows that get other values: whole rows with the ids that they have.
    pub put: Option<Table>,
    /// New rows: all columns, in any order, without ids.
    pub append: Option<DataFrame>,
    /// All rows of the new version: all columns, in any order, without ids. They are recognised by key, or by content where there is
    /// none, and keep their ids. Excludes the other edits.
    pub replace: Option<DataFrame>,
}

/// What edits come to.
#[derive(Clone, Debug)]
pub struct Revised {
    /// The new version; none where the edits change nothing.
    pub draft: Option<Draft>,
    /// How many new rows were left out, since they were erased before.
    pub suppressed: u64,
}

/// A version that is made but not published: its table is in the store, its number is not taken yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The dataset.
    pub dataset: Name,
    /// The number of the version.
    pub number: u64,
    /// The rows of the version before.
    pub before: ArtifactRef,
    /// The rows, with the lineage of a source: what the ingest step of an update run leaves at its port `rows`.
    pub table: ArtifactRef,
    /// The body of that step's record.
    pub ingestion: Ingestion,
    record: Digest,
}

impl Draft {
    /// The rows that differ from the version before.
    ///
    /// # Errors
    /// When one of the tables is not in the store.
    pub fn difference(&self, store: &Store) -> Result<Difference, IngestError> {
        Ok(difference(store, &self.before.digest, &self.table.digest)?.unwrap_or_default())
    }

    /// The version, to be published by [`Store::put_dataset_versions`].
    pub fn version(&self, now: Timestamp) -> Object<DatasetVersion> {
        version(self.number, &self.table, &self.ingestion, self.record, now)
    }

    /// Publishes the version, which becomes the current one.
    ///
    /// # Errors
    /// When another version was published meanwhile, or the store refuses.
    pub fn publish(&self, store: &Store, now: Timestamp) -> Result<(), IngestError> {
        Ok(store.put_dataset_version(&self.version(now))?)
    }
}

/// What goes, what comes, and the row id that comes next.
struct Change {
    gone: Vec<u64>,
    new: Table,
    next_row: u64,
    suppressed: u64,
}

impl Edition {
    /// Opens the current version of a dataset. The secret is needed where rows were erased before.
    ///
    /// # Errors
    /// When there is no such dataset, the secret is missing or another one, or the store refuses.
    pub fn open(store: &Store, dataset: &Name, secret: Option<&[u8]>) -> Result<Self, IngestError> {
        let current = store.dataset(dataset)?.ok_or_else(|| IngestError::unknown(store, dataset))?.body;
        Self::of(store, current, secret)
    }

    /// Opens the version of a dataset that has this table, to make the version after the current one from it. Where it is not the
    /// current one, what came in between is not in the version made.
    ///
    /// # Errors
    /// As [`Edition::open`], and when no version has this table.
    pub fn open_at(store: &Store, dataset: &Name, table: &Digest, secret: Option<&[u8]>) -> Result<Self, IngestError> {
        let current = store.dataset(dataset)?.ok_or_else(|| IngestError::unknown(store, dataset))?.body;
        if current.table.digest == *table {
            return Self::of(store, current, secret);
        }
        for number in (1..current.version).rev() {
            match store.dataset_version(dataset, number) {
                Ok(found) if found.body.table.digest == *table => {
                    let (version, next_row) = (current.version, current.next_row);
                    return Self::of(store, DatasetVersion { version, next_row, ..found.body }, secret);
                }
                _ => {}
            }
        }
        Err(mlspec_store::StoreError::Missing(*table).into())
    }

    fn of(store: &Store, current: DatasetVersion, secret: Option<&[u8]>) -> Result<Self, IngestError> {
        let dataset = &current.dataset;
        let origin: Origin = store.json(&current.record)?;
        let corrupt = |error: serde_json::Error| mlspec_store::StoreError::Corrupt {
            path: store.object_path(&current.record),
            reason: error.to_string(),
        };
        let params = serde_json::from_value(origin.settings.clone().into()).map_err(corrupt)?;
        let suppression = Suppression::open(store, dataset, secret)?;
        Ok(Self { store: store.clone(), current, params, origin, suppression })
    }

    /// The version.
    pub fn version(&self) -> &DatasetVersion {
        &self.current
    }

    /// The columns that name a row; empty where rows have no names.
    pub fn key(&self) -> &[String] {
        &self.origin.ingestion.key
    }

    /// What the version's ingestion record says.
    pub fn ingestion(&self) -> &Ingestion {
        &self.origin.ingestion
    }

    /// Makes the version that the edits lead to, without publishing it.
    ///
    /// # Errors
    /// When edited rows are not there, columns or types are not those of the dataset, a key is null, stands twice or is changed, or
    /// the store refuses.
    pub fn revise(&self, edits: &Edits) -> Result<Revised, IngestError> {
        let change = match &edits.replace {
            None => self.edited(edits)?,
            Some(rows) if edits.remove.is_empty() && edits.put.is_none() && edits.append.is_none() => {
                self.replaced(rows)?
            }
            Some(_) => return Err(IngestError::Mixed),
        };
        let suppressed = change.suppressed;
        let before = &self.current.table;
        let mut table = patch(&self.store, &before.digest, &change.gone, &change.new)?;
        if table.digest == before.digest {
            return Ok(Revised { draft: None, suppressed });
        }
        table.lineage = Some(source_lineage(&self.store, &self.current.dataset, &self.current.columns)?);
        let found = difference(&self.store, &before.digest, &table.digest)?.unwrap_or_default();
        let edited = self.origin.edited.clone().unwrap_or_default().and(&found);
        // What cannot be read cannot be recognised as a row that is erased.
        let quarantined = match (&self.origin.ingestion.quarantined, edits.remove.is_empty()) {
            (Some(quarantined), false) => Some(quarantine::without_text(&self.store, quarantined)?),
            (quarantined, _) => quarantined.clone(),
        };
        let ingestion = Ingestion {
            quarantined,
            rows: table.rows.unwrap_or_default(),
            next_row: change.next_row,
            revision: Some(edited.counts()),
            ..self.origin.ingestion.clone()
        };
        let origin = Origin { ingestion: ingestion.clone(), edited: Some(edited), ..self.origin.clone() };
        let (record, _) = self.store.put_json(&origin)?;
        let (dataset, number) = (self.current.dataset.clone(), self.current.version + 1);
        let draft = Draft { dataset, number, before: before.clone(), table, ingestion, record };
        Ok(Revised { draft: Some(draft), suppressed })
    }

    /// The rows with these keys: a frame of the key's columns, in any order. None for a key that no row has.
    ///
    /// # Errors
    /// When the dataset has no key, columns or types are not those of its key, or the store refuses.
    pub fn find(&self, keys: &DataFrame) -> Result<Vec<Option<u64>>, IngestError> {
        if self.key().is_empty() {
            return Err(IngestError::NotNamed { key: Vec::new() });
        }
        let keys = self.conform(keys, &self.key_names())?;
        let wanted = row_hashes(&keys, &self.key_names(), Equality::Key)?;
        let by_hash: std::collections::HashMap<u128, u64> = {
            let asked: Hashes = wanted.iter().copied().collect();
            self.key_hashes()?.into_iter().filter(|(hash, _)| asked.contains(hash)).collect()
        };
        Ok(wanted.iter().map(|hash| by_hash.get(hash).copied()).collect())
    }

    pub(crate) fn suppression(&self) -> Option<&Suppression> {
        self.suppression.as_ref()
    }

    pub(crate) fn key_names(&self) -> Vec<&str> {
        self.key().iter().map(String::as_str).collect()
    }

    pub(crate) fn digest(&self) -> &Digest {
        &self.current.table.digest
    }

    /// The hashes of all keys, with the ids of their rows.
    pub(crate) fn key_hashes(&self) -> Result<Vec<(u128, u64)>, IngestError> {
        let key = self.key_names();
        let hashes = look_through(&self.store, self.digest(), &key, |rows| {
            let hashes = row_hashes(rows.frame(), &key, Equality::Key)?;
            Ok::<_, TableError>(hashes.into_iter().zip(rows.ids()).collect::<Vec<_>>())
        })?;
        Ok(hashes.concat())
    }

    /// Rows removed, corrected and appended.
    fn edited(&self, edits: &Edits) -> Result<Change, IngestError> {
        let gone: BTreeSet<u64> = edits.remove.iter().copied().collect();
        let mut new = match &edits.put {
            None => Table::empty(&self.current.columns),
            Some(rows) => {
                let all: Vec<&str> = self.current.columns.names().collect();
                Table::with_ids(self.conform(&rows.frame().drop(ROW).map_err(TableError::from)?, &all)?, rows.ids())?
            }
        };
        let ids = new.ids();
        let both: Vec<u64> = ids.iter().copied().filter(|id| gone.contains(id)).collect();
        if !both.is_empty() {
            return Err(IngestError::RowTwice { count: both.len(), examples: examples(&both) });
        }
        let gone: Vec<u64> = gone.into_iter().collect();
        self.check_known(&gone, &new)?;
        let (mut next_row, mut suppressed) = (self.current.next_row, 0);
        if let Some(rows) = &edits.append {
            let all: Vec<&str> = self.current.columns.names().collect();
            let (rows, left_out) = without(self.conform(rows, &all)?, self.suppression.as_ref())?;
            suppressed = left_out.len() as u64;
            self.check_appended(&rows, &gone)?;
            let rows = Table::number(rows, next_row)?;
            next_row += rows.len() as u64;
            new = Table::new(new.into_frame().vstack(rows.frame()).map_err(TableError::from)?)?;
        }
        Ok(Change { gone, new, next_row, suppressed })
    }

    /// A whole new version.
    fn replaced(&self, rows: &DataFrame) -> Result<Change, IngestError> {
        let all: Vec<&str> = self.current.columns.names().collect();
        let (rows, left_out) = without(self.conform(rows, &all)?, self.suppression.as_ref())?;
        let keys = self.check_own_keys(&rows)?;
        let by_key = !self.key().is_empty();
        let before = Table::read(&self.store, self.digest())?;
        let known_ids = before.ids();
        let (known, wanted) = match by_key {
            true => (row_hashes(before.frame(), &self.key_names(), Equality::Key)?, keys),
            false => (row_hashes(before.frame(), &all, Equality::Key)?, row_hashes(&rows, &all, Equality::Key)?),
        };
        let known: Vec<(u128, u64)> = known.into_iter().zip(known_ids.iter().copied()).collect();
        let (ids, next_row) = assign(&known, &wanted, self.current.next_row);
        let was = row_hashes(before.frame(), &all, Equality::Value)?;
        let is = row_hashes(&rows, &all, Equality::Value)?;
        let differs = |(id, hash): (&u64, &u128)| match known_ids.binary_search(id) {
            Ok(at) => was.get(at) != Some(hash),
            Err(_) => true,
        };
        let mask: Vec<bool> = ids.iter().zip(&is).map(differs).collect();
        let new_ids = ids.iter().zip(&mask).filter(|(_, new)| **new).map(|(id, _)| *id).collect();
        let mask = BooleanChunked::from_iter_values("".into(), mask.into_iter());
        let new = Table::with_ids(rows.filter(&mask).map_err(TableError::from)?, new_ids)?;
        let mut kept = ids;
        kept.sort_unstable();
        let gone = known_ids.into_iter().filter(|id| kept.binary_search(id).is_err()).collect();
        Ok(Change { gone, new, next_row, suppressed: left_out.len() as u64 })
    }
}
