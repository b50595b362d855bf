//! Numbers moved and stretched to a range: `min_max_scaler`, `max_abs_scaler`.

use super::{Fit, Fitting, Impute, NumberNulls, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{FittedEncoder, NumberColumn, Numbers, RawKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Numbers moved and stretched so that the least and the greatest of the fitted rows are the ends of a range, as scikit-learn's
/// `MinMaxScaler`. A constant column becomes the lower end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MinMaxScaler {
    /// The columns of numbers or booleans.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// The ends of the range.
    #[serde(default = "unit_range")]
    pub feature_range: (f64, f64),
    /// Whether numbers beyond those of the fitted rows become the ends of the range.
    #[serde(default)]
    pub clip: bool,
    /// What stands for null, before the least and the greatest are taken; without it, null is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<Impute>,
    /// What null means where nothing stands for it.
    #[serde(default, skip_serializing_if = "NumberNulls::is_default")]
    pub nulls: NumberNulls,
}

/// Numbers divided by the greatest absolute value of the fitted rows, as scikit-learn's `MaxAbsScaler`: zeros stay zeros. A
/// column of zeros stays as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaxAbsScaler {
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

fn unit_range() -> (f64, f64) {
    (0.0, 1.0)
}

/// A scale, or 1 where it is no more than rounding, by scikit-learn's rule.
pub(super) fn scale_or_one(scale: f64) -> f64 {
    if scale < 10.0 * f64::EPSILON { 1.0 } else { scale }
}

/// A warning about a column whose numbers are all the same.
pub(super) fn constant(column: &str) -> String {
    format!("the column `{column}` is constant in the fitted rows; its scale is 1")
}

/// The least and the greatest of a column's numbers, and what stands for null.
fn bounds(fitting: &Fitting<'_>, impute: Option<Impute>) -> Result<(f64, f64, Option<f64>), EncodeError> {
    let fill = impute.map(|impute| impute.fill(fitting)).transpose()?;
    let filled = fill.filter(|_| fitting.statistic.nulls() > 0);
    let numbers = fitting.numbers().chain(filled);
    let ends = numbers.fold(None, |ends: Option<(f64, f64)>, number| match ends {
        Some((least, greatest)) => Some((least.min(number), greatest.max(number))),
        None => Some((number, number)),
    });
    let (least, greatest) = ends.ok_or_else(|| fitting.all_null())?;
    Ok((least, greatest, fill))
}

impl Fit for MinMaxScaler {
    fn name(&self) -> &'static str {
        "min_max_scaler"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        self.nulls.kind(self.impute)
    }

    fn check(&self) -> Result<(), EncodeError> {
        let (least, greatest) = self.feature_range;
        if !(least.is_finite() && greatest.is_finite() && least < greatest) {
            return Err(EncodeError::Setting { name: "feature_range", range: "two finite numbers, the lesser first" });
        }
        self.nulls.check(self.impute)
    }

    fn needs(&self) -> Needs {
        Impute::needs_with_values(self.impute)
    }

    fn fit(&self, rows: &Rows<'_>, warnings: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let (low, high) = self.feature_range;
        let columns = rows.each(|fitting| {
            let (least, greatest, fill) = bounds(fitting, self.impute)?;
            let range = scale_or_one(greatest - least);
            if least == greatest {
                warnings.push(constant(fitting.column));
            }
            // `(x - least) / range · (high - low) + low`, as one subtraction and one division.
            let scale = range / (high - low);
            let mean = least - low * scale;
            if !(scale.is_finite() && scale > 0.0 && mean.is_finite()) {
                return Err(EncodeError::TooLarge { column: fitting.column.to_owned() });
            }
            let clip = self.clip.then_some(self.feature_range);
            let keep_nulls = self.nulls.keep();
            Ok(NumberColumn { fill, keep_nulls, mean, scale, clip, ..NumberColumn::unscaled(fitting.column) })
        })?;
        Ok(FittedEncoder::MinMaxScaler(Numbers { columns }))
    }
}

impl Fit for MaxAbsScaler {
    fn name(&self) -> &'static str {
        "max_abs_scaler"
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
        Impute::needs_with_values(self.impute)
    }

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let columns = rows.each(|fitting| {
            let (least, greatest, fill) = bounds(fitting, self.impute)?;
            let scale = scale_or_one(least.abs().max(greatest.abs()));
            let keep_nulls = self.nulls.keep();
            Ok(NumberColumn { fill, keep_nulls, scale, ..NumberColumn::unscaled(fitting.column) })
        })?;
        Ok(FittedEncoder::MaxAbsScaler(Numbers { columns }))
    }
}
