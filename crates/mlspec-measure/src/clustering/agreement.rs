//! How far two ways to put rows together agree, whatever their labels are.

use super::dense;
use crate::{Undefined, check};
use std::collections::BTreeMap;

/// How many rows have each pair of labels.
pub(super) struct Contingency {
    pub(super) cells: BTreeMap<(usize, usize), usize>,
    pub(super) truth: Vec<usize>,
    pub(super) predicted: Vec<usize>,
    pub(super) rows: usize,
}

impl Contingency {
    pub(super) fn new(truth: &[u32], predicted: &[u32]) -> Result<Self, Undefined> {
        check::lengths(truth.len(), "prediction", predicted.len(), None)?;
        let (of, truth_sizes) = dense(truth);
        let (as_, predicted_sizes) = dense(predicted);
        let mut cells = BTreeMap::new();
        of.into_iter().zip(as_).for_each(|pair| *cells.entry(pair).or_default() += 1);
        Ok(Self { cells, truth: truth_sizes, predicted: predicted_sizes, rows: truth.len() })
    }

    /// Whether neither side puts anything apart.
    pub(super) fn is_whole(&self) -> bool {
        self.truth.len() == 1 && self.predicted.len() == 1
    }
}

/// Of all pairs of rows, how many are together on both sides or apart on both, less what chance would give: 1 is full agreement, 0 is
/// chance. (L. Hubert, P. Arabie, *Comparing Partitions*, 1985.)
///
/// # Errors
/// When there are no rows, or lengths differ.
pub fn adjusted_rand_score(truth: &[u32], predicted: &[u32]) -> Result<f64, Undefined> {
    let table = Contingency::new(truth, predicted)?;
    // Ordered pairs of a row and another one, in counts that are exact.
    let pairs = |sizes: &mut dyn Iterator<Item = usize>| sizes.map(|size| size as u128 * size as u128).sum::<u128>();
    let rows = table.rows as u128;
    let both = pairs(&mut table.cells.values().copied());
    let (of, as_) = (pairs(&mut table.truth.iter().copied()), pairs(&mut table.predicted.iter().copied()));
    let together = (both - rows) as f64;
    let (only_truth, only_predicted) = ((of - both) as f64, (as_ - both) as f64);
    let apart = (rows * rows + both - of - as_) as f64;
    if only_truth == 0.0 && only_predicted == 0.0 {
        return Ok(1.0);
    }
    let chance =
        (together + only_truth) * (only_truth + apart) + (together + only_predicted) * (only_predicted + apart);
    Ok(2.0 * (together * apart - only_truth * only_predicted) / chance)
}

#[cfg(test)]
mod tests {
    use super::super::tests::with_a_single;
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        // adjusted_rand_score(truth, predicted)
        close(adjusted_rand_score(&CODES, &PREDICTED).unwrap(), 0.34769797421731125);
        close(adjusted_rand_score(&CODES, &POSITIVE.map(u32::from)).unwrap(), -0.027491408934707903);
        close(adjusted_rand_score(&with_a_single(), &CODES).unwrap(), 0.38876233864844345);
        close(adjusted_rand_score(&[0, 0, 1, 1], &[0, 0, 1, 2]).unwrap(), 0.5714285714285714);
        assert_eq!(adjusted_rand_score(&[0; 4], &[0, 1, 2, 3]), Ok(0.0));
        assert_eq!(adjusted_rand_score(&[0, 1, 2, 3], &[9, 5, 7, u32::MAX]), Ok(1.0));
        assert_eq!(adjusted_rand_score(&[4], &[2]), Ok(1.0));
        assert_eq!(adjusted_rand_score(&[], &[]), Err(Undefined::Empty));
        assert!(matches!(adjusted_rand_score(&[1], &[]), Err(Undefined::Length { .. })));
    }
}
