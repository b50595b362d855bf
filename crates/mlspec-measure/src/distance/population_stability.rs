//! The population stability index.

use super::{Null, Tested, degrees, totals};
use crate::{Sum, Undefined};

/// Σ (c − r) · ln(c / r) over the bins' shares of the current (c) and the reference (r) sample; 0 where they are alike. A
/// bin that only one sample has rows in counts as half a row in the other.
///
/// # Errors
/// When lengths differ or a sample has no rows.
pub fn population_stability_index(reference: &[u64], current: &[u64]) -> Result<f64, Undefined> {
    let totals = totals(reference, current)?;
    Ok(reference.iter().zip(current).map(|(&a, &b)| part((a, b), totals)).collect::<Sum>().get())
}

/// The index, and what chance would make of it: over 1/n + 1/m it follows a χ² distribution with one degree of freedom less
/// than there are bins (B. Yurdakul, Statistical Properties of Population Stability Index, 2018).
///
/// # Errors
/// As [`population_stability_index`].
pub fn population_stability_test(reference: &[u64], current: &[u64]) -> Result<Tested, Undefined> {
    let (n, m) = totals(reference, current)?;
    let statistic = population_stability_index(reference, current)?;
    let null = Null::ChiSquare { scale: 1.0 / n + 1.0 / m, degrees: degrees(reference, current) };
    Ok(Tested { statistic, null })
}

/// What one bin adds to the index; never negative.
pub(super) fn part((a, b): (u64, u64), (n, m): (f64, f64)) -> f64 {
    let share = |rows: u64, of: f64| if rows == 0 { 0.5 / of } else { rows as f64 / of };
    let (r, c) = (share(a, n), share(b, m));
    if a + b > 0 { (c - r) * (c / r).ln() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::near;

    #[test]
    fn values_are_those_of_the_formula() {
        // numpy: ((c - r) * log(c / r)).sum(), with half a row for none.
        for (reference, current, expect) in [
            (&[100_u64, 200, 300, 400][..], &[40_u64, 30, 20, 10][..], 0.9128696382935673),
            (&[10, 90], &[10, 90], 0.0),
            (&[0, 50], &[5, 5], 0.0),
            (&[10, 0, 20], &[10, 0, 20], 0.0),
        ] {
            let found = population_stability_index(reference, current).unwrap();
            let by_hand: f64 = if reference[0] == 0 {
                (0.5 - 0.01) * (0.5_f64 / 0.01).ln() + (0.5 - 1.0) * 0.5_f64.ln()
            } else {
                expect
            };
            near(found, by_hand, 1e-12);
        }
    }

    /// Random samples of one distribution fall beyond the critical value as often as they should.
    #[test]
    fn the_critical_value_knows_the_sample_size() {
        let mut state = 7_u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as usize % 10
        };
        for (n, m) in [(2_000, 500), (300, 300)] {
            let trials = 400;
            let beyond = (0..trials)
                .filter(|_| {
                    let mut sides = [[0_u64; 10]; 2];
                    (0..n).for_each(|_| sides[0][draw()] += 1);
                    (0..m).for_each(|_| sides[1][draw()] += 1);
                    population_stability_test(&sides[0], &sides[1]).unwrap().p_value() < 0.05
                })
                .count();
            let share = beyond as f64 / f64::from(trials);
            assert!((0.02..0.09).contains(&share), "{share} of samples of {n} and {m}");
        }
    }
}
