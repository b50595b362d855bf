//! The run that a change is made to.

use super::{Request, Select};
use crate::MaintainError;
use mlspec_record::object::{ChangeKind, PipelineRun, RunState};
use mlspec_record::{Name, Object};
use mlspec_runner::find_run;
use mlspec_schema::{SourceFormat, read_documents};
use mlspec_store::Store;
use mlspec_trace::View;
use std::path::Path;

/// The run that a change is made to, with its records.
pub(crate) struct Base {
    pub(crate) view: View,
}

impl Base {
    /// The run that is live of the pipeline; to ask what would be if, any run that is complete.
    pub(crate) fn open(store: &Store, pipeline: &Name, request: &Request) -> Result<Self, MaintainError> {
        let live = store.live(pipeline)?.map(|live| live.run);
        let named = match &request.of {
            Select::Named(text) if text != pipeline.as_str() => Some(find_run(store, text)?),
            _ => None,
        };
        let not_live =
            |run: &str| MaintainError::NotLive { run: run.to_owned(), live: live.as_ref().map(ToString::to_string) };
        let run = match (named, &live) {
            (Some(run), Some(live)) if run.id == *live => run.id,
            (Some(run), _) if request.change == ChangeKind::Whatif && is_whole(&run.body) => run.id,
            (Some(run), _) => return Err(not_live(run.id.as_str())),
            (None, Some(live)) => live.clone(),
            (None, None) => {
                let known = store.live_pipelines()?.iter().map(ToString::to_string).collect();
                return Err(MaintainError::Unknown { what: "live pipeline", name: pipeline.to_string(), known });
            }
        };
        Ok(Self { view: View::open(store, &run)? })
    }

    /// The run.
    pub(crate) fn run(&self) -> &Object<PipelineRun> {
        self.view.run()
    }

    /// The pipeline.
    pub(crate) fn pipeline(&self) -> &Name {
        &self.view.run().name
    }
}

fn is_whole(run: &PipelineRun) -> bool {
    run.state == RunState::Completed && run.to.is_none() && run.sample.is_none()
}

/// The name of the pipeline that is meant.
pub(crate) fn pipeline_of(store: &Store, of: &Select) -> Result<Name, MaintainError> {
    match of {
        Select::File(path) => name_in(path),
        Select::Named(text) => {
            let live = store.live_pipelines()?;
            match live.iter().find(|name| name.as_str() == text) {
                Some(name) => Ok(name.clone()),
                None => find_run(store, text).map(|run| run.name).map_err(|_| MaintainError::Unknown {
                    what: "live pipeline or run",
                    name: text.clone(),
                    known: live.iter().map(ToString::to_string).collect(),
                }),
            }
        }
    }
}

/// The name of the pipeline that a file describes.
fn name_in(path: &Path) -> Result<Name, MaintainError> {
    let wrong = |reason: String| MaintainError::PipelineFile { path: path.to_owned(), reason };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    let format = SourceFormat::of(path).unwrap_or_else(|| SourceFormat::guess(&text));
    let documents = read_documents(&text, format).map_err(|error| wrong(error.message))?;
    let name = documents.first().and_then(|document| document.get("pipeline")?.as_str());
    let name = name.ok_or_else(|| wrong("it names no pipeline".to_owned()))?;
    Name::new(name).map_err(|error| wrong(error.to_string()))
}
