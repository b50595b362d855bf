//! Encoders of numbers: standard scaler, imputer, pass-through.

use super::RawKind;
use super::part::{Part, Writer};
use crate::ModelError;
use crate::format::tidy;
use serde::{Deserialize, Serialize};

/// Columns of numbers or booleans, one feature each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// The columns, in the order of the features.
    pub columns: Vec<NumberColumn>,
}

/// A column whose feature is `(value - mean) / scale`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberColumn {
    /// The table column.
    pub column: String,
    /// What stands for null; without it, null is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<f64>,
    /// What is subtracted.
    pub mean: f64,
    /// What is divided by.
    pub scale: f64,
}

impl NumberColumn {
    /// A column whose feature is the value itself.
    pub fn unscaled(column: &str) -> Self {
        Self { column: column.to_owned(), fill: None, mean: 0.0, scale: 1.0 }
    }

    /// The feature of a value that is not null.
    pub fn scale(&self, value: f64) -> f64 {
        (value - self.mean) / self.scale
    }

    pub(crate) fn check(&mut self) -> Result<(), ModelError> {
        tidy(self.fill.as_mut_slice(), "encoder")?;
        tidy(std::slice::from_mut(&mut self.mean), "encoder")?;
        if self.scale > 0.0 && self.scale.is_finite() {
            Ok(())
        } else {
            Err(ModelError::invalid("encoder", "a scale is not a positive number"))
        }
    }

    pub(crate) fn part(&self, at: usize, encoder: &'static str, kind: RawKind) -> Part<'_> {
        let raw = Part::raw_name(at, &self.column);
        Part { encoder, column: &self.column, raw, kind, width: 1, writer: Writer::Number(self) }
    }
}

impl Numbers {
    pub(crate) fn check(&mut self) -> Result<(), ModelError> {
        self.columns.iter_mut().try_for_each(NumberColumn::check)
    }

    pub(crate) fn parts(&self, at: usize, encoder: &'static str) -> impl Iterator<Item = Part<'_>> {
        self.columns
            .iter()
            .map(move |column| column.part(at, encoder, RawKind::Number { nulls: column.fill.is_some() }))
    }
}

/// Columns of numbers whose nulls are filled: a feature each, then an indicator for those that had nulls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imputer {
    /// The columns, in the order of the features.
    pub columns: Vec<ImputedColumn>,
}

/// A column whose nulls are filled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImputedColumn {
    /// The table column.
    pub column: String,
    /// What stands for null.
    pub fill: f64,
    /// Whether a second feature is 1 where the value is null.
    pub indicator: bool,
}

impl Imputer {
    pub(crate) fn check(&mut self) -> Result<(), ModelError> {
        self.columns.iter_mut().try_for_each(|column| tidy(std::slice::from_mut(&mut column.fill), "encoder"))
    }

    pub(crate) fn parts(&self, at: usize) -> impl Iterator<Item = Part<'_>> {
        let part = move |column: &'_ ImputedColumn, writer| {
            let raw = Part::raw_name(at, &column.column);
            (raw, RawKind::Number { nulls: true }, writer)
        };
        let values = self.columns.iter().map(move |column| (column, part(column, Writer::Filled(column.fill))));
        let indicators = self.columns.iter().filter(|column| column.indicator);
        let indicators = indicators.map(move |column| (column, part(column, Writer::IsNull)));
        values.chain(indicators).map(|(column, (raw, kind, writer))| Part {
            encoder: "imputer",
            column: &column.column,
            raw,
            kind,
            width: 1,
            writer,
        })
    }
}
