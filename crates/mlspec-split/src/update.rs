//! A split goes on from the one before: rows that did not change stay where they are, so only those that did are assigned, and
//! every part is patched. Sources of which a count cannot be carried over are counted anew, from tables of ids alone.

use crate::output::{NONE, Takes};
use crate::sample::sample;
use crate::splitter::part_of;
use crate::stage::{MadePart, Outcome, ROWS};
use crate::statistics::{self, WHAT};
use crate::{Assigned, By, Links, SplitError, Splitter, leakage, update_all};
use mlspec_provenance::{Link, LinkChanges, Reach, SourceScan, Tracer};
use mlspec_record::body::{Part, Splitting};
use mlspec_record::{ArtifactKind, ArtifactRef, Seed};
use mlspec_stage::{Context, Previous, StageError};
use mlspec_store::Store;
use mlspec_table::{Difference, Table, difference, fold, manifest, patch};
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// The split before.
pub(crate) struct Base {
    pub(crate) input: ArtifactRef,
    /// In the order of the parts.
    pub(crate) outputs: Vec<ArtifactRef>,
    pub(crate) body: Splitting,
}

impl Base {
    pub(crate) fn of(splitter: &Splitter, previous: &Previous) -> Option<Self> {
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
    assigned: Assigned,
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
        let assigned = splitter.assign(&table, Some(&links), seed)?;
        Ok(Self { table, ids, links, assigned, scans })
    }

    /// The ids of the rows that an output takes.
    fn ids_in(&self, takes: &Takes) -> Vec<u64> {
        self.ids.iter().zip(&self.assigned.parts).filter(|(_, of)| takes.has(**of)).map(|(id, _)| *id).collect()
    }

    /// The links to a source.
    fn reached(&self, source: &str) -> Vec<Link> {
        let links = self.links.iter().find(|(name, _)| *name == source).map(|(_, links)| links).unwrap_or_default();
        let place = |&(at, source): &(usize, u64)| Some((*self.ids.get(at)?, source, *self.assigned.parts.get(at)?));
        links.iter().filter_map(place).collect()
    }
}

/// What the split leaves now, if it can go on from the one before: from the rows that differ, or with a look at all rows.
pub(crate) fn carry(splitter: &Splitter, cx: &Context<'_>) -> Result<Option<Outcome>, StageError> {
    let input = cx.input(ROWS, ArtifactKind::Table)?.artifact.clone();
    let Some(base) = cx.previous().and_then(|previous| Base::of(splitter, previous)) else { return Ok(None) };
    if base.input.lineage.is_some() != input.lineage.is_some() {
        return Ok(None);
    }
    let Some(found) = differing(cx.store(), &base, &input)? else { return Ok(None) };
    let go_on = if splitter.is_local() { go_on } else { update_all::go_on };
    Ok(go_on(splitter, cx.store(), cx.seed(), &base, input, &found)?)
}

/// The rows that differ, where the parts are cut as the rows are.
fn differing(store: &Store, base: &Base, input: &ArtifactRef) -> Result<Option<Difference>, SplitError> {
    let Some(found) = difference(store, &base.input.digest, &input.digest)? else { return Ok(None) };
    let options = manifest(store, &input.digest)?.options();
    for output in &base.outputs {
        if manifest(store, &output.digest)?.options() != options {
            return Ok(None);
        }
    }
    Ok(Some(found))
}

fn go_on(
    splitter: &Splitter,
    store: &Store,
    seed: Seed,
    base: &Base,
    input: ArtifactRef,
    found: &Difference,
) -> Result<Option<Outcome>, SplitError> {
    let tracer = Tracer::new(store);
    let keeps_links = input.lineage.is_none() || tracer.keeps_links(&base.input, &input)?;
    if let By::Source(source) = &splitter.params().by
        && !(keeps_links && base.reach(source.as_str()).is_some_and(|reach| reach.is_single()))
    {
        return Ok(None);
    }
    let (old, new) = sides(splitter, &tracer, (store, seed), base, &input, found)?;
    if let By::Source(source) = &splitter.params().by
        && new.links.of(source)?.windows(2).any(|pair| pair[0].0 == pair[1].0)
    {
        return Ok(None);
    }
    let takes: Vec<&Takes> = splitter.outputs().iter().map(|output| &output.takes).collect();
    let rows: Vec<u64> = takes
        .iter()
        .zip(&base.outputs)
        .map(|(takes, output)| {
            let before = output.rows.unwrap_or_default() + new.ids_in(takes).len() as u64;
            before.saturating_sub(old.ids_in(takes).len() as u64)
        })
        .collect();
    splitter.check_parts(manifest(store, &input.digest)?.rows, &rows)?;
    let schema = new.table.schema().clone();
    let changed = |at: usize| {
        let takes = takes.get(at).copied()?;
        Some((old.ids_in(takes), part_of(&new.table, &new.assigned.parts, takes)))
    };
    let parts = patched_all(splitter, store, base, seed, changed)?;
    let Some(parts) = parts else { return Ok(None) };
    // Rows that are in no part have links that count for nothing, which only all rows tell.
    let keeps_links = keeps_links && base.body.left_out.is_empty() && !new.assigned.parts.contains(&NONE);
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
        reach.extend(counted_anew(store, &tracer, &input, cells(splitter, &parts), &unknown)?);
    }
    let left_out = left_out(base, &old.assigned, &new.assigned);
    Ok(Some(Outcome { input, schema, parts, reach, left_out, cuts: new.assigned.cuts }))
}

/// Rows in no part, less those that were and more those that are.
fn left_out(base: &Base, old: &Assigned, new: &Assigned) -> BTreeMap<&'static str, u64> {
    let reasons = ["gap", "null", "other"].into_iter();
    let count = |of: &Assigned, reason| of.left_out.get(reason).copied().unwrap_or_default();
    let found = reasons.map(|reason| {
        let before = base.body.left_out.iter().find(|left| left.reason == reason).map_or(0, |left| left.rows);
        (reason, (before + count(new, reason)).saturating_sub(count(old, reason)))
    });
    found.filter(|(_, rows)| *rows > 0).collect()
}

/// The parts that are cells, by cell.
fn cells<'a>(splitter: &Splitter, parts: &'a [MadePart]) -> Vec<&'a MadePart> {
    splitter.outputs().of_cells().into_iter().filter_map(|at| parts.get(at)).collect()
}

/// The outputs, each without the rows that left it and with those that came, by its place; samples are drawn anew.
pub(crate) fn patched_all(
    splitter: &Splitter,
    store: &Store,
    base: &Base,
    seed: Seed,
    changed: impl Fn(usize) -> Option<(Vec<u64>, Result<Table, SplitError>)> + Sync,
) -> Result<Option<Vec<MadePart>>, SplitError> {
    let takes: Vec<&Takes> = splitter.outputs().iter().map(|output| &output.takes).collect();
    let made = (0..takes.len()).into_par_iter().map(|at| {
        let known = base.outputs.get(at).zip(base.body.parts.get(at));
        match (takes.get(at), known, changed(at)) {
            (Some(Takes::Sample { .. }), ..) | (None, ..) | (_, None, _) | (_, _, None) => Ok(None),
            (_, Some(known), Some((gone, new))) => patched(store, known, &gone, &new?).map(Some),
        }
    });
    let mut made: Vec<Option<MadePart>> = made.collect::<Result<_, SplitError>>()?;
    for (at, takes) in takes.iter().enumerate() {
        let Takes::Sample { of, rows } = takes else { continue };
        let Some(Some(whole)) = made.get(*of) else { return Ok(None) };
        let digest = &whole.artifact.digest;
        let ids = Table::read_columns(store, digest, &[])?.ids();
        let chosen = sample(&ids, *rows, splitter.params().seed.unwrap_or(seed));
        let options = manifest(store, digest)?.options();
        made[at] = Some(MadePart::write(store, &Table::read_rows(store, digest, &chosen)?, &options)?);
    }
    Ok(made.into_iter().collect())
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
    let old = found.old_rows(store, &base.input.digest, Some(&splitter.key_columns()))?;
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
    parts: Vec<&MadePart>,
    sources: &[String],
) -> Result<BTreeMap<String, Reach>, SplitError> {
    let mut assigned: Vec<(u64, usize)> = Vec::new();
    for (at, part) in parts.into_iter().enumerate() {
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
