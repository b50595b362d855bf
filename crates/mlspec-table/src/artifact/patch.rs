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
    let opened = touched.into_par_iter().map(|chunk| {
        let frame = read_chunk(store, before, chunk, &old.schema, true)?;
        edit.apply(chunk, frame)
    });
    let opened = opened.collect::<Result<Vec<Opened>, TableError>>()?;
    let rebuild = Rebuild { store, before, old: &old, edit: &edit, opened: &opened, untouched: &untouched };
    let chunks = rebuild.chunks()?;
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

/// A chunk whose range holds ids of the edit.
struct Opened {
    start: u64,
    last: u64,
    /// The rows that stay.
    kept: DataFrame,
    kept_ids: Vec<u64>,
    /// The rows that are taken out or replaced.
    was: Rows,
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

    fn apply(&self, chunk: &Chunk, frame: DataFrame) -> Result<Opened, TableError> {
        let (start, last) = (chunk.start, chunk.last());
        let ids: Vec<u64> = ids_of(&frame)?.downcast_iter().flat_map(|array| array.values_iter().copied()).collect();
        let stays: Vec<bool> = ids
            .iter()
            .map(|id| self.gone.binary_search(id).is_err() && self.is.ids.binary_search(id).is_err())
            .collect();
        let mut was = Rows::default();
        if stays.iter().all(|stays| *stays) {
            return Ok(Opened { start, last, kept: frame, kept_ids: ids, was });
        }
        let mask = BooleanChunked::from_iter_values(ROW.into(), stays.iter().copied());
        was.add(&frame.filter(&!&mask)?)?;
        let kept_ids = ids.into_iter().zip(&stays).filter(|(_, stays)| **stays).map(|(id, _)| id).collect();
        Ok(Opened { start, last, kept: frame.filter(&mask)?, kept_ids, was })
    }

    fn difference(&self, opened: Vec<Opened>) -> Difference {
        let mut was = Rows::default();
        for mut chunk in opened {
            was.ids.append(&mut chunk.was.ids);
            was.hashes.append(&mut chunk.was.hashes);
        }
        compare(&was, &self.is)
    }
}

/// From the old chunks to the new ones.
struct Rebuild<'a> {
    store: &'a Store,
    before: &'a Digest,
    old: &'a Manifest,
    edit: &'a Edit<'a>,
    opened: &'a [Opened],
    untouched: &'a [&'a Chunk],
}

impl Rebuild<'_> {
    fn chunks(&self) -> Result<Vec<Chunk>, TableError> {
        // The ids that may have come under another roof, and how many rows lie before each untouched chunk. A range never ends
        // within an untouched chunk: that one fits into a range, so what holds it is not cut below it.
        let mut ids: Vec<u64> = self.opened.iter().flat_map(|chunk| chunk.kept_ids.iter().copied()).collect();
        ids.extend(&self.edit.is.ids);
        ids.sort_unstable();
        let mut before = vec![0];
        for chunk in self.untouched {
            before.push(before.last().copied().unwrap_or_default() + chunk.rows);
        }
        let rows_before = |at: usize| before.get(at).copied().unwrap_or_default();
        let count = |start: u64, last: u64| {
            let chunks = self.chunks_within(start, last);
            within(&ids, start, last).len() as u64 + rows_before(chunks.end) - rows_before(chunks.start)
        };
        let ranges = halve(self.old.chunk_rows, count);
        ranges.par_iter().map(|(start, bits, _)| self.chunk(*start, *bits, &ids)).collect()
    }

    fn chunks_within(&self, start: u64, last: u64) -> Range<usize> {
        let position = |id: u64| self.untouched.partition_point(|chunk| chunk.start < id);
        position(start)..last.checked_add(1).map_or(self.untouched.len(), position)
    }

    fn chunk(&self, start: u64, bits: u8, ids: &[u64]) -> Result<Chunk, TableError> {
        let last = super::cut::last(start, bits);
        let untouched = self.untouched.get(self.chunks_within(start, last)).unwrap_or_default();
        if let ([only], true) = (untouched, within(ids, start, last).is_empty()) {
            // The same rows, perhaps with more room around them.
            return Ok(Chunk { start, bits, ..(*only).clone() });
        }
        let mut frames = Vec::new();
        for chunk in self.opened.iter().filter(|chunk| chunk.start <= last && chunk.last >= start) {
            let rows = within(&chunk.kept_ids, start, last);
            frames.push(chunk.kept.slice(rows.start as i64, rows.len()));
        }
        for chunk in untouched {
            frames.push(read_chunk(self.store, self.before, chunk, &self.old.schema, true)?);
        }
        let rows = within(&self.edit.is.ids, start, last);
        frames.push(self.edit.new.frame().slice(rows.start as i64, rows.len()));
        let mut whole = DataFrame::empty();
        for frame in frames.into_iter().filter(|frame| frame.height() > 0) {
            match whole.width() {
                0 => whole = frame,
                _ => whole.vstack_mut_owned(frame).map(drop)?,
            }
        }
        make_chunk(self.store, Table::new(whole)?.into_frame(), start, bits, &self.old.chunks)
    }
}

/// The positions of the ids from `start` to `last`, in ascending ids.
fn within(ids: &[u64], start: u64, last: u64) -> Range<usize> {
    ids.partition_point(|id| *id < start)..ids.partition_point(|id| *id <= last)
}
