//! A decision tree for classes (CART), deterministic and parallel over features.

mod grow;
mod impurity;

use super::{Estimate, Fitted, outside};
use crate::{Sample, TrainError};
use grow::Grower;
use mlspec_model::{DecisionTree as Tree, Model, Predictor};
use mlspec_record::body::Guarantee;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most values that rows may have when they are made dense.
const MAX_VALUES: usize = 100_000_000;

/// A decision tree for classes, as scikit-learn's `DecisionTreeClassifier`. Of equally good splits it takes that of the
/// first feature, then of the least threshold; there is nothing random.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DecisionTree {
    /// How the mixture of classes in a node is measured.
    pub criterion: Criterion,
    /// The most questions from the root to a leaf, from 1 to 1000; without it, as many as the rows ask for, up to 1000.
    #[schemars(range(min = 1, max = 1000))]
    pub max_depth: Option<u32>,
    /// The fewest rows that a node must have to be split, at least 2.
    #[schemars(extend("minimum" = 2))]
    pub min_samples_split: u32,
    /// The fewest rows that a leaf must have, at least 1.
    #[schemars(extend("minimum" = 1))]
    pub min_samples_leaf: u32,
    /// How much a split must lower the impurity, weighted by the node's share of all rows; 0 or more.
    #[schemars(extend("minimum" = 0))]
    pub min_impurity_decrease: f64,
}

/// How the mixture of classes in a node is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// `1 - Σ p²`.
    #[default]
    Gini,
    /// `-Σ p log₂ p`.
    Entropy,
}

impl Default for DecisionTree {
    fn default() -> Self {
        Self {
            criterion: Criterion::Gini,
            max_depth: None,
            min_samples_split: 2,
            min_samples_leaf: 1,
            min_impurity_decrease: 0.0,
        }
    }
}

impl DecisionTree {
    /// The estimator's name.
    pub const NAME: &str = "decision_tree";

    /// The deepest tree.
    pub(crate) const MAX_DEPTH: u32 = 1000;
}

impl Estimate for DecisionTree {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn check(&self) -> Result<(), TrainError> {
        let depth = self.max_depth.unwrap_or(Self::MAX_DEPTH);
        match () {
            () if !(1..=Self::MAX_DEPTH).contains(&depth) => Err(outside("max_depth", "from 1 to 1000", depth.into())),
            () if self.min_samples_split < 2 => {
                Err(outside("min_samples_split", "at least 2", self.min_samples_split.into()))
            }
            () if self.min_samples_leaf < 1 => {
                Err(outside("min_samples_leaf", "at least 1", self.min_samples_leaf.into()))
            }
            () if !(self.min_impurity_decrease >= 0.0 && self.min_impurity_decrease.is_finite()) => {
                Err(outside("min_impurity_decrease", "0 or more", self.min_impurity_decrease))
            }
            () => Ok(()),
        }
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::Retrained
    }

    fn fit(&self, sample: &Sample<'_>, _: Option<&Model>) -> Result<Fitted, TrainError> {
        let classes = sample.classes(Self::NAME)?;
        let nodes = Grower::new(self, sample, &classes, MAX_VALUES)?.grow();
        let tree = Tree { classes: classes.names.to_vec(), positive: classes.positive, nodes };
        let model = Model::new(Self::NAME, sample.features().columns(), Predictor::DecisionTree(tree))?;
        Ok(Fitted::of(model))
    }
}

#[cfg(test)]
mod tests;
