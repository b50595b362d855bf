//! How much the rows of each class count.

use crate::sample::Classes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How much the rows of each class count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClassWeight {
    /// As their weights say.
    #[default]
    None,
    /// Each class as much as every other.
    Balanced,
}

impl ClassWeight {
    /// By what the weights of each class's rows are multiplied. Balanced weights add up to the same total.
    pub(crate) fn factors(self, classes: &Classes<'_>) -> Vec<f64> {
        let total: f64 = classes.weights.iter().sum();
        let balanced = |weight: &f64| total / (classes.weights.len() as f64 * weight);
        match self {
            Self::None => vec![1.0; classes.weights.len()],
            Self::Balanced => classes.weights.iter().map(balanced).collect(),
        }
    }
}
