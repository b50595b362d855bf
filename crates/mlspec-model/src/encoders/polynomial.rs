//! Products of numbers: `polynomial_features`.

use super::RawKind;
use super::part::{Cells, Fitted, Lookup, NumberCells, Part, RawRows, Writer};
use crate::format::tidy;
use crate::{ModelError, RowProblem};
use serde::{Deserialize, Serialize};

/// Products of columns, a feature each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Polynomial {
    /// The table columns.
    pub columns: Vec<String>,
    /// What stands for null in each column; without it, null is an error.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fill: Vec<f64>,
    /// The columns (by position, ascending, as often as they are multiplied) of each feature; none make the feature 1.
    pub products: Vec<Vec<u32>>,
}

/// A product, with what stands for null.
#[derive(Clone, Copy, Debug)]
struct Product<'a> {
    encoder: &'a Polynomial,
    /// Positions of its columns.
    factors: &'a [u32],
}

impl Polynomial {
    /// The most features.
    pub const MOST: usize = 5_000;

    fn runs(factors: &[u32]) -> impl Iterator<Item = (usize, i32)> {
        factors.chunk_by(|a, b| a == b).map(|run| (run[0] as usize, run.len() as i32))
    }
}

impl<'a> Writer<'a> for Product<'a> {
    fn name(&self, _: &str, _: usize) -> String {
        let name = |(at, power): (usize, i32)| {
            let column = self.encoder.columns.get(at).map_or("", String::as_str);
            if power == 1 { column.to_owned() } else { format!("{column}^{power}") }
        };
        match self.factors {
            [] => "1".to_owned(),
            factors => Polynomial::runs(factors).map(name).collect::<Vec<_>>().join(" "),
        }
    }

    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError> {
        Ok(Box::new(*self))
    }
}

impl Lookup for Product<'_> {
    fn read<'t>(&'t self, rows: &RawRows<'t>) -> Result<Box<dyn Cells + 't>, ModelError> {
        let mut product = vec![1.0; rows.ids.len()];
        for (at, (column, power)) in Polynomial::runs(self.factors).enumerate() {
            let fill = self.encoder.fill.get(column).copied().unwrap_or(f64::NAN);
            let numbers: Vec<f64> = rows.numbers(at)?.map(|value| if value.is_nan() { fill } else { value }).collect();
            rows.refuse(at, numbers.iter().map(|value| value.is_nan()), RowProblem::Null)?;
            for (product, number) in product.iter_mut().zip(numbers) {
                (0..power).for_each(|_| *product *= number);
            }
        }
        rows.refuse(0, product.iter().map(|value| !value.is_finite()), RowProblem::Overflow)?;
        Ok(Box::new(NumberCells(product)))
    }
}

impl Fitted for Polynomial {
    fn check(&mut self) -> Result<(), ModelError> {
        tidy(&mut self.fill, "encoder")?;
        let inside = |factors: &Vec<u32>| factors.iter().all(|at| (*at as usize) < self.columns.len());
        match () {
            () if !self.products.iter().all(inside) => {
                Err(ModelError::invalid("encoder", "a product is of a column that is not there"))
            }
            () if !self.products.iter().all(|factors| factors.is_sorted()) => {
                Err(ModelError::invalid("encoder", "the columns of a product do not ascend"))
            }
            () if !(self.fill.is_empty() || self.fill.len() == self.columns.len()) => {
                Err(ModelError::invalid("encoder", "some columns have something that stands for null, others not"))
            }
            () => Ok(()),
        }
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let kind = RawKind::Number { nulls: !self.fill.is_empty() };
        let part = |factors: &'_ [u32]| {
            let inputs = Self::runs(factors).filter_map(|(at, _)| Some((self.columns.get(at)?.as_str(), kind)));
            inputs.collect::<Vec<_>>()
        };
        self.products
            .iter()
            .map(|factors| Part::of_columns(part(factors), 1, Product { encoder: self, factors }))
            .collect()
    }
}
