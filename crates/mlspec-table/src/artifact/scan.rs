//! Columns as they lie on disk, for whoever looks for values rather than for rows.

use super::manifest::shared;
use super::{Chunk, read::selected};
use crate::{ROW, Table, TableError};
use mlspec_record::Digest;
use mlspec_store::{Store, StoreError};
use polars::prelude::{DataFrame, ParallelStrategy, ParquetReader, SerReader as _};
use rayon::prelude::*;

/// How many rows are looked at at a time, as far as chunks go that far.
const AT_A_TIME: u64 = 65_536;

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

/// Looks through some columns of a table, some chunks at a time: `of` is called with tables of these columns that hold all rows
/// together, and what it makes of them comes back in their order. Only the parts of files are read that hold these columns, and
/// nothing is verified but that there are as many rows as there should be.
///
/// # Errors
/// When the table or a column is missing, a file is none of its table, or `of` fails.
pub fn look_through<T, E>(
    store: &Store,
    table: &Digest,
    columns: &[&str],
    of: impl Fn(Table) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E>
where
    T: Send,
    E: From<TableError> + Send,
{
    let manifest = shared(store, table)?;
    selected(&manifest.schema, columns)?;
    let names: Vec<&str> = std::iter::once(ROW).chain(columns.iter().copied()).collect();
    let mut groups: Vec<(u64, Vec<&Chunk>)> = Vec::new();
    for chunk in &manifest.chunks {
        match groups.last_mut() {
            Some((rows, chunks)) if *rows + chunk.rows <= AT_A_TIME => {
                *rows += chunk.rows;
                chunks.push(chunk);
            }
            _ => groups.push((chunk.rows, vec![chunk])),
        }
    }
    let done = groups.into_par_iter().map(|(_, chunks)| of(look_at(store, table, &chunks, &names)?));
    done.collect()
}

fn look_at(store: &Store, table: &Digest, chunks: &[&Chunk], columns: &[&str]) -> Result<Table, TableError> {
    let mut whole = DataFrame::empty();
    for chunk in chunks {
        let frame = chunk.look(store, table, columns)?;
        if frame.height() as u64 != chunk.rows {
            let reason = format!("its chunk `{}` has other rows than the manifest says", chunk.file);
            return Err(TableError::Changed { digest: *table, reason });
        }
        match whole.width() {
            0 => whole = frame,
            _ => whole.vstack_mut_owned(frame).map(drop)?,
        }
    }
    whole.rechunk_mut();
    Table::new(whole)
}
