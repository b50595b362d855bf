//! Forward: where did these source rows go?

use crate::cell::row_ids;
use crate::{Pick, RowId, TraceError, View};
use mlspec_provenance::{ProvenanceError, Tracer};
use mlspec_record::{ArtifactKind, ArtifactRef, Id, Name, PortRef, StageId};
use mlspec_table::Table;
use serde::Serialize;

/// What some rows of a source touched.
#[derive(Clone, Debug, Serialize)]
pub struct Impact {
    /// The pipeline.
    pub pipeline: Name,
    /// The run.
    pub run: Id,
    /// The dataset.
    pub dataset: Name,
    /// Its rows that were asked about.
    pub rows: Vec<RowId>,
    /// The outputs of the run's steps, in the order of the run.
    pub outputs: Vec<Touched>,
}

/// An output of a step and what of it was touched.
#[derive(Clone, Debug, Serialize)]
pub struct Touched {
    /// The output.
    pub output: PortRef,
    /// The stage of its step.
    pub stage: StageId,
    /// What it is.
    pub kind: ArtifactKind,
    /// Whether anything of it was touched.
    pub touched: bool,
    /// Its rows that were touched; of a model or report there are none, it is touched as a whole.
    pub rows: Vec<RowId>,
    /// How many rows it has, if it has rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<u64>,
}

/// What rows of a dataset touched in a run.
///
/// # Errors
/// When the dataset is unknown, no row is as asked, or lineage cannot be followed.
pub fn impact(view: &View, dataset: &str, pick: &Pick) -> Result<Impact, TraceError> {
    let source = view.source(dataset)?;
    let rows = match pick.resolve(view, &source.artifact, dataset)? {
        Some(rows) => Table::read_rows(&view.store, &source.artifact.digest, &rows)?.ids(),
        None => Table::read_columns(&view.store, &source.artifact.digest, &[])?.ids(),
    };
    if rows.is_empty() {
        return Err(TraceError::NoRow(dataset.to_owned()));
    }
    let tracer = Tracer::new(&view.store);
    let mut outputs = Vec::new();
    for record in view.run.body.steps.iter().filter_map(|step| view.records.get(&step.step)) {
        for output in &record.outputs {
            let found = reached(&tracer, &source.artifact, &rows, &output.artifact)?;
            let has_rows = matches!(output.artifact.kind, ArtifactKind::Table | ArtifactKind::Matrix);
            outputs.push(Touched {
                output: PortRef { step: record.step.name.clone(), port: output.port.clone() },
                stage: record.step.stage.clone(),
                kind: output.artifact.kind,
                touched: !found.is_empty(),
                rows: if has_rows { row_ids(&found) } else { Vec::new() },
                of: output.artifact.rows.filter(|_| has_rows),
            });
        }
    }
    Ok(Impact {
        pipeline: view.run.body.file.pipeline.clone(),
        run: view.run.id.clone(),
        dataset: source.body.dataset.clone(),
        rows: row_ids(&rows),
        outputs,
    })
}

/// The rows of an output that come from the source rows: none, where it comes from other sources or has no lineage.
fn reached(tracer: &Tracer<'_>, source: &ArtifactRef, rows: &[u64], to: &ArtifactRef) -> Result<Vec<u64>, TraceError> {
    match tracer.forward(source, rows, to) {
        Ok(found) => Ok(found),
        Err(ProvenanceError::Unrelated { .. } | ProvenanceError::NoLineage(_)) => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}
