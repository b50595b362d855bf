//! Why files could not become a dataset version.

use crate::QueryError;
use mlspec_provenance::ProvenanceError;
use mlspec_record::{DataType, ExitCode, Failure, Name, NameError, Place, TableSchemaError};
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
    /// Files and a query at once.
    #[error("`path` and `query` are both set")]
    PathAndQuery,
    /// A query has no format.
    #[error("`format` and `hive` are for files, and there is a `query`")]
    FormatOfQuery,
    /// A query's setting without a query.
    #[error("`timeout_seconds` is set, and there is no `query`")]
    NoQuery,
    /// A query would have no time.
    #[error("`timeout_seconds` must be at least 1")]
    Timeout,
    /// The share of bad rows is none.
    #[error("`max_share` must be between 0 and 1, got `{0}`")]
    MaxShare(f64),
    /// More rows were bad than may be.
    #[error("{count} of {of} rows cannot be read, and at most a share of {max_share} may be: {}", examples.join(", "))]
    TooManyBad {
        /// How many rows.
        count: u64,
        /// Of how many.
        of: u64,
        /// The share that is allowed.
        max_share: f64,
        /// Where the first of them are, at most 5, and why.
        examples: Vec<String>,
    },
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
    /// The type of a column is declared twice.
    #[error("the type of `{0}` stands under `columns` and under `hive`")]
    TypeTwice(String),
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
    /// No dataset has this name.
    #[error("there is no dataset `{name}` in the store{}", list(known))]
    UnknownDataset {
        /// The name asked for.
        name: Name,
        /// The names there are.
        known: Vec<Name>,
    },
    /// Rows are to be edited that are not there.
    #[error("{count} of the rows to be edited are not in the dataset: {}", examples.join(", "))]
    NoRow {
        /// How many.
        count: usize,
        /// The first of them, at most 5.
        examples: Vec<String>,
    },
    /// A row is to be edited in two ways.
    #[error("{count} rows are named twice: {}", examples.join(", "))]
    RowTwice {
        /// How many.
        count: usize,
        /// The first of them, at most 5.
        examples: Vec<String>,
    },
    /// A correction has another key than its row.
    #[error("the key (`{}`) of a row cannot be changed; {count} corrections do", key.join("`, `"))]
    KeyChanged {
        /// The key's columns.
        key: Vec<String>,
        /// How many rows.
        count: usize,
    },
    /// A column of edited rows is not of its type in the dataset.
    #[error("the column `{column}` is of type `{expected}` in the dataset and of type `{found}` in the rows")]
    EditType {
        /// The column.
        column: String,
        /// The type in the dataset.
        expected: DataType,
        /// The type in the rows.
        found: String,
    },
    /// Edited rows lack a column.
    #[error("the rows have no column `{0}`")]
    NoColumn(String),
    /// Edited rows have a column that the dataset has not.
    #[error("the dataset has no column `{0}`")]
    ExtraColumn(String),
    /// Corrections do not say which rows they belong to.
    #[error("the corrections do not say which rows they belong to: {}", if key.is_empty() { "the dataset has no key, and there is no column `_row`".to_owned() } else { format!("there is neither `_row` nor the key (`{}`)", key.join("`, `")) })]
    NotNamed {
        /// The key's columns.
        key: Vec<String>,
    },
    /// A whole new version and single edits at once.
    #[error("a dataset cannot get a whole new version and single edits at once")]
    Mixed,
    /// There is a list of erased rows, and no secret.
    #[error("rows of the dataset `{0}` were erased, and without the secret they cannot be recognised")]
    NoSecret(Name),
    /// There is a list of erased rows, made with another secret.
    #[error("rows of the dataset `{0}` were erased with another secret than this one")]
    OtherSecret(Name),
    /// Erased rows cannot be recognised, since a column is gone.
    #[error(
        "rows of the dataset `{dataset}` that were erased are recognised by the column `{column}`, which is missing"
    )]
    SuppressedColumn {
        /// The dataset.
        dataset: Name,
        /// The column.
        column: String,
    },
    /// The current version was edited, and its rows are gone.
    #[error("version {version} of the dataset `{dataset}`, which was edited, is not complete in the store")]
    Lost {
        /// The dataset.
        dataset: Name,
        /// The version.
        version: u64,
    },
    /// A file could not be read.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// A query gave no rows.
    #[error(transparent)]
    Query(#[from] QueryError),
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

fn list(names: &[Name]) -> String {
    match names {
        [] => "; it has none".to_owned(),
        _ => format!("; there are {}", names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}

impl IngestError {
    /// No dataset has this name.
    pub(crate) fn unknown(store: &mlspec_store::Store, name: &Name) -> Self {
        Self::UnknownDataset { name: name.clone(), known: store.datasets().unwrap_or_default() }
    }
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

impl KeyFault {
    /// In one word, as records count rows that are put aside.
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::Null => "key_null",
            Self::Repeated => "key_repeated",
        }
    }
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
            Self::Key { .. }
            | Self::TooManyBad { .. }
            | Self::TypeChanged { .. }
            | Self::NoRow { .. }
            | Self::RowTwice { .. }
            | Self::KeyChanged { .. }
            | Self::EditType { .. }
            | Self::NoColumn(_)
            | Self::ExtraColumn(_)
            | Self::NotNamed { .. }
            | Self::SuppressedColumn { .. } => ExitCode::Data,
            Self::Folder(_) | Self::NoSecret(_) | Self::OtherSecret(_) | Self::Lost { .. } => ExitCode::Outside,
            Self::Format(error) => error.exit_code(),
            Self::Query(error) => error.exit_code(),
            Self::Site(error) => error.exit_code(),
            Self::Table(error) => error.exit_code(),
            Self::Store(error) => error.exit_code(),
            Self::Provenance(error) => error.exit_code(),
            _ => ExitCode::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoFormat(_) | Self::Formats => {
                "set `format` to csv, tsv, ndjson, json, excel, parquet, ipc or avro".to_owned()
            }
            Self::Name(_) => "set `dataset` to a name".to_owned(),
            Self::Schema(TableSchemaError::Reserved(_)) => {
                "rename the column: names that begin with `_row` or `@` are kept for row ids".to_owned()
            }
            Self::TypeChanged { .. } => {
                "correct the file; or declare the column's type under `columns`, or set another `dataset`".to_owned()
            }
            Self::Key { .. } => "correct the rows, or choose other columns as `key`".to_owned(),
            Self::KeyChanged { .. } => "erase the row and append another".to_owned(),
            Self::NotNamed { .. } => "add the key's columns, or `_row` with the ids of the rows".to_owned(),
            Self::NoSecret(_) | Self::OtherSecret(_) => {
                "name the key that was used when they were erased, with `--key-file`; without it they would come back"
                    .to_owned()
            }
            Self::SuppressedColumn { .. } => "keep the column in the files, or set another `dataset`".to_owned(),
            Self::Lost { .. } => "restore the store, or set another `dataset` to begin anew from the files".to_owned(),
            Self::TooManyBad { .. } => "correct the rows, or allow a larger `bad_rows.max_share`".to_owned(),
            Self::Format(error) => return error.hint(),
            Self::Query(error) => return error.hint(),
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
            Self::NoKey(column)
            | Self::KeyTwice(column)
            | Self::TypeTwice(column)
            | Self::NoColumn(column)
            | Self::ExtraColumn(column)
            | Self::EditType { column, .. }
            | Self::SuppressedColumn { column, .. } => Place { table_column: Some(column.clone()), ..Place::default() },
            Self::Format(error) => error.place(),
            Self::Query(error) => error.place(),
            Self::Site(error) => error.place(),
            Self::Table(error) => error.place(),
            Self::Store(error) => error.place(),
            Self::Provenance(error) => error.place(),
            _ => Place::default(),
        }
    }
}
