//! A few of the rows, to begin with: their optimum is near that of all rows, and so is the curvature there.
//!
//! Passes over all rows are what a fit costs. From the optimum of every 16th row on, with that sample's Hessian, factorised, as
//! preconditioner, some dozen passes are left of hundreds. Where the fit ends does not depend on it: all rows decide that.

use super::Problem;
use super::binary::Binary;
use super::newton::{Objective as _, minimise};
use crate::sample::{add, lane_blocks, lanes};
use mlspec_model::Features;
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};

/// From how many rows on a sample is worth it.
const ROWS: usize = 32_768;

/// Every which row is in the sample.
const EVERY: usize = 16;

/// The most variables whose Hessian is factorised: at 2,000 it takes 32 MB, and a second.
const VARIABLES: usize = 2_000;

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

/// The Hessian of a sample over the variables that occur in it, factorised.
pub(super) struct Rough {
    variables: Vec<usize>,
    factor: Cholesky<f64, Dyn>,
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

    /// Where to begin, and the Hessian there, unless it would be too large.
    pub(super) fn begin(&self, tolerance: f64, max_iter: u32) -> (Option<Vec<f64>>, Option<Rough>) {
        let problem = Problem {
            features: &self.features,
            codes: &self.codes,
            weights: self.weights.clone(),
            penalty: self.penalty,
            intercept: self.intercept,
        };
        let objective = Binary::new(&problem);
        let (point, _) = minimise(&objective, None, None, tolerance.max(TOLERANCE), max_iter);
        let here = objective.at(&point);
        let occurs = |&(_, diagonal): &(usize, &f64)| *diagonal > self.penalty;
        let variables: Vec<usize> = here.diagonal.iter().enumerate().filter(occurs).map(|(at, _)| at).collect();
        let rough = if variables.len() > VARIABLES { None } else { self.rough(&here.curvature, variables) };
        (Some(point), rough)
    }

    fn rough(&self, curvature: &[Vec<f64>], variables: Vec<usize>) -> Option<Rough> {
        let size = variables.len();
        let mut positions = vec![None; self.features.columns() + 1];
        variables.iter().enumerate().for_each(|(position, &variable)| positions[variable] = Some(position));
        let intercept = if self.intercept { positions[self.features.columns()] } else { None };
        let found = lanes(&self.features, curvature.len(), |index, lane| {
            let mut upper = vec![0.0; size * size];
            let rows = lane_blocks(&self.features, lane).flat_map(|(_, block)| block.rows());
            let mut entries: Vec<(usize, f64)> = Vec::new();
            for (row, bend) in rows.zip(&curvature[index]) {
                let known = row.indices.iter().zip(row.values);
                entries.clear();
                entries.extend(known.filter_map(|(&column, &value)| Some((positions[column as usize]?, value))));
                entries.extend(intercept.map(|position| (position, 1.0)));
                for (at, &(i, x)) in entries.iter().enumerate() {
                    let factor = bend * x;
                    let line = &mut upper[i * size..(i + 1) * size];
                    entries[at..].iter().for_each(|&(j, y)| line[j] += factor * y);
                }
            }
            upper
        });
        let mut sum = vec![0.0; size * size];
        found.iter().for_each(|upper| add(&mut sum, upper));
        let hessian = DMatrix::from_fn(size, size, |i, j| {
            let penalty = if i == j && Some(i) != intercept { self.penalty } else { 0.0 };
            sum[i.min(j) * size + i.max(j)] + penalty
        });
        Some(Rough { variables, factor: Cholesky::new(hessian)? })
    }
}

impl Rough {
    /// Puts the solution of `H x = right` into the variables that the sample knows; others stay as they are.
    pub(super) fn solve(&self, right: &[f64], solution: &mut [f64]) {
        let mut known = DVector::from_iterator(self.variables.len(), self.variables.iter().map(|&at| right[at]));
        self.factor.solve_mut(&mut known);
        self.variables.iter().zip(known.iter()).for_each(|(&at, value)| solution[at] = *value);
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
        let (expected, cold) = minimise(&objective, None, None, 1e-10, 100);
        let (start, rough) = Thin::sample(&problem, 100).unwrap().begin(1e-10, 100);
        assert!(rough.is_some());
        let (found, warm) = minimise(&objective, start, rough.as_ref(), 1e-10, 100);
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
