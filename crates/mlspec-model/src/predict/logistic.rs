//! The logistic function of one linear function (two classes) or the softmax of several.

use super::{LinearFunction, Predict, Predictor, classify, moved};
use crate::model::{check_classes, check_coefficients};
use crate::{Features, ModelError, Prediction, format::tidy};
use serde::{Deserialize, Serialize};

/// Linear functions turned into probabilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Logistic {
    /// The classes, sorted.
    pub classes: Vec<String>,
    /// The class that counts as positive, if there are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<u32>,
    /// One row a class; with two classes one row, that of the second class.
    pub coefficients: Vec<Vec<f64>>,
    /// As many as rows of coefficients.
    pub intercepts: Vec<f64>,
}

impl Predict for Logistic {
    fn check(&mut self, features: usize) -> Result<(), ModelError> {
        check_classes(&self.classes, self.positive)?;
        let rows = if self.classes.len() == 2 { 1 } else { self.classes.len() };
        if self.coefficients.len() != rows || self.intercepts.len() != rows {
            let (classes, coefficients, intercepts) =
                (self.classes.len(), self.coefficients.len(), self.intercepts.len());
            let reason =
                format!("{classes} classes have {coefficients} rows of coefficients and {intercepts} intercepts");
            return Err(ModelError::invalid("model", reason));
        }
        self.coefficients.iter_mut().try_for_each(|row| check_coefficients(row, features))?;
        tidy(&mut self.intercepts, "model")
    }

    fn predict(&self, features: &Features) -> Prediction {
        if let ([coefficients], [intercept]) = (&*self.coefficients, &*self.intercepts) {
            return classify(features, &self.classes, |block, codes, probabilities| {
                for row in block.rows() {
                    let score = row.dot(coefficients) + intercept;
                    codes.push(u32::from(score > 0.0));
                    let shares = [sigmoid(-score), sigmoid(score)];
                    probabilities.iter_mut().zip(shares).for_each(|(all, share)| all.push(share));
                }
            });
        }
        classify(features, &self.classes, |block, codes, probabilities| {
            let mut scores = vec![0.0; self.classes.len()];
            for row in block.rows() {
                for ((score, coefficients), intercept) in
                    scores.iter_mut().zip(&self.coefficients).zip(&self.intercepts)
                {
                    *score = row.dot(coefficients) + intercept;
                }
                codes.push(argmax(&scores));
                softmax(&mut scores);
                probabilities.iter_mut().zip(&scores).for_each(|(all, &share)| all.push(share));
            }
        })
    }

    fn parameters(&self) -> u64 {
        self.coefficients.iter().map(|row| row.len() as u64 + 1).sum()
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn positive(&self) -> Option<u32> {
        self.positive
    }

    fn linear_functions(&self) -> Vec<LinearFunction<'_>> {
        let several = self.coefficients.len() > 1;
        let functions = self.coefficients.iter().zip(&self.intercepts).enumerate();
        functions
            .map(|(at, (coefficients, &intercept))| LinearFunction {
                class: self.classes.get(at).filter(|_| several).map(String::as_str),
                coefficients,
                intercept,
            })
            .collect()
    }

    fn rearranged(&self, places: &[Option<usize>]) -> Option<Predictor> {
        let coefficients = self.coefficients.iter().map(|row| moved(row, places)).collect();
        Some(Predictor::Logistic(Self { coefficients, ..self.clone() }))
    }
}

/// `1 / (1 + exp(-x))` without overflow.
pub(crate) fn sigmoid(x: f64) -> f64 {
    if x >= 0.0 {
        1.0 / (1.0 + (-x).exp())
    } else {
        let e = x.exp();
        e / (1.0 + e)
    }
}

/// Scores become probabilities, without overflow.
pub(crate) fn softmax(scores: &mut [f64]) {
    let greatest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - greatest).exp();
        sum += *score;
    }
    scores.iter_mut().for_each(|score| *score /= sum);
}

/// The position of the greatest value, the first of equal ones.
pub(crate) fn argmax(values: &[f64]) -> u32 {
    let best = values
        .iter()
        .zip(0..)
        .fold((f64::NEG_INFINITY, 0), |best, (&value, at)| if value > best.0 { (value, at) } else { best });
    best.1
}
