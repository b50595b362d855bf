//! A feature per category.

use super::categories::{Categories, check_limits, group};
use super::{Fit, Fitting, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{FittedEncoder, OneHotColumn, RawKind, Unknown};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What stands for null in categories.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CategoryImpute {
    /// The category that stands most often, the first of several.
    MostFrequent,
    /// This category.
    Constant(String),
}

/// Which feature is left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Drop {
    /// None.
    #[default]
    None,
    /// The first of each column.
    First,
    /// The first of each column that has two.
    IfBinary,
}

/// A feature per category of texts, integers, booleans or dates, as scikit-learn's `OneHotEncoder`. Null is a category.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OneHot {
    /// The columns.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// Which feature is left out.
    #[serde(default)]
    pub drop: Drop,
    /// What a category means that the fitted rows don't have.
    #[serde(default)]
    pub handle_unknown: Unknown,
    /// Categories of fewer rows share one feature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 1))]
    pub min_frequency: Option<u64>,
    /// The most features of a column, that of infrequent categories included.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 1))]
    pub max_categories: Option<u64>,
    /// What stands for null; without it, null is a category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<CategoryImpute>,
}

impl OneHot {
    fn fit_column(&self, fitting: &Fitting<'_>) -> Result<OneHotColumn, EncodeError> {
        let Categories { counted, fill } = Categories::of(fitting, self.impute.as_ref())?;
        let (categories, infrequent) = group(counted, self.min_frequency, self.max_categories);
        let slots = categories.len() + usize::from(!infrequent.is_empty());
        let dropped = match self.drop {
            Drop::First if slots > 0 => Some(0),
            Drop::IfBinary if slots == 2 => Some(0),
            _ => None,
        };
        let names = |entries: Vec<(Option<String>, u64)>| entries.into_iter().map(|entry| entry.0).collect();
        Ok(OneHotColumn {
            column: fitting.column.to_owned(),
            fill,
            categories: names(categories),
            infrequent: names(infrequent),
            dropped,
            unknown: self.handle_unknown,
        })
    }
}

impl Fit for OneHot {
    fn name(&self) -> &'static str {
        "one_hot"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        RawKind::Category { nulls: true }
    }

    fn check(&self) -> Result<(), EncodeError> {
        check_limits(self.min_frequency, self.max_categories)
    }

    fn needs(&self) -> Needs {
        Needs::Categories
    }

    fn fit(&self, rows: &Rows<'_>, warnings: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let columns = rows.each(|fitting| self.fit_column(fitting))?;
        for column in columns.iter().filter(|column| column.categories.len() + column.infrequent.len() == 1) {
            warnings.push(format!("the column `{}` has one category in the fitted rows", column.column));
        }
        Ok(FittedEncoder::OneHot(mlspec_model::OneHot { columns }))
    }
}
