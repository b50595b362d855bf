//! From a table to an artifact.

use super::{Chunk, Manifest, cut, cut::Cut, file, manifest::FORMAT, rows_digest};
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
        let frame = self.frame().clone();
        let parts = cut(&self.ids(), chunk_rows);
        let chunks = parts.par_iter().map(|part| hash(&frame, part)).collect::<Result<_, _>>()?;
        let mut made = Manifest {
            format: FORMAT.to_owned(),
            schema: self.schema().clone(),
            chunk_rows: options.chunk_rows,
            rows: self.len() as u64,
            chunks,
        };
        let digest = made.digest()?;
        made.chunks.par_iter_mut().zip(&parts).try_for_each(|(chunk, part)| keep(store, &frame, part, chunk))?;
        store.put_manifest(&digest, &made)?;
        Ok(ArtifactRef { kind: ArtifactKind::Table, digest, lineage: None, rows: Some(made.rows), bytes: made.bytes() })
    }
}

fn slice(frame: &DataFrame, part: &Cut) -> DataFrame {
    frame.slice(part.rows.start as i64, part.rows.len())
}

fn hash(frame: &DataFrame, part: &Cut) -> Result<Chunk, TableError> {
    let digest = rows_digest(&slice(frame, part))?;
    Ok(Chunk { start: part.start, bits: part.bits, rows: part.rows.len() as u64, digest, file: digest, bytes: 0 })
}

/// Writes the chunk's file and completes its entry. A file of that digest whose bytes were changed is replaced.
fn keep(store: &Store, frame: &DataFrame, part: &Cut, chunk: &mut Chunk) -> Result<(), TableError> {
    let bytes = file::encode(slice(frame, part))?;
    chunk.bytes = bytes.len() as u64;
    chunk.file = Digest::of(&bytes);
    // Reading it moves it out of the way if its bytes are others.
    if !(store.has_object(&chunk.file, None) && store.object(&chunk.file).is_ok()) {
        store.put_object(&bytes)?;
    }
    store.note_values(&chunk.file, chunk.digest);
    Ok(())
}
