//! Naive Bayes: features that are independent of each other within a class.

use super::logistic::{argmax, softmax};
use super::{Predict, classify};
use crate::model::{check_classes, check_coefficients};
use crate::{Features, ModelError, Prediction, format::tidy};
use serde::{Deserialize, Serialize};

/// Features that are normally distributed within each class: of classes `c`, the one is predicted whose
/// `log_priors[c] - ½ Σ ln(2π variances[c]) + (row - means[c])² / variances[c]` is greatest, and the softmax of these are the
/// probabilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GaussianNb {
    /// The classes, sorted.
    pub classes: Vec<String>,
    /// The class that counts as positive, if there are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<u32>,
    /// The logarithm of each class's share.
    pub log_priors: Vec<f64>,
    /// The mean of each feature, by class.
    pub means: Vec<Vec<f64>>,
    /// The variance of each feature, by class; above 0.
    pub variances: Vec<Vec<f64>>,
}

/// Features that are counts (multinomial) or present or not (Bernoulli): the logarithm of a class's share times the probability
/// of the row is a linear function of the row, and the softmax of these are the probabilities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DiscreteNb {
    /// The classes, sorted.
    pub classes: Vec<String>,
    /// The class that counts as positive, if there are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<u32>,
    /// Where there is one, features above it (0 or more) count as 1, others as 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binarize: Option<f64>,
    /// One row a class.
    pub coefficients: Vec<Vec<f64>>,
    /// One a class.
    pub intercepts: Vec<f64>,
}

/// Checks that there is one of something for each class.
fn each_class(classes: usize, what: &str, found: usize) -> Result<(), ModelError> {
    if classes == found {
        return Ok(());
    }
    Err(ModelError::invalid("model", format!("{classes} classes have {found} {what}")))
}

impl Predict for GaussianNb {
    fn check(&mut self, features: usize) -> Result<(), ModelError> {
        check_classes(&self.classes, self.positive)?;
        let classes = self.classes.len();
        each_class(classes, "log_priors", self.log_priors.len())?;
        each_class(classes, "rows of means", self.means.len())?;
        each_class(classes, "rows of variances", self.variances.len())?;
        self.means.iter_mut().chain(&mut self.variances).try_for_each(|row| check_coefficients(row, features))?;
        if !self.variances.iter().flatten().all(|variance| *variance > 0.0 && variance.recip().is_finite()) {
            return Err(ModelError::invalid("model", "a variance is not above 0"));
        }
        tidy(&mut self.log_priors, "model")
    }

    fn predict(&self, features: &Features) -> Prediction {
        let constant = |(prior, variances): (&f64, &Vec<f64>)| {
            prior - 0.5 * variances.iter().map(|variance| (std::f64::consts::TAU * variance).ln()).sum::<f64>()
        };
        let constants: Vec<f64> = self.log_priors.iter().zip(&self.variances).map(constant).collect();
        let halves = |row: &Vec<f64>| row.iter().map(|variance| -0.5 / variance).collect();
        let factors: Vec<Vec<f64>> = self.variances.iter().map(halves).collect();
        classify(features, &self.classes, |block, codes, probabilities| {
            let mut dense = vec![0.0; features.columns()];
            let mut scores = vec![0.0; self.classes.len()];
            for row in block.rows() {
                row.indices.iter().zip(row.values).for_each(|(&at, &value)| dense[at as usize] = value);
                for (class, score) in scores.iter_mut().enumerate() {
                    let cells = dense.iter().zip(&self.means[class]).zip(&factors[class]);
                    let sum: f64 = cells.map(|((cell, mean), factor)| factor * (cell - mean) * (cell - mean)).sum();
                    // Of a row that is far from all classes nothing is known: the least number stands for less than that.
                    *score = (constants[class] + sum).max(f64::MIN);
                }
                row.indices.iter().for_each(|&at| dense[at as usize] = 0.0);
                decide(&mut scores, codes, probabilities);
            }
        })
    }

    fn parameters(&self) -> u64 {
        self.means.iter().map(|row| 2 * row.len() as u64 + 1).sum()
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn positive(&self) -> Option<u32> {
        self.positive
    }
}

impl Predict for DiscreteNb {
    fn check(&mut self, features: usize) -> Result<(), ModelError> {
        check_classes(&self.classes, self.positive)?;
        each_class(self.classes.len(), "rows of coefficients", self.coefficients.len())?;
        each_class(self.classes.len(), "intercepts", self.intercepts.len())?;
        self.coefficients.iter_mut().try_for_each(|row| check_coefficients(row, features))?;
        if self.binarize.is_some_and(|bound| !(bound >= 0.0 && bound.is_finite())) {
            return Err(ModelError::invalid("model", "`binarize` is not 0 or more"));
        }
        tidy(&mut self.intercepts, "model")
    }

    fn predict(&self, features: &Features) -> Prediction {
        classify(features, &self.classes, |block, codes, probabilities| {
            let mut scores = vec![0.0; self.classes.len()];
            for row in block.rows() {
                for ((score, coefficients), intercept) in
                    scores.iter_mut().zip(&self.coefficients).zip(&self.intercepts)
                {
                    let product = match self.binarize {
                        None => row.dot(coefficients),
                        Some(bound) => {
                            let present = row.indices.iter().zip(row.values).filter(|(_, value)| **value > bound);
                            present.map(|(&at, _)| coefficients[at as usize]).sum()
                        }
                    };
                    *score = (intercept + product).max(f64::MIN);
                }
                decide(&mut scores, codes, probabilities);
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
}

fn decide(scores: &mut [f64], codes: &mut Vec<u32>, probabilities: &mut [Vec<f64>]) {
    codes.push(argmax(scores));
    softmax(scores);
    probabilities.iter_mut().zip(scores).for_each(|(all, &mut share)| all.push(share));
}
