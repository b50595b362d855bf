//! Chebyshev's distance.

use super::totals;
use crate::Undefined;

/// The greatest difference between two shares of one category, in `[0, 1]`.
///
/// # Errors
/// When lengths differ or a sample has no rows.
pub fn l_infinity_distance(reference: &[u64], current: &[u64]) -> Result<f64, Undefined> {
    let (n, m) = totals(reference, current)?;
    let apart = reference.iter().zip(current).map(|(&a, &b)| (a as f64 / n - b as f64 / m).abs());
    Ok(apart.fold(0.0, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_difference_counts() {
        for (reference, current, expect) in
            [(&[1_u64, 1, 2][..], &[2_u64, 2, 0][..], 0.5), (&[4, 0], &[0, 9], 1.0), (&[3, 1], &[6, 2], 0.0)]
        {
            assert_eq!(l_infinity_distance(reference, current), Ok(expect));
        }
        assert_eq!(l_infinity_distance(&[0], &[1]), Err(Undefined::Empty));
    }
}
