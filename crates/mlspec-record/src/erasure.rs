//! What a signed statement about an erasure says: the predicate of an in-toto statement. It holds no data.

use crate::body::{Guarantee, Method};
use crate::{ArtifactKind, Digest, Id, Name, SchemaId, StageId, Timestamp, UpdateMethod, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happened to erased rows, and how that was checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErasureStatement {
    /// The schema that this document obeys; also the type of the predicate.
    pub schema: SchemaId,
    /// The pipeline.
    pub pipeline: Name,
    /// The pipeline's version.
    pub version: Version,
    /// When the statement was made.
    pub time: Timestamp,
    /// The run that was live before, and held the rows.
    pub base: Id,
    /// The run after, which does not.
    pub run: Id,
    /// The sources, with the rows that were erased.
    pub sources: Vec<ErasedSourceRows>,
    /// The steps, with the digests before and after.
    pub steps: Vec<ErasedStep>,
    /// What was looked for, and where.
    pub checks: ErasureChecks,
    /// What the statement says nothing of.
    pub out_of_scope: Vec<String>,
}

impl ErasureStatement {
    /// The schema's id, which is the type of the predicate too.
    pub fn schema_id() -> SchemaId {
        SchemaId::of("erasure", Version::of(1, 0, 0)).unwrap_or_else(|_| unreachable!("the name is in the grammar"))
    }
}

/// Rows that were erased from one source.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErasedSourceRows {
    /// The dataset.
    pub dataset: Name,
    /// The step that ingests it.
    pub step: Name,
    /// The table of the dataset version that held the rows.
    pub before: Digest,
    /// The table of the dataset version that does not.
    pub after: Digest,
    /// How many rows were erased.
    pub erased: u64,
    /// One for every erased row.
    pub commitments: Vec<Commitment>,
    /// The digests of the entries by which the dataset's list keeps the rows from returning.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suppressed: Vec<Digest>,
}

/// A commitment to one erased row: without its nonce, which the owner keeps, it tells nothing; with it, one can show what the
/// row was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Commitment {
    /// The id that the row had; a string, since it has 64 bits.
    #[schemars(regex(pattern = r"^(0|[1-9][0-9]{0,19})$"))]
    pub row: String,
    /// The SHA-256 of the nonce.
    pub nonce: Digest,
    /// The HMAC-SHA256, keyed by the nonce, of the canonical JSON of dataset, row id and values; hex.
    #[schemars(regex(pattern = "^[0-9a-f]{64}$"))]
    pub hmac: String,
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErasedStep {
    /// The step.
    pub step: Name,
    /// Its stage.
    pub stage: StageId,
    /// How it got to its results; absent where it was taken over whole, or computed from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<UpdateMethod>,
    /// How its results relate to those of a full run.
    pub guarantee: Guarantee,
    /// The content digest of its live record.
    pub record: Digest,
    /// Its artifacts.
    pub artifacts: Vec<ErasedArtifact>,
}

/// An artifact before and after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ErasedArtifact {
    /// The port, or `encoders` for the fitted encoders.
    pub port: Name,
    /// What kind of thing it is; absent for encoders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<ArtifactKind>,
    /// Its digest before, if there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Digest>,
    /// Its digest after.
    pub after: Digest,
}

/// What was looked for, and where; every check held.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ErasureChecks {
    /// By provenance.
    pub provenance: ProvenanceCheck,
    /// By looking for values.
    pub scan: ScanCheck,
    /// The models.
    pub models: Vec<ModelCheck>,
}

/// By provenance: no live artifact derives from the erased rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProvenanceCheck {
    /// How many artifacts were traced to their dataset versions.
    pub artifacts: u64,
    /// How many tables of row ids the erased ids were looked for in.
    pub tables: u64,
}

/// By looking for values: no live file holds a telling value of an erased row's key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ScanCheck {
    /// How many values were looked for.
    pub values: u64,
    /// How many columns of live tables were read for them.
    pub columns: u64,
    /// How many rows these have together.
    pub rows: u64,
    /// How many documents were read for them: records, reports, fitted state, the index.
    pub documents: u64,
    /// How many bytes these have together.
    pub bytes: u64,
    /// Which values were looked for where.
    pub rule: String,
    /// Where the values stand in rows of other sources, which nobody asked to erase.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remaining: Vec<Remaining>,
}

/// Where values of erased rows stand that rows of other sources hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Remaining {
    /// The table, as `step.port`; or a file of the store.
    pub place: String,
    /// The column of the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// The sources that the values come from.
    pub sources: Vec<Name>,
    /// How many rows hold one of the values; of a file, how many of the values it holds.
    pub count: u64,
}

/// How near a model is to one that never saw the rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ModelCheck {
    /// The step that fitted it.
    pub step: Name,
    /// The estimator.
    pub estimator: String,
    /// How many rows it is fitted on.
    pub rows: u64,
    /// How an update finds the next model.
    pub method: Method,
    /// How it relates to a model fitted anew.
    pub guarantee: Guarantee,
    /// The largest absolute component of the loss's gradient on the remaining rows, for iterative estimators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradient_norm: Option<f64>,
    /// The gradient norm asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tolerance: Option<f64>,
    /// An upper bound of the distance of its coefficients to the optimum on the remaining rows, where one is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distance_bound: Option<f64>,
    /// The distance to a model fitted anew, if one was fitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refit: Option<RefitDistance>,
}

/// The distance of a model to one fitted anew on the remaining rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RefitDistance {
    /// Whether both are the same document.
    pub equal: bool,
    /// The largest absolute difference of a coefficient; absent where the model has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coefficients: Option<f64>,
    /// The largest absolute difference of a prediction, over all rows of the training matrix.
    pub predictions: f64,
}
