//! Linear functions that decide, and know no probabilities.

use super::logistic::argmax;
use super::{LinearFunction, Predict, Predictor, moved};
use crate::model::{check_classes, check_coefficients};
use crate::{Features, ModelError, Prediction, format::tidy};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Of two classes the second one where the linear function is above 0; of more, the one whose function is greatest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LinearClassifier {
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

impl Predict for LinearClassifier {
    fn check(&mut self, features: usize) -> Result<(), ModelError> {
        check_classes(&self.classes, self.positive)?;
        let rows = if self.classes.len() == 2 { 1 } else { self.classes.len() };
        if self.coefficients.len() != rows || self.intercepts.len() != rows {
            let (classes, found, intercepts) = (self.classes.len(), self.coefficients.len(), self.intercepts.len());
            let reason = format!("{classes} classes have {found} rows of coefficients and {intercepts} intercepts");
            return Err(ModelError::invalid("model", reason));
        }
        self.coefficients.iter_mut().try_for_each(|row| check_coefficients(row, features))?;
        tidy(&mut self.intercepts, "model")
    }

    fn predict(&self, features: &Features) -> Prediction {
        let parts: Vec<Vec<u32>> = features
            .blocks()
            .par_iter()
            .map(|block| {
                let mut scores = vec![0.0; self.intercepts.len()];
                let decide = |row: crate::Row<'_>| {
                    let functions = self.coefficients.iter().zip(&self.intercepts);
                    let values = functions.map(|(coefficients, intercept)| row.dot(coefficients) + intercept);
                    scores.iter_mut().zip(values).for_each(|(score, value)| *score = value);
                    if let [score] = *scores { u32::from(score > 0.0) } else { argmax(&scores) }
                };
                block.rows().map(decide).collect()
            })
            .collect();
        Prediction::Class { codes: parts.concat(), probabilities: None, classes: self.classes.clone() }
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
        Some(Predictor::LinearClassifier(Self { coefficients, ..self.clone() }))
    }
}
