//! What metrics must reach.

use crate::{EvaluateError, FairnessBy, FairnessMetric, MetricSpec};
use mlspec_record::Name;
use mlspec_record::body::{Evaluation, Fairness, Metric};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;
use std::fmt;

/// What a metric must reach: one over all rows, or a difference or ratio between groups. A metric without value reaches nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The metric.
    pub metric: Required,
    /// For a difference or ratio between groups: the source of the column that makes the groups. All entries of `fairness` must
    /// reach it where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Name>,
    /// For a difference or ratio between groups: the first column of the entries of `fairness` that must reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The least value allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The greatest value allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

/// A metric that can be required.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Required {
    /// One over all rows.
    Metric(MetricSpec),
    /// One between groups.
    Fairness(FairnessMetric),
}

impl fmt::Display for Required {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metric(metric) => metric.fmt(f),
            Self::Fairness(metric) => metric.fmt(f),
        }
    }
}

/// What is wrong with a metric's parameters is told, which an untagged reader would not.
impl<'de> Deserialize<'de> for Required {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        if let Some(metric) = value.as_str().and_then(FairnessMetric::find) {
            return Ok(Self::Fairness(metric));
        }
        serde_json::from_value(value).map(Self::Metric).map_err(de::Error::custom)
    }
}

impl Requirement {
    /// A requirement on a metric over all rows.
    pub fn of(metric: MetricSpec, min: Option<f64>, max: Option<f64>) -> Self {
        Self { metric: Required::Metric(metric), source: None, column: None, min, max }
    }

    /// The metric over all rows that it is on, if it is on one.
    pub(crate) fn measured(&self) -> Option<MetricSpec> {
        match self.metric {
            Required::Metric(metric) => Some(metric),
            Required::Fairness(_) => None,
        }
    }

    pub(crate) fn check(&self, fairness: &[FairnessBy]) -> Result<(), EvaluateError> {
        let possible = match (self.min, self.max) {
            (Some(min), Some(max)) => min <= max,
            (Some(bound), None) | (None, Some(bound)) => bound.is_finite(),
            (None, None) => false,
        };
        if !possible {
            return Err(EvaluateError::Requirement(self.metric));
        }
        let grouped = self.source.is_some() || self.column.is_some();
        match self.metric {
            Required::Metric(metric) if grouped => Err(EvaluateError::RequirementGroups(metric)),
            Required::Fairness(metric)
                if !fairness.iter().any(|by| self.is_on(by.source.as_ref().map(Name::as_str), &by.column)) =>
            {
                Err(EvaluateError::RequirementFairness(metric))
            }
            _ => Ok(()),
        }
    }

    fn is_on(&self, source: Option<&str>, column: &str) -> bool {
        self.source.as_ref().is_none_or(|wanted| Some(wanted.as_str()) == source)
            && self.column.as_ref().is_none_or(|wanted| wanted == column)
    }

    /// Why what was measured does not meet it, where it does not.
    pub fn refusals(&self, found: &Evaluation) -> Vec<String> {
        let name = self.metric.to_string();
        let of = |metrics: &[Metric], by: &str| {
            let metric = metrics.iter().find(|metric| metric.name == name)?;
            self.refusal(metric, by)
        };
        match self.metric {
            Required::Metric(_) => of(&found.metrics, "").into_iter().collect(),
            Required::Fairness(_) => {
                let on = found.fairness.iter().filter(|by| self.is_on(Some(&by.source), &by.column));
                on.filter_map(|by| of(&by.metrics, &format!(" by {}", columns(by)))).collect()
            }
        }
    }

    fn refusal(&self, metric: &Metric, by: &str) -> Option<String> {
        let name = &metric.name;
        let Some(value) = metric.value else {
            let reason = metric.reason.as_deref().unwrap_or("it has no value");
            return Some(format!("`{name}`{by} is required and undefined: {reason}"));
        };
        let below =
            self.min.filter(|&min| value < min).map(|min| format!("`{name}`{by} is {value}, required at least {min}"));
        below.or_else(|| {
            self.max.filter(|&max| value > max).map(|max| format!("`{name}`{by} is {value}, required at most {max}"))
        })
    }
}

/// The columns that make the groups.
fn columns(by: &Fairness) -> String {
    let first = format!("`{}.{}`", by.source, by.column);
    let further = by.cross.iter().map(|column| format!("`{}.{}`", column.source, column.column));
    std::iter::once(first).chain(further).collect::<Vec<_>>().join(" × ")
}
