//! Names and kinds of what goes in and out.

use mlspec_record::{ArtifactKind, Name, TableSchema};
use std::collections::BTreeMap;

/// Schemas of tables by port name.
pub type Schemas = BTreeMap<String, TableSchema>;

/// One port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// Its name.
    pub name: Name,
    /// What passes through it.
    pub kind: ArtifactKind,
    /// Whether a step must connect it (inputs only).
    pub required: bool,
}

impl Port {
    /// A port that must be connected.
    pub fn new(name: Name, kind: ArtifactKind) -> Self {
        Self { name, kind, required: true }
    }

    /// A port that may stay unconnected.
    pub fn optional(name: Name, kind: ArtifactKind) -> Self {
        Self { name, kind, required: false }
    }
}

/// The ports of a stage as it is set up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ports {
    /// What it reads.
    pub inputs: Vec<Port>,
    /// What it writes.
    pub outputs: Vec<Port>,
}

impl Ports {
    /// The input of this name.
    pub fn input(&self, name: &str) -> Option<&Port> {
        self.inputs.iter().find(|port| port.name.as_str() == name)
    }

    /// The output of this name.
    pub fn output(&self, name: &str) -> Option<&Port> {
        self.outputs.iter().find(|port| port.name.as_str() == name)
    }
}
