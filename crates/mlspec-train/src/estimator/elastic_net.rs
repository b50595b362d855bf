//! Least squares with an absolute and a quadratic penalty.

mod descent;

use super::linear::{MAX_FEATURES, Moments, occurring, solve};
use super::{Estimate, Fitted, outside};
use crate::sample::{add, lane_blocks, lanes};
use crate::{Sample, TrainError};
use descent::{End, Objective};
use mlspec_model::{Linear, Model, Predictor};
use mlspec_record::body::{Convergence, Guarantee, Start};
use nalgebra::{DMatrix, DVector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Up to so many features, the sums of products are taken of all of them at once.
const ALL_AT_ONCE: usize = 500;

/// How many features are taken up at a time where there are more, at least.
const AT_A_TIME: usize = 100;

/// The most lanes that rows are looked through in.
const LANES: usize = 16;

/// Linear regression with an absolute and a quadratic penalty, as scikit-learn's `ElasticNet`: minimises
/// `Σ weight (y - Xw - b)² / (2 Σ weight) + alpha · l1_ratio · |w|₁ + alpha · (1 - l1_ratio) · |w|² / 2`. The intercept is not
/// penalised. With `l1_ratio: 1` it is the lasso.
///
/// Coefficients are sought one after the other, from sums of products over the rows, until the duality gap is small; those that are
/// not zero are then found exactly. Where there are many features, sums are taken only of those that may not be zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ElasticNet {
    /// The weight of the penalties together, 0 or more.
    #[schemars(extend("minimum" = 0))]
    pub alpha: f64,
    /// The share of the absolute penalty, from 0 to 1.
    #[schemars(extend("minimum" = 0, "maximum" = 1))]
    pub l1_ratio: f64,
    /// Whether there is an intercept.
    pub fit_intercept: bool,
    /// The most times that all coefficients are gone through, at least 1.
    #[schemars(extend("minimum" = 1))]
    pub max_iter: u32,
    /// At which duality gap the search may end, as a share of the labels' variance (of their square, without intercept); above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub tol: f64,
}

impl Default for ElasticNet {
    fn default() -> Self {
        Self { alpha: 1.0, l1_ratio: 0.5, fit_intercept: true, max_iter: 1000, tol: 1e-4 }
    }
}

impl ElasticNet {
    /// The estimator's name.
    pub const NAME: &str = "elastic_net";
}

impl Estimate for ElasticNet {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn check(&self) -> Result<(), TrainError> {
        match () {
            () if !(self.alpha >= 0.0 && self.alpha.is_finite()) => Err(outside("alpha", "0 or more", self.alpha)),
            () if !(0.0..=1.0).contains(&self.l1_ratio) => Err(outside("l1_ratio", "from 0 to 1", self.l1_ratio)),
            () if !(self.tol > 0.0 && self.tol.is_finite()) => Err(outside("tol", "above 0", self.tol)),
            () if self.max_iter == 0 => Err(outside("max_iter", "at least 1", 0.0)),
            () => Ok(()),
        }
    }

    /// The search begins at zero, from sums that an update adds up as a run does.
    fn guarantee(&self) -> Guarantee {
        Guarantee::Exact
    }

    fn fit(&self, sample: &Sample<'_>, _: Option<&Model>) -> Result<Fitted, TrainError> {
        let labels = sample.values(Self::NAME)?;
        let columns = occurring(sample.features());
        let rows = Rows::new(sample, labels, self.fit_intercept);
        let mut net = Net { settings: self, rows: &rows, coefficients: vec![0.0; sample.features().columns()] };
        let mut end = match self.alpha * self.l1_ratio > 0.0 {
            true => net.search(&columns)?,
            false => net.solve(&columns)?,
        };
        end.tolerance = self.tol * rows.variance;
        let coefficients = net.coefficients;
        let intercept = rows.intercept(&coefficients);
        if !(intercept.is_finite() && coefficients.iter().all(|value| value.is_finite()) && end.gap.is_finite()) {
            return Err(TrainError::Overflow);
        }
        let mut warnings = Vec::new();
        if !end.converged() {
            warnings.push(format!(
                "the fit ended after {} iterations at a duality gap of {:.1e}, above the tolerance {:.1e}",
                end.iterations, end.gap, end.tolerance
            ));
        }
        let model = Model::new(Self::NAME, coefficients.len(), Predictor::Linear(Linear { coefficients, intercept }))?;
        Ok(Fitted { convergence: Some(end.convergence()), warnings, ..Fitted::of(model) })
    }
}

impl End {
    fn converged(&self) -> bool {
        self.gap <= self.tolerance
    }

    fn convergence(&self) -> Convergence {
        Convergence {
            start: Start::Zero,
            converged: self.converged(),
            iterations: u64::from(self.iterations),
            objective: self.objective,
            gradient_norm: None,
            duality_gap: Some(self.gap),
            tolerance: self.tolerance,
            probability_change: None,
            distance_bound: None,
        }
    }
}

/// A search in the making.
struct Net<'a> {
    settings: &'a ElasticNet,
    rows: &'a Rows<'a>,
    coefficients: Vec<f64>,
}

impl Net<'_> {
    fn penalties(&self) -> (f64, f64) {
        let ElasticNet { alpha, l1_ratio, .. } = *self.settings;
        (alpha * l1_ratio, alpha * (1.0 - l1_ratio))
    }

    /// Covariances of these features, and with the label: sums over the rows.
    fn moments(&self, columns: &[usize]) -> Result<(DMatrix<f64>, DVector<f64>), TrainError> {
        if columns.len() > MAX_FEATURES {
            let (estimator, features) = (ElasticNet::NAME, columns.len());
            return Err(TrainError::TooManyFeatures { estimator, features, limit: MAX_FEATURES });
        }
        let moments = Moments::new(self.rows.sample, self.rows.labels, columns, self.rows.centred);
        let (covariance, product) = (moments.covariance(), moments.product());
        let finite = covariance.iter().chain(product.iter()).all(|value| value.is_finite());
        if finite { Ok((covariance, product)) } else { Err(TrainError::Overflow) }
    }

    /// Without an absolute penalty it is ridge.
    fn solve(&mut self, columns: &[usize]) -> Result<End, TrainError> {
        let (covariance, product) = self.moments(columns)?;
        let (_, quadratic) = self.penalties();
        let solution = solve(covariance, product, quadratic * self.rows.total).coefficients;
        columns.iter().zip(solution).for_each(|(&column, value)| self.coefficients[column] = value);
        let looked = self.rows.look(&self.coefficients);
        // The gap of a smooth problem that is solved, as a gap without an absolute penalty cannot close.
        let objective = 0.5 * looked.square + 0.5 * quadratic * square(&self.coefficients);
        Ok(End { iterations: 1, gap: 0.0, objective, tolerance: 0.0 })
    }

    /// With few features, at once. With many, among those with which the residual goes along most, until no other one does.
    fn search(&mut self, columns: &[usize]) -> Result<End, TrainError> {
        let (absolute, quadratic) = self.penalties();
        let enough = self.settings.tol * self.rows.variance;
        let mut taken: Vec<usize> = if columns.len() <= ALL_AT_ONCE { columns.to_vec() } else { Vec::new() };
        let mut iterations = 0;
        loop {
            if !taken.is_empty() {
                iterations += self.among(&taken, self.settings.max_iter - iterations)?;
            }
            let looked = self.rows.look(&self.coefficients);
            let slope = |at: usize| looked.slopes[at] - quadratic * self.coefficients[at];
            let objective = Objective {
                square: looked.square,
                along: looked.along,
                absolute,
                quadratic,
                slope: columns.iter().map(|&at| slope(at).abs()).fold(0.0, larger),
            };
            let end = objective.end(&self.coefficients, iterations);
            if !end.gap.is_finite() {
                return Err(TrainError::Overflow);
            }
            let mut known = taken.iter().copied().peekable();
            let new = columns.iter().copied().filter(|&at| known.next_if_eq(&at).is_none());
            let mut new: Vec<usize> = new.filter(|&at| slope(at).abs() > absolute).collect();
            if end.gap <= enough || new.is_empty() || iterations >= self.settings.max_iter {
                return Ok(end);
            }
            // Of equal ones the first.
            new.sort_by(|&a, &b| slope(b).abs().total_cmp(&slope(a).abs()));
            taken.retain(|&at| self.coefficients[at] != 0.0);
            new.truncate(AT_A_TIME.max(taken.len()));
            taken.append(&mut new);
            taken.sort_unstable();
        }
    }

    /// The optimum where only these features count; the number of iterations.
    fn among(&mut self, taken: &[usize], most: u32) -> Result<u32, TrainError> {
        let (covariance, product) = self.moments(taken)?;
        let scale = self.rows.total.recip();
        let (covariance, product) = (covariance * scale, product * scale);
        let start = taken.iter().map(|&at| self.coefficients[at]).collect();
        let enough = self.settings.tol * self.rows.variance;
        let (found, end) =
            descent::minimise((&covariance, &product, self.rows.variance), self.penalties(), start, (enough, most));
        taken.iter().zip(found.iter()).for_each(|(&at, value)| self.coefficients[at] = *value);
        Ok(end.iterations)
    }
}

/// The rows, and what is known of them without coefficients.
struct Rows<'a> {
    sample: &'a Sample<'a>,
    labels: &'a [f64],
    centred: bool,
    /// The sum of weights.
    total: f64,
    /// The means of label and features; 0 without an intercept.
    mean: f64,
    means: Vec<f64>,
    /// The mean square of labels less their mean.
    variance: f64,
}

/// What rows say of coefficients: means over the rows.
struct Looked {
    /// Of the squares of residuals.
    square: f64,
    /// Of residual times label less its mean.
    along: f64,
    /// Of residual times feature less its mean.
    slopes: Vec<f64>,
}

impl<'a> Rows<'a> {
    fn new(sample: &'a Sample<'a>, labels: &'a [f64], centred: bool) -> Self {
        let rows = labels.len();
        let total: f64 = (0..rows).map(|row| sample.weight(row)).sum();
        let mut rows = Self { sample, labels, centred, total, mean: 0.0, means: Vec::new(), variance: 0.0 };
        if centred {
            rows.mean = rows.mean_of(|label| label);
        }
        rows.variance = rows.mean_of(|label| (label - rows.mean).powi(2));
        // Residuals of nothing are labels, whose products with features go into the means.
        rows.means = vec![0.0; sample.features().columns()];
        if centred {
            rows.means = rows.sums(|_, _| 1.0, &mut 0.0).into_iter().map(|sum| sum / total).collect();
        }
        rows
    }

    fn mean_of(&self, value: impl Fn(f64) -> f64) -> f64 {
        let terms = self.labels.iter().enumerate().map(|(row, label)| self.sample.weight(row) * value(*label));
        terms.sum::<f64>() / self.total
    }

    fn intercept(&self, coefficients: &[f64]) -> f64 {
        let terms = coefficients.iter().zip(&self.means).filter(|(value, _)| **value != 0.0);
        self.mean - terms.map(|(value, mean)| value * mean).sum::<f64>()
    }

    /// The sums of features times weight times what is said of a row (its position and features); and of what is said itself.
    fn sums(&self, value: impl Fn(usize, mlspec_model::Row<'_>) -> f64 + Sync, all: &mut f64) -> Vec<f64> {
        let features = self.sample.features();
        let found = lanes(features, LANES, |_, lane| {
            let (mut sums, mut sum) = (vec![0.0; features.columns()], 0.0);
            for (start, block) in lane_blocks(features, lane) {
                for (row, at) in block.rows().zip(start..) {
                    let factor = self.sample.weight(at) * value(at, row);
                    sum += factor;
                    let cells = row.indices.iter().zip(row.values);
                    cells.for_each(|(&column, x)| sums[column as usize] += factor * x);
                }
            }
            (sums, sum)
        });
        let mut sums = vec![0.0; features.columns()];
        for (lane, sum) in found {
            add(&mut sums, &lane);
            *all += sum;
        }
        sums
    }

    fn look(&self, coefficients: &[f64]) -> Looked {
        let intercept = self.intercept(coefficients);
        let residual = |at: usize, row: mlspec_model::Row<'_>| self.labels[at] - intercept - row.dot(coefficients);
        let mut rest = 0.0;
        let mut slopes = self.sums(residual, &mut rest);
        let means = slopes.iter_mut().zip(&self.means);
        means.for_each(|(slope, mean)| *slope = (*slope - mean * rest) / self.total);
        let features = self.sample.features();
        let squares = lanes(features, LANES, |_, lane| {
            let rows = lane_blocks(features, lane).flat_map(|(start, block)| block.rows().zip(start..));
            rows.fold((0.0, 0.0), |(square, along), (row, at)| {
                let (weight, residual) = (self.sample.weight(at), residual(at, row));
                (square + weight * residual * residual, along + weight * residual * (self.labels[at] - self.mean))
            })
        });
        let sum = |which: fn(&(f64, f64)) -> f64| squares.iter().map(which).sum::<f64>() / self.total;
        Looked { square: sum(|pair| pair.0), along: sum(|pair| pair.1), slopes }
    }
}

fn square(vector: &[f64]) -> f64 {
    vector.iter().map(|value| value * value).sum()
}

/// The larger of two; NaN where one is.
fn larger(most: f64, value: f64) -> f64 {
    if value > most || value.is_nan() { value } else { most }
}

#[cfg(test)]
mod tests;
