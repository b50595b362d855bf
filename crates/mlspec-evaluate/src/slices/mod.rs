//! Which rows belong to which slice: by a column of the encoded rows, or of any source behind them.

mod bins;
mod values;

use crate::ranked::Ranked;
use crate::{EvaluateError, MetricName, Scored, SliceBy};
use mlspec_provenance::Tracer;
use mlspec_record::body::{Slice, SliceMetrics};
use mlspec_record::{ArtifactKind, ArtifactRef};
use mlspec_table::{Table, manifest};
use rayon::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The name under which the encoded rows stand in reports.
const ROWS: &str = "rows";

/// Pairs of a measured row's position and a position in a table of a source.
type Links = Arc<Vec<(u32, u32)>>;

/// Where slice columns are found: the matrix that is measured, and its row ids, ascending. Lineage is followed once a source.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    store: &'a mlspec_store::Store,
    tracer: &'a Tracer<'a>,
    data: &'a ArtifactRef,
    ids: &'a [u64],
    known: BTreeMap<String, Vec<(ArtifactRef, Links)>>,
}

impl<'a> Rows<'a> {
    pub(crate) fn new(
        store: &'a mlspec_store::Store,
        tracer: &'a Tracer<'a>,
        data: &'a ArtifactRef,
        ids: &'a [u64],
    ) -> Self {
        Self { store, tracer, data, ids, known: BTreeMap::new() }
    }
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
    links: Links,
}

/// The metrics by slice, for one column.
pub(crate) fn measure(
    rows: &mut Rows<'_>,
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
        let ranked = Ranked::new(&of_slice);
        let metrics = metrics.iter().map(|metric| metric.report_ranked(&ranked)).collect();
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
fn of_source(rows: &mut Rows<'_>, source: &str, column: &str) -> Result<Vec<Behind>, EvaluateError> {
    if !rows.known.contains_key(source) {
        let found = links_to(rows, source)?;
        rows.known.insert(source.to_owned(), found);
    }
    let known = rows.known.get(source).map(Vec::as_slice).unwrap_or_default();
    let behind = |(artifact, links): &(ArtifactRef, Links)| {
        Ok(Behind { table: read_column(rows.store, source, artifact, column)?, links: Arc::clone(links) })
    };
    known.iter().map(behind).collect()
}

/// The tables of the source, and which of their rows stand behind which measured rows.
fn links_to(rows: &Rows<'_>, source: &str) -> Result<Vec<(ArtifactRef, Links)>, EvaluateError> {
    let scans = rows.tracer.sources(rows.data)?;
    let mut found = Vec::new();
    for scan in scans.iter().filter(|scan| scan.dataset.as_str() == source) {
        let ids = Table::read_columns(rows.store, &scan.artifact.digest, &[])?.ids();
        let (mut row_places, mut source_places) = (Places::of(rows.ids), Places::of(&ids));
        let links = rows.tracer.list_pairs(rows.data, scan)?;
        let links = links.into_iter().filter_map(|(row, of)| Some((row_places.find(row)?, source_places.find(of)?)));
        found.push((scan.artifact.clone(), Arc::new(links.collect())));
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
fn of_rows(rows: &Rows<'_>, column: &str) -> Result<Behind, EvaluateError> {
    let parents = rows.tracer.lineage(rows.data)?.parents;
    let missing = || EvaluateError::Column { table: ROWS.to_owned(), column: column.to_owned(), known: Vec::new() };
    let table = parents.first().filter(|parent| parent.artifact.kind == ArtifactKind::Table).ok_or_else(missing)?;
    let table = read_column(rows.store, ROWS, &table.artifact, column)?;
    let ids = table.ids();
    let mut places = Places::of(&ids);
    let links = rows.ids.iter().zip(0..).filter_map(|(&id, row)| Some((row, places.find(id)?))).collect();
    Ok(Behind { table, links: Arc::new(links) })
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

/// Where ids stand in an ascending list.
struct Places<'a> {
    ids: &'a [u64],
    next: usize,
}

impl<'a> Places<'a> {
    fn of(ids: &'a [u64]) -> Self {
        Self { ids, next: 0 }
    }

    /// The place of this id. Ids that are asked for in order, and ids without gaps, need no search.
    fn find(&mut self, id: u64) -> Option<u32> {
        let ahead = self.ids.get(self.next).is_some_and(|&found| found == id);
        let counted = self.ids.first().and_then(|first| usize::try_from(id.checked_sub(*first)?).ok());
        let at = match counted {
            _ if ahead => self.next,
            Some(at) if self.ids.get(at) == Some(&id) => at,
            _ => self.ids.binary_search(&id).ok()?,
        };
        self.next = at + 1;
        u32::try_from(at).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_found_in_any_order() {
        let ids = [3, 4, 5, 9, 40, u64::MAX];
        let mut places = Places::of(&ids);
        for (id, place) in [(3, Some(0)), (4, Some(1)), (9, Some(3)), (40, Some(4)), (5, Some(2)), (6, None), (0, None)]
        {
            assert_eq!(places.find(id), place, "{id}");
        }
        assert_eq!((places.find(u64::MAX), places.find(u64::MAX), places.find(3)), (Some(5), Some(5), Some(0)));
        assert_eq!(Places::of(&[]).find(1), None);
    }
}
