//! Why new rows could not be predicted.

use mlspec_ingest::IngestError;
use mlspec_model::ModelError;
use mlspec_provenance::ProvenanceError;
use mlspec_record::{ExitCode, Failure, Place};
use mlspec_runner::RunnerError;
use mlspec_store::StoreError;
use mlspec_table::TableError;
use mlspec_trace::TraceError;

/// Why new rows could not be predicted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PredictError {
    /// The run fitted no model.
    #[error("the run {0} has no model")]
    NoModel(String),
    /// The run fitted several models.
    #[error("the run has {} models: {}", .0.len(), .0.join(", "))]
    SeveralModels(Vec<String>),
    /// The step has to do with no model.
    #[error("the step `{step}` neither fits a model nor uses one")]
    NotOfModel {
        /// The step.
        step: String,
        /// The steps that fit one.
        known: Vec<String>,
    },
    /// Steps that use the model decide by different thresholds.
    #[error("the steps that use the model decide by different thresholds: {}", .0.join(", "))]
    Thresholds(Vec<String>),
    /// Rows cannot take the way to the model.
    #[error("rows cannot take the way to the model of step `{step}`: {reason}")]
    NoWay {
        /// The step that fitted the model.
        step: String,
        /// Why not.
        reason: String,
    },
    /// The run looked at some of the rows only, or predicted rows itself.
    #[error("the run {run} {what}")]
    OtherRun {
        /// The run.
        run: String,
        /// What it is.
        what: &'static str,
    },
    /// No new rows are named.
    #[error("no new rows are named")]
    NoSource,
    /// A source is named twice.
    #[error("the source `{0}` is named twice")]
    Twice(String),
    /// Predictions don't depend on the source.
    #[error("the source `{source_name}` stands behind no prediction")]
    NotBehind {
        /// The source.
        source_name: String,
        /// Those that do.
        known: Vec<String>,
    },
    /// A file has no row.
    #[error("the new rows of `{0}` are none: the file is empty")]
    Empty(String),
    /// A column is missing that predictions depend on.
    #[error("the new rows of `{source_name}` lack the column `{column}`, and {depends} on it")]
    Missing {
        /// The source.
        source_name: String,
        /// The column.
        column: String,
        /// What depends on it, with the verb.
        depends: String,
    },
    /// The name of the file says no format, or one that is only read.
    #[error("the name `{0}` says no format that predictions can be written in")]
    Format(String),
    /// The file cannot be written.
    #[error("cannot write `{path}`: {reason}")]
    Write {
        /// The file.
        path: String,
        /// Why not.
        reason: String,
    },
    /// New rows could not be read.
    #[error(transparent)]
    Ingest(Box<IngestError>),
    /// The run failed in another way than by a step.
    #[error(transparent)]
    Runner(#[from] RunnerError),
    /// A name is unknown, or lineage cannot be followed.
    #[error(transparent)]
    Trace(Box<TraceError>),
    /// Lineage cannot be followed.
    #[error(transparent)]
    Provenance(Box<ProvenanceError>),
    /// Encoders or model cannot be read.
    #[error(transparent)]
    Model(Box<ModelError>),
    /// A table cannot be read.
    #[error(transparent)]
    Table(Box<TableError>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<IngestError> for PredictError {
    fn from(error: IngestError) -> Self {
        Self::Ingest(Box::new(error))
    }
}

impl From<TraceError> for PredictError {
    fn from(error: TraceError) -> Self {
        Self::Trace(Box::new(error))
    }
}

impl From<ProvenanceError> for PredictError {
    fn from(error: ProvenanceError) -> Self {
        Self::Provenance(Box::new(error))
    }
}

impl From<ModelError> for PredictError {
    fn from(error: ModelError) -> Self {
        Self::Model(Box::new(error))
    }
}

impl From<TableError> for PredictError {
    fn from(error: TableError) -> Self {
        Self::Table(Box::new(error))
    }
}

impl PredictError {
    /// The error of a lower crate, if it is one.
    fn inner(&self) -> Option<&dyn Failure> {
        match self {
            Self::Ingest(error) => Some(&**error),
            Self::Runner(error) => Some(error),
            Self::Trace(error) => Some(&**error),
            Self::Provenance(error) => Some(&**error),
            Self::Model(error) => Some(&**error),
            Self::Table(error) => Some(&**error),
            Self::Store(error) => Some(error),
            _ => None,
        }
    }
}

impl Failure for PredictError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Empty(_) | Self::Missing { .. } => ExitCode::Data,
            Self::Write { .. } => ExitCode::Outside,
            _ => self.inner().map_or(ExitCode::Usage, Failure::exit_code),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoModel(_) => Some("name a run of a pipeline with a step that uses train@1".to_owned()),
            Self::SeveralModels(_) => Some("name the step of one with `--model`".to_owned()),
            Self::NotOfModel { known, .. } => Some(format!("models are fitted by {}", known.join(", "))),
            Self::Thresholds(_) => Some("name the step whose threshold is meant with `--model`".to_owned()),
            Self::NoSource => Some("name a source and its file: `--source NAME=FILE`".to_owned()),
            Self::NotBehind { known, .. } => Some(format!("the sources behind predictions are {}", known.join(", "))),
            Self::Format(_) => Some("name a file that ends in csv, tsv, ndjson, json, parquet or arrow".to_owned()),
            _ => self.inner().and_then(Failure::hint),
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Missing { column, .. } => Place { table_column: Some(column.clone()), ..Place::default() },
            _ => self.inner().map(Failure::place).unwrap_or_default(),
        }
    }
}
