//! Columns and features, down to the columns of datasets.

use super::Tracer;
use crate::ProvenanceError;
use crate::error::dangling;
use crate::shape::{Sources, merge};
use mlspec_record::{
    ArtifactRef, ColumnLineage, DataType, Dependency, Digest, FeatureRange, Lineage, RowLineage, SourceColumn,
};
use std::collections::{BTreeMap, BTreeSet};

/// The column by which lineage refers to all features of a matrix together, as predictions do.
pub const FEATURES: &str = "features";

/// Source columns by column.
type Columns = BTreeMap<String, (DataType, Sources)>;

/// What was composed already, by lineage document.
type Done = BTreeMap<Digest, Columns>;

impl Tracer<'_> {
    /// For every column of a table, the columns of datasets that it comes from; `scan` is the dataset's name.
    ///
    /// # Errors
    /// When lineage is missing or was changed on disk.
    pub fn columns(&self, of: &ArtifactRef) -> Result<Vec<ColumnLineage>, ProvenanceError> {
        let mut composed = self.compose_columns(of, &mut Done::new())?;
        let order = self.lineage(of)?.columns.into_iter().map(|column| column.column);
        let found = order.filter_map(|column| {
            let (data_type, sources) = composed.remove(&column)?;
            Some(ColumnLineage { column, data_type, sources: sources.into_iter().collect() })
        });
        Ok(found.collect())
    }

    /// The columns of datasets that decided which rows of the artifact exist, or how they are grouped, at any stage.
    ///
    /// # Errors
    /// When lineage is missing or was changed on disk.
    pub fn indirect(&self, of: &ArtifactRef) -> Result<Vec<SourceColumn>, ProvenanceError> {
        let mut seen = std::collections::BTreeSet::new();
        let mut found = Sources::new();
        let mut open = vec![of.clone()];
        let mut done = Done::new();
        while let Some(at) = open.pop() {
            let hop = self.hop(&at)?;
            for source in &hop.lineage.indirect {
                let through = self.resolve(&hop.lineage.parents, source, &mut done)?;
                found
                    .extend(through.into_iter().map(|column| SourceColumn { dependency: source.dependency, ..column }));
            }
            let parents = hop.followed()?.into_iter().map(|parent| parent.artifact.clone());
            open.extend(parents.filter(|parent| seen.insert(parent.clone())));
        }
        Ok(found.into_iter().collect())
    }

    /// For every range of a matrix's features, the columns of datasets that it comes from.
    ///
    /// # Errors
    /// When lineage is missing or was changed on disk.
    pub fn features(&self, of: &ArtifactRef) -> Result<Vec<(FeatureRange, Vec<SourceColumn>)>, ProvenanceError> {
        let hop = self.hop(of)?;
        let mut done = Done::new();
        let mut found = Vec::new();
        for range in &hop.lineage.features {
            let mut sources = Vec::new();
            for parent in hop.lineage.parents.iter().take(1) {
                for column in &range.columns {
                    let (scan, column) = (parent.scan.clone(), column.clone());
                    let source = SourceColumn { scan, column, dependency: Dependency::Transformation };
                    sources.extend(self.resolve(&hop.lineage.parents, &source, &mut done)?);
                }
            }
            found.push((range.clone(), merge(sources).into_iter().collect()));
        }
        Ok(found)
    }

    fn compose_columns(&self, of: &ArtifactRef, done: &mut Done) -> Result<Columns, ProvenanceError> {
        let hop = self.hop(of)?;
        if let Some(known) = of.lineage.and_then(|digest| done.get(&digest)) {
            return Ok(known.clone());
        }
        let mut composed = Columns::new();
        for column in &hop.lineage.columns {
            let sources = match &hop.lineage.rows {
                RowLineage::Source { dataset } => Sources::from([SourceColumn {
                    scan: dataset.to_string(),
                    column: column.column.clone(),
                    dependency: Dependency::Identity,
                }]),
                _ => {
                    let mut all = Vec::new();
                    for source in &column.sources {
                        all.extend(self.resolve(&hop.lineage.parents, source, done)?);
                    }
                    merge(all)
                }
            };
            composed.insert(column.column.clone(), (column.data_type, sources));
        }
        if let Some(all) = self.compose_features(&hop.lineage, done)? {
            composed.entry(FEATURES.to_owned()).or_insert((DataType::Float64, all));
        }
        if let Some(digest) = of.lineage {
            done.insert(digest, composed.clone());
        }
        Ok(composed)
    }

    /// The dataset columns behind all features of a matrix together; none of other artifacts.
    fn compose_features(&self, lineage: &Lineage, done: &mut Done) -> Result<Option<Sources>, ProvenanceError> {
        let Some(parent) = lineage.parents.first().filter(|_| !lineage.features.is_empty()) else { return Ok(None) };
        let columns: BTreeSet<&String> = lineage.features.iter().flat_map(|range| &range.columns).collect();
        let mut all = Vec::new();
        for column in columns {
            let (scan, column) = (parent.scan.clone(), column.clone());
            let source = SourceColumn { scan, column, dependency: Dependency::Transformation };
            all.extend(self.resolve(&lineage.parents, &source, done)?);
        }
        Ok(Some(merge(all)))
    }

    /// The dataset columns behind a column of a scan.
    fn resolve(
        &self,
        parents: &[mlspec_record::LineageParent],
        source: &SourceColumn,
        done: &mut Done,
    ) -> Result<Vec<SourceColumn>, ProvenanceError> {
        let parent = parents.iter().find(|parent| parent.scan == source.scan).ok_or_else(|| dangling(source))?;
        let columns = self.compose_columns(&parent.artifact, done)?;
        let (_, sources) = columns.get(&source.column).ok_or_else(|| dangling(source))?;
        let through = |found: &SourceColumn| SourceColumn {
            dependency: found.dependency.max(source.dependency),
            ..found.clone()
        };
        Ok(sources.iter().map(through).collect())
    }
}
