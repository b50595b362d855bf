//! The stage test: the figures of the stage evaluate, from rows that no decision was made on, and a gate.

use crate::overlap::{self, Overlap};
use crate::stage::{DATA, MODEL, evaluation, measure, name, ports, producer, settings, write};
use crate::{EvaluateError, Evaluator, TestParams};
use mlspec_provenance::Tracer;
use mlspec_record::body::Test;
use mlspec_record::{ArtifactKind, ArtifactRef, Kind, Name, Producer, StageId};
use mlspec_stage::{Context, Port, Ports, Schemas, Site, Stage, StageEntry, StageError, parse_settings};
use serde_json::{Map, Value};

const TRAIN: &str = "train";

/// The stage `test@1`.
pub fn entry() -> StageEntry {
    StageEntry { id: id(), build, settings: || schemars::schema_for!(TestParams) }
}

fn id() -> StageId {
    StageId::new("test@1").expect("the constant is a stage id")
}

fn build(_: &Name, settings: Map<String, Value>, _: &Site) -> Result<Box<dyn Stage>, StageError> {
    let params: TestParams = parse_settings(settings)?;
    Ok(Box::new(Tester { evaluator: params.check()?, params }))
}

/// Checked parameters of the stage.
#[derive(Debug)]
struct Tester {
    params: TestParams,
    evaluator: Evaluator,
}

impl Stage for Tester {
    fn id(&self) -> StageId {
        id()
    }

    fn kind(&self) -> Kind {
        Kind::Test
    }

    fn producer(&self) -> Producer {
        producer()
    }

    fn settings(&self) -> Map<String, Value> {
        settings(&self.params)
    }

    fn ports(&self) -> Ports {
        let mut ports = ports();
        ports.inputs.push(Port::optional(name(TRAIN), ArtifactKind::Matrix));
        ports
    }

    /// The columns of the predictions depend on the model's classes, which only a run knows.
    fn plan(&self, _: &Schemas) -> Result<Schemas, StageError> {
        Ok(Schemas::new())
    }

    fn run(&self, cx: &mut Context<'_>) -> Result<(), StageError> {
        let tracer = Tracer::new(cx.store());
        let found = measure(&self.evaluator, cx, &tracer)?;
        let data = cx.input(DATA, ArtifactKind::Matrix)?.artifact.clone();
        // What the model was fitted on is known from its lineage, should nobody connect it.
        let fitted = match cx.find_input(TRAIN) {
            Some(_) => cx.input(TRAIN, ArtifactKind::Matrix)?.artifact.clone(),
            None => cx.input(MODEL, ArtifactKind::Model)?.artifact.clone(),
        };
        let Overlap { leaks: shared_with_training, links } = if data.lineage.is_some() && fitted.lineage.is_some() {
            match carried(cx, &tracer, &data, &fitted)? {
                Some(carried) => {
                    cx.incremental();
                    carried
                }
                None => overlap::count(&tracer, &data, &fitted)?,
            }
        } else {
            cx.warn("whether rows were also trained on is unknown: the data or the model has no lineage".to_owned());
            Overlap::default()
        };
        for leak in shared_with_training.iter().filter(|leak| leak.shared > 0) {
            let (shared, rows, source) = (leak.shared, leak.rows, &leak.source);
            cx.warn(format!("{shared} of {rows} rows of the source `{source}` were also trained on"));
        }
        let refusals = self.params.require.iter().flat_map(|one| one.refusals(&found.evaluation));
        let refusals: Vec<String> = refusals.collect();
        if !refusals.is_empty() {
            cx.refuse(refusals.join("; "));
        }
        let body = Test { result: evaluation(&found), shared_with_training, links };
        write(cx, found, &body)
    }
}

/// The overlap that follows from the one before, in an update.
fn carried(
    cx: &Context<'_>,
    tracer: &Tracer<'_>,
    data: &ArtifactRef,
    fitted: &ArtifactRef,
) -> Result<Option<Overlap>, EvaluateError> {
    let Some(previous) = cx.previous() else { return Ok(None) };
    let before = |port: &str| previous.inputs().find(|(of, _)| of.as_str() == port).map(|(_, artifact)| artifact);
    let base = serde_json::from_value::<Test>(previous.body().clone()).ok();
    let (Some(base), Some(data_before), Some(fitted_before)) = (base, before(DATA), before(TRAIN)) else {
        return Ok(None);
    };
    overlap::carry(cx.store(), tracer, &base, (data_before, data), (fitted_before, fitted))
}
