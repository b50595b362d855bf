//! Questions that compose the lineage of one stage after another, down to the sources.

mod carry;
mod columns;
mod hop;
mod rows;
#[cfg(test)]
mod tests;

pub use columns::FEATURES;

use crate::ProvenanceError;
use hop::Hop;
use mlspec_record::{ArtifactKind, ArtifactRef, Digest, Lineage, Name, RowLineage};
use mlspec_store::Store;
use mlspec_table::Table;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

/// How many ways from an artifact to sources are followed.
const WAYS: usize = 4096;

/// Follows lineage from artifact to artifact. What it has loaded it keeps, so one tracer serves many questions.
#[derive(Debug)]
pub struct Tracer<'a> {
    store: &'a Store,
    hops: Mutex<BTreeMap<Digest, Arc<Hop>>>,
    ids: Mutex<BTreeMap<Digest, Arc<Vec<u64>>>>,
}

/// One way from an artifact to a source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SourceScan {
    /// The dataset.
    pub dataset: Name,
    /// The dataset version's rows.
    pub artifact: ArtifactRef,
    /// The scans passed, from the artifact to the source.
    pub path: Vec<String>,
}

impl<'a> Tracer<'a> {
    /// A tracer that has loaded nothing.
    pub fn new(store: &'a Store) -> Self {
        Self { store, hops: Mutex::default(), ids: Mutex::default() }
    }

    /// Every way from this artifact's rows to a source. Parents that had a part as a whole, such as the model that made
    /// predictions, are not followed: ask for the sources of the model.
    ///
    /// # Errors
    /// When lineage is missing or was changed on disk.
    pub fn sources(&self, of: &ArtifactRef) -> Result<Vec<SourceScan>, ProvenanceError> {
        let mut found = Vec::new();
        self.walk(of, &mut Vec::new(), &mut found)?;
        Ok(found)
    }

    fn walk(
        &self,
        of: &ArtifactRef,
        path: &mut Vec<String>,
        found: &mut Vec<SourceScan>,
    ) -> Result<(), ProvenanceError> {
        let hop = self.hop(of)?;
        if let RowLineage::Source { dataset } = &hop.lineage.rows {
            if found.len() == WAYS {
                return Err(ProvenanceError::Scans { found: WAYS + 1, limit: WAYS });
            }
            found.push(SourceScan { dataset: dataset.clone(), artifact: of.clone(), path: path.clone() });
        }
        for parent in hop.followed()? {
            path.push(parent.scan.clone());
            self.walk(&parent.artifact, path, found)?;
            path.pop();
        }
        Ok(())
    }

    /// The lineage document of an artifact.
    ///
    /// # Errors
    /// When it is missing or was changed on disk.
    pub fn lineage(&self, of: &ArtifactRef) -> Result<Lineage, ProvenanceError> {
        Ok(self.hop(of)?.lineage.clone())
    }

    fn hop(&self, of: &ArtifactRef) -> Result<Arc<Hop>, ProvenanceError> {
        let digest = of.lineage.ok_or_else(|| ProvenanceError::NoLineage(of.kind.to_string()))?;
        let known = self.hops.lock().map(|hops| hops.get(&digest).cloned()).unwrap_or_default();
        if let Some(hop) = known {
            return Ok(hop);
        }
        let hop = Arc::new(Hop::new(self.store.json(&digest)?)?);
        if let Ok(mut hops) = self.hops.lock() {
            hops.insert(digest, Arc::clone(&hop));
        }
        Ok(hop)
    }

    /// The row ids of an artifact that has rows, ascending.
    fn ids(&self, of: &ArtifactRef) -> Result<Arc<Vec<u64>>, ProvenanceError> {
        let table = self.rows_table(of)?;
        let known = self.ids.lock().map(|ids| ids.get(&table).cloned()).unwrap_or_default();
        if let Some(ids) = known {
            return Ok(ids);
        }
        let found = Arc::new(Table::read_columns(self.store, &table, &[])?.ids());
        if let Ok(mut ids) = self.ids.lock() {
            ids.insert(table, Arc::clone(&found));
        }
        Ok(found)
    }

    /// Which of these ids are rows of the artifact.
    fn existing(&self, of: &ArtifactRef, ids: &[u64]) -> Result<BTreeSet<u64>, ProvenanceError> {
        let table = self.rows_table(of)?;
        Ok(Table::read_rows(self.store, &table, ids)?.ids().into_iter().collect())
    }

    /// The table that holds an artifact's rows.
    fn rows_table(&self, of: &ArtifactRef) -> Result<Digest, ProvenanceError> {
        match of.kind {
            ArtifactKind::Table => Ok(of.digest),
            ArtifactKind::Matrix => Ok(self.store.json::<MatrixRows>(&of.digest)?.raw.digest),
            other => Err(ProvenanceError::Broken(format!("a {other} has no rows"))),
        }
    }
}

/// What tracing needs to know of a matrix: the table of its raw rows.
#[derive(serde::Deserialize)]
struct MatrixRows {
    raw: ArtifactRef,
}
