//! The mean, the median and the greatest of absolute differences.

use crate::{Undefined, check, squared_error::finite_result, sum};

fn differences<'a>(truth: &'a [f64], predicted: &'a [f64]) -> impl ExactSizeIterator<Item = f64> + 'a {
    truth.iter().zip(predicted).map(|(of, as_)| (of - as_).abs())
}

/// The mean of absolute differences.
///
/// # Errors
/// When there are no rows, lengths differ, a number is not finite, or weights cannot be used.
pub fn mean_absolute_error(truth: &[f64], predicted: &[f64], weights: Option<&[f64]>) -> Result<f64, Undefined> {
    check::numbers(truth, predicted, weights)?;
    finite_result(sum::mean(differences(truth, predicted), weights))
}

/// The median of absolute differences; with weights, half of the weight lies on either side.
///
/// # Errors
/// As [`mean_absolute_error`].
pub fn median_absolute_error(truth: &[f64], predicted: &[f64], weights: Option<&[f64]>) -> Result<f64, Undefined> {
    check::numbers(truth, predicted, weights)?;
    let mut weighted: Vec<(f64, f64)> = differences(truth, predicted)
        .enumerate()
        .map(|(row, difference)| (difference, check::weight(weights, row)))
        .filter(|&(_, weight)| weight > 0.0)
        .collect();
    weighted.sort_unstable_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut below = 0.0;
    let cumulated: Vec<f64> = weighted
        .iter()
        .map(|(_, weight)| {
            below += weight;
            below
        })
        .collect();
    let half = below / 2.0;
    let last = weighted.len() - 1;
    let lower = cumulated.partition_point(|&weight| weight < half).min(last);
    // Where the lower half ends on a row exactly, the median lies midway to the next.
    let upper = if cumulated[lower] == half { (lower + 1).min(last) } else { lower };
    finite_result(f64::midpoint(weighted[lower].0, weighted[upper].0))
}

/// The greatest absolute difference.
///
/// # Errors
/// When there are no rows, lengths differ, or a number is not finite.
pub fn max_error(truth: &[f64], predicted: &[f64]) -> Result<f64, Undefined> {
    check::numbers(truth, predicted, None)?;
    finite_result(differences(truth, predicted).fold(0.0, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        close(mean_absolute_error(&VALUES, &FORECAST, None).unwrap(), 0.5441666666666666);
        close(mean_absolute_error(&VALUES, &FORECAST, Some(&WEIGHTS)).unwrap(), 0.5109608258337744);
        close(median_absolute_error(&VALUES, &FORECAST, None).unwrap(), 0.46499999999999986);
        close(median_absolute_error(&VALUES[..23], &FORECAST[..23], None).unwrap(), 0.5300000000000002);
        close(median_absolute_error(&VALUES, &FORECAST, Some(&WEIGHTS)).unwrap(), 0.39999999999999947);
        close(max_error(&VALUES, &FORECAST).unwrap(), 1.6199999999999997);
    }

    #[test]
    fn a_row_without_weight_is_no_row() {
        assert_eq!(median_absolute_error(&[1.0, 9.0, 3.0], &[0.0; 3], Some(&[1.0, 0.0, 1.0])), Ok(2.0));
    }
}
