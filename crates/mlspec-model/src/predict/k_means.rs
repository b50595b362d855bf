//! The nearest of some centres.

use super::Predict;
use crate::model::check_coefficients;
use crate::{Features, ModelError, Prediction};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Clusters by their centres: a row belongs to the one whose centre is nearest, of equally near ones to the first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KMeans {
    /// The centre of each cluster.
    pub centers: Vec<Vec<f64>>,
}

impl Predict for KMeans {
    fn check(&mut self, features: usize) -> Result<(), ModelError> {
        if self.centers.is_empty() || self.centers.len() > u32::MAX as usize {
            return Err(ModelError::invalid("model", "there is no cluster"));
        }
        self.centers.iter_mut().try_for_each(|center| check_coefficients(center, features))
    }

    fn predict(&self, features: &Features) -> Prediction {
        let parts = features.blocks().par_iter().map(|block| {
            let mut dense = vec![0.0; features.columns()];
            let nearest = |row: crate::Row<'_>| {
                row.indices.iter().zip(row.values).for_each(|(&at, &value)| dense[at as usize] = value);
                let mut best = (0, f64::INFINITY);
                for (center, code) in self.centers.iter().zip(0_u32..) {
                    let square: f64 = dense.iter().zip(center).map(|(x, center)| (x - center) * (x - center)).sum();
                    if square < best.1 {
                        best = (code, square);
                    }
                }
                row.indices.iter().for_each(|&at| dense[at as usize] = 0.0);
                // What is too far to be represented is as far as can be.
                (best.0, best.1.sqrt().min(f64::MAX))
            };
            block.rows().map(nearest).unzip::<_, _, Vec<_>, Vec<_>>()
        });
        let (codes, distances): (Vec<Vec<u32>>, Vec<Vec<f64>>) = parts.unzip();
        let clusters = self.centers.len() as u32;
        Prediction::Cluster { codes: codes.concat(), distances: distances.concat(), clusters }
    }

    fn parameters(&self) -> u64 {
        self.centers.iter().map(|center| center.len() as u64).sum()
    }
}
