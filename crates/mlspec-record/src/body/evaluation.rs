//! A model was measured: stage 8 (evaluation) and stage 9 (test), which never share a record.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of an evaluation record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Evaluation {
    /// How many rows were predicted.
    pub rows: u64,
    /// The metrics over all rows.
    pub metrics: Vec<Metric>,
    /// The metrics by slice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<SliceMetrics>,
    /// Curves for plots.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curves: Vec<Curve>,
    /// Counts by true class (row) and predicted class (column), in the order of `classes`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confusion_matrix: Vec<Vec<u64>>,
    /// The classes, sorted, for a classifier.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The model's size.
    pub model: ModelSize,
}

/// The body of a test record: the same figures, from rows that no decision was made on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Test {
    /// The figures.
    pub result: Evaluation,
    /// How many source rows of the held-back rows also reached the rows that the model was trained on, by source.
    pub shared_with_training: Vec<super::Leak>,
    /// For each source, how many links lead from the held-back rows to its rows: what an update counts on from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<super::LinkCount>,
}

/// A metric's value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Metric {
    /// The metric, by scikit-learn's name.
    pub name: String,
    /// Its value; null where it is undefined.
    pub value: Option<f64>,
    /// Why it is undefined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Metrics over the slices that one column makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SliceMetrics {
    /// The source dataset that the column belongs to, or `rows` for the evaluated rows themselves.
    pub source: String,
    /// The column.
    pub column: String,
    /// The slices, by value.
    pub slices: Vec<Slice>,
    /// How many rows have several values, through several source rows; each counts in every one.
    pub rows_in_several: u64,
    /// How many rows have no value, since no source row stands behind them.
    pub rows_in_none: u64,
}

/// One slice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Slice {
    /// The column's value as text; null for null.
    pub value: Option<String>,
    /// How many rows it has.
    pub rows: u64,
    /// Its metrics.
    pub metrics: Vec<Metric>,
}

/// A curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Curve {
    /// Its name: `roc`, `precision_recall` or `calibration`.
    pub name: String,
    /// Abscissae, at most 200.
    pub x: Vec<f64>,
    /// Ordinates, as many.
    pub y: Vec<f64>,
}

/// The size of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelSize {
    /// The model artifact with its encoders, in bytes.
    pub bytes: u64,
    /// How many numbers were fitted.
    pub parameters: u64,
}
