//! Raw columns of a few rows, ready to be written as features row by row.

use super::part::{Part, Writer};
use super::raw::{features, refuse, terms};
use super::{HashingVectorizer, NumberColumn, OneHotColumn, Tfidf, Unknown};
use crate::{Block, ModelError, RowProblem, TermMap, term_hash};
use mlspec_table::polars::prelude::Series;
use mlspec_table::{Table, TableError};
use std::collections::HashMap;

/// The code of no feature.
pub(super) const NONE: u32 = u32::MAX;

/// How one part's raw values become features, with what is looked up on the way.
#[derive(Debug)]
pub(super) enum Lookup<'a> {
    /// One number.
    Number(&'a NumberColumn),
    /// A number, or what stands for null.
    Filled(f64),
    /// 1 where the number is null.
    IsNull,
    /// A 1 at the category.
    Category { column: &'a OneHotColumn, known: HashMap<Option<&'a str>, u32>, unknown: u32 },
    /// Signed counts by hash.
    Hashed(&'a HashingVectorizer),
    /// Weighted counts by term.
    Terms { settings: &'a Tfidf, index: TermMap<u32>, idf: &'a [f64] },
}

/// One part's raw values of a few rows.
#[derive(Debug)]
pub(super) enum Reader<'a> {
    /// The feature's value; NaN stands for no value.
    Numbers(Vec<f64>),
    /// The feature that is 1; [`NONE`] for none.
    Codes(Vec<u32>),
    /// Features by hash.
    Hashed(&'a HashingVectorizer, Vec<&'a [u8]>),
    /// Terms.
    Terms(&'a Lookup<'a>, Vec<&'a [u8]>),
}

/// Room that is used again from row to row.
#[derive(Debug, Default)]
pub(super) struct Room {
    entries: Vec<(u32, f64)>,
    values: Vec<f64>,
}

impl<'a> Lookup<'a> {
    pub(super) fn new(part: &Part<'a>) -> Result<Self, ModelError> {
        Ok(match part.writer {
            Writer::Number(number) => Self::Number(number),
            Writer::Filled(fill) => Self::Filled(fill),
            Writer::IsNull => Self::IsNull,
            Writer::Category(column) => {
                let known = column.codes().map(|(category, code)| (category, code.unwrap_or(NONE)));
                let unknown = match column.unknown {
                    Unknown::InfrequentIfExist => column.infrequent_code().unwrap_or(NONE),
                    Unknown::Error | Unknown::Ignore => NONE,
                };
                Self::Category { column, known: known.collect(), unknown }
            }
            Writer::Hashed(vectorizer) => Self::Hashed(vectorizer),
            Writer::Terms(settings, column) => {
                let index: TermMap<u32> = column.vocabulary.iter().map(|term| term_hash(term)).zip(0..).collect();
                if index.len() != column.vocabulary.len() {
                    return Err(ModelError::invalid("encoder", "two terms of a vocabulary have the same hash"));
                }
                Self::Terms { settings, index, idf: &column.idf }
            }
        })
    }

    /// Whether every row that could be encoded can be written.
    pub(super) fn takes_all(&self) -> bool {
        matches!(self, Self::Hashed(_) | Self::Terms { .. })
    }

    /// The raw values of these rows; `part` is the one that this was made of.
    pub(super) fn read(&'a self, part: &Part<'_>, raw: &'a Table, ids: &[u64]) -> Result<Reader<'a>, ModelError> {
        let series = raw.column(&part.raw)?.as_materialized_series();
        Ok(match self {
            Self::Number(number) => {
                let fill = number.fill.unwrap_or(f64::NAN);
                let scaled = |value: f64| number.scale(if value.is_nan() { fill } else { value });
                let values: Vec<f64> = numbers(series)?.map(scaled).collect();
                refuse(ids, values.iter().map(|value| value.is_nan()), || problem(part, RowProblem::Null))?;
                Reader::Numbers(values)
            }
            Self::Filled(fill) => {
                Reader::Numbers(numbers(series)?.map(|value| if value.is_nan() { *fill } else { value }).collect())
            }
            Self::IsNull => {
                Reader::Numbers(numbers(series)?.map(|value| f64::from(u8::from(value.is_nan()))).collect())
            }
            Self::Category { column, known, unknown } => {
                let fill = column.fill.as_deref();
                let found = |text: Option<&str>| known.get(&text.or(fill)).copied();
                let texts = series.str().map_err(TableError::from)?;
                if column.unknown == Unknown::Error {
                    let unseen = texts.iter().map(|text| found(text).is_none());
                    refuse(ids, unseen, || problem(part, RowProblem::UnseenCategory))?;
                }
                Reader::Codes(texts.iter().map(|text| found(text).unwrap_or(*unknown)).collect())
            }
            Self::Hashed(vectorizer) => Reader::Hashed(vectorizer, values(series, &part.raw)?),
            Self::Terms { .. } => Reader::Terms(self, values(series, &part.raw)?),
        })
    }
}

fn problem(part: &Part<'_>, problem: RowProblem) -> (String, RowProblem) {
    (part.column.to_owned(), problem)
}

/// The numbers of a column, NaN for null.
pub(super) fn numbers(series: &Series) -> Result<impl Iterator<Item = f64> + '_, ModelError> {
    let values = series.f64().map_err(TableError::from)?;
    Ok(values.iter().map(|value| value.unwrap_or(f64::NAN)))
}

/// The values of a column of terms.
pub(super) fn values<'a>(series: &'a Series, name: &str) -> Result<Vec<&'a [u8]>, ModelError> {
    let values = series.binary().map_err(TableError::from)?.iter().collect::<Option<_>>();
    values.ok_or_else(|| broken(name))
}

/// Why a column of terms cannot be used.
pub(super) fn broken(name: &str) -> ModelError {
    ModelError::invalid("matrix", format!("its column `{name}` does not hold terms of these encoders"))
}

impl Reader<'_> {
    /// Writes the features of one row; nothing where they are not those of the encoder.
    #[inline]
    pub(super) fn write(&self, row: usize, offset: u32, block: &mut Block, room: &mut Room) -> Option<()> {
        match self {
            Self::Numbers(numbers) => block.push(offset, *numbers.get(row)?),
            Self::Codes(codes) => match *codes.get(row)? {
                NONE => {}
                code => block.push(offset + code, 1.0),
            },
            Self::Hashed(vectorizer, values) => {
                let entries = &mut room.entries;
                entries.clear();
                let mut inside = true;
                features(values.get(row)?, |feature, count| {
                    inside &= feature < vectorizer.n_features;
                    entries.push((feature, f64::from(count)));
                })?;
                inside.then(|| room.put(offset, vectorizer.norm, block))?;
            }
            Self::Terms(Lookup::Terms { settings, index, idf }, values) => {
                let entries = &mut room.entries;
                entries.clear();
                terms(values.get(row)?, |hash, count| {
                    let Some(&at) = index.get(&hash) else { return };
                    let count = f64::from(count);
                    let weight = if settings.sublinear_tf { 1.0 + count.ln() } else { count };
                    entries.extend(idf.get(at as usize).map(|idf| (at, idf * weight)));
                })?;
                entries.sort_unstable_by_key(|entry| entry.0);
                room.put(offset, settings.norm, block);
            }
            Self::Terms(..) => return None,
        }
        Some(())
    }
}

impl Room {
    /// Writes the entries, scaled together.
    #[inline]
    fn put(&mut self, offset: u32, norm: super::Norm, block: &mut Block) {
        self.values.clear();
        self.values.extend(self.entries.iter().map(|entry| entry.1));
        let divisor = norm.divisor(&self.values);
        self.entries.iter().for_each(|&(at, value)| block.push(offset + at, value / divisor));
    }
}
