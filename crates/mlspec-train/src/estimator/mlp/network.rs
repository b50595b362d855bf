//! What a network says of a row, how wrong that is, and how that depends on the weights.

use crate::draw::Draws;
use mlspec_model::{Activation, Row};
use std::ops::Range;

/// What rows are.
#[derive(Clone, Copy)]
pub(super) enum Labels<'a> {
    Numbers(&'a [f64]),
    Classes(&'a [u32]),
}

/// A network without its weights, which are numbers: of each layer, row by row those of an input, then the intercepts.
pub(super) struct Network<'a> {
    /// How many units each layer has, features first.
    pub(super) sizes: Vec<usize>,
    pub(super) activation: Activation,
    pub(super) labels: Labels<'a>,
    pub(super) alpha: f64,
}

/// What the layers make of a row, and how the loss depends on that; kept so that it need not be allocated anew.
pub(super) struct Scratch {
    outputs: Vec<Vec<f64>>,
    slopes: Vec<Vec<f64>>,
}

impl Network<'_> {
    /// Where the weights and the intercepts of each layer are.
    pub(super) fn places(&self) -> Vec<(Range<usize>, Range<usize>)> {
        let mut start = 0;
        let place = |pair: &[usize]| {
            let (weights, end) = (start + pair[0] * pair[1], start + (pair[0] + 1) * pair[1]);
            let place = (start..weights, weights..end);
            start = end;
            place
        };
        self.sizes.windows(2).map(place).collect()
    }

    pub(super) fn scratch(&self) -> Scratch {
        let zeros = || self.sizes[1..].iter().map(|size| vec![0.0; *size]).collect();
        Scratch { outputs: zeros(), slopes: zeros() }
    }

    /// First weights: evenly drawn, the wider the fewer units there are (Glorot and Bengio, 2010).
    pub(super) fn first_weights(&self, seed: u64) -> Vec<f64> {
        let mut numbers = Vec::new();
        for (layer, pair) in self.sizes.windows(2).enumerate() {
            let draws = Draws::new("mlp-weights", seed, layer as u64);
            let bound = (6.0 / (pair[0] + pair[1]) as f64).sqrt();
            let count = (pair[0] + 1) * pair[1];
            numbers.extend((0..count as u64).map(|at| bound * (2.0 * draws.share(at) - 1.0)));
        }
        numbers
    }

    /// The outputs of the last layer.
    pub(super) fn outputs<'s>(&self, numbers: &[f64], row: Row<'_>, scratch: &'s mut Scratch) -> &'s [f64] {
        let last = self.sizes.len() - 2;
        for (layer, (weights, intercepts)) in self.places().into_iter().enumerate() {
            let (before, rest) = scratch.outputs.split_at_mut(layer);
            let output = &mut rest[0];
            output.copy_from_slice(&numbers[intercepts]);
            let (weights, size) = (&numbers[weights], output.len());
            match before.last() {
                None => row
                    .indices
                    .iter()
                    .zip(row.values)
                    .for_each(|(&at, &x)| along(output, x, &weights[at as usize * size..][..size])),
                Some(input) => input
                    .iter()
                    .zip(weights.chunks(size))
                    .filter(|(x, _)| **x != 0.0)
                    .for_each(|(&x, weights)| along(output, x, weights)),
            }
            if layer < last {
                output.iter_mut().for_each(|value| *value = self.activation.of(*value));
            }
        }
        &scratch.outputs[last]
    }

    /// The loss of a row, whose weight is given; its gradient is added to what is there.
    pub(super) fn learn(
        &self,
        numbers: &[f64],
        (at, row, weight): (usize, Row<'_>, f64),
        scratch: &mut Scratch,
        gradient: &mut [f64],
    ) -> f64 {
        self.outputs(numbers, row, scratch);
        let last = self.sizes.len() - 2;
        let Scratch { outputs, slopes } = scratch;
        let loss = self.loss(at, &outputs[last], &mut slopes[last]);
        slopes[last].iter_mut().for_each(|slope| *slope *= weight);
        for (layer, (weights, intercepts)) in self.places().into_iter().enumerate().rev() {
            let (before, after) = slopes.split_at_mut(layer);
            let (slopes, size) = (&after[0], after[0].len());
            along(&mut gradient[intercepts], 1.0, slopes);
            let parts = &mut gradient[weights.clone()];
            let Some(input_slopes) = before.last_mut() else {
                let cells = row.indices.iter().zip(row.values);
                cells.for_each(|(&at, &x)| along(&mut parts[at as usize * size..][..size], x, slopes));
                continue;
            };
            let rows = numbers[weights].chunks(size).zip(parts.chunks_mut(size));
            for (((weights, part), &x), slope) in rows.zip(&outputs[layer - 1]).zip(input_slopes) {
                if x != 0.0 {
                    along(part, x, slopes);
                }
                *slope = match self.activation.slope(x) {
                    0.0 => 0.0,
                    bend => bend * dot(weights, slopes),
                };
            }
        }
        weight * loss
    }

    /// The loss of a row by its outputs, and how it depends on them.
    fn loss(&self, at: usize, outputs: &[f64], slopes: &mut [f64]) -> f64 {
        match self.labels {
            Labels::Numbers(labels) => {
                let error = outputs[0] - labels[at];
                slopes[0] = error;
                0.5 * error * error
            }
            Labels::Classes(codes) if outputs.len() == 1 => {
                let (score, sign) = (outputs[0], if codes[at] == 1 { 1.0 } else { -1.0 });
                let small = (-score.abs()).exp();
                let wrong = if sign * score >= 0.0 { small / (1.0 + small) } else { 1.0 / (1.0 + small) };
                slopes[0] = -sign * wrong;
                (-sign * score).max(0.0) + small.ln_1p()
            }
            Labels::Classes(codes) => {
                let greatest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                slopes.iter_mut().zip(outputs).for_each(|(slope, output)| *slope = (output - greatest).exp());
                let sum: f64 = slopes.iter().sum();
                slopes.iter_mut().for_each(|slope| *slope /= sum);
                slopes[codes[at] as usize] -= 1.0;
                greatest + sum.ln() - outputs[codes[at] as usize]
            }
        }
    }

    /// Adds the penalty of a batch whose weights add up to this to its loss and gradient, which become means.
    pub(super) fn penalise(&self, numbers: &[f64], total: f64, loss: f64, gradient: &mut [f64]) -> f64 {
        let mut square = 0.0;
        for (weights, _) in self.places() {
            square += dot(&numbers[weights.clone()], &numbers[weights.clone()]);
            along(&mut gradient[weights.clone()], self.alpha, &numbers[weights]);
        }
        gradient.iter_mut().for_each(|slope| *slope /= total);
        (loss + 0.5 * self.alpha * square) / total
    }
}

fn along(to: &mut [f64], factor: f64, other: &[f64]) {
    to.iter_mut().zip(other).for_each(|(to, other)| *to += factor * other);
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
