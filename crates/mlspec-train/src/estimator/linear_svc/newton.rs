//! Newton's method for the squared hinge: a convex function of quadratic pieces, with a gradient everywhere.

use crate::sample::{add, lane, lane_blocks, lanes};
use mlspec_model::{Block, Features, Row};
use nalgebra::{Cholesky, DMatrix, DVector};
use rayon::prelude::*;

/// The most lanes.
const LANES: usize = 16;

/// The most variables whose Hessian is factorised.
const VARIABLES: usize = 1_000;

/// How many numbers the Hessians of all lanes together hold at most.
const NUMBERS: usize = 1 << 24;

/// How many products with the Hessian it may cost to factorise one: about as many are saved.
const PRODUCTS: f64 = 40.0;

/// The most products with the Hessian per step.
const MAX_PRODUCTS: usize = 500;

/// How much of a step its solution may lack: near the minimum, and while it is far.
const FORCING: (f64, f64) = (1e-4, 0.1);

/// One function that is sought: rows on its side have the sign 1.
pub(super) struct Problem<'a> {
    pub(super) features: &'a Features,
    pub(super) signs: Vec<f64>,
    pub(super) weights: Vec<f64>,
    /// The value of one more feature in all rows, if there is one.
    pub(super) constant: Option<f64>,
}

/// How a search ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    pub(super) steps: u32,
    pub(super) gap: f64,
    pub(super) tolerance: f64,
    pub(super) objective: f64,
}

/// The function at a point.
struct Evaluation {
    value: f64,
    gradient: Vec<f64>,
    /// The diagonal of the Hessian.
    diagonal: Vec<f64>,
}

impl Problem<'_> {
    fn size(&self) -> usize {
        self.features.columns() + usize::from(self.constant.is_some())
    }

    /// The linear function of a row.
    fn score(&self, row: Row<'_>, point: &[f64]) -> f64 {
        let (coefficients, last) = point.split_at(self.features.columns());
        row.dot(coefficients) + self.constant.zip(last.first()).map_or(0.0, |(constant, value)| constant * value)
    }

    /// Adds a row, the constant feature too, to a vector.
    fn add_row(&self, row: Row<'_>, factor: f64, to: &mut [f64]) {
        row.indices.iter().zip(row.values).for_each(|(&column, value)| to[column as usize] += factor * value);
        if let (Some(constant), Some(last)) = (self.constant, to.last_mut()) {
            *last += factor * constant;
        }
    }

    /// How far each row is from the margin, `1 - y score`: those above 0 cost.
    fn misses(&self, point: &[f64]) -> Vec<f64> {
        let found = lanes(self.features, LANES, |_, lane| {
            let rows = lane_blocks(self.features, lane).flat_map(|(start, block)| block.rows().zip(start..));
            rows.map(|(row, at)| 1.0 - self.signs[at] * self.score(row, point)).collect::<Vec<_>>()
        });
        found.concat()
    }

    fn at(&self, point: &[f64], misses: &[f64]) -> Evaluation {
        let found = lanes(self.features, LANES, |_, lane| {
            let mut value = 0.0;
            let (mut gradient, mut diagonal) = (vec![0.0; point.len()], vec![0.0; point.len()]);
            let rows = lane_blocks(self.features, lane).flat_map(|(start, block)| block.rows().zip(start..));
            for (row, at) in rows.filter(|(_, at)| misses[*at] > 0.0) {
                let (miss, weight) = (misses[at], self.weights[at]);
                value += weight * miss * miss;
                self.add_row(row, -2.0 * weight * miss * self.signs[at], &mut gradient);
                let bend = 2.0 * weight;
                let cells = row.indices.iter().zip(row.values);
                cells.for_each(|(&column, x)| diagonal[column as usize] += bend * x * x);
                if let (Some(constant), Some(last)) = (self.constant, diagonal.last_mut()) {
                    *last += bend * constant * constant;
                }
            }
            (value, gradient, diagonal)
        });
        let mut here =
            Evaluation { value: 0.5 * dot(point, point), gradient: point.to_vec(), diagonal: vec![1.0; point.len()] };
        for (value, gradient, diagonal) in found {
            here.value += value;
            add(&mut here.gradient, &gradient);
            add(&mut here.diagonal, &diagonal);
        }
        here
    }

    /// Finds the minimum: until the gradient is no longer than this share of its length at zero, or after the most steps, or where
    /// nothing smaller can be represented.
    pub(super) fn minimise(&self, start: Option<Vec<f64>>, tol: f64, most: u32) -> (Vec<f64>, End) {
        let zero = vec![0.0; self.size()];
        let whole = norm(&self.at(&zero, &vec![1.0; self.signs.len()]).gradient);
        let mut point = start.filter(|start| start.len() == zero.len()).unwrap_or(zero);
        let mut misses = self.misses(&point);
        let mut here = self.at(&point, &misses);
        let mut steps = 0;
        while norm(&here.gradient) > tol * whole && steps < most {
            let step = self.step(&here, &misses, norm(&here.gradient) / whole);
            let Some(length) = self.search(&point, &step, &misses) else { break };
            let next: Vec<f64> = point.iter().zip(&step).map(|(point, step)| point + length * step).collect();
            let next_misses = self.misses(&next);
            let there = self.at(&next, &next_misses);
            steps += 1;
            // Near the minimum the fall drowns in rounding; then a smaller gradient decides.
            let level = there.value <= here.value + 1e-12 * here.value.abs();
            if !(there.value < here.value || level && norm(&there.gradient) < norm(&here.gradient)) {
                break;
            }
            (point, misses, here) = (next, next_misses, there);
        }
        // The dual point that belongs to the misses is as far below as half of the gradient's square.
        let gap = |length: f64| 0.5 * length * length;
        let end = End { steps, gap: gap(norm(&here.gradient)), tolerance: gap(tol * whole), objective: here.value };
        (point, end)
    }

    /// Solves `H step = -gradient`: by a factorised Hessian where it is small, else by conjugate gradients.
    fn step(&self, here: &Evaluation, misses: &[f64], left: f64) -> Vec<f64> {
        let active: Vec<usize> = (0..here.gradient.len()).filter(|&at| here.diagonal[at] > 1.0).collect();
        let blocks = self.features.blocks().par_iter();
        let pairs = |block: &Block| block.rows().map(|row| (row.values.len() + 1).pow(2) as f64 / 2.0).sum::<f64>();
        let (pairs, size) = (blocks.map(pairs).sum::<f64>(), active.len());
        let product = 4.0 * (self.features.nonzeros() + self.features.rows()) as f64;
        if size <= VARIABLES
            && pairs + (size as f64).powi(3) / 3.0 <= PRODUCTS * product
            && let Some(factor) = Cholesky::new(self.hessian(misses, &active))
        {
            // Where no row says anything, the Hessian is that of the penalty.
            let mut step: Vec<f64> = here.gradient.iter().map(|slope| -slope).collect();
            let mut known = DVector::from_iterator(size, active.iter().map(|&at| -here.gradient[at]));
            factor.solve_mut(&mut known);
            active.iter().zip(known.iter()).for_each(|(&at, value)| step[at] = *value);
            return step;
        }
        self.conjugate(here, misses, left.sqrt().clamp(FORCING.0, FORCING.1))
    }

    /// The Hessian over these variables, where rows with a miss above 0 count.
    fn hessian(&self, misses: &[f64], active: &[usize]) -> DMatrix<f64> {
        let (columns, size) = (self.features.columns(), active.len());
        let mut places = vec![usize::MAX; columns + 1];
        active.iter().enumerate().for_each(|(place, &at)| places[at] = place);
        let count = self.features.blocks().len().clamp(1, (NUMBERS / (size * size).max(1)).clamp(1, LANES));
        let squares = (0..count).into_par_iter().map(|index| {
            let mut square = vec![0.0; size * size];
            let mut entries: Vec<(usize, f64)> = Vec::new();
            for (start, block) in lane_blocks(self.features, lane(self.features, count, index)) {
                for (row, at) in block.rows().zip(start..).filter(|(_, at)| misses[*at] > 0.0) {
                    entries.clear();
                    entries.extend(row.indices.iter().zip(row.values).map(|(&at, &x)| (places[at as usize], x)));
                    entries.extend(self.constant.map(|constant| (places[columns], constant)));
                    let bend = 2.0 * self.weights[at];
                    let entries = entries.iter().filter(|entry| entry.0 < size);
                    for (at, &(i, x)) in entries.clone().enumerate() {
                        let (factor, line) = (bend * x, &mut square[i * size..(i + 1) * size]);
                        entries.clone().skip(at).for_each(|&(j, y)| line[j] += factor * y);
                    }
                }
            }
            square
        });
        let mut sum = vec![0.0; size * size];
        squares.collect::<Vec<_>>().iter().for_each(|square| add(&mut sum, square));
        DMatrix::from_fn(size, size, |i, j| sum[i.min(j) * size + i.max(j)] + if i == j { 1.0 } else { 0.0 })
    }

    fn product(&self, misses: &[f64], vector: &[f64]) -> Vec<f64> {
        let found = lanes(self.features, LANES, |_, lane| {
            let mut product = vec![0.0; vector.len()];
            let rows = lane_blocks(self.features, lane).flat_map(|(start, block)| block.rows().zip(start..));
            for (row, at) in rows.filter(|(_, at)| misses[*at] > 0.0) {
                self.add_row(row, 2.0 * self.weights[at] * self.score(row, vector), &mut product);
            }
            product
        });
        let mut product = vector.to_vec();
        found.iter().for_each(|lane| add(&mut product, lane));
        product
    }

    /// By conjugate gradients, preconditioned by the diagonal, until this share of the step is left.
    fn conjugate(&self, here: &Evaluation, misses: &[f64], share: f64) -> Vec<f64> {
        let scaled = |rest: &[f64]| rest.iter().zip(&here.diagonal).map(|(rest, bend)| rest / bend).collect::<Vec<_>>();
        let mut step = vec![0.0; here.gradient.len()];
        let mut rest: Vec<f64> = here.gradient.iter().map(|slope| -slope).collect();
        let mut direction = scaled(&rest);
        let mut energy = dot(&rest, &direction);
        let enough = share * share * energy;
        for _ in 0..MAX_PRODUCTS {
            if !(energy > enough && energy > 0.0) {
                break;
            }
            let product = self.product(misses, &direction);
            let length = energy / dot(&direction, &product);
            along(&mut step, length, &direction);
            along(&mut rest, -length, &product);
            let next = scaled(&rest);
            let left = dot(&rest, &next);
            direction
                .iter_mut()
                .zip(&next)
                .for_each(|(direction, next)| *direction = next + left / energy * *direction);
            energy = left;
        }
        step
    }

    /// How far to go: to where the function is least along the step, whose slope is a rising function of straight pieces.
    fn search(&self, point: &[f64], step: &[f64], misses: &[f64]) -> Option<f64> {
        let towards: Vec<f64> = lanes(self.features, LANES, |_, lane| {
            let rows = lane_blocks(self.features, lane).flat_map(|(start, block)| block.rows().zip(start..));
            rows.map(|(row, at)| -self.signs[at] * self.score(row, step)).collect::<Vec<_>>()
        })
        .concat();
        let (along, square) = (dot(point, step), dot(step, step));
        let slope_at = |length: f64| {
            let (mut slope, mut bend) = (along + length * square, square);
            for ((miss, towards), weight) in misses.iter().zip(&towards).zip(&self.weights) {
                let miss = miss + length * towards;
                if miss > 0.0 {
                    slope += 2.0 * weight * miss * towards;
                    bend += 2.0 * weight * towards * towards;
                }
            }
            (slope, bend)
        };
        let (first, _) = slope_at(0.0);
        if !(first < 0.0) {
            return None;
        }
        let (mut low, mut high, mut length) = (0.0, f64::INFINITY, 1.0);
        for _ in 0..60 {
            let (slope, bend) = slope_at(length);
            if slope.abs() <= 1e-10 * first.abs() {
                break;
            }
            if slope < 0.0 {
                low = length
            } else {
                high = length
            }
            let next = length - slope / bend;
            length = match () {
                () if next > low && next < high => next,
                () if high.is_finite() => 0.5 * (low + high),
                () => 2.0 * length,
            };
        }
        length.is_finite().then_some(length)
    }
}

fn along(point: &mut [f64], length: f64, direction: &[f64]) {
    point.iter_mut().zip(direction).for_each(|(point, direction)| *point += length * direction);
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(vector: &[f64]) -> f64 {
    dot(vector, vector).sqrt()
}
