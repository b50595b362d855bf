//! Erased rows must not return: a list of them per dataset, as HMAC-SHA256 of their key, or of their content where they have none.
//! Who has the store alone learns nothing from it; the secret lies elsewhere.

use crate::IngestError;
use crate::version::Origin;
use hmac::{Hmac, KeyInit as _, Mac as _};
use mlspec_record::{Digest, Name};
use mlspec_store::Store;
use mlspec_table::polars::prelude::DataFrame;
use mlspec_table::{Equality, Table, TableError, row_bytes};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use std::collections::{BTreeSet, HashSet};

const FORMAT: &str = "mlspec-suppressed/1";

/// How many rows are looked up at a time.
const BLOCK: usize = 8_192;

/// The list as it lies in the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct List {
    format: String,
    /// Made with the same secret, so that another one is noticed.
    check: Digest,
    /// By the columns that recognise a row.
    by: Vec<Entries>,
}

/// Rows that are recognised by the same columns.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entries {
    columns: Vec<String>,
    rows: BTreeSet<Digest>,
}

/// The list of a dataset, and the secret it was made with.
pub(crate) struct Suppression {
    list: List,
    mac: Hmac<Sha256>,
    dataset: Name,
}

/// The digest of the list, if the dataset has one.
pub(crate) fn digest(store: &Store, dataset: &Name) -> Result<Option<Digest>, IngestError> {
    Ok(store.suppressed::<serde_json::Value>(dataset)?.map(|(_, digest)| digest))
}

impl Suppression {
    /// The list of this dataset, if it has one.
    pub(crate) fn open(store: &Store, dataset: &Name, secret: Option<&[u8]>) -> Result<Option<Self>, IngestError> {
        let Some((list, _)) = store.suppressed::<List>(dataset)? else { return Ok(None) };
        let mac = keyed(dataset, secret)?;
        list.fits(dataset, &mac)?;
        Ok(Some(Self { list, mac, dataset: dataset.clone() }))
    }

    /// Which rows are on the list.
    pub(crate) fn matches(&self, frame: &DataFrame) -> Result<Vec<bool>, IngestError> {
        let mut found = vec![false; frame.height()];
        for entries in &self.list.by {
            if let Some(missing) = entries.columns.iter().find(|name| frame.get_column_index(name).is_none()) {
                return Err(IngestError::SuppressedColumn { dataset: self.dataset.clone(), column: missing.clone() });
            }
            let known: HashSet<&Digest> = entries.rows.iter().collect();
            let marks = marks(&self.mac, &self.dataset, frame, &entries.columns)?;
            found.iter_mut().zip(marks).for_each(|(found, mark)| *found |= known.contains(&mark));
        }
        Ok(found)
    }
}

impl List {
    /// Whether it was made with this secret.
    fn fits(&self, dataset: &Name, mac: &Hmac<Sha256>) -> Result<(), IngestError> {
        match self.format == FORMAT && self.check == mark(mac, dataset, "check", &[]) {
            true => Ok(()),
            false => Err(IngestError::OtherSecret(dataset.clone())),
        }
    }
}

/// Puts rows on the list of a dataset, so that no file brings them back: by their key, or by their content where the dataset has
/// none. `rows` are whole rows of the current version. Says how many were not on it before.
///
/// # Errors
/// When the dataset has no version, the secret is missing or not the one of the list, or the store refuses.
pub fn suppress(store: &Store, dataset: &Name, secret: Option<&[u8]>, rows: &Table) -> Result<u64, IngestError> {
    let (mac, columns) = (keyed(dataset, secret)?, recognised_by(store, dataset)?);
    let rows = marks(&mac, dataset, rows.frame(), &columns)?;
    let mut added = 0;
    store.change_suppressed(dataset, |list: Option<List>| {
        let check = mark(&mac, dataset, "check", &[]);
        let mut list = list.unwrap_or_else(|| List { format: FORMAT.to_owned(), check, by: Vec::new() });
        list.fits(dataset, &mac)?;
        let at = list.by.iter().position(|entries| entries.columns == columns).unwrap_or_else(|| {
            list.by.push(Entries { columns, rows: BTreeSet::new() });
            list.by.len() - 1
        });
        for entries in list.by.iter_mut().skip(at).take(1) {
            added = rows.iter().filter(|row| entries.rows.insert(**row)).count() as u64;
        }
        Ok::<_, IngestError>(list)
    })?;
    Ok(added)
}

/// Puts all that stands on a list, as the store gives it, on the list of a dataset, such as one made in an overlay before.
///
/// # Errors
/// When it is no list, or the lists were made with different secrets, or the store refuses.
pub fn suppress_listed(store: &Store, dataset: &Name, list: &serde_json::Value) -> Result<(), IngestError> {
    let corrupt = |error: serde_json::Error| mlspec_store::StoreError::from(mlspec_record::CanonicalError::from(error));
    let new = List::deserialize(list).map_err(corrupt)?;
    store.change_suppressed(dataset, |known: Option<List>| {
        let Some(mut known) = known else { return Ok(new) };
        if known.check != new.check {
            return Err(IngestError::OtherSecret(dataset.clone()));
        }
        for Entries { columns, rows } in new.by {
            match known.by.iter_mut().find(|entries| entries.columns == columns) {
                Some(entries) => entries.rows.extend(rows),
                None => known.by.push(Entries { columns, rows }),
            }
        }
        Ok::<_, IngestError>(known)
    })
}

/// What stands on the list of a dataset for these whole rows, if they are on it. It tells nothing to who lacks the secret.
///
/// # Errors
/// As [`suppress`].
pub fn suppression_marks(
    store: &Store,
    dataset: &Name,
    secret: &[u8],
    rows: &Table,
) -> Result<Vec<Digest>, IngestError> {
    let (mac, columns) = (keyed(dataset, Some(secret))?, recognised_by(store, dataset)?);
    marks(&mac, dataset, rows.frame(), &columns)
}

/// The columns that recognise a row: its key, or all.
fn recognised_by(store: &Store, dataset: &Name) -> Result<Vec<String>, IngestError> {
    let current = store.dataset(dataset)?.ok_or_else(|| IngestError::unknown(store, dataset))?.body;
    let key = store.json::<Origin>(&current.record)?.ingestion.key;
    Ok(if key.is_empty() { current.columns.names().map(str::to_owned).collect() } else { key })
}

fn keyed(dataset: &Name, secret: Option<&[u8]>) -> Result<Hmac<Sha256>, IngestError> {
    let missing = || IngestError::NoSecret(dataset.clone());
    let secret = secret.filter(|secret| !secret.is_empty()).ok_or_else(missing)?;
    Hmac::new_from_slice(secret).map_err(|_| missing())
}

/// What stands on the list for each row.
fn marks(
    mac: &Hmac<Sha256>,
    dataset: &Name,
    frame: &DataFrame,
    columns: &[String],
) -> Result<Vec<Digest>, IngestError> {
    let names: Vec<&str> = columns.iter().map(String::as_str).collect();
    let frame = frame.select(names.iter().copied()).map_err(TableError::from)?;
    let schema = mlspec_table::frame_schema(&frame)?;
    let what: String =
        schema.columns().iter().map(|column| format!("{}\0{}\0", column.name, column.data_type)).collect();
    let blocks = (0..frame.height().div_ceil(BLOCK)).into_par_iter().map(|block| {
        let rows = row_bytes(&frame.slice((block * BLOCK) as i64, BLOCK), &names, Equality::Key)?;
        Ok(rows.iter().map(|row| mark(mac, dataset, &what, row)).collect::<Vec<_>>())
    });
    Ok(blocks.collect::<Result<Vec<_>, TableError>>()?.concat())
}

fn mark(mac: &Hmac<Sha256>, dataset: &Name, what: &str, row: &[u8]) -> Digest {
    let mut mac = mac.clone();
    let head = format!("{FORMAT}\0{dataset}\0{what}\0");
    mac.update(head.as_bytes());
    mac.update(row);
    Digest::from_bytes(mac.finalize().into_bytes().into())
}
