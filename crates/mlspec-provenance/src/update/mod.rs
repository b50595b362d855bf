//! A change of input tables is carried to a result that was kept: rows, lineage and reports become what a full run makes of
//! the changed tables, at a cost that grows with the change.
//!
//! Every part of a plan gives the rows of its result that differ ([`slice::Slice`]), from those of its inputs. An operator that
//! looks at each row alone is computed for these. Any other states by which keys rows look at each other
//! ([`crate::operator::Affected`]): it is computed for all rows with keys of changed rows, as they were and as they are. What
//! comes out alike is not part of the slice. The rows are looked for from the operator's input down to the scans
//! ([`crate::operator::Way`]).

mod engine;
mod keys;
mod output;
mod slice;

use crate::engine::{self as bound, Bound};
use crate::{Plan, ProvenanceError};
use engine::{Counts, Update};
use mlspec_record::{ArtifactRef, body::OperatorReport};
use mlspec_store::Store;
use mlspec_table::{ChunkOptions, Difference, difference, manifest};
use std::collections::BTreeMap;

/// A result after a change of its inputs, and what the change came to.
#[derive(Clone, Debug)]
pub struct Updated {
    /// The rows, with their lineage.
    pub artifact: ArtifactRef,
    /// What each operator does, by position.
    pub reports: Vec<OperatorReport>,
    /// How many rows of the result were taken out, and how many were put in; a row that is another counts twice.
    pub differ: u64,
    /// How many unchanged rows were computed again, over all operators, since they have keys of changed rows.
    pub pulled: u64,
}

/// A table that a plan reads, before and after a change.
pub(crate) struct Input<'a> {
    before: &'a ArtifactRef,
    after: &'a ArtifactRef,
    difference: Difference,
}

impl Plan {
    /// Carries a change of the input tables to a result that [`crate::Tracked::write`] kept: what is kept now equals, to the byte,
    /// what running the plan on the changed tables and writing that would keep. `before` is the result, `reports` what the operators
    /// did then, `inputs` every table before and after.
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
        before: &ArtifactRef,
        reports: &[OperatorReport],
        inputs: &BTreeMap<String, (ArtifactRef, ArtifactRef)>,
        options: &ChunkOptions,
    ) -> Result<Option<Updated>, ProvenanceError> {
        let (mut schemas, mut tables) = (BTreeMap::new(), BTreeMap::new());
        for (name, (before, after)) in inputs {
            let Some(difference) = difference(store, &before.digest, &after.digest)? else { return Ok(None) };
            schemas.insert(name.clone(), manifest(store, &after.digest)?.schema);
            tables.insert(name.clone(), Input { before, after, difference });
        }
        let (bound, scans) = bound::bind(self, &schemas)?;
        let Some(kept) = output::Kept::read(store, before, &bound, &scans, &tables, options)? else { return Ok(None) };
        let mut update = Update::new(store, &scans, &tables);
        let slice = update.slice(&bound)?;
        let Some(reports) = counted(&bound, reports, &update.counts) else { return Ok(None) };
        let differ = (slice.old.rows() + slice.new.rows()) as u64;
        let Some(artifact) = kept.patch(&bound, slice, &update.edges)? else { return Ok(None) };
        Ok(Some(Updated { artifact, reports, differ, pulled: update.pulled }))
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

/// The operators by order of computation.
fn collect<'a>(bound: &'a Bound, steps: &mut BTreeMap<u64, &'a bound::Step>) {
    if let bound::Work::Apply(step) = &bound.work {
        steps.insert(step.order, step);
        step.inputs.iter().for_each(|input| collect(input, steps));
    }
}
