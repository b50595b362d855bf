//! Numbers less their mean, divided by their standard deviation.

use super::{Fit, Fitting, Impute, NumberNulls, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{FittedEncoder, NumberColumn, Numbers, RawKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Numbers less their mean, divided by their (population) standard deviation, as scikit-learn's `StandardScaler`. The scale
/// of a constant column is 1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StandardScaler {
    /// The columns of numbers or booleans.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// Whether the mean is subtracted.
    #[serde(default = "yes")]
    pub with_mean: bool,
    /// Whether to divide by the standard deviation.
    #[serde(default = "yes")]
    pub with_std: bool,
    /// What stands for null, before mean and deviation are taken; without it, null is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<Impute>,
    /// What null means where nothing stands for it.
    #[serde(default, skip_serializing_if = "NumberNulls::is_default")]
    pub nulls: NumberNulls,
}

pub(super) fn yes() -> bool {
    true
}

impl Fit for StandardScaler {
    fn name(&self) -> &'static str {
        "standard_scaler"
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
        match self.impute.map(Impute::needs) {
            Some(Needs::Values) => Needs::MomentsAndValues,
            _ => Needs::Moments,
        }
    }

    fn fit(&self, rows: &Rows<'_>, warnings: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let columns = rows.each(|fitting| {
            let fill = self.impute.map(|impute| impute.fill(fitting)).transpose()?;
            let column = scale(fitting, fill, (self.with_mean, self.with_std), warnings)?;
            Ok(NumberColumn { keep_nulls: self.nulls.keep(), ..column })
        })?;
        Ok(FittedEncoder::StandardScaler(Numbers { columns }))
    }
}

/// Mean and scale of a column.
pub(super) fn scale(
    fitting: &Fitting<'_>,
    fill: Option<f64>,
    (with_mean, with_std): (bool, bool),
    warnings: &mut Vec<String>,
) -> Result<NumberColumn, EncodeError> {
    let column = fitting.column.to_owned();
    if fill.is_none() && fitting.statistic.nulls() == fitting.rows {
        return Err(fitting.all_null());
    }
    let Some(moments) = fitting.statistic.moments(fill) else { return Err(EncodeError::TooLarge { column }) };
    let constant = with_std && moments.is_constant();
    if constant {
        warnings.push(format!("the column `{column}` is constant in the fitted rows; its scale is 1"));
    }
    let scale = if with_std && !constant { moments.variance.sqrt() } else { 1.0 };
    // A variance can be so small that its root is all that is left of it.
    let scale = if scale > 0.0 { scale } else { 1.0 };
    Ok(NumberColumn {
        fill,
        mean: if with_mean { moments.mean } else { 0.0 },
        scale,
        ..NumberColumn::unscaled(&column)
    })
}
