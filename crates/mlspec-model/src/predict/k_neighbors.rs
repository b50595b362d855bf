//! The rows that are nearest, and what they say.

mod packed;
mod search;

use super::{Predict, Prediction, logistic::argmax};
use crate::model::check_classes;
use crate::{Features, ModelError, format::tidy};
use schemars::JsonSchema;
use search::{Found, Search};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The rows that a model was fitted on, and their labels: of the nearest rows, the mean of numbers, or the shares of classes.
///
/// Of rows that are equally far, those with the lower ids are nearer: rows stand in the order of their ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KNeighbors {
    /// How many rows are asked.
    pub n_neighbors: u32,
    /// How much each of them counts.
    pub weights: NeighborWeights,
    /// What is near.
    pub metric: Metric,
    /// The classes, sorted; none where labels are numbers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The class that counts as positive, if there are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<u32>,
    /// The label of each row: a number, or the position of its class.
    #[serde(with = "packed::numbers")]
    pub labels: Vec<f64>,
    /// The weight of each row, above 0; nothing where all are 1.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "packed::optional_numbers")]
    pub row_weights: Option<Vec<f64>>,
    /// The rows.
    #[serde(with = "packed::rows")]
    pub rows: Features,
    /// The rows as they are searched; made by the check.
    #[serde(skip)]
    search: Option<Arc<Search>>,
}

/// How much each neighbour counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NeighborWeights {
    /// All the same.
    #[default]
    Uniform,
    /// By the inverse of its distance. Where some are at no distance at all, they alone count.
    Distance,
}

/// What is near.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The root of the sum of squared differences.
    #[default]
    Euclidean,
    /// The sum of absolute differences.
    Manhattan,
    /// 1 less the cosine of the angle; 1 where one of two rows is zero.
    Cosine,
}

impl KNeighbors {
    /// A model that asks so many of these rows, with a label each; not checked yet.
    pub fn new(n_neighbors: u32, weights: NeighborWeights, metric: Metric, rows: &Features, labels: Vec<f64>) -> Self {
        // In blocks as they are read back.
        let rows = rows.select(&(0..rows.rows()).collect::<Vec<_>>());
        Self {
            n_neighbors,
            weights,
            metric,
            classes: Vec::new(),
            positive: None,
            labels,
            row_weights: None,
            rows,
            search: None,
        }
    }

    /// What these neighbours say: how much each counts.
    fn votes(&self, found: &[Found], votes: &mut Vec<f64>) {
        votes.clear();
        let weight = |row: u32| self.row_weights.as_ref().map_or(1.0, |weights| weights[row as usize]);
        if self.weights == NeighborWeights::Distance {
            let near = |found: &Found| found.distance.recip().is_infinite();
            let some_near = found.iter().any(near);
            votes.extend(found.iter().map(|found| match some_near {
                true => f64::from(u8::from(near(found))) * weight(found.row),
                false => weight(found.row) / found.distance,
            }));
        }
        // Rows so far away that it cannot be represented are all as far.
        if votes.iter().sum::<f64>() == 0.0 {
            votes.clear();
            votes.extend(found.iter().map(|found| weight(found.row)));
        }
        let sum: f64 = votes.iter().sum();
        votes.iter_mut().for_each(|vote| *vote /= sum);
    }

    fn labels_are_good(&self) -> bool {
        let class = |label: &f64| label.fract() == 0.0 && *label >= 0.0 && *label < self.classes.len() as f64;
        self.classes.is_empty() || self.labels.iter().all(class)
    }
}

impl Predict for KNeighbors {
    fn check(&mut self, features: usize) -> Result<(), ModelError> {
        let rows = self.rows.rows();
        let bad = |reason: &str| Err(ModelError::invalid("model", reason));
        if !self.classes.is_empty() {
            check_classes(&self.classes, self.positive)?;
        }
        match () {
            () if rows > u32::MAX as usize => return bad("it has too many rows"),
            () if self.rows.columns() != features => return bad("its rows have another number of features"),
            () if self.labels.len() != rows => return bad("there is not a label for each row"),
            () if self.n_neighbors == 0 || self.n_neighbors as usize > rows => {
                return bad("`n_neighbors` is not from 1 to the number of rows");
            }
            () if !self.labels_are_good() => return bad("a label is none of the classes"),
            () => {}
        }
        tidy(&mut self.labels, "model")?;
        if let Some(weights) = &self.row_weights
            && !(weights.len() == rows && weights.iter().all(|weight| *weight > 0.0 && weight.is_finite()))
        {
            return bad("there is not a weight above 0 for each row");
        }
        self.rows.check_finite()?;
        self.search = Some(Arc::new(Search::new(&self.rows, self.metric)));
        Ok(())
    }

    fn predict(&self, features: &Features) -> Prediction {
        let found = match &self.search {
            Some(search) => search.nearest(features, self.n_neighbors as usize),
            None => Search::new(&self.rows, self.metric).nearest(features, self.n_neighbors as usize),
        };
        let label = |found: &Found| self.labels[found.row as usize];
        let mut votes = Vec::new();
        if self.classes.is_empty() {
            let mean = |found: Vec<Found>| {
                self.votes(&found, &mut votes);
                found.iter().zip(&votes).map(|(found, vote)| vote * label(found)).sum()
            };
            return Prediction::Value(found.into_iter().map(mean).collect());
        }
        let mut codes = Vec::with_capacity(found.len());
        let mut probabilities = vec![Vec::with_capacity(found.len()); self.classes.len()];
        let mut shares = vec![0.0; self.classes.len()];
        for found in found {
            self.votes(&found, &mut votes);
            shares.fill(0.0);
            found.iter().zip(&votes).for_each(|(found, vote)| shares[label(found) as usize] += vote);
            codes.push(argmax(&shares));
            probabilities.iter_mut().zip(&shares).for_each(|(all, share)| all.push(*share));
        }
        Prediction::Class { codes, probabilities: Some(probabilities), classes: self.classes.clone() }
    }

    fn parameters(&self) -> u64 {
        (self.rows.nonzeros() + self.labels.len()) as u64
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn positive(&self) -> Option<u32> {
        self.positive
    }
}

#[cfg(test)]
mod tests;
