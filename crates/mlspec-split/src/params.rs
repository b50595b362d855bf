//! What a user may set, and the check.

use crate::distance::DistanceParams;
use crate::output::Outputs;
use crate::predefined::PredefinedParams;
use crate::sample::SampleParams;
use crate::time::TimeParams;
use crate::{SplitError, Splitter};
use mlspec_record::body::Severity;
use mlspec_record::{Name, Seed};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How a table is split: by shares (of a hash; with `stratify`, in every stratum; with `time`, in the order of time), by cuts in time, into
/// folds, or as a column says.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("anyOf" = [
    {"required": ["parts"]}, {"required": ["time"]}, {"required": ["folds"]}, {"required": ["predefined"]}
]))]
pub struct SplitParams {
    /// The parts and their shares of the rows, which sum to 1. Each part is an output port.
    ///
    /// The shares divide the range of the hash in the order of the parts' names, so the order here does not matter.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "parts_schema")]
    pub parts: BTreeMap<Name, f64>,
    /// Which rows stay together.
    pub by: By,
    /// Columns whose combinations make strata (null is a value): every part, or fold, gets its share of every stratum, but for the rounding
    /// of one row, or group of rows, for which the hash decides. A group belongs to the stratum that most of its rows are in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub stratify: Vec<String>,
    /// Parts in the order of time: by `parts`' shares, or by cuts.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "TimeParams")]
    pub time: Option<TimeParams>,
    /// So many folds of equal size, instead of parts: fold `k`, from 0, has the ports `fold<k>-test`, with the rows of the fold, and
    /// `fold<k>-train`, with all others.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 50))]
    pub folds: Option<u64>,
    /// A column that says the part.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PredefinedParams")]
    pub predefined: Option<PredefinedParams>,
    /// Small samples of parts, for debugging: each is an output port, and its rows stay in the part too.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub samples: BTreeMap<Name, SampleParams>,
    /// Parts that nothing before the test may learn from: the record says so.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub hold_back: Vec<Name>,
    /// The seed of the hash; the run's seed if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Seed")]
    pub seed: Option<Seed>,
    /// Whether a part may get none of a table's rows.
    pub allow_empty: bool,
    /// What to do when rows of a source reach more than one part; reported in any case.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "LeakageGate")]
    pub leakage: Option<LeakageGate>,
    /// Measures how far parts are from each other, and what to do when they are too far. The parts are read once more for it, also by an
    /// update.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "DistanceParams")]
    pub distance: Option<DistanceParams>,
}

/// Which rows stay together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// Every row for itself, by its id.
    #[default]
    Row,
    /// Rows with equal values in these columns; null is a value.
    Columns(#[schemars(length(min = 1))] Vec<String>),
    /// Rows that come from the same row of this source dataset, also through other rows.
    Source(Name),
}

/// What to do when rows of a source reach more than one part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LeakageGate {
    /// The source dataset.
    pub source: Name,
    /// `error` stops the pipeline, `warning` tells.
    #[serde(default)]
    pub severity: Severity,
    /// The share of the source's rows that may reach more than one part, in `[0, 1]`.
    #[serde(default, skip_serializing_if = "is_zero")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub tolerance: f64,
}

fn is_zero(share: &f64) -> bool {
    *share == 0.0
}

fn parts_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let name = generator.subschema_for::<Name>();
    schemars::json_schema!({
        "type": "object",
        "minProperties": 1,
        "propertyNames": name,
        "additionalProperties": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    })
}

impl SplitParams {
    /// Checks everything that can be checked without a table; only the result can split.
    ///
    /// # Errors
    /// When there is no part, a share is outside `(0, 1]`, shares do not sum to 1, names clash, no column is named, or two settings exclude
    /// each other.
    pub fn check(self) -> Result<Splitter, SplitError> {
        for (name, &share) in &self.parts {
            // Written as "not inside", which refuses NaN.
            if !(share > 0.0 && share <= 1.0) {
                return Err(SplitError::Share(name.clone(), share));
            }
        }
        if matches!(&self.by, By::Columns(columns) if columns.is_empty()) {
            return Err(SplitError::NoColumns);
        }
        self.check_method()?;
        if let Some(time) = &self.time {
            time.check(&self.parts)?;
        }
        if let Some(predefined) = &self.predefined {
            predefined.check()?;
        }
        if let Some(distance) = &self.distance {
            distance.check()?;
        }
        if !self.parts.is_empty() {
            let sum: f64 = self.parts.values().copied().collect::<mlspec_measure::Sum>().get();
            if (sum - 1.0).abs() > 1e-9 {
                return Err(SplitError::Sum(sum));
            }
        }
        let outputs = Outputs::of(&self)?;
        if let Some(gate) = &self.leakage
            && !(0.0..=1.0).contains(&gate.tolerance)
        {
            return Err(SplitError::Setting(format!(
                "`leakage.tolerance` must be from 0 to 1, got `{}`",
                gate.tolerance
            )));
        }
        if let Some(unknown) = self.hold_back.iter().find(|name| outputs.part(name).is_none()) {
            return Err(SplitError::Setting(format!("`hold_back` names `{unknown}`, which is no part")));
        }
        Ok(Splitter::of(self, outputs))
    }

    /// Exactly one setting says what the parts are, and the others go with it.
    fn check_method(&self) -> Result<(), SplitError> {
        let wrong = |reason: &str| Err(SplitError::Setting(reason.to_owned()));
        let cuts = self.time.as_ref().is_some_and(|time| !time.cuts.is_empty());
        match (self.folds, &self.predefined, cuts) {
            (Some(folds), _, _) if !(2..=50).contains(&folds) => {
                return Err(SplitError::Setting(format!("`folds` must be from 2 to 50, got `{folds}`")));
            }
            (Some(_), Some(_), _) | (_, Some(_), true) => {
                return wrong("`folds`, `predefined` and `time` exclude each other");
            }
            _ if self.time.is_some() && (self.folds.is_some() || self.predefined.is_some()) => {
                return wrong("`folds`, `predefined` and `time` exclude each other");
            }
            (Some(_), ..) | (_, Some(_), _) | (_, _, true) if !self.parts.is_empty() => {
                return wrong("`parts` has shares, which `folds`, `predefined` and `time.cuts` leave no room for");
            }
            (None, None, false) if self.parts.is_empty() => return Err(SplitError::NoParts),
            _ => {}
        }
        let alone = self.time.is_some() || self.predefined.is_some();
        if alone && !self.stratify.is_empty() {
            return wrong("`stratify` goes with `parts` and `folds` alone");
        }
        if alone && self.by != By::Row {
            return wrong("rows are kept together by a hash: `by` goes with `parts` and `folds` alone");
        }
        Ok(())
    }
}
