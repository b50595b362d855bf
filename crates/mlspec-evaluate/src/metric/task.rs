//! What a label asks of a model, and why a metric may have no value.

use mlspec_measure::Undefined;

/// What a label asks of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Task {
    /// One of two classes, of which one counts as positive.
    Binary,
    /// One of several classes.
    Classes,
    /// A number.
    Numbers,
}

impl Task {
    /// The task in words.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Binary => "two classes with a positive one",
            Self::Classes => "classes",
            Self::Numbers => "a number",
        }
    }
}

/// Why a metric has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoValue {
    /// It is undefined for these rows.
    #[error(transparent)]
    Undefined(#[from] Undefined),
    /// It needs probabilities.
    #[error("the model gives no probabilities")]
    NoProbabilities,
    /// It is for another task.
    #[error("it is for another kind of label")]
    OtherTask,
    /// It needs to know which rows belong to one query.
    #[error("it is not known which rows belong to which query")]
    NoQueries,
    /// Readers of JSON would see another number.
    #[error("its value is beyond 2^53")]
    TooLarge,
}
