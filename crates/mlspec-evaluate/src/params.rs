//! What a user may set, and the check.

use crate::slices::{ColumnBy, SliceBy};
use crate::{BootstrapParams, EvaluateError, Evaluator, FairnessBy, ImportanceParams, MetricSpec, Requirement};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What the stage evaluate measures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EvaluateParams {
    /// The metrics; none means those that suit the label.
    #[serde(default)]
    pub metrics: Vec<MetricSpec>,
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
    /// The column whose values say which rows are ranked together, for `ndcg_score` and `mean_reciprocal_rank`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries: Option<ColumnBy>,
    /// Intervals for the metrics over all rows, from samples of the rows; none if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<BootstrapParams>,
    /// What the model loses when a column of the table says nothing any more; not measured if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permutation_importance: Option<ImportanceParams>,
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
    pub metrics: Vec<MetricSpec>,
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
    /// The column whose values say which rows are ranked together, for `ndcg_score` and `mean_reciprocal_rank`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queries: Option<ColumnBy>,
    /// Intervals for the metrics over all rows, from samples of the rows; none if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bootstrap: Option<BootstrapParams>,
    /// How many slices a column may make.
    #[serde(default = "max_slices")]
    #[schemars(range(min = 1))]
    pub max_slices: u64,
    /// What metrics must reach; the pipeline stops if one does not.
    #[serde(default)]
    pub require: Vec<Requirement>,
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
            queries: None,
            bootstrap: None,
            permutation_importance: None,
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
        self.slices.iter().try_for_each(SliceBy::check)?;
        self.queries.iter().try_for_each(ColumnBy::check)?;
        self.bootstrap.iter().try_for_each(BootstrapParams::check)?;
        self.permutation_importance.iter().try_for_each(ImportanceParams::check)?;
        let permuted = self.permutation_importance.as_ref().and_then(|params| params.metric);
        check_queries(self.metrics.iter().chain(&permuted), self.queries.as_ref())?;
        Ok(Evaluator::of(self))
    }
}

/// A metric that ranks query by query needs queries.
fn check_queries<'a>(
    mut metrics: impl Iterator<Item = &'a MetricSpec>,
    queries: Option<&ColumnBy>,
) -> Result<(), EvaluateError> {
    match metrics.find(|metric| metric.by_query() && queries.is_none()) {
        Some(metric) => Err(EvaluateError::NoQueries(*metric)),
        None => Ok(()),
    }
}

impl TestParams {
    /// Checks everything that can be checked without rows; gives the evaluator of these settings.
    ///
    /// # Errors
    /// When a number is outside its range, or a requirement cannot be met.
    pub fn check(&self) -> Result<Evaluator, EvaluateError> {
        self.require.iter().try_for_each(|requirement| requirement.check(&self.fairness))?;
        let required: Vec<MetricSpec> = self.require.iter().filter_map(Requirement::measured).collect();
        check_queries(required.iter(), self.queries.as_ref())?;
        let params = EvaluateParams {
            metrics: self.metrics.clone(),
            threshold: self.threshold,
            slices: self.slices.clone(),
            fairness: self.fairness.clone(),
            queries: self.queries.clone(),
            bootstrap: self.bootstrap,
            permutation_importance: None,
            max_slices: self.max_slices,
        };
        Ok(params.check()?.with_metrics(required))
    }
}
