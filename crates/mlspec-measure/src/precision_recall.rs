//! Precision, recall and their harmonic means, of one class or averaged over classes.

use crate::{ConfusionMatrix, Sum, Undefined, confusion::of_codes};

/// Which class, or which mean over classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Average {
    /// The figures of this class.
    Binary {
        /// The code of the positive class.
        positive: u32,
    },
    /// The plain mean over the classes that occur in truth or prediction.
    Macro,
    /// One figure of the counts of all classes together.
    Micro,
    /// The mean over classes, weighted by their true rows.
    Weighted,
}

/// The share of rows predicted as a class that belong to it.
///
/// In a mean over classes, a class that was never predicted counts as 0.
///
/// # Errors
/// When there are no rows, lengths differ, weights cannot be used, or the one class asked for was never predicted.
pub fn precision_score(
    truth: &[u32],
    predicted: &[u32],
    average: Average,
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    score(truth, predicted, average, weights, |c| (c.right, c.predicted), "nothing was predicted positive")
}

/// The share of a class's rows that were predicted as it.
///
/// In a mean over classes, a class that has no true row counts as 0.
///
/// # Errors
/// When there are no rows, lengths differ, weights cannot be used, or the one class asked for has no true row.
pub fn recall_score(
    truth: &[u32],
    predicted: &[u32],
    average: Average,
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    score(truth, predicted, average, weights, |c| (c.right, c.truth), "no row is positive")
}

/// The harmonic mean of precision and recall.
///
/// # Errors
/// When there are no rows, lengths differ, weights cannot be used, or the one class asked for occurs nowhere.
pub fn f1_score(truth: &[u32], predicted: &[u32], average: Average, weights: Option<&[f64]>) -> Result<f64, Undefined> {
    fbeta_score(truth, predicted, 1.0, average, weights)
}

/// The weighted harmonic mean of precision and recall: recall counts `beta` times as much as precision. At 0 it is precision.
///
/// # Errors
/// As [`f1_score`], and when `beta` is negative or not finite.
///
/// ```
/// use mlspec_measure::{Average, fbeta_score};
/// // Precision is 1, recall 1/2.
/// assert_eq!(fbeta_score(&[1, 1, 0], &[1, 0, 0], 2.0, Average::Binary { positive: 1 }, None)?, 5.0 / 9.0);
/// # Ok::<(), mlspec_measure::Undefined>(())
/// ```
pub fn fbeta_score(
    truth: &[u32],
    predicted: &[u32],
    beta: f64,
    average: Average,
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    let square = beta * beta;
    if !(beta >= 0.0 && square.is_finite()) {
        return Err(Undefined::Parameter("`beta` must be at least 0"));
    }
    let fraction = |c: Counts| ((1.0 + square) * c.right, square * c.truth + c.predicted);
    score(truth, predicted, average, weights, fraction, "no row is positive or predicted positive")
}

/// What the three metrics are fractions of, for one class or all together.
#[derive(Clone, Copy)]
struct Counts {
    right: f64,
    truth: f64,
    predicted: f64,
}

fn counts(matrix: &ConfusionMatrix, class: usize) -> Counts {
    Counts { right: matrix.get(class, class), truth: matrix.truth(class), predicted: matrix.predicted(class) }
}

fn score(
    truth: &[u32],
    predicted: &[u32],
    average: Average,
    weights: Option<&[f64]>,
    fraction: impl Fn(Counts) -> (f64, f64),
    zero: &'static str,
) -> Result<f64, Undefined> {
    let matrix = of_codes(truth, predicted, weights)?;
    let divide =
        |(above, below): (f64, f64)| if below > 0.0 { Ok(above / below) } else { Err(Undefined::ZeroDivision(zero)) };
    let all: Vec<Counts> = (0..matrix.classes()).map(|class| counts(&matrix, class)).collect();
    let occurring = all.iter().copied().filter(|c| c.truth > 0.0 || c.predicted > 0.0);
    let mean = |share: fn(&Counts) -> f64| {
        let (mut above, mut below) = (Sum::default(), Sum::default());
        for class in occurring.clone() {
            above.add(share(&class) * divide(fraction(class)).unwrap_or(0.0));
            below.add(share(&class));
        }
        divide((above.get(), below.get()))
    };
    match average {
        Average::Binary { positive } => divide(fraction(counts(&matrix, positive as usize))),
        Average::Macro => mean(|_| 1.0),
        Average::Weighted => mean(|class| class.truth),
        Average::Micro => {
            let total = matrix.total();
            divide(fraction(Counts { right: matrix.correct(), truth: total, predicted: total }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    type Metric = fn(&[u32], &[u32], Average, Option<&[f64]>) -> Result<f64, Undefined>;
    const METRICS: [Metric; 3] = [precision_score, recall_score, f1_score];

    #[test]
    fn values_are_scikit_learns() {
        let expected: [(Average, [(f64, f64); 3]); 3] = [
            (
                Average::Macro,
                [
                    (0.7714285714285714, 0.80155062853579),
                    (0.75, 0.7765827489962297),
                    (0.7555555555555555, 0.7838853188520947),
                ],
            ),
            (Average::Micro, [(0.75, 0.7784542085759661); 3]),
            (
                Average::Weighted,
                [
                    (0.7714285714285714, 0.7907439599238782),
                    (0.75, 0.7784542085759661),
                    (0.7555555555555555, 0.7792721673500544),
                ],
            ),
        ];
        for (average, values) in expected {
            for (metric, (plain, weighted)) in METRICS.iter().zip(values) {
                close(metric(&CODES, &PREDICTED, average, None).unwrap(), plain);
                close(metric(&CODES, &PREDICTED, average, Some(&WEIGHTS)).unwrap(), weighted);
            }
        }
        let (truth, predicted) = (POSITIVE.map(u32::from), PREDICTED_POSITIVE.map(u32::from));
        let binary = [
            (0.75, 0.7396006655574043),
            (0.6666666666666666, 0.6594955489614243),
            (0.7058823529411765, 0.6972549019607842),
        ];
        for (metric, (plain, weighted)) in METRICS.iter().zip(binary) {
            close(metric(&truth, &predicted, Average::Binary { positive: 1 }, None).unwrap(), plain);
            close(metric(&truth, &predicted, Average::Binary { positive: 1 }, Some(&WEIGHTS)).unwrap(), weighted);
        }
    }

    #[test]
    fn recall_may_count_more_than_precision() {
        // fbeta_score(truth, predicted, beta=…, average=…, sample_weight=…)
        let check = |beta, average, plain, weighted| {
            close(fbeta_score(&CODES, &PREDICTED, beta, average, None).unwrap(), plain);
            close(fbeta_score(&CODES, &PREDICTED, beta, average, Some(&WEIGHTS)).unwrap(), weighted);
        };
        check(0.5, Average::Macro, 0.763888888888889, 0.7931909985991695);
        check(0.5, Average::Micro, 0.75, 0.7784542085759661);
        check(0.5, Average::Weighted, 0.763888888888889, 0.7848462709090355);
        check(2.0, Average::Macro, 0.7509157509157509, 0.7782875179003629);
        check(2.0, Average::Weighted, 0.7509157509157509, 0.7775102488987642);
        let (truth, predicted) = (POSITIVE.map(u32::from), PREDICTED_POSITIVE.map(u32::from));
        let binary = |beta, weights| fbeta_score(&truth, &predicted, beta, Average::Binary { positive: 1 }, weights);
        close(binary(0.5, None).unwrap(), 0.7317073170731707);
        close(binary(0.5, Some(&WEIGHTS)).unwrap(), 0.7220597790773229);
        close(binary(2.0, None).unwrap(), 0.6818181818181818);
        close(binary(2.0, Some(&WEIGHTS)).unwrap(), 0.6740976645435244);
        close(binary(0.0, None).unwrap(), 0.75);
        for beta in [-1.0, f64::NAN, f64::INFINITY, 1e200] {
            assert!(matches!(binary(beta, None), Err(Undefined::Parameter(_))), "{beta}");
        }
    }

    #[test]
    fn zero_division_is_undefined_for_a_class_and_zero_in_a_mean() {
        let one = Average::Binary { positive: 1 };
        assert!(matches!(precision_score(&[0, 1], &[0, 0], one, None), Err(Undefined::ZeroDivision(_))));
        assert_eq!(recall_score(&[0, 1], &[0, 0], one, None), Ok(0.0));
        assert!(matches!(recall_score(&[0, 0], &[0, 1], one, None), Err(Undefined::ZeroDivision(_))));
        assert!(matches!(f1_score(&[0, 0], &[0, 0], one, None), Err(Undefined::ZeroDivision(_))));
        assert_eq!(precision_score(&[0, 1], &[0, 0], Average::Macro, None), Ok(0.25));
    }
}
