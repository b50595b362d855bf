//! A change of input tables is carried to a result that was kept: rows, lineage and reports become what a full run makes of
//! the changed tables, at a cost that grows with the change.
//!
//! Every part of a plan gives the rows of its result that differ ([`slice::Slice`]), from those of its inputs. An operator that
//! looks at each row alone is computed for these. Any other states by which keys rows look at each other
//! ([`crate::operator::Affected`]): it is computed for all rows with keys of changed rows, as they were and as they are. What
//! comes out alike is not part of the slice. The rows are looked for from the operator's input down to the scans
//! ([`crate::operator::Way`]).

#[cfg(test)]
mod alone;
mod engine;
mod index;
mod keys;
mod output;
mod slice;
#[cfg(test)]
mod tests;

use crate::engine::{Bound, Found, Scan, Step, Work, bind};
use crate::flight::ids;
use crate::tracked::by_id;
use crate::{Plan, ProvenanceError};
use engine::{Counts, Update};
use index::Place;
use mlspec_record::body::{KeyIndex, OperatorReport};
use mlspec_record::{ArtifactRef, Digest};
use mlspec_store::Store;
use mlspec_table::{ChunkOptions, ROW, Table, difference, manifest, patch};
use std::collections::{BTreeMap, BTreeSet};

/// A result that is kept, with what an update of it goes on from.
#[derive(Clone, Debug, PartialEq)]
pub struct Materialized {
    /// The rows, with their lineage.
    pub artifact: ArtifactRef,
    /// What each operator did, by position.
    pub reports: Vec<OperatorReport>,
    /// Indexes of the tables that were read.
    pub indexes: Vec<KeyIndex>,
}

/// A result after a change of its inputs, and what the change came to.
#[derive(Clone, Debug)]
pub struct Updated {
    /// What is kept now.
    pub result: Materialized,
    /// How many rows of the result were taken out, and how many were put in; a row that is another counts twice.
    pub differ: u64,
    /// How many unchanged rows were computed again, over all operators, since they have keys of changed rows.
    pub pulled: u64,
}

/// A table that a plan reads, before and after a change.
pub(crate) struct Input<'a> {
    before: &'a ArtifactRef,
    after: &'a ArtifactRef,
    /// The rows that differ, before, with the columns that are read.
    old: Table,
    /// The rows that differ, after.
    new: Table,
}

impl Plan {
    /// Carries a change of the input tables to a result that [`Tracked::write`](crate::Tracked::write) kept: what is kept now equals,
    /// to the byte, what running the plan on the changed tables, writing that, and [`Plan::index`] would keep. `inputs` holds every
    /// table before and after.
    ///
    /// Gives nothing where the plan must run instead: columns are others, or the result does not come from this plan and these
    /// tables.
    ///
    /// # Errors
    /// When values do not fit, as in [`Plan::run`]; and when something is missing in the store. In any case running the plan tells
    /// whether the changed tables are at fault.
    pub fn update(
        &self,
        store: &Store,
        before: &Materialized,
        inputs: &BTreeMap<String, (ArtifactRef, ArtifactRef)>,
        options: &ChunkOptions,
    ) -> Result<Option<Updated>, ProvenanceError> {
        let (mut schemas, mut found) = (BTreeMap::new(), BTreeMap::new());
        for (name, (before, after)) in inputs {
            let Some(difference) = difference(store, &before.digest, &after.digest)? else { return Ok(None) };
            schemas.insert(name.clone(), manifest(store, &after.digest)?.schema);
            found.insert(name.as_str(), difference);
        }
        let (bound, scans) = bind(self, &schemas)?;
        let places = index::places(&bound, &scans);
        let read = read(&bound, &scans, &places);
        let mut tables = BTreeMap::new();
        for (name, (before, after)) in inputs {
            let (Some(found), Some(schema)) = (found.get(name.as_str()), schemas.get(name)) else { continue };
            let read = read.get(name.as_str());
            let columns = schema.names().filter(|column| read.is_some_and(|read| read.contains(column)));
            let columns: Vec<&str> = columns.collect();
            let old = found.old_rows(store, &before.digest, Some(&columns))?;
            let new = found.new_rows(store, &after.digest, Some(&columns))?;
            tables.insert(name.clone(), Input { before, after, old, new });
        }
        let kept = output::Kept::read(store, &before.artifact, &bound, &scans, &tables, options)?;
        let Some(kept) = kept else { return Ok(None) };
        let mut indexes = BTreeMap::new();
        for place in places {
            let digest = indexed(store, &place, &before.indexes, &tables)?;
            indexes.insert(place, digest);
        }
        let mut update = Update::new(store, &scans, &tables, &indexes);
        let slice = update.slice(&bound)?;
        let Some(mut reports) = counted(&bound, &before.reports, &update.counts) else { return Ok(None) };
        if !carry_findings(store, &bound, &mut reports, &update.findings)? {
            return Ok(None);
        }
        let differ = (slice.old.rows() + slice.new.rows()) as u64;
        let Some(artifact) = kept.patch(&bound, slice, &update.edges)? else { return Ok(None) };
        let pulled = update.pulled;
        let index = |((table, columns), digest)| KeyIndex { table, columns, digest };
        let indexes = indexes.into_iter().map(index).collect();
        Ok(Some(Updated { result: Materialized { artifact, reports, indexes }, differ, pulled }))
    }
}

/// The columns that are read of each table.
fn read<'a>(bound: &'a Bound, scans: &'a [Scan], places: &'a BTreeSet<Place>) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut read: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut open = vec![bound];
    while let Some(part) = open.pop() {
        match &part.work {
            Work::Apply(step) => open.extend(&step.inputs),
            Work::Scan(at) => {
                if let Some(scan) = scans.get(*at) {
                    read.entry(&scan.table).or_default().extend(part.columns());
                }
            }
        }
    }
    for (table, columns) in places {
        read.entry(table).or_default().extend(columns.iter().map(String::as_str));
    }
    read
}

/// The index of a table after the change: carried from the one before, or built where that cannot be.
fn indexed(
    store: &Store,
    place: &Place,
    known: &[KeyIndex],
    tables: &BTreeMap<String, Input<'_>>,
) -> Result<Digest, ProvenanceError> {
    let (table, columns) = place;
    let input = tables.get(table).ok_or_else(|| ProvenanceError::UnknownTable {
        table: table.clone(),
        known: tables.keys().cloned().collect(),
    })?;
    let known = known.iter().find(|index| index.table == *table && index.columns == *columns);
    let carried = known.and_then(|known| index::carry(store, &known.digest, input, columns).ok().flatten());
    match carried {
        Some(digest) => Ok(digest),
        None => {
            let rows = Table::read_columns(store, &input.after.digest, &index::once(columns))?;
            index::build(store, &rows, columns)
        }
    }
}

/// The reports after the change; nothing if they are not those of this plan.
fn counted(bound: &Bound, reports: &[OperatorReport], counts: &BTreeMap<u64, Counts>) -> Option<Vec<OperatorReport>> {
    let mut steps = BTreeMap::new();
    collect(bound, &mut steps);
    if steps.len() != reports.len() {
        return None;
    }
    let mut counted = reports.to_vec();
    for (report, (order, step)) in counted.iter_mut().zip(steps) {
        let same =
            report.position == step.position && report.table == step.table && report.operator == step.operator.name();
        if !same {
            return None;
        }
        let Some(Counts { old, new }) = counts.get(&order) else { continue };
        for (at, count) in [&mut report.rows_in, &mut report.rows_out, &mut report.dropped].into_iter().enumerate() {
            *count = count.checked_sub(*old.get(at)?)?.checked_add(*new.get(at)?)?;
        }
        report.reason = step.operator.reason().filter(|_| report.dropped > 0).map(str::to_owned);
    }
    Some(counted)
}

/// Carries what operators found; says whether the reports have it all.
fn carry_findings(
    store: &Store,
    bound: &Bound,
    reports: &mut [OperatorReport],
    findings: &BTreeMap<u64, (Found, Found)>,
) -> Result<bool, ProvenanceError> {
    let mut steps = BTreeMap::new();
    collect(bound, &mut steps);
    for (report, order) in reports.iter_mut().zip(steps.into_keys()) {
        let Some((was, is)) = findings.get(&order) else { continue };
        report.bounds.clone_from(&is.bounds);
        if was.tables.len() != report.tables.len() {
            return Ok(false);
        }
        for ((kept, (name, was)), (_, is)) in report.tables.iter_mut().zip(&was.tables).zip(&is.tables) {
            let (gone, new) = slice::cancel(was, is)?;
            let gone: Vec<u64> = ids(&gone, ROW)?.iter().flatten().collect();
            if kept.name != *name {
                return Ok(false);
            }
            kept.digest = patch(store, &kept.digest, &gone, &Table::new(by_id(new)?)?)?.digest;
        }
    }
    Ok(true)
}

/// The operators by order of computation.
fn collect<'a>(bound: &'a Bound, steps: &mut BTreeMap<u64, &'a Step>) {
    if let Work::Apply(step) = &bound.work {
        steps.insert(step.order, step);
        step.inputs.iter().for_each(|input| collect(input, steps));
    }
}
