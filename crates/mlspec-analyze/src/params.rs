//! What a user may set, and the check.

use crate::{AnalyzeError, Analyzer, CorrelationParams, DuplicateParams, OutlierParams};
use mlspec_record::Name;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is found out about a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AnalyzeParams {
    /// The columns to look at; all of them if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The columns whose texts the record may show; a record shows no other text of a table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub show: Vec<String>,
    /// How many of the most frequent values are told, at most 1,000.
    #[serde(default = "default_top")]
    #[schemars(range(max = 1000))]
    pub top: u32,
    /// The shares of which quantiles are told, each in `[0, 1]`, ascending.
    #[serde(default = "default_quantiles")]
    #[schemars(length(max = 100), inner(range(min = 0.0, max = 1.0)))]
    pub quantiles: Vec<f64>,
    /// The columns that make slices, each of which is profiled as the whole is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<SliceBy>,
    /// How many slices one column may make.
    #[serde(default = "default_max_slices")]
    pub max_slices: u64,
    /// How columns go together; found only when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correlations: Option<CorrelationParams>,
    /// Values far from the others, with the ids of their rows; found only when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outliers: Option<OutlierParams>,
    /// Rows that repeat others, with their ids; found only when asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<DuplicateParams>,
}

/// A column that makes slices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SliceBy {
    /// The source dataset that the column belongs to, behind the rows; the table itself if none is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Name>,
    /// The column; its values stand in the record.
    #[schemars(length(min = 1))]
    pub column: String,
}

fn default_top() -> u32 {
    10
}

fn default_quantiles() -> Vec<f64> {
    vec![0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
}

fn default_max_slices() -> u64 {
    50
}

impl Default for AnalyzeParams {
    fn default() -> Self {
        Self {
            columns: Vec::new(),
            show: Vec::new(),
            top: default_top(),
            quantiles: default_quantiles(),
            slices: Vec::new(),
            max_slices: default_max_slices(),
            correlations: None,
            outliers: None,
            duplicates: None,
        }
    }
}

impl AnalyzeParams {
    /// Checks everything that can be checked without a table; only the result can analyse.
    ///
    /// # Errors
    /// When a number is outside its range, quantiles do not ascend, or a column is named twice.
    pub fn check(self) -> Result<Analyzer, AnalyzeError> {
        let refuse = |what: &str| Err(AnalyzeError::Setting(what.to_owned()));
        // Written as "not inside", which refuses NaN.
        if !self.quantiles.iter().all(|share| (0.0..=1.0).contains(share)) {
            return refuse("`quantiles` must be shares from 0 to 1");
        }
        if !self.quantiles.windows(2).all(|pair| pair[0] < pair[1]) {
            return refuse("`quantiles` must ascend");
        }
        if self.quantiles.len() > 100 || self.top > 1000 {
            return refuse("at most 100 `quantiles` and 1000 `top` values can be told");
        }
        for (setting, columns) in [("columns", &self.columns), ("show", &self.show)] {
            twice(setting, columns)?;
        }
        if let Some(correlations) = &self.correlations {
            twice("correlations.columns", &correlations.columns)?;
        }
        if let Some(outliers) = &self.outliers {
            outliers.check()?;
            twice("outliers.columns", &outliers.columns)?;
        }
        if let Some(duplicates) = &self.duplicates {
            twice("duplicates.columns", &duplicates.columns)?;
        }
        if self.slices.iter().any(|slice| slice.column.is_empty()) {
            return refuse("a slice must name its column");
        }
        Ok(Analyzer::of(self))
    }
}

fn twice(setting: &str, columns: &[String]) -> Result<(), AnalyzeError> {
    let mut sorted: Vec<&String> = columns.iter().collect();
    sorted.sort_unstable();
    match sorted.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(AnalyzeError::Setting(format!("`{setting}` names the column `{}` twice", pair[0]))),
        None => Ok(()),
    }
}
