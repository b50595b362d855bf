//! How far metrics would vary if other rows of the same kind were measured.

use crate::ranked::Ranked;
use crate::{Answers, EvaluateError, MetricSpec, Scored};
use mlspec_measure::{Draws, percentile_interval};
use mlspec_record::Seed;
use mlspec_record::body::Interval;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Percentile intervals by Poisson bootstrap: in each sample, how often a row counts is drawn from Poisson's distribution with mean 1,
/// by a hash of its id, so that a row that comes or goes changes no draw of another.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BootstrapParams {
    /// How many samples are measured, from 20 to 100,000. The time goes with samples times rows.
    #[serde(default = "samples")]
    #[schemars(range(min = 20, max = 100_000))]
    pub samples: u32,
    /// Which share of the samples' values lies within the interval, above 0 and below 1.
    #[serde(default = "level")]
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub level: f64,
    /// What the draws depend on besides row and sample.
    #[serde(default)]
    pub seed: Seed,
}

fn samples() -> u32 {
    1_000
}

fn level() -> f64 {
    0.95
}

impl Default for BootstrapParams {
    fn default() -> Self {
        Self { samples: samples(), level: level(), seed: Seed::default() }
    }
}

impl BootstrapParams {
    pub(crate) fn check(&self) -> Result<(), EvaluateError> {
        if !(20..=100_000).contains(&self.samples) {
            return Err(EvaluateError::Samples(self.samples));
        }
        // Written as "not inside", which refuses NaN.
        if !(self.level > 0.0 && self.level < 1.0) {
            return Err(EvaluateError::Level(self.level));
        }
        Ok(())
    }

    /// The interval of each metric; none where no sample gives it a value. Rows of one query are drawn together, where there are
    /// queries. There are as many ids as rows.
    pub(crate) fn intervals(&self, metrics: &[MetricSpec], scored: &Scored, ids: &[u64]) -> Vec<Option<Interval>> {
        let order = by_score(scored);
        let units = units(scored, ids);
        // In the order of scores, samples need no sorting; their values don't depend on the order.
        let scored = scored.select(&order);
        let units: Vec<u64> = order.iter().filter_map(|&row| units.get(row as usize)).copied().collect();
        let draws = Draws::new("bootstrap", self.seed.get());
        let sampled = (0..u64::from(self.samples)).into_par_iter().map(|number| {
            let sample = sample(&scored, &units, draws.number(number));
            let ranked = Ranked::new(&sample);
            metrics.iter().map(|metric| metric.measure_ranked(&ranked).ok()).collect::<Vec<Option<f64>>>()
        });
        let sampled: Vec<Vec<Option<f64>>> = sampled.collect();
        let interval = |metric: usize| {
            let values: Vec<f64> = sampled.iter().filter_map(|values| values.get(metric).copied()?).collect();
            let (low, high) = percentile_interval(&values, self.level).ok()?;
            Some(Interval { low, high, level: self.level, samples: values.len() as u64 })
        };
        (0..metrics.len()).map(interval).collect()
    }
}

/// The rows in this sample, each once, weighted by how often it was drawn.
fn sample(scored: &Scored, units: &[u64], draws: Draws) -> Scored {
    let drawn = units.iter().zip(0..).map(|(&unit, row)| (row, draws.times(unit))).filter(|(_, times)| *times > 0);
    let (rows, times): (Vec<u32>, Vec<u32>) = drawn.unzip();
    let mut sample = scored.select(&rows);
    let times = times.into_iter().map(f64::from);
    sample.weights = Some(match sample.weights.take() {
        Some(weights) => weights.into_iter().zip(times).map(|(weight, times)| weight * times).collect(),
        None => times.collect(),
    });
    sample
}

/// What is drawn: rows, or queries, which are known by the least id of their rows.
fn units(scored: &Scored, ids: &[u64]) -> Vec<u64> {
    let Some(queries) = &scored.queries else { return ids.to_vec() };
    let mut least: HashMap<u32, u64> = HashMap::new();
    for (&query, &id) in queries.iter().zip(ids) {
        least.entry(query).and_modify(|known| *known = id.min(*known)).or_insert(id);
    }
    queries.iter().map(|query| least.get(query).copied().unwrap_or_default()).collect()
}

/// The rows by falling probability of the positive class, equal ones by position; as they are where there is none.
fn by_score(scored: &Scored) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(scored.len()).unwrap_or(u32::MAX)).collect();
    let probability = match &scored.answers {
        Answers::Class { probabilities: Some(all), positive: Some(positive), .. } => all.get(*positive as usize),
        _ => None,
    };
    if let Some(probability) = probability {
        let score = |row: u32| probability.get(row as usize).copied().unwrap_or_default();
        order.sort_by(|&a, &b| score(b).total_cmp(&score(a)));
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(rows: u32) -> Scored {
        // Errors of all sizes, so that the metric varies.
        let truth = vec![0.0; rows as usize];
        let predicted = (0..rows).map(|row| f64::from(row * 37 % 101) / 50.0 - 1.0).collect();
        Scored { answers: Answers::Value { truth, predicted }, weights: None, queries: None }
    }

    #[test]
    fn intervals_are_as_wide_as_the_standard_error_says() {
        let (scored, ids) = (numbers(400), (1_000..1_400).collect::<Vec<u64>>());
        let metric: MetricSpec = "mean_absolute_error".parse().unwrap();
        let value = metric.measure(&scored).unwrap();
        let Answers::Value { predicted, .. } = &scored.answers else { unreachable!() };
        let variance = predicted.iter().map(|error| (error.abs() - value).powi(2)).sum::<f64>() / 400.0;
        let width = 2.0 * 1.96 * (variance / 400.0).sqrt();
        let found = BootstrapParams::default().intervals(&[metric], &scored, &ids)[0].clone().unwrap();
        assert!(found.low < value && value < found.high && found.samples == 1_000);
        assert!(
            (found.high - found.low) / width > 0.85 && (found.high - found.low) / width < 1.15,
            "{found:?} {width}"
        );
        // Narrower at a lower level; others by another seed; the same again.
        let with = |level, seed| BootstrapParams { level, seed, ..BootstrapParams::default() };
        let narrow = with(0.5, Seed::default()).intervals(&[metric], &scored, &ids)[0].clone().unwrap();
        assert!(found.low < narrow.low && narrow.high < found.high);
        let other = with(0.95, Seed::new(1).unwrap()).intervals(&[metric], &scored, &ids)[0].clone().unwrap();
        assert_ne!(other, found);
        assert_eq!(BootstrapParams::default().intervals(&[metric], &scored, &ids)[0], Some(found));
    }

    #[test]
    fn samples_without_a_value_are_left_out_and_counted() {
        // One positive row among three: in about a third of the samples there is none.
        let answers = Answers::Class {
            truth: vec![0, 1, 0],
            predicted: vec![0, 1, 0],
            probabilities: Some(vec![vec![0.9, 0.2, 0.7], vec![0.1, 0.8, 0.3]]),
            positive: Some(1),
        };
        let scored = Scored { answers, weights: None, queries: None };
        let metrics: Vec<MetricSpec> =
            ["roc_auc_score", "accuracy_score", "ndcg_score"].iter().map(|name| name.parse().unwrap()).collect();
        let found = BootstrapParams::default().intervals(&metrics, &scored, &[5, 6, 7]);
        let area = found[0].clone().unwrap();
        assert!((400..700).contains(&area.samples) && (area.low, area.high) == (1.0, 1.0), "{area:?}");
        // Of three rows, one sample in twenty is empty.
        assert!((900..1_000).contains(&found[1].clone().unwrap().samples));
        assert_eq!(found[2], None);
    }

    #[test]
    fn rows_of_a_query_are_drawn_together() {
        let scored = Scored { queries: Some(vec![3, 3, 9, 3]), ..numbers(4) };
        assert_eq!(units(&scored, &[40, 10, 30, 20]), [10, 10, 30, 10]);
    }

    #[test]
    fn what_cannot_be_sampled_is_refused() {
        let check = |samples, level, valid: bool| {
            let params = BootstrapParams { samples, level, seed: Seed::default() };
            assert_eq!(params.check().is_ok(), valid, "{samples} {level}");
        };
        check(20, 0.5, true);
        check(19, 0.5, false);
        check(u32::MAX, 0.5, false);
        [0.0, 1.0, -1.0, f64::NAN, f64::INFINITY].iter().for_each(|&level| check(100, level, false));
    }
}
