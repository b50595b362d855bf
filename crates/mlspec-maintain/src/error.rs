//! Why a change of a pipeline's sources could not be made.

use crate::proof::ProofError;
use mlspec_ingest::IngestError;
use mlspec_provenance::{ProvenanceError, closest};
use mlspec_record::{ExitCode, Failure, Place, RecordError};
use mlspec_runner::RunnerError;
use mlspec_store::StoreError;
use mlspec_table::TableError;
use mlspec_trace::TraceError;
use std::path::PathBuf;

/// Why a change of a pipeline's sources could not be made. That the pipeline itself refuses the changed rows is no such error:
/// the report tells.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MaintainError {
    /// Nothing has this name.
    #[error("there is no {what} `{name}`")]
    Unknown {
        /// What was looked for.
        what: &'static str,
        /// The name.
        name: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// The run is not the one whose results are in use.
    #[error("the run `{run}` is not live")]
    NotLive {
        /// The run.
        run: String,
        /// The run that is live of its pipeline, if one is.
        live: Option<String>,
    },
    /// The live results changed while a change was under way.
    #[error("something else became live of `{0}` meanwhile")]
    Overtaken(String),
    /// A file that describes changes is wrong.
    #[error("the change file cannot be used: {reason}")]
    ChangeFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file that should describe a pipeline does not.
    #[error("the pipeline file cannot be read: {reason}")]
    PipelineFile {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A file of rows is not there.
    #[error("there is no such file")]
    NoFile(PathBuf),
    /// A source is to be changed in two ways that do not go together.
    #[error("`{source}` cannot be changed in several ways at once", source = .0)]
    Several(String),
    /// Lineage, rows or records cannot be read.
    #[error(transparent)]
    Trace(Box<TraceError>),
    /// A dataset version cannot be made.
    #[error(transparent)]
    Ingest(Box<IngestError>),
    /// The pipeline cannot run.
    #[error(transparent)]
    Runner(#[from] RunnerError),
    /// An erasure cannot be proved, or is not complete.
    #[error(transparent)]
    Proof(Box<ProofError>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record does not have the shape of its kind.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl From<TraceError> for MaintainError {
    fn from(error: TraceError) -> Self {
        Self::Trace(Box::new(error))
    }
}

impl From<ProvenanceError> for MaintainError {
    fn from(error: ProvenanceError) -> Self {
        TraceError::from(error).into()
    }
}

impl From<TableError> for MaintainError {
    fn from(error: TableError) -> Self {
        TraceError::from(error).into()
    }
}

impl From<IngestError> for MaintainError {
    fn from(error: IngestError) -> Self {
        Self::Ingest(Box::new(error))
    }
}

impl From<ProofError> for MaintainError {
    fn from(error: ProofError) -> Self {
        Self::Proof(Box::new(error))
    }
}

impl MaintainError {
    fn inner(&self) -> Option<&dyn Failure> {
        match self {
            Self::Trace(error) => Some(&**error),
            Self::Ingest(error) => Some(&**error),
            Self::Runner(error) => Some(error),
            Self::Proof(error) => Some(&**error),
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl Failure for MaintainError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Unknown { .. }
            | Self::NotLive { .. }
            | Self::ChangeFile { .. }
            | Self::PipelineFile { .. }
            | Self::NoFile(_)
            | Self::Several(_) => ExitCode::Usage,
            Self::Overtaken(_) | Self::Record(_) => ExitCode::Outside,
            other => other.inner().map_or(ExitCode::Bug, Failure::exit_code),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { known, .. } if known.is_empty() => None,
            Self::Unknown { name, known, .. } => Some(match closest(name, known.iter().map(String::as_str)) {
                Some(close) => format!("did you mean `{close}`?"),
                None => format!("there are {}", known.join(", ")),
            }),
            Self::NotLive { live: Some(live), .. } => Some(format!("run `{live}` is; name it, or the pipeline")),
            Self::NotLive { live: None, .. } => Some("run the pipeline first, with `mlspec run`".to_owned()),
            Self::Overtaken(_) => Some("try again: the change is then made to what is live now".to_owned()),
            Self::Several(_) => Some("make one change after the other".to_owned()),
            other => other.inner().and_then(Failure::hint),
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::ChangeFile { path, .. } | Self::PipelineFile { path, .. } | Self::NoFile(path) => {
                Place { file: Some(path.display().to_string()), ..Place::default() }
            }
            other => other.inner().map(Failure::place).unwrap_or_default(),
        }
    }
}
