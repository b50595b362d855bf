//! Why a model could not be fitted.

use mlspec_model::ModelError;
use mlspec_record::{ExitCode, Failure, Place};

/// Why a model could not be fitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainError {
    /// A setting is outside its range.
    #[error("`{name}` must be {range}, got `{found}`")]
    Setting {
        /// The setting.
        name: &'static str,
        /// What it may be.
        range: &'static str,
        /// What it is.
        found: f64,
    },
    /// There is nothing to fit on.
    #[error("there are no rows to fit on")]
    NoRows,
    /// There is nothing to predict from.
    #[error("the rows have no features")]
    NoFeatures,
    /// The matrix has no label.
    #[error("the matrix has no label")]
    NoLabel,
    /// The label is of another kind than the estimator predicts.
    #[error("the estimator `{estimator}` predicts {expected}, and the label is {found}")]
    Label {
        /// The estimator.
        estimator: &'static str,
        /// What it predicts.
        expected: &'static str,
        /// What the label is.
        found: &'static str,
    },
    /// Labels, weights and rows differ in number.
    #[error("{rows} rows have {found} {what}")]
    Length {
        /// The rows.
        rows: usize,
        /// Labels or weights.
        what: &'static str,
        /// How many there are.
        found: usize,
    },
    /// A label or weight cannot be used.
    #[error("{count} rows have {what} (positions {})", list(.positions))]
    Rows {
        /// What is wrong.
        what: &'static str,
        /// How many rows.
        count: usize,
        /// Up to five of their positions, from 0.
        positions: Vec<usize>,
    },
    /// Only one class has rows.
    #[error("all {rows} rows have the same class; a classifier needs two")]
    OneClass {
        /// The rows.
        rows: usize,
    },
    /// Some of several classes have no rows.
    #[error("{empty} of {classes} classes have no rows to fit on")]
    EmptyClass {
        /// How many classes have none.
        empty: usize,
        /// How many classes there are.
        classes: usize,
    },
    /// Labels that cannot be all zero.
    #[error("all labels are 0: there is no rate to predict")]
    AllZero,
    /// A setting names a feature that there is not.
    #[error("`{setting}` names `{name}`, and no feature or column is called so")]
    UnknownFeature {
        /// The setting.
        setting: &'static str,
        /// What it names.
        name: String,
    },
    /// Monotone constraints that cannot be held.
    #[error("`monotonic_cst` cannot be held: {reason}")]
    Monotone {
        /// Why.
        reason: &'static str,
    },
    /// The rows would not fit into memory.
    #[error("{found} {what} are too many: at most {limit}")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The estimator works on dense statistics of all pairs of features.
    #[error("{features} features are too many for `{estimator}`: at most {limit}")]
    TooManyFeatures {
        /// The estimator.
        estimator: &'static str,
        /// The features.
        features: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// The model would hold too many numbers.
    #[error("a model of `{estimator}` would hold {numbers} numbers for these rows; at most {limit}")]
    TooLarge {
        /// The estimator.
        estimator: &'static str,
        /// How many numbers.
        numbers: usize,
        /// How many are allowed.
        limit: usize,
    },
    /// A setting asks for more rows than there are.
    #[error("`{what}` is {wanted}, and there are {rows} rows")]
    FewRows {
        /// The setting.
        what: &'static str,
        /// How many rows it takes.
        wanted: u32,
        /// How many there are that weigh something.
        rows: usize,
    },
    /// Shares of classes were given, and of another number of classes.
    #[error("`{estimator}` has shares of {found} classes, and the label has {classes}")]
    Priors {
        /// The estimator.
        estimator: &'static str,
        /// How many classes there are.
        classes: usize,
        /// How many have a share.
        found: usize,
    },
    /// Features are the same in all rows of a class.
    #[error("{features} features are the same in all rows of a class, and nothing is added to their variance")]
    NoVariance {
        /// How many.
        features: usize,
    },
    /// The solver needs features that don't depend on each other.
    #[error("the solver `{solver}` needs features that are independent, and of {features} only {rank} are")]
    Dependent {
        /// The solver.
        solver: &'static str,
        /// How many features there are.
        features: usize,
        /// How many are independent.
        rank: usize,
    },
    /// The solver knows no weights.
    #[error("the solver `{solver}` takes no weights")]
    Weights {
        /// The solver.
        solver: &'static str,
    },
    /// The solver gave up.
    #[error("the solver `{solver}` found no model: {reason}")]
    Solver {
        /// The solver.
        solver: &'static str,
        /// What it says.
        reason: String,
    },
    /// The numbers grew beyond what can be represented.
    #[error("the fit ended in numbers that are not finite: the features differ too much in size")]
    Overflow,
    /// The rows could not be used, or no model could be made.
    #[error(transparent)]
    Model(#[from] ModelError),
}

fn list(positions: &[usize]) -> String {
    positions.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl TrainError {
    /// An error for the rows for which `bad` is true, if there are any.
    pub(crate) fn rows(what: &'static str, bad: impl Iterator<Item = bool>) -> Result<(), Self> {
        let (mut count, mut positions) = (0, Vec::new());
        for (at, _) in bad.enumerate().filter(|pair| pair.1) {
            count += 1;
            if positions.len() < 5 {
                positions.push(at);
            }
        }
        if count == 0 { Ok(()) } else { Err(Self::Rows { what, count, positions }) }
    }
}

impl Failure for TrainError {
    fn exit_code(&self) -> ExitCode {
        match self {
            Self::Setting { .. }
            | Self::NoLabel
            | Self::Label { .. }
            | Self::Length { .. }
            | Self::Priors { .. }
            | Self::UnknownFeature { .. }
            | Self::Monotone { .. }
            | Self::Weights { .. } => ExitCode::Usage,
            Self::Model(error) => error.exit_code(),
            _ => ExitCode::Data,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoLabel => "declare one in the encode step: `label: {column: …, task: …}`",
            Self::Label { .. } => "change the label's `task` in the encode step, or the estimator",
            Self::OneClass { .. } | Self::EmptyClass { .. } => "look at the split and the filters before it",
            Self::TooManyFeatures { .. } => {
                "use fewer features, such as a smaller `n_features`, or `logistic_regression`"
            }
            Self::TooMany { .. } => {
                "use fewer features, such as a smaller `n_features`, a smaller `max_bins`, or fewer rows"
            }
            Self::UnknownFeature { .. } => "name features or columns as the encode step does",
            Self::Monotone { .. } => "leave the constraint away, or predict numbers or two classes",
            Self::AllZero => "look at the split and the filters before it",
            Self::TooLarge { .. } => "use fewer features, such as a smaller `n_features`, or fewer rows or classes",
            Self::Priors { .. } => "give a share for each class, in the order of the classes sorted as text",
            Self::NoVariance { .. } => "set `var_smoothing` above 0, such as 1e-9",
            Self::Dependent { .. } | Self::Weights { .. } | Self::Solver { .. } => {
                "leave `solver` at its default, which has no such limit"
            }
            Self::Overflow => "scale the features with `standard_scaler`",
            Self::Model(error) => return error.hint(),
            _ => return None,
        };
        Some(hint.to_owned())
    }

    fn place(&self) -> Place {
        match self {
            Self::Model(error) => error.place(),
            _ => Place::default(),
        }
    }
}
