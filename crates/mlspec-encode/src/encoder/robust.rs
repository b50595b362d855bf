//! Numbers less their median, divided by the range of the middle ones.

use super::imputer::median;
use super::min_max::{constant, scale_or_one};
use super::normal::inverse_normal;
use super::scaler::yes;
use super::{Fit, Impute, NumberNulls, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{FittedEncoder, NumberColumn, Numbers, RawKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Numbers less their median, divided by the distance of two quantiles, as scikit-learn's `RobustScaler`: few numbers far away
/// play no part. The scale is 1 where both quantiles are the same.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RobustScaler {
    /// The columns of numbers or booleans.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// The two quantiles, in percent from 0 to 100.
    #[serde(default = "quartiles")]
    pub quantile_range: (f64, f64),
    /// Whether the median is subtracted.
    #[serde(default = "yes")]
    pub with_centering: bool,
    /// Whether to divide by the distance of the quantiles.
    #[serde(default = "yes")]
    pub with_scaling: bool,
    /// Whether normally distributed numbers get variance 1; then both quantiles must be above 0 and below 100.
    #[serde(default)]
    pub unit_variance: bool,
    /// What stands for null, before quantiles are taken; without it, null is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<Impute>,
    /// What null means where nothing stands for it.
    #[serde(default, skip_serializing_if = "NumberNulls::is_default")]
    pub nulls: NumberNulls,
}

fn quartiles() -> (f64, f64) {
    (25.0, 75.0)
}

/// The quantile of ascending numbers at this percentage, between two of them in a straight line, as numpy's `percentile`.
pub(super) fn percentile(sorted: &[f64], percent: f64) -> Option<f64> {
    let at = percent / 100.0 * (sorted.len().checked_sub(1)? as f64);
    let below = (at.floor() as usize).min(sorted.len() - 1);
    let (low, high) = (*sorted.get(below)?, *sorted.get(below + 1).unwrap_or(&sorted[below]));
    let (share, distance) = (at - at.floor(), high - low);
    Some(if share >= 0.5 { high - distance * (1.0 - share) } else { low + distance * share })
}

impl Fit for RobustScaler {
    fn name(&self) -> &'static str {
        "robust_scaler"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        self.nulls.kind(self.impute)
    }

    fn check(&self) -> Result<(), EncodeError> {
        let (low, high) = self.quantile_range;
        if !(0.0 <= low && low < high && high <= 100.0) {
            return Err(EncodeError::Setting { name: "quantile_range", range: "two ascending numbers from 0 to 100" });
        }
        if self.unit_variance && (low == 0.0 || high == 100.0) {
            let range = "above 0 and below 100 where `unit_variance` is set";
            return Err(EncodeError::Setting { name: "quantile_range", range });
        }
        self.nulls.check(self.impute)
    }

    fn needs(&self) -> Needs {
        Impute::needs_with_values(self.impute)
    }

    fn fit(&self, rows: &Rows<'_>, warnings: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let (low, high) = self.quantile_range;
        let columns = rows.each(|fitting| {
            let fill = self.impute.map(|impute| impute.fill(fitting)).transpose()?;
            let sorted = fitting.sorted(fill);
            let at = |percent| percentile(&sorted, percent).ok_or_else(|| fitting.all_null());
            let mean = if self.with_centering { median(&sorted).ok_or_else(|| fitting.all_null())? } else { 0.0 };
            let mut scale = 1.0;
            if self.with_scaling {
                let range = at(high)? - at(low)?;
                scale = scale_or_one(range);
                if scale != range {
                    warnings.push(constant(fitting.column));
                }
                if self.unit_variance {
                    scale /= inverse_normal(high / 100.0) - inverse_normal(low / 100.0);
                }
            }
            if !(scale.is_finite() && scale > 0.0) {
                return Err(EncodeError::TooLarge { column: fitting.column.to_owned() });
            }
            let keep_nulls = self.nulls.keep();
            Ok(NumberColumn { fill, keep_nulls, mean, scale, ..NumberColumn::unscaled(fitting.column) })
        })?;
        Ok(FittedEncoder::RobustScaler(Numbers { columns }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Expected: `numpy.percentile([1, 2, 4, 8, 16], …)`.
    #[test]
    fn quantiles_as_numpy() {
        let sorted = [1.0, 2.0, 4.0, 8.0, 16.0];
        for (percent, expected) in [(0.0, 1.0), (10.0, 1.4), (25.0, 2.0), (33.0, 2.64), (90.0, 12.8), (100.0, 16.0)] {
            let found = percentile(&sorted, percent).unwrap();
            assert!((found - expected).abs() < 1e-12, "{percent}: {found}");
        }
        assert_eq!((percentile(&[], 50.0), percentile(&[7.0], 99.0)), (None, Some(7.0)));
    }
}
