//! Where the store is, and which run is meant.

use crate::args::Common;
use crate::fault::{Fault, Misuse};
use crate::world::variable;
use mlspec_record::Id;
use mlspec_record::object::{PipelineRun, RunState};
use mlspec_store::Store;
use mlspec_trace::View;
use std::path::{Path, PathBuf};

/// The folder of a store inside another folder.
const STORE: &str = ".mlspec";

/// Which run a question is about.
#[derive(Clone, Debug, Default, clap::Args)]
pub(crate) struct WhichRun {
    /// The run: its id or the beginning of it [default: the latest that has the step]
    #[arg(long, value_name = "RUN")]
    pub(crate) run: Option<String>,
    /// Only runs of this pipeline
    #[arg(long, value_name = "NAME")]
    pub(crate) pipeline: Option<String>,
}

fn named(common: &Common) -> Option<PathBuf> {
    let named = common.store.clone().or_else(|| variable("MLSPEC_STORE").map(PathBuf::from))?;
    Some(inside(&named).unwrap_or(named))
}

/// The store in this folder, or the one that the folder is.
fn inside(folder: &Path) -> Option<PathBuf> {
    [folder.to_owned(), folder.join(STORE)].into_iter().find(|path| path.join("store.json").is_file())
}

/// The store for runs of a pipeline file; made where there is none.
pub(crate) fn store_for(pipeline: &Path, common: &Common) -> Result<Store, Fault> {
    let beside = || {
        let folder = pipeline.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder.unwrap_or(Path::new(".")).join(STORE)
    };
    Ok(Store::open(named(common).unwrap_or_else(beside))?)
}

/// The store with runs of a pipeline file, which must be there.
pub(crate) fn store_of(pipeline: &Path, common: &Common) -> Result<Store, Fault> {
    let beside =
        pipeline.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new(".")).join(STORE);
    match named(common).is_none() && beside.join("store.json").is_file() {
        true => Ok(Store::open(beside)?),
        false => store(common),
    }
}

/// The store that questions are asked to, which must be there.
pub(crate) fn store(common: &Common) -> Result<Store, Fault> {
    let found = match named(common) {
        Some(folder) => {
            inside(&folder).ok_or_else(|| Misuse::new(format!("there is no store in `{}`", folder.display())))?
        }
        None => {
            let here = std::env::current_dir().map_err(|error| Misuse::file(Path::new("."), &error))?;
            here.ancestors().find_map(inside).ok_or_else(|| {
                let hint =
                    "name one with `--store`, or run a pipeline first: its store is the folder `.mlspec` beside it";
                Misuse::new("there is no store in this folder or above it").hint(hint)
            })?
        }
    };
    Ok(Store::open(found)?)
}

/// The run that is meant: the one named, else the latest that has a record of the step (of any step, if none is named).
pub(crate) fn run(store: &Store, which: &WhichRun, step: Option<&str>) -> Result<Id, Fault> {
    if let Some(name) = &which.run {
        return Ok(mlspec_runner::find_run(store, name).map_err(Fault::runner)?.id);
    }
    let runs = store.runs()?;
    let of = |id: &&Id, has: &dyn Fn(&PipelineRun) -> bool| {
        let Ok(run) = store.run(id) else { return false };
        let named = which.pipeline.as_deref().is_none_or(|pipeline| run.body.file.pipeline.as_str() == pipeline);
        named && run.body.state != RunState::Running && has(&run.body)
    };
    let has = |step: &str, run: &PipelineRun| {
        run.steps.iter().any(|other| other.step.as_str() == step && other.record.is_some())
    };
    // Predictions of new rows are runs too, and meant only where no other run is.
    let version =
        step.and_then(|step| runs.iter().find(|id| of(id, &|run| run.prediction.is_none() && has(step, run))));
    let with_step = version.or_else(|| step.and_then(|step| runs.iter().find(|id| of(id, &|run| has(step, run)))));
    // Where no run has the step, the latest one tells what there is instead.
    let latest = with_step.or_else(|| runs.iter().find(|id| of(id, &|run| run.prediction.is_none())));
    latest.cloned().ok_or_else(|| match &which.pipeline {
        Some(pipeline) => Misuse::new(format!("the store has no run of a pipeline `{pipeline}`")).into(),
        None => Misuse::new("the store has no run that ended").hint("run a pipeline with `mlspec run`").into(),
    })
}

/// The run that a text names: an id, the beginning of one, a pipeline for its newest run, or `PIPELINE@live` for the one in use.
pub(crate) fn named_run(store: &Store, text: &str) -> Result<Id, Fault> {
    let Some(pipeline) = text.strip_suffix("@live") else {
        return Ok(mlspec_runner::find_run(store, text).map_err(Fault::runner)?.id);
    };
    let live = mlspec_record::Name::new(pipeline).ok().map(|name| store.live(&name)).transpose()?.flatten();
    live.map(|live| live.run).ok_or_else(|| {
        let known: Vec<String> =
            store.live_pipelines().unwrap_or_default().iter().map(|name| format!("`{name}@live`")).collect();
        let error = Misuse::new(format!("nothing is live of a pipeline `{pipeline}`"));
        if known.is_empty() { error.into() } else { error.hint(format!("there is {}", known.join(", "))).into() }
    })
}

/// The run that is meant, with its records.
pub(crate) fn view(common: &Common, which: &WhichRun, step: Option<&str>) -> Result<View, Fault> {
    let store = store(common)?;
    let run = run(&store, which, step)?;
    Ok(View::open(&store, &run)?)
}

/// The run that has a record, and the record's step: by the record's id or digest, or by the step's name.
pub(crate) fn view_of_record(common: &Common, which: &WhichRun, name: &str) -> Result<(View, String), Fault> {
    let store = store(common)?;
    let found = if which.run.is_none() { store.index()?.records(name)?.into_iter().next() } else { None };
    let (run, step) = match found {
        Some(record) => (record.run, record.step.to_string()),
        None => (run(&store, which, Some(name))?, name.to_owned()),
    };
    Ok((View::open(&store, &run)?, step))
}
