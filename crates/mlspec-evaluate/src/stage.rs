//! The stage evaluate, and what it shares with the stage test: reading artifacts, writing results. No decisions here.

use crate::evaluator::Found;
use crate::{EvaluateError, EvaluateParams, Evaluator};
use mlspec_model::LABEL;
use mlspec_provenance::{FEATURES, Tracer, whole_lineage};
use mlspec_record::body::Evaluation;
use mlspec_record::{
    ArtifactKind, ArtifactRef, Column, ColumnLineage, Dependency, Kind, Lineage, LineageParent, Name, Producer,
    RowLineage, SourceColumn, StageId, TableSchema,
};
use mlspec_stage::{
    Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings, write_settings,
};
use mlspec_store::Store;
use mlspec_table::ChunkOptions;
use serde::Serialize;
use serde_json::{Map, Value};

pub(crate) const MODEL: &str = "model";
pub(crate) const DATA: &str = "data";

/// The stage `evaluate@1`.
pub fn entry() -> StageEntry {
    StageEntry { id: id(), build, settings: || schemars::schema_for!(EvaluateParams) }
}

fn id() -> StageId {
    StageId::new("evaluate@1").expect("the constant is a stage id")
}

pub(crate) fn name(text: &'static str) -> Name {
    Name::new(text).expect("the constant is a name")
}

fn build(_: &Name, settings: Map<String, Value>, _: &Site) -> Result<Box<dyn Stage>, StageError> {
    Ok(Box::new(parse_settings::<EvaluateParams>(settings)?.check()?))
}

impl Stage for Evaluator {
    fn id(&self) -> StageId {
        id()
    }

    fn kind(&self) -> Kind {
        Kind::Evaluation
    }

    fn producer(&self) -> Producer {
        producer()
    }

    fn settings(&self) -> Map<String, Value> {
        settings(self.params())
    }

    fn ports(&self) -> Ports {
        ports()
    }

    /// The columns of the predictions depend on the model's classes, which only a run knows.
    fn plan(&self, _: &Schemas) -> Result<Schemas, StageError> {
        Ok(Schemas::new())
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let tracer = Tracer::new(cx.store());
        let found = measure(self, cx, &tracer)?;
        let evaluation = found.evaluation.clone();
        write(cx, found, &evaluation)
    }
}

pub(crate) fn producer() -> Producer {
    Producer { name: env!("CARGO_PKG_NAME").to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}

pub(crate) fn settings(params: &impl Serialize) -> Map<String, Value> {
    write_settings(params)
}

pub(crate) fn ports() -> Ports {
    Ports {
        inputs: vec![Port::new(name(MODEL), ArtifactKind::Model), Port::new(name(DATA), ArtifactKind::Matrix)],
        outputs: vec![
            Port::new(name("predictions"), ArtifactKind::Table),
            Port::new(name("report"), ArtifactKind::Report),
        ],
    }
}

/// Finds out everything about the model and the rows at the ports. In an update nobody waits for measurements of time.
pub(crate) fn measure(evaluator: &Evaluator, cx: &mut Context<'_>, tracer: &Tracer<'_>) -> Result<Found, StageError> {
    let model = cx.input(MODEL, ArtifactKind::Model)?.artifact.clone();
    let data = cx.input(DATA, ArtifactKind::Matrix)?.artifact.clone();
    let host = cx.host();
    let clock = || host.seconds();
    let clock = cx.previous().is_none().then_some(&clock as &dyn Fn() -> f64);
    let found = evaluator.run(cx.store(), tracer, (&model, &data), clock)?;
    cx.check_cancelled()?;
    if let Some(timing) = found.timing {
        cx.measure("predict_batch_seconds", timing.batch_seconds);
        cx.measure("predict_row_p50_seconds", timing.row_p50_seconds);
        cx.measure("predict_row_p99_seconds", timing.row_p99_seconds);
        cx.measure("predict_memory_bytes", timing.memory_bytes as f64);
    }
    for metric in &found.evaluation.metrics {
        if let Some(reason) = &metric.reason {
            cx.warn(format!("`{}` is undefined: {reason}", metric.name));
        }
    }
    Ok(found)
}

/// Leaves predictions, report and body.
pub(crate) fn write(cx: &mut Context<'_>, found: Found, body: &impl Serialize) -> Result<(), StageError> {
    let store = cx.store();
    let mut parents = Vec::new();
    // The rows are those of the data, so it comes first; other inputs have a part as a whole.
    for port in [DATA, MODEL].into_iter().chain(["train"]) {
        if let Some(input) = cx.find_input(port) {
            parents.push(LineageParent { scan: port.to_owned(), artifact: input.artifact.clone() });
        }
    }
    let mut predictions = found.predictions.write(store, &ChunkOptions::default()).map_err(EvaluateError::from)?;
    let by_model = parents.iter().filter(|parent| parent.scan != "train").cloned().collect();
    predictions.lineage = Some(predictions_lineage(store, by_model, found.predictions.schema())?);
    let (digest, bytes) = store.put_json(body).map_err(EvaluateError::from)?;
    let lineage = Some(whole_lineage(store, parents).map_err(EvaluateError::from)?);
    cx.output(name("predictions"), predictions)?;
    cx.output(name("report"), ArtifactRef { kind: ArtifactKind::Report, digest, lineage, rows: None, bytes })?;
    cx.body(body)
}

/// Rows of the data; the label is the data's, everything else a function of its features.
fn predictions_lineage(
    store: &Store,
    parents: Vec<LineageParent>,
    schema: &TableSchema,
) -> Result<mlspec_record::Digest, EvaluateError> {
    let data: Option<Lineage> = match parents.first().and_then(|data| data.artifact.lineage) {
        Some(digest) => Some(store.json(&digest)?),
        None => None,
    };
    let source = |column: &Column| {
        let data = data.as_ref()?;
        let (held, from, dependency) = match column.name.as_str() {
            "label" => (data.columns.iter().any(|held| held.column == LABEL), LABEL, Dependency::Identity),
            _ => (!data.features.is_empty(), FEATURES, Dependency::Transformation),
        };
        held.then(|| SourceColumn { scan: DATA.to_owned(), column: from.to_owned(), dependency })
    };
    let lineage = |column: &Column| ColumnLineage {
        column: column.name.clone(),
        data_type: column.data_type,
        sources: source(column).into_iter().collect(),
    };
    let columns = schema.columns().iter().map(lineage).collect();
    let lineage = Lineage { parents, rows: RowLineage::Identity, columns, indirect: Vec::new(), features: Vec::new() };
    Ok(store.put_json(&lineage)?.0)
}

/// For the stage test: the evaluation inside its body.
pub(crate) fn evaluation(found: &Found) -> Evaluation {
    found.evaluation.clone()
}
