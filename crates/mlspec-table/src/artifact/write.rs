//! From a table to an artifact.

use super::{Chunk, Manifest, cut, file, manifest::FORMAT, rows_digest};
use crate::{Table, TableError};
use mlspec_record::{ArtifactKind, ArtifactRef, Digest};
use mlspec_store::Store;
use polars::prelude::DataFrame;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a table is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChunkOptions {
    /// How many rows a chunk holds at most.
    #[serde(default = "default_chunk_rows")]
    #[schemars(range(min = 1, max = 1_073_741_824))]
    pub chunk_rows: u64,
}

fn default_chunk_rows() -> u64 {
    8_192
}

impl Default for ChunkOptions {
    fn default() -> Self {
        Self { chunk_rows: default_chunk_rows() }
    }
}

impl Table {
    /// Keeps the table; chunks that are there already are not written again.
    ///
    /// # Errors
    /// When `chunk_rows` is 0, or the store refuses.
    pub fn write(&self, store: &Store, options: &ChunkOptions) -> Result<ArtifactRef, TableError> {
        let chunk_rows = usize::try_from(options.chunk_rows).unwrap_or(usize::MAX);
        if chunk_rows == 0 {
            return Err(TableError::ChunkRows);
        }
        let chunks = cut(&self.ids(), chunk_rows).into_par_iter().map(|part| {
            let rows = self.frame().slice(part.rows.start as i64, part.rows.len());
            make_chunk(store, rows, part.start, part.bits, &[])
        });
        let made = Manifest {
            format: FORMAT.to_owned(),
            schema: self.schema().clone(),
            chunk_rows: options.chunk_rows,
            rows: self.len() as u64,
            chunks: chunks.collect::<Result<_, _>>()?,
        };
        keep_manifest(store, &made)
    }
}

/// Keeps the manifest of chunks that are kept.
pub(super) fn keep_manifest(store: &Store, made: &Manifest) -> Result<ArtifactRef, TableError> {
    let digest = made.digest()?;
    store.put_manifest(&digest, made)?;
    Ok(ArtifactRef { kind: ArtifactKind::Table, digest, lineage: None, rows: Some(made.rows), bytes: made.bytes() })
}

/// Keeps the rows of one range, unless one of the `known` chunks, which are in place, has the same. A file of their digest
/// whose bytes were changed is replaced.
pub(super) fn make_chunk(
    store: &Store,
    rows: DataFrame,
    start: u64,
    bits: u8,
    known: &[Chunk],
) -> Result<Chunk, TableError> {
    let digest = rows_digest(&rows)?;
    if let Some(known) = known.iter().find(|known| known.digest == digest) {
        return Ok(Chunk { start, bits, ..known.clone() });
    }
    let height = rows.height() as u64;
    let encoded = file::encode(rows)?;
    let file = Digest::of(&encoded);
    // Reading it moves it out of the way if its bytes are others.
    if !(store.has_object(&file, None) && store.object(&file).is_ok()) {
        store.put_object(&encoded)?;
    }
    store.note_values(&file, digest);
    Ok(Chunk { start, bits, rows: height, digest, file, bytes: encoded.len() as u64 })
}
