//! Why a program could not be a step.

use mlspec_provenance::ProvenanceError;
use mlspec_record::{ExitCode, Failure, Name, Place, TableSchemaError};
use mlspec_stage::SiteError;
use mlspec_store::StoreError;
use mlspec_table::TableError;
use mlspec_table::format::FormatError;
use std::io;
use std::path::PathBuf;

/// Why a program could not be a step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ExternalError {
    /// The command is empty, or a word of it is.
    #[error("`command` needs a program, and none of its words may be empty")]
    NoCommand,
    /// A word has a zero byte.
    #[error("`{0}` holds a zero byte, which no program can be given")]
    Zero(String),
    /// There is no input or no output.
    #[error("an external step needs at least one {0}")]
    NoPort(&'static str),
    /// Two ports have one name.
    #[error("two {what}s are called `{name}` (names differ in more than case)")]
    Twice {
        /// `input` or `output`.
        what: &'static str,
        /// The name.
        name: Name,
    },
    /// A number is outside its range.
    #[error("`{name}` must be {range}, got `{found}`")]
    Range {
        /// The setting.
        name: &'static str,
        /// What was set.
        found: u64,
        /// What may be set.
        range: &'static str,
    },
    /// No variable of the environment can have this name.
    #[error("`{0}` cannot name a variable of the environment")]
    Variable(String),
    /// The columns of an output make no schema.
    #[error("the columns of the output `{port}` make no table: {error}")]
    Columns {
        /// The port.
        port: Name,
        /// Why not.
        error: TableSchemaError,
    },
    /// An output keeps the ids of something that is no input.
    #[error("the output `{port}` keeps the ids of `{of}`, which is no input")]
    RowsOf {
        /// The port.
        port: Name,
        /// What it names.
        of: Name,
    },
    /// Declared lineage refers to nothing.
    #[error("the lineage of `{column}` of the output `{port}` is wrong: {what}")]
    Lineage {
        /// The port.
        port: Name,
        /// The column.
        column: String,
        /// What is wrong.
        what: String,
    },
    /// The program is nowhere.
    #[error("there is no program `{0}`")]
    NoProgram(String),
    /// A path needs a folder to be in.
    #[error("`{0}` is a path, and no `directory` is set that it is in")]
    NoDirectory(String),
    /// The program could not be started.
    #[error("the program `{program}` cannot be started: {error}")]
    Start {
        /// The program.
        program: String,
        /// Why not.
        error: io::Error,
    },
    /// The program said by its exit status that it failed.
    #[error("the program `{program}` ended with exit status {status}{}", meaning(*.status))]
    Status {
        /// The program.
        program: String,
        /// Its exit status.
        status: i32,
        /// Where its log is.
        log: PathBuf,
    },
    /// The program was ended by a signal.
    #[error("the program `{program}` was ended by signal {signal}")]
    Signal {
        /// The program.
        program: String,
        /// The signal.
        signal: i32,
        /// Where its log is.
        log: PathBuf,
    },
    /// The program took too long.
    #[error("the program `{program}` took longer than {seconds} seconds and was killed")]
    Timeout {
        /// The program.
        program: String,
        /// How long it may take.
        seconds: u64,
        /// Where its log is.
        log: PathBuf,
    },
    /// The user wants to stop.
    #[error("the run was stopped")]
    Stopped,
    /// An output is not there.
    #[error("the program left no file for the output `{port}`")]
    NoOutput {
        /// The port.
        port: Name,
        /// Where its log is.
        log: PathBuf,
    },
    /// An output is not as declared.
    #[error("the output `{port}` is not as declared: {error}")]
    Output {
        /// The port.
        port: Name,
        /// What is wrong.
        error: Box<FormatError>,
    },
    /// A column of an output is missing.
    #[error("the output `{port}` has no column `{column}`")]
    NoColumn {
        /// The port.
        port: Name,
        /// The column.
        column: String,
    },
    /// Ids are not kept, or kept without being declared.
    #[error("the output `{port}` {what}")]
    Rows {
        /// The port.
        port: Name,
        /// What is wrong with its ids.
        what: String,
    },
    /// Files could not be exchanged.
    #[error("files cannot be exchanged with the program: {0}")]
    Io(#[from] io::Error),
    /// A file is not in its datastore, or there is no such datastore.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// A table could not be read or written.
    #[error(transparent)]
    Table(#[from] TableError),
    /// Lineage could not be written.
    #[error(transparent)]
    Provenance(Box<ProvenanceError>),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ProvenanceError> for ExternalError {
    fn from(error: ProvenanceError) -> Self {
        Self::Provenance(Box::new(error))
    }
}

/// What an exit status means by sysexits.h, as far as the contract goes.
fn meaning(status: i32) -> &'static str {
    match status {
        64 => ": it was used wrongly",
        65 => ": the data is bad",
        78 => ": it is set wrongly",
        _ => "",
    }
}

impl ExternalError {
    fn inner(&self) -> Option<&dyn Failure> {
        match self {
            Self::Site(error) => Some(error),
            Self::Table(error) => Some(error),
            Self::Provenance(error) => Some(&**error),
            Self::Store(error) => Some(error),
            _ => None,
        }
    }

    fn log(&self) -> Option<&PathBuf> {
        match self {
            Self::Status { log, .. }
            | Self::Signal { log, .. }
            | Self::Timeout { log, .. }
            | Self::NoOutput { log, .. } => Some(log),
            _ => None,
        }
    }
}

impl Failure for ExternalError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Status { status: 65, .. } => ExitCode::Data,
            Self::Status { status: 64 | 78, .. } => ExitCode::Usage,
            Self::Status { .. } | Self::Signal { .. } | Self::Timeout { .. } | Self::Stopped => ExitCode::Outside,
            Self::Start { .. } | Self::Io(_) => ExitCode::Outside,
            Self::NoOutput { .. } | Self::Output { .. } | Self::NoColumn { .. } | Self::Rows { .. } => ExitCode::Data,
            _ => self.inner().map_or(ExitCode::Usage, Failure::exit_code),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoProgram(_) => Some(
                "install it, or put a path with `/` in front; it is looked up in the environment's PATH".to_owned(),
            ),
            Self::NoDirectory(_) => Some("set `directory` to a datastore".to_owned()),
            Self::Rows { .. } => Some(
                "an output that keeps ids has them in `_row`, and `rows_of` names the input they are from".to_owned(),
            ),
            _ => match self.log() {
                Some(log) => Some(format!("what it said is in `{}`", log.display())),
                None => self.inner().and_then(Failure::hint),
            },
        }
    }

    fn place(&self) -> Place {
        let column = |column: &str| Place { table_column: Some(column.to_owned()), ..Place::default() };
        match self {
            Self::NoColumn { column: name, .. } | Self::Lineage { column: name, .. } => column(name),
            Self::Output { error, .. } => error.column.as_deref().map(column).unwrap_or_default(),
            _ => self.inner().map(Failure::place).unwrap_or_default(),
        }
    }
}
