//! The record of a step.

use crate::deliver::Delivery;
use crate::{CheckedStep, Pipeline, Surroundings};
use mlspec_record::{
    Envelope, ExecutionProfile, Id, Input, Output, Record, RecordError, RunRef, StepRef, StepUpdate, Timestamp,
};
use serde_json::Value;
use std::collections::BTreeMap;

/// What a record is made of besides its step.
pub(crate) struct Told<'a> {
    pub(crate) pipeline: &'a Pipeline,
    pub(crate) run: &'a Id,
    pub(crate) around: &'a Surroundings<'a>,
    pub(crate) inputs: &'a [Delivery],
    pub(crate) outputs: Vec<Output>,
    pub(crate) body: Value,
    pub(crate) cached: bool,
    pub(crate) update: Option<StepUpdate>,
    pub(crate) inexact: bool,
    pub(crate) started: Timestamp,
    pub(crate) cost: Option<ExecutionProfile>,
}

impl Told<'_> {
    /// Whether it was taken from the store.
    pub(crate) fn cached(self, cached: bool) -> Self {
        Self { cached, ..self }
    }

    /// Whether it may differ from what a run leaves.
    pub(crate) fn inexact(self, inexact: bool) -> Self {
        Self { inexact, ..self }
    }

    pub(crate) fn record(self, step: &CheckedStep) -> Result<Record, RecordError> {
        let file = self.pipeline.file();
        let kind = step.stage.kind();
        let input = |delivery: &Delivery| Input {
            port: delivery.port.clone(),
            artifact: delivery.artifact.clone(),
            producer: Some(delivery.producer.clone()),
        };
        Record::from_view(&Envelope {
            schema: kind.schema(),
            id: self.around.id(),
            kind,
            name: step.name.clone(),
            description: file.steps.get(&step.name).and_then(|step| step.description.clone()),
            status: Default::default(),
            run: Some(RunRef { id: self.run.clone(), pipeline: file.pipeline.clone(), version: file.version.clone() }),
            step: StepRef {
                name: step.name.clone(),
                stage: step.id.clone(),
                cached: self.cached,
                update: self.update,
                inexact: self.inexact,
            },
            started: self.started,
            finished: self.around.host.now(),
            actor: self.around.actor.clone(),
            code: self.around.code.clone(),
            producer: step.stage.producer(),
            inputs: self.inputs.iter().map(input).collect(),
            outputs: self.outputs,
            elsewhere: Vec::new(),
            parameters: step.settings.clone(),
            seed: Some(file.seed),
            environment: self.around.environment.clone(),
            tags: file.tags.clone(),
            execution_profile: self.cost,
            body: self.body,
        })
    }
}

/// What an execution cost, from before and after.
pub(crate) fn cost(
    seconds: f64,
    before: crate::Resources,
    after: crate::Resources,
    measurements: BTreeMap<String, f64>,
) -> ExecutionProfile {
    let spent = |now: f64, then: f64| (now - then).max(0.0);
    ExecutionProfile {
        wall_seconds: Some(seconds),
        cpu_seconds: after.cpu_seconds.zip(before.cpu_seconds).map(|(now, then)| spent(now, then)),
        peak_memory_bytes: after.peak_memory_bytes,
        log: None,
        measurements,
    }
}
