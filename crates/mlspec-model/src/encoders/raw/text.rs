//! What raw tables hold of texts, computed block by block in parallel.

use super::{LengthUnit, RawColumn, RawKind};
use crate::{Analyzer, Features, ModelError, TermMap, Terms, murmur3_32, term_hash};
use mlspec_table::TableError;
use mlspec_table::polars::prelude::{
    DataType, Float64Chunked, IntoSeries as _, ListBuilderTrait as _, ListChunked, ListPrimitiveChunkedBuilder,
    PolarsNumericType, Series, StringChunked, UInt32Type, UInt64Type,
};
use rayon::prelude::*;

/// The raw columns of a text column.
pub(super) fn encode(raw: &RawColumn, texts: &StringChunked) -> Result<Vec<Series>, ModelError> {
    match raw.kind {
        RawKind::Hashed { n_features, alternate_sign, analyzer, .. } => {
            let blocks = blocks(texts, |texts| {
                let mut found = Lists::<UInt32Type>::new(raw, texts.len(), DataType::UInt32);
                let (mut room, mut row) = (Terms::default(), Vec::new());
                for text in texts.iter() {
                    analyzer.terms(text.unwrap_or_default(), &mut room, |term| {
                        row.push(bucket(term, n_features, alternate_sign))
                    });
                    found.push(&mut row, |count| (count << 1 ^ count >> 31) as u32);
                }
                found.finish()
            });
            pair(raw, blocks, DataType::UInt32)
        }
        RawKind::Length { unit, .. } => {
            let lengths: Vec<Vec<f64>> =
                blocks(texts, |texts| texts.iter().map(|text| length(text.unwrap_or_default(), unit)).collect());
            Ok(vec![Float64Chunked::from_vec((&*raw.name).into(), lengths.concat()).into_series()])
        }
        RawKind::Number { .. } | RawKind::Category { .. } | RawKind::Counted { .. } => Ok(Vec::new()),
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

/// The raw columns of a text column of [`RawKind::Counted`], and its terms, if they are asked for.
pub(super) fn count(
    raw: &RawColumn,
    analyzer: Analyzer,
    texts: &StringChunked,
    with_terms: bool,
) -> Result<(Vec<Series>, Vocabulary), ModelError> {
    let blocks = blocks(texts, |texts| {
        let mut found = Lists::<UInt64Type>::new(raw, texts.len(), DataType::UInt64);
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
            found.push(&mut row, |count| count as u32);
            for hash in found.row_terms.iter().filter(|_| with_terms) {
                known.entry(*hash).and_modify(|entry| entry.rows += 1);
            }
        }
        (found.finish(), distinct.then_some(known))
    });
    let (lists, vocabularies): (Vec<_>, Vec<_>) = blocks.into_iter().unzip();
    Ok((pair(raw, lists, DataType::UInt64)?, together(vocabularies)))
}

fn together(vocabularies: Vec<Vocabulary>) -> Vocabulary {
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

/// Two list columns in the making.
struct Lists<T: PolarsNumericType> {
    terms: ListPrimitiveChunkedBuilder<T>,
    counts: ListPrimitiveChunkedBuilder<UInt32Type>,
    row_terms: Vec<T::Native>,
    row_counts: Vec<u32>,
}

impl<T: PolarsNumericType> Lists<T>
where
    T::Native: Ord,
{
    fn new(raw: &RawColumn, rows: usize, data_type: DataType) -> Self {
        let [terms, counts] = names(raw);
        Self {
            terms: ListPrimitiveChunkedBuilder::new((&*terms).into(), rows, rows * 16, data_type),
            counts: ListPrimitiveChunkedBuilder::new((&*counts).into(), rows, rows * 16, DataType::UInt32),
            row_terms: Vec::new(),
            row_counts: Vec::new(),
        }
    }

    /// Adds a row: sorts its terms, adds up the counts of equal ones, leaves out those that add up to 0. Empties `row`.
    fn push(&mut self, row: &mut Vec<(T::Native, i32)>, code: impl Fn(i32) -> u32) {
        row.sort_unstable();
        self.row_terms.clear();
        self.row_counts.clear();
        for terms in row.chunk_by(|a, b| a.0 == b.0) {
            let count: i32 = terms.iter().map(|term| term.1).sum();
            if count != 0 {
                self.row_terms.push(terms[0].0);
                self.row_counts.push(code(count));
            }
        }
        self.terms.append_slice(&self.row_terms);
        self.counts.append_slice(&self.row_counts);
        row.clear();
    }

    fn finish(mut self) -> (ListChunked, ListChunked) {
        (self.terms.finish(), self.counts.finish())
    }
}

/// The names of the two columns.
pub(super) fn names(raw: &RawColumn) -> [String; 2] {
    [format!("{}.terms", raw.name), format!("{}.counts", raw.name)]
}

fn pair(
    raw: &RawColumn,
    blocks: Vec<(ListChunked, ListChunked)>,
    data_type: DataType,
) -> Result<Vec<Series>, ModelError> {
    let [terms, counts] = names(raw);
    let mut whole = [
        ListChunked::full_null_with_dtype((&*terms).into(), 0, &data_type),
        ListChunked::full_null_with_dtype((&*counts).into(), 0, &DataType::UInt32),
    ];
    for (terms, counts) in blocks {
        whole[0].append_owned(terms).map_err(TableError::from)?;
        whole[1].append_owned(counts).map_err(TableError::from)?;
    }
    Ok(whole.into_iter().map(ListChunked::into_series).collect())
}
