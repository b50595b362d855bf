//! The objective for more than two classes.

use super::Problem;
use super::binary::apart;
use super::newton::{Evaluation, Objective};
use crate::sample::{add, lane_blocks, lanes};
use mlspec_model::Row;

/// Mean log loss of the softmax plus penalty. The variables stand feature by feature, class by class within; then the
/// intercepts, if there are any.
pub(super) struct Multinomial<'a> {
    problem: &'a Problem<'a>,
    classes: usize,
}

const LANES: usize = 16;

impl<'a> Multinomial<'a> {
    pub(super) fn new(problem: &'a Problem<'a>, classes: usize) -> Self {
        Self { problem, classes }
    }

    /// How many variables are no intercepts.
    fn penalised(&self) -> usize {
        self.problem.features.columns() * self.classes
    }

    /// The score of each class.
    fn scores(&self, row: Row<'_>, point: &[f64], scores: &mut [f64]) {
        match point.get(self.penalised()..) {
            Some(intercepts) if self.problem.intercept => scores.copy_from_slice(intercepts),
            _ => scores.fill(0.0),
        }
        for (&column, value) in row.indices.iter().zip(row.values) {
            let start = column as usize * self.classes;
            scores
                .iter_mut()
                .zip(&point[start..start + self.classes])
                .for_each(|(score, weight)| *score += value * weight);
        }
    }

    /// Adds a row's factors, one a class, times its features.
    fn scatter(&self, row: Row<'_>, factors: &[f64], sums: &mut [f64], power: i32) {
        for (&column, value) in row.indices.iter().zip(row.values) {
            let start = column as usize * self.classes;
            let value = value.powi(power);
            sums[start..start + self.classes].iter_mut().zip(factors).for_each(|(sum, factor)| *sum += value * factor);
        }
        if self.problem.intercept {
            add(&mut sums[self.penalised()..], factors);
        }
    }

    /// The penalty's part of a product, times a factor.
    fn penalty(&self, vector: &[f64]) -> Vec<f64> {
        let mut product: Vec<f64> = vector.iter().map(|value| self.problem.penalty * value).collect();
        product[self.penalised()..].fill(0.0);
        product
    }
}

/// What one lane adds.
struct Lane {
    loss: f64,
    gradient: Vec<f64>,
    diagonal: Vec<f64>,
    shares: Vec<f64>,
}

impl Objective for Multinomial<'_> {
    /// For each lane, for each row, the probability of each class.
    type Curvature = Vec<Vec<f64>>;

    fn size(&self) -> usize {
        self.penalised() + if self.problem.intercept { self.classes } else { 0 }
    }

    fn at(&self, point: &[f64]) -> Evaluation<Self::Curvature> {
        let Problem { features, codes, weights, .. } = self.problem;
        let found = lanes(features, LANES, |_, lane| {
            let mut sums = Lane {
                loss: 0.0,
                gradient: vec![0.0; point.len()],
                diagonal: vec![0.0; point.len()],
                shares: Vec::new(),
            };
            let (mut shares, mut bends) = (vec![0.0; self.classes], vec![0.0; self.classes]);
            for (start, block) in lane_blocks(features, lane) {
                for (row, at) in block.rows().zip(start..) {
                    self.scores(row, point, &mut shares);
                    sums.loss += weights[at] * softmax_loss(&mut shares, codes[at] as usize);
                    sums.shares.extend_from_slice(&shares);
                    bends.iter_mut().zip(&shares).for_each(|(bend, share)| *bend = weights[at] * share * (1.0 - share));
                    self.scatter(row, &bends, &mut sums.diagonal, 2);
                    shares[codes[at] as usize] -= 1.0;
                    shares.iter_mut().for_each(|share| *share *= weights[at]);
                    self.scatter(row, &shares, &mut sums.gradient, 1);
                }
            }
            sums
        });
        let penalised = &point[..self.penalised()];
        let mut value = self.problem.penalty / 2.0 * penalised.iter().map(|value| value * value).sum::<f64>();
        let mut gradient = self.penalty(point);
        let mut diagonal = self.penalty(&vec![1.0; point.len()]);
        let mut curvature = Vec::with_capacity(found.len());
        for lane in found {
            value += lane.loss;
            add(&mut gradient, &lane.gradient);
            add(&mut diagonal, &lane.diagonal);
            curvature.push(lane.shares);
        }
        Evaluation { value, gradient, diagonal, curvature }
    }

    fn hessian(&self, curvature: &Self::Curvature, vector: &[f64]) -> Vec<f64> {
        let Problem { features, weights, .. } = self.problem;
        let found = lanes(features, LANES, |index, lane| {
            let mut product = vec![0.0; vector.len()];
            let mut factors = vec![0.0; self.classes];
            let mut shares = curvature[index].chunks(self.classes);
            for (start, block) in lane_blocks(features, lane) {
                for ((row, at), shares) in block.rows().zip(start..).zip(&mut shares) {
                    self.scores(row, vector, &mut factors);
                    let mean: f64 = factors.iter().zip(shares).map(|(factor, share)| factor * share).sum();
                    factors
                        .iter_mut()
                        .zip(shares)
                        .for_each(|(factor, share)| *factor = weights[at] * share * (*factor - mean));
                    self.scatter(row, &factors, &mut product, 1);
                }
            }
            product
        });
        let mut product = self.penalty(vector);
        found.iter().for_each(|lane| add(&mut product, lane));
        product
    }

    fn change(&self, before: &Self::Curvature, after: &Self::Curvature) -> f64 {
        before.iter().zip(after).map(|(before, after)| apart(before, after)).fold(0.0, f64::max)
    }
}

/// Scores become probabilities; returns the log loss of the true class.
fn softmax_loss(scores: &mut [f64], code: usize) -> f64 {
    let greatest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let own = scores[code] - greatest;
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - greatest).exp();
        sum += *score;
    }
    scores.iter_mut().for_each(|score| *score /= sum);
    sum.ln() - own
}
