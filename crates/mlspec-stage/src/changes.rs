//! What differs from the previous run of a step.

use mlspec_record::{ArtifactRef, Envelope, Name, Output, Record, RecordError};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The artifact at an input port before and now; at least one is there, and they differ in digest or lineage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PortChange {
    /// What the previous run read, if the port was connected.
    pub before: Option<ArtifactRef>,
    /// What arrives now, if the port is connected.
    pub after: Option<ArtifactRef>,
}

/// The input ports at which something else arrives than in the previous run. Rows that differ are found by comparing the
/// manifests of both artifacts, chunk by chunk, then row by row (`mlspec_table::difference`); no stage states them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    ports: BTreeMap<Name, PortChange>,
}

impl Changes {
    /// The differences between what was read and what is there to be read.
    pub fn between<'a>(
        before: impl IntoIterator<Item = (&'a Name, &'a ArtifactRef)>,
        after: impl IntoIterator<Item = (&'a Name, &'a ArtifactRef)>,
    ) -> Self {
        let mut ports: BTreeMap<Name, PortChange> = BTreeMap::new();
        for (port, artifact) in before {
            ports.insert(port.clone(), PortChange { before: Some(artifact.clone()), after: None });
        }
        for (port, artifact) in after {
            let change = ports.entry(port.clone()).or_insert(PortChange { before: None, after: None });
            change.after = Some(artifact.clone());
        }
        ports.retain(|_, change| change.before != change.after);
        Self { ports }
    }

    /// What changed at this port, if anything did.
    pub fn at(&self, port: &str) -> Option<&PortChange> {
        self.ports.iter().find(|(name, _)| name.as_str() == port).map(|(_, change)| change)
    }

    /// All ports that changed.
    pub fn iter(&self) -> impl Iterator<Item = (&Name, &PortChange)> {
        self.ports.iter()
    }

    /// Whether nothing changed.
    pub fn is_empty(&self) -> bool {
        self.ports.is_empty()
    }
}

/// What the previous run of a step read and left.
#[derive(Clone, Debug)]
pub struct Previous {
    record: Arc<Record>,
    inputs: Vec<(Name, ArtifactRef)>,
    outputs: Vec<Output>,
    body: Value,
}

impl Previous {
    /// The previous run of the step whose record this is.
    ///
    /// # Errors
    /// When the document is no record of a step.
    pub fn of(record: Arc<Record>) -> Result<Self, RecordError> {
        let Envelope { inputs, outputs, body, .. } = record.envelope()?;
        let inputs = inputs.into_iter().map(|input| (input.port, input.artifact)).collect();
        Ok(Self { record, inputs, outputs, body })
    }

    /// The record.
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// What it read, by port.
    pub fn inputs(&self) -> impl Iterator<Item = (&Name, &ArtifactRef)> {
        self.inputs.iter().map(|(port, artifact)| (port, artifact))
    }

    /// What it left, by port.
    pub fn outputs(&self) -> &[Output] {
        &self.outputs
    }

    /// What it left at this port.
    pub fn output(&self, port: &str) -> Option<&ArtifactRef> {
        self.outputs.iter().find(|output| output.port.as_str() == port).map(|output| &output.artifact)
    }

    /// The record's body.
    pub fn body(&self) -> &Value {
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlspec_record::{ArtifactKind, Digest};

    #[test]
    fn only_ports_that_differ_are_changes() {
        let table = |text: &str| ArtifactRef {
            kind: ArtifactKind::Table,
            digest: Digest::of(text.as_bytes()),
            lineage: None,
            rows: Some(1),
            bytes: 1,
        };
        let named = |list: &[(&str, &str)]| -> Vec<(Name, ArtifactRef)> {
            list.iter().map(|(port, text)| (Name::new(port).unwrap(), table(text))).collect()
        };
        let check = |before: &[(&str, &str)], after: &[(&str, &str)], expect: &[&str]| {
            let (before, after) = (named(before), named(after));
            let changes = Changes::between(before.iter().map(|(a, b)| (a, b)), after.iter().map(|(a, b)| (a, b)));
            assert_eq!(changes.iter().map(|(port, _)| port.as_str()).collect::<Vec<_>>(), expect);
            assert_eq!(changes.is_empty(), expect.is_empty());
        };
        check(&[("a", "x"), ("b", "y")], &[("a", "x"), ("b", "y")], &[]);
        check(&[("a", "x"), ("b", "y")], &[("a", "x"), ("b", "z")], &["b"]);
        check(&[("a", "x")], &[("b", "x")], &["a", "b"]);
    }
}
