//! How a classifier treats groups of rows that a column makes, also one of a source that the features left out.

use crate::slices::grouped;
use crate::{Answers, EvaluateError, Scored, SliceBy, Task};
use mlspec_measure::{GroupRates, Undefined, group_rates, rate_difference, rate_ratio};
use mlspec_provenance::RowsBehind;
use mlspec_record::Name;
use mlspec_record::body::{Fairness, FairnessGroup, Metric};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A column whose values make groups that are to be treated alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FairnessBy {
    /// The source dataset that has the column; the rows that were encoded if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Name>,
    /// The column; the features need not hold it.
    #[schemars(length(min = 1))]
    pub column: String,
    /// Into how many bins of about equally many rows a column of numbers is cut; a group per value if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 100))]
    pub quantiles: Option<u32>,
    /// How many rows a group must have to be compared; smaller ones are told and left out.
    #[serde(default = "min_rows")]
    #[schemars(range(min = 1))]
    pub min_rows: u64,
}

fn min_rows() -> u64 {
    30
}

impl FairnessBy {
    pub(crate) fn check(&self) -> Result<(), EvaluateError> {
        match (self.quantiles, self.min_rows) {
            (Some(found), _) if !(2..=100).contains(&found) => {
                Err(EvaluateError::Quantiles { column: self.column.clone(), found })
            }
            (_, 0) => Err(EvaluateError::MinRows(self.column.clone())),
            _ => Ok(()),
        }
    }
}

/// The rates of each group, and how far they lie apart.
pub(crate) fn measure(
    rows: &mut RowsBehind<'_>,
    by: &FairnessBy,
    limit: u64,
    scored: &Scored,
) -> Result<Fairness, EvaluateError> {
    let (truth, predicted) = binary(scored)?;
    let slice = SliceBy { source: by.source.clone(), column: by.column.clone(), quantiles: by.quantiles };
    let found = grouped(rows, &slice, limit)?;
    let mut groups = Vec::new();
    let mut rates: Vec<GroupRates> = Vec::new();
    for (value, rows) in found.groups {
        let take = |from: &[bool]| rows.iter().filter_map(|row| from.get(*row as usize).copied()).collect::<Vec<_>>();
        let weights = scored
            .weights
            .as_ref()
            .map(|all| rows.iter().filter_map(|row| all.get(*row as usize).copied()).collect::<Vec<f64>>());
        let (truth, predicted) = (take(&truth), take(&predicted));
        let compared = rows.len() as u64 >= by.min_rows;
        let of_group = group_rates(&truth, &predicted, weights.as_deref());
        let rate = |of: fn(&GroupRates) -> &Result<f64, Undefined>| {
            of_group.as_ref().ok().and_then(|rates| of(rates).clone().ok())
        };
        groups.push(FairnessGroup {
            value,
            rows: rows.len() as u64,
            positive: truth.iter().filter(|positive| **positive).count() as u64,
            selection_rate: rate(|rates| &rates.selection_rate),
            true_positive_rate: rate(|rates| &rates.true_positive_rate),
            false_positive_rate: rate(|rates| &rates.false_positive_rate),
            compared,
        });
        rates.extend(of_group.ok().filter(|_| compared));
    }
    let metrics = metrics(&rates, by.min_rows);
    let (rows_in_several, rows_in_none) = (found.several, found.none);
    let (source, column, min_rows) = (found.source, by.column.clone(), by.min_rows);
    Ok(Fairness { source, column, min_rows, groups, metrics, rows_in_several, rows_in_none })
}

/// Whether each row is positive, and whether it was predicted so.
fn binary(scored: &Scored) -> Result<(Vec<bool>, Vec<bool>), EvaluateError> {
    match &scored.answers {
        Answers::Class { truth, predicted, positive: Some(positive), .. } => {
            let are = |codes: &[u32]| codes.iter().map(|code| code == positive).collect();
            Ok((are(truth), are(predicted)))
        }
        _ => Err(EvaluateError::Fairness { wanted: Task::Binary.as_str(), found: scored.task().as_str() }),
    }
}

/// Differences and ratios between groups, by fairlearn's names.
fn metrics(groups: &[GroupRates], min_rows: u64) -> Vec<Metric> {
    type Rate = fn(&GroupRates) -> &Result<f64, Undefined>;
    let (selected, hit, alarmed): (Rate, Rate, Rate) =
        (|rates| &rates.selection_rate, |rates| &rates.true_positive_rate, |rates| &rates.false_positive_rate);
    let few = groups.len() < 2;
    let between = |rate: Rate, by: fn(&[f64]) -> Result<f64, Undefined>| -> Result<f64, String> {
        if few {
            return Err(format!("fewer than two groups have at least {min_rows} rows"));
        }
        let rates = groups.iter().map(|group| rate(group).clone()).collect::<Result<Vec<_>, _>>();
        rates.and_then(|rates| by(&rates)).map_err(|reason| format!("in one of the groups: {reason}"))
    };
    let both = |by: fn(&[f64]) -> Result<f64, Undefined>, pick: fn(f64, f64) -> f64| {
        Ok::<_, String>(pick(between(hit, by)?, between(alarmed, by)?))
    };
    let found = [
        ("demographic_parity_difference", between(selected, rate_difference)),
        ("demographic_parity_ratio", between(selected, rate_ratio)),
        ("equal_opportunity_difference", between(hit, rate_difference)),
        ("equal_opportunity_ratio", between(hit, rate_ratio)),
        ("predictive_equality_difference", between(alarmed, rate_difference)),
        ("predictive_equality_ratio", between(alarmed, rate_ratio)),
        ("equalized_odds_difference", both(rate_difference, f64::max)),
        ("equalized_odds_ratio", both(rate_ratio, f64::min)),
    ];
    let metric = |(name, value): (&str, Result<f64, String>)| match value {
        Ok(value) => Metric { name: name.to_owned(), value: Some(value), reason: None },
        Err(reason) => Metric { name: name.to_owned(), value: None, reason: Some(reason) },
    };
    found.into_iter().map(metric).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_compared_by_fairlearns_definitions() {
        let group = |selection: f64, hit: Option<f64>, alarm: f64| GroupRates {
            selection_rate: Ok(selection),
            true_positive_rate: hit.ok_or(Undefined::NoPositive),
            false_positive_rate: Ok(alarm),
        };
        let check = |groups: &[GroupRates], expect: [Option<f64>; 8]| {
            let found = metrics(groups, 30);
            assert_eq!(found.iter().map(|metric| metric.value).collect::<Vec<_>>(), expect);
            assert!(found.iter().all(|metric| metric.value.is_some() != metric.reason.is_some()));
        };
        let (a, b) = (group(0.5, Some(0.75), 0.25), group(0.25, Some(0.5), 0.125));
        let expect = [0.25, 0.5, 0.25, 0.5 / 0.75, 0.125, 0.5, 0.25, 0.5].map(Some);
        check(&[a.clone(), b.clone()], expect);
        check(&[b.clone(), a.clone(), b.clone()], expect);
        check(std::slice::from_ref(&a), [None; 8]);
        let none = group(0.25, None, 0.125);
        check(&[a.clone(), none], [Some(0.25), Some(0.5), None, None, Some(0.125), Some(0.5), None, None]);
        let never = group(0.0, Some(0.0), 0.0);
        check(&[never.clone(), never], [Some(0.0), None, Some(0.0), None, Some(0.0), None, Some(0.0), None]);
    }
}
