//! Principal components: `pca`.

use super::RawKind;
use super::part::{Cells, Fitted, Lookup, Part, RawRows, RowCells, Writer};
use crate::format::tidy;
use crate::{ModelError, RowProblem};
use serde::{Deserialize, Serialize};

/// Columns of numbers, turned to the directions in which they vary most.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pca {
    /// The table columns.
    pub columns: Vec<String>,
    /// What stands for null in each column; without it, null is an error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fill: Vec<f64>,
    /// The mean of each column.
    pub mean: Vec<f64>,
    /// For each feature a number for each column: a unit vector.
    pub components: Vec<Vec<f64>>,
    /// The variance of each feature in the fitted rows.
    pub explained_variance: Vec<f64>,
    /// The share of that in the variance of all columns.
    pub explained_variance_ratio: Vec<f64>,
    /// Whether features are divided by their standard deviation.
    pub whiten: bool,
}

/// Components, ready to be applied.
#[derive(Debug)]
struct Turn<'a> {
    pca: &'a Pca,
    /// What each feature is divided by.
    scale: Vec<f64>,
}

impl<'a> Writer<'a> for &'a Pca {
    fn name(&self, _: &str, at: usize) -> String {
        format!("pca{at}")
    }

    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError> {
        // As scikit-learn: a direction without variance is not blown up.
        let deviation = |variance: &f64| variance.sqrt().max(f64::EPSILON);
        let scale = self.explained_variance.iter().map(|found| if self.whiten { deviation(found) } else { 1.0 });
        Ok(Box::new(Turn { pca: self, scale: scale.collect() }))
    }
}

impl Lookup for Turn<'_> {
    fn read<'t>(&'t self, rows: &RawRows<'t>) -> Result<Box<dyn Cells + 't>, ModelError> {
        let (pca, width) = (self.pca, self.pca.columns.len());
        let mut centred = vec![0.0; rows.ids.len() * width];
        for (at, mean) in pca.mean.iter().enumerate() {
            let fill = pca.fill.get(at).copied().unwrap_or(f64::NAN);
            let numbers: Vec<f64> = rows.numbers(at)?.map(|value| if value.is_nan() { fill } else { value }).collect();
            rows.refuse(at, numbers.iter().map(|value| value.is_nan()), RowProblem::Null)?;
            for (row, number) in centred.chunks_mut(width).zip(numbers) {
                row.iter_mut().skip(at).take(1).for_each(|cell| *cell = number - mean);
            }
        }
        Ok(Box::new(RowCells(move |row: usize, out: &mut Vec<f64>| {
            let cells = centred.get(row * width..(row + 1) * width)?;
            let turned = pca.components.iter().zip(&self.scale);
            out.extend(turned.map(|(component, scale)| {
                component.iter().zip(cells).map(|(weight, cell)| weight * cell).sum::<f64>() / scale
            }));
            Some(())
        })))
    }
}

impl Fitted for Pca {
    fn check(&mut self) -> Result<(), ModelError> {
        let (columns, features) = (self.columns.len(), self.components.len());
        let lengths = self.mean.len() == columns
            && (self.fill.is_empty() || self.fill.len() == columns)
            && self.components.iter().all(|component| component.len() == columns)
            && self.explained_variance.len() == features
            && self.explained_variance_ratio.len() == features;
        if !lengths || columns == 0 {
            return Err(ModelError::invalid("encoder", "means, components and variances do not fit together"));
        }
        if self.explained_variance.iter().any(|variance| *variance < 0.0) {
            return Err(ModelError::invalid("encoder", "a variance is below zero"));
        }
        let others = [&mut self.fill, &mut self.mean, &mut self.explained_variance, &mut self.explained_variance_ratio];
        self.components.iter_mut().chain(others).try_for_each(|values| tidy(values, "encoder"))
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let kind = RawKind::Number { nulls: !self.fill.is_empty() };
        let inputs = self.columns.iter().map(|column| (column.as_str(), kind)).collect();
        vec![Part::of_columns(inputs, self.components.len(), self)]
    }
}
