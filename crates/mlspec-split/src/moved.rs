//! Rows that did not change and are in another part than before an update.

use crate::stage::ROWS;
use crate::update::Base;
use crate::{SplitError, Splitter};
use mlspec_provenance::identity_lineage;
use mlspec_record::{ArtifactKind, ArtifactRef, LineageParent, TableSchema};
use mlspec_stage::{Context, StageError};
use mlspec_table::polars::prelude::DataFrame;
use mlspec_table::{ChunkOptions, Table, TableError, difference};
use std::collections::{BTreeSet, HashSet};

/// Lists them in the record of the update, by their ids, and measures how many they are. Samples don't count.
pub(crate) fn tell(splitter: &Splitter, cx: &mut Context<'_>) -> Result<(), StageError> {
    let Some(base) = cx.previous().and_then(|previous| Base::of(splitter, previous)) else { return Ok(()) };
    let input = cx.input(ROWS, ArtifactKind::Table)?.artifact.clone();
    let now: Vec<ArtifactRef> = cx.outputs().iter().map(|output| output.artifact.clone()).collect();
    let Some(moved) = find(splitter, cx.store(), &base, &input, &now)? else { return Ok(()) };
    if !moved.is_empty() {
        cx.measure("moved_rows", moved.len() as f64);
        cx.moved(keep(cx.store(), moved, &input)?);
    }
    Ok(())
}

fn find(
    splitter: &Splitter,
    store: &mlspec_store::Store,
    base: &Base,
    input: &ArtifactRef,
    now: &[ArtifactRef],
) -> Result<Option<Vec<u64>>, SplitError> {
    let Some(found) = difference(store, &base.input.digest, &input.digest)? else { return Ok(None) };
    let touched: HashSet<u64> = found.old_ids().into_iter().chain(found.new_ids()).collect();
    let mut moved: BTreeSet<u64> = BTreeSet::new();
    for at in splitter.outputs().of_cells() {
        let (Some(was), Some(is)) = (base.outputs.get(at), now.get(at)) else { continue };
        let Some(found) = difference(store, &was.digest, &is.digest)? else { continue };
        moved.extend(found.removed.iter().chain(&found.added).filter(|id| !touched.contains(id)));
    }
    Ok(Some(moved.into_iter().collect()))
}

/// The rows as a table without columns, with lineage to the rows that were split.
fn keep(store: &mlspec_store::Store, ids: Vec<u64>, input: &ArtifactRef) -> Result<ArtifactRef, SplitError> {
    let rows = DataFrame::new(ids.len(), Vec::new()).map_err(TableError::from)?;
    let kept = Table::with_ids(rows, ids)?.write(store, &ChunkOptions::default())?;
    let parent = LineageParent { scan: ROWS.to_owned(), artifact: input.clone() };
    let lineage = Some(identity_lineage(store, parent, &TableSchema::default())?);
    Ok(ArtifactRef { lineage, ..kept })
}
