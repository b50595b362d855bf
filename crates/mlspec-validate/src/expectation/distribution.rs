//! `distribution`: the values of a column are spread as those of a baseline: another table, or counts that stand in the settings.

use super::{
    Expectation, Finding, Others, Rule, Seen, floats, is_ordered, number_within, other_schema, other_table, refused,
};
use super::{type_of, values};
use crate::Problem;
use mlspec_measure::distance::{
    Tested, chi_square_test, counted, jensen_shannon_test, kolmogorov_smirnov_test, l_infinity_distance,
    population_stability_test,
};
use mlspec_measure::{count_between, count_values, most_frequent, quantile_edges};
use mlspec_record::{DataType, Name, TableSchema};
use mlspec_stage::Schemas;
use mlspec_table::Table;
use mlspec_table::polars::prelude::DataType as PolarsType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// How many bins numbers of a table are put into, and how many categories are told apart; the rest is one more.
const BINS: usize = 10;
const CATEGORIES: usize = 100;

/// The values of a column are spread as those of a baseline. Null is not looked at; without a value on either side there is no
/// distance, and the expectation does not hold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// The column: numbers, dates, times, moments (by bins), or texts, booleans (by value).
    #[schemars(length(min = 1))]
    pub column: String,
    /// What it is compared with.
    pub baseline: Baseline,
    /// The distance.
    pub measure: Measure,
    /// The greatest distance.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<f64>,
    /// The least probability that chance alone makes two samples of these sizes so different, in `[0, 1]`; not of `l_infinity_distance`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub min_p_value: Option<f64>,
}

/// What a column is compared with.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// The column of the same name in another table: an input port of the step, beside `rows`. Its tenths are the bins of numbers; of other
    /// values its 100 most frequent are told apart.
    Table(Name),
    /// How often each value of a column of texts or booleans (`true`, `false`) is there; others count together.
    Categories(#[schemars(extend("minProperties" = 1))] BTreeMap<String, u64>),
    /// How many numbers lie between edges.
    Histogram(Histogram),
}

/// How many numbers lie between edges.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Histogram {
    /// The edges, ascending. What is below the first, and from the last on, is a bin too.
    #[schemars(length(min = 1))]
    pub edges: Vec<f64>,
    /// The counts, one more than edges.
    pub counts: Vec<u64>,
}

/// A distance of two distributions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The population stability index over bins or categories.
    PopulationStabilityIndex,
    /// Jensen and Shannon's distance to the base 2, in `[0, 1]`.
    JensenShannonDistance,
    /// The greatest difference of a bin's or category's share, in `[0, 1]`.
    LInfinityDistance,
    /// Of numbers: the greatest difference of the distribution functions, in `[0, 1]`; with a histogram, at its edges.
    KolmogorovSmirnov,
    /// Pearson's χ² over bins or categories.
    ChiSquare,
}

/// The bins, with what the baseline has in each.
#[derive(Debug)]
enum Bins {
    /// Between edges; one more for what is not finite.
    Numbers { edges: Vec<f64>, counts: Vec<u64> },
    /// By value; the last is all others.
    Categories { names: Vec<String>, counts: Vec<u64> },
}

impl Distribution {
    pub(crate) fn check(self) -> Result<Box<dyn Expectation>, Problem> {
        let wrong = |reason: &str| Err(Problem::Setting(reason.to_owned()));
        match (self.max, self.min_p_value) {
            (None, None) => return wrong("`max` or `min_p_value` must be set"),
            (Some(max), _) if !(max >= 0.0 && max.is_finite()) => return wrong("`max` must be a number from 0"),
            (_, Some(p)) if !(0.0..=1.0).contains(&p) => return wrong("`min_p_value` must be from 0 to 1"),
            (_, Some(_)) if self.measure == Measure::LInfinityDistance => {
                return wrong("`l_infinity_distance` knows no `min_p_value`");
            }
            _ => {}
        }
        match &self.baseline {
            Baseline::Table(port) if port.as_str() == crate::validator::ROWS => {
                wrong("a table is no baseline of itself")
            }
            Baseline::Categories(counts) if counts.values().all(|count| *count == 0) => {
                wrong("the baseline has no rows")
            }
            Baseline::Categories(_) if self.measure == Measure::KolmogorovSmirnov => {
                wrong("`kolmogorov_smirnov` is a distance of numbers")
            }
            Baseline::Histogram(found) if found.counts.iter().all(|count| *count == 0) => {
                wrong("the baseline has no rows")
            }
            Baseline::Histogram(found) if found.counts.len() != found.edges.len() + 1 => {
                wrong("`counts` must have one number more than `edges`")
            }
            Baseline::Histogram(found) if !found.edges.is_sorted_by(|a, b| a < b) => wrong("`edges` must ascend"),
            _ => Ok(Box::new(self)),
        }
    }

    fn bins(&self, others: &Others) -> Result<Bins, Problem> {
        Ok(match &self.baseline {
            Baseline::Categories(found) => {
                let (names, mut counts): (Vec<_>, Vec<_>) =
                    found.iter().map(|(name, count)| (name.clone(), *count)).unzip();
                counts.push(0);
                Bins::Categories { names, counts }
            }
            Baseline::Histogram(found) => {
                let counts = found.counts.iter().copied().chain([0]).collect();
                Bins::Numbers { edges: found.edges.clone(), counts }
            }
            Baseline::Table(port) => {
                let other = other_table(others, port.as_str())?;
                let found = other.schema().get(&self.column);
                match found.is_some_and(is_ordered) {
                    true => {
                        let numbers = numbers(other, &self.column)?;
                        let edges = quantile_edges(&numbers, BINS);
                        let counts = count_between(&numbers, &edges);
                        Bins::Numbers { edges, counts }
                    }
                    false => {
                        let found = categories(other, &self.column)?;
                        let names = most_frequent(&found, CATEGORIES);
                        let counts = count_values(&found, &names);
                        Bins::Categories { names, counts }
                    }
                }
            }
        })
    }

    fn count(&self, table: &Table, bins: &Bins) -> Result<Vec<u64>, Problem> {
        match bins {
            Bins::Numbers { edges, .. } => Ok(count_between(&numbers(table, &self.column)?, edges)),
            Bins::Categories { names, .. } => Ok(count_values(&categories(table, &self.column)?, names)),
        }
    }

    fn judge(&self, reference: &[u64], current: &[u64]) -> Finding {
        let ranked = |counts: &[u64]| -> Vec<(f64, u64)> {
            counts.iter().enumerate().filter(|(_, count)| **count > 0).map(|(at, count)| (at as f64, *count)).collect()
        };
        let tested = match self.measure {
            Measure::PopulationStabilityIndex => population_stability_test(reference, current).ok(),
            Measure::JensenShannonDistance => jensen_shannon_test(reference, current).ok(),
            Measure::ChiSquare => chi_square_test(reference, current).ok(),
            Measure::KolmogorovSmirnov => {
                kolmogorov_smirnov_test(&ranked(reference), &ranked(current)).ok().map(|found| found.tested)
            }
            Measure::LInfinityDistance => {
                let found = l_infinity_distance(reference, current).ok();
                return number_within("the distance from the baseline", found, None, self.max);
            }
        };
        self.of_tested(tested)
    }

    fn of_tested(&self, tested: Option<Tested>) -> Finding {
        let p_value = tested.as_ref().map(Tested::p_value);
        let found =
            number_within("the distance from the baseline", tested.map(|tested| tested.statistic), None, self.max);
        match (found, self.min_p_value, p_value) {
            (Finding::Whole { passed: true, observed, .. }, Some(least), Some(p)) if p < least => {
                let detail = Some("chance alone rarely makes values so different from the baseline".to_owned());
                Finding::Whole { passed: false, observed, detail }
            }
            (found, ..) => found,
        }
    }
}

/// A column's numbers.
fn numbers(table: &Table, column: &str) -> Result<Vec<f64>, Problem> {
    Ok(floats(table, column)?.iter().flatten().collect())
}

/// How often each value of a column of texts or booleans is there.
fn categories(table: &Table, column: &str) -> Result<BTreeMap<String, u64>, Problem> {
    let column = values(table, column)?;
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut count = |name: &str| match counts.get_mut(name) {
        Some(count) => *count += 1,
        None => drop(counts.insert(name.to_owned(), 1)),
    };
    match column.dtype() {
        PolarsType::Boolean => {
            column
                .bool()
                .map_err(refused)?
                .iter()
                .flatten()
                .for_each(|value| count(if value { "true" } else { "false" }));
        }
        _ => column.str().map_err(refused)?.iter().flatten().for_each(count),
    }
    Ok(counts)
}

impl Expectation for Distribution {
    fn kind(&self) -> &'static str {
        "distribution"
    }

    fn columns(&self) -> Vec<String> {
        vec![self.column.clone()]
    }

    fn other(&self) -> Option<(&str, Vec<String>)> {
        match &self.baseline {
            Baseline::Table(port) => Some((port.as_str(), vec![self.column.clone()])),
            _ => None,
        }
    }

    fn counts_rows(&self) -> bool {
        false
    }

    /// Counts of a baseline that stands in the settings are put together from those of chunks.
    fn rule(&self) -> Rule {
        if matches!(self.baseline, Baseline::Table(_)) { Rule::Table } else { Rule::Chunk }
    }

    fn plan(&self, schema: &TableSchema, others: &Schemas) -> Result<(), Problem> {
        let found = type_of(schema, &self.column)?;
        let wrong = |found, expected| Err(Problem::Type { column: self.column.clone(), found, expected });
        let category = matches!(found, DataType::String | DataType::Boolean);
        match &self.baseline {
            Baseline::Categories(_) if !category => wrong(found, "texts or booleans"),
            Baseline::Histogram(_) if !found.is_numeric() => wrong(found, "numbers"),
            Baseline::Table(_) if !(category || is_ordered(found)) => {
                wrong(found, "values with an order, texts or booleans")
            }
            Baseline::Table(_) if category && self.measure == Measure::KolmogorovSmirnov => wrong(found, "numbers"),
            Baseline::Table(port) => match type_of(other_schema(others, port.as_str())?, &self.column)? {
                other if other == found || (other.is_numeric() && found.is_numeric()) => Ok(()),
                other => wrong(other, "in the baseline that of the column"),
            },
            _ => Ok(()),
        }
    }

    fn find(&self, seen: Seen<'_>) -> Result<Finding, Problem> {
        if let (Baseline::Table(port), Measure::KolmogorovSmirnov) = (&self.baseline, self.measure) {
            let sample =
                |table: &Table| -> Result<Vec<(f64, u64)>, Problem> { Ok(counted(&numbers(table, &self.column)?)) };
            let (reference, current) = (sample(other_table(seen.others, port.as_str())?)?, sample(seen.table)?);
            let tested = kolmogorov_smirnov_test(&reference, &current).ok();
            return Ok(self.of_tested(tested.map(|found| found.tested)));
        }
        self.whole(&[self.part(seen)?], seen.others)
    }

    fn part(&self, Seen { table, others, .. }: Seen<'_>) -> Result<Value, Problem> {
        Ok(json!(self.count(table, &self.bins(others)?)?))
    }

    fn whole(&self, parts: &[Value], others: &Others) -> Result<Finding, Problem> {
        let bins = self.bins(others)?;
        let (Bins::Numbers { counts: reference, .. } | Bins::Categories { counts: reference, .. }) = &bins;
        let mut current = vec![0_u64; reference.len()];
        for part in parts {
            let counts = Vec::<u64>::deserialize(part).map_err(refused)?;
            current.iter_mut().zip(counts).for_each(|(all, more)| *all += more);
        }
        Ok(self.judge(reference, &current))
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::verdict_of;
    use mlspec_table::polars::prelude::*;
    use serde_json::{Value, json};

    fn check(frame: &DataFrame, other: &DataFrame, settings: Value) -> Result<(Option<f64>, bool), String> {
        let settings = json!({"expectations": [{"distribution": settings}]});
        verdict_of(frame.clone(), &[("base", other)], settings).map(|found| (found.observed, found.passed))
    }

    #[test]
    fn distances_from_a_baseline_are_measured() {
        let base = df!("x" => (0..100).map(f64::from).collect::<Vec<_>>(), "s.é" => (0..100).map(|at| ["a", "b"][at % 2]).collect::<Vec<_>>()).unwrap();
        let same = base.clone();
        let moved = df!("x" => (50..150).map(f64::from).collect::<Vec<_>>(), "s.é" => (0..100).map(|at| ["a", "c"][usize::from(at % 4 == 0)]).collect::<Vec<_>>()).unwrap();
        let table = |column: &str, measure: &str, limit: Value| {
            let mut settings = json!({"column": column, "baseline": {"table": "base"}, "measure": measure});
            settings.as_object_mut().unwrap().extend(limit.as_object().unwrap().clone());
            settings
        };
        for measure in ["population_stability_index", "jensen_shannon_distance", "l_infinity_distance", "chi_square"] {
            for column in ["x", "s.é"] {
                assert_eq!(
                    check(&same, &base, table(column, measure, json!({"max": 0}))),
                    Ok((Some(0.0), true)),
                    "{measure} {column}"
                );
                let (found, passed) = check(&moved, &base, table(column, measure, json!({"max": 0.2}))).unwrap();
                assert!(found.unwrap() > 0.2 && !passed, "{measure} {column}: {found:?}");
            }
        }
        for (current, limit, expect) in [
            (&same, json!({"max": 0.0}), (Some(0.0), true)),
            (&moved, json!({"max": 0.4}), (Some(0.5), false)),
            (&moved, json!({"min_p_value": 0.01}), (Some(0.5), false)),
            (&same, json!({"min_p_value": 0.01}), (Some(0.0), true)),
        ] {
            assert_eq!(check(current, &base, table("x", "kolmogorov_smirnov", limit.clone())), Ok(expect), "{limit}");
        }
        let own = |baseline: Value, column: &str, measure: &str| json!({"column": column, "baseline": baseline, "measure": measure, "max": 0.1});
        for (settings, expect) in [
            (own(json!({"categories": {"a": 1, "b": 1}}), "s.é", "l_infinity_distance"), (Some(0.0), true)),
            (own(json!({"categories": {"a": 3, "z": 1}}), "s.é", "l_infinity_distance"), (Some(0.5), false)),
            (
                own(
                    json!({"histogram": {"edges": [25.0, 50.0, 75.0], "counts": [1, 1, 1, 1]}}),
                    "x",
                    "jensen_shannon_distance",
                ),
                (Some(0.0), true),
            ),
            (
                own(json!({"histogram": {"edges": [50.0], "counts": [1, 3]}}), "x", "kolmogorov_smirnov"),
                (Some(0.25), false),
            ),
        ] {
            assert_eq!(check(&same, &base, settings.clone()), Ok(expect), "{settings}");
        }
        let none = base.head(Some(0));
        assert_eq!(check(&none, &base, table("x", "chi_square", json!({"max": 1}))), Ok((None, false)));
        assert_eq!(check(&base, &none, table("x", "chi_square", json!({"max": 1}))), Ok((None, false)));
        assert_eq!(
            check(&base, &none, table("s.é", "kolmogorov_smirnov", json!({"max": 1}))).unwrap_err(),
            "`distribution(s.é)` cannot be told: the column `s.é` is of type `string`, expected numbers"
        );
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let frame = df!("x" => [f64::NAN, 1.0], "s" => ["a", "b"]).unwrap();
        for (baseline, measure, limit, message) in [
            (json!({"table": "base"}), "chi_square", json!({}), "`max` or `min_p_value` must be set"),
            (json!({"table": "base"}), "chi_square", json!({"max": -1}), "`max` must be a number from 0"),
            (json!({"table": "base"}), "chi_square", json!({"min_p_value": 2}), "`min_p_value` must be from 0 to 1"),
            (json!({"table": "base"}), "l_infinity_distance", json!({"min_p_value": 0.1}), "knows no `min_p_value`"),
            (json!({"table": "rows"}), "chi_square", json!({"max": 1}), "a table is no baseline of itself"),
            (json!({"table": "nope"}), "chi_square", json!({"max": 1}), "nothing arrives at the port `nope`"),
            (json!({"categories": {"a": 0}}), "chi_square", json!({"max": 1}), "the baseline has no rows"),
            (
                json!({"categories": {"a": 1}}),
                "chi_square",
                json!({"max": 1}),
                "of type `float64`, expected texts or booleans",
            ),
            (json!({"histogram": {"edges": [1.0], "counts": [1]}}), "chi_square", json!({"max": 1}), "one number more"),
            (
                json!({"histogram": {"edges": [1.0, 1.0], "counts": [1, 1, 1]}}),
                "chi_square",
                json!({"max": 1}),
                "must ascend",
            ),
        ] {
            let mut settings = json!({"column": "x", "baseline": baseline, "measure": measure});
            settings.as_object_mut().unwrap().extend(limit.as_object().unwrap().clone());
            let error = check(&frame, &frame, settings).unwrap_err();
            assert!(error.contains(message), "{error}");
        }
        let settings = json!({"column": "x", "baseline": {"table": "base"}, "measure": "kolmogorov_smirnov", "max": 0});
        assert_eq!(check(&frame, &frame, settings), Ok((Some(0.0), true)), "NaN equals NaN");
    }
}
