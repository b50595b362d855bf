//! Naive Bayes: features that are independent of each other within a class. All that is fitted follows from counts and sums.

mod bernoulli;
mod gaussian;
mod multinomial;
mod sums;

pub use bernoulli::BernoulliNb;
pub use gaussian::GaussianNb;
pub use multinomial::MultinomialNb;

use super::{Fitted, outside};
use crate::sample::Classes;
use crate::{Sample, TrainError};
use mlspec_model::{DiscreteNb, Model, Predictor};

/// The most numbers that are kept: one for each class and feature.
const MAX_NUMBERS: usize = 1 << 26;

/// Checks priors that a user gave.
fn check_priors(name: &'static str, priors: Option<&[f64]>) -> Result<(), TrainError> {
    let Some(priors) = priors else { return Ok(()) };
    match priors.iter().find(|prior| !(**prior > 0.0 && **prior <= 1.0)) {
        Some(bad) => Err(outside(name, "shares above 0", *bad)),
        None => match priors.iter().sum::<f64>() {
            sum if (sum - 1.0).abs() <= 1e-9 => Ok(()),
            sum => Err(outside(name, "shares that add up to 1", sum)),
        },
    }
}

/// The logarithms of the classes' shares: as given, or of their rows, or the same for all.
fn log_priors(
    estimator: &'static str,
    classes: &Classes<'_>,
    given: Option<&[f64]>,
    of_rows: bool,
) -> Result<Vec<f64>, TrainError> {
    let count = classes.names.len();
    match given {
        Some(given) if given.len() != count => {
            Err(TrainError::Priors { estimator, classes: count, found: given.len() })
        }
        Some(given) => Ok(given.iter().map(|prior| prior.ln()).collect()),
        None if of_rows => {
            let total = classes.weights.iter().sum::<f64>().ln();
            Ok(classes.weights.iter().map(|weight| weight.ln() - total).collect())
        }
        None => Ok(vec![-(count as f64).ln(); count]),
    }
}

/// Refuses more numbers than can be kept.
fn check_size(estimator: &'static str, sample: &Sample<'_>, classes: &Classes<'_>) -> Result<(), TrainError> {
    match sample.features().columns().saturating_mul(classes.names.len()) {
        numbers if numbers > MAX_NUMBERS => Err(TrainError::TooLarge { estimator, numbers, limit: MAX_NUMBERS }),
        _ => Ok(()),
    }
}

fn check_alpha(alpha: f64) -> Result<(), TrainError> {
    if alpha > 0.0 && alpha.is_finite() { Ok(()) } else { Err(outside("alpha", "above 0", alpha)) }
}

/// A model of linear functions by class.
fn discrete(
    estimator: &'static str,
    sample: &Sample<'_>,
    classes: &Classes<'_>,
    binarize: Option<f64>,
    (coefficients, intercepts): (Vec<Vec<f64>>, Vec<f64>),
) -> Result<Fitted, TrainError> {
    if !coefficients.iter().flatten().chain(&intercepts).all(|value| value.is_finite()) {
        return Err(TrainError::Overflow);
    }
    let (names, positive) = (classes.names.to_vec(), classes.positive);
    let predictor = Predictor::DiscreteNb(DiscreteNb { classes: names, positive, binarize, coefficients, intercepts });
    let model = Model::new(estimator, sample.features().columns(), predictor)?;
    Ok(Fitted::of(model))
}

#[cfg(test)]
mod tests;
