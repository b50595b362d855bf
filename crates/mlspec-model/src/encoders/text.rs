//! Encoders of texts: hashing vectorizer, TF-IDF, lengths.

use super::part::{Cells, Fitted, Lookup, Part, RawRows, Room, Writer};
use super::raw::{features, terms};
use super::{LengthUnit, NumberColumn, RawKind, TextNulls};
use crate::format::tidy;
use crate::{Analyzer, Block, ModelError, TermMap, term_hash};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How the values of a text's features are scaled together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Norm {
    /// Absolute values add up to 1.
    L1,
    /// Squares add up to 1.
    #[default]
    L2,
    /// Not at all.
    None,
}

impl Norm {
    /// What to divide values by.
    pub(crate) fn divisor(self, values: &[f64]) -> f64 {
        let norm = match self {
            Self::None => 1.0,
            Self::L1 => values.iter().map(|value| value.abs()).sum(),
            Self::L2 => values.iter().map(|value| value * value).sum::<f64>().sqrt(),
        };
        if norm > 0.0 { norm } else { 1.0 }
    }
}

/// Counts of terms at the column that the term's hash gives: `|murmur3_32(term)| mod n_features`, as scikit-learn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HashingVectorizer {
    /// The table columns, each of which gets `n_features` features.
    pub columns: Vec<String>,
    /// How many features a column gets.
    pub n_features: u32,
    /// Whether the hash's sign is the sign of the count.
    pub alternate_sign: bool,
    /// How the values of a text are scaled together.
    pub norm: Norm,
    /// How terms are found.
    pub analyzer: Analyzer,
    /// What null means.
    pub nulls: TextNulls,
}

/// Signed counts of some rows by hash.
struct HashedCells<'t>(&'t HashingVectorizer, Vec<&'t [u8]>);

impl Cells for HashedCells<'_> {
    #[inline]
    fn write(&self, row: usize, offset: u32, block: &mut Block, room: &mut Room) -> Option<()> {
        let entries = &mut room.entries;
        entries.clear();
        let mut inside = true;
        features(self.1.get(row)?, |feature, count| {
            inside &= feature < self.0.n_features;
            entries.push((feature, f64::from(count)));
        })?;
        inside.then(|| room.put(offset, self.0.norm, block))
    }
}

impl<'a> Writer<'a> for &'a HashingVectorizer {
    fn name(&self, column: &str, at: usize) -> String {
        format!("{column}_{at}")
    }

    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError> {
        Ok(Box::new(*self))
    }
}

impl Lookup for &HashingVectorizer {
    fn read<'t>(&'t self, rows: &RawRows<'t>) -> Result<Box<dyn Cells + 't>, ModelError> {
        Ok(Box::new(HashedCells(self, rows.terms(0)?)))
    }

    fn takes_all(&self) -> bool {
        true
    }
}

impl Fitted for HashingVectorizer {
    fn check(&mut self) -> Result<(), ModelError> {
        if self.n_features == 0 || self.n_features > i32::MAX as u32 {
            return Err(ModelError::invalid("encoder", "`n_features` is not from 1 to 2^31 - 1"));
        }
        self.analyzer.check()
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let Self { n_features, alternate_sign, analyzer, nulls, .. } = *self;
        let kind = RawKind::Hashed { n_features, alternate_sign, analyzer, nulls };
        self.columns.iter().map(|column| Part::of(column, kind, n_features as usize, self)).collect()
    }
}

/// Counts of the terms of a vocabulary, times the inverse document frequency.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tfidf {
    /// The table columns with their vocabularies, in the order of the features.
    pub columns: Vec<TfidfColumn>,
    /// Whether a count `n` becomes `1 + ln n`.
    pub sublinear_tf: bool,
    /// Whether every count counts as 1.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub binary: bool,
    /// How the values of a text are scaled together.
    pub norm: Norm,
    /// How terms are found.
    pub analyzer: Analyzer,
    /// What null means.
    pub nulls: TextNulls,
}

/// A table column with its vocabulary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TfidfColumn {
    /// The table column.
    pub column: String,
    /// The terms, sorted; one feature each.
    pub vocabulary: Vec<String>,
    /// The inverse document frequency of each term.
    pub idf: Vec<f64>,
}

/// A vocabulary with its settings.
#[derive(Clone, Copy, Debug)]
struct Terms<'a>(&'a Tfidf, &'a TfidfColumn);

/// A vocabulary by the hashes of its terms.
#[derive(Debug)]
struct TermIndex<'a> {
    terms: Terms<'a>,
    index: TermMap<u32>,
}

/// Weighted counts of some rows.
struct TermCells<'t>(&'t TermIndex<'t>, Vec<&'t [u8]>);

impl Cells for TermCells<'_> {
    #[inline]
    fn write(&self, row: usize, offset: u32, block: &mut Block, room: &mut Room) -> Option<()> {
        let TermIndex { terms: Terms(settings, column), index } = self.0;
        let entries = &mut room.entries;
        entries.clear();
        terms(self.1.get(row)?, |hash, count| {
            let Some(&at) = index.get(&hash) else { return };
            let count = if settings.binary { 1.0 } else { f64::from(count) };
            let weight = if settings.sublinear_tf { 1.0 + count.ln() } else { count };
            entries.extend(column.idf.get(at as usize).map(|idf| (at, idf * weight)));
        })?;
        entries.sort_unstable_by_key(|entry| entry.0);
        room.put(offset, settings.norm, block);
        Some(())
    }
}

impl<'a> Writer<'a> for Terms<'a> {
    fn name(&self, column: &str, at: usize) -> String {
        format!("{column}_{}", self.1.vocabulary.get(at).map_or("", String::as_str))
    }

    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError> {
        let vocabulary = &self.1.vocabulary;
        let index: TermMap<u32> = vocabulary.iter().map(|term| term_hash(term)).zip(0..).collect();
        if index.len() != vocabulary.len() {
            return Err(ModelError::invalid("encoder", "two terms of a vocabulary have the same hash"));
        }
        Ok(Box::new(TermIndex { terms: *self, index }))
    }
}

impl Lookup for TermIndex<'_> {
    fn read<'t>(&'t self, rows: &RawRows<'t>) -> Result<Box<dyn Cells + 't>, ModelError> {
        Ok(Box::new(TermCells(self, rows.terms(0)?)))
    }

    fn takes_all(&self) -> bool {
        true
    }
}

impl Fitted for Tfidf {
    fn check(&mut self) -> Result<(), ModelError> {
        self.analyzer.check()?;
        for column in &mut self.columns {
            if column.vocabulary.len() != column.idf.len() {
                return Err(ModelError::invalid("encoder", "a vocabulary has more or fewer terms than frequencies"));
            }
            if !column.vocabulary.windows(2).all(|pair| pair[0] < pair[1]) {
                return Err(ModelError::invalid("encoder", "a vocabulary is not sorted or has a term twice"));
            }
            tidy(&mut column.idf, "encoder")?;
        }
        Ok(())
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let kind = RawKind::Counted { analyzer: self.analyzer, nulls: self.nulls };
        self.columns
            .iter()
            .map(|column| Part::of(&column.column, kind, column.vocabulary.len(), Terms(self, column)))
            .collect()
    }
}

impl Room {
    /// Writes the entries, scaled together.
    #[inline]
    fn put(&mut self, offset: u32, norm: Norm, block: &mut Block) {
        self.values.clear();
        self.values.extend(self.entries.iter().map(|entry| entry.1));
        let divisor = norm.divisor(&self.values);
        self.entries.iter().for_each(|&(at, value)| block.push(offset + at, value / divisor));
    }
}

/// Lengths of texts, one feature a column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lengths {
    /// The table columns, in the order of the features.
    pub columns: Vec<NumberColumn>,
    /// What is counted.
    pub unit: LengthUnit,
    /// What null means.
    pub nulls: TextNulls,
}

/// How the length of a text is written.
#[derive(Clone, Copy, Debug)]
struct Length<'a>(&'a NumberColumn);

impl<'a> Writer<'a> for Length<'a> {
    fn name(&self, column: &str, _: usize) -> String {
        format!("{column}_length")
    }

    fn lookup(&self) -> Result<Box<dyn Lookup + 'a>, ModelError> {
        self.0.lookup()
    }
}

impl Fitted for Lengths {
    fn check(&mut self) -> Result<(), ModelError> {
        self.columns.iter_mut().try_for_each(NumberColumn::check)
    }

    fn parts(&self) -> Vec<Part<'_>> {
        let kind = RawKind::Length { unit: self.unit, nulls: self.nulls };
        self.columns.iter().map(|column| Part::of(&column.column, kind, 1, Length(column))).collect()
    }
}
