//! Kolmogorov and Smirnov's two-sample test.

use super::counted::{rows, walk};
use super::{Null, Tested};
use crate::Undefined;

/// What the test found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KolmogorovSmirnov {
    /// The greatest difference between the samples' distribution functions, with its distribution under chance.
    pub tested: Tested,
    /// The value at which they differ most; the least of several.
    pub at: f64,
    /// Whether current values are the greater ones there: fewer of them lie at or below it.
    pub greater: bool,
}

/// The greatest difference between the distribution functions of two samples (`scipy.stats.ks_2samp`), each given as values
/// with counts, ascending ([`super::counted`]). Its probability is asymptotic, see [`Null::Kolmogorov`].
///
/// # Errors
/// When a sample has no rows or holds a value that is not finite.
pub fn kolmogorov_smirnov_test(
    reference: &[(f64, u64)],
    current: &[(f64, u64)],
) -> Result<KolmogorovSmirnov, Undefined> {
    let (n, m) = checked(reference, current)?;
    let mut found = (0_i128, 0.0);
    for (at, r, c) in walk(reference, current) {
        // Differences of shares in units of 1 / (n·m): rounding must not choose between equal ones.
        let apart = i128::from(r) * m as i128 - i128::from(c) * n as i128;
        if apart.abs() > found.0.abs() {
            found = (apart, at);
        }
    }
    let (apart, at) = found;
    let (statistic, greater) = (apart.abs() as f64 / (n * m), apart > 0);
    Ok(KolmogorovSmirnov {
        tested: Tested { statistic, null: Null::Kolmogorov { rows: n * m / (n + m) } },
        at,
        greater,
    })
}

/// The sizes of two samples of finite numbers.
pub(super) fn checked(reference: &[(f64, u64)], current: &[(f64, u64)]) -> Result<(f64, f64), Undefined> {
    let finite = |sample: &[(f64, u64)]| sample.iter().all(|(value, _)| value.is_finite());
    let (n, m) = (rows(reference), rows(current));
    match () {
        () if n == 0.0 || m == 0.0 => Err(Undefined::Empty),
        () if !finite(reference) => Err(Undefined::NotFinite("reference sample")),
        () if !finite(current) => Err(Undefined::NotFinite("current sample")),
        () => Ok((n, m)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distance::counted;
    use crate::fixture::{FORECAST, SCORES, VALUES, near};

    #[test]
    fn values_are_scipys() {
        // `scipy.stats.ks_2samp(reference, current)`: statistic, location.
        for (reference, current, statistic, at, greater) in [
            (&VALUES[..], &FORECAST[..], 4.0 / 24.0, 4.53, false),
            (&VALUES, &SCORES, 0.75, 0.9, false),
            (&[1.0, 2.0, 3.0], &[1.0, 2.0, 3.0], 0.0, 0.0, false),
            (&[0.0], &[5.0], 1.0, 0.0, true),
        ] {
            let found = kolmogorov_smirnov_test(&counted(reference), &counted(current)).unwrap();
            near(found.tested.statistic, statistic, 1e-12);
            assert_eq!((found.at, found.greater), (at, greater));
        }
    }

    /// For large samples the probability is that of `scipy.stats.kstwobign`.
    #[test]
    fn probabilities_are_scipys() {
        for (rows, statistic, expect) in
            [(500.0, 0.05, 0.15955408974378785), (500.0, 0.08, 0.003093164588690558), (10.0, 0.4, 0.059142334165034526)]
        {
            near(Null::Kolmogorov { rows }.p_value(statistic), expect, 1e-9);
        }
    }

    #[test]
    fn what_cannot_be_compared_is_refused() {
        assert_eq!(kolmogorov_smirnov_test(&[], &[(1.0, 1)]), Err(Undefined::Empty));
        let infinite = [(f64::INFINITY, 1)];
        assert_eq!(kolmogorov_smirnov_test(&[(1.0, 1)], &infinite), Err(Undefined::NotFinite("current sample")));
    }
}
