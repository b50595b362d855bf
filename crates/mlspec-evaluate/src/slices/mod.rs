//! Which rows belong to which slice: by a column of the encoded rows, or of any source behind them.

mod bins;
mod values;

use crate::{EvaluateError, MetricName, Scored, SliceBy};
use mlspec_provenance::Tracer;
use mlspec_record::body::{Slice, SliceMetrics};
use mlspec_record::{ArtifactKind, ArtifactRef};
use mlspec_table::{Table, manifest};
use rayon::prelude::*;

/// The name under which the encoded rows stand in reports.
const ROWS: &str = "rows";

/// Where slice columns are found: the matrix that is measured, and its row ids, ascending.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rows<'a> {
    pub(crate) store: &'a mlspec_store::Store,
    pub(crate) tracer: &'a Tracer<'a>,
    pub(crate) data: &'a ArtifactRef,
    pub(crate) ids: &'a [u64],
}

/// Values that rows have, some through several source rows.
#[derive(Debug, Default)]
pub(crate) struct Members {
    /// The slices' names, in order; none for null.
    pub(crate) labels: Vec<Option<String>>,
    /// Pairs of a row's position and a slice, sorted, each once.
    pub(crate) pairs: Vec<(u32, u32)>,
}

/// A table that holds the column, and which of its rows stand behind which measured rows.
struct Behind {
    table: Table,
    /// Pairs of a measured row's position and a position in the table.
    links: Vec<(u32, u32)>,
}

/// The metrics by slice, for one column.
pub(crate) fn measure(
    rows: Rows<'_>,
    by: &SliceBy,
    limit: u64,
    metrics: &[MetricName],
    scored: &Scored,
) -> Result<SliceMetrics, EvaluateError> {
    let (source, behind) = match &by.source {
        Some(source) => (source.to_string(), of_source(rows, source.as_str(), &by.column)?),
        None => (ROWS.to_owned(), vec![of_rows(rows, &by.column)?]),
    };
    let members = match by.quantiles {
        Some(bins) => bins::members(&behind, &by.column, bins)?,
        None => values::members(&behind, &by.column)?,
    };
    if members.labels.len() as u64 > limit {
        return Err(EvaluateError::TooManySlices { column: by.column.clone(), found: members.labels.len(), limit });
    }
    let mut in_slice: Vec<Vec<u32>> = vec![Vec::new(); members.labels.len()];
    members.pairs.iter().for_each(|&(row, slice)| in_slice[slice as usize].push(row));
    let slices = members.labels.into_par_iter().zip(in_slice).map(|(value, rows)| {
        let of_slice = scored.select(&rows);
        let metrics = metrics.iter().map(|metric| metric.report(&of_slice)).collect();
        Slice { value, rows: rows.len() as u64, metrics }
    });
    let slices = slices.collect();
    let per_row = members.pairs.chunk_by(|a, b| a.0 == b.0);
    let (mut with_value, mut several) = (0, 0);
    for values in per_row {
        with_value += 1;
        several += u64::from(values.len() > 1);
    }
    let none = rows.ids.len() as u64 - with_value;
    Ok(SliceMetrics { source, column: by.column.clone(), slices, rows_in_several: several, rows_in_none: none })
}

/// The column in a source, through every way from the rows to it.
fn of_source(rows: Rows<'_>, source: &str, column: &str) -> Result<Vec<Behind>, EvaluateError> {
    let scans = rows.tracer.sources(rows.data)?;
    let mut found = Vec::new();
    for scan in scans.iter().filter(|scan| scan.dataset.as_str() == source) {
        let table = read_column(rows.store, source, &scan.artifact, column)?;
        let ids = table.ids();
        let links = rows.tracer.list_pairs(rows.data, scan)?;
        let links = links.into_iter().filter_map(|(row, of)| Some((position(rows.ids, row)?, position(&ids, of)?)));
        found.push(Behind { links: links.collect(), table });
    }
    if found.is_empty() {
        let mut known: Vec<String> = scans.iter().map(|scan| scan.dataset.to_string()).collect();
        known.sort_unstable();
        known.dedup();
        return Err(EvaluateError::Source { source_name: source.to_owned(), known });
    }
    Ok(found)
}

/// The column in the table that was encoded, whose rows have the matrix's ids.
fn of_rows(rows: Rows<'_>, column: &str) -> Result<Behind, EvaluateError> {
    let parents = rows.tracer.lineage(rows.data)?.parents;
    let missing = || EvaluateError::Column { table: ROWS.to_owned(), column: column.to_owned(), known: Vec::new() };
    let table = parents.first().filter(|parent| parent.artifact.kind == ArtifactKind::Table).ok_or_else(missing)?;
    let table = read_column(rows.store, ROWS, &table.artifact, column)?;
    let ids = table.ids();
    let links = rows.ids.iter().zip(0..).filter_map(|(&id, row)| Some((row, position(&ids, id)?))).collect();
    Ok(Behind { table, links })
}

fn read_column(
    store: &mlspec_store::Store,
    name: &str,
    artifact: &ArtifactRef,
    column: &str,
) -> Result<Table, EvaluateError> {
    let schema = manifest(store, &artifact.digest)?.schema;
    if schema.get(column).is_none() {
        let known = schema.names().map(str::to_owned).collect();
        return Err(EvaluateError::Column { table: name.to_owned(), column: column.to_owned(), known });
    }
    Ok(Table::read_columns(store, &artifact.digest, &[column])?)
}

fn position(ids: &[u64], id: u64) -> Option<u32> {
    ids.binary_search(&id).ok().and_then(|at| u32::try_from(at).ok())
}
