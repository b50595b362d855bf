//! Features that are normally distributed within each class.

use super::sums::{by_class, of_all};
use super::{check_priors, check_size, log_priors};
use crate::estimator::{Estimate, Fitted, outside};
use crate::sample::Classes;
use crate::{Sample, TrainError};
use mlspec_model::{Model, Predictor};
use mlspec_record::body::Guarantee;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Naive Bayes for numbers, as scikit-learn's `GaussianNB`: within each class every feature is normally distributed, with the
/// (weighted) mean and variance of the class's rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GaussianNb {
    /// The share of each class, in the order of the classes, which are sorted as text: above 0, 1 together. Nothing stands for
    /// the shares of the rows (of their weights).
    pub priors: Option<Vec<f64>>,
    /// What share of the largest variance of a feature, over all rows, is added to all variances; 0 or more.
    #[schemars(extend("minimum" = 0))]
    pub var_smoothing: f64,
}

impl Default for GaussianNb {
    fn default() -> Self {
        Self { priors: None, var_smoothing: 1e-9 }
    }
}

impl GaussianNb {
    /// The estimator's name.
    pub const NAME: &str = "gaussian_nb";
}

impl Estimate for GaussianNb {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::Exact
    }

    fn check(&self) -> Result<(), TrainError> {
        check_priors("priors", self.priors.as_deref())?;
        if self.var_smoothing >= 0.0 && self.var_smoothing.is_finite() {
            Ok(())
        } else {
            Err(outside("var_smoothing", "0 or more", self.var_smoothing))
        }
    }

    fn fit(&self, sample: &Sample<'_>, _: Option<&Model>) -> Result<Fitted, TrainError> {
        let classes = sample.classes(Self::NAME)?;
        check_size(Self::NAME, sample, &classes)?;
        let log_priors = log_priors(Self::NAME, &classes, self.priors.as_deref(), true)?;
        let columns = sample.features().columns();
        let (means, mut variances) = moments(sample, &classes);
        let greatest = greatest_variance(sample);
        if !(greatest.is_finite() && means.iter().chain(&variances).all(|value| value.is_finite())) {
            return Err(TrainError::Overflow);
        }
        let (smoothing, warnings) = match self.var_smoothing * greatest {
            // Any variance will do, if it is the same for all: no feature tells a class from another.
            _ if greatest == 0.0 => {
                (1.0, vec!["all features are constant: the model knows the classes' shares only".into()])
            }
            smoothing => (smoothing, Vec::new()),
        };
        variances.iter_mut().for_each(|variance| *variance += smoothing);
        let flat = (0..columns).filter(|&column| {
            variances.iter().skip(column).step_by(columns).any(|variance| !variance.recip().is_finite())
        });
        match flat.count() {
            0 => {}
            features => return Err(TrainError::NoVariance { features }),
        }
        let rows = |numbers: &[f64]| numbers.chunks(columns).map(<[f64]>::to_vec).collect();
        let predictor = Predictor::GaussianNb(mlspec_model::GaussianNb {
            classes: classes.names.to_vec(),
            positive: classes.positive,
            log_priors,
            means: rows(&means),
            variances: rows(&variances),
        });
        let model = Model::new(Self::NAME, columns, predictor)?;
        Ok(Fitted { warnings, ..Fitted::of(model) })
    }
}

/// Weighted means and variances of each class's rows, by class, then feature. In two passes, so that a large mean swallows no
/// digits of a small variance.
fn moments(sample: &Sample<'_>, classes: &Classes<'_>) -> (Vec<f64>, Vec<f64>) {
    let columns = sample.features().columns();
    let total = |at: usize| classes.weights[at / columns];
    let mut means = by_class(sample, classes, |x, _| x);
    means.iter_mut().enumerate().for_each(|(at, mean)| *mean /= total(at));
    let squares = by_class(sample, classes, |x, at| (x - means[at]).powi(2));
    // Rows where the feature is zero: as far from the mean as it is from zero.
    let present = by_class(sample, classes, |_, _| 1.0);
    let variance = |(at, sum): (usize, f64)| {
        let absent = total(at) - present[at];
        // What is left of weights that add up in another order is none.
        let absent = if absent <= 1e-12 * total(at) { 0.0 } else { absent };
        (sum + absent * means[at] * means[at]) / total(at)
    };
    let variances = squares.into_iter().enumerate().map(variance).collect();
    (means, variances)
}

/// The largest variance of a feature over all rows, whatever they weigh. What is no more than the rounding of a constant is 0.
fn greatest_variance(sample: &Sample<'_>) -> f64 {
    let rows = sample.features().rows() as f64;
    let means: Vec<f64> = of_all(sample, |x, _| x).into_iter().map(|sum| sum / rows).collect();
    let squares = of_all(sample, |x, column| (x - means[column]).powi(2));
    let present = of_all(sample, |_, _| 1.0);
    let variance = |column: usize| {
        let variance = (squares[column] + (rows - present[column]) * means[column].powi(2)) / rows;
        if variance <= (8.0 * f64::EPSILON * means[column]).powi(2) { 0.0 } else { variance }
    };
    // A NaN, of numbers that are too large, must show.
    (0..means.len())
        .map(variance)
        .fold(0.0, |most, variance| if variance > most || variance.is_nan() { variance } else { most })
}
