//! Jensen and Shannon's distance.

use super::{Null, Tested, degrees, totals};
use crate::{Sum, Undefined};
use std::f64::consts::LN_2;

/// The square root of Jensen and Shannon's divergence to the base 2: 0 where shares are alike, 1 where no bin has rows of both
/// (`scipy.spatial.distance.jensenshannon(reference, current, base=2)`).
///
/// # Errors
/// When lengths differ or a sample has no rows.
pub fn jensen_shannon_distance(reference: &[u64], current: &[u64]) -> Result<f64, Undefined> {
    let (n, m) = totals(reference, current)?;
    let part = |(&a, &b): (&u64, &u64)| {
        let (r, c) = (a as f64 / n, b as f64 / m);
        let middle = (r + c) / 2.0;
        let term = |share: f64| if share > 0.0 { share * (share / middle).ln() } else { 0.0 };
        term(r) + term(c)
    };
    let divergence = reference.iter().zip(current).map(part).collect::<Sum>().get() / 2.0 / LN_2;
    Ok(divergence.clamp(0.0, 1.0).sqrt())
}

/// The distance, and what chance would make of it. To second order the divergence is an eighth of Σ (c − r)² / r, which over
/// 1/n + 1/m follows a χ² distribution with one degree of freedom less than there are bins (compare I. Grosse et al., Phys.
/// Rev. E 65, 041905, 2002); so the squared distance over (1/n + 1/m) / (8 ln 2) does.
///
/// # Errors
/// As [`jensen_shannon_distance`].
pub fn jensen_shannon_test(reference: &[u64], current: &[u64]) -> Result<Tested, Undefined> {
    let (n, m) = totals(reference, current)?;
    let statistic = jensen_shannon_distance(reference, current)?;
    let scale = (1.0 / n + 1.0 / m) / (8.0 * LN_2);
    Ok(Tested { statistic, null: Null::RootChiSquare { scale, degrees: degrees(reference, current) } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distance::chi_square_test;
    use crate::fixture::near;

    #[test]
    fn values_are_scipys() {
        for (reference, current, expect) in [
            (&[100_u64, 200, 300, 400][..], &[40_u64, 30, 20, 10][..], 0.3918681606471552),
            (&[7, 0], &[0, 3], 1.0),
            (&[1, 2, 3], &[10, 20, 30], 0.0),
        ] {
            near(jensen_shannon_distance(reference, current).unwrap(), expect, 1e-12);
        }
        assert_eq!(jensen_shannon_distance(&[1], &[0]), Err(Undefined::Empty));
    }

    #[test]
    fn for_small_differences_chance_is_judged_as_by_chi_square() {
        let (reference, current) = ([5_000, 3_000, 2_000], [980, 630, 410]);
        let (one, other) =
            (jensen_shannon_test(&reference, &current).unwrap(), chi_square_test(&reference, &current).unwrap());
        near(one.p_value(), other.p_value(), 0.02);
    }
}
