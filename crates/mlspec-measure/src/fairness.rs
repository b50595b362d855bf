//! How a classifier treats groups of rows: rates of each group, and how far they lie apart, with fairlearn's names and values.
//!
//! The definitions are those of M. Hardt, E. Price and N. Srebro, *Equality of Opportunity in Supervised Learning* (2016), and of
//! demographic parity; differences are the greatest rate less the least, ratios the least by the greatest, over all groups.

use crate::{Undefined, confusion_matrix};

/// The rates of one group of rows.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRates {
    /// The share of rows that were predicted positive.
    pub selection_rate: Result<f64, Undefined>,
    /// The share of positive rows that were predicted positive.
    pub true_positive_rate: Result<f64, Undefined>,
    /// The share of negative rows that were predicted positive.
    pub false_positive_rate: Result<f64, Undefined>,
    /// The share of rows predicted positive that are positive.
    pub precision: Result<f64, Undefined>,
    /// The share of rows that were predicted rightly.
    pub accuracy: Result<f64, Undefined>,
}

/// The rates of a group: whether each row is positive, and whether it was predicted so.
///
/// # Errors
/// When there are no rows, lengths differ, or weights cannot be used.
///
/// ```
/// use mlspec_measure::group_rates;
/// let rates = group_rates(&[true, true, false, false], &[true, false, true, false], None)?;
/// assert_eq!((rates.selection_rate, rates.true_positive_rate), (Ok(0.5), Ok(0.5)));
/// # Ok::<(), mlspec_measure::Undefined>(())
/// ```
pub fn group_rates(positive: &[bool], predicted: &[bool], weights: Option<&[f64]>) -> Result<GroupRates, Undefined> {
    let codes = |rows: &[bool]| rows.iter().map(|row| u32::from(*row)).collect::<Vec<_>>();
    let matrix = confusion_matrix(&codes(positive), &codes(predicted), 2, weights)?;
    let rate = |of: f64, all: f64, none| if all > 0.0 { Ok(of / all) } else { Err(none) };
    let (negatives, positives) = (matrix.get(0, 0) + matrix.get(0, 1), matrix.get(1, 0) + matrix.get(1, 1));
    let selected = matrix.get(0, 1) + matrix.get(1, 1);
    Ok(GroupRates {
        selection_rate: rate(selected, negatives + positives, Undefined::Weights),
        true_positive_rate: rate(matrix.get(1, 1), positives, Undefined::NoPositive),
        false_positive_rate: rate(matrix.get(0, 1), negatives, Undefined::ZeroDivision("no row is negative")),
        precision: rate(matrix.get(1, 1), selected, Undefined::ZeroDivision("nothing was predicted positive")),
        accuracy: rate(matrix.get(0, 0) + matrix.get(1, 1), negatives + positives, Undefined::Weights),
    })
}

/// The greatest rate less the least.
///
/// # Errors
/// When there are no rates.
pub fn rate_difference(rates: &[f64]) -> Result<f64, Undefined> {
    ends(rates).map(|(least, greatest)| greatest - least)
}

/// The least rate by the greatest.
///
/// # Errors
/// When there are no rates, or all are 0.
pub fn rate_ratio(rates: &[f64]) -> Result<f64, Undefined> {
    match ends(rates)? {
        (_, greatest) if greatest <= 0.0 => Err(Undefined::ZeroDivision("the rate of every group is 0")),
        (least, greatest) => Ok(least / greatest),
    }
}

fn ends(rates: &[f64]) -> Result<(f64, f64), Undefined> {
    let least = rates.iter().copied().min_by(f64::total_cmp);
    let greatest = rates.iter().copied().max_by(f64::total_cmp);
    least.zip(greatest).ok_or(Undefined::Empty)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    const T: bool = true;
    const F: bool = false;

    #[test]
    fn rates_are_shares_of_a_group() {
        // By hand, and as fairlearn's `selection_rate`, `true_positive_rate` and `false_positive_rate` say.
        let check = |positive: &[bool], predicted: &[bool], weights: Option<&[f64]>, expect: [Option<f64>; 3]| {
            let rates = group_rates(positive, predicted, weights).unwrap();
            let found = [rates.selection_rate.ok(), rates.true_positive_rate.ok(), rates.false_positive_rate.ok()];
            assert_eq!(found, expect, "{positive:?} {predicted:?}");
        };
        check(&[T, T, F, F], &[T, F, F, F], None, [Some(0.25), Some(0.5), Some(0.0)]);
        check(&[T, T, F, F], &[T, F, T, F], Some(&[3.0, 1.0, 1.0, 1.0]), [Some(4.0 / 6.0), Some(0.75), Some(0.5)]);
        check(&[F, F], &[T, F], None, [Some(0.5), None, Some(0.5)]);
        check(&[T], &[T], None, [Some(1.0), Some(1.0), None]);
        assert_eq!(group_rates(&[], &[], None), Err(Undefined::Empty));
        assert!(matches!(group_rates(&[T], &[], None), Err(Undefined::Length { .. })));
        assert_eq!(group_rates(&[T], &[T], Some(&[f64::NAN])), Err(Undefined::Weights));
    }

    #[test]
    fn rates_and_what_lies_between_them_are_fairlearns() {
        // MetricFrame(metrics=…, y_true, y_pred, sensitive_features=CODES, sample_params={"sample_weight": …}).by_group, of
        // selection_rate, true_positive_rate, false_positive_rate and scikit-learn's precision_score and accuracy_score, which makes a 0
        // of the precision where nothing was predicted positive; demographic_parity_difference, demographic_parity_ratio,
        // equal_opportunity_difference of the same.
        let groups = |weights: Option<&[f64; 24]>| -> Vec<GroupRates> {
            let of = |group: u32| {
                let rows: Vec<usize> = (0..24).filter(|&row| CODES[row] == group).collect();
                let take = |from: &[bool; 24]| rows.iter().map(|&row| from[row]).collect::<Vec<_>>();
                let weights = weights.map(|all| rows.iter().map(|&row| all[row]).collect::<Vec<_>>());
                group_rates(&take(&POSITIVE), &take(&PREDICTED_POSITIVE), weights.as_deref()).unwrap()
            };
            (0..3).map(of).collect()
        };
        let check = |rates: [&Result<f64, Undefined>; 3], expect: [f64; 3]| {
            rates.iter().zip(expect).for_each(|(rate, expect)| close((*rate).clone().unwrap(), expect));
        };
        let found = groups(None);
        let each =
            |rate: fn(&GroupRates) -> &Result<f64, Undefined>| [rate(&found[0]), rate(&found[1]), rate(&found[2])];
        check(each(|of| &of.selection_rate), [0.5, 0.125, 0.375]);
        check(each(|of| &of.true_positive_rate), [0.75, 0.0, 1.0]);
        check(each(|of| &of.false_positive_rate), [0.25, 1.0 / 6.0, 0.0]);
        check(each(|of| &of.precision), [0.75, 0.0, 1.0]);
        check(each(|of| &of.accuracy), [0.75, 0.625, 1.0]);
        let found = groups(Some(&WEIGHTS));
        let each =
            |rate: fn(&GroupRates) -> &Result<f64, Undefined>| [rate(&found[0]), rate(&found[1]), rate(&found[2])];
        check(each(|of| &of.selection_rate), [0.43776460626587643, 0.08826125330979702, 0.3995901639344262]);
        check(each(|of| &of.true_positive_rate), [0.5891472868217054, 0.0, 1.0]);
        check(each(|of| &of.false_positive_rate), [0.32030075187969925, 0.11286681715575622, 0.0]);
        check(each(|of| &of.precision), [0.5880077369439072, 0.0, 1.0]);
        check(each(|of| &of.accuracy), [0.6401354784081288, 0.6937334510150045, 1.0]);
        let selected: Vec<f64> = found.iter().map(|of| of.selection_rate.clone().unwrap()).collect();
        close(rate_difference(&selected).unwrap(), 0.3495033529560794);
        close(rate_ratio(&selected).unwrap(), 0.2016180660713158);
        let hit: Vec<f64> = found.iter().map(|of| of.true_positive_rate.clone().unwrap()).collect();
        assert_eq!((rate_difference(&hit), rate_ratio(&hit)), (Ok(1.0), Ok(0.0)));
        let right: Vec<f64> = found.iter().map(|of| of.accuracy.clone().unwrap()).collect();
        close(rate_difference(&right).unwrap(), 0.3598645215918712);
        close(rate_ratio(&right).unwrap(), 0.6401354784081288);
    }

    #[test]
    fn differences_and_ratios_are_between_the_ends() {
        assert_eq!(rate_difference(&[0.5, 0.25, 0.75]), Ok(0.5));
        assert_eq!(rate_ratio(&[0.5, 0.25, 0.75]), Ok(1.0 / 3.0));
        assert_eq!((rate_difference(&[0.0, 0.0]), rate_difference(&[])), (Ok(0.0), Err(Undefined::Empty)));
        assert_eq!(rate_ratio(&[0.0, 0.0]).unwrap_err().to_string(), "the rate of every group is 0");
    }
}
