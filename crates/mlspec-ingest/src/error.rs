//! Why files could not become a dataset version.

use mlspec_provenance::ProvenanceError;
use mlspec_record::{DataType, ExitCode, Failure, NameError, Place, TableSchemaError};
use mlspec_stage::SiteError;
use mlspec_store::StoreError;
use mlspec_table::TableError;
use mlspec_table::format::FormatError;

/// Why files could not become a dataset version.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// No path is set.
    #[error("`path` names no file")]
    NoPath,
    /// A pattern of paths is wrong.
    #[error("`{0}` is no pattern of paths")]
    Pattern(String),
    /// No file matches.
    #[error("no file in the datastore matches `{0}`")]
    NoFile(String),
    /// The ending says no format.
    #[error("the ending of `{0}` says no format")]
    NoFormat(String),
    /// The endings say several formats.
    #[error("the files have several formats")]
    Formats,
    /// A chunk would hold no row.
    #[error("`chunk_rows` must be at least 1, got `0`")]
    ChunkRows,
    /// The step's name cannot name a dataset.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The declared columns make no schema.
    #[error(transparent)]
    Schema(#[from] TableSchemaError),
    /// A key column does not exist.
    #[error("the key column `{0}` does not exist")]
    NoKey(String),
    /// A key column is named twice.
    #[error("the key column `{0}` is named twice")]
    KeyTwice(String),
    /// Rows have no key, or one that another row has.
    #[error("the key (`{}`) is {fault} in {count} rows: {}", key.join("`, `"), examples.join(", "))]
    Key {
        /// The key's columns.
        key: Vec<String>,
        /// What is wrong.
        fault: KeyFault,
        /// How many rows.
        count: usize,
        /// Where the first of them are, at most 5.
        examples: Vec<String>,
    },
    /// A column's values are no longer of the type it got at the first ingest.
    #[error("the column `{column}` was of type `{old}` at the first ingest and is of type `{new}` now")]
    TypeChanged {
        /// The file.
        file: String,
        /// The line of the first value of another type.
        line: Option<u64>,
        /// The column.
        column: String,
        /// The type it had.
        old: DataType,
        /// The type it would get now.
        new: DataType,
    },
    /// A file could not be read.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A file is not where it should be.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The file system refused.
    #[error("the folder cannot be read: {0}")]
    Folder(#[from] walkdir::Error),
    /// The table could not be made or kept.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The store refused.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The lineage could not be kept.
    #[error(transparent)]
    Provenance(Box<ProvenanceError>),
}

impl From<ProvenanceError> for IngestError {
    fn from(error: ProvenanceError) -> Self {
        Self::Provenance(Box::new(error))
    }
}

/// What is wrong with a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyFault {
    /// A part of it is null.
    Null,
    /// Another row has it.
    Repeated,
}

impl std::fmt::Display for KeyFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Repeated => "that of an earlier row",
        })
    }
}

impl Failure for IngestError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Key { .. } | Self::TypeChanged { .. } => ExitCode::Data,
            Self::Folder(_) => ExitCode::Outside,
            Self::Format(error) => error.exit_code(),
            Self::Site(error) => error.exit_code(),
            Self::Table(error) => error.exit_code(),
            Self::Store(error) => error.exit_code(),
            Self::Provenance(error) => error.exit_code(),
            _ => ExitCode::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoFormat(_) | Self::Formats => "set `format` to csv, tsv, ndjson, parquet or ipc".to_owned(),
            Self::Name(_) => "set `dataset` to a name".to_owned(),
            Self::Schema(TableSchemaError::Reserved(_)) => {
                "rename the column: names that begin with `_row` or `@` are kept for row ids".to_owned()
            }
            Self::TypeChanged { .. } => {
                "correct the file; or declare the column's type under `columns`, or set another `dataset`".to_owned()
            }
            Self::Key { .. } => "correct the rows, or choose other columns as `key`".to_owned(),
            Self::Format(error) => return error.hint(),
            Self::Site(error) => return error.hint(),
            Self::Table(error) => return error.hint(),
            Self::Store(error) => return error.hint(),
            Self::Provenance(error) => return error.hint(),
            _ => return None,
        })
    }

    fn place(&self) -> Place {
        match self {
            Self::TypeChanged { file, line, column, .. } => {
                let (file, table_column) = (Some(file.clone()), Some(column.clone()));
                Place { file, line: *line, table_column, ..Place::default() }
            }
            Self::NoKey(column) | Self::KeyTwice(column) => {
                Place { table_column: Some(column.clone()), ..Place::default() }
            }
            Self::Format(error) => error.place(),
            Self::Site(error) => error.place(),
            Self::Table(error) => error.place(),
            Self::Store(error) => error.place(),
            Self::Provenance(error) => error.place(),
            _ => Place::default(),
        }
    }
}
