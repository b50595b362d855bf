//! The mean of absolute differences relative to the truth.

use crate::{Undefined, check, squared_error::finite_result, sum};

/// The mean of |truth − prediction| / |truth|, as a share: 0.1 is ten percent. As in scikit-learn, a truth of 0 counts as 2⁻⁵², which
/// makes the result very large.
///
/// # Errors
/// When there are no rows, lengths differ, a number is not finite, or weights cannot be used; when the result is not finite.
pub fn mean_absolute_percentage_error(
    truth: &[f64],
    predicted: &[f64],
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    check::numbers(truth, predicted, weights)?;
    let shares = truth.iter().zip(predicted).map(|(of, as_)| (as_ - of).abs() / of.abs().max(f64::EPSILON));
    finite_result(sum::mean(shares, weights))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        // mean_absolute_percentage_error(truth, predicted, sample_weight=…)
        close(mean_absolute_percentage_error(&VALUES, &FORECAST, None).unwrap(), 0.3531142117884147);
        close(mean_absolute_percentage_error(&VALUES, &FORECAST, Some(&WEIGHTS)).unwrap(), 0.32504375215671505);
        // mean_absolute_percentage_error([0.0], [1.0])
        assert_eq!(mean_absolute_percentage_error(&[0.0], &[1.0], None), Ok(4503599627370496.0));
        let infinite = mean_absolute_percentage_error(&[0.0], &[f64::MAX], None);
        assert_eq!(infinite, Err(Undefined::NotFinite("metric")));
    }
}
