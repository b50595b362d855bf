//! What stands behind the drift of a column: columns of sources, by lineage, and the rows of the bins that set both sides apart.

use crate::{Bins, MonitorError};
use mlspec_measure::distance::stability_contributions;
use mlspec_provenance::{Tracer, listed_rows};
use mlspec_record::body::{ColumnDrift, Contribution};
use mlspec_record::{ArtifactRef, LineageParent, SourceColumn};
use mlspec_store::Store;
use mlspec_table::Table;
use std::collections::BTreeMap;

/// Adds to each drifted column what stands behind it in the table that it is a column of.
pub(crate) fn add(
    store: &Store,
    parent: &LineageParent,
    columns: &mut [(ColumnDrift, Option<Bins>)],
    most: usize,
) -> Result<(), MonitorError> {
    if !columns.iter().any(|(column, _)| column.drifted) {
        return Ok(());
    }
    let sources = sources(store, &parent.artifact)?;
    for (column, bins) in columns.iter_mut().filter(|(column, _)| column.drifted) {
        column.sources = sources.get(&column.column).cloned().unwrap_or_default();
        if let Some(bins) = bins {
            column.contributions = contributions(store, parent, &column.column, bins, most)?;
        }
    }
    Ok(())
}

/// The columns of datasets behind each column; nothing of a table without lineage.
fn sources(store: &Store, of: &ArtifactRef) -> Result<BTreeMap<String, Vec<SourceColumn>>, MonitorError> {
    if of.lineage.is_none() {
        return Ok(BTreeMap::new());
    }
    let found = Tracer::new(store).columns(of)?;
    Ok(found.into_iter().map(|column| (column.column, column.sources)).collect())
}

fn contributions(
    store: &Store,
    parent: &LineageParent,
    column: &str,
    bins: &Bins,
    most: usize,
) -> Result<Vec<Contribution>, MonitorError> {
    let Ok(parts) = stability_contributions(&bins.reference, &bins.current) else { return Ok(Vec::new()) };
    let total: f64 = parts.iter().sum();
    let mut order: Vec<usize> = (0..parts.len()).filter(|at| parts[*at] > 0.0).collect();
    order.sort_by(|a, b| parts[*b].total_cmp(&parts[*a]).then(a.cmp(b)));
    order.truncate(most);
    if order.is_empty() {
        return Ok(Vec::new());
    }
    let table = Table::read_columns(store, &parent.artifact.digest, &[column])?;
    let places = bins.places(table.column(column)?)?;
    let ids = table.ids();
    let share = |counts: &[u64], at: usize| counts[at] as f64 / counts.iter().sum::<u64>() as f64;
    let of_bin = |at: usize| -> Result<Contribution, MonitorError> {
        let rows = ids.iter().zip(&places).filter(|(_, place)| **place == Some(at)).map(|(id, _)| *id);
        Ok(Contribution {
            bin: bins.labels[at].clone(),
            reference: share(&bins.reference, at),
            current: share(&bins.current, at),
            share: parts[at] / total,
            rows: listed_rows(store, &rows.collect::<Vec<_>>(), parent)?,
        })
    };
    order.into_iter().map(of_bin).collect()
}
