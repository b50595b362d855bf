//! The run that an update goes on from: what its steps read and left.

use crate::deliver::Delivery;
use crate::{CheckedStep, Surroundings};
use mlspec_record::object::PipelineRun;
use mlspec_record::{ArtifactKind, Digest, Envelope, Id, Name, Object, Output, Seed, canonical_digest};
use mlspec_stage::{Changes, Previous, Schemas};
use mlspec_store::{Store, StoreError};
use serde_json::{Map, Value};
use std::sync::Arc;

/// What a step leaves, known before the run: its stage is not asked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Given {
    /// The artifacts, by port.
    pub outputs: Vec<Output>,
    /// The record's body.
    pub body: Value,
    /// What the user should know.
    pub warnings: Vec<String>,
    /// Why it is given, as a sentence.
    pub reason: String,
    /// Whether it is what the run before left.
    pub unchanged: bool,
}

impl Given {
    /// The columns of its tables.
    ///
    /// # Errors
    /// When a table is not stored.
    pub fn schemas(&self, store: &Store) -> Result<Schemas, StoreError> {
        let tables = self.outputs.iter().filter(|output| output.artifact.kind == ArtifactKind::Table);
        tables.map(|output| Ok((output.port.to_string(), store.table_schema(&output.artifact.digest)?))).collect()
    }
}

/// The run before.
pub(crate) struct Base<'a> {
    store: &'a Store,
    run: Object<PipelineRun>,
}

/// A step of the run before.
pub(crate) struct Before {
    pub(crate) previous: Previous,
    pub(crate) envelope: Envelope<Value>,
    key: Option<Digest>,
}

impl<'a> Base<'a> {
    pub(crate) fn open(store: &'a Store, run: &Id) -> Result<Self, StoreError> {
        Ok(Self { store, run: store.run(run)? })
    }

    /// What the step read and left, if its record is there and can be read.
    pub(crate) fn step(&self, step: &Name) -> Option<Before> {
        let record = self.store.record(&self.run.id, step).ok()?;
        let envelope = record.envelope().ok()?;
        let key = self.run.body.steps.iter().find(|run| run.step == *step)?.cache_key;
        Some(Before { previous: Previous::of(Arc::new(record)).ok()?, envelope, key })
    }
}

impl Before {
    /// Whether the same determines the result as then.
    pub(crate) fn has(&self, key: Digest) -> bool {
        self.key == Some(key)
    }

    /// What differs in the inputs, if nothing else differs that determines the result.
    pub(crate) fn changes(
        &self,
        step: &CheckedStep,
        seed: Seed,
        around: &Surroundings<'_>,
        inputs: &[Delivery],
    ) -> Option<Changes> {
        let then = &self.envelope;
        let engine = then.environment.get("engine").is_none_or(|engine| *engine == around.engine);
        let same = engine
            && then.step.stage == step.id
            && then.producer == step.stage.producer()
            && equal(&then.parameters, &step.settings)
            && then.seed == Some(seed);
        let changes =
            Changes::between(self.previous.inputs(), inputs.iter().map(|input| (&input.port, &input.artifact)));
        (same && !changes.is_empty()).then_some(changes)
    }
}

/// Whether settings are the same once written: a file has `1` for `1.0`.
fn equal(then: &Map<String, Value>, now: &Map<String, Value>) -> bool {
    then == now || canonical_digest(then).ok().is_some_and(|then| canonical_digest(now).ok() == Some(then))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn settings_are_compared_as_they_are_written() {
        let check = |then: Value, now: Value, expect: bool| {
            let map = |value: &Value| value.as_object().unwrap().clone();
            assert_eq!(equal(&map(&then), &map(&now)), expect, "{then} {now}");
        };
        check(json!({"c": 1}), json!({"c": 1.0}), true);
        check(json!({"c": 0, "a": [10]}), json!({"a": [10.0], "c": 0.0}), true);
        check(json!({"c": 1}), json!({"c": 1.5}), false);
        check(json!({"c": 1}), json!({"c": "1"}), false);
    }
}
