//! Why a model or its encoders could not be read or used.

use mlspec_record::{DataType, ExitCode, Failure, Place};
use mlspec_store::StoreError;
use mlspec_table::TableError;

/// Why a model or its encoders could not be read or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ModelError {
    /// The file was written in a format that this version does not read.
    #[error("the file has the format `{found}`; this version reads `{known}`")]
    Format {
        /// What the file says.
        found: String,
        /// What this version reads.
        known: &'static str,
    },
    /// The file is not what its format says.
    #[error("the {what} cannot be used: {reason}")]
    Invalid {
        /// What it should be.
        what: &'static str,
        /// What is wrong.
        reason: String,
    },
    /// The rows have another number of features than the model.
    #[error("the model has {expected} features, the rows have {found}")]
    FeatureCount {
        /// The model's.
        expected: usize,
        /// The rows'.
        found: usize,
    },
    /// A column has another type than its encoder takes.
    #[error("the column `{column}` is of type `{found}`, expected {expected}")]
    ColumnType {
        /// The column.
        column: String,
        /// Its type.
        found: DataType,
        /// The types that are allowed.
        expected: &'static str,
    },
    /// Values of a column cannot be encoded.
    #[error("the column `{column}` {problem} in {count} rows (ids {})", list(.rows))]
    Rows {
        /// The column.
        column: String,
        /// What is wrong with the values.
        problem: RowProblem,
        /// How many rows have such a value.
        count: u64,
        /// The ids of up to five of them.
        rows: Vec<u64>,
    },
    /// A feature is NaN or infinite.
    #[error("the feature {feature} is not finite in {count} rows (positions {})", list(.positions))]
    NotFiniteFeature {
        /// The matrix column.
        feature: usize,
        /// In how many rows.
        count: u64,
        /// Up to five positions of such rows, from 0.
        positions: Vec<usize>,
    },
    /// The rows would not fit into memory as dense rows.
    #[error("{rows} rows of {columns} features are too many for dense rows: at most {limit} values")]
    TooDense {
        /// The rows.
        rows: usize,
        /// The features.
        columns: usize,
        /// How many values are allowed.
        limit: usize,
    },
    /// A table could not be read or made.
    #[error(transparent)]
    Table(#[from] TableError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is wrong with values of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RowProblem {
    /// Null, and nothing stands for null.
    Null,
    /// NaN or infinite.
    NotFinite,
    /// A category that the fitted rows don't have.
    UnseenCategory,
    /// A class that the fitted rows don't have.
    UnseenClass,
    /// A weight below zero.
    NegativeWeight,
    /// A number that has no such logarithm or power.
    OutsideDomain,
    /// A number of which an encoder makes one that is not finite.
    Overflow,
}

impl std::fmt::Display for RowProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Null => "is null",
            Self::NotFinite => "is NaN or infinite",
            Self::UnseenCategory => "has a category that the fitted rows don't have",
            Self::UnseenClass => "has a class that the fitted rows don't have",
            Self::NegativeWeight => "is a weight below zero",
            Self::OutsideDomain => "has a number outside the domain of the logarithm or power",
            Self::Overflow => "has a number whose feature is not finite",
        })
    }
}

impl RowProblem {
    fn hint(self) -> &'static str {
        match self {
            Self::Null => "set `impute` (numbers, categories) or `nulls: empty` (texts), or drop such rows before",
            Self::NotFinite => "replace such values or drop such rows before",
            Self::UnseenCategory => "set `handle_unknown: ignore`, or fit on rows that have all categories",
            Self::UnseenClass => "group rare classes, or split so that the fitted part has all",
            Self::NegativeWeight => "weights are zero or more",
            Self::OutsideDomain => {
                "`log1p` takes numbers above -1, other logarithms and `box_cox` above 0, `yeo_johnson` any"
            }
            Self::Overflow => "leave such rows out, or scale the column before",
        }
    }
}

impl ModelError {
    /// `what` cannot be used, for this reason.
    pub fn invalid(what: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { what, reason: reason.into() }
    }
}

/// Items with commas between.
pub(crate) fn list<T: std::fmt::Display>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Failure for ModelError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Format { .. } | Self::Invalid { .. } | Self::FeatureCount { .. } => ExitCode::Usage,
            Self::ColumnType { .. } => ExitCode::Usage,
            Self::Rows { .. } | Self::NotFiniteFeature { .. } | Self::TooDense { .. } => ExitCode::Data,
            Self::Table(error) => error.exit_code(),
            Self::Store(error) => error.exit_code(),
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Format { .. } => Some("use a version of mlspec that knows the format".to_owned()),
            Self::FeatureCount { .. } => {
                Some("encode the rows with the encoders that the model was fitted with".to_owned())
            }
            Self::TooDense { .. } => {
                Some("use fewer features, such as a smaller `n_features`, or an estimator for sparse rows".to_owned())
            }
            Self::Rows { problem, .. } => Some(problem.hint().to_owned()),
            Self::Table(error) => error.hint(),
            Self::Store(error) => error.hint(),
            _ => None,
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::Rows { column, rows, .. } => {
                Place { table_column: Some(column.clone()), row: rows.first().copied(), ..Place::default() }
            }
            Self::ColumnType { column, .. } => Place { table_column: Some(column.clone()), ..Place::default() },
            Self::Table(error) => error.place(),
            Self::Store(error) => error.place(),
            _ => Place::default(),
        }
    }
}
