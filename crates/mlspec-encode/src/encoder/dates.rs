//! Parts of dates and moments.

use super::{Fit, NumberNulls, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{DatePart, FittedEncoder, RawKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parts of dates and moments: a feature `<column>_<part>` for each, counted as pandas does. Moments in UTC are taken in UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DateParts {
    /// The columns of dates or moments.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// The parts, in the order of the features.
    #[serde(default = "parts")]
    #[schemars(length(min = 1))]
    pub parts: Vec<DatePart>,
    /// Whether parts that come round are written as `sin(2π part / period)` and `cos(2π part / period)`, so that December is
    /// beside January. Periods: quarter 4, month 12, day 31, day of the year 366, weekday 7, hour 24.
    #[serde(default)]
    pub cyclic: bool,
    /// What null means.
    #[serde(default, skip_serializing_if = "NumberNulls::is_default")]
    pub nulls: NumberNulls,
}

fn parts() -> Vec<DatePart> {
    vec![DatePart::Year, DatePart::Month, DatePart::Day, DatePart::Weekday]
}

impl Fit for DateParts {
    fn name(&self) -> &'static str {
        "date_parts"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        RawKind::Moment { nulls: self.nulls.keep() }
    }

    fn check(&self) -> Result<(), EncodeError> {
        let twice = |at: usize| self.parts[..at].contains(&self.parts[at]);
        if self.parts.is_empty() || (0..self.parts.len()).any(twice) {
            return Err(EncodeError::Setting { name: "parts", range: "at least one part, each once" });
        }
        Ok(())
    }

    fn needs(&self) -> Needs {
        Needs::Nothing
    }

    fn fit(&self, _: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let Self { columns, parts, cyclic, nulls } = self.clone();
        let keep_nulls = nulls.keep();
        Ok(FittedEncoder::DateParts(mlspec_model::DateParts { columns, parts, cyclic, keep_nulls }))
    }
}
