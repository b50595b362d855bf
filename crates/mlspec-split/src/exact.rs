//! Sums of floats without rounding, which can be kept and put together.

use mlspec_measure::ExactSum;
use serde::{Deserialize, Serialize};

/// An exact sum of finite floats, as the floats that it rounds to: the nearest one, the one nearest to what is left, and so on
/// until nothing is left. So equal sums are equal, however they came about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Exact(Vec<f64>);

impl Exact {
    /// The sum of these numbers.
    pub(crate) fn of(numbers: &[f64]) -> Self {
        Self::expand(&numbers.iter().copied().collect())
    }

    /// The sum of the squares of these numbers.
    pub(crate) fn of_squares(numbers: &[f64]) -> Self {
        let mut sum = ExactSum::default();
        numbers.iter().for_each(|&number| sum.add_product(number, number));
        Self::expand(&sum)
    }

    /// The sum of sums.
    pub(crate) fn merge<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Self {
        Self::expand(&parts.into_iter().flat_map(|part| part.0.iter().copied()).collect())
    }

    /// The nearest float.
    pub(crate) fn rounded(&self) -> f64 {
        self.0.first().copied().unwrap_or(0.0)
    }

    fn expand(sum: &ExactSum) -> Self {
        Self(sum.parts().unwrap_or_default())
    }
}

/// `count · squares − sum²`, rounded once: `count²` times the variance. It is never negative.
pub(crate) fn numerator_of_variance(count: f64, sum: &Exact, squares: &Exact) -> f64 {
    let mut found = ExactSum::default();
    squares.0.iter().for_each(|&part| found.add_product(count, part));
    for &one in &sum.0 {
        sum.0.iter().for_each(|&other| found.add_product(-one, other));
    }
    found.get().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_depend_on_how_they_came_about() {
        let numbers = [1e100, 0.1, -1e100, 3.0, 1e-30, 0.7, -2.5e17];
        let whole = Exact::of(&numbers);
        for cut in 0..numbers.len() {
            let (head, tail) = numbers.split_at(cut);
            assert_eq!(Exact::merge([&Exact::of(tail), &Exact::of(head)]), whole);
        }
        assert_eq!(Exact::of(&[1e100, 1.0, -1e100]).rounded(), 1.0);
        assert_eq!(Exact::of(&[0.1; 10_000]).rounded(), 1000.0);
        assert_eq!(Exact::of(&[-1.0, -2.0]).rounded(), -3.0);
        assert_eq!(Exact::of(&[]), Exact::of(&[0.5, -0.5]));
        let kept: Exact = serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
        assert_eq!(kept, whole);
    }

    #[test]
    fn variances_of_numbers_far_from_zero_keep_their_digits() {
        let numbers: Vec<f64> = (0..5).map(|at| 1e9 + f64::from(at)).collect();
        let above = numerator_of_variance(5.0, &Exact::of(&numbers), &Exact::of_squares(&numbers));
        assert_eq!(above / 25.0, 2.0);
        let same = [0.1; 7];
        assert_eq!(numerator_of_variance(7.0, &Exact::of(&same), &Exact::of_squares(&same)), 0.0);
    }
}
