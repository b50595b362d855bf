//! The share of rows predicted rightly, plain or balanced over classes.

use crate::{Sum, Undefined, check, confusion::of_codes, sum};

/// The share of rows predicted rightly.
///
/// # Errors
/// When there are no rows, lengths differ, or weights cannot be used.
pub fn accuracy_score(truth: &[u32], predicted: &[u32], weights: Option<&[f64]>) -> Result<f64, Undefined> {
    check::lengths(truth.len(), "prediction", predicted.len(), weights)?;
    let right = truth.iter().zip(predicted).map(|(of, as_)| f64::from(u8::from(of == as_)));
    Ok(sum::mean(right, weights))
}

/// The mean, over the classes that occur, of the share of the class's rows predicted rightly.
///
/// # Errors
/// When there are no rows, lengths differ, or weights cannot be used.
pub fn balanced_accuracy_score(truth: &[u32], predicted: &[u32], weights: Option<&[f64]>) -> Result<f64, Undefined> {
    let matrix = of_codes(truth, predicted, weights)?;
    let recalls: Vec<f64> = (0..matrix.classes())
        .map(|class| (matrix.get(class, class), matrix.truth(class)))
        .filter(|&(_, rows)| rows > 0.0)
        .map(|(right, rows)| right / rows)
        .collect();
    Ok(recalls.iter().copied().collect::<Sum>().get() / recalls.len() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        close(accuracy_score(&CODES, &PREDICTED, None).unwrap(), 0.75);
        close(accuracy_score(&CODES, &PREDICTED, Some(&WEIGHTS)).unwrap(), 0.7784542085759661);
        close(balanced_accuracy_score(&CODES, &PREDICTED, None).unwrap(), 0.75);
        close(balanced_accuracy_score(&CODES, &PREDICTED, Some(&WEIGHTS)).unwrap(), 0.7765827489962297);
    }

    #[test]
    fn a_class_that_is_only_predicted_does_not_count() {
        assert_eq!(balanced_accuracy_score(&[0, 0, 1, 1], &[0, 2, 1, 1], None), Ok(0.75));
    }
}
