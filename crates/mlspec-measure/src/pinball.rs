//! The loss of predicted quantiles.

use crate::{Undefined, check, squared_error::finite_result, sum};

/// The mean of α · (truth − prediction) where the truth is above, (1 − α) · (prediction − truth) where it is below: least at the
/// quantile of `alpha`. At 0.5 it is half of the mean absolute error.
///
/// # Errors
/// When there are no rows, lengths differ, a number is not finite, weights cannot be used, or `alpha` is outside `[0, 1]`.
pub fn mean_pinball_loss(
    truth: &[f64],
    predicted: &[f64],
    alpha: f64,
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    check::numbers(truth, predicted, weights)?;
    if !(0.0..=1.0).contains(&alpha) {
        return Err(Undefined::Parameter("`alpha` must be from 0 to 1"));
    }
    let loss = |(of, as_): (&f64, &f64)| {
        let above = of - as_;
        if above >= 0.0 { alpha * above } else { (alpha - 1.0) * above }
    };
    finite_result(sum::mean(truth.iter().zip(predicted).map(loss), weights))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        // mean_pinball_loss(truth, predicted, alpha=…, sample_weight=…)
        let check = |alpha, plain, weighted| {
            close(mean_pinball_loss(&VALUES, &FORECAST, alpha, None).unwrap(), plain);
            close(mean_pinball_loss(&VALUES, &FORECAST, alpha, Some(&WEIGHTS)).unwrap(), weighted);
        };
        check(0.1, 0.18941666666666665, 0.16649470619375328);
        check(0.5, 0.2720833333333333, 0.2554804129168872);
        check(0.9, 0.35474999999999995, 0.3444661196400211);
        for alpha in [-0.1, 1.1, f64::NAN] {
            assert!(matches!(mean_pinball_loss(&[1.0], &[1.0], alpha, None), Err(Undefined::Parameter(_))));
        }
    }
}
