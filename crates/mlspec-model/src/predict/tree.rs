//! A binary tree of thresholds.

use super::{Predict, classify, logistic::argmax};
use crate::model::check_classes;
use crate::{Features, ModelError, Prediction, format::tidy};
use serde::{Deserialize, Serialize};

/// A decision tree for classes. The first node is the root; children stand after their parents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecisionTree {
    /// The classes, sorted.
    pub classes: Vec<String>,
    /// The class that counts as positive, if there are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<u32>,
    /// The nodes.
    pub nodes: Vec<TreeNode>,
}

/// A node: a question or a leaf.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TreeNode {
    /// The question; a leaf has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub split: Option<Split>,
    /// In a leaf, the share of each class among its rows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub probabilities: Vec<f64>,
    /// How many rows of the fit reached it.
    pub rows: u64,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Split {
    /// The feature.
    pub feature: u32,
    /// Rows whose feature is at most this go left, the others right.
    pub threshold: f64,
    /// The left child's position.
    pub left: u32,
    /// The right child's position.
    pub right: u32,
    /// Whether rows without a value (NaN) go left; else right.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub missing_left: bool,
}

impl Predict for DecisionTree {
    fn check(&mut self, features: usize) -> Result<(), ModelError> {
        check_classes(&self.classes, self.positive)?;
        let mut parents = vec![0_u8; self.nodes.len()];
        let classes = self.classes.len();
        for (at, node) in self.nodes.iter_mut().enumerate() {
            match &mut node.split {
                Some(split) => split.check(at, features, &mut parents)?,
                None => check_leaf(&mut node.probabilities, classes)?,
            }
        }
        match parents.split_first() {
            None => Err(ModelError::invalid("model", "the tree has no node")),
            Some((_, rest)) if rest.iter().all(|&count| count == 1) => Ok(()),
            Some(_) => Err(disconnected()),
        }
    }

    fn predict(&self, features: &Features) -> Prediction {
        classify(features, &self.classes, |block, codes, probabilities| {
            let mut dense = vec![0.0; features.columns()];
            for row in block.rows() {
                row.indices.iter().zip(row.values).for_each(|(&at, &value)| dense[at as usize] = value);
                let shares = self.leaf(&dense);
                codes.push(argmax(shares));
                probabilities.iter_mut().zip(shares).for_each(|(all, &share)| all.push(share));
                row.indices.iter().for_each(|&at| dense[at as usize] = 0.0);
            }
        })
    }

    fn parameters(&self) -> u64 {
        let count = |node: &TreeNode| if node.split.is_some() { 2 } else { node.probabilities.len() as u64 };
        self.nodes.iter().map(count).sum()
    }

    fn classes(&self) -> &[String] {
        &self.classes
    }

    fn positive(&self) -> Option<u32> {
        self.positive
    }

    fn accepts_missing(&self) -> bool {
        true
    }
}

impl DecisionTree {
    /// The shares of the leaf that this row reaches. The checks of [`Predict::check`] hold, so it ends.
    fn leaf(&self, row: &[f64]) -> &[f64] {
        let mut node = &self.nodes[0];
        while let Some(split) = &node.split {
            let value = row[split.feature as usize];
            let left = value <= split.threshold || (split.missing_left && value.is_nan());
            node = &self.nodes[if left { split.left } else { split.right } as usize];
        }
        &node.probabilities
    }
}

fn disconnected() -> ModelError {
    ModelError::invalid("model", "nodes form no tree: each node but the first has one parent before it")
}

impl Split {
    fn check(&mut self, at: usize, features: usize, parents: &mut [u8]) -> Result<(), ModelError> {
        if self.feature as usize >= features {
            return Err(ModelError::invalid("model", "a node asks for a feature beyond the last"));
        }
        tidy(std::slice::from_mut(&mut self.threshold), "model")?;
        for child in [self.left, self.right] {
            let count = parents.get_mut(child as usize).filter(|_| child as usize > at).ok_or_else(disconnected)?;
            *count = count.saturating_add(1);
        }
        Ok(())
    }
}

fn check_leaf(probabilities: &mut [f64], classes: usize) -> Result<(), ModelError> {
    if probabilities.len() != classes {
        return Err(ModelError::invalid("model", "a leaf has a probability for each class"));
    }
    tidy(probabilities, "model")?;
    let sum: f64 = probabilities.iter().sum();
    if probabilities.iter().all(|p| (0.0..=1.0).contains(p)) && (sum - 1.0).abs() < 1e-6 {
        Ok(())
    } else {
        Err(ModelError::invalid("model", "the probabilities of a leaf are not shares that add up to 1"))
    }
}
