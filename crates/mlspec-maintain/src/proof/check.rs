//! The check of an erasure: by provenance, by values, and what is known of the models.

use super::columns::Columns;
use super::documents::Elsewhere;
use super::live::{self, HeldStep};
use super::needles::{Needles, RULE};
use super::reach::Reach;
use super::values::Values;
use super::{Finding, ProofError, documents, provenance};
use crate::Erasure;
use mlspec_provenance::Tracer;
use mlspec_record::Kind;
use mlspec_record::body::Training;
use mlspec_record::erasure::{ErasureChecks, ModelCheck, ScanCheck};
use mlspec_store::Store;
use std::collections::BTreeSet;

/// What a check came to.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// Where erased rows still show; the erasure is complete if there is nothing.
    pub findings: Vec<Finding>,
    /// What was looked for, and where.
    pub checks: ErasureChecks,
}

impl Checked {
    /// Whether nothing was found.
    pub fn holds(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Checks that nothing of a run holds or derives from erased rows. The run needs not be live yet.
///
/// By provenance: every artifact of the run is followed to its dataset versions, and the erased ids are looked for in all tables
/// of row ids on the way. By values: those of the erased rows' keys are looked for in the columns that come from the keys, in
/// vocabularies, fitted state, tables of failing rows, reports, records and the index. Values that stand in rows of other sources
/// are counted, not found fault with: an erasure does not cascade.
///
/// # Errors
/// When something of the run cannot be read.
pub fn check(store: &Store, erasure: &Erasure) -> Result<Checked, ProofError> {
    let steps = live::steps(store, &erasure.run)?;
    let held: Vec<_> = steps.iter().flat_map(HeldStep::artifacts).collect();
    let (provenance, mut findings) = provenance::check(store, erasure, &steps, &held)?;
    let values = Values::of(store, erasure)?;
    let tracer = Tracer::new(store);
    let mut columns = Columns::new(store, &tracer, &values);
    for artifact in &held {
        columns.take(&artifact.place, &artifact.artifact)?;
    }
    let seen = columns.read()?;
    let needles = Needles::new(values.all());
    let sources: BTreeSet<_> = seen.remaining.iter().flat_map(|left| left.sources.iter().cloned()).collect();
    let elsewhere = Elsewhere { values: &seen.elsewhere, sources: sources.into_iter().collect() };
    // Where no value is telling enough to be looked for in text, no text is read.
    let read = match needles.is_empty() {
        true => documents::Read::default(),
        false => {
            let mut reach = Reach::new(store);
            steps.iter().try_for_each(|step| reach.follow(&step.own()))?;
            documents::read(store, &erasure.run, &reach.reached, &seen.tables, &needles, &elsewhere)?
        }
    };
    findings.extend(seen.findings);
    findings.extend(read.findings);
    findings.sort();
    findings.dedup();
    let scan = ScanCheck {
        values: values.keys.iter().map(|key| key.cells.indices().count() as u64).sum(),
        columns: seen.columns + read.columns,
        rows: seen.rows + read.rows,
        documents: read.documents,
        bytes: read.bytes,
        rule: RULE.to_owned(),
        remaining: seen.remaining.into_iter().chain(read.remaining).collect(),
    };
    Ok(Checked { findings, checks: ErasureChecks { provenance, scan, models: models(&steps)? } })
}

/// What the training records say of their models.
fn models(steps: &[HeldStep]) -> Result<Vec<ModelCheck>, ProofError> {
    let trained = steps.iter().filter(|step| step.record.kind() == Kind::Training);
    let models = trained.map(|step| {
        let Training { estimator, rows, guarantee, method, convergence, .. } =
            step.record.envelope_of::<Training>(Kind::Training)?.body;
        let ended = convergence.as_ref();
        Ok(ModelCheck {
            step: step.name.clone(),
            estimator,
            rows,
            method,
            guarantee,
            gradient_norm: ended.and_then(|ended| ended.gradient_norm),
            tolerance: ended.map(|ended| ended.tolerance),
            distance_bound: ended.and_then(|ended| ended.distance_bound),
            refit: None,
        })
    });
    models.collect()
}
