//! Whether the true class is among the likeliest.

use crate::{Undefined, check, sum};

/// The share of rows whose true class is among the `k` with the highest probabilities; `probabilities` is by class, then row. Of equal
/// probabilities, that of the later class counts as higher, as in scikit-learn.
///
/// # Errors
/// When there are no rows, lengths differ, a class has no probabilities, one is outside `[0, 1]`, weights cannot be used, or `k` is 0.
pub fn top_k_accuracy_score<P: AsRef<[f64]>>(
    truth: &[u32],
    probabilities: &[P],
    k: usize,
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    check::class_probabilities(truth, probabilities, weights)?;
    if k == 0 {
        return Err(Undefined::Parameter("`k` must be at least 1"));
    }
    let hit = |(row, &class): (usize, &u32)| {
        let own = probabilities[class as usize].as_ref()[row];
        let above = probabilities.iter().enumerate().filter(|(other, column)| {
            let theirs = column.as_ref()[row];
            theirs > own || (theirs == own && *other > class as usize)
        });
        f64::from(u8::from(above.count() < k))
    };
    Ok(sum::mean(truth.iter().enumerate().map(hit), weights))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        // top_k_accuracy_score(truth, probabilities, k=…, sample_weight=…)
        close(top_k_accuracy_score(&CODES, &PROBABILITIES, 1, None).unwrap(), 0.9166666666666666);
        close(top_k_accuracy_score(&CODES, &PROBABILITIES, 1, Some(&WEIGHTS)).unwrap(), 0.8967707781895181);
        for k in [2, 3, usize::MAX] {
            assert_eq!(top_k_accuracy_score(&CODES, &PROBABILITIES, k, Some(&WEIGHTS)), Ok(1.0));
        }
        assert!(matches!(top_k_accuracy_score(&[0], &[[1.0]], 0, None), Err(Undefined::Parameter(_))));
    }

    #[test]
    fn the_later_of_equal_classes_is_higher() {
        // top_k_accuracy_score([0, 1, 2], [[1/3, 1/3, 1/3]] * 3, k=…) is 1/3, 2/3, 1.
        let even = [[1.0 / 3.0; 3]; 3];
        for (k, expect) in [(1, 1.0 / 3.0), (2, 2.0 / 3.0), (3, 1.0)] {
            assert_eq!(top_k_accuracy_score(&[0, 1, 2], &even, k, None), Ok(expect));
        }
    }
}
