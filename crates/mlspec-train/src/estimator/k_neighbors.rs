//! The rows that are nearest, and what they say.

use super::{Estimate, Fitted, outside};
use crate::{Sample, TrainError};
use mlspec_model::{Metric, Model, NeighborWeights, Predictor, Target};
use mlspec_record::body::Guarantee;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most values, zeros not counted, that the rows of a model may have: 512 MB.
const MAX_VALUES: usize = 1 << 26;

/// The nearest rows' mean (numbers) or shares (classes), as scikit-learn's `KNeighborsRegressor` and `KNeighborsClassifier`. Of rows that
/// are equally far, those with the lower ids are nearer; of equally frequent classes the first is predicted. With weights, what a
/// neighbour says is multiplied by its row's weight; rows of weight 0 are none.
///
/// The model is the rows: it holds their features and labels, and nothing of a row that was erased.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KNeighbors {
    /// How many rows are asked, at least 1.
    #[schemars(extend("minimum" = 1))]
    pub n_neighbors: u32,
    /// How much each of them counts.
    pub weights: NeighborWeights,
    /// What is near.
    pub metric: Metric,
}

impl Default for KNeighbors {
    fn default() -> Self {
        Self { n_neighbors: 5, weights: NeighborWeights::default(), metric: Metric::default() }
    }
}

impl KNeighbors {
    /// The estimator's name.
    pub const NAME: &str = "k_neighbors";
}

impl Estimate for KNeighbors {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn check(&self) -> Result<(), TrainError> {
        if self.n_neighbors == 0 { Err(outside("n_neighbors", "at least 1", 0.0)) } else { Ok(()) }
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::Exact
    }

    fn fit(&self, sample: &Sample<'_>, _: Option<&Model>) -> Result<Fitted, TrainError> {
        let features = sample.features();
        let kept: Vec<usize> = (0..features.rows()).filter(|&row| sample.weight(row) > 0.0).collect();
        if (self.n_neighbors as usize) > kept.len() {
            return Err(TrainError::FewRows { what: "n_neighbors", wanted: self.n_neighbors, rows: kept.len() });
        }
        if features.nonzeros() > MAX_VALUES {
            let numbers = features.nonzeros();
            return Err(TrainError::TooLarge { estimator: Self::NAME, numbers, limit: MAX_VALUES });
        }
        let (labels, classes, positive): (Vec<f64>, _, _) = match sample.target() {
            None => return Err(TrainError::NoLabel),
            Some(Target::Value(values)) => (kept.iter().map(|&row| values[row]).collect(), Vec::new(), None),
            Some(Target::Class { codes, positive, .. }) => {
                let classes = sample.classes(Self::NAME)?;
                (kept.iter().map(|&row| f64::from(codes[row])).collect(), classes.names.to_vec(), *positive)
            }
        };
        let rows = features.select(&kept);
        let mut model = mlspec_model::KNeighbors::new(self.n_neighbors, self.weights, self.metric, &rows, labels);
        (model.classes, model.positive) = (classes, positive);
        if sample.has_weights() {
            model.row_weights = Some(kept.iter().map(|&row| sample.weight(row)).collect());
        }
        let model = Model::new(Self::NAME, features.columns(), Predictor::KNeighbors(model))?;
        Ok(Fitted::of(model))
    }
}

#[cfg(test)]
mod tests;
