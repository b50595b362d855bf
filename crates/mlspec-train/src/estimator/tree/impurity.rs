//! How the mixture of labels in a node is measured.

use super::Criterion;

impl Criterion {
    /// The impurity of sums over rows: the weights by class, or of numbers the weighted labels and their squares.
    pub(super) fn impurity(self, sums: &[f64], weight: f64) -> f64 {
        if !(weight > 0.0) {
            return 0.0;
        }
        let shares = || sums.iter().map(|sum| sum / weight);
        match self {
            Self::Auto | Self::Gini => 1.0 - shares().map(|p| p * p).sum::<f64>(),
            Self::Entropy => -shares().filter(|&p| p > 0.0).map(|p| p * p.log2()).sum::<f64>(),
            Self::SquaredError => match sums {
                [sum, squares] => (squares / weight - (sum / weight).powi(2)).max(0.0),
                _ => 0.0,
            },
        }
    }
}
