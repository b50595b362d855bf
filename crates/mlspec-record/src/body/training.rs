//! A model was fitted.

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
    /// What an update of this estimator guarantees.
    pub guarantee: Guarantee,
    /// The version of the model format.
    pub format: String,
}

/// How an iterative fit ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Convergence {
    /// Whether the tolerance was reached.
    pub converged: bool,
    /// How many iterations it took.
    pub iterations: u64,
    /// The objective at the end, mean over rows, penalty included.
    pub objective: f64,
    /// The largest absolute component of the gradient at the end.
    pub gradient_norm: f64,
    /// The gradient norm asked for.
    pub tolerance: f64,
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
