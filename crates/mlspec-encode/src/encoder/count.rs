//! Categories by how often they stand.

use super::categories::{Categories, check_limits, group};
use super::{CategoryImpute, Fit, Fitting, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{CategoryColumn, CategoryNumbers, FittedEncoder, RawKind, UnknownCategory};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a category means that the fitted rows don't have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnknownCount {
    /// The number `unknown_value`.
    #[default]
    Value,
    /// An error.
    Error,
}

/// Categories by how many of the fitted rows have them: one feature a column. Null is a category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountEncoder {
    /// The columns of texts, integers, booleans or dates.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// Whether the feature is the share of the rows, not their number.
    #[serde(default)]
    pub normalize: bool,
    /// What a category means that the fitted rows don't have.
    #[serde(default)]
    pub handle_unknown: UnknownCount,
    /// The number of such categories.
    #[serde(default)]
    pub unknown_value: f64,
    /// Categories of fewer rows count together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 1))]
    pub min_frequency: Option<u64>,
    /// The most different categories of a column, those that count together being one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 1))]
    pub max_categories: Option<u64>,
    /// What stands for null; without it, null is a category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<CategoryImpute>,
}

impl CountEncoder {
    fn fit_column(&self, fitting: &Fitting<'_>) -> Result<CategoryColumn, EncodeError> {
        let Categories { counted, fill } = Categories::of(fitting, self.impute.as_ref())?;
        let (own, shared) = group(counted, self.min_frequency, self.max_categories);
        let number = |rows: u64| if self.normalize { rows as f64 / fitting.rows as f64 } else { rows as f64 };
        let together = shared.iter().map(|entry| entry.1).sum();
        let own = own.into_iter().map(|(name, rows)| (name, Some(number(rows))));
        let shared = shared.into_iter().map(|(name, _)| (name, Some(number(together))));
        let (categories, values) = own.chain(shared).unzip();
        let unknown = match self.handle_unknown {
            UnknownCount::Error => UnknownCategory::Error,
            UnknownCount::Value => UnknownCategory::Value(Some(self.unknown_value)),
        };
        Ok(CategoryColumn { column: fitting.column.to_owned(), fill, categories, values, unknown })
    }
}

impl Fit for CountEncoder {
    fn name(&self) -> &'static str {
        "count_encoder"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        RawKind::Category { nulls: true }
    }

    fn check(&self) -> Result<(), EncodeError> {
        if !self.unknown_value.is_finite() {
            return Err(EncodeError::Setting { name: "unknown_value", range: "a finite number" });
        }
        check_limits(self.min_frequency, self.max_categories)
    }

    fn needs(&self) -> Needs {
        Needs::Categories
    }

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        Ok(FittedEncoder::CountEncoder(CategoryNumbers { columns: rows.each(|fitting| self.fit_column(fitting))? }))
    }
}
