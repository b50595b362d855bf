//! Coordinate descent from sums of products, and the exact solution where its signs are known.

use super::{larger, square};
use nalgebra::{Cholesky, DMatrix, DVector};

/// A duality gap, as a share of the labels' variance, that is no more than rounding.
const ROUNDING: f64 = 1e-14;

/// How a search ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) iterations: u32,
    pub(super) gap: f64,
    pub(super) objective: f64,
    pub(super) tolerance: f64,
}

/// What objective and dual objective are made of; means over the rows.
pub(super) struct Objective {
    /// Of the squares of residuals.
    pub(super) square: f64,
    /// Of residual times label.
    pub(super) along: f64,
    /// The weight of the absolute penalty, above 0.
    pub(super) absolute: f64,
    /// The weight of the quadratic penalty.
    pub(super) quadratic: f64,
    /// The largest absolute slope: residual times feature, less the quadratic penalty's slope.
    pub(super) slope: f64,
}

impl Objective {
    /// The residual, scaled so that no slope is above the absolute penalty, is a point of the dual problem (as in scikit-learn,
    /// where the quadratic penalty counts as more rows): the gap to what the objective is there.
    pub(super) fn end(&self, coefficients: &[f64], iterations: u32) -> End {
        let Self { square: residual, along, absolute, quadratic, slope } = *self;
        let length: f64 = coefficients.iter().map(|value| value.abs()).sum();
        let penalty = quadratic * square(coefficients);
        let factor = if slope > absolute { absolute / slope } else { 1.0 };
        let objective = 0.5 * residual + absolute * length + 0.5 * penalty;
        let dual = factor * along - 0.5 * factor * factor * (residual + penalty);
        let gap = objective - dual;
        End { iterations, gap: if gap.is_nan() { gap } else { gap.max(0.0) }, objective, tolerance: 0.0 }
    }
}

/// The quadratic function, and what is kept of a point.
struct Point<'a> {
    covariance: &'a DMatrix<f64>,
    product: &'a DVector<f64>,
    variance: f64,
    absolute: f64,
    quadratic: f64,
    values: DVector<f64>,
    /// The covariance times the values.
    image: DVector<f64>,
}

impl Point<'_> {
    fn end(&self, iterations: u32) -> End {
        let along = self.variance - self.values.dot(self.product);
        let bend = self.values.dot(&self.image) - self.values.dot(self.product);
        let slopes = (0..self.values.len())
            .map(|at| (self.product[at] - self.image[at] - self.quadratic * self.values[at]).abs());
        let objective = Objective {
            square: (along + bend).max(0.0),
            along,
            absolute: self.absolute,
            quadratic: self.quadratic,
            slope: slopes.fold(0.0, larger),
        };
        objective.end(self.values.as_slice(), iterations)
    }

    /// Each coefficient in turn to where the function is least; whether a sign changed.
    fn sweep(&mut self) -> bool {
        let mut turned = false;
        for at in 0..self.values.len() {
            let (bend, old) = (self.covariance[(at, at)], self.values[at]);
            if bend + self.quadratic <= 0.0 {
                continue;
            }
            let pull = self.product[at] - self.image[at] + bend * old;
            let new = (pull.abs() - self.absolute).max(0.0) * pull.signum() / (bend + self.quadratic);
            if new != old {
                turned |= sign(new) != sign(old);
                self.values[at] = new;
                self.image.axpy(new - old, &self.covariance.column(at), 1.0);
            }
        }
        turned
    }

    /// The optimum for the signs that the coefficients have, if they are those of the optimum.
    fn solved(&self) -> Option<Self> {
        let known: Vec<usize> = (0..self.values.len()).filter(|&at| self.values[at] != 0.0).collect();
        let size = known.len();
        let matrix = DMatrix::from_fn(size, size, |i, j| {
            self.covariance[(known[i], known[j])] + if i == j { self.quadratic } else { 0.0 }
        });
        let right =
            DVector::from_fn(size, |i, _| self.product[known[i]] - self.absolute * self.values[known[i]].signum());
        let factor = Cholesky::new(matrix.clone())?;
        let mut solution = factor.solve(&right);
        let rest = &right - &matrix * &solution;
        solution += factor.solve(&rest);
        let mut values = DVector::zeros(self.values.len());
        for (&at, value) in known.iter().zip(solution.iter()) {
            if sign(*value) != sign(self.values[at]) {
                return None;
            }
            values[at] = *value;
        }
        let image = self.covariance * &values;
        Some(Self { values, image, ..*self })
    }
}

fn sign(value: f64) -> i8 {
    i8::from(value > 0.0) - i8::from(value < 0.0)
}

/// Minimises `variance / 2 - product · w + w · covariance · w / 2` plus the penalties: until the gap is small enough and no sign
/// changes any more, where the optimum for these signs is solved for; or until the gap is rounding, or after the most iterations.
pub(super) fn minimise(
    (covariance, product, variance): (&DMatrix<f64>, &DVector<f64>, f64),
    (absolute, quadratic): (f64, f64),
    start: Vec<f64>,
    (enough, most): (f64, u32),
) -> (DVector<f64>, End) {
    let values = DVector::from_vec(start);
    let image = covariance * &values;
    let mut point = Point { covariance, product, variance, absolute, quadratic, values, image };
    let mut end = point.end(0);
    let mut tried = f64::INFINITY;
    while end.iterations < most && end.gap > ROUNDING * variance {
        let turned = point.sweep();
        end = point.end(end.iterations + 1);
        if turned || !(end.gap <= enough.min(tried)) {
            continue;
        }
        // Solving costs more than a few iterations: again only when the gap is much smaller.
        tried = end.gap / 10.0;
        if let Some(solved) = point.solved() {
            let solved_end = solved.end(end.iterations);
            if solved_end.gap <= end.gap {
                return (solved.values, solved_end);
            }
        }
    }
    (point.values, end)
}
