//! A model was fitted.

use crate::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The body of a training record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Training {
    /// The estimator, such as `logistic_regression`.
    pub estimator: String,
    /// Its hyper-parameters, with defaults filled in.
    pub hyperparameters: Map<String, Value>,
    /// How many rows it was fitted on.
    pub rows: u64,
    /// How many features they had.
    pub features: u64,
    /// The classes, sorted as text, for a classifier.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The class that counts as positive, if there are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// How the fit ended, for iterative estimators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub convergence: Option<Convergence>,
    /// How an update of this model finds the next.
    pub method: Method,
    /// What an update of this estimator guarantees.
    pub guarantee: Guarantee,
    /// The digest of the statistics that an update continues from, where there are such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Digest>,
    /// What the model itself says about its features, where it can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub importances: Option<Importances>,
    /// The version of the model format.
    pub format: String,
}

/// What a model itself says about its features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Importances {
    /// What the figures are.
    pub measure: ImportanceMeasure,
    /// The most important features, at most 100, by descending importance; those of no importance are left out.
    pub features: Vec<FeatureImportance>,
    /// The most important columns of the table that was encoded, at most 100: the sums over their features. A feature of several
    /// columns counts in equal parts.
    pub columns: Vec<SummedImportance>,
    /// How many more features have some importance.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
}

/// What the importance of a feature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ImportanceMeasure {
    /// The absolute coefficient; the mean over functions where there are several. It depends on the feature's scale.
    Coefficient,
    /// The share of all decrease of impurity that splits by the feature brought; all add up to 1.
    Impurity,
    /// The share of all decrease of the loss that splits by the feature brought; all add up to 1.
    Gain,
}

/// A feature and its importance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FeatureImportance {
    /// The feature's name.
    pub feature: String,
    /// The columns of the encoded table that it comes from.
    pub columns: Vec<String>,
    /// How important it is; above 0.
    pub importance: f64,
}

/// A column and the importance of its features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SummedImportance {
    /// The column of the encoded table.
    pub column: String,
    /// The sum over its features.
    pub importance: f64,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// How an iterative fit ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Convergence {
    /// Where the first iteration began.
    pub start: Start,
    /// Whether the tolerance was reached.
    pub converged: bool,
    /// How many iterations it took.
    pub iterations: u64,
    /// The objective at the end, mean over rows, penalty included.
    pub objective: f64,
    /// The largest absolute component of the gradient at the end, for estimators that go by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient_norm: Option<f64>,
    /// How far the objective is from its optimum at most, as a point of the dual problem tells, for estimators that go by it; of
    /// several functions, that of the one that is farthest from what was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duality_gap: Option<f64>,
    /// The tolerance asked for: of the gradient norm, or of what the estimator goes by instead.
    pub tolerance: f64,
    /// How much the probabilities of the fitted rows may still change on the way to the optimum: the largest change that one
    /// more, exact Newton step would make, where it was computed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub probability_change: Option<f64>,
    /// An upper bound of the Euclidean distance of the coefficients (with the intercepts that suit them best) to those of the
    /// optimum: the Euclidean norm of the gradient by the penalty's weight, by which the objective is strongly convex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_bound: Option<f64>,
}

/// Where the first iteration began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Start {
    /// At zero.
    Zero,
    /// At the optimum of some of the rows.
    Sample,
    /// At numbers that were drawn.
    Random,
    /// At the coefficients of the model before the rows changed: a warm start.
    Previous,
}

/// How an update of a model finds the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// From sums over all rows, added up chunk by chunk in their order: a run adds up the same.
    Statistics,
    /// By iterations from the coefficients before on; a run begins elsewhere and ends at the same optimum.
    WarmStart,
    /// As a run does, from all rows.
    Retrained,
}

/// How close an updated model is to one fitted anew on the changed rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Guarantee {
    /// Bit-equal.
    Exact,
    /// The same unique optimum, to a stated gradient norm.
    Converged,
    /// It is fitted anew.
    Retrained,
}
