//! All source rows behind an artifact.

use crate::TraceError;
use mlspec_provenance::Tracer;
use mlspec_record::{ArtifactRef, Name};
use mlspec_table::TableError;
use mlspec_table::polars::prelude::DataFrame;
use std::collections::BTreeMap;

/// Rows of sources, by dataset: the version and its row ids, ascending.
pub(crate) type Swept = BTreeMap<Name, (ArtifactRef, Vec<u64>)>;

/// The source rows behind all rows of an artifact; behind a model or report, those behind all that it read.
pub(crate) fn sweep(tracer: &Tracer<'_>, of: &ArtifactRef) -> Result<Swept, TraceError> {
    let mut swept = Swept::new();
    for scan in tracer.sources(of)? {
        let rows = source_rows(&tracer.pairs(of, &scan)?)?;
        add(&mut swept, scan.dataset, scan.artifact, rows);
    }
    Ok(swept)
}

/// Adds rows of a dataset, keeping them ascending and distinct.
pub(crate) fn add(swept: &mut Swept, dataset: Name, artifact: ArtifactRef, rows: Vec<u64>) {
    let (_, all) = swept.entry(dataset).or_insert((artifact, Vec::new()));
    all.extend(rows);
    all.sort_unstable();
    all.dedup();
}

/// The source ids of pairs.
fn source_rows(pairs: &DataFrame) -> Result<Vec<u64>, TraceError> {
    let ids = pairs.column("source").and_then(|column| column.u64()).map_err(TableError::from)?;
    Ok(ids.iter().flatten().collect())
}
