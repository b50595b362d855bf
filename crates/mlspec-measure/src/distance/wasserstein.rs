//! Wasserstein's distance, or the work of the earth mover.

use super::counted::{rows, walk};
use super::kolmogorov_smirnov::checked;
use super::{Null, Tested};
use crate::{Sum, Undefined};
use std::f64::consts::FRAC_2_PI;

/// The area between the distribution functions of two samples, in the unit of their values
/// (`scipy.stats.wasserstein_distance`); samples are values with counts, ascending ([`super::counted`]).
///
/// # Errors
/// When a sample has no rows or holds a value that is not finite.
pub fn wasserstein_distance(reference: &[(f64, u64)], current: &[(f64, u64)]) -> Result<f64, Undefined> {
    let (n, m) = checked(reference, current)?;
    Ok(area(&walk(reference, current), |r, c| (r / n - c / m).abs()))
}

/// The distance, and a bound on what chance would make of it.
///
/// With r = n·m / (n + m), √r times the distance tends to ∫ |B(F(x))| dx of a Brownian bridge B. Its mean is
/// √(2/π) ∫ √(F (1 − F)) dx. As a function of the bridge it changes by no more than Var ∫ g(x) B(F(x)) dx allows for
/// |g| ≤ 1, which is at most the variance σ² of the values; so by the inequality of Borell, Tsirelson, Ibragimov and Sudakov it
/// exceeds its mean by t with a probability of at most exp(−t² / (2 σ²)). F and σ are those of both samples together.
///
/// # Errors
/// As [`wasserstein_distance`].
pub fn wasserstein_test(reference: &[(f64, u64)], current: &[(f64, u64)]) -> Result<Tested, Undefined> {
    let (n, m) = checked(reference, current)?;
    let steps = walk(reference, current);
    let mean = FRAC_2_PI.sqrt()
        * area(&steps, |r, c| {
            let below = (r + c) / (n + m);
            (below * (1.0 - below)).sqrt()
        });
    let root = (n * m / (n + m)).sqrt();
    let null = Null::Bound { centre: mean / root, spread: deviation(reference, current) / root };
    Ok(Tested { statistic: area(&steps, |r, c| (r / n - c / m).abs()), null })
}

/// The integral of a function of how many values of both samples are not above a value.
fn area(steps: &[(f64, u64, u64)], height: impl Fn(f64, f64) -> f64) -> f64 {
    let parts = steps.windows(2).map(|pair| (pair[1].0 - pair[0].0) * height(pair[0].1 as f64, pair[0].2 as f64));
    parts.collect::<Sum>().get()
}

/// The deviation of all values together.
fn deviation(reference: &[(f64, u64)], current: &[(f64, u64)]) -> f64 {
    let all = || reference.iter().chain(current);
    let total = rows(reference) + rows(current);
    let mean = all().map(|(value, count)| value * *count as f64).collect::<Sum>().get() / total;
    let squares = all().map(|(value, count)| (value - mean).powi(2) * *count as f64);
    (squares.collect::<Sum>().get() / total).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distance::counted;
    use crate::fixture::{FORECAST, SCORES, VALUES, near};

    #[test]
    fn values_are_scipys() {
        for (reference, current, expect) in [
            (&VALUES[..], &FORECAST[..], 0.32916666666666655),
            (&VALUES, &SCORES, 3.025416666666666),
            (&[0.0, 1.0, 3.0], &[5.0, 6.0, 8.0], 5.0),
            (&[0.0, 0.0], &[0.0], 0.0),
        ] {
            let (reference, current) = (counted(reference), counted(current));
            near(wasserstein_distance(&reference, &current).unwrap(), expect, 1e-12);
            near(wasserstein_test(&reference, &current).unwrap().statistic, expect, 1e-12);
        }
        assert_eq!(wasserstein_distance(&[], &[(0.0, 1)]), Err(Undefined::Empty));
    }

    /// The bound holds: samples of one distribution exceed the critical value no more often than they may; and it is of use:
    /// samples of others do.
    #[test]
    fn chance_is_bounded() {
        let mut state = 11_u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 11) as f64 / (1_u64 << 53) as f64).powi(2)
        };
        let mut sample = |size: usize, shift: f64| -> Vec<f64> { (0..size).map(|_| draw() + shift).collect() };
        let mut beyond = |shift: f64| {
            (0..200)
                .filter(|_| {
                    let (reference, current) = (counted(&sample(500, 0.0)), counted(&sample(200, shift)));
                    wasserstein_test(&reference, &current).unwrap().p_value() < 0.1
                })
                .count()
        };
        assert!(beyond(0.0) <= 20);
        assert!(beyond(0.15) >= 190);
    }

    #[test]
    fn constants_are_alike_or_apart() {
        let same = wasserstein_test(&[(2.0, 5)], &[(2.0, 7)]).unwrap();
        assert_eq!((same.statistic, same.p_value()), (0.0, 1.0));
        let apart = wasserstein_test(&[(2.0, 50)], &[(3.0, 70)]).unwrap();
        assert!(apart.statistic == 1.0 && apart.p_value() < 0.01);
    }
}
