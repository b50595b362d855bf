//! Sums of floats that don't depend on the order of rows: rounded once, from the exact sum.

use mlspec_measure::ExactSum;

/// An accumulator, to be used for one group after another.
pub(crate) struct Exact(ExactSum);

impl Exact {
    pub(crate) fn new() -> Self {
        Self(ExactSum::default())
    }

    /// The sum of all values; 0 where there are none. Infinities and NaN give what they give in any order.
    pub(crate) fn sum(&mut self, values: &[f64]) -> f64 {
        match values {
            [] => 0.0,
            [one] => *one,
            [one, two] => one + two,
            _ if values.iter().all(|value| value.is_finite()) => {
                self.0.clear();
                self.0.extend(values.iter().copied());
                self.0.get()
            }
            _ => canonical_nan(values.iter().filter(|value| !value.is_finite()).sum()),
        }
    }

    /// The mean, where there are values.
    pub(crate) fn mean(&mut self, values: &[f64]) -> Option<f64> {
        (!values.is_empty()).then(|| canonical_nan(self.sum(values) / values.len() as f64))
    }

    /// The variance with `n − 1` in the denominator, where there are two values at least.
    pub(crate) fn variance(&mut self, values: &mut [f64]) -> Option<f64> {
        let mean = self.mean(values).filter(|_| values.len() > 1)?;
        values.iter_mut().for_each(|value| *value = (*value - mean) * (*value - mean));
        Some(canonical_nan(self.sum(values) / (values.len() - 1) as f64))
    }
}

/// Which NaN it is depends on the order of operations; one stands for all.
fn canonical_nan(value: f64) -> f64 {
    if value.is_nan() { f64::NAN } else { value }
}

/// The middle value, or the mean of both middle values.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let half = values.len() / 2;
    let upper = *values.get(half)?;
    match values.len() % 2 {
        1 => Some(upper),
        _ => values.get(half.wrapping_sub(1)).map(|lower| lower + (upper - lower) / 2.0),
    }
}

/// The quantile of ascending values, interpolated linearly between the two nearest (`linear` in numpy).
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (lower, part) = (place.floor(), place.fract());
    let below = *sorted.get(lower as usize)?;
    match sorted.get(lower as usize + 1) {
        Some(above) if part > 0.0 => Some(below + (above - below) * part),
        _ => Some(below),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_does_not_matter_and_nothing_is_lost() {
        let mut exact = Exact::new();
        for values in [[1e100, 1.0, -1e100], [1.0, 1e100, -1e100], [-1e100, 1e100, 1.0]] {
            assert_eq!(exact.sum(&values), 1.0);
        }
        assert_eq!(exact.sum(&[0.1; 10]), 1.0);
        assert_eq!(exact.sum(&[]), 0.0);
        assert!(exact.sum(&[f64::INFINITY, 1.0, f64::NEG_INFINITY]).is_nan());
        assert_eq!(exact.sum(&[f64::INFINITY, 1.0, 2.0]), f64::INFINITY);
        assert_eq!(exact.sum(&[f64::MAX, f64::MAX, f64::NEG_INFINITY]), f64::NEG_INFINITY);
        assert_eq!(exact.sum(&[1.0, 2.0, 3.0]), 6.0);
        assert_eq!(exact.sum(&[-1.0, -2.0, -3.0]), -6.0);
    }

    #[test]
    fn means_variances_and_medians() {
        let mut exact = Exact::new();
        assert_eq!(exact.mean(&[1.0, 2.0, 6.0]), Some(3.0));
        assert_eq!(exact.mean(&[]), None);
        assert_eq!(exact.variance(&mut [1.0, 2.0, 6.0]), Some(7.0));
        assert_eq!(exact.variance(&mut [1.0]), None);
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(&mut []), None);
        let quantiles = [0.0, 0.25, 0.5, 1.0].map(|share| quantile(&[1.0, 2.0, 4.0, 8.0, 16.0, 32.0], share));
        assert_eq!(quantiles, [Some(1.0), Some(2.5), Some(6.0), Some(32.0)]);
        assert_eq!(quantile(&[], 0.5), None);
    }
}
