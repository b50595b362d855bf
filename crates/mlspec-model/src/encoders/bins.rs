//! Numbers by the interval that they lie in: `k_bins_discretizer`.

use super::RawKind;
use super::part::{Cells, CodeCells, Fitted, Lookup, NONE, NumberCells, Part, RawRows, Writer};
use crate::format::tidy;
use crate::{ModelError, RowProblem};
use serde::{Deserialize, Serialize};

/// Columns of numbers, each cut into intervals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bins {
    /// The columns, in the order of the features.
    pub columns: Vec<BinColumn>,
    /// Whether the feature is the number of the interval; else there is a feature for each interval.
    pub ordinal: bool,
}

/// A column with the bounds between its intervals.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BinColumn {
    /// The table column.
    pub column: String,
    /// What stands for null; without it, null is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fill: Option<f64>,
    /// Whether null is kept: as NaN where there is one feature, else as a row without a 1.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_nulls: bool,
    /// The bounds, ascending: a number belongs to the interval after the last bound that is not above it.
    pub bounds: Vec<f64>,
}

/// A column, and whether it makes one feature.
#[derive(Clone, Copy, Debug)]
struct Column<'a>(&'a BinColumn, bool);

impl<'a> Writer<'a> for Column<'a> {
    fn name(&self, column: &str, at: usize) -> String {
        // As scikit-learn names them.
        if self.1 { column.to_owned() } else { format!("{column}_{at}.0") }
    }

    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError> {
        Ok(Box::new(*self))
    }
}

impl Lookup for Column<'_> {
    fn read<'t>(&'t self, rows: &RawRows<'t>) -> Result<Box<dyn Cells + 't>, ModelError> {
        let Self(column, ordinal) = self;
        let fill = column.fill.unwrap_or(f64::NAN);
        let values: Vec<f64> = rows.numbers(0)?.map(|value| if value.is_nan() { fill } else { value }).collect();
        if !column.keep_nulls {
            rows.refuse(0, values.iter().map(|value| value.is_nan()), RowProblem::Null)?;
        }
        let bin = |value: f64| column.bounds.partition_point(|bound| *bound <= value);
        Ok(match ordinal {
            true => {
                let number = |value: f64| if value.is_nan() { value } else { bin(value) as f64 };
                Box::new(NumberCells(values.into_iter().map(number).collect()))
            }
            false => {
                let code = |value: f64| if value.is_nan() { NONE } else { bin(value) as u32 };
                Box::new(CodeCells(values.into_iter().map(code).collect()))
            }
        })
    }
}

impl Fitted for Bins {
    fn check(&mut self) -> Result<(), ModelError> {
        for column in &mut self.columns {
            tidy(column.fill.as_mut_slice(), "encoder")?;
            tidy(&mut column.bounds, "encoder")?;
            if !column.bounds.is_sorted() {
                return Err(ModelError::invalid("encoder", "bounds of intervals do not ascend"));
            }
        }
        Ok(())
    }

    fn parts(&self) -> Vec<Part<'_>> {
        self.columns
            .iter()
            .map(|column| {
                let nulls = column.fill.is_some() || column.keep_nulls;
                let width = if self.ordinal { 1 } else { column.bounds.len() + 1 };
                Part::of(&column.column, RawKind::Number { nulls }, width, Column(column, self.ordinal))
            })
            .collect()
    }
}
