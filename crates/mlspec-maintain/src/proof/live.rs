//! What a run holds: the records of its steps, and the artifacts they name.

use super::ProofError;
use mlspec_record::{ArtifactRef, Envelope, Id, Name, Record};
use mlspec_store::Store;
use serde::Deserialize as _;
use serde_json::Value;

/// A step of a run.
#[derive(Debug)]
pub(crate) struct HeldStep {
    pub(crate) name: Name,
    pub(crate) record: Record,
    pub(crate) envelope: Envelope<Value>,
}

/// An artifact, and where it stands: `step.port`, or `step` for one that a record's body names.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) place: String,
    pub(crate) artifact: ArtifactRef,
}

/// The steps of a run that have a record.
///
/// # Errors
/// When a record cannot be read.
pub(crate) fn steps(store: &Store, run: &Id) -> Result<Vec<HeldStep>, ProofError> {
    let names = store.recorded_steps(run)?.into_iter();
    let steps = names.map(|name| {
        let record = store.record(run, &name)?;
        let envelope = record.envelope()?;
        Ok(HeldStep { name, record, envelope })
    });
    steps.collect()
}

impl HeldStep {
    /// Its outputs, and the artifacts that its body names.
    pub(crate) fn artifacts(&self) -> Vec<Held> {
        let outputs = self.envelope.outputs.iter();
        let mut held: Vec<Held> = outputs
            .map(|output| Held { place: format!("{}.{}", self.name, output.port), artifact: output.artifact.clone() })
            .collect();
        let mut inside = Vec::new();
        named(&self.envelope.body, &mut inside);
        held.extend(inside.into_iter().map(|artifact| Held { place: self.name.to_string(), artifact }));
        held
    }

    /// What the record names that belongs to it: outputs, body and log, not what lies behind.
    pub(crate) fn own(&self) -> Value {
        let member = |name: &str| self.record.document().get(name).cloned().unwrap_or_default();
        Value::from(vec![member("outputs"), member("body"), member("execution_profile")])
    }
}

/// References to artifacts inside a document.
fn named(value: &Value, found: &mut Vec<ArtifactRef>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| named(item, found)),
        Value::Object(members) => match ArtifactRef::deserialize(value) {
            Ok(artifact) => found.push(artifact),
            Err(_) => members.values().for_each(|member| named(member, found)),
        },
        _ => {}
    }
}
