//! The matrix artifact: a raw table and fitted encoders.

use crate::format::read_document;
use crate::{Features, FittedEncoders, ModelError, Target};
use mlspec_record::{ArtifactKind, ArtifactRef, Digest};
use mlspec_store::Store;
use mlspec_table::{Table, manifest};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The JSON object that a matrix's digest names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matrix {
    format: String,
    /// The table of what depends on each row alone.
    pub raw: ArtifactRef,
    /// The fitted encoders.
    pub encoders: Digest,
}

impl Matrix {
    /// The format that this version writes and reads.
    pub const FORMAT: &str = "mlspec-matrix/1";

    /// A matrix of this raw table and these encoders.
    pub fn new(raw: ArtifactRef, encoders: Digest) -> Self {
        Self { format: Self::FORMAT.to_owned(), raw, encoders }
    }

    /// Keeps the object in a store; `encoders_bytes` is the size of the encoders there. Its lineage is for the caller to add.
    ///
    /// # Errors
    /// When the store fails.
    pub fn write(&self, store: &Store, encoders_bytes: u64) -> Result<ArtifactRef, ModelError> {
        let (digest, bytes) = store.put_json(self)?;
        let bytes = bytes + encoders_bytes + self.raw.bytes;
        Ok(ArtifactRef { kind: ArtifactKind::Matrix, digest, lineage: None, rows: self.raw.rows, bytes })
    }

    /// Reads the object of this digest.
    ///
    /// # Errors
    /// When it is missing, was changed on disk, or is no matrix.
    pub fn read(store: &Store, digest: &Digest) -> Result<Self, ModelError> {
        let matrix: Self = read_document(&store.object(digest)?, "matrix", Self::FORMAT)?;
        if matrix.raw.kind == ArtifactKind::Table {
            Ok(matrix)
        } else {
            Err(ModelError::invalid("matrix", "its raw part is no table"))
        }
    }
}

/// Encoded rows with all that belongs to them.
#[derive(Clone, Debug)]
pub struct LoadedMatrix {
    /// The row ids, ascending.
    pub ids: Vec<u64>,
    /// The features.
    pub features: Features,
    /// The label, if one was declared.
    pub target: Option<Target>,
    /// The weights, if a column was declared.
    pub weights: Option<Vec<f64>>,
    /// What the features were made with.
    pub encoders: Arc<FittedEncoders>,
    /// The digest of the encoders.
    pub encoders_digest: Digest,
}

impl LoadedMatrix {
    /// Reads a matrix and applies what was fitted. Its blocks are the chunks of the raw table.
    ///
    /// # Errors
    /// When something is missing, was changed on disk, or does not fit together.
    pub fn read(store: &Store, matrix: &ArtifactRef) -> Result<Self, ModelError> {
        let Matrix { raw, encoders: encoders_digest, .. } = Matrix::read(store, &matrix.digest)?;
        let encoders = FittedEncoders::read(store, &encoders_digest)?;
        let chunks = manifest(store, &raw.digest)?.chunks;
        let blocks: Vec<usize> = chunks.iter().map(|chunk| chunk.rows as usize).collect();
        let table = Table::read(store, &raw.digest)?;
        Ok(Self {
            features: encoders.assemble(&table, Some(&blocks))?,
            target: encoders.target(&table)?,
            weights: encoders.weights(&table)?,
            ids: table.ids(),
            encoders: Arc::new(encoders),
            encoders_digest,
        })
    }
}
