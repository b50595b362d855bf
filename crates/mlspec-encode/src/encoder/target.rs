//! Categories by what labels are like where they stand.

use super::categories::{Categories, check_limits};
use super::{CategoryImpute, Fit, Fitting, Rows};
use crate::EncodeError;
use crate::statistics::{Moments, Needs};
use mlspec_measure::ExactSum;
use mlspec_model::{FittedEncoder, FittedLabel, RawKind, TargetColumn, TargetMeans, target_fold};
use mlspec_record::Seed;
use mlspec_table::polars::prelude::Series;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// How far the mean of a category's labels is drawn to that of all: as much as this many rows, or as their variances say.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Smooth {
    /// As much as this many rows with the mean of all.
    Rows(f64),
    /// `auto`.
    Auto(Auto),
}

/// As the data say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Auto {
    /// As the data say.
    #[default]
    Auto,
}

/// What labels are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetType {
    /// As the label was declared.
    #[default]
    Auto,
    /// One of two classes: the feature is the share of the positive one.
    Binary,
    /// Numbers: the feature is their mean.
    Continuous,
    /// One of several classes: a feature for each, its share.
    Multiclass,
}

/// Categories by what labels are like where they stand, as scikit-learn's `TargetEncoder`. Null is a category; any other that the fitted
/// rows don't have gets what all rows together have.
///
/// The rows that are fitted on get what the other folds say, so that a feature does not tell the row's own label. The fold of a row is
/// a hash of its id and `seed`: rows that come or go don't move others. (scikit-learn counts rows off, in classes.)
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TargetEncoder {
    /// The columns of texts, integers, booleans or dates.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// What labels are; anything else is an error.
    #[serde(default)]
    pub target_type: TargetType,
    /// How far the mean of a category is drawn to that of all.
    #[serde(default = "auto")]
    pub smooth: Smooth,
    /// How many folds there are, from 2 to 100.
    #[serde(default = "five")]
    #[schemars(extend("minimum" = 2, "maximum" = 100))]
    pub cv: u32,
    /// What folds are drawn with.
    #[serde(default)]
    pub seed: Seed,
    /// What stands for null; without it, null is a category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<CategoryImpute>,
    /// Categories of fewer rows are as those that the fitted rows don't have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 1))]
    pub min_frequency: Option<u64>,
}

fn auto() -> Smooth {
    Smooth::Auto(Auto::Auto)
}

fn five() -> u32 {
    5
}

/// The labels of the fitted rows.
enum Labels {
    Numbers(Vec<f64>),
    /// The feature of which each row is one; of two classes, the row is one or none.
    Classes(Vec<Option<usize>>, usize),
}

/// Labels of some rows: how many, and for each feature their sum and the sum of their squares, without rounding.
#[derive(Clone)]
struct Sums {
    rows: u64,
    classes: Vec<u64>,
    sum: ExactSum,
    squares: ExactSum,
}

/// Mean and variance of labels, for each feature.
struct Known {
    rows: f64,
    moments: Vec<(f64, f64)>,
}

impl Labels {
    fn new(series: &Series, label: &FittedLabel) -> Option<Self> {
        Some(match label {
            FittedLabel::Regression { .. } => Self::Numbers(series.f64().ok()?.iter().flatten().collect()),
            FittedLabel::Classification { classes, positive, .. } => {
                let texts = series.str().ok()?;
                let known: HashMap<&str, usize> = classes.iter().map(String::as_str).zip(0..).collect();
                let place = |text: Option<&str>| text.and_then(|text| known.get(text).copied());
                match classes.len() {
                    0..=2 => {
                        let positive = positive.map(|at| at as usize);
                        let one = |text| (place(text).is_some() && place(text) == positive).then_some(0);
                        Self::Classes(texts.iter().map(one).collect(), 1)
                    }
                    many => Self::Classes(texts.iter().map(place).collect(), many),
                }
            }
            _ => return None,
        })
    }

    fn width(&self) -> usize {
        match self {
            Self::Numbers(_) => 1,
            Self::Classes(_, width) => *width,
        }
    }

    fn none(&self) -> Sums {
        let classes = if let Self::Classes(_, width) = self { vec![0; *width] } else { Vec::new() };
        Sums { rows: 0, classes, sum: ExactSum::default(), squares: ExactSum::default() }
    }

    /// Adds the label of a row.
    fn add(&self, row: usize, sums: &mut Sums) {
        sums.rows += 1;
        match self {
            Self::Numbers(labels) => {
                let label = labels.get(row).copied().unwrap_or(0.0);
                sums.sum.add(label);
                sums.squares.add_product(label, label);
            }
            Self::Classes(labels, _) => {
                let count = labels.get(row).copied().flatten().and_then(|class| sums.classes.get_mut(class));
                count.into_iter().for_each(|count| *count += 1);
            }
        }
    }

    /// Nothing where squares exceed what can be represented.
    fn known(&self, sums: &Sums) -> Option<Known> {
        let rows = sums.rows as f64;
        if sums.rows == 0 {
            return Some(Known { rows, moments: vec![(0.0, 0.0); self.width()] });
        }
        let moments = match self {
            Self::Numbers(_) => {
                let moments = Moments::new(sums.rows, sums.sum.clone(), sums.squares.clone())?;
                vec![(moments.mean, moments.variance)]
            }
            Self::Classes(..) => {
                let share = |count: &u64| *count as f64 / rows;
                sums.classes.iter().map(|count| (share(count), share(count) * share(&(sums.rows - count)))).collect()
            }
        };
        Some(Known { rows, moments })
    }
}

impl Sums {
    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        self.classes.iter_mut().zip(&other.classes).for_each(|(one, other)| *one += other);
        // A sum is half a kilobyte, and classes need none.
        if self.classes.is_empty() {
            self.sum.merge(&other.sum);
            self.squares.merge(&other.squares);
        }
    }
}

impl Smooth {
    /// The feature of a category, given its labels and all.
    fn encode(self, own: &Known, all: &Known) -> Vec<f64> {
        let features = own.moments.iter().zip(&all.moments);
        let encode = |(&(mean, variance), &(all_mean, all_variance)): (&(f64, f64), &(f64, f64))| match self {
            Self::Rows(rows) if own.rows + rows > 0.0 => (own.rows * mean + rows * all_mean) / (own.rows + rows),
            Self::Rows(_) => all_mean,
            Self::Auto(_) => {
                let spread = all_variance * own.rows;
                // D. Micci-Barreca, "A preprocessing scheme for high-cardinality categorical attributes in classification and
                // prediction problems", 2001: the empirical Bayes estimate.
                let own_share = spread / (spread + variance);
                if own_share.is_nan() || own.rows == 0.0 {
                    all_mean
                } else {
                    own_share * mean + (1.0 - own_share) * all_mean
                }
            }
        };
        features.map(encode).collect()
    }
}

impl TargetEncoder {
    fn fit_column(&self, fitting: &Fitting<'_>, labels: &Labels, folds: &[usize]) -> Result<TargetColumn, EncodeError> {
        let too_large = || EncodeError::LabelTooLarge;
        let Categories { mut counted, fill } = Categories::of(fitting, self.impute.as_ref())?;
        counted.retain(|entry| self.min_frequency.is_none_or(|least| entry.1 >= least));
        let categories: Vec<Option<String>> = counted.into_iter().map(|entry| entry.0).collect();
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); categories.len()];
        let places: HashMap<Option<&str>, usize> = categories.iter().map(Option::as_deref).zip(0..).collect();
        let texts = fitting.values.and_then(|values| values.str().ok());
        for (row, text) in texts.into_iter().flat_map(|texts| texts.iter()).enumerate() {
            if let Some(place) = places.get(&text.or(fill.as_deref())) {
                members[*place].push(row);
            }
        }
        let cv = self.cv as usize;
        let all = self.sums(labels, folds, &mut (0..folds.len()));
        let all = all.iter().map(|sums| labels.known(sums)).collect::<Option<Vec<_>>>().ok_or_else(too_large)?;
        // A fold that has all rows is told what they say.
        let known_of = |set: usize| if all[set].rows > 0.0 { &all[set] } else { &all[cv] };
        let unknown = |set: usize| known_of(set).moments.iter().map(|moments| moments.0).collect();
        let mut sets: Vec<TargetMeans> =
            (0..=cv).map(|set| TargetMeans { encodings: Vec::new(), unknown: unknown(set) }).collect();
        for rows in &members {
            let own = self.sums(labels, folds, &mut rows.iter().copied());
            for (set, (means, sums)) in sets.iter_mut().zip(&own).enumerate() {
                let known = labels.known(sums).ok_or_else(too_large)?;
                means.encodings.extend(self.smooth.encode(&known, known_of(set)));
            }
        }
        let all = sets.pop().unwrap_or(TargetMeans { encodings: Vec::new(), unknown: Vec::new() });
        Ok(TargetColumn { column: fitting.column.to_owned(), fill, categories, all, folds: sets })
    }

    /// For each fold the labels of those rows that are in others; last those of all.
    fn sums(&self, labels: &Labels, folds: &[usize], rows: &mut dyn Iterator<Item = usize>) -> Vec<Sums> {
        let mut within = vec![labels.none(); self.cv as usize];
        rows.for_each(|row| {
            let fold = folds.get(row).and_then(|fold| within.get_mut(*fold));
            fold.into_iter().for_each(|sums| labels.add(row, sums));
        });
        let without = |left: usize| {
            let mut sums = labels.none();
            within.iter().enumerate().filter(|(fold, _)| *fold != left).for_each(|(_, other)| sums.merge(other));
            sums
        };
        (0..=within.len()).map(without).collect()
    }

    fn check_type(&self, label: &FittedLabel) -> Result<(), EncodeError> {
        let found = match label {
            FittedLabel::Regression { .. } => TargetType::Continuous,
            label if label.classes().len() > 2 => TargetType::Multiclass,
            _ => TargetType::Binary,
        };
        match self.target_type {
            TargetType::Auto => Ok(()),
            asked if asked == found => Ok(()),
            _ => Err(EncodeError::Setting { name: "target_type", range: "`auto`, or as the label is" }),
        }
    }
}

impl Fit for TargetEncoder {
    fn name(&self) -> &'static str {
        "target_encoder"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        RawKind::Category { nulls: true }
    }

    fn check(&self) -> Result<(), EncodeError> {
        if !(2..=100).contains(&self.cv) {
            return Err(EncodeError::Setting { name: "cv", range: "from 2 to 100" });
        }
        match self.smooth {
            Smooth::Rows(rows) if !(rows >= 0.0 && rows.is_finite()) => {
                Err(EncodeError::Setting { name: "smooth", range: "`auto`, or a number from 0 on" })
            }
            _ => check_limits(self.min_frequency, None),
        }
    }

    fn needs(&self) -> Needs {
        Needs::CategoriesAndValues
    }

    fn needs_label(&self) -> bool {
        true
    }

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let without_label = EncodeError::Setting { name: "label", range: "set where `target_encoder` is used" };
        let Some((series, label)) = rows.label else { return Err(without_label) };
        self.check_type(label)?;
        let Some(labels) = Labels::new(series, label) else { return Err(without_label) };
        let folds: Vec<usize> = rows.ids.iter().map(|id| target_fold(*id, self.seed.get(), self.cv as usize)).collect();
        let columns = rows.each(|fitting| self.fit_column(fitting, &labels, &folds))?;
        let classes = if labels.width() > 1 { label.classes().to_vec() } else { Vec::new() };
        Ok(FittedEncoder::TargetEncoder(mlspec_model::TargetEncoder { columns, classes, seed: self.seed.get() }))
    }
}
