//! Pearson's correlation.

use crate::{ExactSum, Undefined, check};

/// The covariance of two columns over the product of their deviations, in `[-1, 1]`. Sums are exact, so neither the order of rows
/// nor a mean far from 0 shows; where squares leave the range of floats the answer is undefined.
///
/// # Errors
/// When lengths differ, there are no rows, a value is not finite, or a column is constant.
pub fn pearson(x: &[f64], y: &[f64]) -> Result<f64, Undefined> {
    check::same_length(x.len(), "second column", y.len())?;
    check::finite("first column", x)?;
    check::finite("second column", y)?;
    if x.is_empty() {
        return Err(Undefined::Empty);
    }
    let n = x.len() as f64;
    let (sum_x, sum_y): (ExactSum, ExactSum) = (x.iter().copied().collect(), y.iter().copied().collect());
    let (sum_x, sum_y) = (parts(&sum_x)?, parts(&sum_y)?);
    let product = |a: &[f64], b: &[f64], sum_a: &[f64], sum_b: &[f64]| -> Result<f64, Undefined> {
        let mut products = ExactSum::default();
        a.iter().zip(b).for_each(|(a, b)| products.add_product(*a, *b));
        // n Σab − Σa Σb, rounded once.
        let mut found = ExactSum::default();
        parts(&products)?.iter().for_each(|part| found.add_product(n, *part));
        for one in sum_a {
            sum_b.iter().for_each(|other| found.add_product(-one, *other));
        }
        Some(found.get()).filter(|found| found.is_finite()).ok_or(Undefined::NotFinite("sum of products"))
    };
    let (xx, yy) = (product(x, x, &sum_x, &sum_x)?, product(y, y, &sum_y, &sum_y)?);
    if xx <= 0.0 || yy <= 0.0 {
        return Err(Undefined::ZeroDivision("a column is constant"));
    }
    let xy = product(x, y, &sum_x, &sum_y)?;
    Ok((xy / xx.sqrt() / yy.sqrt()).clamp(-1.0, 1.0))
}

fn parts(sum: &ExactSum) -> Result<Vec<f64>, Undefined> {
    sum.parts().ok_or(Undefined::NotFinite("sum of products"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{FORECAST, VALUES, near};

    #[test]
    fn values_are_scipys() {
        near(pearson(&VALUES, &FORECAST).unwrap(), 0.9564585546335065, 1e-13);
        near(pearson(&[1.0, 2.0], &[5.0, 3.0]).unwrap(), -1.0, 1e-15);
        let far: Vec<f64> = VALUES.iter().map(|value| value + 1e9).collect();
        near(pearson(&far, &FORECAST).unwrap(), 0.9564585546335065, 1e-6);
    }

    #[test]
    fn what_has_no_correlation_is_refused() {
        assert_eq!(pearson(&[], &[]), Err(Undefined::Empty));
        assert_eq!(pearson(&[1.0, 1.0], &[1.0, 2.0]), Err(Undefined::ZeroDivision("a column is constant")));
        assert_eq!(pearson(&[1e300, 1.0], &[1.0, 2.0]), Err(Undefined::NotFinite("sum of products")));
        assert_eq!(pearson(&[f64::NAN], &[1.0]), Err(Undefined::NotFinite("first column")));
    }
}
