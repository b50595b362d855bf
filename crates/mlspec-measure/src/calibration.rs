//! Whether probabilities are what they say.

use crate::{Sum, Undefined, check};

/// How probabilities are put into bins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binning {
    /// Bins of equal width.
    Uniform,
    /// Bins of about equally many rows.
    Quantile,
}

/// What happened against what was predicted, by bin.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationCurve {
    /// The share of positive rows in each bin.
    pub prob_true: Vec<f64>,
    /// The mean probability in each bin.
    pub prob_pred: Vec<f64>,
}

/// The curve over at most `bins` bins (at least 1); empty bins are left out.
///
/// # Errors
/// When there are no rows, lengths differ, or a probability is outside `[0, 1]`.
pub fn calibration_curve(
    positive: &[bool],
    probability: &[f64],
    bins: usize,
    binning: Binning,
) -> Result<CalibrationCurve, Undefined> {
    check::lengths(positive.len(), "column of probabilities", probability.len(), None)?;
    check::probabilities(probability)?;
    let inner = inner_edges(probability, bins.max(1), binning);
    let mut sums = vec![(0_u64, 0_u64, Sum::default()); inner.len() + 1];
    for (&yes, &p) in positive.iter().zip(probability) {
        let (rows, happened, predicted) = &mut sums[inner.partition_point(|&edge| edge < p)];
        *rows += 1;
        *happened += u64::from(yes);
        predicted.add(p);
    }
    let filled = || sums.iter().filter(|(rows, ..)| *rows > 0);
    Ok(CalibrationCurve {
        prob_true: filled().map(|&(rows, happened, _)| happened as f64 / rows as f64).collect(),
        prob_pred: filled().map(|&(rows, _, predicted)| predicted.get() / rows as f64).collect(),
    })
}

/// How far probabilities are from what happens: over bins, the mean of |share of positive rows − mean probability|, weighted by
/// rows. For several classes it is usually taken of the probability of the predicted class, and whether that was right.
/// (M. Naeini, G. Cooper, M. Hauskrecht, *Obtaining Well Calibrated Probabilities Using Bayesian Binning*, 2015.) Bins are those of
/// [`calibration_curve`].
///
/// # Errors
/// When there are no rows, lengths differ, a probability is outside `[0, 1]`, weights cannot be used, or `bins` is 0 or more than
/// 10,000.
pub fn expected_calibration_error(
    positive: &[bool],
    probability: &[f64],
    bins: usize,
    binning: Binning,
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    check::lengths(positive.len(), "column of probabilities", probability.len(), weights)?;
    check::probabilities(probability)?;
    if !(1..=10_000).contains(&bins) {
        return Err(Undefined::Parameter("`n_bins` must be from 1 to 10,000"));
    }
    let inner = inner_edges(probability, bins, binning);
    let mut sums = vec![Sum::default(); inner.len() + 1];
    let mut total = Sum::default();
    for (row, (&yes, &p)) in positive.iter().zip(probability).enumerate() {
        let weight = check::weight(weights, row);
        sums[inner.partition_point(|&edge| edge < p)].add(weight * (f64::from(u8::from(yes)) - p));
        total.add(weight);
    }
    Ok(sums.into_iter().map(|sum| sum.get().abs()).collect::<Sum>().get() / total.get())
}

/// The edges between bins, rising; a probability on an edge belongs to the lower bin.
fn inner_edges(probability: &[f64], bins: usize, binning: Binning) -> Vec<f64> {
    let shares = (1..bins).map(|at| at as f64 / bins as f64);
    match binning {
        Binning::Uniform => shares.collect(),
        Binning::Quantile => {
            let mut sorted = probability.to_vec();
            sorted.sort_unstable_by(f64::total_cmp);
            shares.map(|share| quantile(&sorted, share)).collect()
        }
    }
}

/// The quantile of sorted values, interpolated linearly, as NumPy's `percentile`.
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let at = share * (sorted.len() - 1) as f64;
    let below = sorted[at.floor() as usize];
    let above = sorted[(at.ceil() as usize).min(sorted.len() - 1)];
    below + (above - below) * at.fract()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn curves_are_scikit_learns() {
        let uniform = calibration_curve(&POSITIVE, &SCORES, 4, Binning::Uniform).unwrap();
        all_close(&uniform.prob_true, &[0.0, 0.3076923076923077, 1.0, 1.0]);
        all_close(&uniform.prob_pred, &[0.13333333333333333, 0.3923076923076923, 0.6, 0.85]);
        let quantile = calibration_curve(&POSITIVE, &SCORES, 4, Binning::Quantile).unwrap();
        all_close(&quantile.prob_true, &[0.0, 0.3, 0.3333333333333333, 1.0]);
        all_close(&quantile.prob_pred, &[0.13333333333333333, 0.36, 0.5, 0.7]);
    }

    #[test]
    fn the_error_is_the_mean_gap_over_bins() {
        // By numpy: bins of linspace(0, 1, 11), or of percentile(scores, linspace(0, 100, 5)), as calibration_curve's.
        let error = |bins, binning, weights| expected_calibration_error(&POSITIVE, &SCORES, bins, binning, weights);
        close(error(10, Binning::Uniform, None).unwrap(), 0.20833333333333337);
        close(error(10, Binning::Uniform, Some(&WEIGHTS)).unwrap(), 0.24250926416093177);
        close(error(4, Binning::Quantile, None).unwrap(), 0.14166666666666666);
        for bins in [0, usize::MAX] {
            assert!(matches!(error(bins, Binning::Uniform, None), Err(Undefined::Parameter(_))));
        }
        assert_eq!(expected_calibration_error(&[true], &[1.0], 10, Binning::Uniform, None), Ok(0.0));
    }

    #[test]
    fn any_number_of_bins_will_do() {
        for bins in [0, 1] {
            let one = calibration_curve(&[true, false], &[1.0, 0.5], bins, Binning::Uniform).unwrap();
            assert_eq!((one.prob_true, one.prob_pred), (vec![0.5], vec![0.75]));
        }
        assert_eq!(calibration_curve(&[], &[], 3, Binning::Quantile), Err(Undefined::Empty));
    }
}
