//! Where values are missing: `missing_indicator`.

use super::RawKind;
use super::part::{Cells, Fitted, Lookup, NumberCells, Part, RawRows, Writer};
use crate::ModelError;
use serde::{Deserialize, Serialize};

/// Columns of any type, one feature each: 1 where the value is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MissingIndicator {
    /// The table columns, in the order of the features.
    pub columns: Vec<String>,
}

/// How the feature is written: as it lies in the raw table.
#[derive(Clone, Copy, Debug)]
struct Indicator;

impl<'a> Writer<'a> for Indicator {
    fn name(&self, column: &str, _: usize) -> String {
        format!("missingindicator_{column}")
    }

    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError> {
        Ok(Box::new(*self))
    }
}

impl Lookup for Indicator {
    fn read<'t>(&'t self, rows: &RawRows<'t>) -> Result<Box<dyn Cells + 't>, ModelError> {
        Ok(Box::new(NumberCells(rows.numbers(0)?.collect())))
    }
}

impl Fitted for MissingIndicator {
    fn check(&mut self) -> Result<(), ModelError> {
        Ok(())
    }

    fn parts(&self) -> Vec<Part<'_>> {
        self.columns.iter().map(|column| Part::of(column, RawKind::Missing, 1, Indicator)).collect()
    }
}
