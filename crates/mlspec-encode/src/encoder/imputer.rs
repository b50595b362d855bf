//! Numbers with nulls filled.

use super::{Fit, Fitting, Rows};
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

/// What null means in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NumberNulls {
    /// An error.
    #[default]
    Error,
    /// A missing value: the feature is NaN, which estimators that know missing values take. Nothing is fitted from it.
    Keep,
}

impl NumberNulls {
    /// Whether null is kept.
    pub(crate) fn keep(self) -> bool {
        self == Self::Keep
    }

    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// What a raw table keeps of numbers for which this stands where they are null.
    pub(crate) fn kind(self, impute: Option<Impute>) -> RawKind {
        RawKind::Number { nulls: impute.is_some() || self.keep() }
    }

    pub(crate) fn check(self, impute: Option<Impute>) -> Result<(), EncodeError> {
        match impute {
            Some(_) if self.keep() => {
                Err(EncodeError::Setting { name: "nulls", range: "left out where `impute` is set" })
            }
            Some(impute) => impute.check(),
            None => Ok(()),
        }
    }
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
            Self::Median | Self::MostFrequent => Needs::Values,
            Self::Constant(_) => Needs::Nulls,
        }
    }

    /// What an encoder needs of a column that is fitted from the values of all rows, this standing for null.
    pub(crate) fn needs_with_values(impute: Option<Self>) -> Needs {
        match impute.map(Self::needs) {
            Some(Needs::Moments) => Needs::MomentsAndValues,
            _ => Needs::Values,
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
            Self::Median => median(&fitting.sorted(None)),
            Self::MostFrequent => most_frequent(&fitting.sorted(None)),
        };
        found.ok_or_else(|| fitting.all_null())
    }
}

/// The middle one of ascending numbers, or the mean of the two in the middle.
pub(super) fn median(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    if sorted.len() % 2 == 1 { Some(upper) } else { Some(sorted.get(sorted.len() / 2 - 1)? / 2.0 + upper / 2.0) }
}

/// The one of ascending numbers that stands most often, the least of several such.
fn most_frequent(sorted: &[f64]) -> Option<f64> {
    let runs = sorted.chunk_by(|a, b| a == b);
    let most = runs.fold(None, |best: Option<&[f64]>, run| match best {
        Some(best) if best.len() >= run.len() => Some(best),
        _ => Some(run),
    });
    most?.first().copied()
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

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let fit = |fitting: &Fitting<'_>| {
            let indicator = self.indicator && fitting.statistic.nulls() > 0;
            Ok(ImputedColumn { column: fitting.column.to_owned(), fill: self.strategy.fill(fitting)?, indicator })
        };
        Ok(FittedEncoder::Imputer(mlspec_model::Imputer { columns: rows.each(fit)? }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_modes() {
        let cases: [(&[f64], Option<f64>, Option<f64>); 5] = [
            (&[1.0, 2.0, 3.0], Some(2.0), Some(1.0)),
            (&[1.0, 2.0, 4.0, 4.0], Some(3.0), Some(4.0)),
            (&[1.0, 1.0, 2.0, 2.0], Some(1.5), Some(1.0)),
            (&[-2.0, -1.0, 0.0, 0.0], Some(-0.5), Some(0.0)),
            (&[], None, None),
        ];
        for (sorted, middle, mode) in cases {
            assert_eq!((median(sorted), most_frequent(sorted)), (middle, mode));
        }
    }
}
