//! Encoders of texts: hashing vectorizer, TF-IDF, lengths.

use super::part::{Part, Writer};
use super::{LengthUnit, NumberColumn, RawKind, TextNulls};
use crate::format::tidy;
use crate::{Analyzer, ModelError};
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

impl HashingVectorizer {
    pub(crate) fn check(&self) -> Result<(), ModelError> {
        if self.n_features == 0 || self.n_features > i32::MAX as u32 {
            return Err(ModelError::invalid("encoder", "`n_features` is not from 1 to 2^31 - 1"));
        }
        self.analyzer.check()
    }

    pub(crate) fn parts(&self, at: usize) -> impl Iterator<Item = Part<'_>> {
        let Self { n_features, alternate_sign, analyzer, nulls, .. } = *self;
        self.columns.iter().map(move |column| Part {
            encoder: "hashing_vectorizer",
            column,
            raw: Part::raw_name(at, column),
            kind: RawKind::Hashed { n_features, alternate_sign, analyzer, nulls },
            width: n_features as usize,
            writer: Writer::Hashed(self),
        })
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

impl Tfidf {
    pub(crate) fn check(&mut self) -> Result<(), ModelError> {
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

    pub(crate) fn parts(&self, at: usize) -> impl Iterator<Item = Part<'_>> {
        self.columns.iter().map(move |column| Part {
            encoder: "tfidf",
            column: &column.column,
            raw: Part::raw_name(at, &column.column),
            kind: RawKind::Counted { analyzer: self.analyzer, nulls: self.nulls },
            width: column.vocabulary.len(),
            writer: Writer::Terms(self, column),
        })
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

impl Lengths {
    pub(crate) fn check(&mut self) -> Result<(), ModelError> {
        self.columns.iter_mut().try_for_each(NumberColumn::check)
    }

    pub(crate) fn parts(&self, at: usize) -> impl Iterator<Item = Part<'_>> {
        let kind = RawKind::Length { unit: self.unit, nulls: self.nulls };
        self.columns.iter().map(move |column| column.part(at, "length", kind))
    }
}
