//! A split goes on from the one before: rows that did not change stay where they are, so only those that did are assigned, and
//! every part is patched. Sources of which a count cannot be carried over are counted anew, from tables of ids alone.

use crate::splitter::part_of;
use crate::stage::{MadePart, Outcome, ROWS};
use crate::statistics::{self, WHAT};
use crate::{By, Links, Reach, SplitError, Splitter, leakage};
use mlspec_provenance::{SourceScan, Tracer};
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

    /// Whether every row comes from at most one row of the source.
    fn is_single(&self, source: &str) -> bool {
        self.reach(source).is_some_and(|reach| reach.links == reach.linked)
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

    /// The links to a source: row, source row, part.
    fn reached(&self, source: &str) -> Vec<(u64, u64, usize)> {
        let links = self.links.iter().find(|(name, _)| *name == source).map(|(_, links)| links).unwrap_or_default();
        let place = |&(at, source): &(usize, u64)| Some((*self.ids.get(at)?, source, *self.parts.get(at)?));
        let mut found: Vec<_> = links.iter().filter_map(place).collect();
        found.sort_unstable();
        found
    }

    /// Which of these rows a source has.
    fn existing(&self, store: &Store, source: &str, rows: &[u64]) -> Result<HashSet<u64>, SplitError> {
        let tables: BTreeSet<_> =
            self.scans.iter().filter(|scan| scan.dataset.as_str() == source).map(|scan| scan.artifact.digest).collect();
        let mut found = HashSet::new();
        for table in tables {
            found.extend(Table::read_rows_columns(store, &table, rows, &[])?.ids());
        }
        Ok(found)
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
    let chunk_rows = manifest(store, &input.digest)?.chunk_rows;
    for output in &base.outputs {
        if manifest(store, &output.digest)?.chunk_rows != chunk_rows {
            return Ok(None); // the parts are cut as the rows are
        }
    }
    let tracer = Tracer::new(store);
    let keeps_links = input.lineage.is_none() || tracer.keeps_links(&base.input, &input)?;
    if let By::Source(source) = &splitter.params().by
        && !(keeps_links && base.is_single(source.as_str()))
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
            Some(before) => carry_reach(store, &source, &before, &old, &new)?,
            None => None,
        };
        match carried {
            Some(carried) => drop(reach.insert(source, carried)),
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

/// What a source's rows reach now, if it follows from what they reached, and from the links that went and came.
///
/// Of a source row that is no longer there, or was not there before, all links are at hand. Of others they are where no row of
/// the source had more than one.
fn carry_reach(
    store: &Store,
    source: &str,
    before: &Reach,
    old: &Side,
    new: &Side,
) -> Result<Option<Reach>, SplitError> {
    let (was, is) = (old.reached(source), new.reached(source));
    let rows_of = |links: &[(u64, u64, usize)]| links.chunk_by(|a, b| a.0 == b.0).count() as u64;
    let mut after = before.clone();
    after.links = (after.links + is.len() as u64).saturating_sub(was.len() as u64);
    after.linked = (after.linked + rows_of(&is)).saturating_sub(rows_of(&was));
    let (went, came) = (without(&was, &is), without(&is, &was));
    let parts_of = |links: &[(u64, u64, usize)]| {
        let mut parts: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
        for &(_, source, part) in links {
            parts.entry(source).or_default().insert(part);
        }
        parts
    };
    let (went, came) = (parts_of(&went), parts_of(&came));
    let touched: Vec<u64> = went.keys().chain(came.keys()).copied().collect::<BTreeSet<_>>().into_iter().collect();
    let (were, are) = (old.existing(store, source, &touched)?, new.existing(store, source, &touched)?);
    let one_each = before.links == before.rows;
    for row in touched {
        let all_at_hand = !are.contains(&row) || !were.contains(&row) || (one_each && went.contains_key(&row));
        if !all_at_hand {
            return Ok(None);
        }
        let parts = |links: &BTreeMap<u64, BTreeSet<usize>>| links.get(&row).map_or(0, BTreeSet::len);
        let (had, has) = (parts(&went), parts(&came));
        after.rows = (after.rows + u64::from(has > 0)).saturating_sub(u64::from(had > 0));
        after.shared = (after.shared + u64::from(has > 1)).saturating_sub(u64::from(had > 1));
    }
    Ok(Some(after))
}

/// What is in the first of two sorted lists more often than in the second.
fn without<T: Copy + Ord>(list: &[T], other: &[T]) -> Vec<T> {
    let mut other = other.iter().peekable();
    let mut left = Vec::new();
    for item in list {
        while other.next_if(|other| *other < item).is_some() {}
        if other.next_if_eq(&item).is_none() {
            left.push(*item);
        }
    }
    left
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
