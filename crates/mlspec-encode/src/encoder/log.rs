//! Logarithms of numbers.

use super::{Fit, Impute, NumberNulls, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{FittedEncoder, NumberColumn, NumberMap, Numbers, RawKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which logarithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LogFunction {
    /// `ln(1 + x)`, of numbers above -1.
    #[default]
    Log1p,
    /// The natural logarithm, of numbers above 0.
    Log,
    /// The logarithm to base 2, of numbers above 0.
    Log2,
    /// The logarithm to base 10, of numbers above 0.
    Log10,
}

/// Logarithms of numbers, by numpy's names. A number that has none is an error.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// The columns of numbers or booleans.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// Which logarithm.
    #[serde(default)]
    pub function: LogFunction,
    /// What stands for null, before the logarithm is taken; without it, null is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<Impute>,
    /// What null means where nothing stands for it.
    #[serde(default, skip_serializing_if = "NumberNulls::is_default")]
    pub nulls: NumberNulls,
}

impl Log {
    fn map(&self) -> NumberMap {
        match self.function {
            LogFunction::Log1p => NumberMap::Log1p,
            LogFunction::Log => NumberMap::Log,
            LogFunction::Log2 => NumberMap::Log2,
            LogFunction::Log10 => NumberMap::Log10,
        }
    }
}

/// What a raw table keeps of numbers that are mapped, and whether what stands for null can be mapped.
pub(super) fn kind_of(map: NumberMap, nulls: NumberNulls, impute: Option<Impute>) -> RawKind {
    let allowed = impute.is_some() || nulls.keep();
    match map.above() {
        Some(above) => RawKind::Above { above, nulls: allowed },
        None => RawKind::Number { nulls: allowed },
    }
}

/// Refuses a constant that stands for null and cannot be mapped.
pub(super) fn check_constant(map: NumberMap, impute: Option<Impute>) -> Result<(), EncodeError> {
    match impute {
        Some(Impute::Constant(value)) if map.above().is_some_and(|above| !(value > above)) => {
            Err(EncodeError::Setting {
                name: "constant",
                range: "a number of which the logarithm or power can be taken",
            })
        }
        _ => Ok(()),
    }
}

impl Fit for Log {
    fn name(&self) -> &'static str {
        "log"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        kind_of(self.map(), self.nulls, self.impute)
    }

    fn check(&self) -> Result<(), EncodeError> {
        check_constant(self.map(), self.impute)?;
        self.nulls.check(self.impute)
    }

    fn needs(&self) -> Needs {
        self.impute.map_or(Needs::Nothing, Impute::needs)
    }

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let (map, keep_nulls) = (Some(self.map()), self.nulls.keep());
        let columns = rows.each(|fitting| {
            let fill = self.impute.map(|impute| impute.fill(fitting)).transpose()?;
            Ok(NumberColumn { fill, keep_nulls, map, ..NumberColumn::unscaled(fitting.column) })
        })?;
        Ok(FittedEncoder::Log(Numbers { columns }))
    }
}
