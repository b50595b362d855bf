//! Why a batch could not be compared.

use mlspec_provenance::ProvenanceError;
use mlspec_record::{ExitCode, Failure, Place};
use mlspec_stage::SiteError;
use mlspec_store::StoreError;
use mlspec_table::TableError;

/// Why a batch could not be compared.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MonitorError {
    /// A setting is outside its range.
    #[error("{0}")]
    Setting(String),
    /// There is no reference, or more than one.
    #[error("there are {0} references; a batch is compared with one")]
    References(usize),
    /// The predictions have no reference, or more than one.
    #[error("there are {0} references for the predictions; they are compared with one")]
    PredictionReferences(usize),
    /// The column is not there.
    #[error("the {side} has no column `{column}`")]
    Column {
        /// The batch or the reference.
        side: &'static str,
        /// The column.
        column: String,
        /// The columns there are.
        known: Vec<String>,
    },
    /// Nothing can be said of no rows.
    #[error("there are no rows in the {0}")]
    NoRows(&'static str),
    /// The file is neither a profile nor the record of an analysis.
    #[error("the baseline `{path}` is neither a profile nor the record of an analysis: {reason}")]
    Baseline {
        /// The file, as written.
        path: String,
        /// Why not.
        reason: String,
    },
    /// The report at a port is no profile.
    #[error("what arrives at `{port}` is no profile of this version: {reason}")]
    Profile {
        /// The port.
        port: &'static str,
        /// Why not.
        reason: String,
    },
    /// A datastore or file is not there.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// A table could not be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Lineage could not be followed or written.
    #[error(transparent)]
    Provenance(Box<ProvenanceError>),
}

impl MonitorError {
    /// The error of a lower crate, if it is one.
    fn inner(&self) -> Option<&dyn Failure> {
        match self {
            Self::Site(error) => Some(error),
            Self::Table(error) => Some(error),
            Self::Store(error) => Some(error),
            Self::Provenance(error) => Some(&**error),
            _ => None,
        }
    }
}

impl From<ProvenanceError> for MonitorError {
    fn from(error: ProvenanceError) -> Self {
        Self::Provenance(Box::new(error))
    }
}

impl Failure for MonitorError {
    fn exit_code(&self) -> ExitCode {
        match (self, self.inner()) {
            (_, Some(inner)) => inner.exit_code(),
            (Self::NoRows(_) | Self::Baseline { .. } | Self::Profile { .. }, _) => ExitCode::Data,
            _ => ExitCode::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::References(_) => {
                Some("connect `reference` (a table) or `profile` (of an analysis), or set `baseline`".to_owned())
            }
            Self::PredictionReferences(_) => {
                Some("connect `reference_predictions` (a table) or `predictions_profile` (of an analysis)".to_owned())
            }
            Self::Column { known, .. } => Some(format!("its columns are {}", known.join(", "))),
            _ => self.inner().and_then(Failure::hint),
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Column { column, .. } => Place { table_column: Some(column.clone()), ..Place::default() },
            _ => self.inner().map(Failure::place).unwrap_or_default(),
        }
    }
}
