//! A table was held against expectations.

use crate::{ArtifactRef, Digest, Name, Timestamp, Version};
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
    /// The environment that the step is in, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Name>,
    /// Names of expectations that do not hold in this environment, and were not judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skipped: Vec<String>,
    /// The document that the expectations stand in, where they stand in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<ExpectationsRef>,
}

/// A version of a document of expectations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectationsRef {
    /// Its name.
    pub name: Name,
    /// Its version.
    pub version: Version,
    /// The digest of its canonical JSON.
    pub digest: Digest,
}

/// Why the failure of an expectation stops nothing for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Waived {
    /// The reason given.
    pub reason: String,
    /// Until when.
    pub expires: Timestamp,
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
    /// How many rows it is about, where a condition chooses some of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// The share of rows allowed to fail.
    pub tolerance: f64,
    /// All failing rows, as a table without columns: their ids, with lineage to the rows of the checked table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_rows: Option<ArtifactRef>,
    /// What was measured, where the expectation is about one number: a mean, a share, a distance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed: Option<f64>,
    /// The waiver in force, which keeps a failure from stopping the pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waived: Option<Waived>,
    /// The object with what is known chunk by chunk: what an update goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Digest>,
    /// What was found where rows are not the point, such as a missing column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
