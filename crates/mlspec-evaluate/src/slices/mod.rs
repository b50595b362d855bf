//! Metrics by slice: by a column of the encoded rows, or of any source behind them.

mod bins;

use crate::ranked::Ranked;
use crate::{EvaluateError, MetricName, Scored, SliceBy};
use mlspec_provenance::{RowsBehind, members_by_value};
use mlspec_record::body::{Slice, SliceMetrics};
use rayon::prelude::*;

/// The name under which the encoded rows stand in reports.
const ROWS: &str = "rows";

/// Rows by the value that they have in a column.
pub(crate) struct Grouped {
    /// The source dataset of the column, or `rows`.
    pub(crate) source: String,
    /// The values, in order, none for null, and the positions of the rows that have them.
    pub(crate) groups: Vec<(Option<String>, Vec<u32>)>,
    /// How many rows have several values.
    pub(crate) several: u64,
    /// How many rows have none.
    pub(crate) none: u64,
}

/// Rows by the value that they have in a column.
pub(crate) fn grouped(rows: &mut RowsBehind<'_>, by: &SliceBy, limit: u64) -> Result<Grouped, EvaluateError> {
    let (source, behind) = match &by.source {
        Some(source) => (source.to_string(), rows.of_source(source.as_str(), &by.column)?),
        None => (ROWS.to_owned(), vec![rows.of_rows(&by.column)?]),
    };
    let members = match by.quantiles {
        Some(bins) => bins::members(&behind, &by.column, bins)?,
        None => members_by_value(&behind, &by.column)?,
    };
    if members.labels.len() as u64 > limit {
        return Err(EvaluateError::TooManySlices { column: by.column.clone(), found: members.labels.len(), limit });
    }
    let (with_value, several) = members.spread();
    let mut in_slice: Vec<Vec<u32>> = vec![Vec::new(); members.labels.len()];
    members.pairs.iter().for_each(|&(row, slice)| in_slice[slice as usize].push(row));
    let none = rows.len() as u64 - with_value;
    Ok(Grouped { source, groups: members.labels.into_iter().zip(in_slice).collect(), several, none })
}

/// The metrics by slice, for one column.
pub(crate) fn measure(
    rows: &mut RowsBehind<'_>,
    by: &SliceBy,
    limit: u64,
    metrics: &[MetricName],
    scored: &Scored,
) -> Result<SliceMetrics, EvaluateError> {
    let Grouped { source, groups, several, none } = grouped(rows, by, limit)?;
    let slices = groups.into_par_iter().map(|(value, rows)| {
        let of_slice = scored.select(&rows);
        let ranked = Ranked::new(&of_slice);
        let metrics = metrics.iter().map(|metric| metric.report_ranked(&ranked)).collect();
        Slice { value, rows: rows.len() as u64, metrics }
    });
    let slices = slices.collect();
    Ok(SliceMetrics { source, column: by.column.clone(), slices, rows_in_several: several, rows_in_none: none })
}
