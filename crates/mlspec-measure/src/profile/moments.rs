//! Mean, deviation, skewness and kurtosis from sums of powers without rounding.

use super::expansion::{Expansion, sum_of_products};
use crate::ExactSum;
use serde::{Deserialize, Serialize};

/// Numbers beyond which the sum of a power is not kept: added up, such powers would leave the range of floats.
const BOUNDS: [f64; 4] = [1e290, 1e140, 1e60, 1e60];

/// Where products of deviations are too small to be divided.
const SMALL: f64 = 1e-280;

/// How many finite numbers there are, and the sums of their powers from the first on, as far as the greatest number allows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    count: u64,
    sums: Vec<Expansion>,
}

impl Moments {
    /// The moments of finite numbers, up to this degree (at most 4).
    pub fn of(numbers: &[f64], degree: usize) -> Self {
        if numbers.is_empty() {
            return Self::default();
        }
        let greatest = numbers.iter().fold(0.0_f64, |most, number| most.max(number.abs()));
        let kept = BOUNDS.iter().take(degree).take_while(|bound| greatest <= **bound).count();
        let mut sums: [ExactSum; 4] = std::array::from_fn(|_| ExactSum::default());
        match kept {
            0 => {}
            1 => sums[0].extend(numbers.iter().copied()),
            2 => numbers.iter().for_each(|&x| {
                sums[0].add(x);
                square(&mut sums[1], x);
            }),
            _ => numbers.iter().for_each(|&x| powers(&mut sums, x)),
        }
        let sums = sums.iter().take(kept).map_while(Expansion::expand).collect();
        Self { count: numbers.len() as u64, sums }
    }

    /// The moments of all numbers of several parts.
    pub fn merge<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        let parts: Vec<&Self> = parts.into_iter().filter(|part| part.count > 0).collect();
        let kept = parts.iter().map(|part| part.sums.len()).min().unwrap_or(0);
        let sums = (0..kept).map_while(|at| Expansion::merge(parts.iter().filter_map(|part| part.sums.get(at))));
        Self { count: parts.iter().map(|part| part.count).sum(), sums: sums.collect() }
    }

    /// How many numbers there are.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Their sum.
    pub fn sum(&self) -> Option<f64> {
        self.sums.first().map(Expansion::rounded)
    }

    /// Their mean.
    pub fn mean(&self) -> Option<f64> {
        Some(self.sums.first()?.rounded() / self.rows()?)
    }

    /// Their variance, divided by their number.
    pub fn variance(&self) -> Option<f64> {
        Some(self.above(2)? / self.rows()? / self.rows()?)
    }

    /// The square root of the variance.
    pub fn standard_deviation(&self) -> Option<f64> {
        self.variance().map(f64::sqrt)
    }

    /// The third moment about the mean over the third power of the deviation (`scipy.stats.skew`); nothing for a constant.
    pub fn skewness(&self) -> Option<f64> {
        let (third, second) = (self.above(3)?, self.above(2)?);
        (second.powf(1.5) > SMALL).then(|| third / second.powf(1.5))
    }

    /// The fourth moment about the mean over the fourth power of the deviation, less 3 (`scipy.stats.kurtosis`); nothing for a
    /// constant.
    pub fn kurtosis(&self) -> Option<f64> {
        let (fourth, second) = (self.above(4)?, self.above(2)?);
        (second * second > SMALL).then(|| fourth / (second * second) - 3.0)
    }

    fn rows(&self) -> Option<f64> {
        (self.count > 0).then_some(self.count as f64)
    }

    /// The moment about the mean of this degree, times the number of rows to the power of the degree; rounded once.
    fn above(&self, degree: usize) -> Option<f64> {
        let sum = |at: usize| self.sums.get(at - 1);
        let number = |times: f64| Expansion::number(times);
        let (n, x) = (number(self.rows()?), sum(1)?);
        match degree {
            2 => {
                let found = sum_of_products(&[&[&n, sum(2)?], &[&number(-1.0), x, x]])?;
                Some(found.max(0.0))
            }
            3 => sum_of_products(&[&[&n, &n, sum(3)?], &[&number(-3.0), &n, x, sum(2)?], &[&number(2.0), x, x, x]]),
            _ => sum_of_products(&[
                &[&n, &n, &n, sum(4)?],
                &[&number(-4.0), &n, &n, x, sum(3)?],
                &[&number(6.0), &n, x, x, sum(2)?],
                &[&number(-3.0), x, x, x, x],
            ]),
        }
    }
}

/// A product as the nearest float and the rest.
#[inline]
fn exact(a: f64, b: f64) -> (f64, f64) {
    let product = a * b;
    (product, a.mul_add(b, -product))
}

#[inline]
fn put(sum: &mut ExactSum, (high, low): (f64, f64)) {
    sum.add(high);
    if low != 0.0 {
        sum.add(low);
    }
}

#[inline]
fn square(sum: &mut ExactSum, x: f64) {
    put(sum, exact(x, x));
}

#[inline]
fn powers(sums: &mut [ExactSum; 4], x: f64) {
    let [first, second, third, fourth] = sums;
    first.add(x);
    let (high, low) = exact(x, x);
    put(second, (high, low));
    put(third, exact(high, x));
    put(fourth, exact(high, high));
    if low != 0.0 {
        put(third, exact(low, x));
        put(fourth, exact(2.0 * high, low));
        put(fourth, exact(low, low));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{VALUES, near};

    #[test]
    fn values_are_scipys() {
        let found = Moments::of(&VALUES, 4);
        for (found, expect) in [
            (found.mean(), 3.2429166666666664),
            (found.standard_deviation(), 2.2769322914224355),
            (found.skewness(), -0.49570278954492347),
            (found.kurtosis(), -1.065172270623045),
        ] {
            near(found.unwrap(), expect, 1e-13);
        }
        // A mean far from 0 costs no digits.
        let far: Vec<f64> = (0..5).map(|at| 1e9 + f64::from(at)).collect();
        let far = Moments::of(&far, 4);
        assert_eq!((far.mean(), far.variance(), far.skewness()), (Some(1e9 + 2.0), Some(2.0), Some(0.0)));
        near(far.kurtosis().unwrap(), -1.3, 1e-12);
    }

    #[test]
    fn parts_make_the_whole_to_the_bit() {
        let whole = Moments::of(&VALUES, 4);
        for cut in 0..VALUES.len() {
            let (head, tail) = VALUES.split_at(cut);
            assert_eq!(Moments::merge([&Moments::of(tail, 4), &Moments::of(head, 4)]), whole);
        }
    }

    #[test]
    fn what_cannot_be_told_is_absent() {
        for (numbers, told) in [
            (&[][..], [false, false, false, false]),
            (&[2.0, 2.0], [true, true, false, false]),
            (&[1e70, 1.0], [true, true, false, false]),
            (&[1e200, 1.0], [true, false, false, false]),
            (&[f64::MAX, 1.0], [false, false, false, false]),
            (&[1e-200, 2e-200], [true, true, false, false]),
            (&[0.1, 0.2], [true, true, true, true]),
        ] {
            let found = Moments::of(numbers, 4);
            let given =
                [found.mean(), found.variance(), found.skewness(), found.kurtosis()].map(|figure| figure.is_some());
            assert_eq!(given, told, "{numbers:?}");
            let summary = Moments::of(numbers, 2);
            assert_eq!((summary.mean(), summary.variance()), (found.mean(), found.variance()));
            assert_eq!(summary.skewness(), None);
        }
        // The greatest number decides, wherever it stands.
        let (small, large) = (Moments::of(&[1.0, 2.0], 4), Moments::of(&[1e70], 4));
        assert_eq!(Moments::merge([&small, &large]), Moments::of(&[1e70, 1.0, 2.0], 4));
    }
}
