//! Why a table could not be split.

use mlspec_provenance::ProvenanceError;
use mlspec_record::{DataType, ExitCode, Failure, Name, Place};
use mlspec_store::StoreError;
use mlspec_table::TableError;

/// Why a table could not be split.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// No part is named.
    #[error("`parts` must name at least one part")]
    NoParts,
    /// The share of this part is outside its range, or not a number.
    #[error("the share of part `{0}` must be above 0 and at most 1, got `{1}`")]
    Share(Name, f64),
    /// The shares do not sum to 1.
    #[error("the shares of the parts must sum to 1, got `{0}`")]
    Sum(f64),
    /// Two parts have one name but for case.
    #[error("the parts `{0}` and `{1}` differ only by case")]
    Clash(Name, Name),
    /// Rows are to stay together by columns, and none is named.
    #[error("`by.columns` must name at least one column")]
    NoColumns,
    /// A setting does not fit.
    #[error("{0}")]
    Setting(String),
    /// Rows belong to no part.
    #[error("{rows} {} {what} in the column `{column}`, which says the part", if *.rows == 1 { "row has" } else { "rows have" })]
    Unplaced {
        /// How many.
        rows: u64,
        /// What they have instead of a part.
        what: &'static str,
        /// The column that says the part.
        column: String,
    },
    /// Values of this type are no times.
    #[error("the column `{column}` is of type `{found}`, expected dates, moments or integers")]
    NoTime {
        /// The column.
        column: String,
        /// Its type.
        found: DataType,
    },
    /// The column is not there.
    #[error("there is no column `{column}`")]
    Column {
        /// The column.
        column: String,
        /// The columns there are.
        known: Vec<String>,
    },
    /// Values of this type cannot keep rows together.
    #[error("rows cannot be kept together by column `{column}` of type `{found}`")]
    Type {
        /// The column.
        column: String,
        /// Its type.
        found: DataType,
    },
    /// Values of this type have no distance.
    #[error("the column `{column}` is of type `{found}`, expected numbers, times, texts or booleans")]
    NoDistance {
        /// The column.
        column: String,
        /// Its type.
        found: DataType,
    },
    /// The rows come from no such source.
    #[error("the rows do not come from a source `{source_name}`")]
    Source {
        /// The source.
        source_name: Name,
        /// The sources they come from.
        known: Vec<String>,
    },
    /// The part would get none of the table's rows.
    #[error("part `{part}` would be empty: the table has {rows} rows")]
    EmptyPart {
        /// The part.
        part: Name,
        /// How many rows the table has.
        rows: usize,
    },
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

impl From<ProvenanceError> for SplitError {
    fn from(error: ProvenanceError) -> Self {
        Self::Provenance(Box::new(error))
    }
}

impl Failure for SplitError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::EmptyPart { .. } | Self::Unplaced { .. } => ExitCode::Data,
            Self::Table(error) => error.exit_code(),
            Self::Store(error) => error.exit_code(),
            Self::Provenance(error) => error.exit_code(),
            _ => ExitCode::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        let list = |what: &str, known: &[String]| match known {
            [] => format!("there are no {what}"),
            _ => format!("the {what} are {}", known.join(", ")),
        };
        match self {
            Self::Column { known, .. } => Some(list("columns", known)),
            Self::Source { known, .. } => Some(list("sources", known)),
            Self::EmptyPart { .. } => {
                Some("give it a larger share, split by smaller groups, or set `allow_empty: true`".to_owned())
            }
            Self::Unplaced { .. } => Some("filter these rows before, or set `leave_out` for them".to_owned()),
            Self::Type { .. } => Some("derive a column of numbers or text from it before".to_owned()),
            Self::Table(error) => error.hint(),
            Self::Store(error) => error.hint(),
            Self::Provenance(error) => error.hint(),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Column { column, .. }
            | Self::Type { column, .. }
            | Self::NoTime { column, .. }
            | Self::NoDistance { column, .. }
            | Self::Unplaced { column, .. } => Place { table_column: Some(column.clone()), ..Place::default() },
            Self::Table(error) => error.place(),
            Self::Store(error) => error.place(),
            Self::Provenance(error) => error.place(),
            _ => Place::default(),
        }
    }
}
