//! Records as a runner would write them.

use crate::must;
use mlspec_record::body::{
    Analysis, Evaluation, Guarantee, Ingestion, Method, Monitoring, Prediction, Splitting, Test, Training,
    Transformation, Validation,
};
use mlspec_record::{
    ArtifactKind, Envelope, Id, Input, Kind, Name, Output, Producer, ProducerRef, Record, RunRef, Seed, StageId,
    Status, StepRef, Timestamp, Version,
};
use mlspec_stage::{BoundInput, Outcome, Stage};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A record that has written this artifact: of a transformation, or of a training for a model.
pub(crate) fn producer(output: Output) -> Record {
    let (kind, stage, body) = match output.artifact.kind {
        ArtifactKind::Model => (Kind::Training, "train@1", must("write a body", serde_json::to_value(training()))),
        _ => {
            (Kind::Transformation, "transform@1", must("write a body", serde_json::to_value(Transformation::default())))
        }
    };
    let software = Producer { name: "mlspec-testkit".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() };
    let mut envelope = envelope(kind, must("read a stage id", StageId::new(stage)), software, body);
    envelope.outputs = vec![output];
    must("write a record", Record::from_view(&envelope))
}

/// The record of a run.
pub(crate) fn of_run(stage: &dyn Stage, seed: Seed, inputs: &[BoundInput], outcome: &Outcome) -> Record {
    let mut envelope = envelope(stage.kind(), stage.id(), stage.producer(), outcome.body.clone());
    envelope.inputs = inputs.iter().map(input).collect();
    envelope.outputs.clone_from(&outcome.outputs);
    envelope.parameters = stage.settings();
    envelope.seed = Some(seed);
    must("write a record", Record::from_view(&envelope))
}

fn input(bound: &BoundInput) -> Input {
    let producer = ProducerRef {
        record: bound.record.id().clone(),
        content: must("digest a record", bound.record.content_digest()),
        step: must("read a name", Name::new("before")),
        port: must("read a name", Name::new("rows")),
    };
    Input { port: bound.port.clone(), artifact: bound.artifact.clone(), producer: Some(producer) }
}

fn envelope(kind: Kind, stage: StageId, producer: Producer, body: Value) -> Envelope<Value> {
    let name = || must("read a name", Name::new("step"));
    let id = |millis| Id::from_time(millis, [7; 10]);
    let time = || must("read a constant", Timestamp::new("2024-05-01T12:00:00Z"));
    Envelope {
        schema: kind.schema(),
        id: id(2),
        kind,
        name: name(),
        description: None,
        status: Status::default(),
        run: Some(RunRef { id: id(1), pipeline: name(), version: Version::of(1, 0, 0) }),
        step: StepRef { name: name(), stage, cached: false, update: None, inexact: false },
        started: time(),
        finished: time(),
        actor: None,
        code: None,
        producer,
        inputs: Vec::new(),
        outputs: Vec::new(),
        elsewhere: Vec::new(),
        parameters: Map::new(),
        seed: None,
        environment: std::collections::BTreeMap::new(),
        tags: Vec::new(),
        execution_profile: None,
        body,
    }
}

fn training() -> Training {
    Training {
        estimator: "logistic_regression".to_owned(),
        hyperparameters: Map::new(),
        rows: 1,
        features: 1,
        classes: Vec::new(),
        positive: None,
        convergence: None,
        method: Method::Retrained,
        guarantee: Guarantee::Retrained,
        state: None,
        importances: None,
        format: "1".to_owned(),
    }
}

/// The body has the shape of its kind, and nothing that the shape does not know; the record obeys its published schema.
#[track_caller]
pub(crate) fn check(record: &Record) {
    match record.kind() {
        Kind::Ingestion => body::<Ingestion>(record),
        Kind::Analysis => body::<Analysis>(record),
        Kind::Transformation => body::<Transformation>(record),
        Kind::Validation => body::<Validation>(record),
        Kind::Splitting => body::<Splitting>(record),
        Kind::Training => body::<Training>(record),
        Kind::Evaluation => body::<Evaluation>(record),
        Kind::Test => body::<Test>(record),
        Kind::Monitoring => body::<Monitoring>(record),
        Kind::Prediction => body::<Prediction>(record),
        other => panic!("a stage writes no `{other}`"),
    }
    if let Err(problems) = mlspec_schema::validate_record(&record.to_value()) {
        let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
        panic!("the record does not obey its schema:\n{}", problems.join("\n"));
    }
    must("write the record in canonical form", record.digest());
}

#[track_caller]
fn body<B: DeserializeOwned + serde::Serialize>(record: &Record) {
    let found = record.document().get("body");
    let typed: Envelope<B> = must("read the body", record.envelope_of(record.kind()));
    let again = must("write the body", serde_json::to_value(&typed.body));
    assert_eq!(found, Some(&again), "the body holds what its kind does not know");
}
