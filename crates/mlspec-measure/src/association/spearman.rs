//! Spearman's correlation of ranks.

use super::pearson;
use crate::{Undefined, check};

/// Pearson's correlation of the ranks, equal values sharing the mean of theirs.
///
/// # Errors
/// When lengths differ, there are no rows, a value is NaN, or a column is constant.
pub fn spearman(x: &[f64], y: &[f64]) -> Result<f64, Undefined> {
    check::same_length(x.len(), "second column", y.len())?;
    if x.iter().chain(y).any(|value| value.is_nan()) {
        return Err(Undefined::NotFinite("column"));
    }
    pearson(&average_ranks(x), &average_ranks(y))
}

/// The ranks of values from 1 on, equal ones sharing the mean of theirs.
pub fn average_ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    let value = |at: usize| values[at] + 0.0;
    order.sort_unstable_by(|&a, &b| value(a).total_cmp(&value(b)).then(a.cmp(&b)));
    let mut ranks = vec![0.0; values.len()];
    let mut before = 0;
    for same in order.chunk_by(|&a, &b| value(a) == value(b)) {
        let rank = before as f64 + (same.len() as f64 + 1.0) / 2.0;
        same.iter().for_each(|&at| ranks[at] = rank);
        before += same.len();
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{FORECAST, SCORES, VALUES, near};

    #[test]
    fn values_are_scipys() {
        near(spearman(&VALUES, &FORECAST).unwrap(), 0.9321739130434782, 1e-13);
        near(spearman(&SCORES, &VALUES).unwrap(), -0.5839313630827551, 1e-13);
        assert_eq!(average_ranks(&[3.0, -0.0, 3.0, 0.0, f64::INFINITY]), [3.5, 1.5, 3.5, 1.5, 5.0]);
        assert_eq!(spearman(&[f64::NAN], &[1.0]), Err(Undefined::NotFinite("column")));
    }
}
