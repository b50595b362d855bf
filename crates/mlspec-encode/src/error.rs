//! Why rows could not be encoded.

use mlspec_model::ModelError;
use mlspec_record::{DataType, ExitCode, Failure, Place};
use mlspec_table::TableError;

/// Why rows could not be encoded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EncodeError {
    /// A setting is not what it may be.
    #[error("`{name}` must be {range}")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it may be.
        range: &'static str,
    },
    /// A part is named twice.
    #[error("the part `{0}` is named twice")]
    PartTwice(String),
    /// An encoder lists a column twice.
    #[error("the encoder `{encoder}` lists the column `{column}` twice")]
    ColumnTwice {
        /// The encoder.
        encoder: &'static str,
        /// The column.
        column: String,
    },
    /// A part lacks a column.
    #[error("the part `{part}` has no column `{column}`")]
    Missing {
        /// The part.
        part: String,
        /// The column.
        column: String,
        /// The columns it has.
        known: Vec<String>,
    },
    /// A column has another type than its encoder takes.
    #[error("the column `{column}` of the part `{part}` is of type `{found}`, expected {expected}")]
    Type {
        /// The part.
        part: String,
        /// The column.
        column: String,
        /// Its type.
        found: DataType,
        /// The types that are allowed.
        expected: &'static str,
    },
    /// There is nothing to fit on.
    #[error("there are no rows to fit encoders on")]
    NoRows,
    /// All values of a column are null where a statistic of them is needed.
    #[error("all {rows} values of the column `{column}` are null")]
    AllNull {
        /// The column.
        column: String,
        /// How many rows there are.
        rows: usize,
    },
    /// A column's sum of squares cannot be represented.
    #[error("the values of the column `{column}` are too large to be scaled")]
    TooLarge {
        /// The column.
        column: String,
    },
    /// The labels' sum of squares cannot be represented.
    #[error("the labels are too large for their variance")]
    LabelTooLarge,
    /// A model cannot be used.
    #[error("the model `{path}` cannot be used: {reason}")]
    Onnx {
        /// Its path, as written.
        path: String,
        /// Why not.
        reason: String,
    },
    /// Rows have categories that were not declared.
    #[error("the column `{column}` has categories that `categories` does not list, in {rows} rows")]
    Undeclared {
        /// The column.
        column: String,
        /// In how many rows.
        rows: u64,
    },
    /// There are fewer components than asked for.
    #[error("`n_components` is {found}; there are at most {most}, as many as rows or columns")]
    Components {
        /// How many were asked for.
        found: u32,
        /// How many there are.
        most: usize,
    },
    /// No term of a text column passed the limits.
    #[error("no term of the column `{column}` is in at least {min_df} rows and at most a share {max_df} of them")]
    NoTerms {
        /// The column.
        column: String,
        /// The fewest rows.
        min_df: u64,
        /// The largest share.
        max_df: f64,
    },
    /// Two terms of a text column have the same 64-bit hash.
    #[error("two terms of the column `{column}` have the same hash")]
    Collision {
        /// The column.
        column: String,
    },
    /// The positive class is none of two classes.
    #[error("`positive` names none of the {classes} classes of the label `{column}`, or there are not two")]
    Positive {
        /// The label.
        column: String,
        /// How many classes there are.
        classes: usize,
    },
    /// A part could not be encoded.
    #[error("{error} (part `{part}`)")]
    Part {
        /// The part.
        part: String,
        /// Why not.
        error: Box<EncodeError>,
    },
    /// Rows could not be encoded.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// A table could not be read or made.
    #[error(transparent)]
    Table(#[from] TableError),
}

impl EncodeError {
    /// The same, said of a part.
    pub(crate) fn of(self, part: &str) -> Self {
        Self::Part { part: part.to_owned(), error: Box::new(self) }
    }
}

impl Failure for EncodeError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Setting { .. } | Self::PartTwice(_) | Self::ColumnTwice { .. } => ExitCode::Usage,
            Self::Missing { .. } | Self::Type { .. } | Self::Onnx { .. } => ExitCode::Usage,
            Self::Part { error, .. } => error.exit_code(),
            Self::Model(error) => error.exit_code(),
            Self::Table(error) => error.exit_code(),
            _ => ExitCode::Data,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Missing { known, .. } => return Some(format!("it has {}", backticks(known))),
            Self::AllNull { .. } => "leave the column out, or use `impute: {constant: …}`",
            Self::Onnx { .. } => {
                "models have one input of 32-bit floats, rows × columns, and outputs of numbers for each row"
            }
            Self::Undeclared { .. } => "list them, or set `handle_unknown: use_encoded_value`",
            Self::Components { .. } => "ask for fewer, or for a share of the variance",
            Self::NoRows => "look at the split and the filters before it",
            Self::NoTerms { .. } => "lower `min_df`, raise `max_df`, or leave the column out",
            Self::Collision { .. } => "use `hashing_vectorizer`, or fewer terms",
            Self::Positive { .. } => "name the class as it stands in the column; a boolean is `true` or `false`",
            Self::Part { error, .. } => return error.hint(),
            Self::Model(error) => return error.hint(),
            Self::Table(error) => return error.hint(),
            _ => return None,
        };
        Some(hint.to_owned())
    }

    fn place(&self) -> Place {
        match self {
            Self::Missing { column, .. }
            | Self::Type { column, .. }
            | Self::AllNull { column, .. }
            | Self::Undeclared { column, .. } => Place { table_column: Some(column.clone()), ..Place::default() },
            Self::Part { error, .. } => error.place(),
            Self::Model(error) => error.place(),
            Self::Table(error) => error.place(),
            _ => Place::default(),
        }
    }
}

fn backticks(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
