//! What a table digest stands for.

use super::{ChunkOptions, cut::Weight};
use crate::TableError;
use mlspec_record::{Digest, TableSchema, canonical_digest};
use mlspec_store::{Store, StoreError};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::json;
use std::sync::Arc;

/// The format that this version writes and reads.
pub(crate) const FORMAT: &str = "mlspec-table/1";

/// The chunks of a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The format's name and version.
    pub format: String,
    /// The columns.
    pub schema: TableSchema,
    /// How many rows a chunk holds at most.
    pub chunk_rows: u64,
    /// How many bytes the values of a chunk have at most, unless it is one row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk_bytes: Option<u64>,
    /// How many rows there are.
    pub rows: u64,
    /// The chunks, by range.
    pub chunks: Vec<Chunk>,
}

/// One chunk: a range of row ids and the file that holds their rows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chunk {
    /// The first id of the range; a string in JSON, since it has 64 bits.
    #[serde(serialize_with = "as_text", deserialize_with = "from_text")]
    pub start: u64,
    /// The range has 2^bits ids.
    pub bits: u8,
    /// How many rows it holds.
    pub rows: u64,
    /// How many bytes their values have, where that is limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The digest of ids and values, see [`crate::rows_digest`]; `values` in JSON.
    #[serde(rename = "values")]
    pub digest: Digest,
    /// The digest of the Parquet file's bytes.
    pub file: Digest,
    /// The size of the Parquet file.
    pub bytes: u64,
}

impl Chunk {
    pub(super) fn weight(&self) -> Weight {
        Weight { rows: self.rows, bytes: self.size.unwrap_or_default() }
    }

    /// Whether the range holds this id.
    pub fn holds(&self, id: u64) -> bool {
        self.bits >= 64 || id >> self.bits == self.start >> self.bits
    }

    /// Whether the range holds one of these ids, which ascend.
    pub fn holds_some(&self, ids: &[u64]) -> bool {
        ids.get(ids.partition_point(|id| *id < self.start)).is_some_and(|id| self.holds(*id))
    }

    /// The last id of the range, whether a row has it or not.
    pub fn last(&self) -> u64 {
        super::cut::last(self.start, self.bits)
    }
}

impl Manifest {
    /// The table's digest: of the schema, how it is cut, the ranges and the digests of their values, not of the files.
    ///
    /// # Errors
    /// When a count is beyond what JSON carries.
    pub fn digest(&self) -> Result<Digest, TableError> {
        let chunks: Vec<_> = self
            .chunks
            .iter()
            .map(|chunk| json!([chunk.start.to_string(), chunk.bits, chunk.rows, chunk.digest]))
            .collect();
        let limits = (self.chunk_rows, self.chunk_bytes);
        let document = json!({ "format": self.format, "schema": self.schema, "limits": limits, "rows": self.rows, "chunks": chunks });
        Ok(canonical_digest(&document).map_err(StoreError::from)?)
    }

    /// How it is cut.
    pub fn options(&self) -> ChunkOptions {
        ChunkOptions { chunk_rows: self.chunk_rows, chunk_bytes: self.chunk_bytes }
    }

    /// The size of all files.
    pub fn bytes(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.bytes).sum()
    }
}

/// The manifest of a table, verified: it gives this digest.
///
/// # Errors
/// When it is missing, was changed on disk, or was written by a newer version.
pub fn manifest(store: &Store, digest: &Digest) -> Result<Manifest, TableError> {
    shared(store, digest).map(Arc::unwrap_or_clone)
}

/// The same, not copied.
pub(super) fn shared(store: &Store, digest: &Digest) -> Result<Arc<Manifest>, TableError> {
    store.checked_manifest(digest, |found: &Manifest| {
        if found.format != FORMAT {
            return Err(TableError::Newer { digest: *digest, found: found.format.clone(), known: FORMAT });
        }
        match found.digest()? == *digest {
            true => Ok(()),
            false => {
                Err(TableError::Changed { digest: *digest, reason: "its manifest gives another digest".to_owned() })
            }
        }
    })
}

fn as_text<S: Serializer>(number: &u64, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(number)
}

fn from_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}
