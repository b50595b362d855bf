//! A result per chunk, kept, so that an update computes it only for chunks whose rows changed.

use super::Manifest;
use super::manifest::shared;
use crate::{Table, TableError};
use mlspec_record::{Digest, TableSchema};
use mlspec_store::{Store, StoreError};
use rayon::prelude::*;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::HashMap;

/// The partial results of a table, as an object of the store.
#[derive(Serialize, Deserialize)]
struct State<P> {
    /// What was computed, with its version and whatever else determines it.
    what: String,
    /// The table's columns: the digests of rows don't cover names.
    schema: TableSchema,
    /// The columns that were read.
    columns: Vec<String>,
    /// By chunk: the digest of its rows, and its partial result.
    chunks: Vec<(Digest, P)>,
}

/// What is computed of each chunk: `of` is called with a table of the columns `columns` that holds the rows of one chunk.
///
/// Partial results come back in the order of the chunks, so that merging them gives the same bits in every run. They are kept
/// under the digest that comes back, which is a function of the rows (and of `what`); of `previous`, such a digest, the
/// results of chunks whose rows are the same are taken over. A `previous` that is missing or of something else is as none.
///
/// `what` names the function with its version and everything else that determines it. Partial results must read back from
/// JSON as they were: floats and integers below 2⁵³ do, NaN and infinities do not.
///
/// # Errors
/// When the table or a column is missing, the table was changed on disk, the store refuses, or `of` fails.
pub fn fold<P, E>(
    store: &Store,
    table: &Digest,
    columns: &[&str],
    what: &str,
    previous: Option<&Digest>,
    of: impl Fn(&Table) -> Result<P, E> + Sync,
) -> Result<(Vec<P>, Digest), E>
where
    P: Serialize + DeserializeOwned + Send,
    E: From<TableError> + Send,
{
    let manifest = shared(store, table)?;
    let read = |at: usize| Table::read_chunk(store, table, &manifest, at, columns);
    run(store, &manifest, columns, (what, previous), |at| of(&read(at)?))
}

/// As [`fold`], of a table that is loaded already, with at least these columns and all rows.
///
/// # Errors
/// When a column is missing, `loaded` has other rows than the table of the digest, the store refuses, or `of` fails.
pub fn fold_loaded<P, E>(
    store: &Store,
    (table, loaded): (&Digest, &Table),
    columns: &[&str],
    what: &str,
    previous: Option<&Digest>,
    of: impl Fn(&Table) -> Result<P, E> + Sync,
) -> Result<(Vec<P>, Digest), E>
where
    P: Serialize + DeserializeOwned + Send,
    E: From<TableError> + Send,
{
    let manifest = shared(store, table)?;
    let selected = loaded.select(columns)?;
    let mut starts = Vec::with_capacity(manifest.chunks.len());
    let mut start = 0;
    for chunk in &manifest.chunks {
        starts.push(start);
        start += usize::try_from(chunk.rows).unwrap_or(usize::MAX);
    }
    if start != selected.len() {
        return Err(TableError::OtherRows { digest: *table }.into());
    }
    run(store, &manifest, columns, (what, previous), |at| {
        let (start, end) = (starts.get(at).copied().unwrap_or(start), starts.get(at + 1).copied().unwrap_or(start));
        of(&selected.slice(start, end - start))
    })
}

fn run<P, E>(
    store: &Store,
    manifest: &Manifest,
    columns: &[&str],
    (what, previous): (&str, Option<&Digest>),
    of: impl Fn(usize) -> Result<P, E> + Sync,
) -> Result<(Vec<P>, Digest), E>
where
    P: Serialize + DeserializeOwned + Send,
    E: From<TableError> + Send,
{
    let columns: Vec<String> = columns.iter().map(|name| (*name).to_owned()).collect();
    let mut known: HashMap<Digest, P> = HashMap::new();
    // A state that cannot be read is one to make anew.
    if let Some(state) = previous.and_then(|digest| store.json::<State<P>>(digest).ok())
        && state.what == what
        && state.schema == manifest.schema
        && state.columns == columns
    {
        known.extend(state.chunks);
    }
    let wanted: Vec<Option<P>> = manifest.chunks.iter().map(|chunk| known.remove(&chunk.digest)).collect();
    let done = wanted.into_par_iter().enumerate().map(|(at, known)| known.map_or_else(|| of(at), Ok));
    let done = done.collect::<Result<Vec<P>, E>>()?;
    let chunks = manifest.chunks.iter().map(|chunk| chunk.digest).zip(done).collect();
    let state = State { what: what.to_owned(), schema: manifest.schema.clone(), columns, chunks };
    let (digest, _) = store.put_json(&state).map_err(|error: StoreError| E::from(error.into()))?;
    Ok((state.chunks.into_iter().map(|(_, partial)| partial).collect(), digest))
}
