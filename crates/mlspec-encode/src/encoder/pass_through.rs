//! Numbers and booleans as they are.

use super::{Fit, Impute, NumberNulls, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{FittedEncoder, NumberColumn, Numbers, RawKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Numbers as they are, booleans as 0 and 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PassThrough {
    /// The columns of numbers or booleans.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// What stands for null; without it, null is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<Impute>,
    /// What null means where nothing stands for it.
    #[serde(default, skip_serializing_if = "NumberNulls::is_default")]
    pub nulls: NumberNulls,
}

impl Fit for PassThrough {
    fn name(&self) -> &'static str {
        "pass_through"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        self.nulls.kind(self.impute)
    }

    fn check(&self) -> Result<(), EncodeError> {
        self.nulls.check(self.impute)
    }

    fn needs(&self) -> Needs {
        self.impute.map_or(Needs::Nothing, Impute::needs)
    }

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let columns = rows.each(|fitting| {
            let fill = self.impute.map(|impute| impute.fill(fitting)).transpose()?;
            Ok(NumberColumn { fill, keep_nulls: self.nulls.keep(), ..NumberColumn::unscaled(fitting.column) })
        })?;
        Ok(FittedEncoder::PassThrough(Numbers { columns }))
    }
}
