//! Logistic regression on sparse rows.

mod binary;
mod multinomial;
mod newton;
mod thin;

use super::{Fitted, outside};
use crate::sample::Classes;
use crate::{Sample, TrainError};
use binary::Binary;
use mlspec_model::{Features, Logistic, Model, Predictor};
use mlspec_record::body::{Convergence, Guarantee};
use multinomial::Multinomial;
use newton::minimise;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thin::Thin;

/// Logistic regression with a quadratic penalty, as scikit-learn's `LogisticRegression`: minimises
/// `|w|² / 2 + C Σ weight · log loss`. The intercept is not penalised. For more than two classes it is multinomial.
///
/// It is fitted by Newton's method with conjugate gradients, on all rows, to the optimum. Where there are many rows, it begins at
/// the optimum of some of them, whose curvature also speeds up what follows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LogisticRegression {
    /// The inverse of the penalty's weight, above 0.
    #[serde(rename = "C")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub c: f64,
    /// The largest absolute component that the gradient of the objective (mean over the rows' weights) may have at the end,
    /// above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub tol: f64,
    /// The most Newton steps, at least 1.
    #[schemars(extend("minimum" = 1))]
    pub max_iter: u32,
    /// How much the rows of each class count.
    pub class_weight: ClassWeight,
    /// Whether there is an intercept.
    pub fit_intercept: bool,
}

/// How much the rows of each class count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeight {
    /// As their weights say.
    #[default]
    None,
    /// Each class as much as every other.
    Balanced,
}

impl Default for LogisticRegression {
    fn default() -> Self {
        Self { c: 1.0, tol: 1e-6, max_iter: 100, class_weight: ClassWeight::None, fit_intercept: true }
    }
}

/// What both objectives are made of. Weights add up to 1.
struct Problem<'a> {
    features: &'a Features,
    codes: &'a [u32],
    weights: Vec<f64>,
    penalty: f64,
    intercept: bool,
}

impl LogisticRegression {
    /// The estimator's name.
    pub const NAME: &str = "logistic_regression";

    pub(crate) fn check(&self) -> Result<(), TrainError> {
        match () {
            () if !(self.c > 0.0 && self.c.is_finite()) => Err(outside("C", "above 0", self.c)),
            () if !(self.tol > 0.0 && self.tol.is_finite()) => Err(outside("tol", "above 0", self.tol)),
            () if self.max_iter == 0 => Err(outside("max_iter", "at least 1", 0.0)),
            () => Ok(()),
        }
    }

    pub(crate) fn fit(&self, sample: &Sample<'_>) -> Result<Fitted, TrainError> {
        let classes = sample.classes(Self::NAME)?;
        let problem = self.problem(sample, &classes);
        let features = sample.features().columns();
        let (coefficients, intercepts, convergence) = match classes.names.len() {
            2 => self.binary(&problem, features),
            count => self.multinomial(&problem, features, count),
        };
        if !coefficients.iter().flatten().chain(&intercepts).all(|value| value.is_finite()) {
            return Err(TrainError::Overflow);
        }
        let mut warnings = Vec::new();
        if !convergence.converged {
            warnings.push(format!(
                "the fit ended after {} steps at a gradient norm of {:.1e}, above the tolerance {:.1e}",
                convergence.iterations, convergence.gradient_norm, convergence.tolerance
            ));
        }
        let logistic =
            Logistic { classes: classes.names.to_vec(), positive: classes.positive, coefficients, intercepts };
        let model = Model::new(Self::NAME, features, Predictor::Logistic(logistic))?;
        Ok(Fitted { model, convergence: Some(convergence), guarantee: Guarantee::Converged, warnings })
    }

    fn problem<'a>(&self, sample: &Sample<'a>, classes: &Classes<'a>) -> Problem<'a> {
        let total: f64 = classes.weights.iter().sum();
        let factor = |code: u32| match self.class_weight {
            ClassWeight::None => 1.0,
            ClassWeight::Balanced => total / (classes.weights.len() as f64 * classes.weights[code as usize]),
        };
        // Balanced weights add up to the same total.
        let weights = classes.codes.iter().enumerate().map(|(row, &code)| sample.weight(row) * factor(code) / total);
        Problem {
            features: sample.features(),
            codes: classes.codes,
            weights: weights.collect(),
            penalty: 1.0 / (self.c * total),
            intercept: self.fit_intercept,
        }
    }

    fn binary(&self, problem: &Problem<'_>, features: usize) -> (Vec<Vec<f64>>, Vec<f64>, Convergence) {
        let thin = Thin::of(problem);
        let (start, rough) = thin.as_ref().map_or((None, None), |thin| thin.begin(self.tol, self.max_iter));
        let (mut weights, convergence) =
            minimise(&Binary::new(problem), start, rough.as_ref(), self.tol, self.max_iter);
        let intercept = if self.fit_intercept { weights.pop().unwrap_or(0.0) } else { 0.0 };
        weights.truncate(features);
        (vec![weights], vec![intercept], convergence)
    }

    fn multinomial(
        &self,
        problem: &Problem<'_>,
        features: usize,
        classes: usize,
    ) -> (Vec<Vec<f64>>, Vec<f64>, Convergence) {
        let (weights, convergence) = minimise(&Multinomial::new(problem, classes), None, None, self.tol, self.max_iter);
        let class = |class: usize| weights.iter().skip(class).step_by(classes).take(features).copied().collect();
        let mut intercepts = weights.get(features * classes..).map_or_else(Vec::new, <[f64]>::to_vec);
        intercepts.resize(classes, 0.0);
        // Any constant could be added to all intercepts; this one makes them add up to 0.
        let mean = intercepts.iter().sum::<f64>() / classes as f64;
        intercepts.iter_mut().for_each(|intercept| *intercept -= mean);
        ((0..classes).map(class).collect(), intercepts, convergence)
    }
}

#[cfg(test)]
mod tests;
