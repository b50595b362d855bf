//! A table that is written as its rows come, so that no more than some of them are in memory.

use super::cut::settled;
use super::manifest::FORMAT;
use super::size::row_sizes;
use super::write::{keep_manifest, make_chunk};
use super::{Chunk, ChunkOptions, Cut, Manifest};
use crate::{Table, TableError, empty_frame, table::ids_of};
use mlspec_record::{ArtifactRef, TableSchema};
use mlspec_store::Store;
use polars::prelude::DataFrame;
use rayon::prelude::*;

/// Writes a table whose rows come in the order of their ids. What it leaves is what [`Table::write`] leaves of all rows together.
///
/// ```
/// use mlspec_table::{ChunkOptions, Table, TableWriter, polars::df};
/// # let folder = tempfile::tempdir()?;
/// # let store = mlspec_store::Store::open(folder.path())?;
/// let rows = Table::number(df!("n" => [1_i64, 2, 3])?, 0)?;
/// let options = ChunkOptions::rows(2);
/// let mut writer = TableWriter::new(&store, rows.schema(), &options)?;
/// writer.push(rows.slice(0, 1))?;
/// writer.push(rows.slice(1, 2))?;
/// assert_eq!(writer.finish()?, rows.write(&store, &options)?);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct TableWriter<'s> {
    store: &'s Store,
    schema: TableSchema,
    options: ChunkOptions,
    chunks: Vec<Chunk>,
    /// Rows whose ranges are not settled yet.
    rest: DataFrame,
    /// The last id of the last range that was written.
    written: Option<u64>,
    /// The last id that came.
    seen: Option<u64>,
}

impl<'s> TableWriter<'s> {
    /// A table of these columns.
    ///
    /// # Errors
    /// When `chunk_rows` is 0.
    pub fn new(store: &'s Store, schema: &TableSchema, options: &ChunkOptions) -> Result<Self, TableError> {
        if options.chunk_rows == 0 {
            return Err(TableError::ChunkRows);
        }
        let (rest, schema) = (empty_frame(schema), schema.clone());
        Ok(Self { store, schema, options: *options, chunks: Vec::new(), rest, written: None, seen: None })
    }

    /// Takes more rows; their ids are above all that came before.
    ///
    /// # Errors
    /// When they are not, the columns are others, or the store refuses.
    pub fn push(&mut self, rows: Table) -> Result<(), TableError> {
        let ids = rows.ids();
        let (Some(&first), Some(&last)) = (ids.first(), ids.last()) else { return Ok(()) };
        if self.seen.is_some_and(|seen| first <= seen) {
            return Err(TableError::Twice(first));
        }
        self.seen = Some(last);
        self.rest.vstack_mut_owned(rows.into_frame())?;
        self.settle(last)
    }

    /// Writes what is left, and the manifest.
    ///
    /// # Errors
    /// When the store refuses.
    pub fn finish(mut self) -> Result<ArtifactRef, TableError> {
        self.settle(u64::MAX)?;
        let made = Manifest {
            format: FORMAT.to_owned(),
            schema: self.schema,
            chunk_rows: self.options.chunk_rows,
            chunk_bytes: self.options.chunk_bytes,
            rows: self.chunks.iter().map(|chunk| chunk.rows).sum(),
            chunks: self.chunks,
        };
        keep_manifest(self.store, &made)
    }

    /// Writes the ranges that no row behind `seen` can change.
    fn settle(&mut self, seen: u64) -> Result<(), TableError> {
        self.rest.rechunk_mut_par();
        let sizes = match self.options.chunk_bytes {
            Some(_) => row_sizes(&self.rest)?,
            None => Vec::new(),
        };
        let ids: Vec<u64> = ids_of(&self.rest)?.into_no_null_iter().collect();
        let cuts: Vec<Cut> = settled(&ids, &sizes, &self.options, self.written, seen);
        let Some(end) = cuts.last().map(|cut| cut.rows.end) else { return Ok(()) };
        self.written = cuts.last().map(|cut| super::cut::last(cut.start, cut.bits));
        let chunks = cuts.into_par_iter().map(|cut| {
            let rows = self.rest.slice(cut.rows.start as i64, cut.rows.len());
            make_chunk(self.store, rows, (cut.start, cut.bits), &self.options, |_| None)
        });
        let chunks = chunks.collect::<Result<Vec<_>, TableError>>()?;
        self.chunks.extend(chunks);
        self.rest = self.rest.slice(end as i64, usize::MAX);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use polars::prelude::*;
    use proptest::prelude::*;

    fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        (folder, store)
    }

    fn table(ids: &[u64]) -> Table {
        let texts: Vec<String> = ids.iter().map(|id| "x".repeat((id % 7) as usize * 3)).collect();
        let frame = df!("n" => ids.iter().map(|id| *id as i64).collect::<Vec<_>>(), "t" => texts).unwrap();
        Table::with_ids(frame, ids.to_vec()).unwrap()
    }

    proptest! {
        #[test]
        fn rows_that_come_in_pieces_are_cut_as_all_together(
            ids in prop_oneof![
                prop::collection::btree_set(any::<u64>(), 0..150),
                prop::collection::btree_set(0_u64..200, 0..150),
                prop::collection::btree_set(u64::MAX - 200..=u64::MAX, 0..150),
            ],
            pieces in prop::collection::vec(0_usize..40, 0..12),
            chunk_rows in 1_u64..20,
            chunk_bytes in prop::option::of(20_u64..400),
        ) {
            let (_folder, store) = store();
            let whole = table(&ids.into_iter().collect::<Vec<_>>());
            let options = ChunkOptions { chunk_rows, chunk_bytes };
            let mut writer = TableWriter::new(&store, whole.schema(), &options).unwrap();
            let mut start = 0;
            for length in pieces.into_iter().chain([usize::MAX]) {
                let rows = whole.slice(start, length);
                start += rows.len();
                writer.push(rows).unwrap();
            }
            prop_assert_eq!(writer.finish().unwrap(), whole.write(&store, &options).unwrap());
        }
    }

    #[test]
    fn little_is_held_back() {
        let (_folder, store) = store();
        let rows = table(&(0..1_000).collect::<Vec<_>>());
        let mut writer = TableWriter::new(&store, rows.schema(), &ChunkOptions::rows(8)).unwrap();
        writer.push(rows).unwrap();
        assert!(writer.rest.height() <= 8, "{}", writer.rest.height());
        // The last range could still be a larger one.
        assert_eq!(writer.chunks.len(), 124);
    }

    #[test]
    fn rows_that_do_not_fit_are_refused() {
        let (_folder, store) = store();
        let mut writer = TableWriter::new(&store, table(&[1]).schema(), &ChunkOptions::default()).unwrap();
        writer.push(table(&[3, 5])).unwrap();
        assert!(matches!(writer.push(table(&[5])), Err(TableError::Twice(5))));
        let other = Table::number(df!("other" => [1_i64]).unwrap(), 9).unwrap();
        assert!(writer.push(other).is_err());
        assert!(matches!(
            TableWriter::new(&store, table(&[1]).schema(), &ChunkOptions::rows(0)),
            Err(TableError::ChunkRows)
        ));
    }
}
