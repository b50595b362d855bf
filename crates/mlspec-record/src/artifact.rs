//! References to stored things.

use crate::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What kind of thing an artifact is; ports accept one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ArtifactKind {
    /// Rows with ids; its digest is the table digest, which names a manifest.
    Table,
    /// Encoded rows, label, weight and the fitted encoders; its digest names a JSON object.
    Matrix,
    /// A fitted predictor with its encoders; its digest names a JSON object.
    Model,
    /// Figures or verdicts as JSON; its digest names a JSON object.
    Report,
}

impl std::fmt::Display for ArtifactKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Table => "table",
            Self::Matrix => "matrix",
            Self::Model => "model",
            Self::Report => "report",
        })
    }
}

/// A reference to an artifact by content: what it is and where its rows come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ArtifactRef {
    /// What kind of thing it is.
    pub kind: ArtifactKind,
    /// The digest of its content.
    pub digest: Digest,
    /// The digest of the lineage document ([`crate::Lineage`]) that belongs to it in this run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lineage: Option<Digest>,
    /// How many rows it has, if it has rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows: Option<u64>,
    /// Its size in the store, in bytes.
    pub bytes: u64,
}
