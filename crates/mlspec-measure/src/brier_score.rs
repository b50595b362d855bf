//! Brier's score: the squared error of probabilities.

use crate::{Sum, Undefined, check, sum};

/// The mean squared difference between the probability of the positive class and what happened (1 or 0).
///
/// # Errors
/// When there are no rows, lengths differ, a probability is outside `[0, 1]`, or weights cannot be used.
pub fn brier_score_loss(positive: &[bool], probability: &[f64], weights: Option<&[f64]>) -> Result<f64, Undefined> {
    check::lengths(positive.len(), "column of probabilities", probability.len(), weights)?;
    check::probabilities(probability)?;
    let pairs = positive.iter().zip(probability);
    Ok(sum::mean(pairs.map(|(&yes, p)| (f64::from(u8::from(yes)) - p).powi(2)), weights))
}

/// The mean over rows of the squared differences summed over classes, in `[0, 2]`; `probabilities` is by class, then row.
///
/// # Errors
/// When there are no rows, lengths differ, a class has no probabilities, one is outside `[0, 1]`, or weights cannot be used.
pub fn brier_score_loss_multiclass<P: AsRef<[f64]>>(
    truth: &[u32],
    probabilities: &[P],
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    check::class_probabilities(truth, probabilities, weights)?;
    let loss = |(row, &class): (usize, &u32)| {
        let differences = probabilities.iter().enumerate().map(|(of, column)| {
            let happened = f64::from(u8::from(of == class as usize));
            (happened - column.as_ref()[row]).powi(2)
        });
        differences.collect::<Sum>().get()
    };
    Ok(sum::mean(truth.iter().enumerate().map(loss), weights))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        close(brier_score_loss(&POSITIVE, &SCORES, None).unwrap(), 0.15583333333333332);
        close(brier_score_loss(&POSITIVE, &SCORES, Some(&WEIGHTS)).unwrap(), 0.15389624139756486);
        close(brier_score_loss_multiclass(&CODES, &PROBABILITIES, None).unwrap(), 0.31019141666666666);
        close(brier_score_loss_multiclass(&CODES, &PROBABILITIES, Some(&WEIGHTS)).unwrap(), 0.3236825060878772);
    }
}
