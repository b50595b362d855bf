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

impl Prediction {
    /// Adds what the same model says about more rows.
    pub(crate) fn append(&mut self, more: Self) {
        match (self, more) {
            (Self::Class { codes, probabilities, .. }, Self::Class { codes: others, probabilities: shares, .. }) => {
                codes.extend(others);
                let all = probabilities.iter_mut().flatten();
                all.zip(shares.into_iter().flatten()).for_each(|(all, share)| all.extend(share));
            }
            (Self::Value(values), Self::Value(others)) => values.extend(others),
            _ => debug_assert!(false, "a prediction of another kind"),
        }
    }
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
