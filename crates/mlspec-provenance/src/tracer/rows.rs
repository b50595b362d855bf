//! Rows, backward and forward.

use super::{SourceScan, Tracer};
use crate::ProvenanceError;
use crate::flight::{bug, ids};
use crate::links::{self, SOURCE};
use mlspec_record::{ArtifactKind, ArtifactRef, RowLineage};
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// How rows of an artifact map to rows of a source.
enum Mapping {
    /// The ids are the same.
    Identity,
    /// By pairs; perhaps also of rows that the artifact no longer has.
    Pairs(DataFrame),
    /// The artifact as a whole comes from these rows.
    Whole(BTreeSet<u64>),
}

/// Rows that were asked for, by artifact.
type Seen = BTreeMap<ArtifactRef, Option<HashSet<u64>>>;

impl Tracer<'_> {
    /// All pairs of a row of the artifact and a row of the source: columns `_row` and `source`. An artifact that comes from its
    /// sources as a whole, such as a model, has the one row 0.
    ///
    /// # Errors
    /// When the source is none of the artifact's, or lineage is missing or was changed on disk.
    pub fn pairs(&self, of: &ArtifactRef, source: &SourceScan) -> Result<DataFrame, ProvenanceError> {
        Ok(match self.mapping(of, &source.path)? {
            Mapping::Identity => {
                let ids = self.ids(of)?;
                links::pairs(ids.to_vec(), ids.to_vec())?
            }
            Mapping::Whole(sources) => links::pairs(vec![0; sources.len()], sources.into_iter().collect())?,
            Mapping::Pairs(pairs) if self.hop(of)?.is_exact() => pairs,
            Mapping::Pairs(pairs) => links::of_rows(&pairs, &self.ids(of)?)?,
        })
    }

    /// All pairs as a list of (row of the artifact, row of the source): [`Tracer::pairs`] for those who count and group.
    ///
    /// # Errors
    /// As [`Tracer::pairs`].
    pub fn list_pairs(&self, of: &ArtifactRef, source: &SourceScan) -> Result<Vec<(u64, u64)>, ProvenanceError> {
        let pairs = self.pairs(of, source)?;
        let ids = |name: &str| pairs.column(name).and_then(|column| column.u64()).map_err(bug);
        let (rows, sources) = (ids(ROW)?, ids("source")?);
        Ok(rows.iter().zip(sources.iter()).filter_map(|(row, source)| Some((row?, source?))).collect())
    }

    fn mapping(&self, of: &ArtifactRef, path: &[String]) -> Result<Mapping, ProvenanceError> {
        let hop = self.hop(of)?;
        let Some((scan, rest)) = path.split_first() else {
            return match hop.lineage.rows {
                RowLineage::Source { .. } => Ok(Mapping::Identity),
                _ => Err(ProvenanceError::Broken("the way ends in front of a source".to_owned())),
            };
        };
        let (at, parent) = hop.parent(scan)?;
        match &hop.lineage.rows {
            RowLineage::Identity => self.mapping(&parent.artifact, rest),
            RowLineage::All => {
                let source = SourceScan { path: rest.to_vec(), ..self.end(&parent.artifact, rest)? };
                let pairs = self.pairs(&parent.artifact, &source)?;
                Ok(Mapping::Whole(ids(&pairs, SOURCE)?.iter().flatten().collect()))
            }
            RowLineage::Nodes { .. } => {
                let here = hop.links(self.store)?.pairs(hop.nodes(self.store)?, at)?;
                match self.mapping(&parent.artifact, rest)? {
                    Mapping::Identity => Ok(Mapping::Pairs(here)),
                    Mapping::Pairs(below) => Ok(Mapping::Pairs(compose(here, below)?)),
                    whole => Ok(whole),
                }
            }
            _ => Err(ProvenanceError::Broken(format!("there is nothing behind the source, not even `{scan}`"))),
        }
    }

    /// The source at the end of a way.
    fn end(&self, of: &ArtifactRef, path: &[String]) -> Result<SourceScan, ProvenanceError> {
        let hop = self.hop(of)?;
        match (path.split_first(), &hop.lineage.rows) {
            (Some((scan, rest)), _) => self.end(&hop.parent(scan)?.1.artifact, rest),
            (None, RowLineage::Source { dataset }) => {
                Ok(SourceScan { dataset: dataset.clone(), artifact: of.clone(), path: Vec::new() })
            }
            _ => Err(ProvenanceError::Broken("the way ends in front of a source".to_owned())),
        }
    }

    /// The source rows that these rows come from, by source; sources that none comes from are left out. For an artifact that
    /// comes from its sources as a whole, whatever `rows` says.
    ///
    /// # Errors
    /// When the artifact has no such row, or lineage is missing or was changed on disk.
    pub fn backward(&self, of: &ArtifactRef, rows: &[u64]) -> Result<Vec<(SourceScan, Vec<u64>)>, ProvenanceError> {
        let has_rows = matches!(of.kind, ArtifactKind::Table | ArtifactKind::Matrix);
        if has_rows && !matches!(self.hop(of)?.lineage.rows, RowLineage::All) {
            let existing = self.existing(of, rows)?;
            if let Some(missing) = rows.iter().find(|row| !existing.contains(row)) {
                return Err(ProvenanceError::NoRow(*missing));
            }
        }
        let mut found = Vec::new();
        self.back(of, rows.iter().copied().collect(), &mut Vec::new(), &mut found)?;
        Ok(found)
    }

    fn back(
        &self,
        of: &ArtifactRef,
        rows: BTreeSet<u64>,
        path: &mut Vec<String>,
        found: &mut Vec<(SourceScan, Vec<u64>)>,
    ) -> Result<(), ProvenanceError> {
        let hop = self.hop(of)?;
        let mut below: Vec<(usize, BTreeSet<u64>)> = Vec::new();
        match &hop.lineage.rows {
            RowLineage::Source { dataset } => {
                let scan = SourceScan { dataset: dataset.clone(), artifact: of.clone(), path: path.clone() };
                found.push((scan, rows.into_iter().collect()));
            }
            RowLineage::All => {
                for source in self.sources(of)? {
                    let pairs = self.pairs(of, &source)?;
                    let path = path.iter().chain(&source.path).cloned().collect();
                    let all: BTreeSet<u64> = ids(&pairs, SOURCE)?.iter().flatten().collect();
                    found.push((SourceScan { path, ..source }, all.into_iter().collect()));
                }
            }
            RowLineage::Identity => below.push((0, rows)),
            _ => {
                let rows: Vec<u64> = rows.into_iter().collect();
                let links = hop.some_links(self.store, &rows)?;
                let mut scans = BTreeMap::new();
                links.backward(hop.nodes(self.store)?, &rows.into_iter().collect(), &mut scans)?;
                below.extend(scans.into_iter().filter(|(_, rows)| !rows.is_empty()));
            }
        }
        for (at, rows) in below {
            let Some(parent) = hop.lineage.parents.get(at) else { continue };
            path.push(parent.scan.clone());
            self.back(&parent.artifact, rows, path, found)?;
            path.pop();
        }
        Ok(())
    }

    /// The rows of an artifact that come from these rows of an artifact before it, a source or not. An artifact that comes from
    /// its sources as a whole has the one row 0.
    ///
    /// # Errors
    /// When the later artifact does not come from the earlier one, or lineage is missing or was changed on disk.
    pub fn forward(&self, source: &ArtifactRef, rows: &[u64], to: &ArtifactRef) -> Result<Vec<u64>, ProvenanceError> {
        let rows: HashSet<u64> = rows.iter().copied().collect();
        let reached = self.ahead(source, &rows, to, &mut Seen::new())?.ok_or_else(|| ProvenanceError::Unrelated {
            of: to.kind.to_string(),
            source_kind: source.kind.to_string(),
        })?;
        let mut reached: Vec<u64> = reached.into_iter().collect();
        reached.sort_unstable();
        let whole = to.lineage.is_some() && matches!(self.hop(to)?.lineage.rows, RowLineage::All);
        let exact = to.lineage.is_some() && self.hop(to)?.is_exact();
        match whole || exact {
            true => Ok(reached),
            false => Ok(self.existing(to, &reached)?.into_iter().collect()),
        }
    }

    /// The rows reached, if the artifact comes from the source at all.
    fn ahead(
        &self,
        source: &ArtifactRef,
        rows: &HashSet<u64>,
        to: &ArtifactRef,
        seen: &mut Seen,
    ) -> Result<Option<HashSet<u64>>, ProvenanceError> {
        // Equal contents may have come about in different ways, so that lineage counts too.
        let alike = to.lineage == source.lineage || source.lineage.is_none();
        if to.kind == source.kind && to.digest == source.digest && alike {
            return Ok(Some(rows.clone()));
        }
        if let Some(known) = seen.get(to) {
            return Ok(known.clone());
        }
        let hop = self.hop(to)?;
        let mut reached: Option<HashSet<u64>> = None;
        for parent in hop.followed()? {
            let Some(below) = self.ahead(source, rows, &parent.artifact, seen)? else { continue };
            let here = match &hop.lineage.rows {
                RowLineage::Nodes { .. } => {
                    let (at, _) = hop.parent(&parent.scan)?;
                    hop.links(self.store)?.forward(hop.nodes(self.store)?, at, &below)?
                }
                RowLineage::All => self.present(&parent.artifact, below)?.iter().map(|_| 0).collect(),
                _ => below,
            };
            reached.get_or_insert_default().extend(here);
        }
        seen.insert(to.clone(), reached.clone());
        Ok(reached)
    }
}

impl Tracer<'_> {
    /// Of rows that lead to an artifact, those that are in it: a part of a table keeps ids, and not all of them.
    fn present(&self, of: &ArtifactRef, rows: HashSet<u64>) -> Result<HashSet<u64>, ProvenanceError> {
        let has_rows = matches!(of.kind, ArtifactKind::Table | ArtifactKind::Matrix);
        if rows.is_empty() || !has_rows || matches!(self.hop(of)?.lineage.rows, RowLineage::All) {
            return Ok(rows);
        }
        let mut rows: Vec<u64> = rows.into_iter().collect();
        rows.sort_unstable();
        Ok(self.existing(of, &rows)?.into_iter().collect())
    }
}

/// Pairs from pairs: what the second maps the ends of the first to.
fn compose(first: DataFrame, second: DataFrame) -> Result<DataFrame, ProvenanceError> {
    let second = second.lazy().select([col(ROW).alias("@middle"), col(SOURCE).alias("@end")]);
    let met = first.lazy().join(second, [col(SOURCE)], [col("@middle")], JoinArgs::new(JoinType::Inner));
    let pairs = met.select([col(ROW), col("@end").alias(SOURCE)]).unique_generic(None, UniqueKeepStrategy::Any);
    Ok(pairs.collect().map_err(bug)?)
}
