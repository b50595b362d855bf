//! What every stage writes around its body.

use crate::{ArtifactRef, Description, Digest, Id, Kind, Name, SchemaId, Seed, StageId, Status, Timestamp, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The record of one execution of one stage.
///
/// The `record` digest covers all of it; the `content` digest leaves out what differs between identical runs, see
/// [`crate::Record::content_digest`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Envelope<B> {
    /// The schema that this document obeys.
    pub schema: SchemaId,
    /// The record's own id, a UUID of version 7.
    pub id: Id,
    /// What the record is about.
    pub kind: Kind,
    /// The record's name: that of the step.
    pub name: Name,
    /// Free text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Where the record stands in its life.
    #[serde(default)]
    pub status: Status,
    /// The run that the step belonged to; absent where a stage ran alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<RunRef>,
    /// The step and its stage.
    pub step: StepRef,
    /// When the stage began.
    pub started: Timestamp,
    /// When the stage was done.
    pub finished: Timestamp,
    /// Who ran it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<String>,
    /// The revision of the user's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Code>,
    /// The software that wrote the record.
    pub producer: Producer,
    /// What the stage read.
    pub inputs: Vec<Input>,
    /// What the stage wrote.
    pub outputs: Vec<Output>,
    /// Artifacts among these that lie in no store: for records of foreign tools.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub elsewhere: Vec<Elsewhere>,
    /// The stage's settings, with defaults filled in.
    pub parameters: Map<String, Value>,
    /// The seed of its random draws, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<Seed>,
    /// Facts of the machine and the software around it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub environment: BTreeMap<String, String>,
    /// Labels by users.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// What the execution cost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_profile: Option<ExecutionProfile>,
    /// What this kind of stage reports.
    pub body: B,
}

/// The run that a record belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunRef {
    /// The run's id.
    pub id: Id,
    /// The pipeline's name.
    pub pipeline: Name,
    /// The pipeline's version.
    pub version: Version,
}

/// The step that a record belongs to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepRef {
    /// The step's name in its pipeline.
    pub name: Name,
    /// The stage it used.
    pub stage: StageId,
    /// Whether the outputs were taken from the store because nothing that determines them had changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cached: bool,
    /// How it was updated after its inputs changed, if it was not run anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<StepUpdate>,
    /// Whether the outputs may differ from those of a run, within the guarantee that the body states.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inexact: bool,
}

/// How a step was updated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepUpdate {
    /// The record of the run before, from which the update went on.
    pub from: Id,
    /// Whether what did not change was taken over.
    pub method: UpdateMethod,
    /// Rows of the input that did not change and came to another output than before, such as another part of a split: their ids, as a
    /// table without columns. Absent where no row moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moved: Option<ArtifactRef>,
}

/// How a step got from the results of the run before to its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UpdateMethod {
    /// It took over what did not change.
    Incremental,
    /// It made everything anew.
    Rerun,
}

/// A revision of code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Code {
    /// Where the code is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// The commit.
    pub revision: String,
    /// Whether files differed from the commit; absent where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dirty: Option<bool>,
}

/// The software that wrote a record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Producer {
    /// The crate or program.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// What was read at one port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Input {
    /// The port.
    pub port: Name,
    /// The artifact.
    pub artifact: ArtifactRef,
    /// The record whose output it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub producer: Option<ProducerRef>,
}

/// The record whose output an input was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ProducerRef {
    /// The record's id.
    pub record: Id,
    /// The record's content digest, which makes identical runs identical.
    pub content: Digest,
    /// The step that wrote it.
    pub step: Name,
    /// Its output port.
    pub port: Name,
}

/// What was written at one port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Output {
    /// The port.
    pub port: Name,
    /// The artifact.
    pub artifact: ArtifactRef,
}

/// An artifact, or its lineage, that lies in no store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Elsewhere {
    /// Its digest.
    pub digest: Digest,
    /// Where it lies: a path or an address, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
}

/// A label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Tag {
    /// The label's name.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// What an execution cost. It differs from run to run and is no part of the content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExecutionProfile {
    /// Elapsed time in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wall_seconds: Option<f64>,
    /// Processor time of the whole process in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<f64>,
    /// The highest resident memory of the process so far, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory_bytes: Option<u64>,
    /// The digest of what was said on the way, as text: what a program outside wrote to standard output and standard error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log: Option<Digest>,
    /// Further measurements by name, with the unit as suffix (`predict_row_p50_seconds`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measurements: BTreeMap<String, f64>,
}
