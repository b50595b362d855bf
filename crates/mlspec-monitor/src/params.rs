//! What a user may set, and the check.

use crate::{Measure, Monitor, MonitorError};
use mlspec_measure::distance::Correction;
use mlspec_record::Name;
use mlspec_record::body::{Direction, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a batch is compared with a reference.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MonitorParams {
    /// The columns of the batch to compare; all that both sides have if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The columns whose texts the record may show; it shows no other text of a table.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub show: Vec<String>,
    /// The level below which a probability speaks of drift, in `(0, 1)`.
    #[serde(default = "default_significance")]
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub significance: f64,
    /// How probabilities are corrected for the number of columns that a gate looks at.
    #[serde(default)]
    pub correction: Correction,
    /// Into how many bins of about equally many rows numbers of the reference are cut, from 2 to 100.
    #[serde(default = "default_bins")]
    #[schemars(range(min = 2, max = 100))]
    pub bins: u32,
    /// How many of the bins or categories that set a drifted column apart are told, with the ids of their rows; at most 20.
    #[serde(default = "default_contributions")]
    #[schemars(range(max = 20))]
    pub contributions: u32,
    /// A file that stands for the reference: a profile, or the record of an analysis in the same store.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub baseline: Option<Baseline>,
    /// What drift means; one gate of severity `warning` over everything if none is given.
    #[serde(default = "default_gates")]
    #[schemars(length(min = 1))]
    pub gates: Vec<GateParams>,
}

/// A file that stands for the reference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The datastore.
    pub datastore: Name,
    /// The file within it.
    #[schemars(length(min = 1))]
    pub path: String,
}

/// What some drift means. Drift is found where the corrected probability is below the level, the measure reaches the threshold, and the
/// direction is the one asked for; what is not set plays no part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GateParams {
    /// Its name; made of its measure if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it looks at; everything if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<GateOf>,
    /// The columns or metrics it looks at; all of them if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The measure. Without one: Kolmogorov and Smirnov's for numbers, χ² for all others, null and unseen rates, missing
    /// columns, and metrics.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Measure>,
    /// The least value that matters, at least 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0))]
    pub threshold: Option<f64>,
    /// Another level than that of the settings, in `(0, 1]`; with 1 the threshold decides alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))]
    pub significance: Option<f64>,
    /// The direction that matters, of measures that have one; of a metric, whether it rose or fell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// `error` stops the pipeline, `warning` tells.
    #[serde(default)]
    pub severity: Severity,
}

/// What a gate looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GateOf {
    /// The columns of the batch.
    Data,
    /// What the model predicted.
    Prediction,
    /// The truth.
    Label,
    /// The model's metrics.
    Metric,
}

fn default_significance() -> f64 {
    0.05
}

fn default_bins() -> u32 {
    10
}

fn default_contributions() -> u32 {
    3
}

fn default_gates() -> Vec<GateParams> {
    vec![GateParams { severity: Severity::Warning, ..GateParams::default() }]
}

impl Default for GateParams {
    fn default() -> Self {
        Self {
            name: None,
            of: None,
            columns: Vec::new(),
            measure: None,
            threshold: None,
            significance: None,
            direction: None,
            severity: Severity::Error,
        }
    }
}

impl Default for MonitorParams {
    fn default() -> Self {
        Self {
            columns: Vec::new(),
            show: Vec::new(),
            significance: default_significance(),
            correction: Correction::default(),
            bins: default_bins(),
            contributions: default_contributions(),
            baseline: None,
            gates: default_gates(),
        }
    }
}

impl MonitorParams {
    /// Checks everything that can be checked without tables; only the result can compare.
    ///
    /// # Errors
    /// When a number is outside its range, a column is named twice, or a gate could never find drift.
    pub fn check(self) -> Result<Monitor, MonitorError> {
        let refuse = |what: String| Err(MonitorError::Setting(what));
        // Written as "not inside", which refuses NaN.
        if !(self.significance > 0.0 && self.significance < 1.0) {
            return refuse(format!("`significance` must be above 0 and below 1, got `{}`", self.significance));
        }
        if !(2..=100).contains(&self.bins) {
            return refuse(format!("`bins` must be from 2 to 100, got `{}`", self.bins));
        }
        if self.contributions > 20 {
            return refuse(format!("`contributions` must be at most 20, got `{}`", self.contributions));
        }
        if self.gates.is_empty() {
            return refuse("`gates` must hold at least one gate".to_owned());
        }
        if self.baseline.as_ref().is_some_and(|baseline| baseline.path.is_empty()) {
            return refuse("`baseline.path` must name a file".to_owned());
        }
        for (setting, columns) in [("columns", &self.columns), ("show", &self.show)] {
            let mut sorted: Vec<&String> = columns.iter().collect();
            sorted.sort_unstable();
            if let Some(pair) = sorted.windows(2).find(|pair| pair[0] == pair[1]) {
                return refuse(format!("`{setting}` names the column `{}` twice", pair[0]));
            }
        }
        self.gates.iter().try_for_each(GateParams::check)?;
        Ok(Monitor::of(self))
    }
}

impl GateParams {
    fn check(&self) -> Result<(), MonitorError> {
        let refuse = |what: String| Err(MonitorError::Setting(what));
        let name = self.title();
        if self.threshold.is_some_and(|least| !(least >= 0.0 && least.is_finite())) {
            return refuse(format!("the `threshold` of gate `{name}` must be at least 0"));
        }
        if self.significance.is_some_and(|level| !(level > 0.0 && level <= 1.0)) {
            return refuse(format!("the `significance` of gate `{name}` must be above 0 and at most 1"));
        }
        if self.significance == Some(1.0) && self.threshold.is_none() {
            return refuse(format!("the gate `{name}` has neither a `significance` below 1 nor a `threshold`"));
        }
        if self.measure.is_some_and(|measure| !measure.has_null()) && self.threshold.is_none() {
            return refuse(format!("the gate `{name}` needs a `threshold`: its measure has no probability"));
        }
        if self.direction.is_some() && self.measure.is_some_and(|measure| !measure.has_direction()) {
            return refuse(format!("the measure of gate `{name}` has no direction"));
        }
        if self.of == Some(GateOf::Metric) && self.measure.is_some() {
            return refuse(format!("the gate `{name}` looks at metrics, which have no `measure`"));
        }
        Ok(())
    }

    /// Its name, or one made of its measure.
    pub fn title(&self) -> String {
        let made = || self.measure.map_or("drift", Measure::name).to_owned();
        self.name.clone().unwrap_or_else(made)
    }
}
