//! Curves for plots, thinned.

use crate::ranked::Ranked;
use mlspec_measure::{Binning, calibration_curve};
use mlspec_record::body::Curve;

/// The most points of a curve.
const POINTS: usize = 200;

/// How many bins a calibration curve has.
const BINS: usize = 10;

/// The curves of a label with a positive class; those that are undefined are left out.
pub(crate) fn curves(scored: &Ranked<'_>) -> Vec<Curve> {
    let Ok((positive, probability)) = scored.positive() else { return Vec::new() };
    let thresholds = scored.thresholds().ok();
    let roc = thresholds
        .and_then(|thresholds| thresholds.roc_curve().ok())
        .map(|curve| thinned("roc", &curve.false_positive_rate, &curve.true_positive_rate));
    let precision_recall = thresholds
        .and_then(|thresholds| thresholds.precision_recall_curve().ok())
        .map(|curve| thinned("precision_recall", &curve.recall, &curve.precision));
    let calibration = calibration_curve(&positive, probability, BINS, Binning::Uniform)
        .map(|curve| thinned("calibration", &curve.prob_pred, &curve.prob_true));
    [roc, precision_recall, calibration.ok()].into_iter().flatten().collect()
}

/// At most [`POINTS`] points, evenly by position, first and last among them.
fn thinned(name: &str, x: &[f64], y: &[f64]) -> Curve {
    let last = x.len().saturating_sub(1);
    let points = x.len().min(POINTS);
    let at = |point: usize| if points < 2 { 0 } else { point * last / (points - 1) };
    let take = |values: &[f64]| (0..points).filter_map(|point| values.get(at(point))).copied().collect();
    Curve { name: name.to_owned(), x: take(x), y: take(y) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_curves_are_thinned_and_keep_their_ends() {
        for length in [0, 1, 2, 199, 200, 201, 5_000] {
            let values: Vec<f64> = (0..length).map(f64::from).collect();
            let curve = thinned("roc", &values, &values);
            assert_eq!(curve.x.len(), values.len().min(200));
            assert_eq!((curve.x.first(), curve.y.last()), (values.first(), values.last()));
            assert!(curve.x.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
