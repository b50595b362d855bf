//! Numbers with nulls filled.

use super::{Fit, Rows};
use crate::EncodeError;
use crate::statistics::{Moments, median, most_frequent};
use mlspec_model::{FittedEncoder, ImputedColumn, RawKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What stands for null in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Impute {
    /// The mean of the others.
    #[default]
    Mean,
    /// The middle one of the others.
    Median,
    /// The one that stands most often, the least of several.
    MostFrequent,
    /// This number.
    Constant(f64),
}

/// Numbers with nulls filled, as scikit-learn's `SimpleImputer`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Imputer {
    /// The columns of numbers or booleans.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// What stands for null.
    #[serde(default)]
    pub strategy: Impute,
    /// Whether further features tell where nulls were, for columns that have nulls in the fitted rows.
    #[serde(default)]
    pub indicator: bool,
}

impl Impute {
    pub(crate) fn check(self) -> Result<(), EncodeError> {
        match self {
            Self::Constant(value) if !value.is_finite() => {
                Err(EncodeError::Setting { name: "constant", range: "a finite number" })
            }
            _ => Ok(()),
        }
    }

    /// The number that stands for null in a column of these values.
    pub(crate) fn fill(self, column: &str, values: &[Option<f64>]) -> Result<f64, EncodeError> {
        let present = || values.iter().copied().flatten();
        let found = match self {
            Self::Constant(value) => return Ok(value),
            Self::Mean if present().next().is_some() => {
                let moments = Moments::of(present());
                return moments
                    .map(|moments| moments.mean)
                    .ok_or_else(|| EncodeError::TooLarge { column: column.to_owned() });
            }
            Self::Mean => None,
            Self::Median => median(present().collect()),
            Self::MostFrequent => most_frequent(present().collect()),
        };
        found.ok_or_else(|| EncodeError::AllNull { column: column.to_owned(), rows: values.len() })
    }
}

impl Fit for Imputer {
    fn name(&self) -> &'static str {
        "imputer"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        RawKind::Number { nulls: true }
    }

    fn check(&self) -> Result<(), EncodeError> {
        self.strategy.check()
    }

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let fit = |column: &String| {
            let values = rows.numbers(column)?;
            let indicator = self.indicator && values.contains(&None);
            Ok(ImputedColumn { column: column.clone(), fill: self.strategy.fill(column, &values)?, indicator })
        };
        let columns = self.columns.iter().map(fit).collect::<Result<_, EncodeError>>()?;
        Ok(FittedEncoder::Imputer(mlspec_model::Imputer { columns }))
    }
}
