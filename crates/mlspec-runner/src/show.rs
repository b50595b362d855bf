//! Finding runs and records by what people type.

use crate::RunnerError;
use crate::status::{PipelineStatus, status_of};
use crate::suggest::suggest;
use mlspec_record::object::PipelineRun;
use mlspec_record::{Id, Name, Object, Record, Status};
use mlspec_store::{Event, Store};
use std::path::PathBuf;

/// What was asked for.
#[derive(Clone, Debug)]
pub enum Shown {
    /// A run.
    Run(Box<PipelineStatus>),
    /// A record.
    Record(Box<ShownRecord>),
}

/// A record and what happened to it since.
#[derive(Clone, Debug)]
pub struct ShownRecord {
    /// Its file.
    pub path: PathBuf,
    /// The record.
    pub record: Record,
    /// Its status now.
    pub status: Status,
    /// The changes of status, name or tags since it was written.
    pub events: Vec<Event>,
}

/// Finds what a text names: a run (id, the beginning of one, a pipeline's name for its newest run), a step's record
/// (`RUN/STEP`), or a record (id, digest, content digest).
///
/// # Errors
/// When nothing or more than one thing has this name, or the store fails.
pub fn show(store: &Store, what: &str) -> Result<Shown, RunnerError> {
    if let Some((run, step)) = what.split_once('/') {
        let run = find_run(store, run)?;
        let step = Name::new(step).map_err(|_| unknown("step", step, None))?;
        let known = store.recorded_steps(&run.id)?;
        if !known.contains(&step) {
            return Err(unknown(
                "record of a step",
                step.as_str(),
                suggest(step.as_str(), known.iter().map(Name::as_str)),
            ));
        }
        return shown(store, &run.id, &step);
    }
    match find_run(store, what) {
        Ok(run) => Ok(Shown::Run(Box::new(status_of(store, run)?))),
        Err(error) => match store.index()?.records(what)?.first() {
            Some(found) => shown(store, &found.run, &found.step),
            None => Err(error),
        },
    }
}

/// The run that a text names: an id, the beginning of one, or a pipeline's name for its newest run.
///
/// # Errors
/// When nothing or more than one run has this name, or the store fails.
pub fn find_run(store: &Store, what: &str) -> Result<Object<PipelineRun>, RunnerError> {
    let newest = Name::new(what).ok().map(|pipeline| store.latest_run(&pipeline)).transpose()?.flatten();
    if let Some(run) = newest {
        return Ok(run);
    }
    let runs = store.runs()?;
    let matching: Vec<&Id> = runs.iter().filter(|id| id.as_str().starts_with(what)).collect();
    match matching[..] {
        _ if what.is_empty() => Err(unknown("run", what, None)),
        [id] => Ok(store.run(id)?),
        [] => Err(unknown("run", what, Some("`mlspec status` lists the newest run of every pipeline".to_owned()))),
        _ => Err(unknown("single run", what, Some(format!("{} runs begin so; give more of the id", matching.len())))),
    }
}

fn unknown(what: &'static str, name: &str, hint: Option<String>) -> RunnerError {
    RunnerError::Unknown { what, name: name.to_owned(), hint }
}

fn shown(store: &Store, run: &Id, step: &Name) -> Result<Shown, RunnerError> {
    let record = store.record(run, step)?;
    let written = record.envelope().map(|envelope| envelope.status).unwrap_or_default();
    let path = store.record_path(run, step);
    let (status, events) = (store.status(record.id(), written)?, store.events(record.id())?);
    Ok(Shown::Record(Box::new(ShownRecord { path, record, status, events })))
}
