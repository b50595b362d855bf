//! A decision tree (CART), deterministic and parallel over features.

mod grow;
mod impurity;

use super::{ClassWeight, Estimate, Fitted, Importance, outside};
use crate::{Sample, TrainError};
use grow::{Grower, Grown, Labels};
use mlspec_model::{DecisionTree as ClassTree, Known, Link, Model, Predictor, Target, Tree, TreeNode, Trees};
use mlspec_record::body::{Guarantee, ImportanceMeasure};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most values that rows may have when they are made dense.
const MAX_VALUES: usize = 100_000_000;

/// A decision tree for classes or numbers, as scikit-learn's `DecisionTreeClassifier` and `-Regressor`: the label decides which. Of
/// equally good splits it takes that of the first feature, then of the least threshold; there is nothing random. Missing values (NaN)
/// go to the side that lowers the impurity most; where a node has none, with most rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DecisionTree {
    /// How the mixture of labels in a node is measured.
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
    /// How much the rows of each class count.
    pub class_weight: ClassWeight,
}

/// How the mixture of labels in a node is measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Criterion {
    /// `gini` of classes, `squared_error` of numbers.
    #[default]
    Auto,
    /// Of classes: `1 - Σ p²`.
    Gini,
    /// Of classes: `-Σ p log₂ p`.
    Entropy,
    /// Of numbers: the variance.
    SquaredError,
}

impl Criterion {
    /// Refuses a criterion for labels of another kind.
    pub(super) fn check_label(self, estimator: &'static str, sample: &Sample<'_>) -> Result<(), TrainError> {
        match (self, sample.target()) {
            (Self::SquaredError, Some(Target::Class { .. })) => sample.values(estimator).map(drop),
            (Self::Gini | Self::Entropy, Some(Target::Value(_))) => sample.classes(estimator).map(drop),
            _ => Ok(()),
        }
    }
}

impl Default for DecisionTree {
    fn default() -> Self {
        Self {
            criterion: Criterion::Auto,
            max_depth: None,
            min_samples_split: 2,
            min_samples_leaf: 1,
            min_impurity_decrease: 0.0,
            class_weight: ClassWeight::None,
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
        self.criterion.check_label(Self::NAME, sample)?;
        match sample.target() {
            Some(Target::Value(labels)) => self.fit_numbers(sample, labels),
            _ => self.fit_classes(sample),
        }
    }

    fn accepts_missing(&self) -> bool {
        true
    }
}

impl DecisionTree {
    fn fit_classes(&self, sample: &Sample<'_>) -> Result<Fitted, TrainError> {
        let classes = sample.classes(Self::NAME)?;
        let factors = self.class_weight.factors(&classes);
        let codes = classes.codes.iter().enumerate();
        let weights = codes.map(|(row, &code)| sample.weight(row) * factors[code as usize]).collect();
        let labels = Labels::Classes(classes.codes, classes.names.len());
        let (nodes, decreases) = Grower::new(self, self.criterion, sample, (labels, weights), MAX_VALUES)?.grow();
        let node = |Grown { split, sums, rows, .. }: Grown| {
            let total: f64 = sums.iter().sum();
            let leaf = split.is_none();
            TreeNode { probabilities: sums.iter().filter(|_| leaf).map(|sum| sum / total).collect(), split, rows }
        };
        let nodes = nodes.into_iter().map(node).collect();
        let tree = ClassTree { classes: classes.names.to_vec(), positive: classes.positive, nodes };
        self.fitted(sample, Predictor::DecisionTree(tree), decreases)
    }

    fn fit_numbers(&self, sample: &Sample<'_>, labels: &[f64]) -> Result<Fitted, TrainError> {
        let weights: Vec<f64> = (0..labels.len()).map(|row| sample.weight(row)).collect();
        let total: f64 = weights.iter().sum();
        // Labels around 0 and of size 1: squares lose no digits.
        let mean: f64 = labels.iter().zip(&weights).map(|(label, weight)| label * (weight / total)).sum();
        let greatest = labels.iter().map(|label| (label - mean).abs()).fold(0.0, f64::max);
        let scale = if greatest > 0.0 { greatest } else { 1.0 };
        if !(mean.is_finite() && scale.is_finite()) {
            return Err(TrainError::Overflow);
        }
        let scaled = Labels::Numbers(labels.iter().map(|label| (label - mean) / scale).collect());
        let settings = Self { min_impurity_decrease: self.min_impurity_decrease / scale / scale, ..self.clone() };
        let grower = Grower::new(&settings, Criterion::SquaredError, sample, (scaled, weights), MAX_VALUES)?;
        let (nodes, decreases) = grower.grow();
        let mut tree = Tree::default();
        let mut places = vec![0; nodes.len()];
        for (node, at) in nodes.iter().zip(0..) {
            match &node.split {
                None => tree.leaf(places[at], &[mean + scale * (node.sums[0] / node.weight)]),
                Some(split) => {
                    let child = tree.split(places[at], split.feature, split.threshold, split.missing_left);
                    (places[split.left as usize], places[split.right as usize]) = (child, child + 1);
                }
            }
        }
        let trees = Trees::for_numbers(Link::Mean, 0.0, vec![tree], &Known::new())?;
        self.fitted(sample, Predictor::Trees(trees), decreases)
    }

    fn fitted(&self, sample: &Sample<'_>, predictor: Predictor, decreases: Vec<f64>) -> Result<Fitted, TrainError> {
        let model = Model::new(Self::NAME, sample.features().columns(), predictor)?;
        let importance = Importance::shares(ImportanceMeasure::Impurity, decreases);
        Ok(Fitted { importance, ..Fitted::of(model) })
    }
}

#[cfg(test)]
mod tests;
