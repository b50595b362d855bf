//! A linear support vector machine.

mod newton;

use super::{ClassWeight, Estimate, Fitted, outside};
use crate::sample::Classes;
use crate::{Sample, TrainError};
use mlspec_model::{LinearClassifier, Model, Predictor};
use mlspec_record::body::{Convergence, Guarantee, Start};
use newton::{End, Problem};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A linear support vector machine, as scikit-learn's `LinearSVC` with its squared hinge: for two classes, minimises
/// `|w|² / 2 + C Σ weight · max(0, 1 - y (Xw + b))²` with `y` 1 for the second class and -1 for the first. The intercept is penalised,
/// too: it is the coefficient of one more feature, which is `intercept_scaling` everywhere. For more than two classes there is a
/// function for each against all others, and the greatest decides. There are no probabilities.
///
/// It is fitted by Newton's method on all rows; in an update, from the coefficients before on. The duality gap at the end is half of
/// the gradient's square, and no coefficient is farther from the optimum than the gradient is long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct LinearSvc {
    /// The inverse of the penalty's weight, above 0.
    #[serde(rename = "C")]
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub c: f64,
    /// How long the gradient may be at the end, as a share of its length where all coefficients are 0; above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub tol: f64,
    /// The most Newton steps for each function, at least 1.
    #[schemars(extend("minimum" = 1))]
    pub max_iter: u32,
    /// How much the rows of each class count.
    pub class_weight: ClassWeight,
    /// Whether there is an intercept.
    pub fit_intercept: bool,
    /// The value of the feature whose coefficient is the intercept, above 0: the larger, the less the intercept is penalised.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub intercept_scaling: f64,
}

impl Default for LinearSvc {
    fn default() -> Self {
        Self {
            c: 1.0,
            tol: 1e-9,
            max_iter: 1000,
            class_weight: ClassWeight::None,
            fit_intercept: true,
            intercept_scaling: 1.0,
        }
    }
}

impl LinearSvc {
    /// The estimator's name.
    pub const NAME: &str = "linear_svc";

    /// One function: rows of these classes count as 1, others as -1.
    fn function(
        &self,
        sample: &Sample<'_>,
        classes: &Classes<'_>,
        class: u32,
        before: Option<(&[f64], f64)>,
    ) -> (Vec<f64>, f64, End) {
        let factors = self.class_weight.factors(classes);
        let weight = |(row, &code): (usize, &u32)| self.c * sample.weight(row) * factors[code as usize];
        let problem = Problem {
            features: sample.features(),
            signs: classes.codes.iter().map(|code| if *code == class { 1.0 } else { -1.0 }).collect(),
            weights: classes.codes.iter().enumerate().map(weight).collect(),
            constant: self.fit_intercept.then_some(self.intercept_scaling),
        };
        let start = before.map(|(coefficients, intercept)| {
            let mut point = coefficients.to_vec();
            point.extend(self.fit_intercept.then_some(intercept / self.intercept_scaling));
            point
        });
        let (mut point, end) = problem.minimise(start, self.tol, self.max_iter);
        let last = if self.fit_intercept { point.pop().unwrap_or(0.0) } else { 0.0 };
        (point, last * self.intercept_scaling, end)
    }
}

impl Estimate for LinearSvc {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn check(&self) -> Result<(), TrainError> {
        let above = |name, value: f64| {
            if value > 0.0 && value.is_finite() { Ok(()) } else { Err(outside(name, "above 0", value)) }
        };
        above("C", self.c)?;
        above("tol", self.tol)?;
        above("intercept_scaling", self.intercept_scaling)?;
        if self.max_iter == 0 { Err(outside("max_iter", "at least 1", 0.0)) } else { Ok(()) }
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::Converged
    }

    fn fit(&self, sample: &Sample<'_>, before: Option<&Model>) -> Result<Fitted, TrainError> {
        let classes = sample.classes(Self::NAME)?;
        let features = sample.features().columns();
        let before = before.and_then(|before| match before.predictor() {
            Predictor::LinearClassifier(model) if model.classes == classes.names => Some(model),
            _ => None,
        });
        let before = before.filter(|before| before.coefficients.iter().all(|row| row.len() == features));
        // With two classes, the function of the second says it all.
        let functions: Vec<u32> = match classes.names.len() {
            2 => vec![1],
            count => (0..count as u32).collect(),
        };
        let (mut coefficients, mut intercepts, mut ends) = (Vec::new(), Vec::new(), Vec::new());
        for (at, class) in functions.into_iter().enumerate() {
            let start = before.and_then(|before| Some((&**before.coefficients.get(at)?, *before.intercepts.get(at)?)));
            let (row, intercept, end) = self.function(sample, &classes, class, start);
            coefficients.push(row);
            intercepts.push(intercept);
            ends.push(end);
        }
        let convergence = convergence(&ends, before.is_some());
        let ends = [convergence.objective, convergence.tolerance, convergence.distance_bound.unwrap_or_default()];
        if !coefficients.iter().flatten().chain(&intercepts).chain(&ends).all(|value| value.is_finite()) {
            return Err(TrainError::Overflow);
        }
        let mut warnings = Vec::new();
        if !convergence.converged {
            warnings.push(format!(
                "the fit ended after {} steps at a duality gap of {:.1e}, above the tolerance {:.1e}",
                convergence.iterations,
                convergence.duality_gap.unwrap_or_default(),
                convergence.tolerance
            ));
        }
        let (names, positive) = (classes.names.to_vec(), classes.positive);
        let predictor = LinearClassifier { classes: names, positive, coefficients, intercepts };
        let model = Model::new(Self::NAME, features, Predictor::LinearClassifier(predictor))?;
        Ok(Fitted { convergence: Some(convergence), warnings, ..Fitted::of(model) })
    }
}

/// How all functions together ended: as the one that is farthest from what was asked for.
fn convergence(ends: &[End], warm: bool) -> Convergence {
    let excess = |end: &End| if end.gap > 0.0 { end.gap / end.tolerance } else { 0.0 };
    let worst = ends.iter().reduce(|worst, end| if excess(end) > excess(worst) { end } else { worst });
    let (gap, tolerance) = worst.map_or((0.0, 0.0), |end| (end.gap, end.tolerance));
    Convergence {
        start: if warm { Start::Previous } else { Start::Zero },
        converged: ends.iter().all(|end| end.gap <= end.tolerance),
        iterations: ends.iter().map(|end| u64::from(end.steps)).sum(),
        objective: ends.iter().map(|end| end.objective).sum(),
        gradient_norm: None,
        duality_gap: Some(gap),
        tolerance,
        probability_change: None,
        distance_bound: Some(ends.iter().map(|end| (2.0 * end.gap).sqrt()).fold(0.0, f64::max)),
    }
}

#[cfg(test)]
mod tests;
