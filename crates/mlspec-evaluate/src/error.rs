//! Why a model could not be measured.

use crate::{FairnessMetric, MetricSpec, Required, Task};
use mlspec_model::ModelError;
use mlspec_provenance::{ProvenanceError, SliceError};
use mlspec_record::{DataType, ExitCode, Failure, Place};
use mlspec_store::StoreError;
use mlspec_table::TableError;

/// Why a model could not be measured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EvaluateError {
    /// The threshold is outside its range, or not a number.
    #[error("`threshold` must be from 0 to 1, got `{0}`")]
    Threshold(f64),
    /// The number of slices is outside its range.
    #[error("`max_slices` must be at least 1, got `0`")]
    MaxSlices,
    /// The number of bins is outside its range.
    #[error("`quantiles` of slice column `{column}` must be from 2 to 100, got `{found}`")]
    Quantiles {
        /// The column.
        column: String,
        /// What was set.
        found: u32,
    },
    /// The least size of a group is outside its range.
    #[error("`min_rows` of fairness column `{0}` must be at least 1, got `0`")]
    MinRows(String),
    /// Fairness is about two classes.
    #[error("`fairness` is for {wanted}, the label is {found}")]
    Fairness {
        /// What it is for.
        wanted: &'static str,
        /// What there is.
        found: &'static str,
    },
    /// A requirement has no bound, or bounds that no value meets.
    #[error("the requirement on `{0}` needs `min` or `max`, and `min` not above `max`")]
    Requirement(Required),
    /// A requirement on a metric over all rows names a column.
    #[error(
        "the requirement on `{0}` is about all rows: `source` and `column` are for differences and ratios between groups"
    )]
    RequirementGroups(MetricSpec),
    /// A requirement between groups that nothing makes.
    #[error("the requirement on `{0}` needs an entry of `fairness` with that source and column")]
    RequirementFairness(FairnessMetric),
    /// There is no metric of this name.
    #[error("unknown metric `{0}`")]
    UnknownMetric(String),
    /// The metric does not take the parameter.
    #[error("the metric `{metric}` has no parameter `{parameter}`; it takes {takes}")]
    NoParameter {
        /// The metric.
        metric: &'static str,
        /// The parameter.
        parameter: String,
        /// What it takes.
        takes: String,
    },
    /// The metric's parameter is missing, or outside its range.
    #[error("the parameter `{parameter}` of the metric `{metric}` must be {range}")]
    Parameter {
        /// The metric.
        metric: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// What it may be.
        range: &'static str,
    },
    /// The metric ranks rows query by query, and nothing says which belong together.
    #[error("the metric `{0}` ranks rows query by query: `queries` must name a column that says which belong together")]
    NoQueries(MetricSpec),
    /// Rows belong to no query, or to several.
    #[error("by the column `{column}`, {none} rows belong to no query and {several} rows to several")]
    Queries {
        /// The column.
        column: String,
        /// How many rows belong to several.
        several: u64,
        /// How many rows belong to none.
        none: u64,
    },
    /// The number of samples is outside its range.
    #[error("`samples` of `bootstrap` must be from 20 to 100,000, got `{0}`")]
    Samples(u32),
    /// The level is outside its range.
    #[error("`level` of `bootstrap` must be above 0 and below 1, got `{0}`")]
    Level(f64),
    /// The number of repeats is outside its range.
    #[error("`repeats` of `permutation_importance` must be from 1 to 1,000, got `{0}`")]
    Repeats(u32),
    /// The number of rows is outside its range.
    #[error("`max_rows` of `permutation_importance` must be at least 1, got `0`")]
    MaxRows,
    /// There is nothing to measure.
    #[error("there are no rows to measure the model on")]
    NoRows,
    /// The rows have no label.
    #[error("the rows have no label")]
    NoLabel,
    /// The rows were encoded by other encoders than those that the model was fitted with.
    #[error("the rows were encoded by other encoders than the model's")]
    Encoders,
    /// The model does not say which encoders make its features.
    #[error("the model names no encoders, so rows cannot become its features")]
    NoEncoders,
    /// The rows lack a column that features are made from.
    #[error("the rows have no column `{column}`, which the model's features are made from")]
    NoFeatureColumn {
        /// The column.
        column: String,
    },
    /// The label's classes are not the model's.
    #[error("the label has other classes than the model")]
    Classes,
    /// A classifier meets numbers, or a regressor classes.
    #[error("the model predicts {model}, the label is {label}")]
    Kind {
        /// What the model predicts.
        model: &'static str,
        /// What the label is.
        label: &'static str,
    },
    /// The metric is none for this label.
    #[error("the metric `{metric}` is for {wanted}, the label is {found}")]
    Metric {
        /// The metric.
        metric: MetricSpec,
        /// What it is for.
        wanted: String,
        /// What there is.
        found: &'static str,
    },
    /// A threshold needs a positive class and its probability.
    #[error("`threshold` needs two classes, a positive one, and probabilities")]
    NoThreshold,
    /// Values of this type make no slices.
    #[error("the column `{column}` of type `{found}` cannot {purpose}")]
    Type {
        /// The column.
        column: String,
        /// Its type.
        found: DataType,
        /// What it was to do.
        purpose: &'static str,
    },
    /// The column has more values than slices are wanted.
    #[error("the column `{column}` makes {found} slices; at most {limit} are wanted")]
    TooManySlices {
        /// The column.
        column: String,
        /// How many values it has.
        found: usize,
        /// How many are allowed.
        limit: u64,
    },
    /// Rows could not be put into slices.
    #[error(transparent)]
    Slice(#[from] SliceError),
    /// The model could not be read or used.
    #[error(transparent)]
    Model(#[from] ModelError),
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

impl EvaluateError {
    /// The metric is none for this task.
    pub(crate) fn unsuitable(metric: MetricSpec, task: Task) -> Self {
        let wanted: Vec<&str> = metric.tasks().iter().map(|task| task.as_str()).collect();
        Self::Metric { metric, wanted: wanted.join(" or "), found: task.as_str() }
    }

    /// The error of a lower crate, if it is one.
    fn inner(&self) -> Option<&dyn Failure> {
        match self {
            Self::Slice(error) => Some(error),
            Self::Model(error) => Some(error),
            Self::Table(error) => Some(error),
            Self::Store(error) => Some(error),
            Self::Provenance(error) => Some(&**error),
            _ => None,
        }
    }
}

impl From<ProvenanceError> for EvaluateError {
    fn from(error: ProvenanceError) -> Self {
        Self::Provenance(Box::new(error))
    }
}

impl Failure for EvaluateError {
    fn exit_code(&self) -> ExitCode {
        match (self, self.inner()) {
            (_, Some(inner)) => inner.exit_code(),
            (Self::NoRows | Self::TooManySlices { .. } | Self::NoFeatureColumn { .. } | Self::Queries { .. }, _) => {
                ExitCode::Data
            }
            _ => ExitCode::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoLabel => Some("declare a `label` in the encode step".to_owned()),
            Self::Encoders => Some("connect `data` to the encode step that the model's `train` came from".to_owned()),
            Self::NoEncoders => Some("predict with a model that an encode step was in front of".to_owned()),
            Self::TooManySlices { .. } => Some(
                "set `quantiles` for a column of numbers, choose a coarser column, or raise `max_slices`".to_owned(),
            ),
            Self::UnknownMetric(_) => Some(
                "metrics are named as in scikit-learn: `accuracy_score`, `{f1_score: {average: macro}}`".to_owned(),
            ),
            _ => self.inner().and_then(Failure::hint),
        }
    }

    fn place(&self) -> Place {
        match self {
            Self::NoFeatureColumn { column }
            | Self::Type { column, .. }
            | Self::TooManySlices { column, .. }
            | Self::Queries { column, .. } => Place { table_column: Some(column.clone()), ..Place::default() },
            _ => self.inner().map(Failure::place).unwrap_or_default(),
        }
    }
}
