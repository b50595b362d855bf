//! The mean of squared differences, and its root.

use crate::{Undefined, check, sum};

/// The mean of squared differences.
///
/// # Errors
/// When there are no rows, lengths differ, a number is not finite, or weights cannot be used.
pub fn mean_squared_error(truth: &[f64], predicted: &[f64], weights: Option<&[f64]>) -> Result<f64, Undefined> {
    check::numbers(truth, predicted, weights)?;
    let squares = truth.iter().zip(predicted).map(|(of, as_)| (of - as_).powi(2));
    finite_result(sum::mean(squares, weights))
}

/// The root of the mean of squared differences.
///
/// # Errors
/// As [`mean_squared_error`].
pub fn root_mean_squared_error(truth: &[f64], predicted: &[f64], weights: Option<&[f64]>) -> Result<f64, Undefined> {
    mean_squared_error(truth, predicted, weights).map(f64::sqrt)
}

/// Squares of very large numbers are no numbers any more.
pub(crate) fn finite_result(value: f64) -> Result<f64, Undefined> {
    if value.is_finite() { Ok(value) } else { Err(Undefined::NotFinite("metric")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        close(mean_squared_error(&VALUES, &FORECAST, None).unwrap(), 0.4844999999999999);
        close(mean_squared_error(&VALUES, &FORECAST, Some(&WEIGHTS)).unwrap(), 0.4118881154049761);
        close(root_mean_squared_error(&VALUES, &FORECAST, None).unwrap(), 0.696060342211794);
        close(root_mean_squared_error(&VALUES, &FORECAST, Some(&WEIGHTS)).unwrap(), 0.6417851006411539);
    }

    #[test]
    fn overflow_is_no_value() {
        assert_eq!(mean_squared_error(&[1e200], &[-1e200], None), Err(Undefined::NotFinite("metric")));
    }
}
