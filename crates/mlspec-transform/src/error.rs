//! Why tables could not be transformed.

use mlspec_provenance::ProvenanceError;
use mlspec_record::{ExitCode, Failure, NameError, Place};
use mlspec_table::TableError;

/// Why tables could not be transformed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TransformError {
    /// Tables that are made of each other, in the order of use; the first stands again at the end.
    #[error("the tables are made of each other: {}", .0.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" from "))]
    Cycle(Vec<String>),
    /// A table begins with another one or with a query, and with nothing else.
    #[error("the table `{0}` begins with a table (`from`) or with a query (`sql`): one of both")]
    Begin(String),
    /// The output does not use this table.
    #[error("the table `{table}` is not used")]
    Unused {
        /// The table.
        table: String,
        /// A name that is used, is no table of the settings, and is spelt alike.
        meant: Option<String>,
    },
    /// A name that no step defines must be that of a port.
    #[error("`{name}` is no table of the settings and cannot name an input: {reason}")]
    Port {
        /// The name.
        name: String,
        /// Why not.
        reason: NameError,
    },
    /// Two input ports clash: their names are equal but for case.
    #[error("the inputs `{0}` and `{1}` differ in case only")]
    Clash(String, String),
    /// No input is, or comes from, what is to be inspected.
    #[error("`{name}` is to be inspected, and is neither an input nor a dataset behind one")]
    Inspect {
        /// What was named.
        name: String,
        /// The inputs, and the datasets behind them.
        known: Vec<String>,
    },
    /// The plan is wrong, or failed on the data.
    #[error(transparent)]
    Provenance(#[from] ProvenanceError),
    /// A table could not be read.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl Failure for TransformError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Provenance(error) => error.exit_code(),
            Self::Table(error) => error.exit_code(),
            _ => ExitCode::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Unused { meant: Some(meant), .. } => {
                Some(format!("`{meant}` is used and not defined: is this table meant?"))
            }
            Self::Inspect { known, .. } => Some(format!("there are {}", known.join(", "))),
            Self::Unused { .. } => Some("use it behind `from` or `with`, or remove it".to_owned()),
            Self::Provenance(error) => error.hint(),
            Self::Table(error) => error.hint(),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        let table = |name: &str| Place { pointer: Some(format!("/tables/{name}")), ..Place::default() };
        match self {
            Self::Cycle(tables) => tables.first().map(|name| table(name)).unwrap_or_default(),
            Self::Unused { table: name, .. } => table(name),
            Self::Provenance(error) => error.place(),
            Self::Table(error) => error.place(),
            _ => Place::default(),
        }
    }
}
