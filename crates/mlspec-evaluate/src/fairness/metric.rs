//! Differences and ratios between groups, by fairlearn's names.

use mlspec_measure::{GroupRates, Undefined, rate_difference, rate_ratio};
use mlspec_record::body::Metric;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::borrow::Cow;
use std::fmt;

/// What lies between the groups that are compared.
#[derive(Clone, Copy)]
pub struct FairnessMetric {
    name: &'static str,
    between: Between,
}

/// A rate of a group.
type Rate = fn(&GroupRates) -> &Result<f64, Undefined>;

/// How rates of groups are compared; of several rates, the one that lies furthest apart counts.
#[derive(Clone, Copy)]
enum Between {
    Difference(&'static [Rate]),
    Ratio(&'static [Rate]),
}

use Between::{Difference, Ratio};

const SELECTED: Rate = |rates| &rates.selection_rate;
const HIT: Rate = |rates| &rates.true_positive_rate;
const ALARMED: Rate = |rates| &rates.false_positive_rate;
const PRECISE: Rate = |rates| &rates.precision;
const RIGHT: Rate = |rates| &rates.accuracy;

const fn metric(name: &'static str, between: Between) -> FairnessMetric {
    FairnessMetric { name, between }
}

impl FairnessMetric {
    /// All of them, in the order in which they are told.
    pub const ALL: &'static [Self] = &[
        metric("demographic_parity_difference", Difference(&[SELECTED])),
        metric("demographic_parity_ratio", Ratio(&[SELECTED])),
        metric("equal_opportunity_difference", Difference(&[HIT])),
        metric("equal_opportunity_ratio", Ratio(&[HIT])),
        metric("predictive_equality_difference", Difference(&[ALARMED])),
        metric("predictive_equality_ratio", Ratio(&[ALARMED])),
        metric("equalized_odds_difference", Difference(&[HIT, ALARMED])),
        metric("equalized_odds_ratio", Ratio(&[HIT, ALARMED])),
        metric("predictive_parity_difference", Difference(&[PRECISE])),
        metric("predictive_parity_ratio", Ratio(&[PRECISE])),
        metric("accuracy_score_difference", Difference(&[RIGHT])),
        metric("accuracy_score_ratio", Ratio(&[RIGHT])),
    ];

    /// The metric of this name, if there is one.
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|metric| metric.name == name).copied()
    }

    /// The name in documents.
    pub fn as_str(self) -> &'static str {
        self.name
    }

    /// Its value between these groups, or why there is none.
    pub(super) fn report(self, groups: &[GroupRates], min_rows: u64) -> Metric {
        let (value, reason) = match self.value(groups, min_rows) {
            Ok(value) => (Some(value), None),
            Err(reason) => (None, Some(reason)),
        };
        Metric { name: self.name.to_owned(), value, reason, interval: None }
    }

    fn value(self, groups: &[GroupRates], min_rows: u64) -> Result<f64, String> {
        if groups.len() < 2 {
            return Err(format!("fewer than two groups have at least {min_rows} rows"));
        }
        let one = |rate: &Rate, by: fn(&[f64]) -> Result<f64, Undefined>| {
            let rates = groups.iter().map(|group| rate(group).clone()).collect::<Result<Vec<_>, _>>();
            rates.and_then(|rates| by(&rates)).map_err(|reason| format!("in one of the groups: {reason}"))
        };
        let values = match self.between {
            Difference(rates) => {
                rates.iter().map(|rate| one(rate, rate_difference)).collect::<Result<Vec<f64>, _>>()?
            }
            Ratio(rates) => rates.iter().map(|rate| one(rate, rate_ratio)).collect::<Result<Vec<f64>, _>>()?,
        };
        let furthest = match self.between {
            Difference(_) => f64::max,
            Ratio(_) => f64::min,
        };
        values.into_iter().reduce(furthest).ok_or_else(|| "nothing is compared".to_owned())
    }
}

impl PartialEq for FairnessMetric {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for FairnessMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl fmt::Display for FairnessMetric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl Serialize for FairnessMetric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for FairnessMetric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::find(&name).ok_or_else(|| de::Error::custom(format!("there is no fairness metric `{name}`")))
    }
}

impl JsonSchema for FairnessMetric {
    fn schema_name() -> Cow<'static, str> {
        "FairnessMetric".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = Self::ALL.iter().map(|metric| metric.name).collect();
        json_schema!({
            "type": "string",
            "enum": names,
            "description": "A difference or ratio of rates between groups, by fairlearn's names.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_compared_by_fairlearns_definitions() {
        let group = |selection: f64, hit: Option<f64>, alarm: f64, precision: Option<f64>, accuracy: f64| GroupRates {
            selection_rate: Ok(selection),
            true_positive_rate: hit.ok_or(Undefined::NoPositive),
            false_positive_rate: Ok(alarm),
            precision: precision.ok_or(Undefined::ZeroDivision("nothing was predicted positive")),
            accuracy: Ok(accuracy),
        };
        let check = |groups: &[GroupRates], expect: [Option<f64>; 12]| {
            let found: Vec<Metric> = FairnessMetric::ALL.iter().map(|metric| metric.report(groups, 30)).collect();
            assert_eq!(found.iter().map(|metric| metric.value).collect::<Vec<_>>(), expect);
            assert!(found.iter().all(|metric| metric.value.is_some() != metric.reason.is_some()));
        };
        let a = group(0.5, Some(0.75), 0.25, Some(0.5), 0.75);
        let b = group(0.25, Some(0.5), 0.125, Some(1.0), 0.75);
        let expect = [0.25, 0.5, 0.25, 0.5 / 0.75, 0.125, 0.5, 0.25, 0.5, 0.5, 0.5, 0.0, 1.0].map(Some);
        check(&[a.clone(), b.clone()], expect);
        check(&[b.clone(), a.clone(), b.clone()], expect);
        check(std::slice::from_ref(&a), [None; 12]);
        let none = group(0.25, None, 0.125, None, 0.75);
        let some = |difference, ratio| [Some(difference), Some(ratio)];
        let parts = [some(0.25, 0.5), [None; 2], some(0.125, 0.5), [None; 2], [None; 2], some(0.0, 1.0)];
        check(&[a, none], parts.as_flattened().try_into().unwrap());
        let never = group(0.0, Some(0.0), 0.0, None, 0.5);
        let zero = [Some(0.0), None];
        let parts = [zero, zero, zero, zero, [None; 2], some(0.0, 1.0)];
        check(&[never.clone(), never], parts.as_flattened().try_into().unwrap());
    }
}
