//! Principal components of numbers.

use super::{Fit, Impute, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{Features, FittedEncoder, RawKind};
use nalgebra::{DMatrix, SymmetricEigen};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How many components there are: a number from 1 on, or the share of the variance that they have at least, below 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Components {
    /// As many.
    Number(u32),
    /// So many that they have more than this share of the variance.
    Share(f64),
}

/// Numbers turned to the directions in which the fitted rows vary most, as scikit-learn's `PCA` with its full solvers. Columns are
/// not scaled: what has large numbers weighs more.
///
/// Components are eigenvectors of the covariance. The products that it is made of are summed block by block in the order of row ids,
/// around the exact means, so that an update comes to the same as a run, to the bit. The entry of a component with the greatest
/// absolute value is positive.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pca {
    /// The columns of numbers or booleans, at most 1,000.
    #[schemars(length(min = 1, max = 1000))]
    pub columns: Vec<String>,
    /// How many components there are; without it, as many as columns or rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n_components: Option<Components>,
    /// Whether features are divided by their standard deviation.
    #[serde(default)]
    pub whiten: bool,
    /// What stands for null; without it, null is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<Impute>,
}

/// The most columns: the covariance has as many rows and columns.
const MOST: usize = 1_000;

/// A component, and the variance in its direction.
type Component = (f64, Vec<f64>);

impl Pca {
    /// Components by descending variance.
    fn components(rows: &Rows<'_>, mean: &[f64], fill: &[f64]) -> Vec<Component> {
        let (width, n) = (mean.len(), rows.ids.len());
        let columns: Vec<Vec<f64>> = rows
            .columns
            .par_iter()
            .enumerate()
            .map(|(at, fitting)| {
                let fill = fill.get(at).copied().unwrap_or(0.0);
                let numbers = fitting.values.and_then(|values| values.f64().ok());
                let centred = |value: Option<f64>| value.unwrap_or(fill) - mean[at];
                numbers.into_iter().flat_map(|numbers| numbers.iter().map(centred)).collect()
            })
            .collect();
        let products = |at: usize| -> Vec<f64> {
            (0..=at)
                .map(|other| {
                    let blocks =
                        columns[at].chunks(Features::BLOCK_ROWS).zip(columns[other].chunks(Features::BLOCK_ROWS));
                    blocks.map(|(one, other)| one.iter().zip(other).map(|(a, b)| a * b).sum::<f64>()).sum()
                })
                .collect()
        };
        let products: Vec<Vec<f64>> = (0..width).into_par_iter().map(products).collect();
        let degrees = n.saturating_sub(1).max(1) as f64;
        let covariance = DMatrix::from_fn(width, width, |a, b| products[a.max(b)][a.min(b)] / degrees);
        let eigen = SymmetricEigen::new(covariance);
        let mut found: Vec<Component> = (0..width)
            .map(|at| {
                let vector: Vec<f64> = eigen.eigenvectors.column(at).iter().copied().collect();
                (eigen.eigenvalues[at].max(0.0), positive(vector))
            })
            .collect();
        // A stable sort: what varies alike stays in the solver's order.
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        found
    }

    /// How many components are taken of those that there are.
    fn take(&self, ratios: &[f64], most: usize) -> Result<usize, EncodeError> {
        match self.n_components {
            None => Ok(most),
            Some(Components::Number(number)) if number as usize <= most => Ok(number as usize),
            Some(Components::Number(found)) => Err(EncodeError::Components { found, most }),
            Some(Components::Share(share)) => {
                let mut sum = 0.0;
                let enough = ratios.iter().take_while(|ratio| {
                    sum += **ratio;
                    sum <= share
                });
                Ok((enough.count() + 1).min(most))
            }
        }
    }
}

/// The vector, turned round where its entry with the greatest absolute value (the first of several) is negative.
fn positive(mut vector: Vec<f64>) -> Vec<f64> {
    let greatest = vector.iter().fold(0.0_f64, |most, entry| if entry.abs() > most.abs() { *entry } else { most });
    if greatest < 0.0 {
        vector.iter_mut().for_each(|entry| *entry = -*entry);
    }
    vector
}

impl Fit for Pca {
    fn name(&self) -> &'static str {
        "pca"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        RawKind::Number { nulls: self.impute.is_some() }
    }

    fn check(&self) -> Result<(), EncodeError> {
        if self.columns.len() > MOST {
            return Err(EncodeError::Setting { name: "columns", range: "at most 1000 columns" });
        }
        match self.n_components {
            Some(Components::Number(0)) => {
                Err(EncodeError::Setting { name: "n_components", range: "at least 1, or a share between 0 and 1" })
            }
            Some(Components::Share(share)) if !(share > 0.0 && share < 1.0) => {
                Err(EncodeError::Setting { name: "n_components", range: "at least 1, or a share between 0 and 1" })
            }
            _ => self.impute.map_or(Ok(()), Impute::check),
        }
    }

    fn needs(&self) -> Needs {
        Needs::MomentsAndValues
    }

    fn fit(&self, rows: &Rows<'_>, warnings: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let fill = match self.impute {
            None => Vec::new(),
            Some(impute) => rows.each(|fitting| impute.fill(fitting))?,
        };
        let fills = fill.iter().map(|fill| Some(*fill)).chain(std::iter::repeat(None));
        let moments = rows.columns.iter().zip(fills).map(|(fitting, fill)| {
            let too_large = || EncodeError::TooLarge { column: fitting.column.to_owned() };
            fitting.statistic.moments(fill).map(|moments| moments.mean).ok_or_else(too_large)
        });
        let mean = moments.collect::<Result<Vec<f64>, _>>()?;
        let all = Self::components(rows, &mean, &fill);
        let total: f64 = all.iter().map(|component| component.0).sum();
        if !total.is_finite() {
            return Err(EncodeError::TooLarge { column: self.columns.join("`, `") });
        }
        if total == 0.0 {
            warnings.push("all columns of `pca` are constant in the fitted rows".to_owned());
        }
        let ratio = |variance: f64| if total > 0.0 { variance / total } else { 0.0 };
        let ratios: Vec<f64> = all.iter().map(|component| ratio(component.0)).collect();
        let taken = self.take(&ratios, all.len().min(rows.ids.len()))?;
        let (explained_variance, components) = all.into_iter().take(taken).unzip();
        Ok(FittedEncoder::Pca(mlspec_model::Pca {
            columns: self.columns.clone(),
            fill,
            mean,
            components,
            explained_variance,
            explained_variance_ratio: ratios.into_iter().take(taken).collect(),
            whiten: self.whiten,
        }))
    }
}
