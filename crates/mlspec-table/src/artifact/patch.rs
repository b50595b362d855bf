//! Rows of a stored table are taken out and put in; chunks without such rows stay as they are.
//!
//! The result is, to the byte, what [`Table::write`] makes of the whole: where a range overflows it is cut, and where it fits
//! into the range around it, together with what else lies there, they become one.

use super::cut::{Room, Weight, halve};
use super::difference::{Difference, Rows, compare};
use super::manifest::shared;
use super::read::read_chunk;
use super::size::row_sizes;
use super::write::{keep_manifest, make_chunk};
use super::{Chunk, ChunkOptions, Manifest};
use crate::{Equality, ROW, Table, TableError, row_hashes, table::ids_of};
use mlspec_record::{ArtifactRef, Digest};
use mlspec_store::Store;
use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray as _};
use rayon::prelude::*;
use std::collections::HashMap;
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
    let old = shared(store, before)?;
    if *new.schema() != old.schema {
        return Err(TableError::OtherColumns);
    }
    let options = old.options();
    let edit = Edit::new(gone, new, &options)?;
    let (touched, untouched): (Vec<&Chunk>, Vec<&Chunk>) = old.chunks.iter().partition(|chunk| edit.touches(chunk));
    let known = old.chunks.iter().map(|chunk| (chunk.digest, chunk)).collect();
    let patch = Patch { store, before, old: &old, options, edit: &edit, known };
    let opened = touched.into_par_iter().map(|chunk| patch.open(chunk)).collect::<Result<Vec<_>, _>>()?;
    let chunks = patch.chunks(&opened, &untouched)?;
    let rows = chunks.iter().map(|chunk| chunk.rows).sum();
    let (schema, format) = (old.schema.clone(), old.format.clone());
    let ChunkOptions { chunk_rows, chunk_bytes } = patch.options;
    let made = Manifest { format, schema, chunk_rows, chunk_bytes, rows, chunks };
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
    /// The sizes of `new`, if chunks have a limit.
    sizes: Vec<u64>,
}

/// A chunk whose range holds ids of the edit. Its rows are read, written and dropped, so that not all of them are in memory.
struct Opened<'a> {
    chunk: &'a Chunk,
    /// The ids of the rows that stay, and their sizes, if chunks have a limit.
    kept: Vec<u64>,
    sizes: Vec<u64>,
    /// The rows that are taken out or replaced.
    was: Rows,
    /// The chunk of the same range with the rows that stay and come, if they fit.
    made: Option<Chunk>,
}

impl<'a> Edit<'a> {
    fn new(gone: &[u64], new: &'a Table, options: &ChunkOptions) -> Result<Self, TableError> {
        let mut gone = gone.to_vec();
        gone.sort_unstable();
        let columns: Vec<&str> = new.schema().names().collect();
        let is = Rows { ids: new.ids(), hashes: row_hashes(new.frame(), &columns, Equality::Value)? };
        Ok(Self { gone, new, is, sizes: sizes(new.frame(), options)? })
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
    options: ChunkOptions,
    edit: &'a Edit<'a>,
    known: HashMap<Digest, &'a Chunk>,
}

impl Patch<'_> {
    fn open<'a>(&self, chunk: &'a Chunk) -> Result<Opened<'a>, TableError> {
        let frame = self.read(chunk)?;
        let ids = ids(&frame)?;
        let stays = self.edit.stays(&ids);
        let mut was = Rows::default();
        was.add(&frame.filter(&mask(stays.iter().map(|stays| !stays)))?)?;
        let kept: Vec<u64> = ids.into_iter().zip(&stays).filter(|(_, stays)| **stays).map(|(id, _)| id).collect();
        let staying = frame.filter(&mask(stays.into_iter()))?;
        let sizes = sizes(&staying, &self.options)?;
        let new = within(&self.edit.is.ids, chunk.start, chunk.last());
        let weight = Weight {
            rows: (kept.len() + new.len()) as u64,
            bytes: sizes.iter().chain(self.edit.sizes.get(new).unwrap_or_default()).sum(),
        };
        let fits = weight.rows > 0 && weight.fits(&self.options);
        let made =
            fits.then(|| self.make(vec![staying, self.new_rows(chunk.start, chunk.last())], chunk.start, chunk.bits));
        Ok(Opened { chunk, kept, sizes, was, made: made.transpose()? })
    }

    fn chunks(&self, opened: &[Opened<'_>], untouched: &[&Chunk]) -> Result<Vec<Chunk>, TableError> {
        // The ids that may have come under another roof, and how many rows lie before each untouched chunk. A range never ends
        // within an untouched chunk: that one fits into a range, so what holds it is not cut below it.
        let loose = opened.iter().flat_map(|opened| opened.kept.iter().zip(or_zero(&opened.sizes)));
        let mut loose: Vec<(u64, u64)> = loose.map(|(id, size)| (*id, size)).collect();
        loose.extend(self.edit.is.ids.iter().copied().zip(or_zero(&self.edit.sizes)));
        loose.sort_unstable();
        let (ids, sizes): (Vec<u64>, Vec<u64>) = loose.into_iter().unzip();
        let loose = Room::of(&ids, &sizes);
        let mut before = vec![Weight::default()];
        for chunk in untouched {
            before.push(before.last().copied().unwrap_or_default().and(chunk.weight()));
        }
        let weight_before = |at: usize| before.get(at).copied().unwrap_or_default();
        let weigh = |start: u64, last: u64| {
            let chunks = chunks_within(untouched, start, last);
            loose.within(start, last).and(weight_before(chunks.end).less(weight_before(chunks.start)))
        };
        let ranges = halve(&self.options, weigh);
        let chunks = ranges.par_iter().map(|(start, bits, weight)| {
            let last = super::cut::last(*start, *bits);
            let untouched = untouched.get(chunks_within(untouched, *start, last)).unwrap_or_default();
            // They ascend, and none reaches into another.
            let from = opened.partition_point(|opened| opened.chunk.last() < *start);
            let inside = opened.get(from..).unwrap_or_default();
            let inside: Vec<_> = inside.iter().take_while(|opened| opened.chunk.start <= last).collect();
            let made = inside.iter().filter_map(|opened| opened.made.as_ref());
            // The same rows, perhaps with more room around them.
            match untouched.iter().copied().chain(made).find(|chunk| chunk.rows == weight.rows) {
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
        let rows = Table::new(whole)?.into_frame();
        make_chunk(self.store, rows, (start, bits), &self.options, |digest| self.known.get(digest).copied())
    }

    fn read(&self, chunk: &Chunk) -> Result<DataFrame, TableError> {
        read_chunk(self.store, self.before, chunk, &self.old.schema, true)
    }

    fn new_rows(&self, start: u64, last: u64) -> DataFrame {
        let rows = within(&self.edit.is.ids, start, last);
        self.edit.new.frame().slice(rows.start as i64, rows.len())
    }
}

/// The sizes of rows, if chunks have a limit.
fn sizes(frame: &DataFrame, options: &ChunkOptions) -> Result<Vec<u64>, TableError> {
    if options.chunk_bytes.is_some() { row_sizes(frame) } else { Ok(Vec::new()) }
}

/// Sizes, of which nobody asks where there are none.
fn or_zero(sizes: &[u64]) -> impl Iterator<Item = u64> {
    sizes.iter().copied().chain(std::iter::repeat(0))
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
