//! A linear function of the features.

use super::{LinearFunction, Predict};
use crate::model::check_coefficients;
use crate::{Features, ModelError, Prediction, format::tidy};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// `coefficients · row + intercept`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Linear {
    /// One a feature.
    pub coefficients: Vec<f64>,
    /// The value where all features are zero.
    pub intercept: f64,
}

impl Predict for Linear {
    fn check(&mut self, features: usize) -> Result<(), ModelError> {
        check_coefficients(&mut self.coefficients, features)?;
        tidy(std::slice::from_mut(&mut self.intercept), "model")
    }

    fn predict(&self, features: &Features) -> Prediction {
        let parts: Vec<Vec<f64>> = features
            .blocks()
            .par_iter()
            .map(|block| block.rows().map(|row| row.dot(&self.coefficients) + self.intercept).collect())
            .collect();
        Prediction::Value(parts.concat())
    }

    fn parameters(&self) -> u64 {
        self.coefficients.len() as u64 + 1
    }

    fn linear_functions(&self) -> Vec<LinearFunction<'_>> {
        vec![LinearFunction { class: None, coefficients: &self.coefficients, intercept: self.intercept }]
    }
}
