//! The χ² test of homogeneity.

use super::{Null, Tested, degrees, totals};
use crate::{Sum, Undefined};

/// Pearson's χ² of two samples over the same categories: Σ (observed − expected)² / expected over both, without a correction
/// for continuity; with k categories that any row has, k − 1 degrees of freedom. The approximation wants at least five
/// expected rows a category: put rarer ones together.
///
/// # Errors
/// When lengths differ or a sample has no rows.
pub fn chi_square_test(reference: &[u64], current: &[u64]) -> Result<Tested, Undefined> {
    let (n, m) = totals(reference, current)?;
    let part = |(&a, &b): (&u64, &u64)| {
        let both = (a + b) as f64;
        let term = |found: u64, rows: f64| {
            let expected = both * rows / (n + m);
            (found as f64 - expected).powi(2) / expected
        };
        if both > 0.0 { term(a, n) + term(b, m) } else { 0.0 }
    };
    let statistic = reference.iter().zip(current).map(part).collect::<Sum>().get();
    Ok(Tested { statistic, null: Null::ChiSquare { scale: 1.0, degrees: degrees(reference, current) } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::near;

    #[test]
    fn values_are_scipys() {
        // `scipy.stats.chi2_contingency([reference, current], correction=False)`.
        for (reference, current, statistic, p_value) in [
            (&[120_u64, 340, 95, 45][..], &[60_u64, 110, 55, 25][..], 11.823544973544974, 0.008012724630409557),
            (&[10, 0, 30], &[5, 0, 15], 0.0, 1.0),
            (&[5, 0], &[0, 7], 12.0, 0.0005320055051392497),
        ] {
            let found = chi_square_test(reference, current).unwrap();
            near(found.statistic, statistic, 1e-12);
            near(found.p_value(), p_value, 1e-9);
        }
        assert_eq!(chi_square_test(&[0], &[1]), Err(Undefined::Empty));
        assert!(matches!(chi_square_test(&[1, 2], &[1]), Err(Undefined::Length { .. })));
    }
}
