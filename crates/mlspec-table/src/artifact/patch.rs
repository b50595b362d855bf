//! Rows of a stored table are taken out and put in; chunks without such rows stay as they are.
//!
//! The result is, to the byte, what [`Table::write`] makes of the whole: where a range overflows it is cut, and where it fits
//! into the range around it, together with what else lies there, they become one.

use super::cut::halve;
use super::difference::{Difference, Rows, compare};
use super::read::read_chunk;
use super::write::{keep_manifest, make_chunk};
use super::{Chunk, Manifest, manifest};
use crate::{Equality, ROW, Table, TableError, row_hashes, table::ids_of};
use mlspec_record::{ArtifactRef, Digest};
use mlspec_store::Store;
use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray as _};
use rayon::prelude::*;
use std::ops::Range;

/// Keeps the table that has the rows of `before` without those of the ids `gone`, and with the rows of `new`, which replace
/// rows of the same id. Ids of `gone` that are not there change nothing. Only chunks whose range holds one of these ids are
/// read and written, and those that are joined with them.
///
/// What [`crate::difference`] would say of both tables is remembered, so that asking for it reads nothing.
///
/// # Errors
/// When `new` has other columns, or the table is missing or was changed on disk, or the store refuses.
pub fn patch(store: &Store, before: &Digest, gone: &[u64], new: &Table) -> Result<ArtifactRef, TableError> {
    let old = manifest(store, before)?;
    if *new.schema() != old.schema {
        return Err(TableError::OtherColumns);
    }
    let edit = Edit::new(gone, new)?;
    let (touched, untouched): (Vec<&Chunk>, Vec<&Chunk>) = old.chunks.iter().partition(|chunk| edit.touches(chunk));
    let patch = Patch { store, before, old: &old, edit: &edit };
    let opened = touched.into_par_iter().map(|chunk| patch.open(chunk)).collect::<Result<Vec<_>, _>>()?;
    let chunks = patch.chunks(&opened, &untouched)?;
    let rows = chunks.iter().map(|chunk| chunk.rows).sum();
    let made = Manifest { rows, chunks, schema: old.schema.clone(), format: old.format.clone(), ..old };
    let artifact = keep_manifest(store, &made)?;
    edit.difference(opened).remember(store, before, &artifact.digest);
    Ok(artifact)
}

/// What is taken out and put in.
struct Edit<'a> {
    /// Ascending.
    gone: Vec<u64>,
    new: &'a Table,
    /// The ids and hashes of `new`.
    is: Rows,
}

/// A chunk whose range holds ids of the edit. Its rows are read, written and dropped, so that not all of them are in memory.
struct Opened<'a> {
    chunk: &'a Chunk,
    /// The ids of the rows that stay.
    kept: Vec<u64>,
    /// The rows that are taken out or replaced.
    was: Rows,
    /// The chunk of the same range with the rows that stay and come, if they fit.
    made: Option<Chunk>,
}

impl<'a> Edit<'a> {
    fn new(gone: &[u64], new: &'a Table) -> Result<Self, TableError> {
        let mut gone = gone.to_vec();
        gone.sort_unstable();
        let columns: Vec<&str> = new.schema().names().collect();
        let is = Rows { ids: new.ids(), hashes: row_hashes(new.frame(), &columns, Equality::Value)? };
        Ok(Self { gone, new, is })
    }

    fn touches(&self, chunk: &Chunk) -> bool {
        [&self.gone, &self.is.ids].into_iter().any(|ids| !within(ids, chunk.start, chunk.last()).is_empty())
    }

    /// Whether each of these rows stays.
    fn stays(&self, ids: &[u64]) -> Vec<bool> {
        let named = |id: &u64| self.gone.binary_search(id).is_ok() || self.is.ids.binary_search(id).is_ok();
        ids.iter().map(|id| !named(id)).collect()
    }

    fn difference(&self, opened: Vec<Opened<'_>>) -> Difference {
        let mut was = Rows::default();
        for mut chunk in opened {
            was.ids.append(&mut chunk.was.ids);
            was.hashes.append(&mut chunk.was.hashes);
        }
        compare(&was, &self.is)
    }
}

/// From the old chunks to the new ones.
struct Patch<'a> {
    store: &'a Store,
    before: &'a Digest,
    old: &'a Manifest,
    edit: &'a Edit<'a>,
}

impl Patch<'_> {
    fn open<'a>(&self, chunk: &'a Chunk) -> Result<Opened<'a>, TableError> {
        let frame = self.read(chunk)?;
        let ids = ids(&frame)?;
        let stays = self.edit.stays(&ids);
        let mut was = Rows::default();
        was.add(&frame.filter(&mask(stays.iter().map(|stays| !stays)))?)?;
        let kept: Vec<u64> = ids.into_iter().zip(&stays).filter(|(_, stays)| **stays).map(|(id, _)| id).collect();
        let rows = kept.len() + within(&self.edit.is.ids, chunk.start, chunk.last()).len();
        let fits = (1..=self.old.chunk_rows).contains(&(rows as u64));
        let made = fits.then(|| {
            let frames = vec![frame.filter(&mask(stays.into_iter()))?, self.new_rows(chunk.start, chunk.last())];
            self.make(frames, chunk.start, chunk.bits)
        });
        Ok(Opened { chunk, kept, was, made: made.transpose()? })
    }

    fn chunks(&self, opened: &[Opened<'_>], untouched: &[&Chunk]) -> Result<Vec<Chunk>, TableError> {
        // The ids that may have come under another roof, and how many rows lie before each untouched chunk. A range never ends
        // within an untouched chunk: that one fits into a range, so what holds it is not cut below it.
        let mut ids: Vec<u64> = opened.iter().flat_map(|opened| opened.kept.iter().copied()).collect();
        ids.extend(&self.edit.is.ids);
        ids.sort_unstable();
        let mut before = vec![0];
        for chunk in untouched {
            before.push(before.last().copied().unwrap_or_default() + chunk.rows);
        }
        let rows_before = |at: usize| before.get(at).copied().unwrap_or_default();
        let count = |start: u64, last: u64| {
            let chunks = chunks_within(untouched, start, last);
            within(&ids, start, last).len() as u64 + rows_before(chunks.end) - rows_before(chunks.start)
        };
        let ranges = halve(self.old.chunk_rows, count);
        let chunks = ranges.par_iter().map(|(start, bits, rows)| {
            let last = super::cut::last(*start, *bits);
            let untouched = untouched.get(chunks_within(untouched, *start, last)).unwrap_or_default();
            let inside: Vec<_> =
                opened.iter().filter(|opened| opened.chunk.start <= last && opened.chunk.last() >= *start).collect();
            let made = inside.iter().filter_map(|opened| opened.made.as_ref());
            // The same rows, perhaps with more room around them.
            match untouched.iter().copied().chain(made).find(|chunk| chunk.rows == *rows) {
                Some(whole) => Ok(Chunk { start: *start, bits: *bits, ..whole.clone() }),
                None => self.gather(&inside, untouched, *start, *bits),
            }
        });
        chunks.collect()
    }

    /// Makes the chunk of a range from what lies there.
    fn gather(&self, opened: &[&Opened<'_>], untouched: &[&Chunk], start: u64, bits: u8) -> Result<Chunk, TableError> {
        let last = super::cut::last(start, bits);
        let mut frames = Vec::new();
        for opened in opened.iter().filter(|opened| !within(&opened.kept, start, last).is_empty()) {
            let frame = self.read(opened.chunk)?;
            let ids = ids(&frame)?;
            let inside = ids.iter().zip(self.edit.stays(&ids)).map(|(id, stays)| stays && (start..=last).contains(id));
            frames.push(frame.filter(&mask(inside))?);
        }
        for chunk in untouched {
            frames.push(self.read(chunk)?);
        }
        frames.push(self.new_rows(start, last));
        self.make(frames, start, bits)
    }

    fn make(&self, frames: Vec<DataFrame>, start: u64, bits: u8) -> Result<Chunk, TableError> {
        let mut whole = DataFrame::empty();
        for frame in frames.into_iter().filter(|frame| frame.height() > 0) {
            match whole.width() {
                0 => whole = frame,
                _ => whole.vstack_mut_owned(frame).map(drop)?,
            }
        }
        make_chunk(self.store, Table::new(whole)?.into_frame(), start, bits, &self.old.chunks)
    }

    fn read(&self, chunk: &Chunk) -> Result<DataFrame, TableError> {
        read_chunk(self.store, self.before, chunk, &self.old.schema, true)
    }

    fn new_rows(&self, start: u64, last: u64) -> DataFrame {
        let rows = within(&self.edit.is.ids, start, last);
        self.edit.new.frame().slice(rows.start as i64, rows.len())
    }
}

fn ids(frame: &DataFrame) -> Result<Vec<u64>, TableError> {
    Ok(ids_of(frame)?.downcast_iter().flat_map(|array| array.values_iter().copied()).collect())
}

fn mask(rows: impl Iterator<Item = bool>) -> BooleanChunked {
    BooleanChunked::from_iter_values(ROW.into(), rows)
}

/// The positions of the chunks that lie from `start` to `last`.
fn chunks_within(chunks: &[&Chunk], start: u64, last: u64) -> Range<usize> {
    let position = |id: u64| chunks.partition_point(|chunk| chunk.start < id);
    position(start)..last.checked_add(1).map_or(chunks.len(), position)
}

/// The positions of the ids from `start` to `last`, in ascending ids.
fn within(ids: &[u64], start: u64, last: u64) -> Range<usize> {
    ids.partition_point(|id| *id < start)..ids.partition_point(|id| *id <= last)
}
