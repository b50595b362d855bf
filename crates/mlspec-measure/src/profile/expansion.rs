//! Sums of floats without rounding, which can be kept, put together and multiplied.

use crate::ExactSum;
use serde::{Deserialize, Serialize};

/// An exact sum of finite floats, as the floats that it rounds to: the nearest one, the one nearest to what is left, and so on
/// until nothing is left. So equal sums are equal, however they came about. (J. R. Shewchuk calls this a floating-point
/// expansion: Discrete & Computational Geometry 18, 1997.)
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Expansion(Vec<f64>);

impl Expansion {
    /// The sum of these numbers; nothing where it is not finite.
    pub fn of(numbers: &[f64]) -> Option<Self> {
        Self::expand(&numbers.iter().copied().collect())
    }

    /// The parts of a sum; nothing where it is not finite.
    pub fn expand(sum: &ExactSum) -> Option<Self> {
        sum.parts().map(Self)
    }

    /// The sum of sums.
    pub fn merge<'a>(parts: impl IntoIterator<Item = &'a Self>) -> Option<Self> {
        Self::expand(&parts.into_iter().flat_map(|part| part.0.iter().copied()).collect())
    }

    /// The nearest float.
    pub fn rounded(&self) -> f64 {
        self.0.first().copied().unwrap_or(0.0)
    }

    /// The product of two sums.
    #[must_use]
    pub fn times(&self, other: &Self) -> Option<Self> {
        let mut product = ExactSum::default();
        for &one in &self.0 {
            other.0.iter().for_each(|&other| product.add_product(one, other));
        }
        Self::expand(&product)
    }

    /// A number as a sum.
    pub(super) fn number(number: f64) -> Self {
        Self(if number == 0.0 { Vec::new() } else { vec![number] })
    }
}

/// The sum of products, rounded once; nothing where a product or the sum is not finite.
pub(super) fn sum_of_products(products: &[&[&Expansion]]) -> Option<f64> {
    let mut all = Vec::new();
    for factors in products {
        let mut product = Expansion::number(1.0);
        for factor in *factors {
            product = product.times(factor)?;
        }
        all.push(product);
    }
    Expansion::merge(&all).map(|sum| sum.rounded())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_depend_on_how_they_came_about() {
        let numbers = [1e100, 0.1, -1e100, 3.0, 1e-30, 0.7, -2.5e17];
        let whole = Expansion::of(&numbers).unwrap();
        for cut in 0..numbers.len() {
            let (head, tail) = numbers.split_at(cut);
            let (head, tail) = (Expansion::of(head).unwrap(), Expansion::of(tail).unwrap());
            assert_eq!(Expansion::merge([&tail, &head]), Some(whole.clone()));
        }
        for (numbers, expect) in [
            (&[1e100, 1.0, -1e100][..], Some(1.0)),
            (&[0.1; 10_000], Some(1000.0)),
            (&[-1.0, -2.0], Some(-3.0)),
            (&[], Some(0.0)),
            (&[f64::MAX, f64::MAX], None),
            (&[f64::NAN], None),
        ] {
            assert_eq!(Expansion::of(numbers).map(|sum| sum.rounded()), expect);
        }
        let kept: Expansion = serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
        assert_eq!(kept, whole);
    }

    #[test]
    fn products_are_exact() {
        let (a, b) = (Expansion::of(&[1e16, 1.0]).unwrap(), Expansion::of(&[1e16, -1.0]).unwrap());
        let (minus, root) = (Expansion::number(-1.0), Expansion::number(1e16));
        assert_eq!(sum_of_products(&[&[&a, &b], &[&minus, &root, &root]]), Some(-1.0));
        assert_eq!(sum_of_products(&[]), Some(0.0));
        let large = Expansion::number(1e200);
        assert_eq!(sum_of_products(&[&[&large, &large]]), None);
    }
}
