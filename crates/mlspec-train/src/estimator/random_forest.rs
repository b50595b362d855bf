//! A random forest on binned features.

mod grow;

use super::{ClassWeight, Criterion, Estimate, Fitted, Importance, outside};
use crate::histogram::{Binned, BinningOptions, draw, unit};
use crate::{Sample, TrainError};
use grow::{Counting, Entry, Growing, Measure};
use mlspec_model::{Known, Link, Model, Predictor, Target, Tree, Trees};
use mlspec_record::body::{Guarantee, ImportanceMeasure};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A forest of trees, each grown on rows drawn by the hash of their ids, as scikit-learn's `RandomForestClassifier` and `-Regressor`:
/// the label decides which. Missing values (NaN) go to the side that lowers the impurity most; where a node has none, with most rows.
///
/// Splits are searched between at most 255 bins of a feature, and a row is drawn as often as a Poisson draw of mean 1 says: so a row
/// that comes or goes changes no other row's part. The result depends on `random_state` and row ids alone, not on threads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RandomForest {
    /// How many trees, from 1 to 100,000.
    #[schemars(range(min = 1, max = 100_000))]
    pub n_estimators: u32,
    /// How the mixture of labels in a node is measured.
    pub criterion: Criterion,
    /// The most questions from the root to a leaf, from 1 to 1000; null for no limit but that.
    #[schemars(range(min = 1, max = 1000))]
    pub max_depth: Option<u32>,
    /// The fewest rows that a node must have to be split, at least 2; a row counts once, however often it is drawn.
    #[schemars(extend("minimum" = 2))]
    pub min_samples_split: u32,
    /// The fewest rows that a leaf must have, at least 1.
    #[schemars(extend("minimum" = 1))]
    pub min_samples_leaf: u32,
    /// How many features each split chooses from.
    pub max_features: MaxFeatures,
    /// Whether each tree grows on rows drawn for it; else on all.
    pub bootstrap: bool,
    /// The most bins of a feature, from 2 to 255; missing values have one more.
    #[schemars(range(min = 2, max = 255))]
    pub max_bins: u32,
    /// How much the rows of each class count.
    pub class_weight: ClassWeight,
    /// The seed of all draws.
    pub random_state: u32,
}

/// How many features a split chooses from.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum MaxFeatures {
    /// This share of them, above 0 and at most 1.
    Share(f64),
    /// As many as the number of features says.
    Rule(MaxFeaturesRule),
}

/// A number of features by rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MaxFeaturesRule {
    /// `sqrt` for classes, all for numbers.
    Auto,
    /// The square root of their number.
    Sqrt,
    /// The binary logarithm of their number.
    Log2,
}

impl Default for RandomForest {
    fn default() -> Self {
        Self {
            n_estimators: 100,
            criterion: Criterion::Auto,
            max_depth: None,
            min_samples_split: 2,
            min_samples_leaf: 1,
            max_features: MaxFeatures::Rule(MaxFeaturesRule::Auto),
            bootstrap: true,
            max_bins: 255,
            class_weight: ClassWeight::None,
            random_state: 0,
        }
    }
}

impl MaxFeatures {
    fn count(self, features: usize, classes: bool) -> usize {
        let all = features as f64;
        let count = match self {
            Self::Share(share) => all * share,
            Self::Rule(MaxFeaturesRule::Auto) if !classes => all,
            Self::Rule(MaxFeaturesRule::Auto | MaxFeaturesRule::Sqrt) => all.sqrt(),
            Self::Rule(MaxFeaturesRule::Log2) => all.log2(),
        };
        (count as usize).clamp(1, features.max(1))
    }
}

/// The purposes of draws.
const ROW_DRAW: u64 = 0x726f_7773;
const FEATURE_DRAW: u64 = 0x666f_7265;

/// Up to how many bytes rows are kept as columns, which is faster than lists.
const COLUMN_BYTES: usize = 1 << 30;

impl RandomForest {
    /// The estimator's name.
    pub const NAME: &str = "random_forest";

    fn measure(&self, sample: &Sample<'_>) -> Result<Measure, TrainError> {
        self.criterion.check_label(Self::NAME, sample)?;
        let entropy = self.criterion == Criterion::Entropy;
        Ok(match sample.target() {
            // The Gini impurity of two classes is twice the variance of 0 and 1.
            Some(Target::Class { classes, .. }) if classes.len() > 2 || entropy => {
                Measure::Classes { classes: classes.len(), entropy }
            }
            _ => Measure::Variance,
        })
    }

    /// The rows that a tree grows on.
    fn entries(&self, sample: &Sample<'_>, tree: u64, weights: &[f32], labels: &[f64]) -> Vec<Entry> {
        let seed = u64::from(self.random_state);
        let entry = |row: usize| {
            let times = match self.bootstrap {
                true => poisson(unit(draw(ROW_DRAW, seed, tree, sample.id(row)))),
                false => 1,
            };
            let weight = weights.get(row).copied().unwrap_or(1.0) * times as f32;
            (weight > 0.0).then_some(Entry { row: row as u32, weight, label: labels[row] })
        };
        (0..labels.len()).filter_map(entry).collect()
    }
}

/// How often a row is drawn where the mean is 1, from a number from 0 up to below 1.
fn poisson(unit: f64) -> u32 {
    let (mut count, mut term, mut sum) = (0, (-1.0_f64).exp(), (-1.0_f64).exp());
    while unit >= sum && count < 20 {
        count += 1;
        term /= f64::from(count);
        sum += term;
    }
    count
}

/// The weights of rows and classes together, none where all are 1; the greatest is between 1 and 2.
fn weights(sample: &Sample<'_>, class_weight: ClassWeight) -> Result<Vec<f32>, TrainError> {
    let rows = sample.features().rows();
    let weights: Vec<f64> = match (class_weight, sample.target()) {
        (ClassWeight::Balanced, Some(Target::Class { .. })) => {
            let classes = sample.classes(RandomForest::NAME)?;
            let factors = class_weight.factors(&classes);
            (0..rows).map(|row| sample.weight(row) * factors[classes.codes[row] as usize]).collect()
        }
        _ if !sample.has_weights() => return Ok(Vec::new()),
        _ => (0..rows).map(|row| sample.weight(row)).collect(),
    };
    let greatest = weights.iter().copied().fold(0.0, f64::max);
    // A power of two, so that whole numbers stay whole.
    let scale = 2.0_f64.powi(-(greatest.log2().floor() as i32).clamp(-1000, 1000));
    Ok(weights.iter().map(|weight| (weight * scale) as f32).collect())
}

impl Estimate for RandomForest {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn check(&self) -> Result<(), TrainError> {
        let depth = self.max_depth.unwrap_or(1);
        let trees = self.n_estimators;
        match self.max_features {
            MaxFeatures::Share(share) if !(share > 0.0 && share <= 1.0) => {
                return Err(outside("max_features", "above 0 and at most 1, or `sqrt`, `log2` or `auto`", share));
            }
            _ => {}
        }
        match () {
            () if !(1..=100_000).contains(&trees) => Err(outside("n_estimators", "from 1 to 100000", trees.into())),
            () if !(1..=1000).contains(&depth) => Err(outside("max_depth", "from 1 to 1000", depth.into())),
            () if self.min_samples_split < 2 => {
                Err(outside("min_samples_split", "at least 2", self.min_samples_split.into()))
            }
            () if self.min_samples_leaf < 1 => Err(outside("min_samples_leaf", "at least 1", 0.0)),
            () if !(2..=255).contains(&self.max_bins) => {
                Err(outside("max_bins", "from 2 to 255", self.max_bins.into()))
            }
            () => Ok(()),
        }
    }

    fn fit(&self, sample: &Sample<'_>, _: Option<&Model>) -> Result<Fitted, TrainError> {
        let measure = self.measure(sample)?;
        let features = sample.features();
        let labels: Vec<f64> = match sample.target() {
            Some(Target::Class { .. }) => {
                sample.classes(Self::NAME)?.codes.iter().map(|&code| f64::from(code)).collect()
            }
            _ => sample.values(Self::NAME)?.to_vec(),
        };
        let lists = features.rows().saturating_mul(features.columns()) > COLUMN_BYTES;
        let options = BinningOptions { lists, ..BinningOptions::new(self.max_bins as usize, self.random_state.into()) };
        let binned = Binned::new(sample, &options)?;
        let weights = weights(sample, self.class_weight)?;
        let is_classes = matches!(sample.target(), Some(Target::Class { .. }));
        let growing = Growing {
            binned: &binned,
            measure,
            max_depth: self.max_depth.unwrap_or(1000),
            min_samples_split: self.min_samples_split as usize,
            min_samples_leaf: f64::from(self.min_samples_leaf),
            max_features: self.max_features.count(binned.columns.len() + binned.listed.len(), is_classes),
            seed: self.random_state.into(),
            purpose: FEATURE_DRAW,
        };
        let grown: Vec<(Tree, Vec<f64>)> = (0..self.n_estimators)
            .into_par_iter()
            .with_max_len(1)
            .map(|tree| {
                let entries = self.entries(sample, tree.into(), &weights, &labels);
                Counting::new(&growing, tree.into()).grow(entries, &labels)
            })
            .collect();
        let mut decreases = vec![0.0; features.columns()];
        let mut trees = Vec::with_capacity(grown.len());
        for (tree, decrease) in grown {
            decreases.iter_mut().zip(decrease).for_each(|(sum, decrease)| *sum += decrease);
            trees.push(tree);
        }
        let trees = match sample.target() {
            Some(Target::Class { classes, positive, .. }) => {
                Trees::for_classes(Link::Share, (classes.clone(), *positive), Vec::new(), trees, &Known::new())
            }
            _ => Trees::for_numbers(Link::Mean, 0.0, trees, &Known::new()),
        };
        let model = Model::new(Self::NAME, features.columns(), Predictor::Trees(trees?))?;
        let importance = Importance::shares(ImportanceMeasure::Impurity, decreases);
        Ok(Fitted { importance, ..Fitted::of(model) })
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
