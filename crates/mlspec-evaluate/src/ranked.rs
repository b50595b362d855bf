//! Answers as metrics want them.

use crate::{Answers, Averaging, MetricOptions, NoValue, Scored};
use mlspec_measure::{Average, Thresholds, Undefined};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::OnceLock;

/// Answers, and their order by the probability of the positive class: found once, for all metrics and curves that need it.
#[derive(Debug)]
pub(crate) struct Ranked<'a> {
    scored: &'a Scored,
    thresholds: OnceLock<Result<Thresholds, NoValue>>,
}

impl<'a> Ranked<'a> {
    pub(crate) fn new(scored: &'a Scored) -> Self {
        Self { scored, thresholds: OnceLock::new() }
    }

    /// What each threshold calls positive.
    pub(crate) fn thresholds(&self) -> Result<&Thresholds, NoValue> {
        let found = self.thresholds.get_or_init(|| {
            let (positive, probability) = self.scored.positive()?;
            Ok(Thresholds::new(&positive, probability, self.scored.weights.as_deref())?)
        });
        found.as_ref().map_err(Clone::clone)
    }

    /// A metric of true and predicted numbers.
    pub(crate) fn of_numbers(
        &self,
        metric: impl FnOnce(&[f64], &[f64], Option<&[f64]>) -> Result<f64, Undefined>,
    ) -> Result<f64, NoValue> {
        let Answers::Value { truth, predicted } = &self.answers else { return Err(NoValue::OtherTask) };
        Ok(metric(truth, predicted, self.weights.as_deref())?)
    }

    /// A metric of true and predicted classes.
    pub(crate) fn of_classes(
        &self,
        metric: impl FnOnce(&[u32], &[u32], Option<&[f64]>) -> Result<f64, Undefined>,
    ) -> Result<f64, NoValue> {
        let Answers::Class { truth, predicted, .. } = &self.answers else { return Err(NoValue::OtherTask) };
        Ok(metric(truth, predicted, self.weights.as_deref())?)
    }

    /// A metric of true classes and of the probabilities of all classes.
    pub(crate) fn of_probabilities(
        &self,
        metric: impl FnOnce(&[u32], &[Vec<f64>], Option<&[f64]>) -> Result<f64, Undefined>,
    ) -> Result<f64, NoValue> {
        let Answers::Class { truth, probabilities, .. } = &self.answers else { return Err(NoValue::OtherTask) };
        let probabilities = probabilities.as_deref().ok_or(NoValue::NoProbabilities)?;
        Ok(metric(truth, probabilities, self.weights.as_deref())?)
    }

    /// The positive class, or a mean over classes.
    pub(crate) fn average(&self, options: &MetricOptions) -> Result<Average, NoValue> {
        match (options.average, &self.answers) {
            (Some(Averaging::Micro), _) => Ok(Average::Micro),
            (Some(Averaging::Macro), _) => Ok(Average::Macro),
            (Some(Averaging::Weighted), _) => Ok(Average::Weighted),
            (_, Answers::Class { positive: Some(positive), .. }) => Ok(Average::Binary { positive: *positive }),
            _ => Err(NoValue::OtherTask),
        }
    }

    /// Of what probability speaks, and whether it happened: the positive class; among several classes, the predicted one.
    pub(crate) fn confidence(&self) -> Result<(Vec<bool>, Cow<'_, [f64]>), NoValue> {
        let Answers::Class { truth, predicted, probabilities, positive } = &self.answers else {
            return Err(NoValue::OtherTask);
        };
        if positive.is_some() {
            return self.positive().map(|(truth, probability)| (truth, probability.into()));
        }
        let probabilities = probabilities.as_ref().ok_or(NoValue::NoProbabilities)?;
        let own = |(row, &code): (usize, &u32)| probabilities.get(code as usize)?.get(row).copied();
        let confidence: Option<Vec<f64>> = predicted.iter().enumerate().map(own).collect();
        let right = truth.iter().zip(predicted).map(|(of, as_)| of == as_).collect();
        Ok((right, confidence.ok_or(NoValue::NoProbabilities)?.into()))
    }

    /// A metric of queries, of how relevant rows are, of their scores, and of the queries' weights: the mean of those of their rows.
    pub(crate) fn of_queries(
        &self,
        metric: impl FnOnce(&[u32], &[f64], &[f64], Option<&[f64]>) -> Result<f64, Undefined>,
    ) -> Result<f64, NoValue> {
        let queries = self.queries.as_deref().ok_or(NoValue::NoQueries)?;
        let weights = self.weights.as_ref().map(|weights| {
            let mut sums: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
            for (query, weight) in queries.iter().zip(weights) {
                let (sum, rows) = sums.entry(*query).or_default();
                (*sum, *rows) = (*sum + weight, *rows + 1.0);
            }
            sums.into_values().map(|(sum, rows)| sum / rows).collect::<Vec<f64>>()
        });
        match &self.answers {
            Answers::Value { truth, predicted } => Ok(metric(queries, truth, predicted, weights.as_deref())?),
            Answers::Class { .. } => {
                let (positive, probability) = self.positive()?;
                let relevance: Vec<f64> = positive.into_iter().map(|yes| f64::from(u8::from(yes))).collect();
                Ok(metric(queries, &relevance, probability, weights.as_deref())?)
            }
        }
    }
}

impl Deref for Ranked<'_> {
    type Target = Scored;

    fn deref(&self) -> &Scored {
        self.scored
    }
}
