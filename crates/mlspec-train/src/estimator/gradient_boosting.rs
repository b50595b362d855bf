//! Gradient boosting of trees on histograms.

mod boost;
mod loss;

use super::{ClassWeight, Estimate, Fitted, outside};
use crate::{Sample, TrainError};
use mlspec_model::Model;
use mlspec_record::body::Guarantee;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Gradient boosting of trees that grow on histograms, as scikit-learn's `HistGradientBoostingClassifier` and `-Regressor`: the label
/// decides which. Missing values (NaN) go to the side that lowers the loss most; where the fit has none, with most rows.
///
/// Values of a feature are put into bins, from at most about 200,000 rows drawn by hash where there are more. The result depends on
/// `random_state` and row ids alone, not on threads or the order of features of equal gain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GradientBoosting {
    /// What is minimised.
    pub loss: BoostingLoss,
    /// Which quantile `loss: quantile` predicts, from 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub quantile: Option<f64>,
    /// How much of each tree counts, above 0.
    #[schemars(extend("exclusiveMinimum" = 0))]
    pub learning_rate: f64,
    /// The most iterations, from 1 to 100,000: a tree each, or one for each of more than two classes.
    #[schemars(range(min = 1, max = 100_000))]
    pub max_iter: u32,
    /// The most leaves of a tree, at least 2; null for no limit.
    #[schemars(range(min = 2, max = 1_048_576))]
    pub max_leaf_nodes: Option<u32>,
    /// The most questions from the root to a leaf, at least 1; null for no limit.
    #[schemars(extend("minimum" = 1))]
    pub max_depth: Option<u32>,
    /// The fewest rows that a leaf must have, at least 1.
    #[schemars(extend("minimum" = 1))]
    pub min_samples_leaf: u32,
    /// The weight of the quadratic penalty of the leaves' values, 0 or more.
    #[schemars(extend("minimum" = 0))]
    pub l2_regularization: f64,
    /// The share of features that each split chooses from, above 0 and at most 1.
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))]
    pub max_features: f64,
    /// The most bins of a feature, from 2 to 255; missing values have one more.
    #[schemars(range(min = 2, max = 255))]
    pub max_bins: u32,
    /// Features that are categories, by the name of the feature or of the column that they come from. Their values must be whole
    /// numbers up to 65,535, as an ordinal encoder gives them, of at most `max_bins` kinds; negative numbers count as missing, and so
    /// do categories that the fit did not see.
    pub categorical_features: Vec<String>,
    /// By feature or column: 1 where predictions must not fall as the feature rises, -1 where they must not rise. Only with two
    /// classes (the second's probability) or numbers.
    pub monotonic_cst: BTreeMap<String, i8>,
    /// Whether to stop when the loss of rows that are kept apart falls no more.
    pub early_stopping: EarlyStopping,
    /// The share of rows that are kept apart to stop early, drawn by the hash of their ids; between 0 and 1.
    #[schemars(extend("exclusiveMinimum" = 0, "exclusiveMaximum" = 1))]
    pub validation_fraction: f64,
    /// After how many iterations without progress to stop, at least 1.
    #[schemars(extend("minimum" = 1))]
    pub n_iter_no_change: u32,
    /// How much less loss counts as progress, 0 or more.
    #[schemars(extend("minimum" = 0))]
    pub tol: f64,
    /// How much the rows of each class count.
    pub class_weight: ClassWeight,
    /// The seed of all draws.
    pub random_state: u32,
}

/// What boosting minimises.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BoostingLoss {
    /// The log loss of classes, the squared error of numbers.
    #[default]
    Auto,
    /// Of classes, two or more.
    LogLoss,
    /// Half the squared error.
    SquaredError,
    /// The absolute error: leaves hold medians.
    AbsoluteError,
    /// Half the Poisson deviance, of numbers from 0 up; predictions are `exp` of the trees' sum.
    Poisson,
    /// The pinball loss of `quantile`.
    Quantile,
}

/// Whether to stop early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum EarlyStopping {
    /// As said.
    Set(bool),
    /// If there are more than 10,000 rows.
    Auto(Automatic),
}

/// The word for what is decided by the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Automatic {
    /// As the data ask for.
    Auto,
}

impl EarlyStopping {
    fn holds(self, rows: usize) -> bool {
        match self {
            Self::Set(set) => set,
            Self::Auto(Automatic::Auto) => rows > 10_000,
        }
    }
}

impl Default for GradientBoosting {
    fn default() -> Self {
        Self {
            loss: BoostingLoss::Auto,
            quantile: None,
            learning_rate: 0.1,
            max_iter: 100,
            max_leaf_nodes: Some(31),
            max_depth: None,
            min_samples_leaf: 20,
            l2_regularization: 0.0,
            max_features: 1.0,
            max_bins: 255,
            categorical_features: Vec::new(),
            monotonic_cst: BTreeMap::new(),
            early_stopping: EarlyStopping::Auto(Automatic::Auto),
            validation_fraction: 0.1,
            n_iter_no_change: 10,
            tol: 1e-7,
            class_weight: ClassWeight::None,
            random_state: 0,
        }
    }
}

impl GradientBoosting {
    /// The estimator's name.
    pub const NAME: &str = "gradient_boosting";

    fn check_counts(&self) -> Result<(), TrainError> {
        let leaves = self.max_leaf_nodes.unwrap_or(2);
        match () {
            () if !(1..=100_000).contains(&self.max_iter) => {
                Err(outside("max_iter", "from 1 to 100000", self.max_iter.into()))
            }
            () if !(2..=1 << 20).contains(&leaves) => {
                Err(outside("max_leaf_nodes", "from 2 to 1048576", leaves.into()))
            }
            () if self.max_depth == Some(0) => Err(outside("max_depth", "at least 1", 0.0)),
            () if self.min_samples_leaf == 0 => Err(outside("min_samples_leaf", "at least 1", 0.0)),
            () if !(2..=255).contains(&self.max_bins) => {
                Err(outside("max_bins", "from 2 to 255", self.max_bins.into()))
            }
            () if self.n_iter_no_change == 0 => Err(outside("n_iter_no_change", "at least 1", 0.0)),
            () => Ok(()),
        }
    }
}

impl Estimate for GradientBoosting {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn check(&self) -> Result<(), TrainError> {
        self.check_counts()?;
        let (rate, l2, tol) = (self.learning_rate, self.l2_regularization, self.tol);
        let not_negative = |value: f64| value >= 0.0 && value.is_finite();
        let constraint = self.monotonic_cst.values().find(|sign| !(-1..=1).contains(*sign));
        let quantile = self.quantile.unwrap_or(if self.loss == BoostingLoss::Quantile { f64::NAN } else { 0.5 });
        match () {
            () if !(rate > 0.0 && rate.is_finite()) => Err(outside("learning_rate", "above 0", rate)),
            () if !not_negative(l2) => Err(outside("l2_regularization", "0 or more", l2)),
            () if !not_negative(tol) => Err(outside("tol", "0 or more", tol)),
            () if !(self.max_features > 0.0 && self.max_features <= 1.0) => {
                Err(outside("max_features", "above 0 and at most 1", self.max_features))
            }
            () if !(self.validation_fraction > 0.0 && self.validation_fraction < 1.0) => {
                Err(outside("validation_fraction", "between 0 and 1", self.validation_fraction))
            }
            () if !(0.0..=1.0).contains(&quantile) => {
                Err(outside("quantile", "from 0 to 1, and given for `loss: quantile`", quantile))
            }
            () => match constraint {
                Some(&sign) => Err(outside("monotonic_cst", "-1, 0 or 1 for each feature", sign.into())),
                None => Ok(()),
            },
        }
    }

    fn fit(&self, sample: &Sample<'_>, _: Option<&Model>) -> Result<Fitted, TrainError> {
        boost::fit(self, sample)
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::Retrained
    }

    fn accepts_missing(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
