//! The kept result and its lineage, before the change, and how they become those after it.

use super::Input;
use super::slice::Slice;
use crate::documents::{document, is_listed, stored};
use crate::engine::{Bound, Scan};
use crate::flight::{bug, ids};
use crate::links::Links;
use crate::tracked::column_lineage;
use crate::{Flight, ProvenanceError};
use mlspec_record::{ArtifactRef, Digest, Lineage, LineageNode, RowLineage};
use mlspec_store::Store;
use mlspec_table::polars::prelude::DataFrame;
use mlspec_table::{ChunkOptions, ROW, Table, manifest, patch};
use std::collections::BTreeMap;

/// A result that was kept, of a plan and tables that are known.
pub(super) struct Kept<'a> {
    store: &'a Store,
    artifact: &'a ArtifactRef,
    lineage: Lineage,
    scans: &'a [Scan],
    inputs: &'a BTreeMap<String, Input<'a>>,
}

impl<'a> Kept<'a> {
    /// Nothing if the artifact is not what the plan made of the tables before the change, as far as its lineage tells.
    pub(super) fn read(
        store: &'a Store,
        artifact: &'a ArtifactRef,
        bound: &Bound,
        scans: &'a [Scan],
        inputs: &'a BTreeMap<String, Input<'a>>,
        options: &ChunkOptions,
    ) -> Result<Option<Self>, ProvenanceError> {
        let Some(digest) = artifact.lineage else { return Ok(None) };
        let lineage: Lineage = store.json(&digest)?;
        let (columns, indirect) = column_lineage(&bound.shape);
        let parents = lineage.parents.len() == scans.len()
            && lineage.parents.iter().zip(scans).all(|(parent, scan)| {
                parent.scan == scan.name
                    && inputs.get(&scan.table).is_some_and(|input| parent.artifact.digest == input.before.digest)
            });
        let table = manifest(store, &artifact.digest)?;
        let same = table.schema == bound.shape.schema && table.options() == *options;
        let same = same && parents && lineage.columns == columns && lineage.indirect == indirect;
        Ok(same.then_some(Self { store, artifact, lineage, scans, inputs }))
    }

    /// Keeps what is after the change. Nothing if rows have ids that other rows have, or the lineage is another plan's.
    pub(super) fn patch(
        &self,
        bound: &Bound,
        slice: Slice,
        edges: &BTreeMap<usize, (Links, Links)>,
    ) -> Result<Option<ArtifactRef>, ProvenanceError> {
        let Some(rows) = self.rows(&slice, edges)? else { return Ok(None) };
        let parents = self.inputs.iter().map(|(name, input)| (name.clone(), input.after.clone())).collect();
        let lineage = document(self.scans, &parents, rows, column_lineage(&bound.shape))?;
        let own = |flight: Flight| {
            let names = std::iter::once(ROW).chain(bound.shape.schema.names());
            flight.frame.select(names).map_err(bug)
        };
        let Some(artifact) = self.patched(&self.artifact.digest, &own(slice.old)?, own(slice.new)?)? else {
            return Ok(None);
        };
        Ok(Some(ArtifactRef { lineage: Some(self.store.put_json(&lineage)?.0), ..artifact }))
    }

    fn rows(
        &self,
        slice: &Slice,
        edges: &BTreeMap<usize, (Links, Links)>,
    ) -> Result<Option<RowLineage>, ProvenanceError> {
        let own = slice.new.own;
        match &self.lineage.rows {
            RowLineage::Identity => {
                let fits = own == Some(0) && slice.new.nodes.is_empty() && self.scans.len() == 1 && edges.is_empty();
                Ok(fits.then_some(RowLineage::Identity))
            }
            RowLineage::Nodes { nodes, own: known, table, roots } => {
                let listed = is_listed(own.and_then(|own| nodes.get(own)), roots);
                if *known != own || *roots != slice.new.nodes || table.is_none() != listed {
                    return Ok(None);
                }
                let mut nodes = nodes.clone();
                for (at, (old, new)) in edges {
                    let Some(LineageNode::Edges { table, own, inputs }) = nodes.get_mut(*at) else { return Ok(None) };
                    if *own != new.own || *inputs != new.roots {
                        return Ok(None);
                    }
                    let Some(digest) = self.linked(table, old, new)? else { return Ok(None) };
                    *table = digest;
                }
                let mut links = *table;
                if let Some(table) = &mut links {
                    let of = |flight: &Flight| {
                        let frame = flight.frame.select(flight.hidden()).map_err(bug)?;
                        Ok::<_, ProvenanceError>(Links { frame, own: flight.own, roots: flight.nodes.clone() })
                    };
                    let Some(digest) = self.linked(table, &of(&slice.old)?, &of(&slice.new)?)? else { return Ok(None) };
                    *table = digest;
                }
                Ok(Some(RowLineage::Nodes { nodes, own, table: links, roots: roots.clone() }))
            }
            _ => Ok(None),
        }
    }

    fn linked(&self, table: &Digest, old: &Links, new: &Links) -> Result<Option<Digest>, ProvenanceError> {
        Ok(self.patched(table, &stored(old)?, stored(new)?)?.map(|artifact| artifact.digest))
    }

    /// A table with other rows. Nothing if one of the new rows has the id of a row that stays: two rows would share it.
    fn patched(&self, table: &Digest, old: &DataFrame, new: DataFrame) -> Result<Option<ArtifactRef>, ProvenanceError> {
        let gone: Vec<u64> = ids(old, ROW)?.iter().flatten().collect();
        let new = Table::new(new)?;
        let rows = (manifest(self.store, table)?.rows + new.len() as u64).checked_sub(gone.len() as u64);
        let patched = patch(self.store, table, &gone, &new)?;
        Ok(Some(patched).filter(|patched| patched.rows == rows))
    }
}
