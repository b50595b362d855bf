//! What a user may set, and the check.

use crate::{EvaluateError, Evaluator, FairnessBy, MetricName, Requirement};
use mlspec_record::Name;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the stage evaluate measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluateParams {
    /// The metrics; none means those that suit the label.
    #[serde(default)]
    pub metrics: Vec<MetricName>,
    /// From which probability of the positive class on a row is predicted positive; the model decides if there is none,
    /// which is at 0.5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub threshold: Option<f64>,
    /// The columns by which metrics are given slice by slice.
    #[serde(default)]
    pub slices: Vec<SliceBy>,
    /// The columns whose values make groups that are to be treated alike: rates by group, differences and ratios between them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fairness: Vec<FairnessBy>,
    /// How many slices a column may make.
    #[serde(default = "max_slices")]
    #[schemars(range(min = 1))]
    pub max_slices: u64,
}

/// What the stage test measures, and what it asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TestParams {
    /// The metrics; none means those that suit the label. Metrics of `require` are always among them.
    #[serde(default)]
    pub metrics: Vec<MetricName>,
    /// From which probability of the positive class on a row is predicted positive; the model decides if there is none,
    /// which is at 0.5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub threshold: Option<f64>,
    /// The columns by which metrics are given slice by slice.
    #[serde(default)]
    pub slices: Vec<SliceBy>,
    /// The columns whose values make groups that are to be treated alike: rates by group, differences and ratios between them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fairness: Vec<FairnessBy>,
    /// How many slices a column may make.
    #[serde(default = "max_slices")]
    #[schemars(range(min = 1))]
    pub max_slices: u64,
    /// What metrics must reach; the pipeline stops if one does not.
    #[serde(default)]
    pub require: Vec<Requirement>,
}

/// A column to slice by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SliceBy {
    /// The source dataset that has the column; the rows that were encoded if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Name>,
    /// The column; the features need not hold it.
    #[schemars(length(min = 1))]
    pub column: String,
    /// Into how many bins of about equally many rows a column of numbers is cut; a slice per value if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 100))]
    pub quantiles: Option<u32>,
}

fn max_slices() -> u64 {
    50
}

impl Default for EvaluateParams {
    fn default() -> Self {
        Self {
            metrics: Vec::new(),
            threshold: None,
            slices: Vec::new(),
            fairness: Vec::new(),
            max_slices: max_slices(),
        }
    }
}

impl EvaluateParams {
    /// Checks everything that can be checked without rows; only the result can evaluate.
    ///
    /// # Errors
    /// When a number is outside its range.
    pub fn check(self) -> Result<Evaluator, EvaluateError> {
        if let Some(threshold) = self.threshold
            && !(0.0..=1.0).contains(&threshold)
        {
            return Err(EvaluateError::Threshold(threshold));
        }
        if self.max_slices == 0 {
            return Err(EvaluateError::MaxSlices);
        }
        self.fairness.iter().try_for_each(FairnessBy::check)?;
        for slice in &self.slices {
            if let Some(found) = slice.quantiles
                && !(2..=100).contains(&found)
            {
                return Err(EvaluateError::Quantiles { column: slice.column.clone(), found });
            }
        }
        Ok(Evaluator::of(self))
    }
}

impl TestParams {
    /// Checks everything that can be checked without rows; gives the evaluator of these settings.
    ///
    /// # Errors
    /// When a number is outside its range, or a requirement cannot be met.
    pub fn check(&self) -> Result<Evaluator, EvaluateError> {
        self.require.iter().try_for_each(Requirement::check)?;
        let params = EvaluateParams {
            metrics: self.metrics.clone(),
            threshold: self.threshold,
            slices: self.slices.clone(),
            fairness: self.fairness.clone(),
            max_slices: self.max_slices,
        };
        Ok(params.check()?.with_metrics(self.require.iter().map(|requirement| requirement.metric)))
    }
}
