//! An update where the part of a row depends on all rows: quotas, folds, shares of time. Parts are found anew from the columns that decide
//! them, and every output is patched where its rows changed, came or went. Sources are counted anew.

use crate::output::Takes;
use crate::stage::Outcome;
use crate::update::{Base, patched_all};
use crate::{Assigned, Links, SplitError, Splitter, leakage};
use mlspec_provenance::Tracer;
use mlspec_record::{ArtifactRef, Seed};
use mlspec_store::Store;
use mlspec_table::{Difference, Table, manifest};
use std::collections::HashSet;

/// What the split leaves now.
pub(crate) fn go_on(
    splitter: &Splitter,
    store: &Store,
    seed: Seed,
    base: &Base,
    input: ArtifactRef,
    found: &Difference,
) -> Result<Option<Outcome>, SplitError> {
    let schema = manifest(store, &input.digest)?.schema;
    splitter.plan(&schema)?;
    let keys = Table::read_columns(store, &input.digest, &splitter.key_columns())?;
    let ids = keys.ids();
    let links = Links::read(&Tracer::new(store), &input, &ids)?;
    let assigned = splitter.assign(&keys, Some(&links), seed)?;
    let takes: Vec<&Takes> = splitter.outputs().iter().map(|output| &output.takes).collect();
    let taken = |takes: &Takes| -> Vec<u64> {
        ids.iter().zip(&assigned.parts).filter(|(_, part)| takes.has(**part)).map(|(id, _)| *id).collect()
    };
    let rows: Vec<u64> = takes.iter().map(|takes| taken(takes).len() as u64).collect();
    splitter.check_parts(ids.len() as u64, &rows)?;
    let touched: HashSet<u64> = found.old_ids().into_iter().chain(found.new_ids()).collect();
    let changed = |at: usize| {
        let (takes, before) = (takes.get(at)?, base.outputs.get(at)?);
        Some(match moved_in(store, before, &taken(takes), &touched) {
            Ok((gone, new)) => (gone, Table::read_rows(store, &input.digest, &new).map_err(SplitError::from)),
            Err(error) => (Vec::new(), Err(error)),
        })
    };
    let Some(parts) = patched_all(splitter, store, base, seed, changed)? else { return Ok(None) };
    let reach = leakage(&links, &assigned.parts);
    let Assigned { left_out, cuts, .. } = assigned;
    Ok(Some(Outcome { input, schema, parts, reach, left_out, cuts }))
}

/// Of an output before, the rows that left it or changed, and of the rows that it takes now, those that came or changed.
fn moved_in(
    store: &Store,
    before: &ArtifactRef,
    now: &[u64],
    touched: &HashSet<u64>,
) -> Result<(Vec<u64>, Vec<u64>), SplitError> {
    let was = Table::read_columns(store, &before.digest, &[])?.ids();
    let beyond = |of: &[u64], other: &[u64]| -> Vec<u64> {
        let left = |id: &u64| touched.contains(id) || other.binary_search(id).is_err();
        of.iter().copied().filter(left).collect()
    };
    Ok((beyond(&was, now), beyond(now, &was)))
}
