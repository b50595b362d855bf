//! Logistic regression on sparse rows.

mod binary;
mod multinomial;
mod newton;
mod rough;
mod thin;

use super::{ClassWeight, Estimate, Fitted, by_linfa, outside};
use crate::sample::{Classes, lane_blocks, lanes};
use crate::{Sample, TrainError};
use binary::Binary;
use mlspec_model::{Features, Logistic, Model, Predictor};
use mlspec_record::body::{Convergence, Guarantee, Start};
use multinomial::Multinomial;
use newton::{Beginning, Limits, Objective as _, minimise};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thin::Thin;

/// How much of the way to the optimum may be left, as change of any fitted row's probability: so little that a warm start and a
/// fit from the beginning end at the same probabilities, to 10⁻⁶.
const CHANGE: f64 = 2e-7;

/// Logistic regression with a quadratic penalty, as scikit-learn's `LogisticRegression`: minimises
/// `|w|² / 2 + C Σ weight · log loss`. The intercept is not penalised. For more than two classes it is multinomial.
///
/// It is fitted by Newton's method with conjugate gradients, on all rows, to the optimum. Where there are many rows, it begins at
/// the optimum of some of them, whose curvature also speeds up what follows; in an update, at the coefficients before.
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
    /// How it is fitted.
    pub solver: LogisticSolver,
}

/// How logistic regression is fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogisticSolver {
    /// Newton's method with conjugate gradients, on sparse rows. An update begins at the coefficients before.
    #[default]
    NewtonCg,
    /// By `linfa-logistic`: L-BFGS on dense rows, of 67 million values at most, zeros included; without weights, of rows or of
    /// classes. An update fits anew.
    Linfa,
}

impl Default for LogisticRegression {
    fn default() -> Self {
        Self {
            c: 1.0,
            tol: 1e-6,
            max_iter: 100,
            class_weight: ClassWeight::None,
            fit_intercept: true,
            solver: LogisticSolver::default(),
        }
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
}

impl Estimate for LogisticRegression {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn check(&self) -> Result<(), TrainError> {
        match () {
            () if !(self.c > 0.0 && self.c.is_finite()) => Err(outside("C", "above 0", self.c)),
            () if !(self.tol > 0.0 && self.tol.is_finite()) => Err(outside("tol", "above 0", self.tol)),
            () if self.max_iter == 0 => Err(outside("max_iter", "at least 1", 0.0)),
            () if self.solver == LogisticSolver::Linfa && self.class_weight != ClassWeight::None => {
                Err(TrainError::Weights { solver: by_linfa::NAME })
            }
            () => Ok(()),
        }
    }

    fn guarantee(&self) -> Guarantee {
        match self.solver {
            LogisticSolver::NewtonCg => Guarantee::Converged,
            LogisticSolver::Linfa => Guarantee::Retrained,
        }
    }

    /// From a model before on, if its classes are those of the rows.
    fn fit(&self, sample: &Sample<'_>, before: Option<&Model>) -> Result<Fitted, TrainError> {
        let classes = sample.classes(Self::NAME)?;
        let features = sample.features().columns();
        if self.solver == LogisticSolver::Linfa {
            return self.fit_by_linfa(sample, &classes);
        }
        let problem = self.problem(sample, &classes);
        let before = before.and_then(|before| match before.predictor() {
            Predictor::Logistic(before) => Some(before),
            _ => None,
        });
        let before = before.filter(|before| {
            before.classes == classes.names && before.coefficients.iter().all(|row| row.len() == features)
        });
        let (coefficients, intercepts, convergence) = match classes.names.len() {
            2 => self.binary(&problem, before),
            count => self.multinomial(&problem, count, before),
        };
        if !coefficients.iter().flatten().chain(&intercepts).all(|value| value.is_finite()) {
            return Err(TrainError::Overflow);
        }
        let mut warnings = Vec::new();
        if !convergence.converged {
            warnings.push(format!(
                "the fit ended after {} steps at a gradient norm of {:.1e}, above the tolerance {:.1e}",
                convergence.iterations,
                convergence.gradient_norm.unwrap_or(f64::NAN),
                convergence.tolerance
            ));
        }
        let model = model(&classes, coefficients, intercepts, features)?;
        Ok(Fitted { convergence: Some(convergence), warnings, ..Fitted::of(model) })
    }
}

impl LogisticRegression {
    /// As [`Estimate::fit`]. linfa does not say how its search ended, so that the gradient is taken once more.
    fn fit_by_linfa(&self, sample: &Sample<'_>, classes: &Classes<'_>) -> Result<Fitted, TrainError> {
        let (coefficients, mut intercepts) =
            by_linfa::logistic(sample, classes, (self.c, self.tol, self.max_iter), self.fit_intercept)?;
        if !coefficients.iter().flatten().chain(&intercepts).all(|value| value.is_finite()) {
            return Err(TrainError::Overflow);
        }
        let problem = self.problem(sample, classes);
        let features = sample.features().columns();
        let by_feature = (0..features).flat_map(|at| coefficients.iter().map(move |row| row[at]));
        let mut point: Vec<f64> = by_feature.collect();
        point.extend(intercepts.iter().filter(|_| self.fit_intercept));
        let gradient = match classes.names.len() {
            2 => Binary::new(&problem).at(&point).gradient,
            count => Multinomial::new(&problem, count).at(&point).gradient,
        };
        let norm = gradient.iter().fold(0.0, |greatest: f64, value| greatest.max(value.abs()));
        let mut warnings = Vec::new();
        if !(norm <= self.tol) {
            warnings
                .push(format!("the fit ended at a gradient norm of {norm:.1e}, above the tolerance {:.1e}", self.tol));
        }
        if classes.names.len() > 2 {
            centre(&mut intercepts);
        }
        let model = model(classes, coefficients, intercepts, features)?;
        Ok(Fitted { warnings, ..Fitted::of(model) })
    }

    fn problem<'a>(&self, sample: &Sample<'a>, classes: &Classes<'a>) -> Problem<'a> {
        let total: f64 = classes.weights.iter().sum();
        let factors = self.class_weight.factors(classes);
        // Balanced weights add up to the same total.
        let weights =
            classes.codes.iter().enumerate().map(|(row, &code)| sample.weight(row) * factors[code as usize] / total);
        Problem {
            features: sample.features(),
            codes: classes.codes,
            weights: weights.collect(),
            penalty: 1.0 / (self.c * total),
            intercept: self.fit_intercept,
        }
    }

    fn limits(&self) -> Limits {
        Limits { gradient: self.tol, change: CHANGE, steps: self.max_iter }
    }

    fn binary(&self, problem: &Problem<'_>, before: Option<&Logistic>) -> (Vec<Vec<f64>>, Vec<f64>, Convergence) {
        let features = problem.features.columns();
        let beginning = match before {
            Some(before) => {
                let mut point = before.coefficients.concat();
                point.extend(before.intercepts.iter().filter(|_| self.fit_intercept));
                Beginning { start: Start::Previous, point: Some(point), rough: None }
            }
            None => Thin::of(problem).map_or_else(Beginning::zero, |thin| thin.begin(self.limits())),
        };
        let (mut weights, end, convergence) = minimise(&Binary::new(problem), beginning, self.limits());
        let bound = self.distance(problem, &end.gradient, features);
        let intercept = if self.fit_intercept { weights.pop().unwrap_or(0.0) } else { 0.0 };
        weights.truncate(features);
        (vec![weights], vec![intercept], Convergence { distance_bound: Some(bound), ..convergence })
    }

    fn multinomial(
        &self,
        problem: &Problem<'_>,
        classes: usize,
        before: Option<&Logistic>,
    ) -> (Vec<Vec<f64>>, Vec<f64>, Convergence) {
        let features = problem.features.columns();
        let beginning = before.map_or_else(Beginning::zero, |before| {
            let feature = |at: usize| before.coefficients.iter().map(move |row| row[at]);
            let mut point: Vec<f64> = (0..features).flat_map(feature).collect();
            point.extend(before.intercepts.iter().filter(|_| self.fit_intercept));
            Beginning { start: Start::Previous, point: Some(point), rough: None }
        });
        let (weights, end, convergence) = minimise(&Multinomial::new(problem, classes), beginning, self.limits());
        // How intercepts and coefficients play together has no bound as simple as that of two classes.
        let bound = (!self.fit_intercept).then(|| self.distance(problem, &end.gradient, features * classes));
        let class = |class: usize| weights.iter().skip(class).step_by(classes).take(features).copied().collect();
        let mut intercepts = weights.get(features * classes..).map_or_else(Vec::new, <[f64]>::to_vec);
        intercepts.resize(classes, 0.0);
        centre(&mut intercepts);
        let coefficients = (0..classes).map(class).collect();
        (coefficients, intercepts, Convergence { distance_bound: bound, ..convergence })
    }

    /// How far the coefficients are from those of the optimum at most.
    ///
    /// With the intercept at its best for given coefficients, the objective is strongly convex in them, by the penalty. On
    /// the way of the intercept to there, the gradient by the coefficients changes by the intercept's own gradient times the
    /// length of the longest row, at most.
    fn distance(&self, problem: &Problem<'_>, gradient: &[f64], penalised: usize) -> f64 {
        let (coefficients, intercept) = gradient.split_at(penalised.min(gradient.len()));
        let norm = |vector: &[f64]| vector.iter().map(|value| value * value).sum::<f64>().sqrt();
        let longest = match intercept {
            [] => 0.0,
            _ => lanes(problem.features, 16, |_, lane| {
                let rows = lane_blocks(problem.features, lane).flat_map(|(_, block)| block.rows());
                rows.map(|row| norm(row.values)).fold(0.0, f64::max)
            })
            .into_iter()
            .fold(0.0, f64::max),
        };
        (norm(coefficients) + longest * norm(intercept)) / problem.penalty
    }
}

/// Any constant could be added to the intercepts of more than two classes; this one makes them add up to 0.
fn centre(intercepts: &mut [f64]) {
    let mean = intercepts.iter().sum::<f64>() / intercepts.len() as f64;
    intercepts.iter_mut().for_each(|intercept| *intercept -= mean);
}

fn model(
    classes: &Classes<'_>,
    coefficients: Vec<Vec<f64>>,
    intercepts: Vec<f64>,
    features: usize,
) -> Result<Model, TrainError> {
    let logistic = Logistic { classes: classes.names.to_vec(), positive: classes.positive, coefficients, intercepts };
    Ok(Model::new(LogisticRegression::NAME, features, Predictor::Logistic(logistic))?)
}

#[cfg(test)]
mod tests;
