//! Truth and prediction, side by side.

use crate::{EvaluateError, NoValue, Task};
use mlspec_model::{Prediction, Target};

/// What rows are and what a model says they are.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Truth and prediction.
    pub answers: Answers,
    /// The rows' weights, if they have any.
    pub weights: Option<Vec<f64>>,
    /// The query that each row belongs to, by code, for metrics of rankings.
    pub queries: Option<Vec<u32>>,
}

/// Truth and prediction.
#[derive(Clone, Debug, PartialEq)]
pub enum Answers {
    /// Classes.
    Class {
        /// The true class of each row, by code.
        truth: Vec<u32>,
        /// The predicted class of each row, by code.
        predicted: Vec<u32>,
        /// The probabilities, by class, then row.
        probabilities: Option<Vec<Vec<f64>>>,
        /// The class that counts as positive, if there are two.
        positive: Option<u32>,
    },
    /// Numbers.
    Value {
        /// The true numbers.
        truth: Vec<f64>,
        /// The predicted numbers.
        predicted: Vec<f64>,
    },
}

impl Scored {
    /// Puts a model's prediction beside the label. A threshold replaces the model's own decision.
    ///
    /// # Errors
    /// When they are of different kinds or classes, or the threshold has nothing to decide on.
    pub fn new(
        target: Target,
        prediction: Prediction,
        weights: Option<Vec<f64>>,
        threshold: Option<f64>,
    ) -> Result<Self, EvaluateError> {
        let answers = match (target, prediction) {
            (Target::Value(_), Prediction::Value(_)) if threshold.is_some() => return Err(EvaluateError::NoThreshold),
            (Target::Value(truth), Prediction::Value(predicted)) => Answers::Value { truth, predicted },
            (
                Target::Class { codes: truth, classes: known, positive },
                Prediction::Class { codes, probabilities, classes },
            ) => {
                if known != classes {
                    return Err(EvaluateError::Classes);
                }
                let predicted = match threshold {
                    Some(threshold) => decide(threshold, positive, probabilities.as_deref())?,
                    None => codes,
                };
                Answers::Class { truth, predicted, probabilities, positive }
            }
            (target, Prediction::Cluster { .. }) => {
                let label = if matches!(target, Target::Class { .. }) { "a class" } else { "a number" };
                return Err(EvaluateError::Kind { model: "a cluster", label });
            }
            (Target::Class { .. }, _) => return Err(EvaluateError::Kind { model: "a number", label: "a class" }),
            (Target::Value(_), _) => return Err(EvaluateError::Kind { model: "a class", label: "a number" }),
        };
        Ok(Self { answers, weights, queries: None })
    }

    /// The same rows, of which a model says something else.
    pub(crate) fn with_prediction(
        &self,
        prediction: Prediction,
        threshold: Option<f64>,
    ) -> Result<Self, EvaluateError> {
        let answers = match (&self.answers, prediction) {
            (Answers::Value { truth, .. }, Prediction::Value(predicted)) => {
                Answers::Value { truth: truth.clone(), predicted }
            }
            (Answers::Class { truth, positive, .. }, Prediction::Class { codes, probabilities, .. }) => {
                let predicted = match threshold {
                    Some(threshold) => decide(threshold, *positive, probabilities.as_deref())?,
                    None => codes,
                };
                Answers::Class { truth: truth.clone(), predicted, probabilities, positive: *positive }
            }
            (Answers::Class { .. }, _) => return Err(EvaluateError::Kind { model: "a number", label: "a class" }),
            (Answers::Value { .. }, _) => return Err(EvaluateError::Kind { model: "a class", label: "a number" }),
        };
        Ok(Self { answers, weights: self.weights.clone(), queries: self.queries.clone() })
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match &self.answers {
            Answers::Class { truth, .. } => truth.len(),
            Answers::Value { truth, .. } => truth.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What the label asks for.
    pub fn task(&self) -> Task {
        match &self.answers {
            Answers::Class { positive: Some(_), .. } => Task::Binary,
            Answers::Class { .. } => Task::Classes,
            Answers::Value { .. } => Task::Numbers,
        }
    }

    /// These rows; positions beyond the end are left out.
    pub fn select(&self, rows: &[u32]) -> Self {
        fn take<T: Copy>(from: &[T], rows: &[u32]) -> Vec<T> {
            rows.iter().filter_map(|&row| from.get(row as usize)).copied().collect()
        }
        let answers = match &self.answers {
            Answers::Value { truth, predicted } => {
                Answers::Value { truth: take(truth, rows), predicted: take(predicted, rows) }
            }
            Answers::Class { truth, predicted, probabilities, positive } => Answers::Class {
                truth: take(truth, rows),
                predicted: take(predicted, rows),
                probabilities: probabilities.as_ref().map(|all| all.iter().map(|class| take(class, rows)).collect()),
                positive: *positive,
            },
        };
        let weights = self.weights.as_ref().map(|weights| take(weights, rows));
        Self { answers, weights, queries: self.queries.as_ref().map(|queries| take(queries, rows)) }
    }

    /// For two classes: whether each row is positive, and the probability that it is.
    ///
    /// # Errors
    /// When there is no positive class, or no probability.
    pub fn positive(&self) -> Result<(Vec<bool>, &[f64]), NoValue> {
        let Answers::Class { truth, probabilities, positive: Some(positive), .. } = &self.answers else {
            return Err(NoValue::OtherTask);
        };
        let probability = probabilities.as_ref().and_then(|all| all.get(*positive as usize));
        let probability = probability.ok_or(NoValue::NoProbabilities)?;
        Ok((truth.iter().map(|code| code == positive).collect(), probability))
    }
}

/// The positive class where its probability reaches the threshold, the other one elsewhere.
pub(crate) fn decide(
    threshold: f64,
    positive: Option<u32>,
    probabilities: Option<&[Vec<f64>]>,
) -> Result<Vec<u32>, EvaluateError> {
    match (positive, probabilities) {
        (Some(positive @ 0..=1), Some(both @ [_, _])) => {
            let probability = &both[positive as usize];
            Ok(probability.iter().map(|&p| if p >= threshold { positive } else { 1 - positive }).collect())
        }
        _ => Err(EvaluateError::NoThreshold),
    }
}
