//! Which source rows a model was made from.

use crate::cell::row_ids;
use crate::sweep::{Swept, sweep};
use crate::view::body;
use crate::{RowId, TraceError, View};
use mlspec_provenance::Tracer;
use mlspec_record::body::Transformation;
use mlspec_record::{ArtifactKind, Envelope, Id, Kind, Name};
use serde::Serialize;
use serde_json::Value;

/// Which source rows a model was made from.
#[derive(Clone, Debug, Serialize)]
pub struct Usage {
    /// The pipeline.
    pub pipeline: Name,
    /// The run.
    pub run: Id,
    /// The step that fitted the model.
    pub step: Name,
    /// Its record.
    pub record: Id,
    /// The source rows, by what they were used for and by dataset.
    pub sources: Vec<UsedSource>,
}

/// What source rows were used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The model was fitted on rows that come from them.
    Model,
    /// The encoders in front of the model were fitted on rows that come from them.
    Encoders,
}

/// Rows of one source that were used.
#[derive(Clone, Debug, Serialize)]
pub struct UsedSource {
    /// The dataset.
    pub dataset: Name,
    /// What for.
    pub role: Role,
    /// How many of its rows were used.
    pub used: u64,
    /// How many rows the dataset has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<u64>,
    /// Their ids.
    pub rows: Vec<RowId>,
}

/// Which source rows the model of a step was made from: a step that fits a model, or one that uses it. The model may also be
/// named by the digest that its artifact has.
///
/// # Errors
/// When the name is unknown, the step has to do with no model or with several, or lineage cannot be followed.
pub fn usage(view: &View, model: &str, dataset: Option<&str>) -> Result<Usage, TraceError> {
    if let Some(dataset) = dataset {
        view.source(dataset)?;
    }
    let training = training(view, model)?;
    let tracer = Tracer::new(&view.store);
    let mut sources = Vec::new();
    let matrices = || training.inputs.iter().filter(|input| input.artifact.kind == ArtifactKind::Matrix);
    for input in matrices() {
        sources.extend(used(view, Role::Model, sweep(&tracer, &input.artifact)?));
    }
    for input in matrices() {
        let encoding = input.producer.as_ref().and_then(|producer| view.records.get(&producer.step));
        if let Some(encoding) = encoding.filter(|record| record.kind == Kind::Transformation) {
            sources.extend(used(view, Role::Encoders, fitted_on(&tracer, encoding)?));
        }
    }
    sources.retain(|source| dataset.is_none_or(|dataset| source.dataset.as_str() == dataset));
    Ok(Usage {
        pipeline: view.run.body.file.pipeline.clone(),
        run: view.run.id.clone(),
        step: training.step.name.clone(),
        record: training.id.clone(),
        sources,
    })
}

fn used(view: &View, role: Role, swept: Swept) -> Vec<UsedSource> {
    let used = swept.into_iter().map(|(dataset, (artifact, rows))| UsedSource {
        of: view.source_of(&artifact, dataset.as_str()).map(|source| source.body.rows).or(artifact.rows),
        dataset,
        role,
        used: rows.len() as u64,
        rows: row_ids(&rows),
    });
    used.collect()
}

/// The source rows behind the part that encoders were fitted on.
fn fitted_on(tracer: &Tracer<'_>, record: &Envelope<Value>) -> Result<Swept, TraceError> {
    let fit = body::<Transformation>(record)?.encoding.map(|encoding| encoding.fitted_on);
    let input = record.inputs.iter().find(|input| Some(input.port.as_str()) == fit.as_deref());
    input.map_or(Ok(Swept::new()), |input| sweep(tracer, &input.artifact))
}

/// The record of the step that fitted the model: named itself, or by a step that reads the model, or by the model's digest.
fn training<'a>(view: &'a View, name: &str) -> Result<&'a Envelope<Value>, TraceError> {
    let fits = |record: &&Envelope<Value>| record.kind == Kind::Training;
    let is_it = |record: &&Envelope<Value>| {
        record.outputs.iter().any(|o| o.artifact.kind == ArtifactKind::Model && o.artifact.digest.to_string() == name)
    };
    if let Some(record) = view.records.values().filter(fits).find(is_it) {
        return Ok(record);
    }
    let record = view.record(name.strip_suffix(".model").unwrap_or(name))?;
    if fits(&record) {
        return Ok(record);
    }
    let models = record.inputs.iter().filter(|input| input.artifact.kind == ArtifactKind::Model);
    let mut producers = models.filter_map(|input| view.records.get(&input.producer.as_ref()?.step));
    producers.find(fits).ok_or_else(|| {
        let known = view.records.values().filter(fits).map(|record| record.step.name.as_str());
        TraceError::unknown("model", name, known.collect::<Vec<_>>())
    })
}
