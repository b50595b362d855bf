//! Numbers and booleans as they are.

use super::{Fit, Fitting, Impute};
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

    fn needs(&self) -> Needs {
        self.impute.map_or(Needs::Nothing, Impute::needs)
    }

    fn fit(&self, columns: &[Fitting<'_>], _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let columns = columns.iter().map(|fitting| {
            let fill = self.impute.map(|impute| impute.fill(fitting)).transpose()?;
            Ok(NumberColumn { fill, ..NumberColumn::unscaled(fitting.column) })
        });
        let columns = columns.collect::<Result<_, EncodeError>>()?;
        Ok(FittedEncoder::PassThrough(Numbers { columns }))
    }
}
