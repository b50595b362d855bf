//! Parameters of metrics, by scikit-learn's names.

use super::Task;
use crate::EvaluateError;
use mlspec_measure::{Average, Binning, KappaWeights};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The parameters of a metric; none means scikit-learn's default. Each metric takes its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetricOptions {
    /// How many times as much as precision recall counts, at least 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beta: Option<f64>,
    /// Whether several classes are told one against all others (`ovr`) or pair by pair (`ovo`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub multi_class: Option<MultiClass>,
    /// Which class, or which mean over classes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub average: Option<Averaging>,
    /// How many places of a ranking, or how many of the likeliest classes, count; at least 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub k: Option<u32>,
    /// The quantile that is predicted, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alpha: Option<f64>,
    /// With which power of the mean the variance grows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub power: Option<f64>,
    /// Into how many bins probabilities are put, from 1 to 10,000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_bins: Option<u32>,
    /// Whether bins are equally wide or hold equally many rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Strategy>,
    /// How much disagreements count by how far classes are apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weights: Option<Apart>,
}

/// Which class, or which mean over classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Averaging {
    /// The positive class alone.
    Binary,
    /// All classes together.
    Micro,
    /// The plain mean over classes.
    Macro,
    /// The mean over classes, weighted by their true rows.
    Weighted,
}

/// How several classes are ranked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MultiClass {
    /// Each against all others.
    Ovr,
    /// Each against each other.
    Ovo,
}

/// How probabilities are put into bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// Bins of equal width.
    Uniform,
    /// Bins of about equally many rows.
    Quantile,
}

/// How much disagreements count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Apart {
    /// By the number of places between classes.
    Linear,
    /// By its square.
    Quadratic,
}

/// A parameter that a metric takes.
pub(super) struct Parameter {
    pub(super) name: &'static str,
    /// What it is if nothing is said, as it prints; none where it must be said, or where there is no word for it.
    default: Option<&'static str>,
    pub(super) required: bool,
    /// What it may be.
    range: &'static str,
    within: fn(&MetricOptions) -> bool,
    pub(super) schema: fn() -> Value,
}

const fn parameter(
    name: &'static str,
    default: Option<&'static str>,
    range: &'static str,
    within: fn(&MetricOptions) -> bool,
    schema: fn() -> Value,
) -> Parameter {
    Parameter { name, default, required: false, range, within, schema }
}

pub(super) static BETA: Parameter = Parameter {
    required: true,
    ..parameter(
        "beta",
        None,
        "at least 0 and at most 1,000,000",
        |options| options.beta.is_none_or(|beta| (0.0..=1e6).contains(&beta)),
        || json!({"type": "number", "minimum": 0, "maximum": 1e6, "description": "How many times as much as precision recall counts."}),
    )
};
pub(super) static AVERAGE: Parameter = parameter(
    "average",
    Some("binary"),
    "`binary`, `micro`, `macro` or `weighted`",
    |_| true,
    || json!({"enum": ["binary", "micro", "macro", "weighted"], "default": "binary", "description": "The positive class, or a mean over classes."}),
);
pub(super) static AVERAGE_OF_RANKINGS: Parameter = parameter(
    "average",
    Some("macro"),
    "`micro`, `macro` or `weighted`",
    |options| options.average != Some(Averaging::Binary),
    || json!({"enum": ["micro", "macro", "weighted"], "default": "macro", "description": "The mean over classes, where there are several."}),
);
pub(super) static AVERAGE_OF_AREAS: Parameter = parameter(
    "average",
    Some("macro"),
    "`macro` or `weighted`",
    |options| !matches!(options.average, Some(Averaging::Binary | Averaging::Micro)),
    || json!({"enum": ["macro", "weighted"], "default": "macro", "description": "The mean over classes, where there are several."}),
);
pub(super) static MULTI_CLASS: Parameter = parameter(
    "multi_class",
    None,
    "`ovr` or `ovo`",
    |_| true,
    || json!({"enum": ["ovr", "ovo"], "description": "Of several classes, each against all others or against each other."}),
);
pub(super) static TOP: Parameter = parameter(
    "k",
    Some("2"),
    "at least 1",
    k_within,
    || json!({"type": "integer", "minimum": 1, "maximum": u32::MAX, "default": 2, "description": "How many of the likeliest classes count."}),
);
pub(super) static PLACES: Parameter = parameter(
    "k",
    None,
    "at least 1",
    k_within,
    || json!({"type": "integer", "minimum": 1, "maximum": u32::MAX, "description": "How many places of the ranking count; all if nothing is said."}),
);
pub(super) static ALPHA: Parameter = parameter(
    "alpha",
    Some("0.5"),
    "from 0 to 1",
    |options| options.alpha.is_none_or(|alpha| (0.0..=1.0).contains(&alpha)),
    || json!({"type": "number", "minimum": 0, "maximum": 1, "default": 0.5, "description": "The quantile that is predicted."}),
);
pub(super) static POWER: Parameter = parameter(
    "power",
    Some("0"),
    "at most 0 or at least 1, and from -1,000 to 1,000",
    |options| options.power.is_none_or(|power| (-1e3..=1e3).contains(&power) && !(power > 0.0 && power < 1.0)),
    || json!({"type": "number", "minimum": -1000, "maximum": 1000, "default": 0, "description": "With which power of the mean the variance grows: 0 normal, 1 Poisson, 2 gamma, 3 inverse Gaussian; not between 0 and 1."}),
);
pub(super) static N_BINS: Parameter = parameter(
    "n_bins",
    Some("10"),
    "from 1 to 10,000",
    |options| options.n_bins.is_none_or(|bins| (1..=10_000).contains(&bins)),
    || json!({"type": "integer", "minimum": 1, "maximum": 10_000, "default": 10, "description": "Into how many bins probabilities are put."}),
);
pub(super) static STRATEGY: Parameter = parameter(
    "strategy",
    Some("uniform"),
    "`uniform` or `quantile`",
    |_| true,
    || json!({"enum": ["uniform", "quantile"], "default": "uniform", "description": "Bins of equal width, or of about equally many rows."}),
);
pub(super) static WEIGHTS: Parameter = parameter(
    "weights",
    None,
    "`linear` or `quadratic`",
    |_| true,
    || json!({"enum": ["linear", "quadratic"], "description": "How much disagreements count, by how far classes are apart in their order; all alike if nothing is said."}),
);

fn k_within(options: &MetricOptions) -> bool {
    options.k != Some(0)
}

impl MetricOptions {
    /// Those that are said, and how they print.
    fn said(&self) -> Vec<(String, String)> {
        let Ok(Value::Object(members)) = serde_json::to_value(self) else { return Vec::new() };
        let print = |value: Value| match value {
            Value::String(text) => text,
            // 2 and 2.0 are one number.
            Value::Number(number) => number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string()),
            other => other.to_string(),
        };
        members.into_iter().map(|(name, value)| (name, print(value))).collect()
    }

    /// Those that are not the default, as `name=value`, in the order of the metric's parameters.
    pub(super) fn shown(&self, takes: &[&Parameter]) -> Vec<String> {
        let said = self.said();
        let shown = |parameter: &&Parameter| {
            let (name, value) = said.iter().find(|(name, _)| name == parameter.name)?;
            (parameter.default != Some(value.as_str())).then(|| format!("{name}={value}"))
        };
        takes.iter().filter_map(shown).collect()
    }

    pub(super) fn check(&self, metric: &'static str, takes: &[&Parameter]) -> Result<(), EvaluateError> {
        // A number that is none would print as `null` and be nothing.
        let numbers = [self.beta, self.alpha, self.power];
        let said = self.said();
        for (name, _) in &said {
            if !takes.iter().any(|parameter| parameter.name == name) {
                let takes = takes.iter().map(|parameter| format!("`{}`", parameter.name)).collect::<Vec<_>>();
                let takes = if takes.is_empty() { "none".to_owned() } else { takes.join(", ") };
                return Err(EvaluateError::NoParameter { metric, parameter: name.clone(), takes });
            }
        }
        for parameter in takes {
            let missing = parameter.required && !said.iter().any(|(name, _)| name == parameter.name);
            let finite = numbers.iter().flatten().all(|number| number.is_finite());
            if missing || !finite || !(parameter.within)(self) {
                return Err(EvaluateError::Parameter { metric, parameter: parameter.name, range: parameter.range });
            }
        }
        Ok(())
    }

    /// The labels that a mean over classes, or the one class, is for.
    pub(super) fn average_suits(&self) -> &'static [Task] {
        match self.average {
            None | Some(Averaging::Binary) => &[Task::Binary],
            Some(_) => &[Task::Classes, Task::Binary],
        }
    }

    pub(super) fn kappa(&self) -> KappaWeights {
        match self.weights {
            None => KappaWeights::None,
            Some(Apart::Linear) => KappaWeights::Linear,
            Some(Apart::Quadratic) => KappaWeights::Quadratic,
        }
    }

    pub(super) fn binning(&self) -> Binning {
        match self.strategy {
            None | Some(Strategy::Uniform) => Binning::Uniform,
            Some(Strategy::Quantile) => Binning::Quantile,
        }
    }

    /// The mean over classes, the plain one if nothing is said.
    pub(super) fn over_classes(&self) -> Average {
        match self.average {
            Some(Averaging::Micro) => Average::Micro,
            Some(Averaging::Weighted) => Average::Weighted,
            None | Some(Averaging::Binary | Averaging::Macro) => Average::Macro,
        }
    }
}
