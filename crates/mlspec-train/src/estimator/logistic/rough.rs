//! Something like the Hessian at the optimum, factorised: with it as preconditioner, conjugate gradients take a few products
//! with the true Hessian, not dozens. Which optimum they find does not depend on it.

use super::Problem;
use super::binary::Rows;
use super::newton::Evaluation;
use crate::sample::{add, lane, lane_blocks};
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use rayon::prelude::*;

/// The most variables whose Hessian is factorised: at 2,000 it takes 32 MB, and a second.
const VARIABLES: usize = 2_000;

/// How many lanes, each with a Hessian of its own, are in memory at a time.
const AT_A_TIME: usize = 4;

/// How many products with the Hessian it may cost to factorise one: about as many are saved.
const PRODUCTS: f64 = 40.0;

/// The Hessian of rows over the variables that occur in them, factorised.
#[derive(Clone, Debug)]
pub(super) struct Rough {
    variables: Vec<usize>,
    factor: Cholesky<f64, Dyn>,
}

impl Rough {
    /// The Hessian at a point, unless it would be too large.
    pub(super) fn new(problem: &Problem<'_>, here: &Evaluation<Vec<Rows>>) -> Option<Self> {
        let variables = variables(problem, here);
        let size = variables.len();
        if size > VARIABLES {
            return None;
        }
        let mut places = vec![None; problem.features.columns() + 1];
        variables.iter().enumerate().for_each(|(place, &variable)| places[variable] = Some(place));
        let intercept = if problem.intercept { places[problem.features.columns()] } else { None };
        let mut sum = vec![0.0; size * size];
        let lanes: Vec<usize> = (0..here.curvature.len()).collect();
        for some in lanes.chunks(AT_A_TIME) {
            let found = some.par_iter().map(|&index| upper(problem, here, index, &places, size, intercept));
            found.collect::<Vec<_>>().iter().for_each(|upper| add(&mut sum, upper));
        }
        let hessian = DMatrix::from_fn(size, size, |i, j| {
            let penalty = if i == j && Some(i) != intercept { problem.penalty } else { 0.0 };
            sum[i.min(j) * size + i.max(j)] + penalty
        });
        Some(Self { variables, factor: Cholesky::new(hessian)? })
    }

    /// As [`Rough::new`], where the products that it saves cost more.
    pub(super) fn if_worth_it(problem: &Problem<'_>, here: &Evaluation<Vec<Rows>>) -> Option<Self> {
        let blocks = problem.features.blocks().par_iter();
        let pairs: f64 = blocks.map(|block| block.rows().map(|row| row.values.len().pow(2) as f64).sum::<f64>()).sum();
        let size = variables(problem, here).len() as f64;
        let product = 4.0 * problem.features.nonzeros() as f64;
        if pairs + size.powi(3) / 3.0 <= PRODUCTS * product { Self::new(problem, here) } else { None }
    }

    /// Puts the solution of `H x = right` into the variables that the rows know; others stay as they are.
    pub(super) fn solve(&self, right: &[f64], solution: &mut [f64]) {
        let mut known = DVector::from_iterator(self.variables.len(), self.variables.iter().map(|&at| right[at]));
        self.factor.solve_mut(&mut known);
        self.variables.iter().zip(known.iter()).for_each(|(&at, value)| solution[at] = *value);
    }
}

/// The variables that occur.
fn variables(problem: &Problem<'_>, here: &Evaluation<Vec<Rows>>) -> Vec<usize> {
    let occurs = |&(_, diagonal): &(usize, &f64)| *diagonal > problem.penalty;
    here.diagonal.iter().enumerate().filter(occurs).map(|(at, _)| at).collect()
}

/// The upper triangle of one lane's Hessian.
fn upper(
    problem: &Problem<'_>,
    here: &Evaluation<Vec<Rows>>,
    index: usize,
    places: &[Option<usize>],
    size: usize,
    intercept: Option<usize>,
) -> Vec<f64> {
    let mut upper = vec![0.0; size * size];
    let range = lane(problem.features, here.curvature.len(), index);
    let rows = lane_blocks(problem.features, range).flat_map(|(_, block)| block.rows());
    let mut entries: Vec<(usize, f64)> = Vec::new();
    for (row, bend) in rows.zip(&here.curvature[index].bends) {
        let known = row.indices.iter().zip(row.values);
        entries.clear();
        entries.extend(known.filter_map(|(&column, &value)| Some((places[column as usize]?, value))));
        entries.extend(intercept.map(|place| (place, 1.0)));
        for (at, &(i, x)) in entries.iter().enumerate() {
            let factor = bend * x;
            let line = &mut upper[i * size..(i + 1) * size];
            entries[at..].iter().for_each(|&(j, y)| line[j] += factor * y);
        }
    }
    upper
}
