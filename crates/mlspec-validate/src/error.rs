//! Why a table cannot be held against expectations.

use mlspec_provenance::ProvenanceError;
use mlspec_record::{DataType, ExitCode, Failure, Place};
use mlspec_stage::SiteError;
use mlspec_store::StoreError;
use mlspec_table::TableError;

/// Why a table cannot be held against expectations.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ValidateError {
    /// Nothing is expected.
    #[error("`expectations` must name at least one")]
    Nothing,
    /// A document of expectations cannot be used.
    #[error("the document `{path}` cannot be used: {reason}")]
    Document {
        /// Its path.
        path: String,
        /// What is wrong.
        reason: String,
    },
    /// The settings refer to a document that was not read.
    #[error("the settings refer to a document: read it, and check them together")]
    Unread,
    /// The datastore of a document.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// A waiver does not fit.
    #[error("{reason}")]
    Waiver {
        /// Its position, from 0.
        position: usize,
        /// What is wrong.
        reason: String,
    },
    /// An expectation is set up wrongly.
    #[error("{problem}")]
    Setting {
        /// Its position, from 0.
        position: usize,
        /// What is wrong.
        problem: Problem,
    },
    /// An expectation does not fit the table.
    #[error("`{name}` cannot be told: {problem}")]
    Plan {
        /// Its position, from 0.
        position: usize,
        /// Its name.
        name: String,
        /// What does not fit.
        problem: Problem,
    },
    /// The table cannot be read, or the failing rows not kept.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lineage could not be kept.
    #[error(transparent)]
    Provenance(Box<ProvenanceError>),
}

/// What is wrong with an expectation.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// It has no kind, or several.
    #[error("an expectation is of exactly one kind, got {0}")]
    Kinds(usize),
    /// Two expectations have this name.
    #[error("two expectations are named `{0}`")]
    Twice(String),
    /// The tolerance is no share.
    #[error("`tolerance` must be from 0 to 1, got `{0}`")]
    Tolerance(f64),
    /// A tolerance where no rows are counted.
    #[error("`tolerance` has no meaning for `{0}`, which counts no rows")]
    NoRows(&'static str),
    /// A condition where no rows are chosen.
    #[error("`when` has no meaning for `{0}`, which looks at no rows")]
    NoChoice(&'static str),
    /// Another table is not there.
    #[error("nothing arrives at the port `{0}`")]
    Port(String),
    /// No column is named.
    #[error("`columns` must name at least one")]
    NoColumns,
    /// The setting does not fit.
    #[error("{0}")]
    Setting(String),
    /// The pattern is no regular expression.
    #[error("`pattern` is no regular expression: {0}")]
    Pattern(String),
    /// The condition is no row-wise SQL expression.
    #[error(transparent)]
    Condition(Box<mlspec_provenance::Problem>),
    /// The column does not exist.
    #[error("there is no column `{column}`")]
    Column {
        /// The column.
        column: String,
        /// The columns there are.
        known: Vec<String>,
    },
    /// The column's type does not suit.
    #[error("the column `{column}` is of type `{found}`, expected {expected}")]
    Type {
        /// The column.
        column: String,
        /// Its type.
        found: DataType,
        /// What would suit.
        expected: &'static str,
    },
    /// A bound or value is none of the column's type.
    #[error("`{setting}` is no value of the column `{column}`, which is of type `{data_type}`")]
    Bound {
        /// The setting.
        setting: &'static str,
        /// The column.
        column: String,
        /// Its type.
        data_type: DataType,
    },
    /// The condition gives something else than true or false.
    #[error("the condition gives `{0}`, expected true or false")]
    NotBoolean(String),
    /// Polars cannot evaluate the condition.
    #[error("the condition cannot be evaluated: {0}")]
    Evaluation(String),
}

impl From<ProvenanceError> for ValidateError {
    fn from(error: ProvenanceError) -> Self {
        Self::Provenance(Box::new(error))
    }
}

impl From<mlspec_provenance::Problem> for Problem {
    fn from(problem: mlspec_provenance::Problem) -> Self {
        Self::Condition(Box::new(problem))
    }
}

impl Failure for ValidateError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Nothing
            | Self::Document { .. }
            | Self::Unread
            | Self::Waiver { .. }
            | Self::Setting { .. }
            | Self::Plan { .. } => ExitCode::Usage,
            Self::Site(error) => error.exit_code(),
            Self::Table(error) => error.exit_code(),
            Self::Store(error) => error.exit_code(),
            Self::Provenance(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Plan { problem: Problem::Column { known, .. }, .. } => {
                Some(format!("the columns are {}; whether one exists, `column_exists` tells", known.join(", ")))
            }
            Self::Plan { problem: Problem::Port(port), .. } => {
                Some(format!("connect `{port}` among the step's `inputs`"))
            }
            Self::Site(error) => error.hint(),
            Self::Table(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Provenance(error) => error.hint(),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Setting { position, problem } | Self::Plan { position, problem, .. } => {
                let table_column = match problem {
                    Problem::Column { column, .. } | Problem::Type { column, .. } | Problem::Bound { column, .. } => {
                        Some(column.clone())
                    }
                    _ => None,
                };
                Place { pointer: Some(format!("/expectations/{position}")), table_column, ..Place::default() }
            }
            Self::Table(error) => error.place(),
            Self::Store(error) => error.place(),
            Self::Provenance(error) => error.place(),
            Self::Nothing => Place { pointer: Some("/expectations".to_owned()), ..Place::default() },
            Self::Waiver { position, .. } => {
                Place { pointer: Some(format!("/waivers/{position}")), ..Place::default() }
            }
            Self::Document { .. } | Self::Unread => Place { pointer: Some("/document".to_owned()), ..Place::default() },
            Self::Site(error) => error.place(),
        }
    }
}
