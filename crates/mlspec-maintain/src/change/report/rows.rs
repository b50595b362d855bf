//! Rows of tables and matrices, before and after.

use crate::MaintainError;
use mlspec_model::Matrix;
use mlspec_record::{ArtifactKind, ArtifactRef, Digest, Envelope, Name};
use mlspec_store::Store;
use mlspec_table::difference;
use mlspec_trace::TraceError;
use serde::Serialize;
use serde_json::Value;

/// How the rows of an output changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OutputChange {
    /// The port: for a step that splits, the part.
    pub port: Name,
    /// What it is.
    pub kind: ArtifactKind,
    /// How many rows there were.
    pub before: u64,
    /// How many rows there are.
    pub after: u64,
    /// How many of them went, came and have other values; nothing where the columns differ. Rows of a matrix count by what depends
    /// on the row alone, not on the fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<Counts>,
}

/// How many rows went, came and changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Those that are no longer there.
    pub removed: u64,
    /// Those that were not there before.
    pub added: u64,
    /// Those of which a value differs.
    pub changed: u64,
}

/// The outputs that have rows, in both runs.
pub(super) fn changes(
    store: &Store,
    before: &Envelope<Value>,
    after: &Envelope<Value>,
) -> Result<Vec<OutputChange>, MaintainError> {
    let mut changes = Vec::new();
    for output in &after.outputs {
        let then = before.outputs.iter().find(|then| then.port == output.port);
        let (Some(then), kind) = (then, output.artifact.kind) else { continue };
        let (Some(was), Some(is)) = (then.artifact.rows, output.artifact.rows) else { continue };
        let rows = match (table_of(store, &then.artifact)?, table_of(store, &output.artifact)?) {
            (Some(one), Some(other)) => difference(store, &one, &other)?.map(|found| Counts {
                removed: found.removed.len() as u64,
                added: found.added.len() as u64,
                changed: found.changed.len() as u64,
            }),
            _ => continue,
        };
        changes.push(OutputChange { port: output.port.clone(), kind, before: was, after: is, rows });
    }
    Ok(changes)
}

/// The table that an artifact's rows lie in.
fn table_of(store: &Store, artifact: &ArtifactRef) -> Result<Option<Digest>, MaintainError> {
    Ok(match artifact.kind {
        ArtifactKind::Table => Some(artifact.digest),
        ArtifactKind::Matrix => Some(Matrix::read(store, &artifact.digest).map_err(TraceError::from)?.raw.digest),
        _ => None,
    })
}
