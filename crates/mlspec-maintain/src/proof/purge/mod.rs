//! The purge: older versions go, what is live stays, and what other pipelines hold is listed.
//!
//! A purge marks everything that is to stay, then takes away every other file of the store. So what an interrupted run or
//! purge left goes too, and a purge that was interrupted is done again from the beginning. Tombstones are written before
//! anything goes.

mod keep;
mod sweep;

use super::ProofError;
use keep::Marks;
use mlspec_record::{Digest, Id, Name, Retention, Timestamp};
use mlspec_store::Store;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a purge is asked to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PurgeRequest {
    /// The pipeline whose older versions are to go.
    pub pipeline: Name,
    /// Which of them stay.
    pub retention: Retention,
    /// Why.
    pub reason: String,
    /// The run whose erasure it is for, if it is for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Id>,
    /// By whom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// When.
    pub time: Timestamp,
}

/// What a purge did, or would do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PurgeReport {
    /// The runs whose results went.
    pub runs: Vec<Id>,
    /// The older runs whose results stay, as the retention says.
    pub kept: Vec<Id>,
    /// How many tables, matrices, models and reports went.
    pub artifacts: u64,
    /// How many files went, and their bytes together.
    pub files: u64,
    /// Their bytes together.
    pub bytes: u64,
    /// How many entries of the cache of steps went.
    pub cached: u64,
    /// What other pipelines hold, which therefore stays.
    pub held: Vec<HeldElsewhere>,
}

/// An artifact of an older version that stays, since another pipeline holds it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct HeldElsewhere {
    /// The pipeline that holds it.
    pub pipeline: Name,
    /// Whether it belongs to what is live of that pipeline, rather than to an older version of it.
    pub live: bool,
    /// What it is in the pipeline that was purged, as `step.port`.
    pub place: String,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Which older versions are to stay: what is asked for, else what the pipeline file of the live run says.
///
/// # Errors
/// When nothing is live of the pipeline, or neither says anything.
pub fn retention(store: &Store, pipeline: &Name, asked: Option<Retention>) -> Result<Retention, ProofError> {
    let live = store.live(pipeline)?.ok_or_else(|| ProofError::NothingLive(pipeline.to_string()))?;
    let said = asked.or(store.run(&live.run)?.body.file.retention);
    said.ok_or_else(|| ProofError::NoRetention(pipeline.to_string()))
}

/// Takes away the older versions of a pipeline; with `dry_run`, only tells what would go. A purge that was interrupted is
/// finished first.
///
/// # Errors
/// When nothing is live of the pipeline, a run is at work, or the store refuses. Then a later purge finishes this one.
pub fn purge(store: &Store, request: &PurgeRequest, dry_run: bool) -> Result<PurgeReport, ProofError> {
    if dry_run {
        let marks = Marks::of(store, request)?;
        return Ok(marks.report(&sweep::Doomed::of(store, &marks)?));
    }
    resume(store)?;
    let _alone = alone(store)?;
    store.put_purge(request)?;
    finish(store, request)
}

/// Finishes a purge that was interrupted, if there is one.
///
/// # Errors
/// As [`purge`].
pub fn resume(store: &Store) -> Result<Option<PurgeReport>, ProofError> {
    if store.purge_under_way::<PurgeRequest>()?.is_none() {
        return Ok(None);
    }
    let _alone = alone(store)?;
    // Another process may have finished it meanwhile.
    match store.purge_under_way::<PurgeRequest>()? {
        Some(request) => finish(store, &request).map(Some),
        None => Ok(None),
    }
}

fn finish(store: &Store, request: &PurgeRequest) -> Result<PurgeReport, ProofError> {
    let marks = Marks::of(store, request)?;
    let doomed = sweep::Doomed::of(store, &marks)?;
    let report = marks.report(&doomed);
    sweep::carry_out(store, request, &marks, &doomed)?;
    store.end_purge()?;
    Ok(report)
}

/// Held while files are taken away: no run is at work or begins, and nothing of any pipeline is changed.
struct Alone {
    _purge: mlspec_store::PurgeLock,
    _changes: Vec<mlspec_store::PipelineLock>,
}

fn alone(store: &Store) -> Result<Alone, ProofError> {
    let mut names: BTreeSet<Name> = store.live_pipelines()?.into_iter().collect();
    names.extend(store.runs()?.iter().filter_map(|run| store.run(run).ok()).map(|run| run.name));
    // First those that whoever changes a pipeline takes first, too.
    let changes = names.iter().map(|name| store.lock_to_change(name, || ())).collect::<Result<Vec<_>, _>>()?;
    let purge = store.lock_to_purge()?.ok_or_else(|| {
        let running = store.runs().unwrap_or_default().into_iter().find(|run| store.is_running(run));
        ProofError::Busy(running.map(|run| run.to_string()).unwrap_or_default())
    })?;
    Ok(Alone { _purge: purge, _changes: changes })
}
