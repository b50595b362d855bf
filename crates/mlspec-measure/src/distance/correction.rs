//! Many tests at once: corrected probabilities.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How probabilities are corrected where several are looked at together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Correction {
    /// Not at all: of twenty tests without anything to find, one is expected below 0.05.
    None,
    /// Times their number; bounds the probability of any false alarm.
    Bonferroni,
    /// Holm's steps down; bounds the probability of any false alarm, and finds more than Bonferroni's.
    Holm,
    /// Benjamini and Hochberg's steps up; bounds the expected share of false alarms among all.
    #[default]
    BenjaminiHochberg,
}

impl Correction {
    /// The corrected probabilities, in the order given; each is to be held against the level as it is.
    pub fn adjust(self, p_values: &[f64]) -> Vec<f64> {
        let count = p_values.len();
        let mut order: Vec<usize> = (0..count).collect();
        order.sort_by(|&a, &b| p_values[a].total_cmp(&p_values[b]));
        let mut adjusted = p_values.to_vec();
        match self {
            Self::None => {}
            Self::Bonferroni => adjusted.iter_mut().for_each(|p| *p = (*p * count as f64).min(1.0)),
            Self::Holm => {
                let mut most = 0.0_f64;
                for (rank, &at) in order.iter().enumerate() {
                    most = most.max((p_values[at] * (count - rank) as f64).min(1.0));
                    adjusted[at] = most;
                }
            }
            Self::BenjaminiHochberg => {
                let mut least = 1.0_f64;
                for (rank, &at) in order.iter().enumerate().rev() {
                    least = least.min(p_values[at] * count as f64 / (rank + 1) as f64);
                    adjusted[at] = least;
                }
            }
        }
        adjusted
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::near;

    #[test]
    fn values_are_those_of_statsmodels() {
        let found = [0.01, 0.02, 0.03, 0.5, 0.005];
        for (correction, expect) in [
            (Correction::None, found),
            (Correction::Bonferroni, [0.05, 0.1, 0.15, 1.0, 0.025]),
            (Correction::Holm, [0.04, 0.06, 0.06, 0.5, 0.025]),
            (Correction::BenjaminiHochberg, [0.025, 0.1 / 3.0, 0.0375, 0.5, 0.025]),
        ] {
            correction.adjust(&found).into_iter().zip(expect).for_each(|(found, expect)| near(found, expect, 1e-12));
        }
        assert_eq!(Correction::Holm.adjust(&[]), Vec::<f64>::new());
    }
}
