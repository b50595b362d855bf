//! Matthews' correlation coefficient.

use crate::{Sum, Undefined, confusion::of_codes};

/// The correlation of truth and prediction, for any number of classes: 1 is perfect, 0 is chance.
///
/// # Errors
/// When there are no rows, lengths differ, weights cannot be used, or truth or prediction is constant.
pub fn matthews_corrcoef(truth: &[u32], predicted: &[u32], weights: Option<&[f64]>) -> Result<f64, Undefined> {
    let matrix = of_codes(truth, predicted, weights)?;
    let total = matrix.total();
    let over_classes = |term: &dyn Fn(usize) -> f64| (0..matrix.classes()).map(term).collect::<Sum>().get();
    let chance = over_classes(&|class| matrix.truth(class) * matrix.predicted(class));
    let spread_truth = total * total - over_classes(&|class| matrix.truth(class).powi(2));
    let spread_predicted = total * total - over_classes(&|class| matrix.predicted(class).powi(2));
    if spread_truth > 0.0 && spread_predicted > 0.0 {
        Ok((matrix.correct() * total - chance) / (spread_truth.sqrt() * spread_predicted.sqrt()))
    } else {
        Err(Undefined::ZeroDivision("truth or prediction is constant"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        close(matthews_corrcoef(&CODES, &PREDICTED, None).unwrap(), 0.629940788348712);
        close(matthews_corrcoef(&CODES, &PREDICTED, Some(&WEIGHTS)).unwrap(), 0.6675801402032432);
        let (truth, predicted) = (POSITIVE.map(u32::from), PREDICTED_POSITIVE.map(u32::from));
        close(matthews_corrcoef(&truth, &predicted, None).unwrap(), 0.5477225575051662);
        close(matthews_corrcoef(&truth, &predicted, Some(&WEIGHTS)).unwrap(), 0.5458370065164422);
    }

    #[test]
    fn a_constant_has_no_correlation() {
        assert!(matches!(matthews_corrcoef(&[1, 1], &[0, 1], None), Err(Undefined::ZeroDivision(_))));
        assert!(matches!(matthews_corrcoef(&[0, 1], &[1, 1], None), Err(Undefined::ZeroDivision(_))));
    }
}
