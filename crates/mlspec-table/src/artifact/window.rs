//! A table that is read some chunks at a time, so that no more than some of its rows are in memory.

use super::manifest::shared;
use super::read::read_chunk;
use crate::{Table, TableError};
use mlspec_record::Digest;
use mlspec_store::Store;
use rayon::prelude::*;
use std::ops::Range;

/// From so many bytes on a table, or text, is not read as a whole where that can be; it is a function of what is read, so that results do not
/// depend on the machine.
pub const LARGE: u64 = 256 << 20;

/// How many rows of a large table are in memory.
pub const WINDOW_ROWS: u64 = 1 << 18;

/// How many bytes the values of the rows of a window have at most, where chunks know theirs and it is not one chunk.
const BYTES: u64 = 64 << 20;

/// The rows of a table in their order, some chunks at a time: as many as hold at most `rows` rows, at least one.
///
/// # Errors
/// When the table is missing or was changed on disk; each window when one of its chunks is, or was.
pub fn windows<'s>(
    store: &'s Store,
    digest: &Digest,
    rows: u64,
) -> Result<impl Iterator<Item = Result<Table, TableError>> + 's, TableError> {
    let digest = *digest;
    let manifest = shared(store, &digest)?;
    let mut ranges: Vec<Range<usize>> = Vec::new();
    let (mut held, mut bytes) = (0, 0);
    for (at, chunk) in manifest.chunks.iter().enumerate() {
        let size = chunk.size.unwrap_or_default();
        match ranges.last_mut() {
            Some(range) if held + chunk.rows <= rows && bytes + size <= BYTES => {
                range.end = at + 1;
                (held, bytes) = (held + chunk.rows, bytes + size);
            }
            _ => {
                ranges.push(at..at + 1);
                (held, bytes) = (chunk.rows, size);
            }
        }
    }
    Ok(ranges.into_iter().map(move |range| {
        let chunks = manifest.chunks.get(range).unwrap_or_default();
        let frames = chunks.par_iter().map(|chunk| read_chunk(store, &digest, chunk, &manifest.schema, true));
        let mut frames = frames.collect::<Result<Vec<_>, _>>()?.into_iter();
        let Some(mut window) = frames.next() else { return Ok(Table::empty(&manifest.schema)) };
        for frame in frames {
            window.vstack_mut_owned(frame)?;
        }
        window.rechunk_mut_par();
        Table::new(window)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ChunkOptions;
    use polars::prelude::*;

    #[test]
    fn windows_hold_all_rows_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let table = Table::number(df!("n" => (0..100_i64).collect::<Vec<_>>()).unwrap(), 0).unwrap();
        let artifact = table.write(&store, &ChunkOptions::rows(8)).unwrap();
        for (rows, expected) in [(1, 13), (8, 13), (17, 7), (1_000, 1)] {
            let found: Vec<Table> = windows(&store, &artifact.digest, rows).unwrap().collect::<Result<_, _>>().unwrap();
            assert_eq!(found.len(), expected, "{rows}");
            let ids: Vec<u64> = found.iter().flat_map(Table::ids).collect();
            assert_eq!(ids, table.ids());
        }
        let empty = Table::empty(table.schema()).write(&store, &ChunkOptions::default()).unwrap();
        assert_eq!(windows(&store, &empty.digest, 8).unwrap().count(), 0);
        assert!(windows(&store, &Digest::of(b""), 8).is_err());
    }
}
