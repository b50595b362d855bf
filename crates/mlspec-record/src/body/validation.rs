//! A table was held against expectations.

use crate::ArtifactRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of a validation record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Validation {
    /// Whether every expectation of severity `error` holds.
    pub passed: bool,
    /// How many rows were looked at.
    pub rows: u64,
    /// The verdicts, in the order of the settings.
    pub expectations: Vec<ExpectationResult>,
}

/// What a failed expectation means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It is reported.
    Warning,
    /// It stops the pipeline.
    #[default]
    Error,
}

/// The verdict on one expectation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectationResult {
    /// The expectation's name: given, or made of its kind and column.
    pub name: String,
    /// Its kind, such as `not_null`.
    pub expectation: String,
    /// The columns it looks at.
    pub columns: Vec<String>,
    /// What its failure means.
    pub severity: Severity,
    /// Whether it holds.
    pub passed: bool,
    /// How many rows fail it.
    pub failing: u64,
    /// The share of rows allowed to fail.
    pub tolerance: f64,
    /// All failing rows, as a table without columns: their ids, with lineage to the rows of the checked table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_rows: Option<ArtifactRef>,
    /// What was found where rows are not the point, such as a missing column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
