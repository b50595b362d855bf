//! Least squares: ordinary and with a quadratic penalty.

mod moments;
mod solve;

use super::{Fitted, outside};
use crate::{Sample, TrainError};
use mlspec_model::{Linear, Model, Predictor};
use mlspec_record::body::Guarantee;
use moments::{Moments, occurring};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most features that are not zero everywhere: the statistics hold a number for each pair.
const MAX_FEATURES: usize = 5000;

/// Ordinary least squares: minimises `Σ (y - Xw - b)²`. Where features depend on each other linearly, the coefficients of
/// least norm, as scikit-learn's `LinearRegression`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinearRegression {
    /// Whether there is an intercept.
    pub fit_intercept: bool,
}

impl Default for LinearRegression {
    fn default() -> Self {
        Self { fit_intercept: true }
    }
}

/// Least squares with a quadratic penalty: minimises `Σ (y - Xw - b)² + alpha |w|²`, as scikit-learn's `Ridge`. The
/// intercept is not penalised.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Ridge {
    /// The weight of the penalty, 0 or more.
    #[schemars(extend("minimum" = 0))]
    pub alpha: f64,
    /// Whether there is an intercept.
    pub fit_intercept: bool,
}

impl Default for Ridge {
    fn default() -> Self {
        Self { alpha: 1.0, fit_intercept: true }
    }
}

impl LinearRegression {
    /// The estimator's name.
    pub const NAME: &str = "linear_regression";

    pub(crate) fn fit(&self, sample: &Sample<'_>) -> Result<Fitted, TrainError> {
        fit(Self::NAME, sample, 0.0, self.fit_intercept)
    }
}

impl Ridge {
    /// The estimator's name.
    pub const NAME: &str = "ridge";

    pub(crate) fn check(&self) -> Result<(), TrainError> {
        if self.alpha >= 0.0 && self.alpha.is_finite() {
            Ok(())
        } else {
            Err(outside("alpha", "0 or more", self.alpha))
        }
    }

    pub(crate) fn fit(&self, sample: &Sample<'_>) -> Result<Fitted, TrainError> {
        fit(Self::NAME, sample, self.alpha, self.fit_intercept)
    }
}

fn fit(name: &'static str, sample: &Sample<'_>, alpha: f64, fit_intercept: bool) -> Result<Fitted, TrainError> {
    let labels = sample.values(name)?;
    let features = sample.features().columns();
    let columns = occurring(sample.features());
    if columns.len() > MAX_FEATURES {
        return Err(TrainError::TooManyFeatures { estimator: name, features: columns.len(), limit: MAX_FEATURES });
    }
    let moments = Moments::new(sample, labels, &columns, fit_intercept);
    let (covariance, product) = (moments.covariance(), moments.product());
    if !covariance.iter().chain(product.iter()).all(|value| value.is_finite()) {
        return Err(TrainError::Overflow);
    }
    let solution = solve::solve(covariance, product, alpha);
    let intercept = moments.intercept(&solution.coefficients);
    if !(intercept.is_finite() && solution.coefficients.iter().all(|value| value.is_finite())) {
        return Err(TrainError::Overflow);
    }
    let mut coefficients = vec![0.0; features];
    columns.iter().zip(&solution.coefficients).for_each(|(&column, value)| coefficients[column] = *value);
    let linear = Linear { coefficients, intercept };
    let mut warnings = Vec::new();
    if solution.rank < features && alpha == 0.0 {
        warnings.push(format!(
            "{} of {features} features depend linearly on others or are constant; the coefficients are those of least norm",
            features - solution.rank
        ));
    }
    let model = Model::new(name, features, Predictor::Linear(linear))?;
    Ok(Fitted { model, convergence: None, guarantee: Guarantee::Exact, warnings })
}

#[cfg(test)]
mod tests;
