//! Numbers and booleans as they are.

use super::{Fit, Impute, Rows};
use crate::EncodeError;
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
}

impl Fit for PassThrough {
    fn name(&self) -> &'static str {
        "pass_through"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        RawKind::Number { nulls: self.impute.is_some() }
    }

    fn check(&self) -> Result<(), EncodeError> {
        self.impute.map_or(Ok(()), Impute::check)
    }

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let columns = self.columns.iter().map(|column| {
            let fill = self.impute.map(|impute| impute.fill(column, &rows.numbers(column)?)).transpose()?;
            Ok(NumberColumn { fill, ..NumberColumn::unscaled(column) })
        });
        let columns = columns.collect::<Result<_, EncodeError>>()?;
        Ok(FittedEncoder::PassThrough(Numbers { columns }))
    }
}
