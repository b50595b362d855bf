//! The lineage of one artifact, and its tables of ids once they are needed.

use crate::ProvenanceError;
use crate::documents::read_links;
use crate::flight::bug;
use crate::links::{GROUP, Links, Node};
use mlspec_record::{Lineage, LineageNode, LineageParent, RowLineage};
use mlspec_store::Store;
use mlspec_table::polars::prelude::*;
use mlspec_table::{ROW, Table};
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// The lineage of one artifact.
#[derive(Debug)]
pub(crate) struct Hop {
    pub(crate) lineage: Lineage,
    nodes: OnceLock<Vec<Node>>,
    links: OnceLock<Links>,
}

impl Hop {
    /// Checks that everything in the document refers to something in it.
    pub(crate) fn new(lineage: Lineage) -> Result<Self, ProvenanceError> {
        let broken = |what: &str| Err(ProvenanceError::Broken(what.to_owned()));
        if let RowLineage::Nodes { nodes, own, roots, .. } = &lineage.rows {
            for (at, node) in nodes.iter().enumerate() {
                let fits = match node {
                    LineageNode::Scan { parent } => *parent < lineage.parents.len(),
                    LineageNode::Edges { own, inputs, .. } => own.iter().chain(inputs).all(|input| *input < at),
                    _ => false,
                };
                if !fits {
                    return broken("a node refers to nothing");
                }
            }
            if own.iter().chain(roots).any(|root| *root >= nodes.len()) {
                return broken("rows refer to no node");
            }
        }
        if matches!(lineage.rows, RowLineage::Identity) && lineage.parents.is_empty() {
            return broken("rows are said to be those of a parent, and there is none");
        }
        Ok(Self { lineage, nodes: OnceLock::new(), links: OnceLock::new() })
    }

    /// The parents that rows are followed to.
    pub(crate) fn followed(&self) -> Result<Vec<&LineageParent>, ProvenanceError> {
        let parents = &self.lineage.parents;
        Ok(match &self.lineage.rows {
            RowLineage::Source { .. } => Vec::new(),
            RowLineage::Identity => parents.iter().take(1).collect(),
            RowLineage::Nodes { nodes, .. } => {
                let scanned: BTreeSet<_> = nodes.iter().filter_map(scanned).collect();
                scanned.into_iter().filter_map(|parent| parents.get(parent)).collect()
            }
            RowLineage::All => parents.iter().collect(),
            _ => return Err(ProvenanceError::Broken("its kind is unknown to this version".to_owned())),
        })
    }

    /// The parent of this scan name, by index.
    pub(crate) fn parent(&self, scan: &str) -> Result<(usize, &LineageParent), ProvenanceError> {
        let found = self.lineage.parents.iter().enumerate().find(|(_, parent)| parent.scan == scan);
        found.ok_or_else(|| ProvenanceError::Broken(format!("there is no scan `{scan}`")))
    }

    /// The nodes, with edge tables loaded.
    pub(crate) fn nodes(&self, store: &Store) -> Result<&[Node], ProvenanceError> {
        if let Some(nodes) = self.nodes.get() {
            return Ok(nodes);
        }
        let RowLineage::Nodes { nodes, .. } = &self.lineage.rows else { return Ok(&[]) };
        let load = |node: &LineageNode| match node {
            LineageNode::Edges { table, own, inputs } => {
                let frame = Table::read(store, table)?.into_frame();
                if frame.get_column_index(GROUP).is_none() {
                    return Err(ProvenanceError::Broken("an edge table has no column `group`".to_owned()));
                }
                Ok(Node::Edges(read_links(frame, *own, inputs)?))
            }
            other => Ok(Node::Scan(scanned(other).unwrap_or_default())),
        };
        let loaded = nodes.iter().map(load).collect::<Result<Vec<_>, ProvenanceError>>()?;
        Ok(self.nodes.get_or_init(|| loaded))
    }

    /// The rows' ids. Where the document has no table of them, they are those of the groups: perhaps more than there are rows.
    pub(crate) fn links(&self, store: &Store) -> Result<&Links, ProvenanceError> {
        if let Some(links) = self.links.get() {
            return Ok(links);
        }
        let RowLineage::Nodes { own, table, roots, .. } = &self.lineage.rows else {
            return Err(ProvenanceError::Broken("there are no ids to follow".to_owned()));
        };
        let frame = match (table, own.and_then(|own| self.nodes(store).ok()?.get(own))) {
            (Some(table), _) => Table::read(store, table)?.into_frame(),
            (None, Some(Node::Edges(edges))) => {
                let groups = edges.frame.clone().lazy().select([col(GROUP).unique().alias(ROW)]);
                groups.collect().map_err(bug)?
            }
            (None, _) => return Err(ProvenanceError::Broken("the table of ids is missing".to_owned())),
        };
        let loaded = read_links(frame, *own, roots)?;
        Ok(self.links.get_or_init(|| loaded))
    }

    /// The ids of some rows: only the chunks that hold them are read, unless all are loaded.
    pub(crate) fn some_links(&self, store: &Store, rows: &[u64]) -> Result<Links, ProvenanceError> {
        if let Some(links) = self.links.get() {
            return Ok(links.clone());
        }
        match &self.lineage.rows {
            RowLineage::Nodes { own, table: Some(table), roots, .. } => {
                read_links(Table::read_rows(store, table, rows)?.into_frame(), *own, roots)
            }
            RowLineage::Nodes { own, table: None, roots, .. } => {
                let frame = DataFrame::new_infer_height(vec![Column::new(ROW.into(), rows)]).map_err(bug)?;
                read_links(frame, *own, roots)
            }
            _ => Err(ProvenanceError::Broken("there are no ids to follow".to_owned())),
        }
    }

    /// Whether the document lists exactly the rows that there are.
    pub(crate) fn is_exact(&self) -> bool {
        matches!(self.lineage.rows, RowLineage::Nodes { table: Some(_), .. })
    }
}

fn scanned(node: &LineageNode) -> Option<usize> {
    match node {
        LineageNode::Scan { parent } => Some(*parent),
        _ => None,
    }
}
