//! A batch of rows was held against a reference: what drifted, by how much, and which rows and columns are behind it.

use super::Severity;
use crate::{ArtifactRef, DataType, Digest, SourceColumn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of a monitoring record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Monitoring {
    /// Whether no gate of severity `error` found drift.
    pub passed: bool,
    /// How many rows the batch has.
    pub rows: u64,
    /// How many rows the reference has.
    pub reference_rows: u64,
    /// What the batch was held against: `table`, `profile` (of an analysis) or `baseline` (a file).
    pub reference: String,
    /// The columns that were compared: those of the batch, then those of the predictions.
    pub columns: Vec<ColumnDrift>,
    /// What became of the model's metrics, where both sides have predictions with labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricDrift>,
    /// Columns of the reference that the batch does not have, or has with another type.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
    /// Columns that only the batch has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<String>,
    /// The verdicts, gate by gate.
    pub gates: Vec<GateVerdict>,
    /// The objects with the profiles of chunks, by port: what an update goes on from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub states: Vec<PortState>,
}

/// What an update goes on from at a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PortState {
    /// The port.
    pub port: String,
    /// The object with the profile of every chunk.
    pub state: Digest,
}

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnRole {
    /// A column of the batch.
    Data,
    /// What a model predicted: a class, a number or a probability.
    Prediction,
    /// The truth.
    Label,
}

/// One column of the batch beside that of the reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnDrift {
    /// The column.
    pub column: String,
    /// Its type.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// What it is.
    pub role: ColumnRole,
    /// The distances, by name.
    pub measures: Vec<DriftMeasure>,
    /// Whether a gate found drift.
    pub drifted: bool,
    /// The columns of sources that it comes from, where it drifted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<SourceColumn>,
    /// The bins or categories that set both sides apart most, where it drifted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contributions: Vec<Contribution>,
}

/// Which way something went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// It is more, or greater.
    Up,
    /// It is less, or smaller.
    Down,
}

/// A distance and what chance would make of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DriftMeasure {
    /// The measure, such as `population_stability_index`.
    pub measure: String,
    /// Its value; null where it is undefined.
    pub value: Option<f64>,
    /// The probability that samples of these sizes from one distribution are that far apart, or a bound of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
    /// The least value whose probability is at most the significance level, for a single test.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub critical: Option<f64>,
    /// Which way it went, where the measure has a direction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Why it is undefined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A bin or a category, and its part in the drift.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Contribution {
    /// What it holds: a range of numbers, a value where it may be shown, or `null`, `NaN`, `other`, `unseen`.
    pub bin: String,
    /// Its share of the reference.
    pub reference: f64,
    /// Its share of the batch.
    pub current: f64,
    /// Its share of the population stability index.
    pub share: f64,
    /// Its rows of the batch, as a table without columns: their ids, with lineage to the rows of the batch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<ArtifactRef>,
}

/// A metric before and now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MetricDrift {
    /// The metric, by scikit-learn's name.
    pub metric: String,
    /// Its value over the predictions of the reference.
    pub reference: f64,
    /// Its value over the predictions of the batch.
    pub current: f64,
    /// The probability that chance sets them that far apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
    /// Whether it became worse.
    pub worse: bool,
    /// Whether a gate found drift.
    pub drifted: bool,
}

/// What a gate found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GateVerdict {
    /// Its name.
    pub name: String,
    /// What drift means.
    pub severity: Severity,
    /// Whether it found none.
    pub passed: bool,
    /// How many columns or metrics were tested together.
    pub tests: u64,
    /// What drifted, with the probability corrected for the number of tests.
    pub drifted: Vec<Drifted>,
}

/// A column or metric that drifted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Drifted {
    /// The column or metric.
    pub name: String,
    /// The measure.
    pub measure: String,
    /// Its value.
    pub value: f64,
    /// The corrected probability; absent where the gate has a threshold only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub p_value: Option<f64>,
    /// Which way it went, where the measure has a direction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
}
