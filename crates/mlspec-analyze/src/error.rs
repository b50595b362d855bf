//! Why a table could not be analysed.

use mlspec_provenance::{ProvenanceError, SliceError};
use mlspec_record::{DataType, ExitCode, Failure, Place};
use mlspec_store::StoreError;
use mlspec_table::TableError;

/// Why a table could not be analysed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AnalyzeError {
    /// A setting is outside its range.
    #[error("{0}")]
    Setting(String),
    /// The column is not there.
    #[error("there is no column `{column}`")]
    Column {
        /// The column.
        column: String,
        /// The columns there are.
        known: Vec<String>,
    },
    /// Columns of this type cannot be used so.
    #[error("the column `{column}` of type `{found}` cannot {purpose}")]
    Type {
        /// The column.
        column: String,
        /// Its type.
        found: DataType,
        /// What it was asked for.
        purpose: &'static str,
    },
    /// A column makes more slices than allowed.
    #[error("the column `{column}` makes {found} slices, at most {limit} are allowed")]
    TooManySlices {
        /// The column.
        column: String,
        /// How many there are.
        found: usize,
        /// How many there may be.
        limit: u64,
    },
    /// Rows could not be put into slices.
    #[error(transparent)]
    Slice(#[from] SliceError),
    /// A table could not be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Lineage could not be written.
    #[error(transparent)]
    Provenance(Box<ProvenanceError>),
}

impl From<ProvenanceError> for AnalyzeError {
    fn from(error: ProvenanceError) -> Self {
        Self::Provenance(Box::new(error))
    }
}

impl Failure for AnalyzeError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::TooManySlices { .. } => ExitCode::Data,
            Self::Slice(error) => error.exit_code(),
            Self::Table(error) => error.exit_code(),
            Self::Store(error) => error.exit_code(),
            Self::Provenance(error) => error.exit_code(),
            _ => ExitCode::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Column { known, .. } if known.is_empty() => Some("there are no columns".to_owned()),
            Self::Column { known, .. } => Some(format!("the columns are {}", known.join(", "))),
            Self::TooManySlices { .. } => Some("slice by a column of fewer values, or raise `max_slices`".to_owned()),
            Self::Slice(error) => error.hint(),
            Self::Table(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Provenance(error) => error.hint(),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Column { column, .. } | Self::Type { column, .. } | Self::TooManySlices { column, .. } => {
                Place { table_column: Some(column.clone()), ..Place::default() }
            }
            Self::Slice(error) => error.place(),
            Self::Table(error) => error.place(),
            Self::Store(error) => error.place(),
            Self::Provenance(error) => error.place(),
            _ => Place::default(),
        }
    }
}
