//! The check by values outside of tables with lineage: state that fitting left, records, reports, the index, and whatever else
//! lies in the store for the run.

use super::columns::holding;
use super::needles::Needles;
use super::reach::Reached;
use super::{Finding, ProofError, Remnant};
use mlspec_record::erasure::Remaining;
use mlspec_record::{DataType, Digest, Id, Name};
use mlspec_store::{Store, StoreError};
use mlspec_table::Manifest;
use rayon::prelude::*;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Folders of a store that are searched otherwise, or hold older versions, or nothing that stays.
const ELSEWHERE: [&str; 8] = ["objects", "manifests", "records", "cache", "changed", "changes", "tmp", "locks"];

/// The values that rows of other sources hold, and those sources.
#[derive(Debug)]
pub(crate) struct Elsewhere<'a> {
    pub(crate) values: &'a BTreeSet<usize>,
    pub(crate) sources: Vec<Name>,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Read {
    pub(crate) findings: Vec<Finding>,
    pub(crate) remaining: Vec<Remaining>,
    pub(crate) documents: u64,
    pub(crate) bytes: u64,
    pub(crate) columns: u64,
    pub(crate) rows: u64,
}

/// Reads what a run holds besides the tables in `known`, for words.
///
/// # Errors
/// When the file system refuses.
pub(crate) fn read(
    store: &Store,
    run: &Id,
    reached: &Reached,
    known: &BTreeSet<Digest>,
    needles: &Needles,
    elsewhere: &Elsewhere<'_>,
) -> Result<Read, ProofError> {
    let mut read = Read::default();
    for (table, manifest) in reached.tables.iter().filter(|(digest, _)| !known.contains(digest)) {
        read_table(store, table, manifest, needles, elsewhere, &mut read)?;
    }
    let objects = reached.documents.iter().chain(&reached.blobs).map(|digest| store.object_path(digest));
    let mut paths: Vec<PathBuf> = objects.collect();
    files(&store.run_folder(run), &mut paths)?;
    for name in entries(store.root())? {
        let elsewhere = name.file_name().and_then(|name| name.to_str()).is_some_and(|name| ELSEWHERE.contains(&name));
        match name.is_dir() {
            _ if elsewhere => {}
            true => files(&name, &mut paths)?,
            false => paths.push(name),
        }
    }
    let found = paths.par_iter().map(|path| {
        let bytes = match std::fs::read(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(|error| StoreError::io(path, error))?,
        };
        let mut found = BTreeSet::new();
        needles.find(&bytes, &mut found);
        Ok((bytes.len() as u64, found))
    });
    let found = found.collect::<Result<Vec<_>, ProofError>>()?;
    for (path, (bytes, found)) in paths.iter().zip(found) {
        read.documents += 1;
        read.bytes += bytes;
        let place = path.strip_prefix(store.root()).unwrap_or(path).display().to_string();
        read.tell(
            elsewhere,
            Finding { place, what: Remnant::Document, column: None, count: found.len() as u64 },
            &found,
        );
    }
    Ok(read)
}

impl Read {
    /// Takes up what was found somewhere: values that rows of other sources hold may have come from these.
    fn tell(&mut self, elsewhere: &Elsewhere<'_>, finding: Finding, found: &BTreeSet<usize>) {
        if found.is_empty() {
            return;
        }
        if !found.is_subset(elsewhere.values) {
            self.findings.push(finding);
            return;
        }
        let Finding { place, column, count, .. } = finding;
        self.remaining.push(Remaining { place, column, sources: elsewhere.sources.clone(), count });
    }
}

/// The columns of text of a table that no lineage tells of.
fn read_table(
    store: &Store,
    table: &Digest,
    manifest: &Manifest,
    needles: &Needles,
    elsewhere: &Elsewhere<'_>,
    read: &mut Read,
) -> Result<(), ProofError> {
    let is_text = |data_type| matches!(data_type, DataType::String | DataType::ListString | DataType::Binary);
    let columns = manifest.schema.columns().iter().filter(|column| is_text(column.data_type));
    let columns: Vec<&str> = columns.map(|column| column.name.as_str()).collect();
    if columns.is_empty() {
        return Ok(());
    }
    let chunks = manifest.chunks.par_iter().map(|chunk| {
        let frame = chunk.look(store, table, &columns)?;
        let counts = frame.columns().iter().map(|column| {
            let mut found = BTreeSet::new();
            (holding(column, &mut |text, found| needles.find(text, found), &mut found), found)
        });
        Ok(counts.collect::<Vec<_>>())
    });
    let chunks = chunks.collect::<Result<Vec<_>, ProofError>>()?;
    for (at, column) in columns.iter().enumerate() {
        let counts = chunks.iter().filter_map(|counts| counts.get(at));
        let count = counts.clone().map(|(count, _)| count).sum();
        let found = counts.flat_map(|(_, found)| found.iter().copied()).collect();
        let (place, column) = (format!("manifests/{}.json", table.hex()), Some((*column).to_owned()));
        read.tell(elsewhere, Finding { place, what: Remnant::Values, column, count }, &found);
    }
    read.columns += columns.len() as u64;
    read.rows += manifest.rows * columns.len() as u64;
    Ok(())
}

/// Every file below a folder.
pub(crate) fn files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<(), ProofError> {
    for path in entries(folder)? {
        match path.is_dir() {
            true => files(&path, found)?,
            false => found.push(path),
        }
    }
    Ok(())
}

/// What lies in a folder, sorted; nothing where there is none.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, ProofError> {
    let refused = |error| StoreError::io(folder, error);
    let found = match std::fs::read_dir(folder) {
        Ok(found) => found,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(refused(error).into()),
    };
    let mut paths = found.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>().map_err(refused)?;
    paths.sort_unstable();
    Ok(paths)
}
