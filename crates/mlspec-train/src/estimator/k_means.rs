//! Clusters around means.

mod lloyd;

use super::{Estimate, Fitted, outside};
use crate::{Sample, TrainError};
use lloyd::{End, Lloyd};
use mlspec_model::{Model, Predictor};
use mlspec_record::body::{Convergence, Guarantee, Start};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most numbers of all centres.
const MAX_NUMBERS: usize = 1 << 24;

/// Clusters around means, as scikit-learn's `KMeans`: each row belongs to the nearest centre, each centre is the mean of its rows (Lloyd,
/// 1982). First centres are drawn far from each other (greedy k-means++, Arthur and Vassilvitskii, 2007), by hashes of `random_state`
/// and row ids. No label is needed, and none is looked at. An update fits anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct KMeans {
    /// How many clusters, at least 1 and no more than rows.
    #[schemars(extend("minimum" = 1))]
    pub n_clusters: u32,
    /// How often first centres are drawn, at least 1; the clusters with the least sum of squared distances are kept.
    #[schemars(extend("minimum" = 1))]
    pub n_init: u32,
    /// The most times that rows are given to centres, at least 1.
    #[schemars(extend("minimum" = 1))]
    pub max_iter: u32,
    /// How far all centres together may move at the end: the sum of squares, as a share of the mean variance of a feature; 0 or more.
    #[schemars(extend("minimum" = 0))]
    pub tol: f64,
    /// What draws depend on besides what is drawn for.
    pub random_state: u64,
}

impl Default for KMeans {
    fn default() -> Self {
        Self { n_clusters: 8, n_init: 1, max_iter: 300, tol: 1e-4, random_state: 0 }
    }
}

impl KMeans {
    /// The estimator's name.
    pub const NAME: &str = "k_means";
}

impl Estimate for KMeans {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn check(&self) -> Result<(), TrainError> {
        let counts = [("n_clusters", self.n_clusters), ("n_init", self.n_init), ("max_iter", self.max_iter)];
        match counts.iter().find(|(_, count)| *count == 0) {
            Some((name, _)) => Err(outside(name, "at least 1", 0.0)),
            None if !(self.tol >= 0.0 && self.tol.is_finite()) => Err(outside("tol", "0 or more", self.tol)),
            None => Ok(()),
        }
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::Retrained
    }

    fn needs_label(&self) -> bool {
        false
    }

    fn fit(&self, sample: &Sample<'_>, _: Option<&Model>) -> Result<Fitted, TrainError> {
        let features = sample.features();
        let rows = (0..features.rows()).filter(|&row| sample.weight(row) > 0.0).count();
        if self.n_clusters as usize > rows {
            return Err(TrainError::FewRows { what: "n_clusters", wanted: self.n_clusters, rows });
        }
        let numbers = (self.n_clusters as usize).saturating_mul(features.columns());
        if numbers > MAX_NUMBERS {
            return Err(TrainError::TooLarge { estimator: Self::NAME, numbers, limit: MAX_NUMBERS });
        }
        let lloyd = Lloyd::new(sample, self.n_clusters as usize);
        let runs =
            (0..u64::from(self.n_init)).map(|round| lloyd.run((self.random_state, round), self.max_iter, self.tol));
        // Of equally good ones the first.
        let best = runs.reduce(|best, next| if next.inertia < best.inertia { next } else { best });
        let End { centers, inertia, iterations, converged, filled } = best.ok_or(TrainError::NoRows)?;
        if !(inertia.is_finite() && centers.iter().flatten().all(|value| value.is_finite())) {
            return Err(TrainError::Overflow);
        }
        let mut warnings = Vec::new();
        if filled < self.n_clusters as usize {
            warnings.push(format!(
                "only {filled} of {} clusters have rows: there are not more different ones",
                self.n_clusters
            ));
        }
        if !converged {
            warnings.push(format!("the fit ended after {iterations} iterations, while centres still moved"));
        }
        let convergence = Convergence {
            start: Start::Random,
            converged,
            iterations: u64::from(iterations),
            objective: inertia / lloyd.total,
            gradient_norm: None,
            duality_gap: None,
            tolerance: self.tol,
            probability_change: None,
            distance_bound: None,
        };
        let predictor = Predictor::KMeans(mlspec_model::KMeans { centers });
        let model = Model::new(Self::NAME, features.columns(), predictor)?;
        Ok(Fitted { convergence: Some(convergence), warnings, ..Fitted::of(model) })
    }
}

#[cfg(test)]
mod tests;
