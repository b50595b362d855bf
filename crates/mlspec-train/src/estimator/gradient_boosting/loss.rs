//! Losses: their gradients, what a constant prediction would be, and what a leaf predicts where one Newton step is not enough.
//! Formulas are scikit-learn's (`sklearn/_loss/loss.py`).

use super::{BoostingLoss, GradientBoosting};
use crate::histogram::Gradients;
use crate::{Sample, TrainError};
use mlspec_model::{Link, Target};
use rayon::prelude::*;

/// Rows that are worked on at a time.
pub(super) const CHUNK: usize = 1 << 14;

/// The loss of the labels of a sample.
#[derive(Clone, Copy, Debug)]
pub(super) enum Loss<'a> {
    /// Of numbers.
    Numbers(Numeric, &'a [f64]),
    /// Of classes: their codes and how many there are.
    Classes(&'a [u32], usize),
}

/// A loss of numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Numeric {
    Squared,
    Absolute,
    Poisson,
    /// The pinball loss of a quantile.
    Quantile(f64),
}

impl Numeric {
    /// The quantile that a leaf predicts.
    fn share(self) -> Option<f64> {
        match self {
            Self::Absolute => Some(0.5),
            Self::Quantile(share) => Some(share),
            Self::Squared | Self::Poisson => None,
        }
    }
}

impl<'a> Loss<'a> {
    pub(super) fn of(settings: &GradientBoosting, sample: &Sample<'a>) -> Result<Self, TrainError> {
        let name = GradientBoosting::NAME;
        let numeric = match settings.loss {
            BoostingLoss::LogLoss => None,
            BoostingLoss::Auto if matches!(sample.target(), Some(Target::Class { .. })) => None,
            BoostingLoss::Auto | BoostingLoss::SquaredError => Some(Numeric::Squared),
            BoostingLoss::AbsoluteError => Some(Numeric::Absolute),
            BoostingLoss::Quantile => Some(Numeric::Quantile(settings.quantile.unwrap_or(0.5))),
            BoostingLoss::Poisson => Some(Numeric::Poisson),
        };
        let Some(numeric) = numeric else {
            let classes = sample.classes(name)?;
            return Ok(Self::Classes(classes.codes, classes.names.len()));
        };
        let labels = sample.values(name)?;
        if numeric == Numeric::Poisson {
            TrainError::rows("a label below 0, which `loss: poisson` cannot predict", labels.iter().map(|&y| y < 0.0))?;
            if labels.iter().enumerate().all(|(row, &y)| y == 0.0 || sample.weight(row) == 0.0) {
                return Err(TrainError::AllZero);
            }
        }
        Ok(Self::Numbers(numeric, labels))
    }

    /// How many trees an iteration grows.
    pub(super) fn outputs(&self) -> usize {
        match self {
            Self::Classes(_, classes) if *classes > 2 => *classes,
            _ => 1,
        }
    }

    pub(super) fn link(&self) -> Link {
        match self {
            Self::Classes(_, 2) => Link::Logistic,
            Self::Classes(..) => Link::Softmax,
            Self::Numbers(Numeric::Poisson, _) => Link::Exp,
            Self::Numbers(..) => Link::Sum,
        }
    }

    /// Whether hessians are 1 without weights.
    pub(super) fn is_flat(&self) -> bool {
        !matches!(self, Self::Numbers(Numeric::Poisson, _) | Self::Classes(..))
    }

    /// The best constant, for each output.
    pub(super) fn base(&self, rows: &[u32], weight: impl Fn(usize) -> f64) -> Vec<f64> {
        let total: f64 = rows.iter().map(|&row| weight(row as usize)).sum();
        match *self {
            Self::Numbers(numeric, y) => {
                if let Some(share) = numeric.share() {
                    let values = rows.iter().map(|&row| (y[row as usize], weight(row as usize)));
                    return vec![quantile(values.collect(), share)];
                }
                let mean = rows.iter().map(|&row| y[row as usize] * (weight(row as usize) / total)).sum::<f64>();
                vec![if numeric == Numeric::Poisson { mean.max(f64::EPSILON).ln() } else { mean }]
            }
            Self::Classes(codes, classes) => {
                let mut shares = vec![0.0; classes];
                rows.iter().for_each(|&row| shares[codes[row as usize] as usize] += weight(row as usize) / total);
                shares.iter_mut().for_each(|share: &mut f64| *share = share.clamp(f64::EPSILON, 1.0 - f64::EPSILON));
                if classes == 2 {
                    return vec![(shares[1] / shares[0]).ln()];
                }
                let mean = shares.iter().map(|share| share.ln()).sum::<f64>() / classes as f64;
                shares.iter().map(|share| share.ln() - mean).collect()
            }
        }
    }

    /// The greatest absolute gradient and hessian that rows of this greatest weight can have.
    fn bounds(&self, raw: &[Vec<f64>], heaviest: f64) -> (f64, f64) {
        let greatest = |of: &(dyn Fn(f64, f64) -> f64 + Sync), y: &[f64]| {
            raw[0].par_iter().zip(y).map(|(&raw, &y)| of(raw, y)).reduce(|| 0.0, f64::max)
        };
        match self {
            Self::Numbers(Numeric::Squared, y) => (heaviest * greatest(&|raw, y| (raw - y).abs(), y), heaviest),
            Self::Numbers(Numeric::Poisson, y) => {
                let rate = greatest(&|raw, _| raw.exp(), y);
                (heaviest * rate.max(greatest(&|_, y| y, y)), heaviest * rate)
            }
            Self::Numbers(..) => (heaviest, heaviest),
            Self::Classes(..) => (heaviest, heaviest / 4.0),
        }
    }

    /// Fills in the gradients at the scores, of all outputs.
    pub(super) fn gradients(&self, raw: &[Vec<f64>], weights: Option<&[f64]>, heaviest: f64, all: &mut [Gradients]) {
        let bounds = self.bounds(raw, heaviest);
        let flat = self.is_flat() && weights.is_none();
        all.iter_mut().for_each(|gradients| gradients.rescale(bounds, flat));
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        if let Self::Classes(codes, classes) = *self
            && classes > 2
        {
            let sums = log_sums(raw);
            for (class, gradients) in all.iter_mut().enumerate() {
                each(gradients, &raw[class], |row, score| {
                    let p = (score - sums[row]).exp();
                    let truth = if codes[row] as usize == class { 1.0 } else { 0.0 };
                    (weight(row) * (p - truth), weight(row) * p * (1.0 - p))
                });
            }
            return;
        }
        let (gradients, raw) = (&mut all[0], &raw[0]);
        match *self {
            Self::Numbers(Numeric::Squared, y) => {
                each(gradients, raw, |row, score| (weight(row) * (score - y[row]), weight(row)));
            }
            Self::Numbers(Numeric::Poisson, y) => each(gradients, raw, |row, score| {
                let rate = score.exp();
                (weight(row) * (rate - y[row]), weight(row) * rate)
            }),
            Self::Numbers(numeric, y) => {
                // Up to a factor, which no split depends on: the leaves have values of their own.
                let share = numeric.share().unwrap_or(0.5);
                each(gradients, raw, |row, score| {
                    (weight(row) * if y[row] > score { -share } else { 1.0 - share }, weight(row))
                });
            }
            Self::Classes(codes, _) => each(gradients, raw, |row, score| {
                let p = 1.0 / (1.0 + (-score).exp());
                (weight(row) * (p - f64::from(codes[row])), weight(row) * p * (1.0 - p))
            }),
        }
    }

    /// The value of a leaf with these rows, where it is not one step of Newton's method.
    pub(super) fn leaf(&self, rows: &[u32], raw: &[f64], weight: impl Fn(usize) -> f64) -> Option<f64> {
        let Self::Numbers(numeric, y) = *self else { return None };
        let share = numeric.share()?;
        let rest = |&row: &u32| (y[row as usize] - raw[row as usize], weight(row as usize));
        Some(quantile(rows.iter().map(rest).collect(), share))
    }

    /// The mean loss of rows.
    pub(super) fn mean(&self, rows: &[u32], raw: &[Vec<f64>], weights: Option<&[f64]>) -> f64 {
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let part = |rows: &[u32]| {
            let add = |sum: (f64, f64), &row: &u32| {
                let row = row as usize;
                (sum.0 + weight(row) * self.at(row, raw), sum.1 + weight(row))
            };
            rows.iter().fold((0.0, 0.0), add)
        };
        let parts: Vec<(f64, f64)> = rows.par_chunks(CHUNK).map(part).collect();
        let sum = parts.iter().fold((0.0, 0.0), |sum, part| (sum.0 + part.0, sum.1 + part.1));
        (sum.0 / sum.1).clamp(f64::MIN, f64::MAX)
    }

    /// The loss of a row.
    fn at(&self, row: usize, raw: &[Vec<f64>]) -> f64 {
        let score = raw[0][row];
        match *self {
            Self::Numbers(Numeric::Squared, y) => (score - y[row]).powi(2) / 2.0,
            Self::Numbers(Numeric::Absolute, y) => (score - y[row]).abs(),
            Self::Numbers(Numeric::Poisson, y) => score.exp() - y[row] * score,
            Self::Numbers(Numeric::Quantile(share), y) => {
                let rest = y[row] - score;
                if rest > 0.0 { share * rest } else { (share - 1.0) * rest }
            }
            Self::Classes(codes, 2) => softplus(score) - f64::from(codes[row]) * score,
            Self::Classes(codes, _) => log_sum(raw, row) - raw[codes[row] as usize][row],
        }
    }
}

/// Fills in gradients, chunk by chunk.
fn each(gradients: &mut Gradients, raw: &[f64], of: impl Fn(usize, f64) -> (f64, f64) + Sync) {
    let scales = gradients.scales();
    gradients.rows.par_chunks_mut(CHUNK).zip(raw.par_chunks(CHUNK)).enumerate().for_each(|(at, (rows, raw))| {
        for (row, (whole, &score)) in rows.iter_mut().zip(raw).enumerate() {
            let (gradient, hessian) = of(at * CHUNK + row, score);
            *whole = Gradients::whole(scales, gradient, hessian);
        }
    });
}

/// `ln(1 + exp(x))` without overflow.
fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn log_sum(raw: &[Vec<f64>], row: usize) -> f64 {
    let greatest = raw.iter().map(|raw| raw[row]).fold(f64::NEG_INFINITY, f64::max);
    greatest + raw.iter().map(|raw| (raw[row] - greatest).exp()).sum::<f64>().ln()
}

/// The logarithm of the sum of the exponentials of each row's scores.
fn log_sums(raw: &[Vec<f64>]) -> Vec<f64> {
    (0..raw[0].len()).into_par_iter().with_min_len(CHUNK).map(|row| log_sum(raw, row)).collect()
}

/// A quantile of values. With equal weights between two values as numpy's `percentile`, else the first value up to which the share of
/// the weights lies.
pub(super) fn quantile(mut values: Vec<(f64, f64)>, share: f64) -> f64 {
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let Some(&(last, weight)) = values.last() else { return 0.0 };
    if values.iter().all(|value| value.1 == weight) {
        let place = share * (values.len() - 1) as f64;
        let (below, above) = (values[place.floor() as usize].0, values[place.ceil() as usize].0);
        return below + (above - below) * place.fract();
    }
    let total: f64 = values.iter().map(|value| value.1).sum();
    let mut sum = 0.0;
    for (value, weight) in values {
        sum += weight;
        if sum >= share * total && sum > 0.0 {
            return value;
        }
    }
    last
}
