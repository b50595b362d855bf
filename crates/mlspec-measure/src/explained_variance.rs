//! The share of the target's variance that the prediction explains.

use crate::{Undefined, check, squared_error::finite_result, sum};

/// One minus the squared error over that of the mean; negative when the mean would be the better prediction.
///
/// # Errors
/// When there are no rows, lengths differ, a number is not finite, weights cannot be used, or the target is constant.
pub fn r2_score(truth: &[f64], predicted: &[f64], weights: Option<&[f64]>) -> Result<f64, Undefined> {
    check::numbers(truth, predicted, weights)?;
    let squares = truth.iter().zip(predicted).map(|(of, as_)| (of - as_).powi(2));
    unexplained(sum::mean(squares, weights), variance(truth, weights))
}

/// One minus the variance of the differences over that of the target: [`r2_score`] that forgives a constant offset.
///
/// # Errors
/// As [`r2_score`].
pub fn explained_variance_score(truth: &[f64], predicted: &[f64], weights: Option<&[f64]>) -> Result<f64, Undefined> {
    check::numbers(truth, predicted, weights)?;
    let differences: Vec<f64> = truth.iter().zip(predicted).map(|(of, as_)| of - as_).collect();
    unexplained(variance(&differences, weights), variance(truth, weights))
}

fn variance(values: &[f64], weights: Option<&[f64]>) -> f64 {
    let mut counted = (0..values.len()).filter(|&row| check::weight(weights, row) > 0.0).map(|row| values[row]);
    // The mean of equal values may differ from them in the last bit.
    let first = counted.next();
    if counted.all(|value| Some(value) == first) {
        return 0.0;
    }
    let mean = sum::mean(values.iter().copied(), weights);
    sum::mean(values.iter().map(|value| (value - mean).powi(2)), weights)
}

fn unexplained(error: f64, variance: f64) -> Result<f64, Undefined> {
    if variance > 0.0 {
        finite_result(1.0 - error / variance)
    } else {
        Err(Undefined::ZeroDivision("the target is constant"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        close(r2_score(&VALUES, &FORECAST, None).unwrap(), 0.9065469351736672);
        close(r2_score(&VALUES, &FORECAST, Some(&WEIGHTS)).unwrap(), 0.9289153734344009);
        close(explained_variance_score(&VALUES, &FORECAST, None).unwrap(), 0.9147852927288197);
        close(explained_variance_score(&VALUES, &FORECAST, Some(&WEIGHTS)).unwrap(), 0.9374565352626392);
    }

    #[test]
    fn a_constant_target_has_no_variance() {
        for truth in [&[0.1][..], &[0.1; 3], &[0.7; 11]] {
            assert!(matches!(r2_score(truth, truth, None), Err(Undefined::ZeroDivision(_))));
        }
    }
}
