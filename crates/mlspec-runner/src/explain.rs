//! Why a step of a run ran, or did not.

use crate::reason::{Cause, History};
use crate::suggest::suggest;
use crate::{RunnerError, Standing, standing};
use mlspec_record::object::{PipelineRun, RunState, StepRun};
use mlspec_record::{Id, Name, Object};
use mlspec_store::Store;
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Why a step of a run ran, or did not.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    /// The run.
    pub run: Id,
    /// How the run stands.
    pub standing: Standing,
    /// The step, with the reason that was recorded.
    pub step: StepRun,
    /// Whether it was taken from the store.
    pub cached: bool,
    /// The run that made what was taken from the store.
    pub made_by: Option<Id>,
    /// What made it run, as far as its results are still known.
    pub causes: Vec<Cause>,
    /// The steps behind changed inputs and why they ran, nearest first.
    pub behind: Vec<StepRun>,
    /// What determined its result: the parts of its cache key.
    pub parts: Option<Value>,
}

/// Explains a step of a run.
///
/// # Errors
/// When the run has no such step, or has not got to it.
pub fn explain(store: &Store, run: &Object<PipelineRun>, step: &Name) -> Result<Explanation, RunnerError> {
    let status = crate::status::status_of(store, run.clone())?;
    let Some(found) = status.steps.iter().find(|found| found.step == *step) else {
        let hint = match run.body.file.steps.contains_key(step) {
            true => Some("the run did not get to it, or was not asked for it".to_owned()),
            false => suggest(step.as_str(), run.body.file.steps.keys().map(Name::as_str)),
        };
        return Err(RunnerError::Unknown { what: "step of the run", name: step.to_string(), hint });
    };
    let record = found.record.as_ref().and_then(|_| store.record(&run.id, step).ok());
    let cached = record.and_then(|record| record.envelope().ok()).is_some_and(|envelope| envelope.step.cached);
    let entry = found.cache_key.and_then(|key| store.cached(&key)).map(|(entry, _)| entry);
    let ran = !cached && matches!(found.state, RunState::Completed | RunState::Failed);
    let causes = match &entry {
        Some(entry) if ran => History::new(store, &run.name, &run.id).causes(step, &sources(run, step), &entry.parts),
        _ => Vec::new(),
    };
    let behind = behind(run, &status.steps, found);
    let made_by = entry.as_ref().filter(|_| cached).map(|entry| entry.run.clone());
    Ok(Explanation {
        run: run.id.clone(),
        standing: standing(store, run),
        step: found.clone(),
        cached,
        made_by,
        causes,
        behind,
        parts: entry.map(|entry| entry.parts),
    })
}

/// For each input port of a step, the step that it comes from.
pub(crate) fn sources(run: &Object<PipelineRun>, step: &Name) -> BTreeMap<String, String> {
    let inputs = run.body.file.steps.get(step).map(|step| &step.inputs);
    inputs.into_iter().flatten().map(|(port, from)| (port.to_string(), from.step.to_string())).collect()
}

/// The steps before one that did not come from the store, nearest first, as long as they explain something.
fn behind(run: &Object<PipelineRun>, steps: &[StepRun], of: &StepRun) -> Vec<StepRun> {
    let mut seen = BTreeSet::from([of.step.clone()]);
    let mut found: Vec<StepRun> = Vec::new();
    let mut next = vec![of.clone()];
    while let Some(step) = next.pop() {
        // Reasons name the steps that they blame.
        let blamed = steps.iter().filter(|other| step.reason.contains(&format!("step `{}`", other.step)));
        let known = |other: &&StepRun| run.body.file.steps.contains_key(&other.step);
        for other in blamed.filter(known) {
            if seen.insert(other.step.clone()) {
                found.push(other.clone());
                next.insert(0, other.clone());
            }
        }
    }
    found
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verb = match (self.step.state, self.cached) {
            (RunState::Completed, true) => "was taken from the store",
            (RunState::Completed, false) => "ran",
            (RunState::Failed, _) => "failed",
            (RunState::Cancelled, _) => "was stopped",
            (RunState::Skipped, _) => "did not run",
            (RunState::Running, _) => "runs",
        };
        write!(f, "step `{}` {verb}: {}", self.step.step, self.step.reason)?;
        if let Some(run) = &self.made_by {
            write!(f, " since run {run}")?;
        }
        for step in &self.behind {
            write!(f, "\n  step `{}`: {}", step.step, step.reason)?;
        }
        self.step.error.iter().try_for_each(|error| write!(f, "\n  error: {error}"))
    }
}
