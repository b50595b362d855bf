//! Lineage documents: of stages that keep rows as they are, of sources, of what comes from everything; and of [`Tracked`].

use crate::flight::{bug, node_column};
use crate::links::{Links, Node};
use crate::tracked::by_id;
use crate::{ProvenanceError, Tracked};
use mlspec_record::body::{OperatorReport, OperatorTable};
use mlspec_record::{
    ArtifactRef, ColumnLineage, Dependency, Digest, Lineage, LineageNode, LineageParent, Name, RowLineage,
    SourceColumn, TableSchema,
};
use mlspec_store::Store;
use mlspec_table::polars::prelude::{Column, DataFrame, PlSmallStr};
use mlspec_table::{ChunkOptions, ROW, Table, TableError};
use std::collections::BTreeMap;

/// Keeps the lineage of rows that have the ids and the columns of the parent's rows, such as the parts of a split.
///
/// # Errors
/// When the store fails.
pub fn identity_lineage(store: &Store, parent: LineageParent, schema: &TableSchema) -> Result<Digest, ProvenanceError> {
    let columns = columns(schema, |column| {
        vec![SourceColumn { scan: parent.scan.clone(), column: column.to_owned(), dependency: Dependency::Identity }]
    });
    keep(store, vec![parent], RowLineage::Identity, columns)
}

/// Keeps a table of row ids, ascending, without columns, whose lineage leads to these rows of the parent: rows that failed, moved or
/// stand out, listed beside a record. Nothing for no rows.
///
/// # Errors
/// When an id stands twice, or the store fails.
pub fn listed_rows(store: &Store, ids: &[u64], parent: &LineageParent) -> Result<Option<ArtifactRef>, ProvenanceError> {
    if ids.is_empty() {
        return Ok(None);
    }
    let frame = DataFrame::new(ids.len(), vec![Column::new(ROW.into(), ids)]).map_err(TableError::from)?;
    let artifact = Table::new(frame)?.write(store, &ChunkOptions::default())?;
    let lineage = Some(identity_lineage(store, parent.clone(), &TableSchema::default())?);
    Ok(Some(ArtifactRef { lineage, ..artifact }))
}

/// Keeps the lineage of rows that enter here.
///
/// # Errors
/// When the store fails.
pub fn source_lineage(store: &Store, dataset: &Name, schema: &TableSchema) -> Result<Digest, ProvenanceError> {
    keep(store, Vec::new(), RowLineage::Source { dataset: dataset.clone() }, columns(schema, |_| Vec::new()))
}

/// Keeps the lineage of an artifact that comes, as a whole, from all rows of all parents: a model, a report.
///
/// # Errors
/// When the store fails.
pub fn whole_lineage(store: &Store, parents: Vec<LineageParent>) -> Result<Digest, ProvenanceError> {
    keep(store, parents, RowLineage::All, Vec::new())
}

fn columns(schema: &TableSchema, sources: impl Fn(&str) -> Vec<SourceColumn>) -> Vec<ColumnLineage> {
    let of = |column: &mlspec_record::Column| ColumnLineage {
        column: column.name.clone(),
        data_type: column.data_type,
        sources: sources(&column.name),
    };
    schema.columns().iter().map(of).collect()
}

fn keep(
    store: &Store,
    parents: Vec<LineageParent>,
    rows: RowLineage,
    columns: Vec<ColumnLineage>,
) -> Result<Digest, ProvenanceError> {
    let lineage = Lineage { parents, rows, columns, indirect: Vec::new(), features: Vec::new() };
    Ok(store.put_json(&lineage)?.0)
}

impl Tracked {
    /// Keeps the rows and their lineage; `parents` holds the artifact of every table that the plan read.
    ///
    /// # Errors
    /// When an artifact is missing, two rows have the same id, or the store fails.
    pub fn write(
        &self,
        store: &Store,
        parents: &BTreeMap<String, ArtifactRef>,
        options: &ChunkOptions,
    ) -> Result<ArtifactRef, ProvenanceError> {
        let lineage = self.write_lineage(store, parents, options)?;
        let artifact = self.table()?.write(store, options)?;
        Ok(ArtifactRef { lineage: Some(lineage), ..artifact })
    }

    /// Keeps the tables of what operators found; gives the reports that name them.
    ///
    /// # Errors
    /// When the store fails.
    pub fn write_reports(&self, store: &Store, options: &ChunkOptions) -> Result<Vec<OperatorReport>, ProvenanceError> {
        let mut reports = self.reports().to_vec();
        for (report, found) in reports.iter_mut().zip(&self.findings) {
            for (name, frame) in &found.tables {
                let digest = Table::new(by_id(frame.clone())?)?.write(store, options)?.digest;
                report.tables.push(OperatorTable { name: (*name).to_owned(), digest });
            }
        }
        Ok(reports)
    }

    /// Keeps the lineage alone.
    ///
    /// # Errors
    /// As [`Tracked::write`].
    pub fn write_lineage(
        &self,
        store: &Store,
        parents: &BTreeMap<String, ArtifactRef>,
        options: &ChunkOptions,
    ) -> Result<Digest, ProvenanceError> {
        let rows = self.row_lineage(store, options)?;
        let columns = (self.columns().to_vec(), self.indirect().to_vec());
        Ok(store.put_json(&document(self.scans(), parents, rows, columns)?)?.0)
    }

    fn row_lineage(&self, store: &Store, options: &ChunkOptions) -> Result<RowLineage, ProvenanceError> {
        if self.is_identity() {
            return Ok(RowLineage::Identity);
        }
        let mut nodes = Vec::with_capacity(self.nodes.len());
        for node in &self.nodes {
            nodes.push(match node {
                Node::Scan(parent) => LineageNode::Scan { parent: *parent },
                Node::Edges(edges) => {
                    let table = write_links(store, edges, options)?;
                    LineageNode::Edges { table, own: edges.own, inputs: edges.roots.clone() }
                }
            });
        }
        let own = self.links.own.and_then(|own| nodes.get(own));
        let table = match is_listed(own, &self.links.roots) {
            true => None,
            false => Some(write_links(store, &self.links, options)?),
        };
        Ok(RowLineage::Nodes { nodes, own: self.links.own, table, roots: self.links.roots.clone() })
    }
}

/// Whether an edge table lists the rows: those of a scan are some of its rows, and nobody else says which.
pub(crate) fn is_listed(own: Option<&LineageNode>, roots: &[usize]) -> bool {
    roots.is_empty() && matches!(own, Some(LineageNode::Edges { .. }))
}

/// The document of a plan's result; `parents` holds the artifact of every table that the plan read.
pub(crate) fn document(
    scans: &[crate::Scan],
    parents: &BTreeMap<String, ArtifactRef>,
    rows: RowLineage,
    (columns, indirect): (Vec<ColumnLineage>, Vec<SourceColumn>),
) -> Result<Lineage, ProvenanceError> {
    let parent = |scan: &crate::Scan| {
        let artifact = parents.get(&scan.table).ok_or_else(|| ProvenanceError::UnknownTable {
            table: scan.table.clone(),
            known: parents.keys().cloned().collect(),
        })?;
        Ok(LineageParent { scan: scan.name.clone(), artifact: artifact.clone() })
    };
    let parents = scans.iter().map(parent).collect::<Result<_, ProvenanceError>>()?;
    Ok(Lineage { parents, rows, columns, indirect, features: Vec::new() })
}

/// Keeps a frame of ids as a table.
fn write_links(store: &Store, links: &Links, options: &ChunkOptions) -> Result<Digest, ProvenanceError> {
    Ok(Table::new(by_id(stored(links)?)?)?.write(store, options)?.digest)
}

/// A frame of ids as it is stored: `@k` is a name in flight only, stored it is `nk`.
pub(crate) fn stored(links: &Links) -> Result<DataFrame, ProvenanceError> {
    let mut frame = links.frame.clone();
    for node in &links.roots {
        frame.rename(&node_column(*node), stored_column(*node)).map_err(bug)?;
    }
    Ok(frame)
}

/// The other way round.
pub(crate) fn read_links(mut frame: DataFrame, own: Option<usize>, roots: &[usize]) -> Result<Links, ProvenanceError> {
    for node in roots {
        let column = stored_column(*node);
        let missing = |_| ProvenanceError::Broken(format!("a table of ids lacks the column `{column}`"));
        frame.rename(&column, node_column(*node).into()).map_err(missing)?;
    }
    Ok(Links { frame, own, roots: roots.to_vec() })
}

fn stored_column(node: usize) -> PlSmallStr {
    format!("n{node}").into()
}
