//! How pipelines stand.

use crate::RunnerError;
use mlspec_record::object::{PipelineRun, RunState, StepRun};
use mlspec_record::{Id, Name, Object};
use mlspec_store::{Live, Store};
use serde::Serialize;
use std::collections::BTreeSet;

/// How a run stands, its process considered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Its process is at work.
    Running,
    /// It ended well.
    Completed,
    /// A step failed.
    Failed,
    /// Its user stopped it.
    Cancelled,
    /// Its process is gone without having ended it; the next run goes on from there.
    Interrupted,
}

/// How a pipeline stands.
#[derive(Clone, Debug, Serialize)]
pub struct PipelineStatus {
    /// The newest run, as recorded.
    pub run: Object<PipelineRun>,
    /// How it stands.
    pub standing: Standing,
    /// Its steps. Those of a run that has not ended are told from their records; one without is not listed.
    pub steps: Vec<StepRun>,
    /// The steps that have no record yet, where the run has not ended.
    pub open: Vec<Name>,
    /// What is live of the pipeline.
    pub live: Option<Live>,
    /// Whether a change of it is under way, or was left unfinished.
    pub pending: bool,
}

/// How a run stands: what it says itself, unless its process is gone.
pub fn standing(store: &Store, run: &Object<PipelineRun>) -> Standing {
    match run.body.state {
        RunState::Running if store.is_running(&run.id) => Standing::Running,
        RunState::Running => Standing::Interrupted,
        RunState::Completed | RunState::Skipped => Standing::Completed,
        RunState::Failed => Standing::Failed,
        RunState::Cancelled => Standing::Cancelled,
    }
}

/// The newest run of each pipeline, or of one, newest first.
///
/// # Errors
/// When the store fails, or the pipeline has no run.
pub fn status(store: &Store, pipeline: Option<&Name>) -> Result<Vec<PipelineStatus>, RunnerError> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for id in store.runs()? {
        // A run whose file cannot be read hides no other.
        let Ok(run) = store.run(&id) else { continue };
        if run.body.prediction.is_some() {
            continue;
        }
        if pipeline.is_none_or(|name| *name == run.name) && seen.insert(run.name.clone()) {
            found.push(status_of(store, run)?);
        }
        if pipeline.is_some() && !found.is_empty() {
            break;
        }
    }
    match pipeline {
        Some(name) if found.is_empty() => Err(RunnerError::Unknown {
            what: "run of the pipeline",
            name: name.to_string(),
            hint: Some("`mlspec run` makes one; `--store` names the store to look in".to_owned()),
        }),
        _ => Ok(found),
    }
}

/// How a run stands, step by step.
///
/// # Errors
/// When the store fails.
pub fn status_of(store: &Store, run: Object<PipelineRun>) -> Result<PipelineStatus, RunnerError> {
    let standing = standing(store, &run);
    let live = store.live(&run.name)?;
    let pending = store.pending_pipelines()?.contains(&run.name);
    if run.body.state != RunState::Running {
        let steps = run.body.steps.clone();
        return Ok(PipelineStatus { run, standing, steps, open: Vec::new(), live, pending });
    }
    let recorded = store.recorded_steps(&run.id)?;
    let open = run.body.file.steps.keys().filter(|step| !recorded.contains(step)).cloned().collect();
    let steps = recorded.iter().filter_map(|step| from_record(store, &run.id, step)).collect();
    Ok(PipelineStatus { run, standing, steps, open, live, pending })
}

fn from_record(store: &Store, run: &Id, step: &Name) -> Option<StepRun> {
    let record = store.record(run, step).ok()?;
    let cached = record.envelope().is_ok_and(|envelope| envelope.step.cached);
    Some(StepRun {
        step: step.clone(),
        state: RunState::Completed,
        reason: if cached { "nothing that determines it changed" } else { "its record is written" }.to_owned(),
        cache_key: None,
        record: Some(record.id().clone()),
        content: record.content_digest().ok(),
        error: None,
    })
}
