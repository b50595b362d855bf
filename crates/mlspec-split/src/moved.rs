//! Rows that did not change and are in another part than before an update.

use crate::stage::ROWS;
use crate::update::Base;
use crate::{SplitError, Splitter};
use mlspec_provenance::listed_rows;
use mlspec_record::{ArtifactKind, ArtifactRef, LineageParent};
use mlspec_stage::{Context, StageError};
use mlspec_table::difference;
use std::collections::{BTreeSet, HashSet};

/// Lists them in the record of the update, by their ids, and measures how many they are. Samples don't count.
pub(crate) fn tell(splitter: &Splitter, cx: &mut Context<'_>) -> Result<(), StageError> {
    let Some(base) = cx.previous().and_then(|previous| Base::of(splitter, previous)) else { return Ok(()) };
    let input = cx.input(ROWS, ArtifactKind::Table)?.artifact.clone();
    let now: Vec<ArtifactRef> = cx.outputs().iter().map(|output| output.artifact.clone()).collect();
    let Some(moved) = find(splitter, cx.store(), &base, &input, &now)? else { return Ok(()) };
    let parent = LineageParent { scan: ROWS.to_owned(), artifact: input };
    if let Some(listed) = listed_rows(cx.store(), &moved, &parent).map_err(SplitError::from)? {
        cx.measure("moved_rows", moved.len() as f64);
        cx.moved(listed);
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
