//! What determines the result of a step; its digest is the key under which the result is found again.

use crate::deliver::Delivery;
use crate::{CheckedStep, RunnerError};
use mlspec_record::{Digest, Seed, canonical_digest};
use serde_json::{Map, Value, json};

/// A key and what it was made of.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) parts: Value,
    pub(crate) digest: Digest,
}

pub(crate) struct Parts<'a> {
    pub(crate) step: &'a CheckedStep,
    pub(crate) seed: Seed,
    pub(crate) sample: Option<u64>,
    pub(crate) engine: &'a str,
    pub(crate) external: Value,
    pub(crate) inputs: &'a [Delivery],
}

impl Parts<'_> {
    pub(crate) fn key(self) -> Result<Key, RunnerError> {
        let input = |delivery: &Delivery| {
            let artifact = &delivery.artifact;
            let parts = json!({"kind": artifact.kind, "digest": artifact.digest, "lineage": artifact.lineage});
            (delivery.port.to_string(), parts)
        };
        let inputs: Map<String, Value> = self.inputs.iter().map(input).collect();
        let mut parts = json!({
            "stage": self.step.id,
            "settings": self.step.settings,
            "seed": self.seed,
            "inputs": inputs,
            "external": self.external,
            "producer": self.step.stage.producer(),
            "engine": self.engine,
        });
        if let (Some(sample), Some(members)) = (self.sample, parts.as_object_mut()) {
            members.insert("sample".to_owned(), sample.into());
        }
        let digest = canonical_digest(&parts)?;
        Ok(Key { parts, digest })
    }
}
