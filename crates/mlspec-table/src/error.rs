//! Why something is no table, or could not be kept or read.

use mlspec_record::{DataType, Digest, ExitCode, Failure, Place, TableSchemaError};
use mlspec_store::StoreError;
use polars::prelude::PolarsError;

/// Why something is no table, or could not be kept or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The frame has no column of row ids, or one of another type or with nulls.
    #[error("the frame has no column `_row` of unsigned 64-bit integers without nulls")]
    NoIds,
    /// Two rows have this id.
    #[error("the row id `{0}` stands twice")]
    Twice(u64),
    /// Numbering would go beyond 64 bits.
    #[error("`{rows}` rows from id `{first}` on do not fit into 64 bits")]
    Overflow {
        /// The first id.
        first: u64,
        /// How many rows there are.
        rows: u64,
    },
    /// The column's type is none of a table's.
    #[error("the type `{found}` of column `{column}` is not supported")]
    Type {
        /// The column.
        column: String,
        /// Its type, as polars names it.
        found: String,
    },
    /// The column is asked for and not there.
    #[error("there is no column `{column}`")]
    Column {
        /// The column.
        column: String,
        /// The columns there are.
        known: Vec<String>,
    },
    /// The column has another type than asked for.
    #[error("the column `{column}` is of type `{found}`, expected `{expected}`")]
    OtherType {
        /// The column.
        column: String,
        /// Its type.
        found: DataType,
        /// The type asked for.
        expected: DataType,
    },
    /// Rows to be put into a table have other columns than it.
    #[error("the rows have other columns than the table they are put into")]
    OtherColumns,
    /// A table in memory is not the one of this digest.
    #[error("the rows are not those of the table `{digest}`")]
    OtherRows {
        /// The digest.
        digest: Digest,
    },
    /// The columns make no schema.
    #[error(transparent)]
    Schema(#[from] TableSchemaError),
    /// A chunk would hold no row.
    #[error("`chunk_rows` must be at least 1, got `0`")]
    ChunkRows,
    /// What is stored under this digest is not the table of this digest.
    #[error("the table `{digest}` was changed on disk: {reason}")]
    Changed {
        /// The table's digest.
        digest: Digest,
        /// What does not fit.
        reason: String,
    },
    /// The table was written by a newer version.
    #[error("the table `{digest}` has format `{found}`; this version reads `{known}`")]
    Newer {
        /// The table's digest.
        digest: Digest,
        /// Its format.
        found: String,
        /// The format known.
        known: &'static str,
    },
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Polars refused.
    #[error("polars refused: {0}")]
    Polars(#[from] PolarsError),
}

impl Failure for TableError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::NoIds | Self::Twice(_) | Self::OtherColumns | Self::OtherRows { .. } | Self::Polars(_) => {
                ExitCode::Bug
            }
            Self::Overflow { .. } | Self::Type { .. } | Self::OtherType { .. } | Self::Schema(_) => ExitCode::Data,
            Self::Column { .. } | Self::ChunkRows | Self::Newer { .. } => ExitCode::Usage,
            Self::Changed { .. } => ExitCode::Outside,
            Self::Store(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Type { .. } => Some("convert the column, or leave it out".to_owned()),
            Self::Column { known, .. } => Some(format!("the columns are {}", known.join(", "))),
            Self::Schema(TableSchemaError::Reserved(_)) => {
                Some("rename the column: `_row` and `@` name row ids".to_owned())
            }
            Self::Changed { .. } => Some("run the pipeline again: what was changed is made anew".to_owned()),
            Self::Newer { .. } => Some("use a newer mlspec".to_owned()),
            Self::Store(error) => error.hint(),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Type { column, .. } | Self::Column { column, .. } | Self::OtherType { column, .. } => {
                Place { table_column: Some(column.clone()), ..Place::default() }
            }
            Self::Schema(TableSchemaError::Reserved(column) | TableSchemaError::Twice(column)) => {
                Place { table_column: Some(column.clone()), ..Place::default() }
            }
            Self::Twice(row) => Place { row: Some(*row), ..Place::default() },
            Self::Store(error) => error.place(),
            _ => Place::default(),
        }
    }
}
