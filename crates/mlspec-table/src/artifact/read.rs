//! From an artifact to a table, verified.

use super::manifest::shared;
use super::{Chunk, Manifest, file, rows_digest};
use crate::{ROW, Table, TableError, schema::polars_schema};
use mlspec_record::{Digest, TableSchema};
use mlspec_store::{Store, StoreError};
use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray as _};
use rayon::prelude::*;

impl Table {
    /// The table of this digest.
    ///
    /// # Errors
    /// When it is missing or was changed on disk.
    pub fn read(store: &Store, digest: &Digest) -> Result<Self, TableError> {
        let manifest = shared(store, digest)?;
        read_chunks(store, digest, &manifest, &manifest.schema, None)
    }

    /// Some columns of the table of this digest, in the order asked for.
    ///
    /// # Errors
    /// When a column or the table is missing, or the table was changed on disk.
    pub fn read_columns(store: &Store, digest: &Digest, columns: &[&str]) -> Result<Self, TableError> {
        let manifest = shared(store, digest)?;
        read_chunks(store, digest, &manifest, &selected(&manifest.schema, columns)?, None)
    }

    /// The rows with these ids, as far as the table has them; opens only chunks whose range holds one of them.
    ///
    /// # Errors
    /// When the table is missing or was changed on disk.
    pub fn read_rows(store: &Store, digest: &Digest, ids: &[u64]) -> Result<Self, TableError> {
        let manifest = shared(store, digest)?;
        read_chunks(store, digest, &manifest, &manifest.schema, Some(ids))
    }

    /// Some columns of the rows with these ids, as far as the table has them, in the order of `columns`; opens only chunks whose
    /// range holds one of them.
    ///
    /// # Errors
    /// When a column or the table is missing, or the table was changed on disk.
    pub fn read_rows_columns(
        store: &Store,
        digest: &Digest,
        ids: &[u64],
        columns: &[&str],
    ) -> Result<Self, TableError> {
        let manifest = shared(store, digest)?;
        read_chunks(store, digest, &manifest, &selected(&manifest.schema, columns)?, Some(ids))
    }

    /// Some columns of the chunk at this position of the table's manifest; no rows where there is no such chunk.
    ///
    /// # Errors
    /// When a column or the chunk is missing, or the chunk was changed on disk.
    pub fn read_chunk(
        store: &Store,
        digest: &Digest,
        manifest: &Manifest,
        at: usize,
        columns: &[&str],
    ) -> Result<Self, TableError> {
        let schema = selected(&manifest.schema, columns)?;
        match manifest.chunks.get(at) {
            None => Ok(Self::empty(&schema)),
            Some(chunk) => {
                let frame = read_chunk(store, digest, chunk, &schema, schema == manifest.schema)?;
                Self::new(frame).map_err(|error| changed(digest, &error.to_string()))
            }
        }
    }
}

/// The columns of these names, in this order.
pub(crate) fn selected(schema: &TableSchema, columns: &[&str]) -> Result<TableSchema, TableError> {
    let known = || schema.names().map(str::to_owned).collect();
    let wanted = columns.iter().map(|name| {
        let found = schema.columns().iter().find(|column| column.name == *name).cloned();
        found.ok_or_else(|| TableError::Column { column: (*name).to_owned(), known: known() })
    });
    Ok(TableSchema::new(wanted.collect::<Result<_, _>>()?)?)
}

fn read_chunks(
    store: &Store,
    digest: &Digest,
    manifest: &Manifest,
    schema: &TableSchema,
    ids: Option<&[u64]>,
) -> Result<Table, TableError> {
    let ids = ids.map(|ids| {
        let mut ids = ids.to_vec();
        ids.sort_unstable();
        ids
    });
    let whole = *schema == manifest.schema;
    let asked = |chunk: &Chunk| ids.as_ref().is_none_or(|ids| chunk.holds_some(ids));
    let chunks: Vec<&Chunk> = manifest.chunks.iter().filter(|chunk| asked(chunk)).collect();
    let frames = chunks.par_iter().map(|chunk| {
        let frame = read_chunk(store, digest, chunk, schema, whole)?;
        match &ids {
            None => Ok(frame),
            Some(ids) => Ok(frame.filter(&mask(&frame, ids)?)?),
        }
    });
    let mut frames = frames.collect::<Result<Vec<_>, TableError>>()?.into_iter();
    let Some(mut whole) = frames.next() else { return Ok(Table::empty(schema)) };
    for frame in frames {
        whole.vstack_mut_owned(frame)?;
    }
    whole.rechunk_mut_par();
    Table::new(whole).map_err(|error| changed(digest, &error.to_string()))
}

pub(super) fn read_chunk(
    store: &Store,
    digest: &Digest,
    chunk: &Chunk,
    schema: &TableSchema,
    whole: bool,
) -> Result<DataFrame, TableError> {
    let bytes = store.object(&chunk.file).map_err(|error| match error {
        StoreError::Missing(file) => changed(digest, &format!("its chunk `{file}` is missing")),
        StoreError::Changed(file) => changed(digest, &format!("its chunk `{file}` has other bytes")),
        other => other.into(),
    })?;
    let columns = std::iter::once(ROW).chain(schema.names()).map(str::to_owned).collect();
    let wrong = |reason: &str| changed(digest, &format!("its chunk `{}` {reason}", chunk.file));
    let frame = file::decode(bytes, Some(columns)).map_err(|_| wrong("is no Parquet file of its columns"))?;
    let frame = frame.select(std::iter::once(ROW).chain(schema.names())).map_err(|_| wrong("lacks a column"))?;
    let expected = polars_schema(schema);
    if frame.height() as u64 != chunk.rows || **frame.schema() != expected {
        return Err(wrong("has other rows or columns than the manifest says"));
    }
    // A table's digest does not cover files; with all columns at hand, the values themselves are held against it.
    if whole && store.values_of(&chunk.file) != Some(chunk.digest) {
        if rows_digest(&frame)? != chunk.digest {
            return Err(wrong("holds other rows than its digest says"));
        }
        store.note_values(&chunk.file, chunk.digest);
    }
    Ok(frame)
}

fn changed(digest: &Digest, reason: &str) -> TableError {
    TableError::Changed { digest: *digest, reason: reason.to_owned() }
}

fn mask(frame: &DataFrame, ids: &[u64]) -> Result<BooleanChunked, TableError> {
    let found = crate::table::ids_of(frame)?;
    let asked = found.downcast_iter().flat_map(|array| array.values_iter().map(|id| ids.binary_search(id).is_ok()));
    Ok(BooleanChunked::from_iter_values(ROW.into(), asked))
}
