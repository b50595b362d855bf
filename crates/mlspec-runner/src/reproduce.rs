//! A run once more, from its record alone, in a fresh store; then step by step the same contents or not.

use crate::{
    CheckOptions, Given, Observer, Pipeline, RunOptions, RunReport, RunnerError, Secret, StepReport, Surroundings,
};
use mlspec_record::body::Ingestion;
use mlspec_record::object::{PipelineRun, StepRun};
use mlspec_record::{Digest, ExitCode, Id, Kind, Name, Object, Record};
use mlspec_stage::Registry;
use mlspec_store::{Store, StoreError};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// How a repetition compares.
#[derive(Clone, Debug)]
pub struct Reproduction {
    /// The run that was repeated.
    pub run: Id,
    /// The repetition.
    pub report: RunReport,
    /// Step by step, in an order in which they can run.
    pub steps: Vec<Compared>,
    /// Done when everything is the same; the check said no otherwise.
    pub exit_code: ExitCode,
}

/// A step of both runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Compared {
    /// The step.
    pub step: Name,
    /// The content digest of its record then.
    pub before: Option<Digest>,
    /// The content digest of its record now.
    pub now: Option<Digest>,
    /// Whether they must be the same; not so behind a step that was updated within a tolerance, as its record states.
    pub exact: bool,
    /// Whether they are the same, and it ended the same way; where they need not be the same, whether it ended the same way.
    pub same: bool,
    /// The members of the record that differ, such as `outputs`.
    pub differs: Vec<String>,
}

impl Reproduction {
    /// The first step that differs.
    pub fn first_difference(&self) -> Option<&Compared> {
        self.steps.iter().find(|step| !step.same)
    }
}

/// Runs a run again from its record (file, parameters, folder) in a fresh store and compares content digests. Where the run
/// made a later version of a dataset, the fresh store starts with the version before it. A run that carried a change through its
/// pipeline is compared with a run of everything from the dataset versions that it started from. Where the run left out rows that
/// had been erased, the fresh store has the list of them, which takes the secret that it was made with.
///
/// # Errors
/// When the run is not complete enough to be repeated, its pipeline no longer passes the checks, or a store fails.
pub fn reproduce(
    store: &Store,
    run: &Object<PipelineRun>,
    registry: &Registry,
    around: &Surroundings<'_>,
    secret: Option<Secret>,
    observer: &dyn Observer,
) -> Result<Reproduction, RunnerError> {
    let body = &run.body;
    if body.steps.is_empty() {
        return Err(RunnerError::Unknown {
            what: "result of the run",
            name: run.id.to_string(),
            hint: Some("it did not end; run the pipeline again and reproduce that run".to_owned()),
        });
    }
    let folder = fresh_folder(store)?;
    let fresh = Store::open(folder.path())?;
    let records: Vec<Record> = body.steps.iter().filter_map(|step| store.record(&run.id, &step.step).ok()).collect();
    for record in records.iter().filter(|_| body.update.is_none()) {
        seed(store, &fresh, record)?;
    }
    let pipeline = Pipeline::of(body.file.clone(), PathBuf::from(&body.folder), body.parameters.clone())?;
    let given = given(store, &fresh, run)?;
    let planned = given.iter().map(|(step, given)| Ok((step.clone(), given.schemas(&fresh)?)));
    let planned = planned.collect::<Result<_, StoreError>>()?;
    let options = CheckOptions {
        to: body.to.clone(),
        sample: body.sample,
        given: planned,
        secret,
        environment: around.variables.clone(),
    };
    let checked = pipeline.check(registry, &fresh, &options)?;
    let options = RunOptions { parent: Some(run.id.clone()), given, ..RunOptions::default() };
    let report = checked.run(&fresh, around, &options, observer)?;
    let loose = loose(store, run);
    let compared = |now: &StepReport| {
        let then = body.steps.iter().find(|then| then.step == now.step);
        let compared = compare(now, then, store, run, &fresh, &report);
        match loose.contains(&now.step) {
            true => Compared { exact: false, same: then.is_some_and(|then| then.state == now.state), ..compared },
            false => compared,
        }
    };
    let steps: Vec<Compared> = report.steps.iter().map(compared).collect();
    let exit_code = if steps.iter().all(|step| step.same) { ExitCode::Done } else { ExitCode::Refused };
    Ok(Reproduction { run: run.id.clone(), report, steps, exit_code })
}

/// In the store's own folder for temporary files: on its file system, and removed even if this process is killed.
fn fresh_folder(store: &Store) -> Result<tempfile::TempDir, RunnerError> {
    let tmp = store.writing_folder();
    let made =
        std::fs::create_dir_all(&tmp).and_then(|()| tempfile::Builder::new().prefix("reproduce-").tempdir_in(&tmp));
    made.map_err(|error| StoreError::io(&tmp, error).into())
}

/// What an update run was given, with its files in the fresh store.
fn given(store: &Store, fresh: &Store, run: &Object<PipelineRun>) -> Result<BTreeMap<Name, Given>, RunnerError> {
    let mut given = BTreeMap::new();
    // A step that was given has a record, and no key to look for results by.
    let steps = run.body.steps.iter().filter(|step| step.cache_key.is_none() && step.record.is_some());
    for step in steps.filter(|_| run.body.update.is_some()) {
        let envelope = store.record(&run.id, &step.step)?.envelope().map_err(StoreError::from)?;
        for file in store.files_of(envelope.outputs.iter().map(|output| &output.artifact))? {
            store.copy_file(&file, fresh)?;
        }
        let (outputs, body, reason) = (envelope.outputs, envelope.body, step.reason.clone());
        given.insert(step.step.clone(), Given { outputs, body, reason, ..Given::default() });
    }
    Ok(given)
}

/// The steps whose contents may differ from those of a full run: those updated within a tolerance, and those after them.
fn loose(store: &Store, run: &Object<PipelineRun>) -> BTreeSet<Name> {
    let mut loose = BTreeSet::new();
    for step in &run.body.steps {
        let record = store.record(&run.id, &step.step).and_then(|record| Ok(record.envelope()?));
        let inexact = record.is_ok_and(|record| record.step.inexact);
        let file = run.body.file.steps.get(&step.step);
        let after = file.is_some_and(|file| file.inputs.values().any(|from| loose.contains(&from.step)));
        if inexact || after {
            loose.insert(step.step.clone());
        }
    }
    loose
}

/// Puts the dataset version that this record's step began with into the fresh store: the one before the version that it made; or
/// the very version, where it was edited and the step left it as it was, with the document that says so. The list of erased rows comes
/// along where rows were left out.
fn seed(store: &Store, fresh: &Store, record: &Record) -> Result<(), RunnerError> {
    let Ok(envelope) = record.envelope_of::<Ingestion>(Kind::Ingestion) else { return Ok(()) };
    let Ingestion { dataset, revision, next_row, suppressed, .. } = &envelope.body;
    if *suppressed > 0
        && let Some((list, _)) = store.suppressed::<serde_json::Value>(dataset)?
    {
        fresh.change_suppressed(dataset, |_| Ok::<_, StoreError>(list))?;
    }
    let tables: BTreeSet<Digest> = envelope.outputs.iter().map(|output| output.artifact.digest).collect();
    for number in store.dataset_versions(dataset)? {
        let version = store.dataset_version(dataset, number)?;
        if !tables.contains(&version.body.table.digest) || version.body.next_row != *next_row {
            continue;
        }
        let version = match revision {
            Some(_) => version,
            None if number > 1 => store.dataset_version(dataset, number - 1)?,
            None => break,
        };
        for file in store.files_of([&version.body.table])? {
            store.copy_file(&file, fresh)?;
        }
        if revision.is_some() {
            fresh.put_object(&store.object(&version.body.record)?)?;
        }
        return Ok(fresh.put_dataset_version(&version)?);
    }
    Ok(())
}

fn compare(
    now: &StepReport,
    then: Option<&StepRun>,
    store: &Store,
    run: &Object<PipelineRun>,
    fresh: &Store,
    report: &RunReport,
) -> Compared {
    let before = then.and_then(|then| then.content);
    let same = before == now.content && then.is_some_and(|then| then.state == now.state);
    let differs = match (store.record(&run.id, &now.step), fresh.record(&report.run.id, &now.step)) {
        (Ok(then), Ok(now)) if !same => members(&then, &now),
        _ => Vec::new(),
    };
    Compared { step: now.step.clone(), before, now: now.content, exact: true, same, differs }
}

/// The members of the contents that differ.
fn members(then: &Record, now: &Record) -> Vec<String> {
    let (then, now) = (then.content(), now.content());
    let keys: BTreeSet<&String> = then.keys().chain(now.keys()).collect();
    keys.into_iter().filter(|key| then.get(*key) != now.get(*key)).cloned().collect()
}
