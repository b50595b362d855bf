//! Epoch by epoch to smaller losses.

use super::network::{Labels, Network};
use super::{Mlp, MlpSolver};
use crate::draw::Draws;
use crate::sample::add;
use crate::{Sample, TrainError};
use mlspec_model::Row;
use rayon::prelude::*;

/// How many rows of a batch one thread works on at a time; where there are many weights, all.
const ROWS: usize = 50;
const MANY_WEIGHTS: usize = 1 << 14;

/// How many rows there are to a gradient, where nothing is said.
const BATCH: usize = 200;

/// The factors of the means of gradients, and of their squares; and what keeps a step finite.
const MEANS: (f64, f64) = (0.9, 0.999);
const LEAST: f64 = 1e-8;

/// A search for weights.
pub(super) struct Search<'a> {
    pub(super) settings: &'a Mlp,
    pub(super) sample: &'a Sample<'a>,
    pub(super) network: &'a Network<'a>,
    /// How much each row counts.
    pub(super) weights: &'a [f64],
}

/// How it ended.
pub(super) struct End {
    pub(super) converged: bool,
    pub(super) epochs: u32,
    /// The loss of the last epoch, while it lasted.
    pub(super) loss: f64,
}

/// The weights in the making.
struct State {
    numbers: Vec<f64>,
    steps: u32,
    /// Means of gradients, or the step before.
    first: Vec<f64>,
    /// Means of their squares.
    second: Vec<f64>,
}

impl Search<'_> {
    pub(super) fn run(&self) -> Result<(Vec<f64>, End), TrainError> {
        let settings = self.settings;
        let all: Vec<Row<'_>> = self.sample.features().blocks().iter().flat_map(|block| block.rows()).collect();
        let (mut rows, aside) = self.parts();
        let numbers = self.network.first_weights(settings.random_state);
        let zeros = || vec![0.0; numbers.len()];
        let mut state = State { first: zeros(), second: zeros(), numbers, steps: 0 };
        let mut end = End { converged: false, epochs: 0, loss: f64::INFINITY };
        let mut best = (f64::NEG_INFINITY, Vec::new());
        let mut idle = 0;
        while end.epochs < settings.max_iter && !end.converged {
            let draws = Draws::new("mlp-order", settings.random_state, u64::from(end.epochs));
            rows.sort_by_cached_key(|&row| (draws.bits(self.sample.id(row)), row));
            end.loss = self.epoch(&all, &rows, &mut state);
            end.epochs += 1;
            if !(end.loss.is_finite() && state.numbers.iter().all(|number| number.is_finite())) {
                return Err(TrainError::Overflow);
            }
            // Whatever is compared is better the greater it is.
            let score = if settings.early_stopping { self.score(&all, &aside, &state.numbers) } else { -end.loss };
            idle = if score > best.0 + settings.tol { 0 } else { idle + 1 };
            if score > best.0 {
                best = (score, if settings.early_stopping { state.numbers.clone() } else { Vec::new() });
            }
            end.converged = idle > settings.n_iter_no_change;
        }
        if settings.early_stopping {
            // Set aside, the end is found when nothing gets better.
            state.numbers = best.1;
        }
        Ok((state.numbers, end))
    }

    /// The rows to learn from, and those set aside: those with the least hashes.
    fn parts(&self) -> (Vec<usize>, Vec<usize>) {
        let mut rows: Vec<usize> = (0..self.weights.len()).filter(|&row| self.weights[row] > 0.0).collect();
        if !self.settings.early_stopping || rows.len() < 2 {
            return (rows.clone(), rows);
        }
        let draws = Draws::new("mlp-aside", self.settings.random_state, 0);
        rows.sort_by_cached_key(|&row| (draws.bits(self.sample.id(row)), row));
        let count = (rows.len() as f64 * self.settings.validation_fraction).round() as usize;
        let rest = rows.split_off(count.clamp(1, rows.len() - 1));
        (rest, rows)
    }

    /// Goes through all rows once; the mean loss on the way.
    fn epoch(&self, all: &[Row<'_>], rows: &[usize], state: &mut State) -> f64 {
        let batch = self.settings.batch_size.map_or(BATCH, |size| size as usize);
        let mut gradient = vec![0.0; state.numbers.len()];
        let (mut losses, mut count) = (0.0, 0.0);
        for rows in rows.chunks(batch) {
            gradient.fill(0.0);
            let loss = self.gradient(all, rows, &state.numbers, &mut gradient);
            let total: f64 = rows.iter().map(|&row| self.weights[row]).sum();
            losses += rows.len() as f64 * self.network.penalise(&state.numbers, total, loss, &mut gradient);
            count += rows.len() as f64;
            state.step(self.settings, &gradient);
        }
        losses / count
    }

    /// Adds up losses and gradients of a batch: a few rows at a time, these in order.
    fn gradient(&self, all: &[Row<'_>], rows: &[usize], numbers: &[f64], gradient: &mut [f64]) -> f64 {
        let learn = |rows: &[usize], gradient: &mut [f64]| {
            let mut scratch = self.network.scratch();
            let learn =
                |&row: &usize| self.network.learn(numbers, (row, all[row], self.weights[row]), &mut scratch, gradient);
            rows.iter().map(learn).sum::<f64>()
        };
        if numbers.len() > MANY_WEIGHTS || rows.len() <= ROWS {
            return learn(rows, gradient);
        }
        let parts = rows.par_chunks(ROWS).map(|rows| {
            let mut gradient = vec![0.0; numbers.len()];
            (learn(rows, &mut gradient), gradient)
        });
        let parts: Vec<(f64, Vec<f64>)> = parts.collect();
        parts.iter().for_each(|(_, part)| add(gradient, part));
        parts.iter().map(|(loss, _)| loss).sum()
    }

    /// How good the weights are on these rows: the share of right classes, or R².
    fn score(&self, all: &[Row<'_>], rows: &[usize], numbers: &[f64]) -> f64 {
        let total: f64 = rows.iter().map(|&row| self.weights[row]).sum();
        let mut scratch = self.network.scratch();
        let mut sum_of = |value: &mut dyn FnMut(usize, &[f64]) -> f64| {
            let of =
                |&row: &usize| self.weights[row] * value(row, self.network.outputs(numbers, all[row], &mut scratch));
            rows.iter().map(of).sum::<f64>()
        };
        match self.network.labels {
            Labels::Classes(codes) => {
                let right = sum_of(&mut |row, outputs| f64::from(u8::from(decided(outputs) == codes[row])));
                right / total
            }
            Labels::Numbers(labels) => {
                let mean = rows.iter().map(|&row| self.weights[row] * labels[row]).sum::<f64>() / total;
                let apart = sum_of(&mut |row, _| (labels[row] - mean).powi(2));
                match (sum_of(&mut |row, outputs| (labels[row] - outputs[0]).powi(2)), apart) {
                    (0.0, _) => 1.0,
                    (_, 0.0) => 0.0,
                    (wrong, apart) => 1.0 - wrong / apart,
                }
            }
        }
    }
}

fn decided(outputs: &[f64]) -> u32 {
    match outputs {
        [score] => u32::from(*score > 0.0),
        scores => {
            let greatest = |best: usize, at: usize| if scores[at] > scores[best] { at } else { best };
            (0..scores.len()).reduce(greatest).unwrap_or(0) as u32
        }
    }
}

impl State {
    fn step(&mut self, settings: &Mlp, gradient: &[f64]) {
        let rate = settings.learning_rate_init;
        match settings.solver {
            MlpSolver::Adam => {
                // Beyond so many steps the factors of the means are 1.
                self.steps = self.steps.saturating_add(1).min(1 << 20);
                let left = |factor: f64| 1.0 - factor.powi(self.steps as i32);
                let rate = rate * left(MEANS.1).sqrt() / left(MEANS.0);
                let moments = self.first.iter_mut().zip(&mut self.second);
                for ((number, (first, second)), slope) in self.numbers.iter_mut().zip(moments).zip(gradient) {
                    *first = MEANS.0 * *first + (1.0 - MEANS.0) * slope;
                    *second = MEANS.1 * *second + (1.0 - MEANS.1) * slope * slope;
                    *number -= rate * *first / (second.sqrt() + LEAST);
                }
            }
            MlpSolver::Sgd => {
                for ((number, velocity), slope) in self.numbers.iter_mut().zip(&mut self.first).zip(gradient) {
                    *velocity = settings.momentum * *velocity - rate * slope;
                    *number += settings.momentum * *velocity - rate * slope;
                }
            }
        }
    }
}
