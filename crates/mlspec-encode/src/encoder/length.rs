//! Lengths of texts.

use super::scaler::scale;
use super::{Fit, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{FittedEncoder, LengthUnit, Lengths, NumberColumn, RawKind, TextNulls};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lengths of texts, one feature a column, named `<column>_length`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Length {
    /// The columns of texts.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// What is counted.
    #[serde(default)]
    pub unit: LengthUnit,
    /// Whether the lengths are scaled as by `standard_scaler`.
    #[serde(default)]
    pub standardize: bool,
    /// What null means.
    #[serde(default)]
    pub nulls: TextNulls,
}

impl Fit for Length {
    fn name(&self) -> &'static str {
        "length"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        RawKind::Length { unit: self.unit, nulls: self.nulls }
    }

    fn needs(&self) -> Needs {
        if self.standardize { Needs::Moments } else { Needs::Nothing }
    }

    fn fit(&self, rows: &Rows<'_>, warnings: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let columns = rows.each(|fitting| match self.standardize {
            true => scale(fitting, None, (true, true), warnings),
            false => Ok(NumberColumn::unscaled(fitting.column)),
        })?;
        Ok(FittedEncoder::Length(Lengths { columns, unit: self.unit, nulls: self.nulls }))
    }
}
