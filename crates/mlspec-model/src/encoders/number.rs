//! Encoders of numbers, one feature a column: scalers, logarithms, powers, imputer, pass-through.

use super::RawKind;
use super::part::{Cells, Fitted, Lookup, NumberCells, Part, RawRows, Writer};
use crate::format::tidy;
use crate::{ModelError, RowProblem};
use serde::{Deserialize, Serialize};

/// Columns of numbers or booleans, one feature each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// The columns, in the order of the features.
    pub columns: Vec<NumberColumn>,
}

/// A column whose feature is `(value - mean) / scale`, the value being what `map` makes of it where there is one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberColumn {
    /// The table column.
    pub column: String,
    /// What stands for null; without it, null is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<f64>,
    /// Whether null is kept, as NaN.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_nulls: bool,
    /// What is made of the value first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub map: Option<NumberMap>,
    /// What is subtracted.
    pub mean: f64,
    /// What is divided by.
    pub scale: f64,
    /// Least and greatest value of the feature; what is beyond becomes that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip: Option<(f64, f64)>,
}

/// What is made of a number before it is scaled.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum NumberMap {
    /// The logarithm of the number and 1.
    Log1p,
    /// The natural logarithm.
    Log,
    /// The logarithm to base 2.
    Log2,
    /// The logarithm to base 10.
    Log10,
    /// The power of Box and Cox, of positive numbers: `(x^lambda - 1) / lambda`, or `ln x` for 0.
    BoxCox {
        /// The exponent.
        lambda: f64,
    },
    /// The power of Yeo and Johnson, of any numbers.
    YeoJohnson {
        /// The exponent.
        lambda: f64,
    },
}

impl NumberMap {
    /// What numbers must be greater than.
    pub fn above(self) -> Option<f64> {
        match self {
            Self::Log1p => Some(-1.0),
            Self::Log | Self::Log2 | Self::Log10 | Self::BoxCox { .. } => Some(0.0),
            Self::YeoJohnson { .. } => None,
        }
    }

    /// What is made of a number.
    pub fn apply(self, value: f64) -> f64 {
        match self {
            Self::Log1p => value.ln_1p(),
            Self::Log => value.ln(),
            Self::Log2 => value.log2(),
            Self::Log10 => value.log10(),
            Self::BoxCox { lambda } if lambda.abs() < 1e-19 => value.ln(),
            Self::BoxCox { lambda } => (lambda * value.ln()).exp_m1() / lambda,
            // The power of x + 1, so that small numbers lose no digits.
            Self::YeoJohnson { lambda } if value >= 0.0 => match lambda.abs() < f64::EPSILON {
                true => value.ln_1p(),
                false => (lambda * value.ln_1p()).exp_m1() / lambda,
            },
            Self::YeoJohnson { lambda } => match (lambda - 2.0).abs() > f64::EPSILON {
                true => -((2.0 - lambda) * (-value).ln_1p()).exp_m1() / (2.0 - lambda),
                false => -(-value).ln_1p(),
            },
        }
    }
}

impl NumberColumn {
    /// A column whose feature is the value itself.
    pub fn unscaled(column: &str) -> Self {
        Self { column: column.to_owned(), fill: None, keep_nulls: false, map: None, mean: 0.0, scale: 1.0, clip: None }
    }

    /// The feature of a value that is not null.
    pub fn scale(&self, value: f64) -> f64 {
        let mapped = self.map.map_or(value, |map| map.apply(value));
        let scaled = (mapped - self.mean) / self.scale;
        match self.clip {
            Some((least, _)) if scaled < least => least,
            Some((_, greatest)) if scaled > greatest => greatest,
            _ => scaled,
        }
    }

    pub(crate) fn check(&mut self) -> Result<(), ModelError> {
        tidy(self.fill.as_mut_slice(), "encoder")?;
        tidy(std::slice::from_mut(&mut self.mean), "encoder")?;
        if let Some(NumberMap::BoxCox { lambda } | NumberMap::YeoJohnson { lambda }) = &mut self.map {
            tidy(std::slice::from_mut(lambda), "encoder")?;
        }
        if let Some((least, greatest)) = &mut self.clip {
            tidy(std::slice::from_mut(least), "encoder")?;
            tidy(std::slice::from_mut(greatest), "encoder")?;
        }
        if self.scale > 0.0 && self.scale.is_finite() {
            Ok(())
        } else {
            Err(ModelError::invalid("encoder", "a scale is not a positive number"))
        }
    }

    /// Whether a raw table may hold nulls.
    pub(crate) fn takes_nulls(&self) -> bool {
        self.fill.is_some() || self.keep_nulls
    }

    fn part(&self) -> Part<'_> {
        let nulls = self.takes_nulls();
        let kind = match self.map.and_then(NumberMap::above) {
            Some(above) => RawKind::Above { above, nulls },
            None => RawKind::Number { nulls },
        };
        Part::of(&self.column, kind, 1, self)
    }
}

impl<'a> Writer<'a> for &'a NumberColumn {
    fn name(&self, column: &str, _: usize) -> String {
        column.to_owned()
    }

    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError> {
        Ok(Box::new(*self))
    }
}

impl Lookup for &NumberColumn {
    fn read<'t>(&'t self, rows: &RawRows<'t>) -> Result<Box<dyn Cells + 't>, ModelError> {
        let fill = self.fill.unwrap_or(f64::NAN);
        let scaled = |value: f64| self.scale(if value.is_nan() { fill } else { value });
        let values: Vec<f64> = rows.numbers(0)?.map(scaled).collect();
        if !self.keep_nulls {
            rows.refuse(0, values.iter().map(|value| value.is_nan()), RowProblem::Null)?;
        }
        Ok(Box::new(NumberCells(values)))
    }
}

impl Fitted for Numbers {
    fn check(&mut self) -> Result<(), ModelError> {
        self.columns.iter_mut().try_for_each(NumberColumn::check)
    }

    fn parts(&self) -> Vec<Part<'_>> {
        self.columns.iter().map(NumberColumn::part).collect()
    }
}

/// Columns of numbers whose nulls are filled: a feature each, then an indicator for those that had nulls.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Imputer {
    /// The columns, in the order of the features.
    pub columns: Vec<ImputedColumn>,
}

/// A column whose nulls are filled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImputedColumn {
    /// The table column.
    pub column: String,
    /// What stands for null.
    pub fill: f64,
    /// Whether a second feature is 1 where the value is null.
    pub indicator: bool,
}

/// How a feature of an imputer is written.
#[derive(Clone, Copy, Debug)]
enum Imputed {
    /// A number, or what stands for null.
    Filled(f64),
    /// 1 where the number is null.
    IsNull,
}

impl<'a> Writer<'a> for Imputed {
    fn name(&self, column: &str, _: usize) -> String {
        match self {
            Self::Filled(_) => column.to_owned(),
            Self::IsNull => format!("missingindicator_{column}"),
        }
    }

    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError> {
        Ok(Box::new(*self))
    }
}

impl Lookup for Imputed {
    fn read<'t>(&'t self, rows: &RawRows<'t>) -> Result<Box<dyn Cells + 't>, ModelError> {
        let written = |value: f64| match self {
            Self::Filled(fill) if value.is_nan() => *fill,
            Self::Filled(_) => value,
            Self::IsNull => f64::from(u8::from(value.is_nan())),
        };
        Ok(Box::new(NumberCells(rows.numbers(0)?.map(written).collect())))
    }
}

impl Fitted for Imputer {
    fn check(&mut self) -> Result<(), ModelError> {
        self.columns.iter_mut().try_for_each(|column| tidy(std::slice::from_mut(&mut column.fill), "encoder"))
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let values = self.columns.iter().map(|column| (column, Imputed::Filled(column.fill)));
        let indicators = self.columns.iter().filter(|column| column.indicator).map(|column| (column, Imputed::IsNull));
        values
            .chain(indicators)
            .map(|(column, writer)| Part::of(&column.column, RawKind::Number { nulls: true }, 1, writer))
            .collect()
    }
}
