//! From a table to an artifact.

use super::{Chunk, Manifest, cut, file, manifest::FORMAT, rows_digest, size::row_sizes};
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
    /// How many bytes the values of a chunk have at most, unless it is one row: a row that changes rewrites its chunk, so wide
    /// rows lie in smaller ones. Without a limit where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1_099_511_627_776_u64))]
    pub chunk_bytes: Option<u64>,
}

fn default_chunk_rows() -> u64 {
    8_192
}

impl ChunkOptions {
    /// What both allow.
    pub fn larger(self, other: Self) -> Self {
        let chunk_bytes = self.chunk_bytes.zip(other.chunk_bytes).map(|(one, other)| one.max(other));
        Self { chunk_rows: self.chunk_rows.max(other.chunk_rows), chunk_bytes }
    }

    /// Chunks of at most so many rows, however large these are.
    pub const fn rows(chunk_rows: u64) -> Self {
        Self { chunk_rows, chunk_bytes: None }
    }
}

impl Default for ChunkOptions {
    fn default() -> Self {
        Self { chunk_rows: default_chunk_rows(), chunk_bytes: Some(512 << 10) }
    }
}

impl Table {
    /// Keeps the table; chunks that are there already are not written again.
    ///
    /// # Errors
    /// When `chunk_rows` is 0, or the store refuses.
    pub fn write(&self, store: &Store, options: &ChunkOptions) -> Result<ArtifactRef, TableError> {
        if options.chunk_rows == 0 {
            return Err(TableError::ChunkRows);
        }
        let sizes = match options.chunk_bytes {
            Some(_) => row_sizes(self.frame())?,
            None => Vec::new(),
        };
        let chunks = cut(&self.ids(), &sizes, options).into_par_iter().map(|part| {
            let rows = self.frame().slice(part.rows.start as i64, part.rows.len());
            make_chunk(store, rows, (part.start, part.bits), options, |_| None)
        });
        let made = Manifest {
            format: FORMAT.to_owned(),
            schema: self.schema().clone(),
            chunk_rows: options.chunk_rows,
            chunk_bytes: options.chunk_bytes,
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

/// Keeps the rows of one range, unless a chunk that is `known` by the digest of its rows, and in place, has the same. A file of
/// their digest whose bytes were changed is replaced.
pub(super) fn make_chunk<'c>(
    store: &Store,
    rows: DataFrame,
    (start, bits): (u64, u8),
    options: &ChunkOptions,
    known: impl Fn(&Digest) -> Option<&'c Chunk>,
) -> Result<Chunk, TableError> {
    let digest = rows_digest(&rows)?;
    if let Some(known) = known(&digest) {
        return Ok(Chunk { start, bits, ..known.clone() });
    }
    let height = rows.height() as u64;
    let size = options.chunk_bytes.map(|_| row_sizes(&rows).map(|sizes| sizes.iter().sum())).transpose()?;
    let encoded = file::encode(rows)?;
    let file = store.put_object_anew(&encoded)?;
    store.note_values(&file, digest);
    Ok(Chunk { start, bits, rows: height, size, digest, file, bytes: encoded.len() as u64 })
}
