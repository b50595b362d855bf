//! Predictions, one file a kind of predictor.

mod linear;
mod logistic;
mod tree;

pub use linear::Linear;
pub use logistic::Logistic;
pub use tree::{DecisionTree, Split, TreeNode};

use crate::{Block, Features};
use rayon::prelude::*;

/// What a model says about rows.
#[derive(Clone, Debug, PartialEq)]
pub enum Prediction {
    /// A class.
    Class {
        /// The class of each row, as position in `classes`.
        codes: Vec<u32>,
        /// For each class, in the order of `classes`, its probability in each row.
        probabilities: Option<Vec<Vec<f64>>>,
        /// The classes, sorted.
        classes: Vec<String>,
    },
    /// A number.
    Value(Vec<f64>),
}

/// Collects what `predict` finds in each block, in the order of the rows: the class and the probabilities.
fn classify(
    features: &Features,
    classes: &[String],
    predict: impl Fn(&Block, &mut Vec<u32>, &mut [Vec<f64>]) + Sync,
) -> Prediction {
    let parts: Vec<(Vec<u32>, Vec<Vec<f64>>)> = features
        .blocks()
        .par_iter()
        .map(|block| {
            let mut codes = Vec::with_capacity(block.len());
            let mut probabilities = vec![Vec::with_capacity(block.len()); classes.len()];
            predict(block, &mut codes, &mut probabilities);
            (codes, probabilities)
        })
        .collect();
    let mut codes = Vec::with_capacity(features.rows());
    let mut probabilities = vec![Vec::with_capacity(features.rows()); classes.len()];
    for (part, shares) in parts {
        codes.extend(part);
        probabilities.iter_mut().zip(shares).for_each(|(all, share)| all.extend(share));
    }
    Prediction::Class { codes, probabilities: Some(probabilities), classes: classes.to_vec() }
}
