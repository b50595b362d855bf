//! Which bins set two samples apart.

use super::{population_stability, totals};
use crate::Undefined;

/// What each bin adds to [`super::population_stability_index`]: never negative, and their sum is the index.
///
/// # Errors
/// When lengths differ or a sample has no rows.
pub fn stability_contributions(reference: &[u64], current: &[u64]) -> Result<Vec<f64>, Undefined> {
    let totals = totals(reference, current)?;
    Ok(reference.iter().zip(current).map(|(&a, &b)| population_stability::part((a, b), totals)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::distance::population_stability_index;
    use crate::fixture::near;

    #[test]
    fn parts_add_up_to_the_index() {
        let (reference, current) = ([5, 0, 70, 25, 0], [10, 3, 40, 47, 0]);
        let parts = stability_contributions(&reference, &current).unwrap();
        assert!(parts.iter().all(|part| *part >= 0.0));
        assert_eq!(parts[4], 0.0);
        near(parts.iter().sum(), population_stability_index(&reference, &current).unwrap(), 1e-12);
        assert_eq!(stability_contributions(&[], &[]), Err(Undefined::Empty));
    }
}
