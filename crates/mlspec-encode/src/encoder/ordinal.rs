//! Categories by their place in an order.

use super::categories::{Categories, check_limits, group};
use super::{CategoryImpute, Fit, Fitting, Rows};
use crate::EncodeError;
use crate::params::ClassName;
use crate::statistics::Needs;
use mlspec_model::{CategoryColumn, CategoryNumbers, FittedEncoder, RawKind, UnknownCategory};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a category means that is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownOrdinal {
    /// An error.
    #[default]
    Error,
    /// The number `unknown_value`.
    UseEncodedValue,
}

/// Categories by their place in an order, from 0, as scikit-learn's `OrdinalEncoder`: one feature a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ordinal {
    /// The columns of texts, integers, booleans or dates.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// The categories of some columns in their order; those of others are sorted, integers by value.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub categories: BTreeMap<String, Vec<ClassName>>,
    /// What a category means that is not known.
    #[serde(default)]
    pub handle_unknown: UnknownOrdinal,
    /// The number of categories that are not known; without it NaN, a missing value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown_value: Option<f64>,
    /// The number of null; without it NaN, a missing value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoded_missing_value: Option<f64>,
    /// Categories of fewer rows share the last place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 1))]
    pub min_frequency: Option<u64>,
    /// The most places of a column, that of infrequent categories included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 1))]
    pub max_categories: Option<u64>,
    /// The category that stands for null; without it, null is `encoded_missing_value`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<CategoryImpute>,
}

impl Ordinal {
    fn unknown(&self) -> UnknownCategory {
        match self.handle_unknown {
            UnknownOrdinal::Error => UnknownCategory::Error,
            UnknownOrdinal::UseEncodedValue => UnknownCategory::Value(self.unknown_value),
        }
    }

    fn fit_column(&self, fitting: &Fitting<'_>) -> Result<CategoryColumn, EncodeError> {
        let Categories { mut counted, fill } = Categories::of(fitting, self.impute.as_ref())?;
        counted.retain(|entry| entry.0.is_some());
        if let Some(declared) = self.categories.get(fitting.column) {
            counted = self.declared(fitting, declared, counted)?;
        }
        let (own, shared) = group(counted, self.min_frequency, self.max_categories);
        let last = own.len() as f64;
        let places = own.into_iter().zip(0..).map(|((name, _), at)| (name, Some(f64::from(at))));
        let places = places.chain(shared.into_iter().map(|(name, _)| (name, Some(last))));
        let null = fill.is_none().then_some((None, self.encoded_missing_value));
        let (categories, values) = places.chain(null).unzip();
        Ok(CategoryColumn { column: fitting.column.to_owned(), fill, categories, values, unknown: self.unknown() })
    }

    /// The categories that were declared, with their counts; others are refused unless they may be unknown.
    fn declared(
        &self,
        fitting: &Fitting<'_>,
        declared: &[ClassName],
        counted: Vec<(Option<String>, u64)>,
    ) -> Result<Vec<(Option<String>, u64)>, EncodeError> {
        let mut counts: BTreeMap<Option<String>, u64> = counted.into_iter().collect();
        let known: Vec<_> = declared
            .iter()
            .map(|name| Some(name.as_str().to_owned()))
            .map(|name| {
                let count = counts.remove(&name).unwrap_or(0);
                (name, count)
            })
            .collect();
        if self.handle_unknown == UnknownOrdinal::Error && !counts.is_empty() {
            let (column, rows) = (fitting.column.to_owned(), counts.values().sum());
            return Err(EncodeError::Undeclared { column, rows });
        }
        Ok(known)
    }
}

impl Fit for Ordinal {
    fn name(&self) -> &'static str {
        "ordinal"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        RawKind::Category { nulls: true }
    }

    fn check(&self) -> Result<(), EncodeError> {
        check_limits(self.min_frequency, self.max_categories)?;
        for value in [self.unknown_value, self.encoded_missing_value].into_iter().flatten() {
            if !value.is_finite() {
                return Err(EncodeError::Setting { name: "unknown_value", range: "a finite number" });
            }
        }
        if self.unknown_value.is_some() && self.handle_unknown == UnknownOrdinal::Error {
            let range = "left out unless `handle_unknown` is `use_encoded_value`";
            return Err(EncodeError::Setting { name: "unknown_value", range });
        }
        for (column, categories) in &self.categories {
            if !self.columns.contains(column) {
                return Err(EncodeError::Setting { name: "categories", range: "about columns of the encoder" });
            }
            let all: BTreeSet<&str> = categories.iter().map(ClassName::as_str).collect();
            if all.len() != categories.len() || categories.is_empty() {
                return Err(EncodeError::Setting { name: "categories", range: "at least one category, each once" });
            }
        }
        Ok(())
    }

    fn needs(&self) -> Needs {
        Needs::Categories
    }

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        Ok(FittedEncoder::Ordinal(CategoryNumbers { columns: rows.each(|fitting| self.fit_column(fitting))? }))
    }
}
