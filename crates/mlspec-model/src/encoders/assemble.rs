//! From a raw table to features: what depends on the fit is applied here.

use super::part::{Part, Writer};
use super::raw::refuse;
use super::{FittedEncoders, FittedLabel, LABEL, Norm, RawColumn, Unknown, WEIGHT};
use crate::{Block, Features, ModelError, RowProblem, Target, TermMap, term_hash};
use mlspec_table::polars::prelude::{DataType, Series};
use mlspec_table::{Table, TableError};
use rayon::prelude::*;
use std::collections::HashMap;

/// One part's raw values, ready to be written row by row.
enum Reader<'a> {
    /// The feature's value; NaN stands for no value.
    Numbers(Vec<f64>),
    /// The feature that is 1; `NONE` for none.
    Codes(Vec<u32>),
    Hashed {
        lists: Lists,
        norm: Norm,
    },
    Terms {
        lists: Lists,
        index: TermMap<u32>,
        idf: &'a [f64],
        sublinear: bool,
        norm: Norm,
    },
}

const NONE: u32 = u32::MAX;

/// Two list columns with equal list lengths.
struct Lists {
    offsets: Vec<i64>,
    terms: Series,
    counts: Series,
}

impl FittedEncoders {
    /// The features of the rows of a raw table, in blocks of these lengths (or of [`Features::BLOCK_ROWS`]).
    ///
    /// # Errors
    /// When the raw table is not one of these encoders, or a value is null or a category unseen where that is an error.
    pub fn assemble(&self, raw: &Table, blocks: Option<&[usize]>) -> Result<Features, ModelError> {
        let parts = self.parts();
        let ids = raw.ids();
        let readers = parts.iter().map(|part| Reader::new(part, raw, &ids)).collect::<Result<Vec<_>, _>>()?;
        let mut offset = 0;
        let readers = parts.iter().zip(readers).map(|(part, reader)| {
            let start = offset;
            offset += part.width as u32;
            (start, reader)
        });
        let readers: Vec<(u32, Reader<'_>)> = readers.collect();
        let regular = vec![Features::BLOCK_ROWS; raw.len().div_ceil(Features::BLOCK_ROWS)];
        let (mut start, mut ranges) = (0, Vec::new());
        for &length in blocks.unwrap_or(&regular) {
            let end = raw.len().min(start + length);
            ranges.push(start..end);
            start = end;
        }
        let blocks = ranges.into_par_iter().map(|range| {
            let mut block = Block::with_capacity(range.len(), 0);
            let mut room = (Vec::new(), Vec::new());
            for row in range {
                readers.iter().for_each(|(offset, reader)| reader.write(row, *offset, &mut block, &mut room));
                block.end_row();
            }
            block
        });
        Features::new(self.features(), blocks.collect())
    }

    /// Checks that every row of a raw table can be assembled.
    ///
    /// # Errors
    /// As [`FittedEncoders::assemble`] and [`FittedEncoders::target`].
    pub fn check(&self, raw: &Table) -> Result<(), ModelError> {
        let ids = raw.ids();
        let simple = |part: &&Part<'_>| !matches!(part.writer, Writer::Hashed(_) | Writer::Terms(..));
        self.parts().iter().filter(simple).try_for_each(|part| Reader::new(part, raw, &ids).map(drop))?;
        self.target(raw).map(drop)
    }

    /// The labels of a raw table, if the encoders have one.
    ///
    /// # Errors
    /// When the raw table is not one of these encoders, or a class was not among the fitted rows.
    pub fn target(&self, raw: &Table) -> Result<Option<Target>, ModelError> {
        let Some(label) = self.label() else { return Ok(None) };
        let series = raw.column(LABEL)?.as_materialized_series();
        let FittedLabel::Classification { column, classes, positive } = label else {
            return Ok(Some(Target::Value(numbers(series)?.collect())));
        };
        let known: HashMap<&str, u32> = classes.iter().map(String::as_str).zip(0..).collect();
        let texts = series.str().map_err(TableError::from)?;
        let codes: Vec<u32> =
            texts.iter().map(|text| text.and_then(|text| known.get(text).copied()).unwrap_or(NONE)).collect();
        refuse(&raw.ids(), codes.iter().map(|&code| code == NONE), || (column.clone(), RowProblem::UnseenClass))?;
        Ok(Some(Target::Class { codes, classes: classes.clone(), positive: *positive }))
    }

    /// The weights of a raw table, if the encoders have them.
    ///
    /// # Errors
    /// When the raw table is not one of these encoders.
    pub fn weights(&self, raw: &Table) -> Result<Option<Vec<f64>>, ModelError> {
        let Some(column) = self.weight() else { return Ok(None) };
        let weights: Vec<f64> = numbers(raw.column(WEIGHT)?.as_materialized_series())?.collect();
        let bad = weights.iter().map(|weight| !(*weight >= 0.0 && weight.is_finite()));
        refuse(&raw.ids(), bad, || (column.to_owned(), RowProblem::NegativeWeight))?;
        Ok(Some(weights))
    }
}

/// The numbers of a column, NaN for null.
fn numbers(series: &Series) -> Result<impl Iterator<Item = f64> + '_, ModelError> {
    let values = series.f64().map_err(TableError::from)?;
    Ok(values.iter().map(|value| value.unwrap_or(f64::NAN)))
}

impl<'a> Reader<'a> {
    fn new(part: &Part<'a>, raw: &Table, ids: &[u64]) -> Result<Self, ModelError> {
        let column = |name: &str| raw.column(name).map(|column| column.as_materialized_series());
        match part.writer {
            Writer::Number(number) => {
                let fill = number.fill.unwrap_or(f64::NAN);
                let fill = |value: f64| number.scale(if value.is_nan() { fill } else { value });
                let values: Vec<f64> = numbers(column(&part.raw)?)?.map(fill).collect();
                let nulls = values.iter().map(|value| value.is_nan());
                refuse(ids, nulls, || (part.column.to_owned(), RowProblem::Null))?;
                Ok(Self::Numbers(values))
            }
            Writer::Filled(fill) => {
                let values = numbers(column(&part.raw)?)?.map(|value| if value.is_nan() { fill } else { value });
                Ok(Self::Numbers(values.collect()))
            }
            Writer::IsNull => Ok(Self::Numbers(
                numbers(column(&part.raw)?)?.map(|value| f64::from(u8::from(value.is_nan()))).collect(),
            )),
            Writer::Category(one_hot) => {
                let mut known: HashMap<Option<&str>, u32> = HashMap::new();
                known.extend(one_hot.codes().map(|(category, code)| (category, code.unwrap_or(NONE))));
                let unknown = match one_hot.unknown {
                    Unknown::InfrequentIfExist => one_hot.infrequent_code().unwrap_or(NONE),
                    Unknown::Error | Unknown::Ignore => NONE,
                };
                let texts = column(&part.raw)?.str().map_err(TableError::from)?;
                let fill = one_hot.fill.as_deref();
                if one_hot.unknown == Unknown::Error {
                    let unseen = texts.iter().map(|text| !known.contains_key(&text.or(fill)));
                    refuse(ids, unseen, || (part.column.to_owned(), RowProblem::UnseenCategory))?;
                }
                Ok(Self::Codes(
                    texts.iter().map(|text| known.get(&text.or(fill)).copied().unwrap_or(unknown)).collect(),
                ))
            }
            Writer::Hashed(vectorizer) => {
                let lists = Lists::new(raw, &part.raw, DataType::UInt32)?;
                let terms = lists.terms.u32().map_err(TableError::from)?;
                if terms.iter().any(|term| term.is_none_or(|term| term >= vectorizer.n_features)) {
                    return Err(ModelError::invalid("matrix", "a term lies beyond the last feature"));
                }
                Ok(Self::Hashed { lists, norm: vectorizer.norm })
            }
            Writer::Terms(tfidf, column) => {
                let lists = Lists::new(raw, &part.raw, DataType::UInt64)?;
                let index: TermMap<u32> = column.vocabulary.iter().map(|term| term_hash(term)).zip(0..).collect();
                if index.len() != column.vocabulary.len() {
                    return Err(ModelError::invalid("encoder", "two terms of a vocabulary have the same hash"));
                }
                Ok(Self::Terms { lists, index, idf: &column.idf, sublinear: tfidf.sublinear_tf, norm: tfidf.norm })
            }
        }
    }

    /// Writes the features of one row. `room` is used again from row to row.
    fn write(&self, row: usize, offset: u32, block: &mut Block, room: &mut (Vec<(u32, f64)>, Vec<f64>)) {
        let (terms, values) = room;
        terms.clear();
        values.clear();
        let norm = match self {
            Self::Numbers(numbers) => return block.push(offset, numbers[row]),
            Self::Codes(codes) if codes[row] == NONE => return,
            Self::Codes(codes) => return block.push(offset + codes[row], 1.0),
            Self::Hashed { lists, norm } => {
                let signed = |code: u32| f64::from((code >> 1) as i32 ^ -((code & 1) as i32));
                terms.extend(lists.row::<u32>(row).map(|(term, count)| (term, signed(count))));
                norm
            }
            Self::Terms { lists, index, idf, sublinear, norm } => {
                let weight = |at: u32, count: u32| {
                    let count = f64::from(count);
                    idf[at as usize] * if *sublinear { 1.0 + count.ln() } else { count }
                };
                let known = lists.row::<u64>(row).filter_map(|(term, count)| Some((*index.get(&term)?, count)));
                terms.extend(known.map(|(at, count)| (at, weight(at, count))));
                terms.sort_unstable_by_key(|term| term.0);
                norm
            }
        };
        values.extend(terms.iter().map(|term| term.1));
        let divisor = norm.divisor(values);
        terms.iter().for_each(|&(at, value)| block.push(offset + at, value / divisor));
    }
}

impl RawColumn {
    /// The hashes of the terms that a raw table has in a column of [`super::RawKind::Counted`], row by row, with their counts.
    ///
    /// # Errors
    /// When the table has no such column.
    pub fn counted_terms(&self, raw: &Table) -> Result<Vec<(u64, u32)>, ModelError> {
        let lists = Lists::new(raw, &self.name, DataType::UInt64)?;
        Ok((0..raw.len()).flat_map(|row| lists.row::<u64>(row)).collect())
    }
}

impl Lists {
    fn new(raw: &Table, name: &str, data_type: DataType) -> Result<Self, ModelError> {
        let broken = || ModelError::invalid("matrix", format!("its column `{name}` is no pair of lists"));
        let read = |suffix: &str, data_type: &DataType| {
            let lists =
                raw.column(&format!("{name}.{suffix}"))?.as_materialized_series().list().map_err(TableError::from)?;
            let lists = lists.rechunk();
            let offsets =
                lists.downcast_iter().next().map_or_else(|| vec![0], |array| array.offsets().as_slice().to_vec());
            let (first, last) = (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
            let inner = lists.get_inner().slice(first, (last - first) as usize);
            if inner.dtype() != data_type || inner.null_count() > 0 {
                return Err(broken());
            }
            Ok((offsets.into_iter().map(|offset| offset - first).collect::<Vec<_>>(), inner.rechunk()))
        };
        let (offsets, terms) = read("terms", &data_type)?;
        let (same, counts) = read("counts", &DataType::UInt32)?;
        if offsets == same && offsets.len() == raw.len() + 1 {
            Ok(Self { offsets, terms, counts })
        } else {
            Err(broken())
        }
    }

    fn row<T: Term>(&self, row: usize) -> impl Iterator<Item = (T, u32)> + '_ {
        let (start, end) = (self.offsets[row] as usize, self.offsets[row + 1] as usize);
        let counts = self.counts.u32().and_then(|counts| counts.cont_slice()).unwrap_or_default();
        T::slice(&self.terms)[start..end].iter().copied().zip(counts[start..end].iter().copied())
    }
}

/// A type that names terms in lists.
trait Term: Copy + 'static {
    fn slice(series: &Series) -> &[Self];
}

impl Term for u32 {
    fn slice(series: &Series) -> &[Self] {
        series.u32().and_then(|terms| terms.cont_slice()).unwrap_or_default()
    }
}

impl Term for u64 {
    fn slice(series: &Series) -> &[Self] {
        series.u64().and_then(|terms| terms.cont_slice()).unwrap_or_default()
    }
}
