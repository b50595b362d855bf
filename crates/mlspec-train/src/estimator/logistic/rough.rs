//! Something like the Hessian at the optimum, factorised: with it as preconditioner, conjugate gradients take a few products
//! with the true Hessian, not dozens. Which optimum they find does not depend on it.

use super::Problem;
use super::binary::Rows;
use super::newton::Evaluation;
use crate::sample::{add, lane, lane_blocks};
use mlspec_model::Block;
use nalgebra::{Cholesky, DMatrix, DVector, Dyn};
use rayon::prelude::*;

/// The most variables whose Hessian is factorised: at 2,000 it takes 32 MB, and a second.
const VARIABLES: usize = 2_000;

/// How many lanes, each with a Hessian of its own, are in memory at a time.
const AT_A_TIME: usize = 4;

/// How many products with the Hessian it may cost to factorise one: about as many are saved.
const PRODUCTS: f64 = 40.0;

/// From how many rows on some of them stand for all.
const ROWS: usize = 32_768;

/// Rows that bend the Hessian by this many times the mean are in it for certain: at most one of so many rows is in it.
const FULL: f64 = 8.0;

/// The Hessian of rows over the variables that occur in them, factorised.
#[derive(Clone, Debug)]
pub(super) struct Rough {
    variables: Vec<usize>,
    factor: Cholesky<f64, Dyn>,
    /// Whether it is that of all rows.
    pub(super) exact: bool,
}

impl Rough {
    /// The Hessian of all rows at a point, unless it would be too large.
    pub(super) fn new(problem: &Problem<'_>, here: &Evaluation<Vec<Rows>>) -> Option<Self> {
        Self::of(problem, here, 0.0)
    }

    /// The Hessian at a point: where there are many rows, of those that bend it most, and of others by chance. Unless the products
    /// that it saves cost less.
    pub(super) fn if_worth_it(problem: &Problem<'_>, here: &Evaluation<Vec<Rows>>) -> Option<Self> {
        let bends = || here.curvature.iter().flat_map(|rows| &rows.bends);
        let rows = problem.codes.len();
        let (full, share) = match rows < ROWS {
            true => (0.0, 1.0),
            false => (FULL * bends().sum::<f64>() / rows as f64, 1.0 / FULL),
        };
        let blocks = problem.features.blocks().par_iter();
        let pairs = |block: &Block| block.rows().map(|row| row.values.len().pow(2) as f64).sum::<f64>();
        let pairs: f64 = blocks.map(pairs).sum();
        let size = variables(problem, here).len() as f64;
        let product = 4.0 * problem.features.nonzeros() as f64;
        if share * pairs + size.powi(3) / 3.0 <= PRODUCTS * product { Self::of(problem, here, full) } else { None }
    }

    /// A row whose second derivative is below `full` is in with the probability of its share of that, and then counts as much.
    fn of(problem: &Problem<'_>, here: &Evaluation<Vec<Rows>>, full: f64) -> Option<Self> {
        let variables = variables(problem, here);
        let size = variables.len();
        if size > VARIABLES {
            return None;
        }
        let mut places = vec![None; problem.features.columns() + 1];
        variables.iter().enumerate().for_each(|(place, &variable)| places[variable] = Some(place));
        let intercept = if problem.intercept { places[problem.features.columns()] } else { None };
        let places = Places { places: &places, size, intercept };
        let mut sum = vec![0.0; size * (size + 1) / 2];
        let lanes: Vec<usize> = (0..here.curvature.len()).collect();
        for some in lanes.chunks(AT_A_TIME) {
            let found = some.par_iter().map(|&index| upper(problem, here, index, &places, full));
            found.collect::<Vec<_>>().iter().for_each(|upper| add(&mut sum, upper));
        }
        // The diagonal is known of all rows; by it each variable is scaled, rare ones among them.
        let diagonal = |i: usize| here.diagonal.get(variables[i]).copied().unwrap_or_default();
        let penalty = |i: usize| if Some(i) == intercept { 0.0 } else { problem.penalty };
        let scale = |i: usize| match sum[line(i, size)] {
            _ if full == 0.0 => 1.0,
            found if found > 0.0 => ((diagonal(i) - penalty(i)) / found).max(0.0).sqrt(),
            _ => 0.0,
        };
        let scales: Vec<f64> = (0..size).map(scale).collect();
        let hessian = DMatrix::from_fn(size, size, |i, j| match i == j {
            true => diagonal(i),
            false => sum[line(i.min(j), size) + i.abs_diff(j)] * scales[i] * scales[j],
        });
        Some(Self { factor: Cholesky::new(hessian)?, variables, exact: full == 0.0 })
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

/// Where the line of a variable begins, with its diagonal, in an upper triangle whose lines lie one after the other: half of the
/// square, so that more of it stays near the processor.
fn line(of: usize, size: usize) -> usize {
    of * size - of * of.saturating_sub(1) / 2
}

/// Where variables stand among those that occur.
struct Places<'a> {
    places: &'a [Option<usize>],
    size: usize,
    intercept: Option<usize>,
}

/// The upper triangle of one lane's Hessian, of rows as [`Rough::of`] chooses them.
fn upper(
    problem: &Problem<'_>,
    here: &Evaluation<Vec<Rows>>,
    index: usize,
    places: &Places<'_>,
    full: f64,
) -> Vec<f64> {
    let size = places.size;
    let mut upper = vec![0.0; size * (size + 1) / 2];
    let range = lane(problem.features, here.curvature.len(), index);
    let first = problem.features.starts().get(range.start).copied().unwrap_or_default();
    let rows = lane_blocks(problem.features, range).flat_map(|(_, block)| block.rows());
    let mut entries: Vec<(usize, f64)> = Vec::new();
    for ((row, &bend), at) in rows.zip(&here.curvature[index].bends).zip(first..) {
        let bend = match bend >= full {
            true => bend,
            false if draw(at) * full < bend => full,
            false => continue,
        };
        let known = row.indices.iter().zip(row.values);
        entries.clear();
        entries.extend(known.filter_map(|(&column, &value)| Some((places.places[column as usize]?, value))));
        entries.extend(places.intercept.map(|place| (place, 1.0)));
        for (at, &(i, x)) in entries.iter().enumerate() {
            let factor = bend * x;
            let start = line(i, size);
            let cells = &mut upper[start..start + size - i];
            entries[at..].iter().for_each(|&(j, y)| cells[j - i] += factor * y);
        }
    }
    upper
}

/// A number from 0 to 1 that belongs to a row's position.
fn draw(row: usize) -> f64 {
    let mixed = (row as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ mixed >> 32).wrapping_mul(0xd6e8_feb8_6659_fd93);
    (mixed >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::super::newton::{Beginning, Limits, Objective as _, minimise};
    use super::*;
    use crate::testing::{assert_close, blocks, dense};
    use mlspec_record::body::Start;

    #[test]
    fn some_rows_stand_for_all() {
        let (rows, columns) = (ROWS + 5, 4);
        let values = dense(rows, columns);
        let features = blocks(columns, &values);
        let noise = (0..rows).map(|row| ((row * 29) % 17) as f64 / 17.0);
        let scores = values.chunks(columns).zip(noise).map(|(x, noise)| 2.0 * x[0] - x[1] + noise);
        let codes: Vec<u32> = scores.map(|score| u32::from(score > 1.9)).collect();
        let weights = vec![1.0 / rows as f64; rows];
        let problem = Problem { features: &features, codes: &codes, weights, penalty: 1e-5, intercept: true };
        let objective = super::super::Binary::new(&problem);
        let limits = Limits { gradient: 1e-9, change: 1e-8, steps: 100 };
        let (optimum, here, _) = minimise(&objective, Beginning::zero(), limits);
        let (all, some) = (Rough::new(&problem, &here).unwrap(), Rough::if_worth_it(&problem, &here).unwrap());
        assert!(all.exact && !some.exact);
        let right = [1.0, -0.5, 0.25, 2.0, -1.0];
        let solved = |rough: &Rough| {
            let mut solution = vec![0.0; right.len()];
            rough.solve(&right, &mut solution);
            objective.hessian(&here.curvature, &solution)
        };
        assert_close(&solved(&all), &right, 1e-9);
        assert_close(&solved(&some), &right, 0.15);
        assert_ne!(solved(&all), solved(&some));
        // From somewhere near on, the optimum is the same, though another Hessian leads there.
        let near: Vec<f64> = optimum.iter().map(|value| value * 1.03 + 0.01).collect();
        let (found, _, end) =
            minimise(&objective, Beginning { start: Start::Previous, point: Some(near), rough: None }, limits);
        assert!(end.converged && end.iterations < 5, "{end:?}");
        assert_close(&found, &optimum, 1e-7);
    }

    #[test]
    fn lines_of_a_triangle_follow_each_other() {
        for size in 1..6 {
            let lines: Vec<usize> = (0..=size).map(|of| line(of, size)).collect();
            assert_eq!((lines[0], lines[size]), (0, size * (size + 1) / 2));
            assert!(lines.windows(2).zip(0..).all(|(pair, of)| pair[1] - pair[0] == size - of));
        }
    }
}
