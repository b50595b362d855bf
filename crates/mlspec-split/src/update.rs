//! A split goes on from the one before: rows that did not change stay where they are, so only those that did are assigned, and
//! every part is patched. Sources of which a count cannot be carried over are counted anew, from tables of ids alone.

use crate::splitter::part_of;
use crate::stage::{MadePart, Outcome, ROWS};
use crate::statistics::{self, WHAT};
use crate::{By, Links, SplitError, Splitter, leakage};
use mlspec_provenance::{Link, LinkChanges, Reach, SourceScan, Tracer};
use mlspec_record::body::{Part, Splitting};
use mlspec_record::{ArtifactKind, ArtifactRef, Seed};
use mlspec_stage::{Context, Previous, StageError};
use mlspec_store::Store;
use mlspec_table::{Difference, Table, difference, fold, manifest, patch};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The split before.
struct Base {
    input: ArtifactRef,
    /// In the order of the parts.
    outputs: Vec<ArtifactRef>,
    body: Splitting,
}

impl Base {
    fn of(splitter: &Splitter, previous: &Previous) -> Option<Self> {
        let body: Splitting = serde_json::from_value(previous.body().clone()).ok()?;
        let input = previous.inputs().find(|(port, _)| port.as_str() == ROWS)?.1.clone();
        let outputs: Option<Vec<_>> = splitter.parts().map(|part| previous.output(part.as_str()).cloned()).collect();
        let named = body.parts.iter().map(|part| part.name.as_str()).eq(splitter.parts().map(|part| part.as_str()));
        outputs.filter(|_| named).map(|outputs| Self { input, outputs, body })
    }

    fn reach(&self, source: &str) -> Option<Reach> {
        let leak = self.body.leakage.iter().find(|leak| leak.source == source)?;
        let count = self.body.links.iter().find(|count| count.source == source)?;
        Some(Reach { rows: leak.rows, shared: leak.shared, links: count.links, linked: count.linked })
    }
}

/// Rows that differ, as they were or as they are.
struct Side {
    table: Table,
    ids: Vec<u64>,
    links: Links,
    parts: Vec<usize>,
    scans: Vec<SourceScan>,
}

impl Side {
    fn read(
        splitter: &Splitter,
        tracer: &Tracer<'_>,
        of: &ArtifactRef,
        table: Table,
        seed: Seed,
    ) -> Result<Self, SplitError> {
        let ids = table.ids();
        let scans = match of.lineage {
            Some(_) => tracer.sources(of)?,
            None => Vec::new(),
        };
        let mut links = Links::default();
        for scan in &scans {
            links.add(&ids, scan, tracer.list_pairs_of(of, &ids, scan)?);
        }
        let parts = splitter.assign(&table, Some(&links), seed)?;
        Ok(Self { table, ids, links, parts, scans })
    }

    /// The ids of the rows in this part.
    fn ids_in(&self, part: usize) -> Vec<u64> {
        self.ids.iter().zip(&self.parts).filter(|(_, of)| **of == part).map(|(id, _)| *id).collect()
    }

    /// The links to a source.
    fn reached(&self, source: &str) -> Vec<Link> {
        let links = self.links.iter().find(|(name, _)| *name == source).map(|(_, links)| links).unwrap_or_default();
        let place = |&(at, source): &(usize, u64)| Some((*self.ids.get(at)?, source, *self.parts.get(at)?));
        links.iter().filter_map(place).collect()
    }
}

/// What the split leaves now, if it can go on from the one before.
pub(crate) fn carry(splitter: &Splitter, cx: &Context<'_>) -> Result<Option<Outcome>, StageError> {
    let input = cx.input(ROWS, ArtifactKind::Table)?.artifact.clone();
    let Some(base) = cx.previous().and_then(|previous| Base::of(splitter, previous)) else { return Ok(None) };
    if base.input.lineage.is_some() != input.lineage.is_some() {
        return Ok(None);
    }
    Ok(go_on(splitter, cx.store(), cx.seed(), &base, input)?)
}

fn go_on(
    splitter: &Splitter,
    store: &Store,
    seed: Seed,
    base: &Base,
    input: ArtifactRef,
) -> Result<Option<Outcome>, SplitError> {
    let Some(found) = difference(store, &base.input.digest, &input.digest)? else { return Ok(None) };
    let options = manifest(store, &input.digest)?.options();
    for output in &base.outputs {
        if manifest(store, &output.digest)?.options() != options {
            return Ok(None); // the parts are cut as the rows are
        }
    }
    let tracer = Tracer::new(store);
    let keeps_links = input.lineage.is_none() || tracer.keeps_links(&base.input, &input)?;
    if let By::Source(source) = &splitter.params().by
        && !(keeps_links && base.reach(source.as_str()).is_some_and(|reach| reach.is_single()))
    {
        return Ok(None);
    }
    let (old, new) = sides(splitter, &tracer, (store, seed), base, &input, &found)?;
    if let By::Source(source) = &splitter.params().by
        && new.links.of(source)?.windows(2).any(|pair| pair[0].0 == pair[1].0)
    {
        return Ok(None);
    }
    let rows: Vec<u64> = (0..base.outputs.len())
        .map(|part| {
            let before = base.outputs[part].rows.unwrap_or_default() + new.ids_in(part).len() as u64;
            before.saturating_sub(old.ids_in(part).len() as u64)
        })
        .collect();
    splitter.check_parts(&rows)?;
    let schema = new.table.schema().clone();
    let parts = (0..rows.len()).into_par_iter().map(|part| {
        let (Some(output), Some(known)) = (base.outputs.get(part), base.body.parts.get(part)) else {
            return Ok(None);
        };
        patched(store, (output, known), &old.ids_in(part), &part_of(&new.table, &new.parts, part)?).map(Some)
    });
    let parts: Vec<Option<MadePart>> = parts.collect::<Result<_, SplitError>>()?;
    let parts: Vec<MadePart> = parts.into_iter().flatten().collect();
    let mut reach = BTreeMap::new();
    let mut unknown = Vec::new();
    let sources: BTreeSet<String> = new.scans.iter().map(|scan| scan.dataset.to_string()).collect();
    for source in sources {
        let carried = match base.reach(&source).filter(|_| keeps_links) {
            Some(before) => {
                let changes = LinkChanges::between(old.reached(&source), new.reached(&source));
                let touched = changes.sources();
                let had = tracer.source_rows(&base.input, &source, &touched)?;
                before.after(&changes, &had, &tracer.source_rows(&input, &source, &touched)?)
            }
            None => None,
        };
        match carried {
            Some(carried) => {
                reach.insert(source, carried.reach);
            }
            None => unknown.push(source),
        }
    }
    if !unknown.is_empty() {
        reach.extend(counted_anew(store, &tracer, &input, &parts, &unknown)?);
    }
    Ok(Some(Outcome { input, schema, parts, reach }))
}

/// The rows that differ: of those that were, only what decides their part; of those that are, everything.
fn sides(
    splitter: &Splitter,
    tracer: &Tracer<'_>,
    (store, seed): (&Store, Seed),
    base: &Base,
    input: &ArtifactRef,
    found: &Difference,
) -> Result<(Side, Side), SplitError> {
    let keys: Vec<&str> = match &splitter.params().by {
        By::Columns(columns) => columns.iter().map(String::as_str).collect::<BTreeSet<_>>().into_iter().collect(),
        _ => Vec::new(),
    };
    let old = found.old_rows(store, &base.input.digest, Some(&keys))?;
    let new = found.new_rows(store, &input.digest, None)?;
    let old = Side::read(splitter, tracer, &base.input, old, seed)?;
    Ok((old, Side::read(splitter, tracer, input, new, seed)?))
}

/// A part without some rows and with others, and its statistics from the chunks that changed.
fn patched(
    store: &Store,
    (output, known): (&ArtifactRef, &Part),
    gone: &[u64],
    new: &Table,
) -> Result<MadePart, SplitError> {
    if gone.is_empty() && new.is_empty() && known.state.is_some() {
        return Ok(MadePart { artifact: output.clone(), columns: known.columns.clone(), state: known.state });
    }
    let artifact = patch(store, &output.digest, gone, new)?;
    let columns: Vec<&str> = new.schema().names().collect();
    let (partial, state) = fold(store, &artifact.digest, &columns, WHAT, known.state.as_ref(), statistics::partial)?;
    Ok(MadePart { artifact, columns: statistics::merge(new.schema(), &partial), state: Some(state) })
}

/// What rows of these sources reach, from all links.
fn counted_anew(
    store: &Store,
    tracer: &Tracer<'_>,
    input: &ArtifactRef,
    parts: &[MadePart],
    sources: &[String],
) -> Result<BTreeMap<String, Reach>, SplitError> {
    let mut assigned: Vec<(u64, usize)> = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        assigned.extend(Table::read_columns(store, &part.artifact.digest, &[])?.ids().into_iter().map(|id| (id, at)));
    }
    assigned.sort_unstable();
    let (ids, part_of): (Vec<u64>, Vec<usize>) = assigned.into_iter().unzip();
    let mut links = Links::default();
    for scan in tracer.sources(input)?.iter().filter(|scan| sources.iter().any(|name| name == scan.dataset.as_str())) {
        links.add(&ids, scan, tracer.list_pairs(input, scan)?);
    }
    Ok(leakage(&links, &part_of))
}

/// Measures how many rows that did not change are in another part than before, which happens only where rows hang together
/// through chains of source rows.
pub(crate) fn count_moved(splitter: &Splitter, cx: &mut Context<'_>) -> Result<(), StageError> {
    let Some(base) = cx.previous().and_then(|previous| Base::of(splitter, previous)) else { return Ok(()) };
    let store = cx.store();
    let after = cx.input(ROWS, ArtifactKind::Table)?.artifact.digest;
    let Some(found) = difference(store, &base.input.digest, &after).map_err(SplitError::from)? else { return Ok(()) };
    let changed: HashSet<u64> = found.old_ids().into_iter().collect();
    let now: BTreeMap<String, ArtifactRef> =
        cx.outputs().iter().map(|output| (output.port.to_string(), output.artifact.clone())).collect();
    let mut moved = 0_usize;
    for (part, was) in splitter.parts().zip(&base.outputs) {
        let Some(is) = now.get(part.as_str()) else { continue };
        let left = difference(store, &was.digest, &is.digest).map_err(SplitError::from)?.unwrap_or_default().removed;
        moved += left.iter().filter(|id| !changed.contains(id)).count();
    }
    if moved > 0 {
        cx.measure("moved_rows", moved as f64);
    }
    Ok(())
}
