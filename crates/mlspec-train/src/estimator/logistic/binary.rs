//! The objective for two classes.

use super::Problem;
use super::newton::{Evaluation, Objective};
use super::rough::Rough;
use crate::sample::{add, lane_blocks, lanes};
use mlspec_model::Row;

/// Mean log loss plus penalty; the last variable is the intercept, if there is one.
pub(super) struct Binary<'a> {
    problem: &'a Problem<'a>,
}

const LANES: usize = 16;

impl<'a> Binary<'a> {
    pub(super) fn new(problem: &'a Problem<'a>) -> Self {
        Self { problem }
    }

    fn features(&self) -> usize {
        self.problem.features.columns()
    }

    /// Splits a point into coefficients and intercept.
    fn parts<'p>(&self, point: &'p [f64]) -> (&'p [f64], f64) {
        let (coefficients, intercept) = point.split_at(self.features());
        (coefficients, intercept.first().copied().unwrap_or(0.0))
    }
}

/// What one lane adds.
struct Lane {
    loss: f64,
    gradient: Vec<f64>,
    diagonal: Vec<f64>,
    rows: Rows,
}

/// What is kept of the rows of a lane.
pub(super) struct Rows {
    /// The second derivative of each row's loss by its score.
    pub(super) bends: Vec<f64>,
    /// The probability of the second class.
    shares: Vec<f64>,
    /// The score, of which that is the logistic function.
    scores: Vec<f64>,
}

impl Objective for Binary<'_> {
    /// By lane.
    type Curvature = Vec<Rows>;

    fn size(&self) -> usize {
        self.features() + usize::from(self.problem.intercept)
    }

    fn at(&self, point: &[f64]) -> Evaluation<Self::Curvature> {
        let Problem { features, codes, weights, penalty, .. } = self.problem;
        let (coefficients, intercept) = self.parts(point);
        let found = lanes(features, LANES, |_, lane| {
            let rows = lane_blocks(features, lane.clone()).map(|(_, block)| block.len()).sum();
            let mut sums = Lane {
                loss: 0.0,
                gradient: vec![0.0; point.len()],
                diagonal: vec![0.0; point.len()],
                rows: Rows {
                    bends: Vec::with_capacity(rows),
                    shares: Vec::with_capacity(rows),
                    scores: Vec::with_capacity(rows),
                },
            };
            let (mut slopes, mut bends) = (0.0, 0.0);
            for (start, block) in lane_blocks(features, lane) {
                for (row, at) in block.rows().zip(start..) {
                    let score = row.dot(coefficients) + intercept;
                    let Loss { loss, slope, bend, share } = loss(score, codes[at], weights[at]);
                    sums.loss += loss;
                    slopes += slope;
                    bends += bend;
                    sums.rows.bends.push(bend);
                    sums.rows.shares.push(share);
                    sums.rows.scores.push(score);
                    for (&column, value) in row.indices.iter().zip(row.values) {
                        sums.gradient[column as usize] += slope * value;
                        sums.diagonal[column as usize] += bend * value * value;
                    }
                }
            }
            if self.problem.intercept {
                sums.gradient[coefficients.len()] = slopes;
                sums.diagonal[coefficients.len()] = bends;
            }
            sums
        });
        let mut value = penalty / 2.0 * coefficients.iter().map(|value| value * value).sum::<f64>();
        let mut gradient: Vec<f64> = point.iter().map(|value| penalty * value).collect();
        let mut diagonal = vec![*penalty; point.len()];
        if self.problem.intercept {
            gradient[coefficients.len()] = 0.0;
            diagonal[coefficients.len()] = 0.0;
        }
        let mut curvature = Vec::with_capacity(found.len());
        for lane in found {
            value += lane.loss;
            add(&mut gradient, &lane.gradient);
            add(&mut diagonal, &lane.diagonal);
            curvature.push(lane.rows);
        }
        Evaluation { value, gradient, diagonal, curvature }
    }

    fn hessian(&self, curvature: &Self::Curvature, vector: &[f64]) -> Vec<f64> {
        let features = self.problem.features;
        let (coefficients, intercept) = self.parts(vector);
        let found = lanes(features, LANES, |index, lane| {
            let mut product = vec![0.0; vector.len()];
            let mut sum = 0.0;
            let rows = lane_blocks(features, lane).flat_map(|(_, block)| block.rows());
            for (row, bend) in rows.zip(&curvature[index].bends) {
                let factor = bend * (row.dot(coefficients) + intercept);
                sum += factor;
                for (&column, value) in row.indices.iter().zip(row.values) {
                    product[column as usize] += factor * value;
                }
            }
            if self.problem.intercept {
                product[coefficients.len()] = sum;
            }
            product
        });
        let mut product: Vec<f64> = vector.iter().map(|value| self.problem.penalty * value).collect();
        if self.problem.intercept {
            product[coefficients.len()] = 0.0;
        }
        found.iter().for_each(|lane| add(&mut product, lane));
        product
    }

    fn rough(&self, here: &Evaluation<Self::Curvature>) -> Option<Rough> {
        Rough::if_worth_it(self.problem, here)
    }

    fn change(&self, before: &Self::Curvature, after: &Self::Curvature) -> f64 {
        before.iter().zip(after).map(|(before, after)| apart(&before.shares, &after.shares)).fold(0.0, f64::max)
    }

    fn moved(&self, before: &Self::Curvature, after: &Self::Curvature) -> f64 {
        before.iter().zip(after).map(|(before, after)| apart(&before.scores, &after.scores)).fold(0.0, f64::max)
    }

    fn ahead(&self, here: &Self::Curvature, step: &[f64]) -> Option<f64> {
        let features = self.problem.features;
        let (coefficients, intercept) = self.parts(step);
        let found = lanes(features, LANES, |index, lane| {
            let rows = lane_blocks(features, lane).flat_map(|(_, block)| block.rows());
            let change = |(row, share): (Row<'_>, &f64)| share * (1.0 - share) * (row.dot(coefficients) + intercept);
            rows.zip(&here[index].shares).map(|pair| change(pair).abs()).fold(0.0, f64::max)
        });
        Some(found.into_iter().fold(0.0, f64::max))
    }
}

/// The largest difference between two vectors' components.
pub(super) fn apart(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(one, other)| (one - other).abs()).fold(0.0, f64::max)
}

/// The weighted log loss of a row, its first and second derivative by the score, and the probability of the second class.
struct Loss {
    loss: f64,
    slope: f64,
    bend: f64,
    share: f64,
}

fn loss(score: f64, code: u32, weight: f64) -> Loss {
    let sign = if code == 1 { 1.0 } else { -1.0 };
    let margin = sign * score;
    let small = (-margin.abs()).exp();
    let (loss, wrong) = if margin >= 0.0 {
        (small.ln_1p(), small / (1.0 + small))
    } else {
        (small.ln_1p() - margin, 1.0 / (1.0 + small))
    };
    Loss {
        loss: weight * loss,
        slope: -sign * weight * wrong,
        bend: weight * small / ((1.0 + small) * (1.0 + small)),
        share: if code == 1 { 1.0 - wrong } else { wrong },
    }
}
