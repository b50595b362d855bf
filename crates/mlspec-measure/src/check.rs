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
    use crate::*;

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

    /// What all metrics of numbers, of classes, and of probabilities by class have in common.
    type OfNumbers = fn(&[f64], &[f64], Option<&[f64]>) -> Result<f64, Undefined>;
    type OfClasses = fn(&[u32], &[u32], Option<&[f64]>) -> Result<f64, Undefined>;
    type OfProbabilities = fn(&[u32], &[Vec<f64>], Option<&[f64]>) -> Result<f64, Undefined>;

    const WEIGHTS: [[f64; 2]; 4] = [[0.0, 0.0], [1.0, -0.5], [1.0, f64::NAN], [f64::MAX, f64::MAX]];

    #[test]
    fn every_metric_of_numbers_refuses_what_is_none() {
        let metrics: [OfNumbers; 10] = [
            mean_squared_error,
            root_mean_squared_error,
            mean_absolute_error,
            median_absolute_error,
            mean_absolute_percentage_error,
            |truth, predicted, weights| mean_pinball_loss(truth, predicted, 0.5, weights),
            mean_poisson_deviance,
            mean_gamma_deviance,
            r2_score,
            explained_variance_score,
        ];
        for (at, metric) in metrics.iter().enumerate() {
            let check = |truth: &[f64], predicted: &[f64], weights: Option<&[f64]>, expect: Undefined| {
                assert_eq!(metric(truth, predicted, weights), Err(expect), "metric {at}");
            };
            check(&[], &[], None, Undefined::Empty);
            check(&[1.0], &[], None, Undefined::Length { what: "prediction", found: 0, expected: 1 });
            check(&[1.0, f64::NAN], &[1.0, 2.0], None, Undefined::NotFinite("truth"));
            check(&[1.0, 2.0], &[f64::INFINITY, 2.0], None, Undefined::NotFinite("prediction"));
            WEIGHTS.iter().for_each(|weights| check(&[1.0, 2.0], &[1.0, 2.0], Some(weights), Undefined::Weights));
            // A row without weight is no row.
            let (truth, predicted) = ([1.0, 2.0, 4.0, 3.0], [1.5, 2.0, 3.0, 1.0]);
            let without = metric(&truth[..3], &predicted[..3], None).unwrap();
            let weighted = metric(&truth, &predicted, Some(&[1.0, 1.0, 1.0, 0.0])).unwrap();
            assert!((weighted - without).abs() < 1e-15, "metric {at}: {weighted}, {without}");
        }
    }

    #[test]
    fn every_metric_of_classes_refuses_what_is_none() {
        let metrics: [OfClasses; 6] = [
            accuracy_score,
            balanced_accuracy_score,
            matthews_corrcoef,
            |truth, predicted, weights| cohen_kappa_score(truth, predicted, KappaWeights::None, weights),
            |truth, predicted, weights| fbeta_score(truth, predicted, 2.0, Average::Macro, weights),
            |truth, predicted, weights| precision_score(truth, predicted, Average::Weighted, weights),
        ];
        for (at, metric) in metrics.iter().enumerate() {
            let check = |truth: &[u32], predicted: &[u32], weights: Option<&[f64]>, expect: Undefined| {
                assert_eq!(metric(truth, predicted, weights), Err(expect), "metric {at}");
            };
            check(&[], &[], None, Undefined::Empty);
            check(&[1], &[1, 2], None, Undefined::Length { what: "prediction", found: 2, expected: 1 });
            WEIGHTS.iter().for_each(|weights| check(&[0, 1], &[0, 1], Some(weights), Undefined::Weights));
            let without = metric(&[0, 1, 1], &[0, 1, 0], None).unwrap();
            let weighted = metric(&[0, 1, 1, 0], &[0, 1, 0, 1], Some(&[1.0, 1.0, 1.0, 0.0])).unwrap();
            assert!((weighted - without).abs() < 1e-15, "metric {at}: {weighted}, {without}");
        }
    }

    #[test]
    fn every_metric_of_probabilities_refuses_what_is_none() {
        let metrics: [OfProbabilities; 6] = [
            |truth, all, weights| log_loss(truth, all, weights),
            |truth, all, weights| brier_score_loss_multiclass(truth, all, weights),
            |truth, all, weights| top_k_accuracy_score(truth, all, 1, weights),
            |truth, all, weights| roc_auc_score_ovr(truth, all, Average::Macro, weights),
            |truth, all, weights| roc_auc_score_ovo(truth, all, Average::Weighted, weights),
            |truth, all, weights| average_precision_score_multiclass(truth, all, Average::Macro, weights),
        ];
        for (at, metric) in metrics.iter().enumerate() {
            let check = |truth: &[u32], all: &[Vec<f64>], weights: Option<&[f64]>, expect: Undefined| {
                assert_eq!(metric(truth, all, weights), Err(expect), "metric {at}");
            };
            let even = |rows: usize| vec![vec![0.5; rows]; 2];
            check(&[], &[], None, Undefined::Empty);
            check(&[], &even(0), None, Undefined::Empty);
            check(&[0, 2], &even(2), None, Undefined::Code { code: 2, classes: 2 });
            check(&[u32::MAX], &even(1), None, Undefined::Code { code: u32::MAX, classes: 2 });
            for wrong in [-0.5, 1.5, f64::NAN, f64::INFINITY] {
                check(&[0, 1], &[vec![0.5, wrong], vec![0.5, 0.5]], None, Undefined::Probability);
            }
            let short = Undefined::Length { what: "column of probabilities", found: 1, expected: 2 };
            check(&[0, 1], &even(1), None, short);
            WEIGHTS.iter().for_each(|weights| check(&[0, 1], &even(2), Some(weights), Undefined::Weights));
        }
    }
}
