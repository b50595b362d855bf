//! Least squares: ordinary and with a quadratic penalty.

mod moments;
mod solve;

use super::{Estimate, Fitted, by_linfa, outside};
use crate::{Sample, TrainError};
use mlspec_model::{Linear, Model, Predictor};
use mlspec_record::body::Guarantee;
pub(super) use moments::{Moments, occurring};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
pub(super) use solve::solve;

/// The most features that are not zero everywhere: the statistics hold a number for each pair.
pub(super) const MAX_FEATURES: usize = 5000;

/// How least squares are solved.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LeastSquaresSolver {
    /// From sums of products over the rows, by a Cholesky decomposition, or by eigenvectors where features depend on each other;
    /// for sparse rows and weights. An update is exact.
    #[default]
    Cholesky,
    /// By `linfa-linear`, a QR decomposition of dense rows, of 67 million values at most, zeros included. Without a penalty
    /// features must be independent. An update fits anew.
    Linfa,
}

impl LeastSquaresSolver {
    fn guarantee(self) -> Guarantee {
        match self {
            Self::Cholesky => Guarantee::Exact,
            Self::Linfa => Guarantee::Retrained,
        }
    }
}

/// Ordinary least squares: minimises `Σ (y - Xw - b)²`. Where features depend on each other linearly, the coefficients of
/// least norm, as scikit-learn's `LinearRegression`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinearRegression {
    /// Whether there is an intercept.
    pub fit_intercept: bool,
    /// How it is solved.
    pub solver: LeastSquaresSolver,
}

impl Default for LinearRegression {
    fn default() -> Self {
        Self { fit_intercept: true, solver: LeastSquaresSolver::default() }
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
    /// How it is solved.
    pub solver: LeastSquaresSolver,
}

impl Default for Ridge {
    fn default() -> Self {
        Self { alpha: 1.0, fit_intercept: true, solver: LeastSquaresSolver::default() }
    }
}

impl LinearRegression {
    /// The estimator's name.
    pub const NAME: &str = "linear_regression";
}

impl Estimate for LinearRegression {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn check(&self) -> Result<(), TrainError> {
        Ok(())
    }

    fn fit(&self, sample: &Sample<'_>, _: Option<&Model>) -> Result<Fitted, TrainError> {
        fit(Self::NAME, sample, 0.0, self.fit_intercept, self.solver)
    }

    fn guarantee(&self) -> Guarantee {
        self.solver.guarantee()
    }
}

impl Ridge {
    /// The estimator's name.
    pub const NAME: &str = "ridge";
}

impl Estimate for Ridge {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn check(&self) -> Result<(), TrainError> {
        if self.alpha >= 0.0 && self.alpha.is_finite() {
            Ok(())
        } else {
            Err(outside("alpha", "0 or more", self.alpha))
        }
    }

    fn fit(&self, sample: &Sample<'_>, _: Option<&Model>) -> Result<Fitted, TrainError> {
        fit(Self::NAME, sample, self.alpha, self.fit_intercept, self.solver)
    }

    fn guarantee(&self) -> Guarantee {
        self.solver.guarantee()
    }
}

/// How many features are independent of each other, as the sums of products tell.
pub(super) fn rank(sample: &Sample<'_>, labels: &[f64], fit_intercept: bool) -> usize {
    let moments = Moments::new(sample, labels, &occurring(sample.features()), fit_intercept);
    solve(moments.covariance(), moments.product(), 0.0).rank
}

fn fit(
    name: &'static str,
    sample: &Sample<'_>,
    alpha: f64,
    fit_intercept: bool,
    solver: LeastSquaresSolver,
) -> Result<Fitted, TrainError> {
    let labels = sample.values(name)?;
    let features = sample.features().columns();
    if solver == LeastSquaresSolver::Linfa {
        let (coefficients, intercept) = by_linfa::least_squares(sample, labels, alpha, fit_intercept)?;
        if !coefficients.iter().chain([&intercept]).all(|value| value.is_finite()) {
            return Err(TrainError::Overflow);
        }
        let model = Model::new(name, features, Predictor::Linear(Linear { coefficients, intercept }))?;
        return Ok(Fitted::of(model));
    }
    let columns = occurring(sample.features());
    if columns.len() > MAX_FEATURES {
        return Err(TrainError::TooManyFeatures { estimator: name, features: columns.len(), limit: MAX_FEATURES });
    }
    let moments = Moments::new(sample, labels, &columns, fit_intercept);
    let (covariance, product) = (moments.covariance(), moments.product());
    if !covariance.iter().chain(product.iter()).all(|value| value.is_finite()) {
        return Err(TrainError::Overflow);
    }
    let solution = solve(covariance, product, alpha);
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
    Ok(Fitted { warnings, ..Fitted::of(model) })
}

#[cfg(test)]
mod tests;
