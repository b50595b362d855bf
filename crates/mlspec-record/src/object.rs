//! Managed objects: what MLSpec gives an id, a name and a life cycle.

use crate::{
    ArtifactRef, Description, Digest, Id, Kind, Name, PipelineFile, SchemaId, Status, TableSchema, Tag, Timestamp,
    Version,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A managed object: the header that all share, around a body.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Object<B> {
    /// The schema that this document obeys.
    pub schema: SchemaId,
    /// The object's id, immutable.
    pub id: Id,
    /// What the object is.
    pub kind: Kind,
    /// Its name, unique in its scope among objects that are not archived, ignoring case.
    pub name: Name,
    /// Free text for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<Description>,
    /// Where it stands in its life.
    pub status: Status,
    /// When it was created.
    pub created: Timestamp,
    /// Labels by users.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Tag>,
    /// What this kind of object holds.
    pub body: B,
}

/// A named dataset, whatever its versions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Dataset {
    /// The columns that name a row, if rows have names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// Under which terms the data may be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub license: Option<String>,
    /// Its versions, oldest first.
    pub versions: Vec<Id>,
}

/// One version of a dataset: fixed rows with fixed ids.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DatasetVersion {
    /// The dataset's name.
    pub dataset: Name,
    /// The version's number, from 1.
    #[schemars(range(min = 1))]
    pub version: u64,
    /// The columns.
    pub columns: TableSchema,
    /// The rows.
    pub table: ArtifactRef,
    /// The stored description of where the rows came from: the ingestion and its settings.
    pub record: Digest,
    /// The row id that the next new row will get; ids are never used twice.
    pub next_row: u64,
}

/// Data that a run produced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Artifact {
    /// The run that produced it.
    pub created_by_run_id: Id,
    /// The step that produced it.
    pub step: Name,
    /// The port at which it left the step.
    pub port: Name,
    /// The artifact.
    pub artifact: ArtifactRef,
}

/// A published pipeline: a blueprint that no longer changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Pipeline {
    /// The pipeline's version.
    pub version: Version,
    /// The digest of the pipeline file's canonical JSON.
    pub digest: Digest,
    /// The pipeline file.
    pub file: PipelineFile,
}

/// How an execution stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RunState {
    /// It has begun and not ended.
    Running,
    /// It ended well.
    Completed,
    /// It ended by an error.
    Failed,
    /// Its user stopped it.
    Cancelled,
    /// A step that was not begun, since one before it failed.
    Skipped,
}

/// One execution of a pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PipelineRun {
    /// The pipeline's version.
    pub version: Version,
    /// The digest of the pipeline file's canonical JSON.
    pub pipeline: Digest,
    /// The pipeline file, as run.
    pub file: PipelineFile,
    /// The folder of the pipeline file, from which datastores are found.
    pub folder: String,
    /// The parameters' values.
    pub parameters: Map<String, Value>,
    /// How it stands.
    pub state: RunState,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished: Option<Timestamp>,
    /// Only steps up to this one were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Name>,
    /// Only so many rows of each source were asked for; such a run is for exploring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<u64>,
    /// The run that this one repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_run_id: Option<Id>,
    /// The change of sources that it carried through the pipeline, if it did not read them anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<RunUpdate>,
    /// What new rows it predicted with the model of another run. Such a run is no version of its pipeline, and never live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prediction: Option<RunPrediction>,
    /// Its steps, in an order in which they can run.
    pub steps: Vec<StepRun>,
}

/// New rows that were predicted with the model of another run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunPrediction {
    /// The run that fitted the model.
    pub from: Id,
    /// The step there that fitted it.
    pub model: Name,
    /// The sources that new rows took the place of; the others are the dataset versions of that run.
    pub sources: Vec<NewRows>,
    /// The expectations that were passed over, since they are about columns that the new rows lack.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub passed_over: Vec<PassedOver>,
}

/// New rows in the place of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NewRows {
    /// The step that ingests the source.
    pub step: Name,
    /// The dataset.
    pub dataset: Name,
    /// How many rows there are.
    pub rows: u64,
    /// How many rows of the file were left out, since they were erased before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u64,
    /// Columns of the dataset that the file lacks; nothing that predictions depend on depends on them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Expectations of a step that were passed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PassedOver {
    /// The step that validates.
    pub step: Name,
    /// How many of its expectations.
    pub expectations: u64,
    /// How many it has.
    pub of: u64,
}

/// A change of sources that a run carried through its pipeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RunUpdate {
    /// The run before the change.
    pub from: Id,
    /// What the change was for.
    pub change: ChangeKind,
    /// The sources that changed, by the steps that ingest them.
    pub sources: Vec<SourceChange>,
}

/// What a change of sources is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Rows are erased and must not return.
    Forget,
    /// Values of rows were wrong.
    Correct,
    /// There are new rows.
    Append,
    /// There is a new version of whole sources.
    Update,
    /// Nothing is to change: how would things be without these rows?
    Whatif,
}

/// What changed in a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceChange {
    /// The step that ingests it.
    pub step: Name,
    /// The dataset.
    pub dataset: Name,
    /// How many rows went.
    pub removed: u64,
    /// How many rows came.
    pub added: u64,
    /// How many rows have other values.
    pub changed: u64,
}

/// One execution of a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepRun {
    /// The step.
    pub step: Name,
    /// How it stands.
    pub state: RunState,
    /// Why it ran or did not run, as a sentence.
    pub reason: String,
    /// The key under which its outputs are found again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_key: Option<Digest>,
    /// The id of its record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Id>,
    /// The content digest of its record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Digest>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}
