//! Statistics that don't depend on the order of rows: sums are exact, and could be retracted.
//!
//! Of the crate `xsum` only the small accumulator: version 0.1.6 of the large one adds up wrongly (10,000 times 0.1 to 488).

use xsum::{Xsum as _, XsumSmall};

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
        let (mut sum, mut squares) = (XsumSmall::new(), XsumSmall::new());
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
        if !(sum.0.is_finite() && difference.is_finite()) {
            return None;
        }
        Some(Self { mean: sum.0 / n, variance: (difference / n / n).max(0.0), rows })
    }

    /// Whether the variance is no more than rounding, by scikit-learn's rule.
    pub(crate) fn is_constant(&self) -> bool {
        let small = self.rows as f64 * f64::EPSILON;
        self.variance <= small * self.variance + (small * self.mean).powi(2)
    }
}

/// An exact sum as a number and the rest.
fn pair(sum: &mut XsumSmall) -> (f64, f64) {
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

    /// Sums of multiples of 2⁻²⁰ are integers in disguise.
    #[test]
    fn sums_are_exact() {
        let integers: Vec<i64> = (0..100_000_i64).map(|i| (i * 2_654_435_761) % (1 << 52) - (1 << 51)).collect();
        let moments = Moments::of(integers.iter().map(|&i| i as f64 / f64::from(1 << 20))).unwrap();
        let sum: i128 = integers.iter().map(|&i| i128::from(i)).sum();
        assert_eq!(moments.mean, sum as f64 / f64::from(1 << 20) / 1e5);
        let middle = sum / 100_000;
        let squares: i128 = integers.iter().map(|&i| (i128::from(i) - middle).pow(2)).sum();
        let exact =
            (squares as f64 / 1e5 - ((sum - 100_000 * middle) as f64 / 1e5).powi(2)) / f64::from(1 << 20).powi(2);
        assert!((moments.variance - exact).abs() <= 1e-14 * exact, "{} is not {exact}", moments.variance);
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
