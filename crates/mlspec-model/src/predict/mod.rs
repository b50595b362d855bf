//! Predictions, one file a kind of predictor: what implements [`Predict`], and stands in the list below.

mod k_means;
mod k_neighbors;
mod linear;
mod linear_classifier;
mod logistic;
mod mlp;
mod naive_bayes;
mod tree;
mod trees;

pub use k_means::KMeans;
pub use k_neighbors::{KNeighbors, Metric, NeighborWeights};
pub use linear::Linear;
pub use linear_classifier::LinearClassifier;
pub use logistic::Logistic;
pub use mlp::{Activation, Layer, Mlp};
pub use naive_bayes::{DiscreteNb, GaussianNb};
pub use tree::{DecisionTree, Split, TreeNode};
pub use trees::{Known, Link, Tree, Trees};

use crate::{Block, Features, ModelError};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// What every kind of predictor can do.
pub(crate) trait Predict {
    /// Checks that the numbers fit together and to rows of this many features; tidies them as canonical JSON writes them.
    fn check(&mut self, features: usize) -> Result<(), ModelError>;

    /// Predicts all rows, in parallel, the same on any number of threads. Rows have the right number of features; none is
    /// infinite, and none is NaN unless the predictor accepts missing values.
    fn predict(&self, features: &Features) -> Prediction;

    /// How many numbers were fitted.
    fn parameters(&self) -> u64;

    /// The classes of a classifier, sorted.
    fn classes(&self) -> &[String] {
        &[]
    }

    /// The class that counts as positive, if there are two.
    fn positive(&self) -> Option<u32> {
        None
    }

    /// Whether rows may have missing values, which are NaN.
    fn accepts_missing(&self) -> bool {
        false
    }

    /// The linear functions that it predicts by.
    fn linear_functions(&self) -> Vec<LinearFunction<'_>> {
        Vec::new()
    }

    /// The same for rows whose feature `i` is the old feature `places[i]`, or a new one that has no say yet.
    fn rearranged(&self, _places: &[Option<usize>]) -> Option<Predictor> {
        None
    }
}

/// A linear function of the features.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinearFunction<'a> {
    /// The class that it speaks for, where there are several functions.
    pub class: Option<&'a str>,
    /// One a feature.
    pub coefficients: &'a [f64],
    /// The value where all features are zero.
    pub intercept: f64,
}

/// Makes the kinds of predictors one enum.
macro_rules! predictors {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        /// How a model predicts.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type", rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Predictor {
            $($(#[$doc])* $name($name),)*
        }

        impl Predictor {
            pub(crate) fn form(&self) -> &dyn Predict {
                match self {
                    $(Self::$name(form) => form,)*
                }
            }

            pub(crate) fn form_mut(&mut self) -> &mut dyn Predict {
                match self {
                    $(Self::$name(form) => form,)*
                }
            }
        }
    };
}

predictors! {
    /// The nearest of some centres.
    KMeans,
    /// The rows that are nearest.
    KNeighbors,
    /// A linear function.
    Linear,
    /// Linear functions that decide, without probabilities.
    LinearClassifier,
    /// The logistic or softmax function of linear functions.
    Logistic,
    /// A multilayer perceptron.
    Mlp,
    /// Naive Bayes for counts, or for features that are present or not.
    DiscreteNb,
    /// Naive Bayes for numbers.
    GaussianNb,
    /// A binary tree of thresholds.
    DecisionTree,
    /// Many trees whose leaves are added or averaged.
    Trees,
}

/// Coefficients in the order of other features; those of new ones are 0.
pub(crate) fn moved(coefficients: &[f64], places: &[Option<usize>]) -> Vec<f64> {
    places.iter().map(|place| place.and_then(|at| coefficients.get(at).copied()).unwrap_or(0.0)).collect()
}

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
    /// A cluster.
    Cluster {
        /// The cluster of each row, from 0.
        codes: Vec<u32>,
        /// The Euclidean distance of each row to the centre of its cluster.
        distances: Vec<f64>,
        /// How many clusters there are.
        clusters: u32,
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
            (Self::Cluster { codes, distances, .. }, Self::Cluster { codes: others, distances: more, .. }) => {
                codes.extend(others);
                distances.extend(more);
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
