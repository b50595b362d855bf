//! Columns of one chunk as they lie on disk, for whoever looks for values rather than for rows.

use super::Chunk;
use crate::TableError;
use mlspec_record::Digest;
use mlspec_store::{Store, StoreError};
use polars::prelude::{DataFrame, ParallelStrategy, ParquetReader, SerReader as _};

impl Chunk {
    /// Some columns of the chunk's file, without row ids; only their part of the file is read, and nothing is verified.
    ///
    /// # Errors
    /// When the file is missing, or is no Parquet file of these columns.
    pub fn look(&self, store: &Store, table: &Digest, columns: &[&str]) -> Result<DataFrame, TableError> {
        let path = store.object_path(&self.file);
        let wrong = |reason: &str| TableError::Changed {
            digest: *table,
            reason: format!("its chunk `{}` {reason}", self.file),
        };
        let file = std::fs::File::open(&path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => wrong("is missing"),
            _ => StoreError::io(&path, error).into(),
        })?;
        let names = columns.iter().map(|name| (*name).to_owned()).collect();
        let reader = ParquetReader::new(file).with_columns(Some(names)).read_parallel(ParallelStrategy::None);
        let frame = reader.finish().map_err(|_| wrong("is no Parquet file of its columns"))?;
        frame.select(columns.iter().copied()).map_err(|_| wrong("lacks a column"))
    }
}
