//! Precision against recall, and the mean of precision over recall.

use crate::{Average, Sum, Thresholds, Undefined, check};

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

/// The mean over classes of the average precision for the class against all others; `probabilities` is by class, then row. The
/// average is [`Average::Macro`], [`Average::Weighted`] by the classes' true rows, or [`Average::Micro`]: of all pairs of row and
/// class together.
///
/// # Errors
/// As [`average_precision_score`], for any class: one without rows has none. When lengths differ, a code is no class, or a
/// probability is outside `[0, 1]`.
pub fn average_precision_score_multiclass<P: AsRef<[f64]>>(
    truth: &[u32],
    probabilities: &[P],
    average: Average,
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    check::class_probabilities(truth, probabilities, weights)?;
    let is = |class: usize| truth.iter().map(move |&code| code as usize == class);
    if average == Average::Micro {
        let positive: Vec<bool> = (0..probabilities.len()).flat_map(is).collect();
        let scores: Vec<f64> = probabilities.iter().flat_map(|class| class.as_ref()).copied().collect();
        let weights = weights.map(|weights| weights.repeat(probabilities.len()));
        return average_precision_score(&positive, &scores, weights.as_deref());
    }
    let (mut total, mut shares) = (Sum::default(), Sum::default());
    for (class, scores) in probabilities.iter().enumerate() {
        let positive: Vec<bool> = is(class).collect();
        let thresholds = Thresholds::new(&positive, scores.as_ref(), weights)?;
        let share = if average == Average::Weighted { thresholds.positives() } else { 1.0 };
        total.add(thresholds.average_precision_score()? * share);
        shares.add(share);
    }
    Ok(total.get() / shares.get())
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
    fn means_over_classes_are_scikit_learns() {
        // average_precision_score(truth, probabilities, average=…, sample_weight=…)
        let check = |average, plain, weighted| {
            let found = |weights| average_precision_score_multiclass(&CODES, &PROBABILITIES, average, weights).unwrap();
            close(found(None), plain);
            close(found(Some(&WEIGHTS)), weighted);
        };
        check(Average::Macro, 0.9575892857142857, 0.9427679677355215);
        check(Average::Weighted, 0.9575892857142857, 0.9466184336004391);
        check(Average::Micro, 0.9553248131399351, 0.9501996279196625);
        let third_is_missing = [[0.5, 0.2], [0.5, 0.2], [0.0, 0.6]];
        let found = average_precision_score_multiclass(&[0, 1], &third_is_missing, Average::Macro, None);
        assert_eq!(found, Err(Undefined::NoPositive));
    }

    #[test]
    fn without_positive_rows_there_is_none() {
        assert_eq!(average_precision_score(&[false, false], &[0.1, 0.2], None), Err(Undefined::NoPositive));
        assert_eq!(average_precision_score(&[true, true], &[0.1, 0.2], None), Ok(1.0));
    }
}
