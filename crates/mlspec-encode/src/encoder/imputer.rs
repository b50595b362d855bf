//! Numbers with nulls filled.

use super::{Fit, Fitting};
use crate::EncodeError;
use crate::statistics::Needs;
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

    pub(crate) fn needs(self) -> Needs {
        match self {
            Self::Mean => Needs::Moments,
            Self::Median | Self::MostFrequent => Needs::Numbers,
            Self::Constant(_) => Needs::Nulls,
        }
    }

    /// The number that stands for null in a column.
    pub(crate) fn fill(self, fitting: &Fitting<'_>) -> Result<f64, EncodeError> {
        let statistic = fitting.statistic;
        let found = match self {
            Self::Constant(value) => return Ok(value),
            Self::Mean if statistic.nulls() < fitting.rows => {
                let moments = statistic.moments(None);
                return moments
                    .map(|moments| moments.mean)
                    .ok_or_else(|| EncodeError::TooLarge { column: fitting.column.to_owned() });
            }
            Self::Mean => None,
            Self::Median => statistic.median(),
            Self::MostFrequent => statistic.most_frequent(),
        };
        found.ok_or_else(|| fitting.all_null())
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

    fn needs(&self) -> Needs {
        self.strategy.needs()
    }

    fn fit(&self, columns: &[Fitting<'_>], _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let fit = |fitting: &Fitting<'_>| {
            let indicator = self.indicator && fitting.statistic.nulls() > 0;
            Ok(ImputedColumn { column: fitting.column.to_owned(), fill: self.strategy.fill(fitting)?, indicator })
        };
        let columns = columns.iter().map(fit).collect::<Result<_, EncodeError>>()?;
        Ok(FittedEncoder::Imputer(mlspec_model::Imputer { columns }))
    }
}
