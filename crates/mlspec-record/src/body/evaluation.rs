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
    /// How groups are treated, by column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fairness: Vec<Fairness>,
    /// Curves for plots.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub curves: Vec<Curve>,
    /// What the model loses when a column of the table says nothing any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub importances: Option<PermutationImportances>,
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
    /// The metric, by scikit-learn's name, with its parameters where they are not the defaults: `fbeta_score(beta=2)`.
    pub name: String,
    /// Its value; null where it is undefined.
    pub value: Option<f64>,
    /// Why it is undefined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// How far it would vary if other rows of the same kind were measured, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interval: Option<Interval>,
}

/// An interval from samples of the rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Interval {
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// Which share of the samples' values lies within it.
    pub level: f64,
    /// How many samples gave a value.
    pub samples: u64,
}

/// A further column of a dataset, by which rows are put together or which features come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnOf {
    /// The source dataset that the column belongs to, or `rows` for the evaluated rows themselves.
    pub source: String,
    /// The column.
    pub column: String,
}

/// What a model loses when columns of the table say nothing any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PermutationImportances {
    /// The metric, as among the metrics.
    pub metric: String,
    /// Its value when nothing is permuted; null where it is undefined.
    pub value: Option<f64>,
    /// How many rows were looked at.
    pub rows: u64,
    /// How often each column was permuted.
    pub repeats: u64,
    /// The columns, by name.
    pub columns: Vec<ColumnImportance>,
}

/// What a model loses when one column says nothing any more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnImportance {
    /// The column of the encoded table.
    pub column: String,
    /// How many features are made of it, alone or with other columns.
    pub features: u64,
    /// By how much the metric became worse, on average; null where it is undefined.
    pub mean: Option<f64>,
    /// The standard deviation of that over the repeats.
    pub standard_deviation: Option<f64>,
    /// In how many of the repeats the metric had a value.
    pub measured: u64,
    /// The columns of datasets that it comes from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<ColumnOf>,
}

/// Metrics over the slices that one column makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SliceMetrics {
    /// The source dataset that the column belongs to, or `rows` for the evaluated rows themselves.
    pub source: String,
    /// The column.
    pub column: String,
    /// The further columns, where rows are put together by several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cross: Vec<ColumnOf>,
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
    /// The further columns' values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cross: Vec<Option<String>>,
    /// How many rows it has.
    pub rows: u64,
    /// Its metrics.
    pub metrics: Vec<Metric>,
}

/// How the groups that one column makes are treated.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fairness {
    /// The source dataset that the column belongs to, or `rows` for the evaluated rows themselves.
    pub source: String,
    /// The column.
    pub column: String,
    /// The further columns, where rows are put together by several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cross: Vec<ColumnOf>,
    /// How many rows a group must have to be compared.
    pub min_rows: u64,
    /// The groups, by value.
    pub groups: Vec<FairnessGroup>,
    /// Differences and ratios of rates between the groups that are compared, by fairlearn's names; of two groups and more the greatest
    /// and the least rate count.
    pub metrics: Vec<Metric>,
    /// How many rows have several values, through several source rows; each counts in every group.
    pub rows_in_several: u64,
    /// How many rows have no value, since no source row stands behind them.
    pub rows_in_none: u64,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FairnessGroup {
    /// The column's value as text; null for null.
    pub value: Option<String>,
    /// The further columns' values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cross: Vec<Option<String>>,
    /// How many rows it has.
    pub rows: u64,
    /// How many of them are positive.
    pub positive: u64,
    /// The share of its rows that were predicted positive, by weight; null where undefined.
    pub selection_rate: Option<f64>,
    /// The share of its positive rows that were predicted positive; null where it has none.
    pub true_positive_rate: Option<f64>,
    /// The share of its negative rows that were predicted positive; null where it has none.
    pub false_positive_rate: Option<f64>,
    /// The share of its rows predicted positive that are; null where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub precision: Option<f64>,
    /// The share of its rows that were predicted rightly, by weight; null where undefined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// Whether it has enough rows to be compared.
    pub compared: bool,
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
