//! Deviances of the Tweedie family: squared errors for counts, amounts and other numbers whose variance grows with their mean.

use crate::{Undefined, check, squared_error::finite_result, sum};

/// The mean deviance of Poisson's distribution, for counts.
///
/// # Errors
/// When there are no rows, lengths differ, a number is not finite, weights cannot be used, a truth is negative, or a prediction is not
/// above 0.
pub fn mean_poisson_deviance(truth: &[f64], predicted: &[f64], weights: Option<&[f64]>) -> Result<f64, Undefined> {
    mean_tweedie_deviance(truth, predicted, 1.0, weights)
}

/// The mean deviance of the gamma distribution, for amounts.
///
/// # Errors
/// When there are no rows, lengths differ, a number is not finite, weights cannot be used, or a truth or prediction is not above 0.
pub fn mean_gamma_deviance(truth: &[f64], predicted: &[f64], weights: Option<&[f64]>) -> Result<f64, Undefined> {
    mean_tweedie_deviance(truth, predicted, 2.0, weights)
}

/// The mean deviance of the Tweedie distribution whose variance goes with this power of the mean: 0 is the mean squared error, 1
/// Poisson's, 2 gamma's, 3 that of the inverse Gaussian. (B. Jørgensen, *Exponential Dispersion Models*, 1987.)
///
/// # Errors
/// When there are no rows, lengths differ, a number is not finite, or weights cannot be used; when the power is between 0 and 1,
/// where there is no distribution; when a prediction is not above 0, though the power is not 0; when a truth is negative, though the
/// power is 1 or more, or 0, though the power is 2 or more.
pub fn mean_tweedie_deviance(
    truth: &[f64],
    predicted: &[f64],
    power: f64,
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    check::numbers(truth, predicted, weights)?;
    if !power.is_finite() || (power > 0.0 && power < 1.0) {
        return Err(Undefined::Parameter("`power` must be at most 0 or at least 1"));
    }
    if power != 0.0 && predicted.iter().any(|&as_| as_ <= 0.0) {
        return Err(Undefined::Domain("a prediction is not above 0"));
    }
    if power >= 2.0 && truth.iter().any(|&of| of <= 0.0) {
        return Err(Undefined::Domain("a true value is not above 0"));
    }
    if power >= 1.0 && truth.iter().any(|&of| of < 0.0) {
        return Err(Undefined::Domain("a true value is negative"));
    }
    let deviances = truth.iter().zip(predicted).map(|(&of, &as_)| deviance(of, as_, power));
    finite_result(sum::mean(deviances, weights))
}

fn deviance(of: f64, as_: f64, power: f64) -> f64 {
    if power == 0.0 {
        return (of - as_).powi(2);
    }
    if power == 1.0 {
        let logarithm = if of == 0.0 { 0.0 } else { of * (of / as_).ln() };
        return 2.0 * (logarithm - of + as_);
    }
    if power == 2.0 {
        return 2.0 * ((as_ / of).ln() + of / as_ - 1.0);
    }
    let (one, two) = (1.0 - power, 2.0 - power);
    // With a negative power, a negative truth has the likelihood of 0.
    let base = if power < 0.0 { of.max(0.0) } else { of };
    2.0 * (base.powf(two) / (one * two) - of * as_.powf(one) / one + as_.powf(two) / two)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        // mean_tweedie_deviance(abs(truth), abs(predicted), power=…, sample_weight=…)
        let (truth, predicted) = (VALUES.map(f64::abs), FORECAST.map(f64::abs));
        let check = |power, plain, weighted| {
            near(mean_tweedie_deviance(&truth, &predicted, power, None).unwrap(), plain, 1e-13);
            near(mean_tweedie_deviance(&truth, &predicted, power, Some(&WEIGHTS)).unwrap(), weighted, 1e-13);
        };
        check(-1.0, 1.6771774583333325, 1.4330467712193387);
        check(0.0, 0.46419999999999995, 0.39899240338803593);
        check(1.0, 0.18466963023314698, 0.16069743886711904);
        check(1.5, 0.1448527869583011, 0.12858510117746808);
        check(2.0, 0.13264359844291776, 0.12191786847367253);
        check(3.0, 0.16121617473688285, 0.16479718980667857);
        near(mean_tweedie_deviance(&VALUES, &predicted, -1.0, None).unwrap(), 1.8566061666666658, 1e-13);
        near(mean_poisson_deviance(&truth, &predicted, Some(&WEIGHTS)).unwrap(), 0.16069743886711904, 1e-13);
        near(mean_gamma_deviance(&truth, &predicted, Some(&WEIGHTS)).unwrap(), 0.12191786847367253, 1e-13);
        assert_eq!(mean_poisson_deviance(&[0.0], &[2.0], None), Ok(4.0));
    }

    #[test]
    fn what_no_distribution_gives_is_refused() {
        let check = |truth: f64, predicted: f64, power: f64, defined: bool| {
            let found = mean_tweedie_deviance(&[truth], &[predicted], power, None);
            assert_eq!(found.is_ok(), defined, "{truth} {predicted} {power}: {found:?}");
        };
        check(1.0, 1.0, 0.5, false);
        check(1.0, 1.0, f64::NAN, false);
        check(1.0, 1.0, f64::INFINITY, false);
        check(-1.0, -1.0, 0.0, true);
        for power in [-1.0, 1.0, 1.5, 2.0, 3.0] {
            check(1.0, 0.0, power, false);
            check(1.0, -1.0, power, false);
            check(-1.0, 1.0, power, power < 0.0);
            check(0.0, 1.0, power, power < 2.0);
        }
        // Far beyond what numbers hold.
        check(2.0, 1e-300, 900.0, false);
    }
}
