//! Cohen's kappa: agreement beyond chance.

use crate::{ConfusionMatrix, Sum, Undefined, confusion::of_codes};

/// How much a disagreement counts, by how far apart the classes are in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KappaWeights {
    /// Every disagreement alike.
    #[default]
    None,
    /// By the number of places between the classes.
    Linear,
    /// By the square of that number.
    Quadratic,
}

/// One minus the disagreement found, by that which chance would give: 1 is full agreement, 0 is chance. Places are counted among the
/// classes that occur. (J. Cohen, *A Coefficient of Agreement for Nominal Scales*, 1960.)
///
/// # Errors
/// When there are no rows, lengths differ, weights cannot be used, or truth and prediction are one class throughout.
pub fn cohen_kappa_score(
    truth: &[u32],
    predicted: &[u32],
    weighting: KappaWeights,
    weights: Option<&[f64]>,
) -> Result<f64, Undefined> {
    let matrix = of_codes(truth, predicted, weights)?;
    let occurs = |class: &usize| matrix.truth(*class) > 0.0 || matrix.predicted(*class) > 0.0;
    let classes: Vec<usize> = (0..matrix.classes()).filter(occurs).collect();
    let (found, chance) = disagreement(&matrix, &classes, weighting);
    if chance > 0.0 {
        Ok(1.0 - found / chance)
    } else {
        Err(Undefined::ZeroDivision("truth and prediction are the same class in all rows"))
    }
}

/// The weight of disagreements, found and to be expected.
fn disagreement(matrix: &ConfusionMatrix, classes: &[usize], weighting: KappaWeights) -> (f64, f64) {
    let truth: Vec<f64> = classes.iter().map(|&class| matrix.truth(class)).collect();
    let predicted: Vec<f64> = classes.iter().map(|&class| matrix.predicted(class)).collect();
    let (mut found, mut chance) = (Sum::default(), Sum::default());
    for (of, &class) in classes.iter().enumerate() {
        for (as_, &other) in classes.iter().enumerate() {
            let apart = of.abs_diff(as_) as f64;
            let counts = match weighting {
                KappaWeights::None => f64::from(u8::from(of != as_)),
                KappaWeights::Linear => apart,
                KappaWeights::Quadratic => apart * apart,
            };
            found.add(counts * matrix.get(class, other));
            chance.add(counts * truth[of] * predicted[as_]);
        }
    }
    (found.get(), chance.get() / matrix.total())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;

    #[test]
    fn values_are_scikit_learns() {
        // cohen_kappa_score(truth, predicted, weights=…, sample_weight=…)
        let check = |weighting, plain, weighted| {
            close(cohen_kappa_score(&CODES, &PREDICTED, weighting, None).unwrap(), plain);
            close(cohen_kappa_score(&CODES, &PREDICTED, weighting, Some(&WEIGHTS)).unwrap(), weighted);
        };
        check(KappaWeights::None, 0.625, 0.6622829037732699);
        check(KappaWeights::Linear, 0.5846153846153846, 0.577301606086748);
        check(KappaWeights::Quadratic, 0.5454545454545454, 0.4969429036008024);
    }

    #[test]
    fn classes_that_never_occur_take_no_place() {
        // cohen_kappa_score([0, 9, 9, 0], [0, 9, 0, 0], weights="quadratic") is 0.5, as with 1 in place of 9.
        for weighting in [KappaWeights::None, KappaWeights::Linear, KappaWeights::Quadratic] {
            assert_eq!(cohen_kappa_score(&[0, 9, 9, 0], &[0, 9, 0, 0], weighting, None), Ok(0.5));
            let same = cohen_kappa_score(&[3, 3], &[3, 3], weighting, None);
            assert!(matches!(same, Err(Undefined::ZeroDivision(_))));
        }
    }
}
