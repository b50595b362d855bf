//! Welch's test of two means.

use super::{Null, Tested};
use crate::Undefined;

/// What a test of means needs to know of a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// How many rows it has.
    pub rows: u64,
    /// Their mean.
    pub mean: f64,
    /// Their variance, divided by `rows`.
    pub variance: f64,
}

/// Welch's t: the difference of the means (current less reference) over its standard error, with Satterthwaite's degrees of
/// freedom (`scipy.stats.ttest_ind(current, reference, equal_var=False)`). Samples without variance whose means differ are
/// infinitely far apart.
///
/// # Errors
/// When a sample has fewer than two rows, or mean or variance is not finite.
pub fn welch_t_test(reference: Sample, current: Sample) -> Result<Tested, Undefined> {
    let error = |sample: Sample| sample.variance / (sample.rows as f64 - 1.0);
    if reference.rows < 2 || current.rows < 2 {
        return Err(Undefined::ZeroDivision("a mean of fewer than two rows has no error"));
    }
    let (a, b, difference) = (error(reference), error(current), current.mean - reference.mean);
    if !(a.is_finite() && b.is_finite() && difference.is_finite()) {
        return Err(Undefined::NotFinite("mean or variance"));
    }
    if a + b == 0.0 {
        let statistic = if difference == 0.0 { 0.0 } else { f64::INFINITY.copysign(difference) };
        return Ok(Tested { statistic, null: Null::Student { degrees: (reference.rows + current.rows - 2) as f64 } });
    }
    let parts = a * a / (reference.rows as f64 - 1.0) + b * b / (current.rows as f64 - 1.0);
    let degrees = (a + b) * (a + b) / parts;
    Ok(Tested { statistic: difference / (a + b).sqrt(), null: Null::Student { degrees } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{SCORES, VALUES, near};

    fn sample(values: &[f64]) -> Sample {
        let rows = values.len() as f64;
        let mean = values.iter().sum::<f64>() / rows;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / rows;
        Sample { rows: values.len() as u64, mean, variance }
    }

    #[test]
    fn values_are_scipys() {
        for (reference, current, t, p) in [
            (&VALUES[..], &SCORES[..], -5.980120256304962, 3.972033189064804e-06),
            (&VALUES[..6], &VALUES[6..], -0.4607688900981569, 0.6532842598929535),
        ] {
            let found = welch_t_test(sample(reference), sample(current)).unwrap();
            near(found.statistic, t, 1e-10);
            near(found.p_value(), p, 1e-8);
        }
    }

    #[test]
    fn samples_without_variance_or_rows() {
        let constant = |mean| Sample { rows: 3, mean, variance: 0.0 };
        assert_eq!(welch_t_test(constant(1.0), constant(1.0)).unwrap().p_value(), 1.0);
        assert_eq!(welch_t_test(constant(1.0), constant(2.0)).unwrap().p_value(), 0.0);
        let one = Sample { rows: 1, mean: 0.0, variance: 0.0 };
        assert!(matches!(welch_t_test(one, constant(0.0)), Err(Undefined::ZeroDivision(_))));
        let wide = Sample { rows: 5, mean: 0.0, variance: f64::INFINITY };
        assert!(matches!(welch_t_test(constant(0.0), wide), Err(Undefined::NotFinite(_))));
    }
}
