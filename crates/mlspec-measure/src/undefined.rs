//! Why a metric has no value.

use mlspec_record::{ExitCode, Failure};

/// Why a metric has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Undefined {
    /// There are no rows.
    #[error("there are no rows")]
    Empty,
    /// All rows belong to one class, so nothing can be told apart.
    #[error("all rows belong to one class")]
    OneClass,
    /// No row is positive.
    #[error("no row is positive")]
    NoPositive,
    /// The named quantity would be divided by, and is zero.
    #[error("{0}")]
    ZeroDivision(&'static str),
    /// Two inputs have different lengths.
    #[error("the {what} has {found} entries, expected {expected}")]
    Length {
        /// Which input.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The length of the truth.
        expected: usize,
    },
    /// A value is not a finite number.
    #[error("the {0} holds a value that is not a finite number")]
    NotFinite(&'static str),
    /// A probability lies outside `[0, 1]`.
    #[error("a probability lies outside [0, 1]")]
    Probability,
    /// A weight is negative, or all weights are zero.
    #[error("weights must be finite, not negative, and not all zero")]
    Weights,
    /// A parameter of the metric is outside its range.
    #[error("{0}")]
    Parameter(&'static str),
    /// A value lies where the metric is not defined.
    #[error("{0}")]
    Domain(&'static str),
    /// Rows fall into too few or too many clusters.
    #[error("{found} clusters of {rows} rows: there must be at least 2, and fewer than rows")]
    Clusters {
        /// How many clusters there are.
        found: usize,
        /// How many rows there are.
        rows: usize,
    },
    /// A true class has no probabilities, or a code is too large to count.
    #[error("there is a class code {code} among {classes} classes")]
    Code {
        /// The code.
        code: u32,
        /// How many classes there are.
        classes: usize,
    },
}

impl Failure for Undefined {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Length { .. } | Self::Code { .. } => ExitCode::Bug,
            Self::Parameter(_) => ExitCode::Usage,
            _ => ExitCode::Data,
        }
    }
}
