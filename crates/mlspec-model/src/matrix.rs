//! The matrix artifact: a raw table and fitted encoders.

use crate::encoders::{Assembled, Assembler, together};
use crate::format::read_document;
use crate::{Features, FittedEncoders, Model, ModelError, Prediction, Target};
use mlspec_record::{ArtifactKind, ArtifactRef, Digest};
use mlspec_store::Store;
use mlspec_table::{Manifest, Table, manifest};
use rayon::prelude::*;
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
    /// Whether the rows are those that the encoders were fitted on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fitted: bool,
}

impl Matrix {
    /// The format that this version writes and reads.
    pub const FORMAT: &str = "mlspec-matrix/2";

    /// A matrix of this raw table and these encoders.
    pub fn new(raw: ArtifactRef, encoders: Digest) -> Self {
        Self { format: Self::FORMAT.to_owned(), raw, encoders, fitted: false }
    }

    /// The same, saying whether the rows are those that the encoders were fitted on.
    pub fn of_fitted(self, fitted: bool) -> Self {
        Self { fitted, ..self }
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

/// A matrix in a store, read chunk by chunk: of the raw table, no more is in memory than the chunks that threads work on.
#[derive(Debug)]
pub struct StoredMatrix<'a> {
    store: &'a Store,
    raw: Digest,
    manifest: Manifest,
    columns: Vec<String>,
    encoders: Arc<FittedEncoders>,
    encoders_digest: Digest,
    fitted: bool,
}

/// Rows of a matrix without their features, and what a model says about them.
#[derive(Clone, Debug)]
pub struct PredictedRows {
    /// The row ids, ascending.
    pub ids: Vec<u64>,
    /// The label, if one was declared.
    pub target: Option<Target>,
    /// The weights, if a column was declared.
    pub weights: Option<Vec<f64>>,
    /// What the model says.
    pub prediction: Prediction,
}

impl<'a> StoredMatrix<'a> {
    /// Finds a matrix, and reads what was fitted.
    ///
    /// # Errors
    /// When something is missing, was changed on disk, or does not fit together.
    pub fn open(store: &'a Store, matrix: &ArtifactRef) -> Result<Self, ModelError> {
        let Matrix { raw, encoders: encoders_digest, fitted, .. } = Matrix::read(store, &matrix.digest)?;
        let encoders = Arc::new(FittedEncoders::read(store, &encoders_digest)?);
        let manifest = manifest(store, &raw.digest)?;
        let columns = encoders.raw_columns().into_iter().map(|column| column.name).collect();
        Ok(Self { store, raw: raw.digest, manifest, columns, encoders, encoders_digest, fitted })
    }

    /// What the features are made with.
    pub fn encoders(&self) -> &Arc<FittedEncoders> {
        &self.encoders
    }

    /// The digest of the encoders.
    pub fn encoders_digest(&self) -> &Digest {
        &self.encoders_digest
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.manifest.rows
    }

    /// Works on every chunk, in parallel; what comes out is in the order of the rows. A matrix without rows has one chunk.
    fn each<T: Send>(
        &self,
        work: impl Fn(Vec<u64>, Assembled) -> Result<T, ModelError> + Sync,
    ) -> Result<Vec<T>, ModelError> {
        let assembler = Assembler::new(&self.encoders, self.fitted)?;
        let columns: Vec<&str> = self.columns.iter().map(String::as_str).collect();
        let chunks = (0..self.manifest.chunks.len().max(1)).into_par_iter().map(|at| {
            let raw = Table::read_chunk(self.store, &self.raw, &self.manifest, at, &columns)?;
            Ok(assembler.rows(&raw).map(|rows| (raw.ids(), rows)))
        });
        let chunks = chunks.map(|chunk: Result<_, ModelError>| match chunk {
            Ok(Ok((ids, rows))) => work(ids, rows).map(Ok),
            Ok(Err(error)) => Ok(Err(error)),
            Err(error) => Err(error),
        });
        together(chunks.collect::<Result<Vec<_>, ModelError>>()?)
    }

    /// What a model says about the rows; their features are dropped chunk by chunk.
    ///
    /// # Errors
    /// When something is missing, was changed on disk, or does not fit together, the model's features among them.
    pub fn predict(&self, model: &Model) -> Result<PredictedRows, ModelError> {
        let columns = self.encoders.features();
        let parts = self.each(|ids, Assembled { block, target, weights }| {
            let prediction = model.predict(&Features::new(columns, vec![block])?)?;
            Ok(PredictedRows { ids, target, weights, prediction })
        });
        let mut parts = match parts {
            // Features that are not finite are counted in all rows.
            Err(ModelError::NotFiniteFeature { .. }) => {
                let LoadedMatrix { ids, features, target, weights, .. } = self.load()?;
                let prediction = model.predict(&features)?;
                return Ok(PredictedRows { ids, target, weights, prediction });
            }
            parts => parts?.into_iter(),
        };
        let first = parts.next().ok_or_else(|| ModelError::invalid("matrix", "it has no chunks"))?;
        Ok(parts.fold(first, |mut all, part| {
            all.ids.extend(part.ids);
            all.target.as_mut().zip(part.target).into_iter().for_each(|(all, part)| all.append(part));
            all.weights.as_mut().zip(part.weights).into_iter().for_each(|(all, part)| all.extend(part));
            all.prediction.append(part.prediction);
            all
        }))
    }

    /// All rows with their features.
    ///
    /// # Errors
    /// When something is missing, was changed on disk, or does not fit together.
    pub fn load(&self) -> Result<LoadedMatrix, ModelError> {
        let parts = self.each(|ids, rows| Ok((ids, rows)))?;
        let rows = parts.iter().map(|(ids, _)| ids.len()).sum();
        let (mut ids, mut blocks) = (Vec::with_capacity(rows), Vec::with_capacity(parts.len()));
        let (mut target, mut weights): (Option<Target>, Option<Vec<f64>>) = (None, None);
        for (part, rows) in parts {
            ids.extend(part);
            blocks.push(rows.block);
            match (&mut target, rows.target) {
                (Some(all), Some(more)) => all.append(more),
                (all, first) => *all = first,
            }
            match (&mut weights, rows.weights) {
                (Some(all), Some(more)) => all.extend(more),
                (all, first) => *all = first,
            }
        }
        Ok(LoadedMatrix {
            ids,
            features: Features::new(self.encoders.features(), blocks)?,
            target,
            weights,
            encoders: Arc::clone(&self.encoders),
            encoders_digest: self.encoders_digest,
        })
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
        StoredMatrix::open(store, matrix)?.load()
    }
}
