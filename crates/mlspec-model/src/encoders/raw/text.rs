//! What raw tables hold of texts, computed block by block in parallel.

use super::terms::{put_feature, put_term};
use super::{LengthUnit, RawColumn, RawKind};
use crate::{Analyzer, Features, TermMap, Terms, murmur3_32, term_hash};
use mlspec_table::polars::prelude::{BinaryChunkedBuilder, Float64Chunked, IntoSeries as _, Series, StringChunked};
use rayon::prelude::*;

/// How many bytes the terms of a text take, to begin with.
const BYTES: usize = 32;

/// The raw column of a text column.
pub(super) fn encode(raw: &RawColumn, texts: &StringChunked) -> Option<Series> {
    match raw.kind {
        RawKind::Hashed { n_features, alternate_sign, analyzer, .. } => {
            let blocks = blocks(texts, |texts| {
                let mut found = Values::with_capacity(texts.len());
                let (mut room, mut row) = (Terms::default(), Vec::new());
                for text in texts.iter() {
                    analyzer.terms(text.unwrap_or_default(), &mut room, |term| {
                        row.push(bucket(term, n_features, alternate_sign))
                    });
                    let mut before = 0;
                    together(&mut row, |feature, count| {
                        if count != 0 {
                            put_feature(&mut found.bytes, feature - before, count);
                            before = feature;
                        }
                    });
                    found.end();
                }
                found
            });
            Some(column(raw, &blocks))
        }
        RawKind::Length { unit, .. } => {
            let lengths: Vec<Vec<f64>> =
                blocks(texts, |texts| texts.iter().map(|text| length(text.unwrap_or_default(), unit)).collect());
            Some(Float64Chunked::from_vec((&*raw.name).into(), lengths.concat()).into_series())
        }
        _ => None,
    }
}

/// A term, and how often it stands in the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CountedTerm {
    /// The term.
    pub term: String,
    /// In how many rows it stands.
    pub rows: u64,
    /// How often it stands there in all.
    pub count: u64,
}

/// The terms of a column by [`term_hash`]; nothing where two of them have the same.
pub type Vocabulary = Option<TermMap<CountedTerm>>;

/// The raw column of a text column of [`RawKind::Counted`], and its terms, if they are asked for.
pub(super) fn count(
    raw: &RawColumn,
    analyzer: Analyzer,
    texts: &StringChunked,
    with_terms: bool,
) -> (Series, Vocabulary) {
    let blocks = blocks(texts, |texts| {
        let mut found = Values::with_capacity(texts.len());
        let (mut known, mut distinct) = (TermMap::<CountedTerm>::default(), true);
        let (mut room, mut row) = (Terms::default(), Vec::new());
        for text in texts.iter() {
            analyzer.terms(text.unwrap_or_default(), &mut room, |term| {
                let hash = term_hash(term);
                row.push((hash, 1));
                if with_terms {
                    let new = || CountedTerm { term: term.to_owned(), rows: 0, count: 0 };
                    let entry = known.entry(hash).or_insert_with(new);
                    distinct &= entry.term == term;
                    entry.count += 1;
                }
            });
            together(&mut row, |hash, count| {
                put_term(&mut found.bytes, hash, count as u32);
                if with_terms {
                    known.entry(hash).and_modify(|entry| entry.rows += 1);
                }
            });
            found.end();
        }
        (found, distinct.then_some(known))
    });
    let (values, vocabularies): (Vec<_>, Vec<_>) = blocks.into_iter().unzip();
    (column(raw, &values), joined(vocabularies))
}

fn joined(vocabularies: Vec<Vocabulary>) -> Vocabulary {
    let mut all = TermMap::<CountedTerm>::default();
    for (hash, found) in vocabularies.into_iter().collect::<Option<Vec<_>>>()?.into_iter().flatten() {
        match all.get_mut(&hash) {
            Some(known) if known.term != found.term => return None,
            Some(known) => {
                known.rows += found.rows;
                known.count += found.count;
            }
            None => drop(all.insert(hash, found)),
        }
    }
    Some(all)
}

/// The length of a text.
fn length(text: &str, unit: LengthUnit) -> f64 {
    let count = match unit {
        LengthUnit::Characters if text.is_ascii() => text.len(),
        LengthUnit::Characters => text.chars().count(),
        LengthUnit::Words => text.split_whitespace().count(),
    };
    count as f64
}

/// The feature of a term and the sign of its count, as scikit-learn's `FeatureHasher` has them.
fn bucket(term: &str, n_features: u32, alternate_sign: bool) -> (u32, i32) {
    let hash = murmur3_32(term.as_bytes(), 0) as i32;
    (hash.unsigned_abs() % n_features, if alternate_sign && hash < 0 { -1 } else { 1 })
}

/// Applies `encode` to blocks of rows, in parallel.
fn blocks<T: Send>(texts: &StringChunked, encode: impl Fn(&StringChunked) -> T + Sync) -> Vec<T> {
    let starts: Vec<usize> = (0..texts.len()).step_by(Features::BLOCK_ROWS).collect();
    starts.into_par_iter().map(|start| encode(&texts.slice(start as i64, Features::BLOCK_ROWS))).collect()
}

/// Calls `each` with every term of a row, ascending, and the sum of its counts. Empties `row`.
fn together<T: Copy + Ord>(row: &mut Vec<(T, i32)>, mut each: impl FnMut(T, i32)) {
    row.sort_unstable();
    for terms in row.chunk_by(|a, b| a.0 == b.0) {
        each(terms[0].0, terms.iter().map(|term| term.1).sum());
    }
    row.clear();
}

/// The values of a column of bytes in the making.
struct Values {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Values {
    fn with_capacity(rows: usize) -> Self {
        Self { bytes: Vec::with_capacity(rows * BYTES), ends: Vec::with_capacity(rows) }
    }

    /// Ends the value in the making.
    fn end(&mut self) {
        self.ends.push(self.bytes.len());
    }
}

fn column(raw: &RawColumn, blocks: &[Values]) -> Series {
    let rows = blocks.iter().map(|block| block.ends.len()).sum();
    let mut column = BinaryChunkedBuilder::new((&*raw.name).into(), rows);
    for block in blocks {
        let mut start = 0;
        for &end in &block.ends {
            column.append_value(&block.bytes[start..end]);
            start = end;
        }
    }
    column.finish().into_series()
}
