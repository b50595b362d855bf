//! Powers of numbers that make them more like a normal distribution.

use super::log::{check_constant, kind_of};
use super::minimum::{bounded, unbounded};
use super::scaler::yes;
use super::{Fit, Fitting, Impute, NumberNulls, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{FittedEncoder, NumberColumn, NumberMap, Numbers, RawKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which powers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PowerMethod {
    /// Yeo and Johnson's, of any numbers.
    #[default]
    #[serde(alias = "yeo_johnson")]
    YeoJohnson,
    /// Box and Cox's, of numbers above 0.
    #[serde(alias = "box_cox")]
    BoxCox,
}

/// Powers of numbers that make them more like a normal distribution, as scikit-learn's `PowerTransformer`. The exponent of each
/// column is that of the greatest likelihood, searched for as scipy does. It is fitted anew when rows change, from the numbers in
/// ascending order: what comes out does not depend on the order of rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PowerTransformer {
    /// The columns of numbers or booleans.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// Which powers.
    #[serde(default)]
    pub method: PowerMethod,
    /// Whether powers are then scaled as by `standard_scaler`.
    #[serde(default = "yes")]
    pub standardize: bool,
    /// What stands for null, before anything is fitted; without it, null is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub impute: Option<Impute>,
    /// What null means where nothing stands for it.
    #[serde(default, skip_serializing_if = "NumberNulls::is_default")]
    pub nulls: NumberNulls,
}

/// The tolerance of scipy's search.
const TOLERANCE: f64 = 1.48e-8;

impl PowerTransformer {
    fn map(&self, lambda: f64) -> NumberMap {
        match self.method {
            PowerMethod::YeoJohnson => NumberMap::YeoJohnson { lambda },
            PowerMethod::BoxCox => NumberMap::BoxCox { lambda },
        }
    }

    fn fit_column(&self, fitting: &Fitting<'_>, warnings: &mut Vec<String>) -> Result<NumberColumn, EncodeError> {
        let fill = self.impute.map(|impute| impute.fill(fitting)).transpose()?;
        let sorted = fitting.sorted(fill);
        let too_large = || EncodeError::TooLarge { column: fitting.column.to_owned() };
        let (Some(least), Some(greatest)) = (sorted.first(), sorted.last()) else { return Err(fitting.all_null()) };
        let constant = least == greatest;
        if constant {
            // scikit-learn refuses this for Box and Cox's powers, and leaves it as it is for the others.
            warnings.push(format!("the column `{}` is constant in the fitted rows; its power is 1", fitting.column));
        }
        let lambda = match self.method {
            _ if constant => Some(1.0),
            PowerMethod::YeoJohnson => yeo_johnson(&sorted),
            PowerMethod::BoxCox => box_cox(&sorted),
        };
        let map = self.map(lambda.ok_or_else(too_large)?);
        let (mut mean, mut scale) = (0.0, 1.0);
        if self.standardize {
            let powers: Vec<f64> = sorted.iter().map(|number| map.apply(*number)).collect();
            let (found, variance) = moments(&powers);
            let small = powers.len() as f64 * f64::EPSILON;
            mean = found;
            // By the rule of `standard_scaler`.
            if variance > small * variance + (small * found).powi(2) {
                scale = variance.sqrt();
            }
        }
        if !(mean.is_finite() && scale.is_finite() && map.apply(*least).is_finite() && map.apply(*greatest).is_finite())
        {
            return Err(too_large());
        }
        let keep_nulls = self.nulls.keep();
        Ok(NumberColumn { fill, keep_nulls, map: Some(map), mean, scale, ..NumberColumn::unscaled(fitting.column) })
    }
}

/// Mean and (population) variance, in two passes.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n)
}

/// The exponent of the greatest likelihood, between bounds that keep powers finite, as `scipy.stats.yeojohnson_normmax`.
fn yeo_johnson(sorted: &[f64]) -> Option<f64> {
    let (least, greatest) = (*sorted.first()?, *sorted.last()?);
    let logs: Vec<f64> = sorted.iter().map(|number| number.abs().ln_1p()).collect();
    let negative = sorted.partition_point(|number| *number < 0.0);
    let log_sum: f64 = sorted.iter().zip(&logs).map(|(number, log)| if *number < 0.0 { -log } else { *log }).sum();
    let n = sorted.len() as f64;
    let mut powers = vec![0.0; sorted.len()];
    let loss = |lambda: f64| {
        for (at, (power, log)) in powers.iter_mut().zip(&logs).enumerate() {
            let (exponent, sign) = if at < negative { (2.0 - lambda, -1.0) } else { (lambda, 1.0) };
            *power =
                if exponent.abs() < f64::EPSILON { sign * log } else { sign * (exponent * log).exp_m1() / exponent };
        }
        let (_, variance) = moments(&powers);
        // Powers that are all alike are not likely: their variance is below what can be told from rounding.
        match variance >= f64::MIN_POSITIVE {
            true => -(-n / 2.0 * variance.ln() + (lambda - 1.0) * log_sum),
            false => f64::INFINITY,
        }
    };
    let log_eps = f64::EPSILON.ln();
    let log_max = (20.0 * least.abs().max(greatest.abs())).ln_1p();
    let low = (f64::MIN_POSITIVE.ln() - log_eps) / 2.0 / log_max;
    let high = (f64::MAX.ln() + log_eps) / 2.0 / log_max;
    let (low, high) = match (negative == sorted.len(), negative > 0) {
        (true, _) => (2.0 - high, 2.0 - low),
        (false, true) => ((2.0 - high).max(low), (2.0 - low).min(high)),
        _ => (low, high),
    };
    bounded(loss, low, high, TOLERANCE)
}

/// The exponent of the greatest likelihood, as `scipy.stats.boxcox_normmax`.
fn box_cox(sorted: &[f64]) -> Option<f64> {
    let logs: Vec<f64> = sorted.iter().map(|number| number.ln()).collect();
    let log_sum: f64 = logs.iter().sum();
    let n = logs.len() as f64;
    let mut powers = vec![0.0; logs.len()];
    let loss = |lambda: f64| {
        // The constant 1/λ does not change the variance. The greatest power is taken out, so that none overflows.
        let greatest = logs.iter().fold(f64::NEG_INFINITY, |most, log| most.max(lambda * log));
        powers.iter_mut().zip(&logs).for_each(|(power, log)| *power = (lambda * log - greatest).exp());
        let log_variance = match lambda == 0.0 {
            true => moments(&logs).1.ln(),
            false => moments(&powers).1.ln() + 2.0 * greatest - 2.0 * lambda.abs().ln(),
        };
        -((lambda - 1.0) * log_sum - n / 2.0 * log_variance)
    };
    unbounded(loss, (-2.0, 2.0), TOLERANCE)
}

impl Fit for PowerTransformer {
    fn name(&self) -> &'static str {
        "power_transformer"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        kind_of(self.map(1.0), self.nulls, self.impute)
    }

    fn check(&self) -> Result<(), EncodeError> {
        check_constant(self.map(1.0), self.impute)?;
        self.nulls.check(self.impute)
    }

    fn needs(&self) -> Needs {
        Impute::needs_with_values(self.impute)
    }

    fn fit(&self, rows: &Rows<'_>, warnings: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let columns = rows.each(|fitting| self.fit_column(fitting, warnings))?;
        Ok(FittedEncoder::PowerTransformer(Numbers { columns }))
    }
}
