//! The receiver operating characteristic and the area under it.

use crate::{Average, Sum, Thresholds, Undefined, check};

/// The rates of wrongly and rightly called rows as the threshold falls.
#[derive(Clone, Debug, PartialEq)]
pub struct RocCurve {
    /// The share of negative rows called positive, from 0 to 1.
    pub false_positive_rate: Vec<f64>,
    /// The share of positive rows called positive, from 0 to 1.
    pub true_positive_rate: Vec<f64>,
    /// The thresholds, the first infinite: nothing is called positive there.
    pub thresholds: Vec<f64>,
}

/// The curve with a point for every distinct score (scikit-learn's `drop_intermediate=False`).
///
/// # Errors
/// When there are no rows or one class only, lengths differ, a score is not finite, or weights cannot be used.
pub fn roc_curve(positive: &[bool], scores: &[f64], weights: Option<&[f64]>) -> Result<RocCurve, Undefined> {
    Thresholds::new(positive, scores, weights)?.roc_curve()
}

/// The probability that a positive row scores above a negative one, ties counting half: the area under the curve.
///
/// Without weights the pairs are counted exactly.
///
/// # Errors
/// When there are no rows or one class only, lengths differ, a score is not finite, or weights cannot be used.
pub fn roc_auc_score(positive: &[bool], scores: &[f64], weights: Option<&[f64]>) -> Result<f64, Undefined> {
    Thresholds::new(positive, scores, weights)?.roc_auc_score()
}

/// The mean over classes of the area for the class against all others; `probabilities` is by class, then row. The average is
/// [`Average::Macro`], or [`Average::Weighted`] by the classes' true rows.
///
/// # Errors
/// As [`roc_auc_score`], for any class; a class without rows has no area.
pub fn roc_auc_score_ovr<P: AsRef<[f64]>>(
    truth: &[u32],
    probabilities: &[P],
    average: Average,
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    check::class_probabilities(truth, probabilities, weights)?;
    let (mut areas, mut shares) = (Sum::default(), Sum::default());
    for (class, scores) in probabilities.iter().enumerate() {
        let positive: Vec<bool> = truth.iter().map(|&code| code as usize == class).collect();
        let area = roc_auc_score(&positive, scores.as_ref(), weights)?;
        let rows = || (0..truth.len()).filter(|&row| positive[row]).map(|row| check::weight(weights, row));
        let share = if average == Average::Weighted { rows().collect::<Sum>().get() } else { 1.0 };
        areas.add(area * share);
        shares.add(share);
    }
    Ok(areas.get() / shares.get())
}

/// The mean over pairs of classes of the area for one against the other, among the rows of the two: the mean of both ways to score
/// them. `probabilities` is by class, then row. The average is [`Average::Macro`], or [`Average::Weighted`] by the rows of each
/// pair. (D. Hand and R. Till, *A Simple Generalisation of the Area Under the ROC Curve for Multiple Class Classification
/// Problems*, 2001.)
///
/// # Errors
/// As [`roc_auc_score`], for any pair; a class without rows has no area. When there are fewer than two classes.
pub fn roc_auc_score_ovo<P: AsRef<[f64]>>(
    truth: &[u32],
    probabilities: &[P],
    average: Average,
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    check::class_probabilities(truth, probabilities, weights)?;
    let (mut areas, mut shares) = (Sum::default(), Sum::default());
    for one in 0..probabilities.len() {
        for other in one + 1..probabilities.len() {
            let rows: Vec<usize> =
                (0..truth.len()).filter(|&row| [one, other].contains(&(truth[row] as usize))).collect();
            let weights: Option<Vec<f64>> = weights.map(|all| rows.iter().map(|&row| all[row]).collect());
            let area = |class: usize| {
                let positive: Vec<bool> = rows.iter().map(|&row| truth[row] as usize == class).collect();
                let scores: Vec<f64> = rows.iter().map(|&row| probabilities[class].as_ref()[row]).collect();
                // Rows without weight have no class; of weights, only those of the pair count.
                let found = roc_auc_score(&positive, &scores, weights.as_deref());
                found.map_err(|why| {
                    if matches!(why, Undefined::Weights | Undefined::Empty) { Undefined::OneClass } else { why }
                })
            };
            let area = f64::midpoint(area(one)?, area(other)?);
            let share = match (average, &weights) {
                (Average::Weighted, Some(weights)) => weights.iter().copied().collect::<Sum>().get(),
                (Average::Weighted, None) => rows.len() as f64,
                _ => 1.0,
            };
            areas.add(area * share);
            shares.add(share);
        }
    }
    if shares.get() > 0.0 { Ok(areas.get() / shares.get()) } else { Err(Undefined::OneClass) }
}

impl Thresholds {
    /// As [`roc_curve`].
    ///
    /// # Errors
    /// When there is one class only.
    pub fn roc_curve(&self) -> Result<RocCurve, Undefined> {
        self.check_two_classes()?;
        let rates = |counts: &[f64]| {
            let all = counts.last().copied().unwrap_or(1.0);
            std::iter::once(0.0).chain(counts.iter().map(|count| count / all)).collect()
        };
        Ok(RocCurve {
            false_positive_rate: rates(&self.false_positives),
            true_positive_rate: rates(&self.true_positives),
            thresholds: std::iter::once(f64::INFINITY).chain(self.thresholds.iter().copied()).collect(),
        })
    }

    /// As [`roc_auc_score`].
    ///
    /// # Errors
    /// When there is one class only.
    pub fn roc_auc_score(&self) -> Result<f64, Undefined> {
        self.check_two_classes()?;
        let mut area = Sum::default();
        let (mut wrong_before, mut right_before) = (0.0, 0.0);
        for (&wrong, &right) in self.false_positives.iter().zip(&self.true_positives) {
            area.add((wrong - wrong_before) * (right + right_before));
            (wrong_before, right_before) = (wrong, right);
        }
        Ok(area.get() / (2.0 * self.negatives() * self.positives()))
    }

    fn check_two_classes(&self) -> Result<(), Undefined> {
        if self.positives() > 0.0 && self.negatives() > 0.0 { Ok(()) } else { Err(Undefined::OneClass) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn areas_are_scikit_learns() {
        close(roc_auc_score(&POSITIVE, &SCORES, None).unwrap(), 0.8407407407407408);
        close(roc_auc_score(&POSITIVE, &SCORES, Some(&WEIGHTS)).unwrap(), 0.8454677559194539);
        let ovr = |average, weights| roc_auc_score_ovr(&CODES, &PROBABILITIES, average, weights).unwrap();
        close(ovr(Average::Macro, None), 0.9791666666666666);
        close(ovr(Average::Macro, Some(&WEIGHTS)), 0.9733794250466051);
        close(ovr(Average::Weighted, None), 0.9791666666666666);
        close(ovr(Average::Weighted, Some(&WEIGHTS)), 0.9748845206492893);
    }

    #[test]
    fn areas_of_pairs_are_scikit_learns() {
        // roc_auc_score(truth, probabilities, multi_class="ovo", average=…); it takes no weights.
        let ovo = |average, weights| roc_auc_score_ovo(&CODES, &PROBABILITIES, average, weights).unwrap();
        close(ovo(Average::Macro, None), 0.9791666666666666);
        close(ovo(Average::Weighted, None), 0.9791666666666665);
        // A weight of two is a row twice.
        let (mut codes, mut twice) = (CODES.to_vec(), PROBABILITIES.map(|class| class.to_vec()));
        codes.push(CODES[6]);
        twice.iter_mut().for_each(|class| class.push(class[6]));
        let mut weights = [1.0; 24];
        weights[6] = 2.0;
        for average in [Average::Macro, Average::Weighted] {
            let weighted = roc_auc_score_ovo(&CODES, &PROBABILITIES, average, Some(&weights)).unwrap();
            close(weighted, roc_auc_score_ovo(&codes, &twice, average, None).unwrap());
        }
        assert_eq!(roc_auc_score_ovo(&[0, 0], &[[0.5, 0.5]], Average::Macro, None), Err(Undefined::OneClass));
        let absent = roc_auc_score_ovo(&[0, 1], &[[0.5, 0.2], [0.5, 0.8], [0.0, 0.0]], Average::Macro, None);
        assert_eq!(absent, Err(Undefined::OneClass));
    }

    #[test]
    fn curves_are_scikit_learns() {
        let curve = roc_curve(&POSITIVE, &SCORES, None).unwrap();
        all_close(
            &curve.false_positive_rate,
            &[0.0, 0.0, 0.0, 0.0, 0.13333333333333333, 0.4666666666666667, 0.6, 0.8, 0.9333333333333333, 1.0],
        );
        all_close(
            &curve.true_positive_rate,
            &[0.0, 1.0 / 9.0, 2.0 / 9.0, 5.0 / 9.0, 6.0 / 9.0, 7.0 / 9.0, 1.0, 1.0, 1.0, 1.0],
        );
        assert_eq!(curve.thresholds, [f64::INFINITY, 0.9, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0]);
        let weighted = roc_curve(&POSITIVE, &SCORES, Some(&WEIGHTS)).unwrap();
        close(weighted.false_positive_rate[5], 0.4954732510288066);
        close(weighted.true_positive_rate[5], 0.8019287833827892);
    }

    #[test]
    fn the_area_counts_pairs() {
        // The oracle compares every positive row with every negative one.
        let mut state = 1_u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for rows in 2..60 {
            let positive: Vec<bool> = (0..rows).map(|row| row == 0 || (row > 1 && draw(3) == 0)).collect();
            let scores: Vec<f64> = (0..rows).map(|_| draw(7) as f64).collect();
            let (mut won, mut pairs) = (0.0, 0.0);
            for yes in (0..rows).filter(|&row| positive[row]) {
                for no in (0..rows).filter(|&row| !positive[row]) {
                    pairs += 1.0;
                    won += match scores[yes].total_cmp(&scores[no]) {
                        std::cmp::Ordering::Greater => 1.0,
                        std::cmp::Ordering::Equal => 0.5,
                        std::cmp::Ordering::Less => 0.0,
                    };
                }
            }
            assert_eq!(roc_auc_score(&positive, &scores, None), Ok(won / pairs));
        }
    }

    #[test]
    fn one_class_has_no_curve() {
        for positive in [[true, true], [false, false]] {
            assert_eq!(roc_curve(&positive, &[0.1, 0.2], None), Err(Undefined::OneClass));
        }
        assert_eq!(roc_auc_score(&[true, false], &[0.1, 0.2], Some(&[1.0, 0.0])), Err(Undefined::OneClass));
        let third_is_missing = roc_auc_score_ovr(&[0, 1], &[[0.5, 0.2], [0.5, 0.2], [0.0, 0.6]], Average::Macro, None);
        assert_eq!(third_is_missing, Err(Undefined::OneClass));
    }
}
