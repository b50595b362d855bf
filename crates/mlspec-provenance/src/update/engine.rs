//! The one delta rule: an operator is computed again for the rows with affected keys, before and after the change.

use super::Input;
use super::index::{self, Place};
use super::keys::Keys;
use super::slice::{Slice, cancel, stack};
use crate::engine::{Bound, Found, Run, Scan, Step, Work, apply};
use crate::flight::bug;
use crate::links::{Links, Node};
use crate::operator::{Affected, Way};
use crate::{Flight, Problem, ProvenanceError};
use mlspec_record::Digest;
use mlspec_store::Store;
use mlspec_table::{ROW, Table};
use std::collections::BTreeMap;

/// Carries a change through a bound plan.
pub(crate) struct Update<'a> {
    pub(crate) store: &'a Store,
    pub(crate) scans: &'a [Scan],
    pub(crate) inputs: &'a BTreeMap<String, Input<'a>>,
    /// Edges that differ, before and after, by node.
    pub(crate) edges: BTreeMap<usize, (Links, Links)>,
    /// By order of computation.
    pub(crate) counts: BTreeMap<u64, Counts>,
    /// What operators found that differs, before and after, by order of computation.
    pub(crate) findings: BTreeMap<u64, (Found, Found)>,
    /// How many rows were read because they have affected keys.
    pub(crate) pulled: u64,
    /// Of the tables after the change.
    indexes: &'a BTreeMap<Place, Digest>,
}

/// What an operator counted, before and after.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) old: [u64; 3],
    pub(crate) new: [u64; 3],
}

/// Some columns, and values that are looked for in them.
struct Sought<'a> {
    columns: &'a [String],
    keys: &'a Keys,
}

impl<'a> Update<'a> {
    pub(crate) fn new(
        store: &'a Store,
        scans: &'a [Scan],
        inputs: &'a BTreeMap<String, Input<'a>>,
        indexes: &'a BTreeMap<Place, Digest>,
    ) -> Self {
        Self {
            store,
            scans,
            inputs,
            indexes,
            edges: BTreeMap::new(),
            counts: BTreeMap::new(),
            findings: BTreeMap::new(),
            pulled: 0,
        }
    }

    fn input(&self, scan: usize) -> Result<&'a Input<'a>, ProvenanceError> {
        let table = self.scans.get(scan).map(|scan| scan.table.as_str()).unwrap_or_default();
        self.inputs.get(table).ok_or_else(|| ProvenanceError::UnknownTable {
            table: table.to_owned(),
            known: self.inputs.keys().cloned().collect(),
        })
    }

    /// The rows of a part's result that differ.
    pub(crate) fn slice(&mut self, bound: &Bound) -> Result<Slice, ProvenanceError> {
        match &bound.work {
            Work::Scan(at) => self.scan(*at, bound),
            Work::Apply(step) => {
                let slices: Vec<_> = step.inputs.iter().map(|input| self.slice(input)).collect::<Result<_, _>>()?;
                match slices.iter().all(Slice::is_empty) {
                    true => Ok(Slice::none(bound)?),
                    false => self.step(bound, step, slices),
                }
            }
        }
    }

    fn scan(&mut self, at: usize, bound: &Bound) -> Result<Slice, ProvenanceError> {
        let Input { old, new, .. } = self.input(at)?;
        let names = || std::iter::once(ROW).chain(bound.columns());
        let rows = |of: &Table| Ok::<_, Problem>(bound.empty()?.with(of.frame().select(names()).map_err(bug)?));
        Ok(Slice::between(rows(old)?, rows(new)?)?)
    }

    fn step(&mut self, bound: &Bound, step: &Step, slices: Vec<Slice>) -> Result<Slice, ProvenanceError> {
        let unchanged = self.unchanged(step, &slices)?;
        let (mut was, mut is) = (Vec::new(), Vec::new());
        let mut counts = Counts::default();
        for (slice, unchanged) in slices.into_iter().zip(unchanged) {
            counts.old[0] += slice.old.rows() as u64;
            counts.new[0] += slice.new.rows() as u64;
            was.push(with(slice.old, unchanged.clone())?);
            is.push(with(slice.new, unchanged)?);
        }
        let (old, mut before) = compute(bound, step, was)?;
        (counts.old[1], counts.old[2]) = (old.rows() as u64, before.lost);
        let (new, mut after) = compute(bound, step, is)?;
        (counts.new[1], counts.new[2]) = (new.rows() as u64, after.lost);
        self.counts.entry(step.order).or_insert(counts);
        self.findings
            .entry(step.order)
            .or_insert((std::mem::take(&mut before.found), std::mem::take(&mut after.found)));
        for (at, (old, new)) in before.nodes.into_iter().zip(after.nodes).enumerate() {
            if let (Node::Edges(old), Node::Edges(new)) = (old, new) {
                let (was, is) = cancel(&old.frame, &new.frame)?;
                let edges = (Links { frame: was, ..old }, Links { frame: is, ..new });
                self.edges.insert(bound.node + at, edges);
            }
        }
        Ok(Slice::between(old, new)?)
    }

    /// Of every input the unchanged rows with keys that the change affects; nothing where rows don't look at each other.
    fn unchanged(&mut self, step: &Step, slices: &[Slice]) -> Result<Vec<Option<Flight>>, ProvenanceError> {
        let (columns, nulls) = match step.operator.affected(&step.shapes()) {
            Affected::EachRow => return Ok(vec![None; slices.len()]),
            Affected::Keys { columns, nulls } => (columns, nulls),
            Affected::Pairs => return self.whole(step, slices, |at| others_differ(slices, at)),
            Affected::All => return self.whole(step, slices, |_| true),
        };
        let changed = slices
            .iter()
            .zip(&columns)
            .flat_map(|(slice, columns)| [&slice.old, &slice.new].map(|flight| (&flight.frame, columns.as_slice())));
        let keys = Keys::of(changed, nulls)?;
        let mut unchanged = Vec::new();
        for ((input, slice), columns) in step.inputs.iter().zip(slices).zip(&columns) {
            let found = self.pull(input, Some(Sought { columns, keys: &keys }))?;
            self.pulled += found.rows() as u64;
            unchanged.push(Some(slice.unchanged(found)?));
        }
        Ok(unchanged)
    }

    /// All unchanged rows of the inputs that are needed.
    fn whole(
        &mut self,
        step: &Step,
        slices: &[Slice],
        needed: impl Fn(usize) -> bool,
    ) -> Result<Vec<Option<Flight>>, ProvenanceError> {
        let mut unchanged = Vec::new();
        for (at, (input, slice)) in step.inputs.iter().zip(slices).enumerate() {
            if !needed(at) {
                unchanged.push(None);
                continue;
            }
            let found = slice.unchanged(self.pull(input, None)?)?;
            self.pulled += found.rows() as u64;
            unchanged.push(Some(found));
        }
        Ok(unchanged)
    }

    /// The rows of a part's result after the change; only those that are sought.
    fn pull(&mut self, bound: &Bound, sought: Option<Sought<'_>>) -> Result<Flight, ProvenanceError> {
        if sought.as_ref().is_some_and(|sought| sought.keys.is_empty()) {
            return Ok(bound.empty()?);
        }
        match &bound.work {
            Work::Scan(at) => self.pull_scan(*at, bound, sought),
            Work::Apply(step) => {
                let inputs = self.pull_inputs(step, sought.as_ref())?;
                let (flight, _) = compute(bound, step, inputs)?;
                match sought {
                    None => Ok(flight),
                    Some(sought) => {
                        let frame = sought.keys.rows(&flight.frame, sought.columns)?;
                        Ok(flight.with(frame))
                    }
                }
            }
        }
    }

    fn pull_inputs(&mut self, step: &Step, sought: Option<&Sought<'_>>) -> Result<Vec<Flight>, ProvenanceError> {
        let shapes = step.shapes();
        let ways = match sought {
            None => step.inputs.iter().map(|_| Way::Whole).collect(),
            Some(sought) => step.operator.ways(sought.columns, &shapes),
        };
        let mut flights: Vec<Option<Flight>> = Vec::new();
        for (input, way) in step.inputs.iter().zip(&ways) {
            flights.push(match (way, sought) {
                (Way::Partners, _) => None,
                (Way::Columns(found), Some(sought)) => {
                    let keys = sought.keys.only(found.iter().map(|(at, _)| *at))?;
                    let columns: Vec<String> = found.iter().map(|(_, column)| column.clone()).collect();
                    Some(self.pull(input, Some(Sought { columns: &columns, keys: &keys }))?)
                }
                _ => Some(self.pull(input, None)?),
            });
        }
        if let Affected::Keys { columns, nulls } = step.operator.affected(&shapes) {
            let found = flights
                .iter()
                .zip(&columns)
                .filter_map(|(flight, columns)| Some((&flight.as_ref()?.frame, columns.as_slice())));
            let keys = Keys::of(found, nulls)?;
            for (at, input) in step.inputs.iter().enumerate() {
                if let (Some(slot @ None), Some(columns)) = (flights.get_mut(at), columns.get(at)) {
                    *slot = Some(self.pull(input, Some(Sought { columns, keys: &keys }))?);
                }
            }
        }
        Ok(flights.into_iter().flatten().collect())
    }

    fn pull_scan(&mut self, at: usize, bound: &Bound, sought: Option<Sought<'_>>) -> Result<Flight, ProvenanceError> {
        let digest = &self.input(at)?.after.digest;
        let columns = bound.columns();
        let Some(Sought { columns: own, keys }) = sought else {
            return Ok(bound.empty()?.with(Table::read_columns(self.store, digest, &columns)?.into_frame()));
        };
        let table = self.scans.get(at).map(|scan| scan.table.clone()).unwrap_or_default();
        let frame = match self.indexes.get(&(table, own.to_vec())) {
            Some(index) => {
                let ids = index::look_up(self.store, index, keys)?;
                keys.rows(Table::read_rows_columns(self.store, digest, &ids, &columns)?.frame(), own)?
            }
            None => keys.rows(Table::read_columns(self.store, digest, &columns)?.frame(), own)?,
        };
        Ok(bound.empty()?.with(frame))
    }
}

/// Whether an input besides this one has rows that differ.
fn others_differ(slices: &[Slice], at: usize) -> bool {
    slices.iter().enumerate().any(|(other, slice)| other != at && !slice.is_empty())
}

fn with(some: Flight, more: Option<Flight>) -> Result<Flight, Problem> {
    match more {
        None => Ok(some),
        Some(more) => stack(some, more),
    }
}

/// Computes one operator; the run has the nodes that it made, how many rows it lost, and what it found.
fn compute(bound: &Bound, step: &Step, inputs: Vec<Flight>) -> Result<(Flight, Run), ProvenanceError> {
    // Whatever was made before has its number, and nobody looks at it here.
    let mut run = Run { nodes: vec![Node::Scan(0); bound.node], ..Run::default() };
    let flight = apply(bound, step, &mut run, inputs)?;
    run.nodes = run.nodes.split_off(bound.node);
    Ok((flight, run))
}
