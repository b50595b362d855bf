//! Many binary trees whose leaves are summed or averaged: boosting, forests, and single trees for numbers.

mod layout;
mod packed;
mod walk;

pub use layout::Tree;

use super::{Predict, classify, logistic};
use crate::model::check_classes;
use crate::{Block, Features, ModelError, Prediction, format::tidy};
use layout::{Layout, Node};
use rayon::prelude::*;
use serde::{Deserialize, Serialize, Serializer};
use std::collections::BTreeMap;

/// How the leaves that a row reaches become a prediction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Link {
    /// The number `base + Σ leaf`.
    Sum,
    /// The number `exp(base + Σ leaf)`.
    Exp,
    /// The mean of the leaves, a number.
    Mean,
    /// Of two classes the second has the probability `1 / (1 + exp(-(base + Σ leaf)))`.
    Logistic,
    /// Probabilities are the softmax of a sum for each class; tree `t` counts for class `t mod classes`.
    Softmax,
    /// Probabilities are the mean of those in the leaves. With two classes a leaf holds that of the second.
    Share,
}

/// Trees of questions, with a number or a probability for each class in the leaves. Rows with missing values (NaN) go where the fit
/// sent such rows, or where most rows went.
///
/// The document holds bytes, since forests have millions of nodes: see the README.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "packed::Packed")]
pub struct Trees {
    classes: Vec<String>,
    positive: Option<u32>,
    link: Link,
    base: Vec<f64>,
    layout: Layout,
}

impl Serialize for Trees {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        packed::Packed::of(self).serialize(serializer)
    }
}

/// The categories that a fit knew of features with questions for categories, ascending; others count as missing.
pub type Known = BTreeMap<u32, Vec<u32>>;

impl Trees {
    /// Trees for numbers; `base` counts where leaves are summed.
    ///
    /// # Errors
    /// When the link is one for classes, there is no tree, a number is not finite, a question is for categories that are not known, or
    /// there are more than 2³⁰ nodes.
    pub fn for_numbers(link: Link, base: f64, trees: Vec<Tree>, known: &Known) -> Result<Self, ModelError> {
        let base = if link == Link::Mean { Vec::new() } else { vec![base] };
        let layout = Layout::of(trees, 1, known)?;
        Self { classes: Vec::new(), positive: None, link, base, layout }.checked()
    }

    /// Trees for classes; `base` has a number for each sum that the link asks for.
    ///
    /// # Errors
    /// As [`Trees::for_numbers`], and when there are not as many classes, numbers and trees as belong together.
    pub fn for_classes(
        link: Link,
        (classes, positive): (Vec<String>, Option<u32>),
        base: Vec<f64>,
        trees: Vec<Tree>,
        known: &Known,
    ) -> Result<Self, ModelError> {
        let width = if link == Link::Share && classes.len() > 2 { classes.len() } else { 1 };
        let layout = Layout::of(trees, width, known)?;
        Self { classes, positive, link, base, layout }.checked()
    }

    /// How many trees there are.
    pub fn len(&self) -> usize {
        self.layout.roots.len()
    }

    /// Whether there is no tree, which never holds.
    pub fn is_empty(&self) -> bool {
        self.layout.roots.is_empty()
    }

    /// How many leaves all trees have.
    pub fn leaves(&self) -> usize {
        (self.layout.nodes.len() + self.layout.roots.len()) / 2
    }

    fn checked(mut self) -> Result<Self, ModelError> {
        let invalid = |reason: &str| Err(ModelError::invalid("model", reason));
        let numbers = matches!(self.link, Link::Sum | Link::Exp | Link::Mean);
        if !numbers {
            check_classes(&self.classes, self.positive)?;
        }
        let classes = self.classes.len();
        let (bases, width) = match self.link {
            Link::Sum | Link::Exp | Link::Logistic => (1, 1),
            Link::Mean => (0, 1),
            Link::Softmax => (classes, 1),
            Link::Share => (0, if classes > 2 { classes } else { 1 }),
        };
        match () {
            () if numbers && (classes > 0 || self.positive.is_some()) => invalid("trees for numbers have no classes"),
            () if self.link == Link::Logistic && classes != 2 => invalid("a logistic link has two classes"),
            () if self.base.len() != bases => invalid("there is not a base for each sum"),
            () if self.layout.width != width => invalid("leaves don't have a value for each class"),
            () if self.is_empty() => invalid("there is no tree"),
            () if self.link == Link::Softmax && !self.len().is_multiple_of(classes) => {
                invalid("there are not as many trees for each class")
            }
            () if self.link == Link::Share && !self.layout.leaves_are_shares() => {
                invalid("the probabilities of a leaf are not shares that add up to 1")
            }
            () => {
                tidy(&mut self.base, "model")?;
                Ok(self)
            }
        }
    }

    /// What the leaves that each row reaches add up to, row by row, with all values of a row beside each other.
    fn sums(&self, block: &Block, columns: usize) -> Vec<f64> {
        let groups = if self.link == Link::Softmax { self.classes.len() } else { 1 };
        walk::sums(&self.layout, block, columns, &self.base, groups)
    }

    /// Probabilities of the classes from the sums of one row.
    fn shares(&self, sums: &[f64], shares: &mut Vec<f64>) {
        shares.clear();
        let trees = self.len() as f64;
        match self.link {
            Link::Logistic => shares.extend([logistic::sigmoid(-sums[0]), logistic::sigmoid(sums[0])]),
            Link::Share if sums.len() == 1 => shares.extend([1.0 - sums[0] / trees, sums[0] / trees]),
            Link::Share => shares.extend(sums.iter().map(|sum| sum / trees)),
            _ => {
                shares.extend(sums);
                logistic::softmax(shares);
            }
        }
    }
}

impl Predict for Trees {
    fn check(&mut self, features: usize) -> Result<(), ModelError> {
        match self.layout.features.last() {
            Some(&last) if last as usize >= features => {
                Err(ModelError::invalid("model", "a node asks for a feature beyond the last"))
            }
            _ => Ok(()),
        }
    }

    fn predict(&self, features: &Features) -> Prediction {
        let columns = features.columns();
        if !self.classes.is_empty() {
            return classify(features, &self.classes, |block, codes, probabilities| {
                let sums = self.sums(block, columns);
                let mut shares = Vec::with_capacity(self.classes.len());
                for row in sums.chunks(sums.len() / block.len()) {
                    self.shares(row, &mut shares);
                    codes.push(logistic::argmax(&shares));
                    probabilities.iter_mut().zip(&shares).for_each(|(all, &share)| all.push(share));
                }
            });
        }
        let trees = self.len() as f64;
        let values = |block: &Block| {
            let mut sums = self.sums(block, columns);
            match self.link {
                Link::Exp => sums.iter_mut().for_each(|sum| *sum = sum.exp()),
                Link::Mean => sums.iter_mut().for_each(|sum| *sum /= trees),
                _ => {}
            }
            sums
        };
        let parts: Vec<Vec<f64>> = features.blocks().par_iter().map(values).collect();
        Prediction::Value(parts.concat())
    }

    fn parameters(&self) -> u64 {
        let leaf = |node: &&Node| self.layout.is_leaf(node);
        let leaves = self.layout.nodes.iter().filter(leaf).count();
        ((self.layout.nodes.len() - leaves) * 2 + leaves * self.layout.width) as u64
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

#[cfg(test)]
mod tests;
