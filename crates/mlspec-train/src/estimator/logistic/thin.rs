//! A few of the rows, to begin with: their optimum is near that of all rows, and so is the curvature there.
//!
//! Passes over all rows are what a fit costs. From the optimum of every 16th row on, with that sample's Hessian, factorised, as
//! preconditioner, some dozen passes are left of hundreds. Where the fit ends does not depend on it: all rows decide that.

use super::Problem;
use super::binary::Binary;
use super::newton::{Beginning, Limits, minimise};
use super::rough::Rough;
use mlspec_model::Features;
use mlspec_record::body::Start;

/// From how many rows on a sample is worth it.
const ROWS: usize = 32_768;

/// Every which row is in the sample.
const EVERY: usize = 16;

/// How many rows of each class the sample must have: the optimum of fewer says nothing.
const OF_EACH_CLASS: usize = 16;

/// How exactly the sample's optimum is found; its distance to that of all rows is larger.
const TOLERANCE: f64 = 1e-4;

/// Some rows of a problem with two classes.
pub(super) struct Thin {
    features: Features,
    codes: Vec<u32>,
    weights: Vec<f64>,
    penalty: f64,
    intercept: bool,
}

impl Thin {
    /// The sample of a problem, if it has many rows.
    pub(super) fn of(problem: &Problem<'_>) -> Option<Self> {
        Self::sample(problem, ROWS)
    }

    fn sample(problem: &Problem<'_>, least: usize) -> Option<Self> {
        let rows: Vec<usize> = (0..problem.codes.len()).step_by(EVERY).collect();
        let codes: Vec<u32> = rows.iter().map(|&row| problem.codes[row]).collect();
        let total: f64 = rows.iter().map(|&row| problem.weights[row]).sum();
        let positive = codes.iter().filter(|&&code| code == 1).count();
        if problem.codes.len() < least || positive.min(codes.len() - positive) < OF_EACH_CLASS || !(total > 0.0) {
            return None;
        }
        Some(Self {
            features: problem.features.select(&rows),
            codes,
            weights: rows.iter().map(|&row| problem.weights[row] / total).collect(),
            penalty: problem.penalty,
            intercept: problem.intercept,
        })
    }

    fn problem(&self) -> Problem<'_> {
        Problem {
            features: &self.features,
            codes: &self.codes,
            weights: self.weights.clone(),
            penalty: self.penalty,
            intercept: self.intercept,
        }
    }

    /// At the sample's optimum, with the Hessian there, unless it would be too large.
    pub(super) fn begin(&self, limits: Limits) -> Beginning {
        let limits = Limits { gradient: limits.gradient.max(TOLERANCE), change: f64::INFINITY, ..limits };
        let (point, here, _) = minimise(&Binary::new(&self.problem()), Beginning::zero(), limits);
        Beginning { start: Start::Sample, point: Some(point), rough: Rough::new(&self.problem(), &here) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{assert_close, blocks, dense};

    #[test]
    fn beginning_with_some_rows_ends_at_the_same_point_sooner() {
        let (rows, columns) = (2_000, 6);
        let features = blocks(columns, &dense(rows, columns));
        let values = dense(rows, columns);
        let noise = (0..rows).map(|row| ((row * 29) % 17) as f64 / 17.0);
        let scores = values.chunks(columns).zip(noise).map(|(x, noise)| 2.0 * x[0] - x[1] + noise);
        let codes: Vec<u32> = scores.map(|score| u32::from(score > 0.7)).collect();
        let weights = vec![1.0 / rows as f64; rows];
        let problem = Problem { features: &features, codes: &codes, weights, penalty: 1e-4, intercept: true };
        let objective = Binary::new(&problem);
        let limits = Limits { gradient: 1e-10, change: 1e-7, steps: 100 };
        let (expected, _, cold) = minimise(&objective, Beginning::zero(), limits);
        let beginning = Thin::sample(&problem, 100).unwrap().begin(limits);
        assert!(beginning.rough.is_some());
        let (found, _, warm) = minimise(&objective, beginning, limits);
        assert!(warm.converged && warm.iterations < cold.iterations, "{warm:?} {cold:?}");
        assert_close(&found, &expected, 1e-6);
    }

    #[test]
    fn few_rows_or_a_class_that_is_rare_have_no_sample() {
        let features = blocks(2, &dense(640, 2));
        let check = |codes: &[u32], least: usize, expect: bool| {
            let weights = vec![1.0 / 640.0; 640];
            let problem = Problem { features: &features, codes, weights, penalty: 1.0, intercept: true };
            assert_eq!(Thin::sample(&problem, least).is_some(), expect);
        };
        let even: Vec<u32> = (0..640).map(|row| u32::from(row % 32 == 0)).collect();
        let rare: Vec<u32> = (0..640).map(|row| u32::from(row == 0)).collect();
        check(&even, 640, true);
        check(&even, 641, false);
        check(&rare, 640, false);
    }
}
