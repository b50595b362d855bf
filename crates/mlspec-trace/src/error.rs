//! Why a question has no answer.

use mlspec_model::ModelError;
use mlspec_provenance::{ProvenanceError, closest};
use mlspec_record::{ArtifactKind, ExitCode, Failure, Place, RecordError};
use mlspec_store::StoreError;
use mlspec_table::TableError;

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// What is asked about is not written as it should be.
    #[error("`{0}` names nothing that can be asked about")]
    Target(String),
    /// Nothing has this name.
    #[error("there is no {what} `{name}`{within}")]
    Unknown {
        /// What kind of thing, such as `step`.
        what: &'static str,
        /// The name asked for.
        name: String,
        /// Where it was looked for, as ` in …`, or nothing.
        within: String,
        /// The names there are.
        known: Vec<String>,
    },
    /// The run has no record of the step.
    #[error("the run has no record of step `{step}`: {reason}")]
    NotRun {
        /// The step.
        step: String,
        /// Why it did not run.
        reason: String,
    },
    /// No row is as asked.
    #[error("no row of `{0}` is as asked")]
    NoRow(String),
    /// Keys or ids that name no row.
    #[error("{missing} of {asked} {what} name no row of `{of}`")]
    NoSuchRow {
        /// The dataset.
        of: String,
        /// What was given: keys or row ids.
        what: &'static str,
        /// How many name no row.
        missing: usize,
        /// How many were given.
        asked: usize,
    },
    /// The dataset's rows have no key.
    #[error("the rows of `{0}` have no key")]
    NoKey(String),
    /// A key has another number of columns.
    #[error("the key of `{of}` has {expected} columns ({columns}), got {found} values")]
    KeyLength {
        /// The dataset.
        of: String,
        /// How many columns its key has.
        expected: usize,
        /// The columns' names.
        columns: String,
        /// How many values were given.
        found: usize,
    },
    /// The artifact is of a kind that the question is not about.
    #[error("`{of}` is a {found}, expected {expected}")]
    Kind {
        /// What was asked about.
        of: String,
        /// What it is.
        found: ArtifactKind,
        /// What the question is about.
        expected: &'static str,
    },
    /// A record does not have the shape of its kind.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// Lineage cannot be followed, or a condition cannot be used.
    #[error(transparent)]
    Provenance(Box<ProvenanceError>),
    /// A table cannot be read.
    #[error(transparent)]
    Table(Box<TableError>),
    /// Encoders or a matrix cannot be read.
    #[error(transparent)]
    Model(Box<ModelError>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ProvenanceError> for TraceError {
    fn from(error: ProvenanceError) -> Self {
        Self::Provenance(Box::new(error))
    }
}

impl From<TableError> for TraceError {
    fn from(error: TableError) -> Self {
        Self::Table(Box::new(error))
    }
}

impl From<ModelError> for TraceError {
    fn from(error: ModelError) -> Self {
        Self::Model(Box::new(error))
    }
}

impl TraceError {
    /// Nothing has this name.
    pub(crate) fn unknown<'a>(what: &'static str, name: &str, known: impl IntoIterator<Item = &'a str>) -> Self {
        let known = known.into_iter().map(str::to_owned).collect();
        Self::Unknown { what, name: name.to_owned(), within: String::new(), known }
    }

    /// The same, looked for in this place.
    pub(crate) fn within(self, place: &str) -> Self {
        match self {
            Self::Unknown { what, name, known, .. } => {
                Self::Unknown { what, name, within: format!(" in `{place}`"), known }
            }
            other => other,
        }
    }
}

impl Failure for TraceError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Target(_)
            | Self::Unknown { .. }
            | Self::NotRun { .. }
            | Self::NoRow(_)
            | Self::NoSuchRow { .. }
            | Self::NoKey(_)
            | Self::KeyLength { .. }
            | Self::Kind { .. } => ExitCode::Usage,
            Self::Record(_) => ExitCode::Outside,
            Self::Provenance(error) => error.exit_code(),
            Self::Table(error) => error.exit_code(),
            Self::Model(error) => error.exit_code(),
            Self::Store(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        const SHOWN: usize = 12;
        match self {
            Self::Target(_) => Some(
                "write `STEP.PORT:ROW`, `STEP.PORT#FEATURE`, `STEP.PORT`, `STEP` or the id of a record, such as `split.train:17`"
                    .to_owned(),
            ),
            Self::Unknown { known, .. } if known.is_empty() => None,
            Self::Unknown { name, known, .. } => Some(match closest(name, known.iter().map(String::as_str)) {
                Some(close) => format!("did you mean `{close}`?"),
                None if known.len() <= SHOWN => format!("there are {}", known.join(", ")),
                None => format!("there are {} and {} more", known[..SHOWN].join(", "), known.len() - SHOWN),
            }),
            Self::NotRun { .. } => Some("choose another run with `--run`, or run the pipeline as a whole".to_owned()),
            Self::NoKey(_) => Some("choose rows with `--rows` or `--where`, or name a `key` in the ingest step".to_owned()),
            Self::Provenance(error) => error.hint(),
            Self::Table(error) => error.hint(),
            Self::Model(error) => error.hint(),
            Self::Store(error) => error.hint(),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::NotRun { step, .. } => Place { step: Some(step.clone()), ..Place::default() },
            Self::Provenance(error) => error.place(),
            Self::Table(error) => error.place(),
            Self::Model(error) => error.place(),
            Self::Store(error) => error.place(),
            _ => Place::default(),
        }
    }
}
