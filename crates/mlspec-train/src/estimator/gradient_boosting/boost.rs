//! The iterations of boosting.

use super::loss::{CHUNK, Loss};
use super::{ClassWeight, GradientBoosting};
use crate::estimator::{Fitted, Importance};
use crate::histogram::{BinTree, Binned, BinningOptions, Cuts, Gradients, Grower, Growth, draw, unit};
use crate::{Sample, TrainError};
use mlspec_model::{Known, Model, Predictor, Target, Tree, Trees};
use mlspec_record::body::{Convergence, ImportanceMeasure, Start};
use rayon::prelude::*;

/// The purpose of the draw of rows that are kept apart.
const VALIDATION_DRAW: u64 = 0x7661_6c69;

/// What iterations work on.
struct Boost<'a> {
    settings: &'a GradientBoosting,
    loss: Loss<'a>,
    binned: &'a Binned,
    weights: Option<Vec<f64>>,
    heaviest: f64,
    /// The rows that trees grow on, ascending.
    rows: Vec<u32>,
    /// The rows that are kept apart.
    apart: Vec<u32>,
    /// The scores of all rows, for each output.
    raw: Vec<Vec<f64>>,
}

/// What iterations end with.
struct Ended {
    trees: Vec<Tree>,
    base: Vec<f64>,
    gains: Vec<f64>,
    iterations: u32,
    stopped: bool,
    objective: f64,
}

pub(super) fn fit(settings: &GradientBoosting, sample: &Sample<'_>) -> Result<Fitted, TrainError> {
    let loss = Loss::of(settings, sample)?;
    let columns = sample.features().columns();
    let categorical = sample.features_named("categorical_features", settings.categorical_features.iter())?;
    let monotone = monotone(settings, sample, &loss, &categorical)?;
    let options =
        BinningOptions { categorical, ..BinningOptions::new(settings.max_bins as usize, settings.random_state.into()) };
    let binned = Binned::new(sample, &options)?;
    let (rows, apart) = divided(settings, sample);
    let mut warnings = Vec::new();
    let stopping = settings.early_stopping.holds(sample.features().rows());
    if stopping && apart.is_empty() {
        warnings.push("there are too few rows to keep some apart, so the fit does not stop early".to_owned());
    }
    let weights = weights(settings, sample)?;
    let heaviest = weights.as_ref().map_or(1.0, |weights| weights.iter().copied().fold(0.0, f64::max));
    let boost = Boost { settings, loss, binned: &binned, weights, heaviest, rows, apart, raw: Vec::new() };
    let ended = boost.run(monotone)?;
    let known: Known = binned
        .features
        .iter()
        .zip(0..)
        .filter_map(|(feature, at)| match &feature.cuts {
            Cuts::Categories(categories) => Some((at, categories.clone())),
            Cuts::Numbers(_) => None,
        })
        .collect();
    let trees = match sample.target() {
        Some(Target::Class { classes, positive, .. }) => {
            Trees::for_classes(loss.link(), (classes.clone(), *positive), ended.base, ended.trees, &known)
        }
        _ => Trees::for_numbers(loss.link(), ended.base[0], ended.trees, &known),
    };
    let model = Model::new(GradientBoosting::NAME, columns, Predictor::Trees(trees?))?;
    let convergence = Convergence {
        start: Start::Zero,
        converged: ended.stopped || !stopping,
        iterations: ended.iterations.into(),
        objective: ended.objective,
        gradient_norm: None,
        duality_gap: None,
        tolerance: settings.tol,
        probability_change: None,
        distance_bound: None,
    };
    let importance = Importance::shares(ImportanceMeasure::Gain, ended.gains);
    Ok(Fitted { convergence: Some(convergence), importance, warnings, ..Fitted::of(model) })
}

/// The monotone constraint of each feature; nothing where there is none.
fn monotone(
    settings: &GradientBoosting,
    sample: &Sample<'_>,
    loss: &Loss<'_>,
    categorical: &[usize],
) -> Result<Vec<i8>, TrainError> {
    if settings.monotonic_cst.values().all(|&sign| sign == 0) {
        return Ok(Vec::new());
    }
    if loss.outputs() > 1 {
        return Err(TrainError::Monotone { reason: "there are more than two classes" });
    }
    let mut signs = vec![0; sample.features().columns()];
    for (name, &sign) in &settings.monotonic_cst {
        for at in sample.features_named("monotonic_cst", std::iter::once(name))? {
            if sign != 0 && categorical.binary_search(&at).is_ok() {
                return Err(TrainError::Monotone { reason: "a feature of `categorical_features` has no order" });
            }
            signs[at] = sign;
        }
    }
    Ok(signs)
}

/// The rows to grow on and those to keep apart; rows of weight 0 play no part.
fn divided(settings: &GradientBoosting, sample: &Sample<'_>) -> (Vec<u32>, Vec<u32>) {
    let count = sample.features().rows();
    let all: Vec<u32> = (0..count as u32).filter(|&row| sample.weight(row as usize) > 0.0).collect();
    if !settings.early_stopping.holds(count) {
        return (all, Vec::new());
    }
    let apart = |row: &u32| {
        let draw = draw(VALIDATION_DRAW, settings.random_state.into(), sample.id(*row as usize), 0);
        unit(draw) < settings.validation_fraction
    };
    let (apart, rows): (Vec<u32>, Vec<u32>) = all.iter().partition(|row| apart(row));
    if rows.is_empty() || apart.is_empty() { (all, Vec::new()) } else { (rows, apart) }
}

/// The weights of rows and classes together; nothing where all are 1.
fn weights(settings: &GradientBoosting, sample: &Sample<'_>) -> Result<Option<Vec<f64>>, TrainError> {
    let rows = sample.features().rows();
    let weights: Vec<f64> = match (settings.class_weight, sample.target()) {
        (ClassWeight::Balanced, Some(Target::Class { .. })) => {
            let classes = sample.classes(GradientBoosting::NAME)?;
            let factors = settings.class_weight.factors(&classes);
            (0..rows).map(|row| sample.weight(row) * factors[classes.codes[row] as usize]).collect()
        }
        _ if !sample.has_weights() => return Ok(None),
        _ => (0..rows).map(|row| sample.weight(row)).collect(),
    };
    Ok(Some(weights).filter(|weights| weights.iter().any(|&weight| weight != 1.0)))
}

impl Boost<'_> {
    fn weight(&self, row: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |weights| weights[row])
    }

    fn run(mut self, monotone: Vec<i8>) -> Result<Ended, TrainError> {
        let settings = self.settings;
        let outputs = self.loss.outputs();
        let base = self.loss.base(&self.rows, |row| self.weight(row));
        self.raw = base.iter().map(|&base| vec![base; self.binned.rows]).collect();
        let flat = self.loss.is_flat() && self.weights.is_none();
        let mut gradients: Vec<Gradients> =
            (0..outputs).map(|_| Gradients::new(self.binned.rows, (1.0, 1.0), flat)).collect();
        let mut grower = Grower::new(self.binned, growth(settings, monotone));
        let mut order = self.rows.clone();
        let mut gains = vec![0.0; self.binned.features.len()];
        let (mut trees, mut losses) = (Vec::new(), Vec::new());
        let (mut iterations, mut stopped) = (0, false);
        if !self.apart.is_empty() {
            losses.push(self.loss.mean(&self.apart, &self.raw, self.weights.as_deref()));
        }
        while iterations < settings.max_iter && !stopped {
            self.loss.gradients(&self.raw, self.weights.as_deref(), self.heaviest, &mut gradients);
            let mut asked = false;
            for (output, gradients) in gradients.iter().enumerate() {
                order.copy_from_slice(&self.rows);
                let number = u64::from(iterations) * outputs as u64 + output as u64;
                let mut grown = grower.grow(number, &mut order, gradients);
                self.finish(&mut grown, &order, output);
                grown.gains.iter().for_each(|&(feature, gain)| gains[feature as usize] += gain);
                asked |= !grown.is_leaf();
                self.add(&mut grown, &order, output);
                trees.push(grown.tree(self.binned));
            }
            iterations += 1;
            if !self.apart.is_empty() {
                losses.push(self.loss.mean(&self.apart, &self.raw, self.weights.as_deref()));
                stopped = is_still(&losses, settings.n_iter_no_change as usize, settings.tol);
            }
            // Where nothing can be asked, nothing will be.
            stopped |= !asked && settings.max_features >= 1.0;
        }
        if !self.raw.iter().flatten().all(|score| score.is_finite()) {
            return Err(TrainError::Overflow);
        }
        let objective = self.loss.mean(&self.rows, &self.raw, self.weights.as_deref());
        Ok(Ended { trees, base, gains, iterations, stopped, objective })
    }

    /// Gives the leaves their values, as much of them as counts.
    fn finish(&self, grown: &mut BinTree, order: &[u32], output: usize) {
        let raw = &self.raw[output];
        let leaves: Vec<_> = grown.leaves().collect();
        leaves.into_par_iter().for_each(|(rows, value, (lower, upper))| {
            if let Some(found) = self.loss.leaf(&order[rows], raw, |row| self.weight(row)) {
                *value = found.clamp(lower, upper);
            }
            *value *= self.settings.learning_rate;
        });
    }

    /// Adds the tree to the scores. The rows of a leaf ascend, so that each chunk of scores finds its own.
    fn add(&mut self, grown: &mut BinTree, order: &[u32], output: usize) {
        let leaves: Vec<_> = grown.leaves().map(|(rows, value, _)| (&order[rows], *value)).collect();
        self.raw[output].par_chunks_mut(CHUNK).enumerate().for_each(|(at, raw)| {
            let (start, end) = ((at * CHUNK) as u32, (at * CHUNK + raw.len()) as u32);
            for (rows, value) in &leaves {
                let from = rows.partition_point(|&row| row < start);
                for &row in rows[from..].iter().take_while(|&&row| row < end) {
                    raw[(row - start) as usize] += value;
                }
            }
        });
        let found: Vec<f64> = self.apart.par_iter().map(|&row| grown.value(self.binned, row as usize)).collect();
        let raw = &mut self.raw[output];
        self.apart.iter().zip(found).for_each(|(&row, value)| raw[row as usize] += value);
    }
}

fn growth(settings: &GradientBoosting, monotone: Vec<i8>) -> Growth {
    Growth {
        max_leaf_nodes: settings.max_leaf_nodes.map(|leaves| leaves as usize),
        max_depth: settings.max_depth,
        min_samples_leaf: settings.min_samples_leaf.into(),
        l2: settings.l2_regularization,
        max_features: settings.max_features,
        monotone,
        seed: settings.random_state.into(),
    }
}

/// Whether none of the last losses is better than the one before them, as scikit-learn decides it.
fn is_still(losses: &[f64], patience: usize, tol: f64) -> bool {
    let Some(reference) = losses.len().checked_sub(patience + 1) else { return false };
    losses[reference + 1..].iter().all(|&loss| loss >= losses[reference] - tol)
}
