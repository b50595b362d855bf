//! Numbers that stand for categories: `ordinal`, `count_encoder`.

use super::RawKind;
use super::part::{Cells, Fitted, Lookup, NumberCells, Part, RawRows, Writer};
use crate::{ModelError, RowProblem};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Columns of categories, one feature each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryNumbers {
    /// The columns, in the order of the features.
    pub columns: Vec<CategoryColumn>,
}

/// A column of categories, and the number of each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryColumn {
    /// The table column.
    pub column: String,
    /// What stands for null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<String>,
    /// The categories, null among them; each once.
    pub categories: Vec<Option<String>>,
    /// The number of each category; none is NaN.
    pub values: Vec<Option<f64>>,
    /// What a category means that is none of them.
    pub unknown: UnknownCategory,
}

/// What a category means that the fit has not seen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownCategory {
    /// An error.
    Error,
    /// This number; none is NaN.
    Value(Option<f64>),
}

/// The numbers of a column's categories.
#[derive(Debug)]
struct Known<'a> {
    column: &'a CategoryColumn,
    numbers: HashMap<Option<&'a str>, f64>,
}

/// Refuses categories that are there twice, or another number of values.
pub(super) fn check_categories(categories: &[Option<String>], values: usize, width: usize) -> Result<(), ModelError> {
    let mut sorted: Vec<_> = categories.iter().collect();
    sorted.sort_unstable();
    match () {
        () if sorted.windows(2).any(|pair| pair[0] == pair[1]) => {
            Err(ModelError::invalid("encoder", "two categories are equal"))
        }
        () if categories.len().checked_mul(width) != Some(values) => {
            Err(ModelError::invalid("encoder", "categories have more or fewer numbers than they need"))
        }
        () => Ok(()),
    }
}

fn tidy_options(values: &mut [Option<f64>]) -> Result<(), ModelError> {
    values.iter_mut().try_for_each(|value| crate::format::tidy(value.as_mut_slice(), "encoder"))
}

impl<'a> Writer<'a> for &'a CategoryColumn {
    fn name(&self, column: &str, _: usize) -> String {
        column.to_owned()
    }

    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError> {
        let values = self.values.iter().map(|value| value.unwrap_or(f64::NAN));
        let numbers = self.categories.iter().map(Option::as_deref).zip(values).collect();
        Ok(Box::new(Known { column: self, numbers }))
    }
}

impl Lookup for Known<'_> {
    fn read<'t>(&'t self, rows: &RawRows<'t>) -> Result<Box<dyn Cells + 't>, ModelError> {
        let fill = self.column.fill.as_deref();
        let found = |text: Option<&str>| self.numbers.get(&text.or(fill)).copied();
        let texts = rows.texts(0)?;
        let unknown = match self.column.unknown {
            UnknownCategory::Value(value) => value.unwrap_or(f64::NAN),
            UnknownCategory::Error => {
                rows.refuse(0, texts.iter().map(|text| found(text).is_none()), RowProblem::UnseenCategory)?;
                f64::NAN
            }
        };
        Ok(Box::new(NumberCells(texts.iter().map(|text| found(text).unwrap_or(unknown)).collect())))
    }
}

impl Fitted for CategoryNumbers {
    fn check(&mut self) -> Result<(), ModelError> {
        for column in &mut self.columns {
            check_categories(&column.categories, column.values.len(), 1)?;
            tidy_options(&mut column.values)?;
            if let UnknownCategory::Value(value) = &mut column.unknown {
                tidy_options(std::slice::from_mut(value))?;
            }
        }
        Ok(())
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let kind = RawKind::Category { nulls: true };
        self.columns.iter().map(|column| Part::of(&column.column, kind, 1, column)).collect()
    }

    fn categories(&self) -> Vec<(&str, Vec<&str>)> {
        self.columns
            .iter()
            .map(|column| {
                let known = column.categories.iter().chain([&column.fill]);
                (column.column.as_str(), known.flatten().map(String::as_str).collect())
            })
            .collect()
    }

    fn only(&self) -> Vec<(&str, Vec<Option<&str>>)> {
        let strict = self.columns.iter().filter(|column| column.unknown == UnknownCategory::Error);
        strict
            .map(|column| (column.column.as_str(), column.categories.iter().map(Option::as_deref).collect()))
            .collect()
    }
}
