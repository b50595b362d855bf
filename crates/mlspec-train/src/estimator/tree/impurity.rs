//! How mixed the classes of a node are.

use super::Criterion;

impl Criterion {
    /// The impurity of rows whose weights by class are these and add up to `total`.
    pub(super) fn impurity(self, weights: &[f64], total: f64) -> f64 {
        if !(total > 0.0) {
            return 0.0;
        }
        let shares = weights.iter().map(|weight| weight / total);
        match self {
            Self::Gini => 1.0 - shares.map(|share| share * share).sum::<f64>(),
            Self::Entropy => -shares.filter(|share| *share > 0.0).map(|share| share * share.log2()).sum::<f64>(),
        }
    }
}
