//! Which input rows belong to which groups of a source column.

use crate::{Inspect, TransformError};
use mlspec_provenance::{Inspection, Tracer};
use mlspec_record::ArtifactRef;
use mlspec_stage::Context;
use mlspec_table::Table;
use std::collections::{BTreeMap, BTreeSet};

/// Finds every source: an input is meant where one has the name, else a dataset that inputs come from.
pub(crate) fn inspections(
    cx: &Context<'_>,
    wanted: &[Inspect],
    artifacts: &BTreeMap<String, ArtifactRef>,
    tables: &BTreeMap<String, Table>,
) -> Result<Vec<Inspection>, TransformError> {
    let tracer = Tracer::new(cx.store());
    wanted.iter().map(|one| inspection(&tracer, cx, one, artifacts, tables)).collect()
}

fn inspection(
    tracer: &Tracer<'_>,
    cx: &Context<'_>,
    Inspect { source, column }: &Inspect,
    artifacts: &BTreeMap<String, ArtifactRef>,
    tables: &BTreeMap<String, Table>,
) -> Result<Inspection, TransformError> {
    if let Some(table) = tables.get(source) {
        return Ok(Inspection::new(source, column, table)?.of_table(source, table)?);
    }
    let (mut found, mut known): (Option<Inspection>, BTreeSet<String>) = (None, tables.keys().cloned().collect());
    for (port, artifact) in artifacts {
        for scan in tracer.sources(artifact)? {
            known.insert(scan.dataset.to_string());
            if scan.dataset.as_str() != source {
                continue;
            }
            let rows = Table::read_columns(cx.store(), &scan.artifact.digest, &[column.as_str()])?;
            let inspection = match found.take() {
                Some(inspection) => inspection,
                None => Inspection::new(source, column, &rows)?,
            };
            found = Some(inspection.table(port, &rows, tracer.list_pairs(artifact, &scan)?)?);
        }
    }
    found.ok_or_else(|| TransformError::Inspect { name: source.clone(), known: known.into_iter().collect() })
}
