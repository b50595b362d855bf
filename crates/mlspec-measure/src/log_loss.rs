//! Log loss, also known as cross-entropy.

use crate::{Undefined, check, sum};

/// The mean of −ln of the probability given to the true class; `probabilities` is by class, then row.
///
/// As in scikit-learn, probabilities are taken as given (they need not sum to 1) and held off 0 and 1 by 2⁻⁵².
///
/// # Errors
/// When there are no rows, lengths differ, a class has no probabilities, one is outside `[0, 1]`, or weights cannot be used.
pub fn log_loss<P: AsRef<[f64]>>(
    truth: &[u32],
    probabilities: &[P],
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    check::class_probabilities(truth, probabilities, weights)?;
    let loss = |(row, &class): (usize, &u32)| {
        let probability = probabilities[class as usize].as_ref()[row];
        -probability.clamp(f64::EPSILON, 1.0 - f64::EPSILON).ln()
    };
    Ok(sum::mean(truth.iter().enumerate().map(loss), weights))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        close(log_loss(&CODES, &PROBABILITIES, None).unwrap(), 0.546284031602997);
        close(log_loss(&CODES, &PROBABILITIES, Some(&WEIGHTS)).unwrap(), 0.5638904805622295);
        let binary = [SCORES.map(|score| 1.0 - score), SCORES];
        close(log_loss(&POSITIVE.map(u32::from), &binary, None).unwrap(), 0.4755120213517321);
        close(log_loss(&POSITIVE.map(u32::from), &binary, Some(&WEIGHTS)).unwrap(), 0.47417448385665567);
    }

    #[test]
    fn certainty_in_the_wrong_class_is_finite() {
        close(log_loss(&[0], &[[0.0], [1.0]], None).unwrap(), 36.04365338911715);
    }
}
