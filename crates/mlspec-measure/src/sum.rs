//! Sums that do not lose small terms beside large ones.

/// A sum with Neumaier's compensation: the error does not grow with the number of terms, and equal terms in equal order give
/// equal bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sum {
    total: f64,
    lost: f64,
}

impl Sum {
    /// Adds a term.
    pub fn add(&mut self, term: f64) {
        let next = self.total + term;
        self.lost += match self.total.abs() >= term.abs() {
            true => (self.total - next) + term,
            false => (term - next) + self.total,
        };
        self.total = next;
    }

    /// The sum of the terms added.
    pub fn get(self) -> f64 {
        self.total + self.lost
    }
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = Self::default();
        terms.into_iter().for_each(|term| sum.add(term));
        sum
    }
}

/// The weighted mean of the terms; the weights were checked. `None` stands for a weight of 1 each.
pub(crate) fn mean(terms: impl ExactSizeIterator<Item = f64>, weights: Option<&[f64]>) -> f64 {
    match weights {
        None => {
            let count = terms.len() as f64;
            terms.collect::<Sum>().get() / count
        }
        Some(weights) => {
            let weighted: Sum = terms.zip(weights).map(|(term, weight)| term * weight).collect();
            weighted.get() / weights.iter().copied().collect::<Sum>().get()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_terms_survive_large_ones() {
        assert_eq!([1.0, 1e100, 1.0, -1e100].into_iter().collect::<Sum>().get(), 2.0);
        assert_eq!(std::iter::repeat_n(0.1, 1_000_000).collect::<Sum>().get(), 100_000.0);
    }

    #[test]
    fn a_weight_of_two_counts_as_two_rows() {
        let twice = mean([1.0, 4.0, 4.0].into_iter(), None);
        assert_eq!(mean([1.0, 4.0].into_iter(), Some(&[1.0, 2.0])), twice);
    }
}
