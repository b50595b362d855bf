//! What all metrics ask of their inputs.

use crate::{Sum, Undefined};

/// The input has the length of the truth, which is not empty; the weights can be divided by.
pub(crate) fn lengths(
    truth: usize,
    what: &'static str,
    other: usize,
    weights: Option<&[f64]>,
) -> Result<(), Undefined> {
    same_length(truth, what, other)?;
    if truth == 0 {
        return Err(Undefined::Empty);
    }
    let Some(weights) = weights else { return Ok(()) };
    same_length(truth, "weights", weights.len())?;
    let usable = weights.iter().all(|weight| weight.is_finite() && *weight >= 0.0);
    let total = weights.iter().copied().collect::<Sum>().get();
    if usable && total > 0.0 && total.is_finite() { Ok(()) } else { Err(Undefined::Weights) }
}

/// The input has this length.
pub(crate) fn same_length(expected: usize, what: &'static str, found: usize) -> Result<(), Undefined> {
    if expected == found { Ok(()) } else { Err(Undefined::Length { what, found, expected }) }
}

/// No value is NaN or infinite.
pub(crate) fn finite(what: &'static str, values: &[f64]) -> Result<(), Undefined> {
    if values.iter().all(|value| value.is_finite()) { Ok(()) } else { Err(Undefined::NotFinite(what)) }
}

/// All values lie in `[0, 1]`.
pub(crate) fn probabilities(values: &[f64]) -> Result<(), Undefined> {
    if values.iter().all(|value| (0.0..=1.0).contains(value)) { Ok(()) } else { Err(Undefined::Probability) }
}

/// The pair of numbers that a regression metric compares.
pub(crate) fn numbers(truth: &[f64], predicted: &[f64], weights: Option<&[f64]>) -> Result<(), Undefined> {
    lengths(truth.len(), "prediction", predicted.len(), weights)?;
    finite("truth", truth)?;
    finite("prediction", predicted)
}

/// One probability of every class for every row.
pub(crate) fn class_probabilities<P: AsRef<[f64]>>(
    truth: &[u32],
    per_class: &[P],
    weights: Option<&[f64]>,
) -> Result<(), Undefined> {
    for column in per_class {
        lengths(truth.len(), "column of probabilities", column.as_ref().len(), weights)?;
        probabilities(column.as_ref())?;
    }
    let classes = per_class.len();
    match truth.iter().find(|&&code| code as usize >= classes) {
        Some(&code) => Err(Undefined::Code { code, classes }),
        None if truth.is_empty() => Err(Undefined::Empty),
        None => Ok(()),
    }
}

/// The weight of this row.
pub(crate) fn weight(weights: Option<&[f64]>, row: usize) -> f64 {
    weights.and_then(|weights| weights.get(row)).copied().unwrap_or(1.0)
}

#[cfg(test)]
mod tests {
    use crate::{Undefined, accuracy_score, log_loss, mean_squared_error, roc_auc_score};

    #[test]
    fn what_cannot_be_measured_is_refused() {
        fn accuracy(truth: &[u32], predicted: &[u32], weights: Option<&[f64]>) -> Undefined {
            accuracy_score(truth, predicted, weights).unwrap_err()
        }
        assert_eq!(accuracy(&[], &[], None), Undefined::Empty);
        assert_eq!(accuracy(&[1], &[1, 2], None), Undefined::Length { what: "prediction", found: 2, expected: 1 });
        assert_eq!(accuracy(&[1], &[1], Some(&[])), Undefined::Length { what: "weights", found: 0, expected: 1 });
        for weights in [[0.0, 0.0], [1.0, -0.5], [1.0, f64::NAN], [f64::MAX, f64::MAX]] {
            assert_eq!(accuracy(&[1, 0], &[1, 0], Some(&weights)), Undefined::Weights);
        }
        assert_eq!(mean_squared_error(&[1.0], &[f64::NAN], None), Err(Undefined::NotFinite("prediction")));
        assert_eq!(roc_auc_score(&[true, false], &[f64::INFINITY, 0.0], None), Err(Undefined::NotFinite("scores")));
        assert_eq!(log_loss(&[0], &[[1.5], [-0.5]], None), Err(Undefined::Probability));
        assert_eq!(log_loss(&[2], &[[0.5], [0.5]], None), Err(Undefined::Code { code: 2, classes: 2 }));
        assert_eq!(log_loss::<Vec<f64>>(&[], &[], None), Err(Undefined::Empty));
    }
}
