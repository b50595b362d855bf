//! Precision against recall, and the mean of precision over recall.

use crate::{Sum, Thresholds, Undefined};

/// Precision and recall as the threshold rises.
#[derive(Clone, Debug, PartialEq)]
pub struct PrecisionRecallCurve {
    /// The precision at each threshold, then 1.
    pub precision: Vec<f64>,
    /// The recall at each threshold, then 0.
    pub recall: Vec<f64>,
    /// The distinct scores, rising.
    pub thresholds: Vec<f64>,
}

/// The curve with a point for every distinct score.
///
/// # Errors
/// When there are no rows or no positive one, lengths differ, a score is not finite, or weights cannot be used.
pub fn precision_recall_curve(
    positive: &[bool],
    scores: &[f64],
    weights: Option<&[f64]>,
) -> Result<PrecisionRecallCurve, Undefined> {
    Thresholds::new(positive, scores, weights)?.precision_recall_curve()
}

/// The mean of the precision at each threshold, weighted by the gain in recall there.
///
/// # Errors
/// As [`precision_recall_curve`].
pub fn average_precision_score(positive: &[bool], scores: &[f64], weights: Option<&[f64]>) -> Result<f64, Undefined> {
    Thresholds::new(positive, scores, weights)?.average_precision_score()
}

impl Thresholds {
    /// As [`precision_recall_curve`].
    ///
    /// # Errors
    /// When there is no positive row.
    pub fn precision_recall_curve(&self) -> Result<PrecisionRecallCurve, Undefined> {
        let positives = self.positives();
        if positives <= 0.0 {
            return Err(Undefined::NoPositive);
        }
        let counts = || self.true_positives.iter().zip(&self.false_positives).rev();
        Ok(PrecisionRecallCurve {
            precision: counts().map(|(right, wrong)| right / (right + wrong)).chain([1.0]).collect(),
            recall: counts().map(|(right, _)| right / positives).chain([0.0]).collect(),
            thresholds: self.thresholds.iter().rev().copied().collect(),
        })
    }

    /// As [`average_precision_score`].
    ///
    /// # Errors
    /// When there is no positive row.
    pub fn average_precision_score(&self) -> Result<f64, Undefined> {
        let curve = self.precision_recall_curve()?;
        let gains = curve.recall.windows(2).map(|pair| pair[0] - pair[1]);
        Ok(gains.zip(&curve.precision).map(|(gain, precision)| gain * precision).collect::<Sum>().get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn curves_are_scikit_learns() {
        let curve = precision_recall_curve(&POSITIVE, &SCORES, None).unwrap();
        all_close(
            &curve.precision,
            &[0.375, 0.391304347826087, 0.42857142857142855, 0.5, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0],
        );
        all_close(&curve.recall, &[1.0, 1.0, 1.0, 1.0, 7.0 / 9.0, 6.0 / 9.0, 5.0 / 9.0, 2.0 / 9.0, 1.0 / 9.0, 0.0]);
        assert_eq!(curve.thresholds, [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 0.9]);
        let weighted = precision_recall_curve(&POSITIVE, &SCORES, Some(&WEIGHTS)).unwrap();
        close(weighted.precision[4], 0.47308533916849005);
        close(weighted.recall[4], 0.8019287833827892);
    }

    #[test]
    fn means_are_scikit_learns() {
        close(average_precision_score(&POSITIVE, &SCORES, None).unwrap(), 0.8055555555555556);
        close(average_precision_score(&POSITIVE, &SCORES, Some(&WEIGHTS)).unwrap(), 0.8164199490952699);
    }

    #[test]
    fn without_positive_rows_there_is_none() {
        assert_eq!(average_precision_score(&[false, false], &[0.1, 0.2], None), Err(Undefined::NoPositive));
        assert_eq!(average_precision_score(&[true, true], &[0.1, 0.2], None), Ok(1.0));
    }
}
