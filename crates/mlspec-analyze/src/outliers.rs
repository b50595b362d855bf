//! Values far from the others. Bounds follow from the profile of all rows, and every row is held against them: an update finds
//! outliers anew, since one changed row may move a bound.

use crate::AnalyzeError;
use crate::analyzer::known;
use mlspec_measure::profile::Numbers;
use mlspec_record::TableSchema;
use mlspec_table::Table;
use mlspec_table::profile::optional_numbers;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which values are outliers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutlierParams {
    /// The columns of numbers to look at; all of them if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// The rule.
    #[serde(default)]
    pub rule: OutlierRule,
}

/// A rule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutlierRule {
    /// Tukey's fences: more than so many interquartile ranges below the first or above the third quartile (1.5 is usual).
    /// A column whose quartiles are one number has no outliers.
    Iqr(#[schemars(extend("exclusiveMinimum" = 0))] f64),
    /// More than so many standard deviations from the mean (3 is usual).
    ZScore(#[schemars(extend("exclusiveMinimum" = 0))] f64),
}

impl Default for OutlierRule {
    fn default() -> Self {
        Self::Iqr(1.5)
    }
}

impl OutlierParams {
    pub(crate) fn check(&self) -> Result<(), AnalyzeError> {
        let (OutlierRule::Iqr(factor) | OutlierRule::ZScore(factor)) = self.rule;
        if factor > 0.0 && factor.is_finite() {
            return Ok(());
        }
        Err(AnalyzeError::Setting(format!("the factor of `outliers.rule` must be above 0, got `{factor}`")))
    }
}

impl OutlierRule {
    /// The rule's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Iqr(_) => "iqr",
            Self::ZScore(_) => "z_score",
        }
    }

    /// The bounds beyond which numbers are outliers.
    pub fn bounds(self, numbers: &Numbers) -> Option<(f64, f64)> {
        let (low, high, reach) = match self {
            Self::Iqr(factor) => {
                let (low, high) = (numbers.quantile(0.25)?, numbers.quantile(0.75)?);
                (low, high, factor * (high - low))
            }
            Self::ZScore(factor) => {
                let mean = numbers.moments.mean()?;
                (mean, mean, factor * numbers.moments.standard_deviation()?)
            }
        };
        let found = (low - reach, high + reach);
        (reach > 0.0 && found.0.is_finite() && found.1.is_finite()).then_some(found)
    }
}

/// The columns that are looked at.
pub(crate) fn columns<'a>(params: &OutlierParams, schema: &'a TableSchema) -> Result<Vec<&'a str>, AnalyzeError> {
    for column in &params.columns {
        let found = known(schema, column)?;
        if !found.is_numeric() {
            return Err(AnalyzeError::Type { column: column.clone(), found, purpose: "have outliers" });
        }
    }
    let asked = |name: &str| params.columns.is_empty() || params.columns.iter().any(|column| column == name);
    let columns = schema.columns().iter().filter(|column| column.data_type.is_numeric() && asked(&column.name));
    Ok(columns.map(|column| column.name.as_str()).collect())
}

/// The ids of rows whose value lies beyond the bounds.
pub(crate) fn find(table: &Table, column: &str, (lower, upper): (f64, f64)) -> Result<Vec<u64>, AnalyzeError> {
    let values = optional_numbers(table.column(column)?)?;
    let beyond = |value: &Option<f64>| value.is_some_and(|value| value < lower || value > upper);
    Ok(table.ids().into_iter().zip(values).filter(|(_, value)| beyond(value)).map(|(id, _)| id).collect())
}
