//! What metrics must reach.

use crate::{EvaluateError, MetricName};
use mlspec_record::body::Metric;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a metric over all rows must reach. A metric without value reaches nothing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// The metric.
    pub metric: MetricName,
    /// The least value allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<f64>,
    /// The greatest value allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
}

impl Requirement {
    pub(crate) fn check(&self) -> Result<(), EvaluateError> {
        let possible = match (self.min, self.max) {
            (Some(min), Some(max)) => min <= max,
            (Some(bound), None) | (None, Some(bound)) => bound.is_finite(),
            (None, None) => false,
        };
        if possible { Ok(()) } else { Err(EvaluateError::Requirement(self.metric)) }
    }

    /// Why the metrics don't meet it, if they don't.
    pub fn refusal(&self, metrics: &[Metric]) -> Option<String> {
        let name = self.metric;
        let found = metrics.iter().find(|metric| metric.name == name.as_str())?;
        let Some(value) = found.value else {
            let reason = found.reason.as_deref().unwrap_or("it has no value");
            return Some(format!("`{name}` is required and undefined: {reason}"));
        };
        let below =
            self.min.filter(|&min| value < min).map(|min| format!("`{name}` is {value}, required at least {min}"));
        below.or_else(|| {
            self.max.filter(|&max| value > max).map(|max| format!("`{name}` is {value}, required at most {max}"))
        })
    }
}
