//! Metrics by slice: by columns of the encoded rows, or of any source behind them.

mod bins;
mod group;

pub(crate) use group::{Group, Grouped, grouped, queries};

use crate::ranked::Ranked;
use crate::{EvaluateError, MetricSpec, Scored};
use mlspec_provenance::RowsBehind;
use mlspec_record::Name;
use mlspec_record::body::{Slice, SliceMetrics};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A column that rows are put together by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnBy {
    /// The source dataset that has the column; the rows that were encoded if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Name>,
    /// The column; the features need not hold it.
    #[schemars(length(min = 1))]
    pub column: String,
    /// Into how many bins of about equally many rows a column of numbers is cut; a group per value if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 100))]
    pub quantiles: Option<u32>,
}

/// A column to slice by, or several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SliceBy {
    /// The source dataset that has the column; the rows that were encoded if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Name>,
    /// The column; the features need not hold it.
    #[schemars(length(min = 1))]
    pub column: String,
    /// Into how many bins of about equally many rows a column of numbers is cut; a slice per value if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 100))]
    pub quantiles: Option<u32>,
    /// Further columns: a slice is then a combination of values that occurs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cross: Vec<ColumnBy>,
}

impl ColumnBy {
    pub(crate) fn check(&self) -> Result<(), EvaluateError> {
        match self.quantiles {
            Some(found) if !(2..=100).contains(&found) => {
                Err(EvaluateError::Quantiles { column: self.column.clone(), found })
            }
            _ => Ok(()),
        }
    }
}

impl SliceBy {
    /// All columns, the first one first.
    pub(crate) fn columns(&self) -> Vec<ColumnBy> {
        let first = ColumnBy { source: self.source.clone(), column: self.column.clone(), quantiles: self.quantiles };
        std::iter::once(first).chain(self.cross.iter().cloned()).collect()
    }

    pub(crate) fn check(&self) -> Result<(), EvaluateError> {
        self.columns().iter().try_for_each(ColumnBy::check)
    }
}

/// The metrics by slice.
pub(crate) fn measure(
    rows: &mut RowsBehind<'_>,
    by: &SliceBy,
    limit: u64,
    metrics: &[MetricSpec],
    scored: &Scored,
) -> Result<SliceMetrics, EvaluateError> {
    let Grouped { source, cross, groups, several, none } = grouped(rows, &by.columns(), limit)?;
    let slices = groups.into_par_iter().map(|group| {
        let of_slice = scored.select(&group.rows);
        let ranked = Ranked::new(&of_slice);
        let metrics = metrics.iter().map(|metric| metric.report_ranked(&ranked)).collect();
        Slice { value: group.value, cross: group.cross, rows: group.rows.len() as u64, metrics }
    });
    let slices = slices.collect();
    let column = by.column.clone();
    Ok(SliceMetrics { source, column, cross, slices, rows_in_several: several, rows_in_none: none })
}
