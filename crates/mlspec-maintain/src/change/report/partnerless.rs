//! Rows of other sources that led to something before, and lead to nothing now: they are not erased with their partners, and
//! whoever asks what a change would do is told of them.

use super::super::base::Base;
use super::super::revise::Revised;
use crate::MaintainError;
use mlspec_provenance::{ProvenanceError, Tracer};
use mlspec_record::{ArtifactKind, ArtifactRef, Name};
use mlspec_runner::RunReport;
use mlspec_store::Store;
use mlspec_table::difference;
use mlspec_trace::RowId;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Rows of a source that are left without partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Partnerless {
    /// The dataset.
    pub dataset: Name,
    /// How many rows.
    pub rows: u64,
    /// Their ids.
    pub ids: Vec<RowId>,
}

/// A table that comes from changed and unchanged sources, before and after.
struct Joined {
    before: ArtifactRef,
    after: ArtifactRef,
}

/// Looks, in tables that come from several sources, for rows that are gone, for what of other sources is behind them, and whether
/// that leads anywhere now.
pub(super) fn find(
    store: &Store,
    base: &Base,
    revised: &[Revised],
    run: &RunReport,
) -> Result<Vec<Partnerless>, MaintainError> {
    let tracer = Tracer::new(store);
    let changed: BTreeSet<&Name> = revised.iter().map(|source| &source.body.dataset).collect();
    let joined = joined(&tracer, base, &changed, run)?;
    let mut candidates: BTreeMap<Name, (ArtifactRef, BTreeSet<u64>)> = BTreeMap::new();
    for Joined { before, after } in &joined {
        let Some(found) = difference(store, &before.digest, &after.digest)? else { continue };
        for (scan, rows) in tracer.backward(before, &found.removed)? {
            if !changed.contains(&scan.dataset) {
                candidates.entry(scan.dataset).or_insert((scan.artifact, BTreeSet::new())).1.extend(rows);
            }
        }
    }
    let mut left = Vec::new();
    for (dataset, (source, mut rows)) in candidates {
        for Joined { after, .. } in &joined {
            rows = unreached(&tracer, &source, rows, after)?;
        }
        if !rows.is_empty() {
            left.push(Partnerless { dataset, rows: rows.len() as u64, ids: rows.into_iter().map(RowId).collect() });
        }
    }
    Ok(left)
}

fn joined(
    tracer: &Tracer<'_>,
    base: &Base,
    changed: &BTreeSet<&Name>,
    run: &RunReport,
) -> Result<Vec<Joined>, MaintainError> {
    let mut joined = Vec::new();
    for step in run.steps.iter().filter(|step| !step.cached) {
        let Ok(then) = base.view.step(step.step.as_str()) else { continue };
        for output in step.outputs.iter().filter(|output| output.artifact.kind == ArtifactKind::Table) {
            let before = then.outputs.iter().find(|then| then.port == output.port);
            let Some(before) = before.filter(|before| before.artifact.lineage.is_some()) else { continue };
            let scans = match tracer.sources(&before.artifact) {
                Err(ProvenanceError::NoLineage(_)) => continue,
                scans => scans?,
            };
            let (ours, others): (Vec<_>, Vec<_>) = scans.iter().partition(|scan| changed.contains(&scan.dataset));
            if !ours.is_empty() && !others.is_empty() && before.artifact != output.artifact {
                joined.push(Joined { before: before.artifact.clone(), after: output.artifact.clone() });
            }
        }
    }
    Ok(joined)
}

/// Those of the rows that nothing of a table comes from.
fn unreached(
    tracer: &Tracer<'_>,
    source: &ArtifactRef,
    rows: BTreeSet<u64>,
    to: &ArtifactRef,
) -> Result<BTreeSet<u64>, MaintainError> {
    if rows.is_empty() {
        return Ok(rows);
    }
    let all: Vec<u64> = rows.iter().copied().collect();
    let reached = match tracer.forward(source, &all, to) {
        Err(ProvenanceError::Unrelated { .. } | ProvenanceError::NoLineage(_)) => return Ok(rows),
        reached => reached?,
    };
    let mut behind = BTreeSet::new();
    for (scan, rows) in tracer.backward(to, &reached)? {
        if scan.artifact.digest == source.digest {
            behind.extend(rows);
        }
    }
    Ok(rows.difference(&behind).copied().collect())
}
