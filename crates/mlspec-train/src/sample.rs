//! What estimators are fitted on: rows, labels and weights that have been checked.

use crate::TrainError;
use mlspec_model::{Block, Features, FittedEncoders, ModelError, Target};
use rayon::prelude::*;
use std::ops::Range;

/// Rows that can be fitted on: at least one, with at least one feature, no number infinite, labels not NaN, weights not negative
/// and not all zero. Features may be NaN, which is a missing value: whether they are taken is up to the estimator.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    features: &'a Features,
    target: Option<&'a Target>,
    weights: Option<&'a [f64]>,
    ids: Option<&'a [u64]>,
    encoders: Option<&'a FittedEncoders>,
    missing: bool,
}

impl<'a> Sample<'a> {
    /// Checks everything that does not depend on the estimator.
    ///
    /// # Errors
    /// When there are no rows or features, labels or weights differ in number from rows, a feature is infinite, a label or weight
    /// NaN or infinite, or a weight negative.
    pub fn new(features: &'a Features, target: &'a Target, weights: Option<&'a [f64]>) -> Result<Self, TrainError> {
        let rows = features.rows();
        if rows > 0 && features.columns() > 0 && target.len() != rows {
            return Err(TrainError::Length { rows, what: "labels", found: target.len() });
        }
        let sample = Self::unlabelled(features, weights)?;
        match target {
            Target::Value(values) => {
                TrainError::rows("a label that is NaN or infinite", values.iter().map(|value| !value.is_finite()))?;
            }
            Target::Class { codes, classes, .. } => {
                TrainError::rows(
                    "a label that is none of the classes",
                    codes.iter().map(|&code| code as usize >= classes.len()),
                )?;
            }
        }
        Ok(Self { target: Some(target), ..sample })
    }

    /// Rows without labels, for estimators that need none.
    ///
    /// # Errors
    /// As [`Sample::new`].
    pub fn unlabelled(features: &'a Features, weights: Option<&'a [f64]>) -> Result<Self, TrainError> {
        let rows = features.rows();
        match () {
            () if rows == 0 => return Err(TrainError::NoRows),
            () if features.columns() == 0 => return Err(TrainError::NoFeatures),
            () => {}
        }
        let missing = features.has_missing()?;
        if let Some(weights) = weights {
            if weights.len() != rows {
                return Err(TrainError::Length { rows, what: "weights", found: weights.len() });
            }
            let bad = weights.iter().map(|weight| !(*weight >= 0.0 && weight.is_finite()));
            TrainError::rows("a weight that is negative, NaN or infinite", bad)?;
            if weights.iter().all(|&weight| weight == 0.0) {
                return Err(TrainError::NoRows);
            }
        }
        Ok(Self { features, target: None, weights, ids: None, encoders: None, missing })
    }

    /// The same rows with their ids, by which random draws are made. Without them a row's position is its id.
    ///
    /// # Errors
    /// When there are not as many ids as rows.
    pub fn with_ids(self, ids: &'a [u64]) -> Result<Self, TrainError> {
        let rows = self.features.rows();
        if ids.len() == rows {
            Ok(Self { ids: Some(ids), ..self })
        } else {
            Err(TrainError::Length { rows, what: "ids", found: ids.len() })
        }
    }

    /// The same rows with what their features were made with, by which settings name features. Without it a feature's name is its
    /// position.
    ///
    /// # Errors
    /// When the encoders make another number of features.
    pub fn with_encoders(self, encoders: &'a FittedEncoders) -> Result<Self, TrainError> {
        let (expected, found) = (encoders.features(), self.features.columns());
        if expected == found {
            Ok(Self { encoders: Some(encoders), ..self })
        } else {
            Err(ModelError::FeatureCount { expected, found }.into())
        }
    }

    /// The features that a setting names, by their own name or that of the column they come from; ascending.
    pub(crate) fn features_named<'n>(
        &self,
        setting: &'static str,
        wanted: impl ExactSizeIterator<Item = &'n String>,
    ) -> Result<Vec<usize>, TrainError> {
        if wanted.len() == 0 {
            return Ok(Vec::new());
        }
        let (names, ranges) = match self.encoders {
            Some(encoders) => (encoders.names(), encoders.ranges()),
            None => ((0..self.features.columns()).map(|at| at.to_string()).collect(), Vec::new()),
        };
        let mut found = Vec::new();
        for name in wanted {
            let before = found.len();
            found.extend(names.iter().enumerate().filter(|(_, other)| *other == name).map(|(at, _)| at));
            let columns = ranges.iter().filter(|range| range.columns.contains(name));
            found.extend(columns.flat_map(|range| range.start as usize..range.end as usize));
            if found.len() == before {
                return Err(TrainError::UnknownFeature { setting, name: name.clone() });
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The id of a row.
    pub fn id(&self, row: usize) -> u64 {
        self.ids.map_or(row as u64, |ids| ids[row])
    }

    /// Whether a feature is NaN somewhere.
    pub fn has_missing(&self) -> bool {
        self.missing
    }

    /// The features.
    pub fn features(&self) -> &'a Features {
        self.features
    }

    /// The labels, if there are any.
    pub fn target(&self) -> Option<&'a Target> {
        self.target
    }

    /// Whether rows have weights.
    pub(crate) fn has_weights(&self) -> bool {
        self.weights.is_some()
    }

    /// The weight of a row.
    pub fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// The labels as numbers.
    pub(crate) fn values(&self, estimator: &'static str) -> Result<&'a [f64], TrainError> {
        match self.target {
            Some(Target::Value(values)) => Ok(values),
            Some(Target::Class { .. }) => Err(TrainError::Label { estimator, expected: "numbers", found: "a class" }),
            None => Err(TrainError::NoLabel),
        }
    }

    /// The labels as classes: each has rows, and there are two at least.
    pub(crate) fn classes(&self, estimator: &'static str) -> Result<Classes<'a>, TrainError> {
        let Target::Class { codes, classes, positive } = self.target.ok_or(TrainError::NoLabel)? else {
            return Err(TrainError::Label { estimator, expected: "classes", found: "a number" });
        };
        let mut weights = vec![0.0; classes.len()];
        codes.iter().enumerate().for_each(|(row, &code)| weights[code as usize] += self.weight(row));
        let empty = weights.iter().filter(|&&weight| weight == 0.0).count();
        match classes.len() - empty {
            0 | 1 => Err(TrainError::OneClass { rows: self.features.rows() }),
            _ if empty > 0 => Err(TrainError::EmptyClass { empty, classes: classes.len() }),
            _ => Ok(Classes { codes, names: classes, positive: *positive, weights }),
        }
    }
}

/// Labels that are classes.
#[derive(Clone, Debug)]
pub(crate) struct Classes<'a> {
    /// The class of each row.
    pub(crate) codes: &'a [u32],
    /// The classes.
    pub(crate) names: &'a [String],
    /// The positive class.
    pub(crate) positive: Option<u32>,
    /// The sum of the weights of each class's rows.
    pub(crate) weights: Vec<f64>,
}

/// Computes something of each lane — a run of consecutive blocks, as position and range — in parallel.
/// What lanes there are depends on the rows alone, so sums over lanes, in order, are the same on any number of threads.
pub(crate) fn lanes<T: Send>(
    features: &Features,
    most: usize,
    compute: impl Fn(usize, Range<usize>) -> T + Sync,
) -> Vec<T> {
    let count = features.blocks().len().clamp(1, most.max(1));
    (0..count).into_par_iter().map(|at| compute(at, lane(features, count, at))).collect()
}

/// The blocks of one of `count` lanes.
pub(crate) fn lane(features: &Features, count: usize, at: usize) -> Range<usize> {
    let blocks = features.blocks().len();
    at * blocks / count..(at + 1) * blocks / count
}

/// The blocks of a lane, each with the position of its first row.
pub(crate) fn lane_blocks(features: &Features, lane: Range<usize>) -> impl Iterator<Item = (usize, &Block)> {
    features.starts()[lane.clone()].iter().copied().zip(&features.blocks()[lane])
}

/// Adds the second vector to the first.
pub(crate) fn add(sum: &mut [f64], other: &[f64]) {
    sum.iter_mut().zip(other).for_each(|(sum, other)| *sum += other);
}
