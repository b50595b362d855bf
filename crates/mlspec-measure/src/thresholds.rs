//! How many rows are called positive, rightly and wrongly, at every threshold: what all metrics of rankings are made of.

use crate::{Sum, Undefined, check};

/// The distinct scores, falling, and what a threshold there calls positive. Rows of equal score are never told apart.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds {
    /// The scores; a row is called positive when its score is at least the threshold.
    pub thresholds: Vec<f64>,
    /// The weight of negative rows called positive.
    pub false_positives: Vec<f64>,
    /// The weight of positive rows called positive.
    pub true_positives: Vec<f64>,
}

impl Thresholds {
    /// Sorts the rows by score and counts.
    ///
    /// # Errors
    /// When there are no rows, lengths differ, a score is not finite, or weights cannot be used.
    pub fn new(positive: &[bool], scores: &[f64], weights: Option<&[f64]>) -> Result<Self, Undefined> {
        check::lengths(positive.len(), "scores", scores.len(), weights)?;
        check::finite("scores", scores)?;
        let mut order: Vec<(u64, usize)> = Vec::with_capacity(scores.len());
        let counted = scores.iter().enumerate().filter(|(row, _)| check::weight(weights, *row) > 0.0);
        order.extend(counted.map(|(row, &score)| (falling(score), row)));
        // Ties by row, so that weights are always added in the same order.
        order.sort_unstable();
        let (mut below, mut above) = (Sum::default(), Sum::default());
        let mut found = Self { thresholds: Vec::new(), false_positives: Vec::new(), true_positives: Vec::new() };
        for tied in order.chunk_by(|a, b| a.0 == b.0) {
            for &(_, row) in tied {
                if positive[row] { &mut above } else { &mut below }.add(check::weight(weights, row));
            }
            found.thresholds.push(scores[tied[0].1]);
            found.false_positives.push(below.get());
            found.true_positives.push(above.get());
        }
        Ok(found)
    }

    /// The weight of all negative rows.
    pub fn negatives(&self) -> f64 {
        self.false_positives.last().copied().unwrap_or(0.0)
    }

    /// The weight of all positive rows.
    pub fn positives(&self) -> f64 {
        self.true_positives.last().copied().unwrap_or(0.0)
    }
}

/// Bits that rise as finite scores fall. Both zeros are one score.
fn falling(score: f64) -> u64 {
    let bits = (score + 0.0).to_bits();
    if bits >> 63 == 1 { bits } else { !bits & (u64::MAX >> 1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_scores_share_a_threshold() {
        let found = Thresholds::new(&[true, false, true, false], &[0.5, 0.5, 0.9, -0.0], None).unwrap();
        assert_eq!(found.thresholds, [0.9, 0.5, 0.0]);
        assert_eq!(found.true_positives, [1.0, 2.0, 2.0]);
        assert_eq!(found.false_positives, [0.0, 1.0, 2.0]);
    }

    #[test]
    fn both_zeros_are_one_score() {
        let found = Thresholds::new(&[true, false, true], &[0.0, -0.0, 0.0], None).unwrap();
        assert_eq!((found.thresholds.len(), found.positives(), found.negatives()), (1, 2.0, 1.0));
    }
}
