//! What an update asks: the links of some rows, and whether other rows kept theirs.

use super::{SourceScan, Tracer};
use crate::ProvenanceError;
use crate::flight::ids;
use crate::links::SOURCE;
use mlspec_record::{ArtifactRef, Digest, Lineage, LineageNode, RowLineage};
use mlspec_table::{ROW, Table, difference};
use std::collections::{BTreeSet, HashSet};

impl Tracer<'_> {
    /// As [`Tracer::list_pairs`], of some rows of the artifact; of tables of ids, only chunks that hold them are read.
    ///
    /// # Errors
    /// When the source is none of the artifact's, the artifact comes from it as a whole, or lineage is missing or was changed on
    /// disk.
    pub fn list_pairs_of(
        &self,
        of: &ArtifactRef,
        rows: &[u64],
        source: &SourceScan,
    ) -> Result<Vec<(u64, u64)>, ProvenanceError> {
        let mut pairs: Vec<(u64, u64)> = rows.iter().map(|&row| (row, row)).collect();
        let mut at = of.clone();
        for scan in &source.path {
            let hop = self.hop(&at)?;
            let (place, parent) = hop.parent(scan)?;
            match &hop.lineage.rows {
                RowLineage::Identity => {}
                RowLineage::Nodes { .. } => {
                    let mut middle: Vec<u64> = pairs.iter().map(|pair| pair.1).collect();
                    middle.sort_unstable();
                    middle.dedup();
                    let links = hop.some_links(self.store, &middle)?;
                    let here = links.pairs(hop.nodes(self.store)?, place)?;
                    let (rows, sources) = (ids(&here, ROW)?, ids(&here, SOURCE)?);
                    let mut here: Vec<(u64, u64)> =
                        rows.iter().zip(sources.iter()).filter_map(|(row, source)| Some((row?, source?))).collect();
                    here.sort_unstable();
                    let below = |&(row, middle): &(u64, u64)| {
                        let first = here.partition_point(|&(from, _)| from < middle);
                        let met = here.get(first..).unwrap_or_default().iter().take_while(move |pair| pair.0 == middle);
                        met.map(move |&(_, source)| (row, source))
                    };
                    pairs = pairs.iter().flat_map(below).collect();
                    pairs.sort_unstable();
                    pairs.dedup();
                }
                _ => return Err(ProvenanceError::Broken(format!("rows do not come one by one from `{scan}`"))),
            }
            at = parent.artifact.clone();
        }
        Ok(pairs)
    }

    /// Which of these rows the source had in the dataset versions that the artifact comes from.
    ///
    /// # Errors
    /// When lineage or a dataset version is missing or was changed on disk.
    pub fn source_rows(&self, of: &ArtifactRef, source: &str, rows: &[u64]) -> Result<HashSet<u64>, ProvenanceError> {
        let scans = self.sources(of)?;
        let versions: BTreeSet<_> =
            scans.iter().filter(|scan| scan.dataset.as_str() == source).map(|scan| scan.artifact.digest).collect();
        let mut found = HashSet::new();
        for version in versions {
            found.extend(Table::read_rows_columns(self.store, &version, rows, &[])?.ids());
        }
        Ok(found)
    }

    /// Whether every row that is in both artifacts certainly comes from the same rows of the same sources. Where rows are
    /// groups of others nobody knows without looking at them, so the answer is no.
    ///
    /// # Errors
    /// When lineage is missing or was changed on disk.
    pub fn keeps_links(&self, before: &ArtifactRef, after: &ArtifactRef) -> Result<bool, ProvenanceError> {
        if before == after {
            return Ok(true);
        }
        let (was, is) = (self.lineage(before)?, self.lineage(after)?);
        let scans =
            |lineage: &Lineage| -> Vec<String> { lineage.parents.iter().map(|parent| parent.scan.clone()).collect() };
        if scans(&was) != scans(&is) {
            return Ok(false);
        }
        let followed = match (&was.rows, &is.rows) {
            (RowLineage::Source { dataset }, RowLineage::Source { dataset: now }) => return Ok(dataset == now),
            (RowLineage::Identity, RowLineage::Identity) => 1,
            (
                RowLineage::Nodes { nodes, own, table, roots },
                RowLineage::Nodes { nodes: nodes_now, own: own_now, table: table_now, roots: roots_now },
            ) => {
                let groups = nodes.iter().any(|node| !matches!(node, LineageNode::Scan { .. }));
                let same = nodes == nodes_now && own == own_now && roots == roots_now;
                if groups || !same || !self.same_where_both(table.as_ref(), table_now.as_ref())? {
                    return Ok(false);
                }
                was.parents.len()
            }
            _ => return Ok(false),
        };
        for (was, is) in was.parents.iter().zip(&is.parents).take(followed) {
            if !self.keeps_links(&was.artifact, &is.artifact)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Whether rows of both tables of ids are the same.
    fn same_where_both(&self, before: Option<&Digest>, after: Option<&Digest>) -> Result<bool, ProvenanceError> {
        match (before, after) {
            (None, None) => Ok(true),
            (Some(before), Some(after)) => {
                let found = difference(self.store, before, after)?;
                Ok(found.is_some_and(|found| found.changed.is_empty()))
            }
            _ => Ok(false),
        }
    }
}
