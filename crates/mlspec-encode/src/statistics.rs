//! Statistics that don't depend on the order of rows: sums are exact, and could be retracted.

use xsum::{Xsum as _, XsumLarge};

/// Mean and variance.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Moments {
    pub(crate) mean: f64,
    /// The population variance.
    pub(crate) variance: f64,
    pub(crate) rows: usize,
}

impl Moments {
    /// The moments of finite values; none where there are no values, or their squares exceed what can be represented.
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Option<Self> {
        let (mut sum, mut squares) = (XsumLarge::new(), XsumLarge::new());
        let mut rows = 0;
        for value in values {
            rows += 1;
            sum.add(value);
            let square = value * value;
            squares.add(square);
            squares.add(value.mul_add(value, -square));
        }
        if rows == 0 {
            return None;
        }
        let n = rows as f64;
        let (sum, squares) = (pair(&mut sum), pair(&mut squares));
        // n² variance = n Σx² - (Σx)², in twice the precision, so that a large mean costs no digits.
        let (left, right) = (product(n, squares), square(sum));
        let difference = (left.0 - right.0) + (left.1 - right.1);
        let moments = Self { mean: sum.0 / n, variance: (difference / n / n).max(0.0), rows };
        (moments.mean.is_finite() && moments.variance.is_finite()).then_some(moments)
    }

    /// Whether the variance is no more than rounding, by scikit-learn's rule.
    pub(crate) fn is_constant(&self) -> bool {
        let small = self.rows as f64 * f64::EPSILON;
        self.variance <= small * self.variance + (small * self.mean).powi(2)
    }
}

/// An exact sum as a number and the rest.
fn pair(sum: &mut XsumLarge) -> (f64, f64) {
    let high = sum.sum();
    if !high.is_finite() {
        return (high, 0.0);
    }
    sum.add(-high);
    (high, sum.sum())
}

fn product(n: f64, (high, low): (f64, f64)) -> (f64, f64) {
    let first = n * high;
    (first, n.mul_add(high, -first) + n * low)
}

fn square((high, low): (f64, f64)) -> (f64, f64) {
    let first = high * high;
    (first, high.mul_add(high, -first) + 2.0 * high * low)
}

/// The middle value, or the mean of the two in the middle.
pub(crate) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    let upper = *values.get(middle)?;
    if values.len() % 2 == 1 { Some(upper) } else { Some(values[middle - 1] / 2.0 + upper / 2.0) }
}

/// The value that stands most often, the least of several such.
pub(crate) fn most_frequent(mut values: Vec<f64>) -> Option<f64> {
    values.sort_unstable_by(f64::total_cmp);
    let mut best: Option<&[f64]> = None;
    for run in values.chunk_by(|a, b| a == b) {
        if best.is_none_or(|best| run.len() > best.len()) {
            best = Some(run);
        }
    }
    best.and_then(|run| run.first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_as_numpy() {
        let cases: [(&[f64], f64, f64); 4] = [
            (&[1.0, 2.0, 3.0, 4.0], 2.5, 1.25),
            (&[5.0], 5.0, 0.0),
            (&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0, 1e9 + 4.0], 1e9 + 2.5, 1.25),
            (&[1e150, -1e150], 0.0, 1e300),
        ];
        for (values, mean, variance) in cases {
            let moments = Moments::of(values.iter().copied()).unwrap();
            assert!((moments.mean - mean).abs() <= 1e-15 * mean.abs(), "{moments:?}");
            assert!((moments.variance - variance).abs() <= 1e-12 * variance, "{moments:?}");
        }
        assert_eq!(Moments::of(std::iter::empty()), None);
        assert_eq!(Moments::of([1e200, 1.0].into_iter()), None);
    }

    #[test]
    fn constants_are_found_though_sums_round() {
        assert!(Moments::of(std::iter::repeat_n(0.1, 10_000)).unwrap().is_constant());
        assert!(Moments::of([0.0, 0.0].into_iter()).unwrap().is_constant());
        assert!(!Moments::of([1e6, 1e6 + 1e-3].into_iter()).unwrap().is_constant());
    }

    #[test]
    fn order_plays_no_part() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i * 7919 % 1000) * 0.1 + 1e6 / f64::from(i + 1)).collect();
        let forwards = Moments::of(values.iter().copied());
        assert_eq!(forwards, Moments::of(values.iter().rev().copied()));
    }

    #[test]
    fn medians_and_modes() {
        let cases: [(&[f64], Option<f64>, Option<f64>); 4] = [
            (&[3.0, 1.0, 2.0], Some(2.0), Some(1.0)),
            (&[4.0, 1.0, 2.0, 4.0], Some(3.0), Some(4.0)),
            (&[2.0, 2.0, 1.0, 1.0], Some(1.5), Some(1.0)),
            (&[], None, None),
        ];
        for (values, middle, mode) in cases {
            assert_eq!((median(values.to_vec()), most_frequent(values.to_vec())), (middle, mode));
        }
    }
}
