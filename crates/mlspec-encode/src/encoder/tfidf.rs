//! Counts of words weighted by how rare they are.

use super::hashing::{check_range, one_word};
use super::scaler::yes;
use super::{Fit, Rows};
use crate::EncodeError;
use mlspec_model::{
    Analyzer, Features, FittedEncoder, Norm, RawKind, TermMap, Terms, TextNulls, TfidfColumn, term_hash,
};
use mlspec_table::polars::prelude::StringChunked;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counts of words weighted by how rare they are, as scikit-learn's `TfidfVectorizer`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tfidf {
    /// The columns of texts; each has a vocabulary of its own.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// The least and the greatest number of words of a term, from 1 to 16.
    #[serde(default = "one_word")]
    pub ngram_range: (u32, u32),
    /// Whether texts are put in lower case first.
    #[serde(default = "yes")]
    pub lowercase: bool,
    /// The fewest rows that a term must be in.
    #[serde(default = "one")]
    #[schemars(extend("minimum" = 1))]
    pub min_df: u64,
    /// The largest share of rows that a term may be in, in `(0, 1]`.
    #[serde(default = "whole")]
    #[schemars(extend("exclusiveMinimum" = 0, "maximum" = 1))]
    pub max_df: f64,
    /// The most terms: those that stand most often, of equal ones the first by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("minimum" = 1))]
    pub max_features: Option<u64>,
    /// Whether rare terms weigh more.
    #[serde(default = "yes")]
    pub use_idf: bool,
    /// Whether weights are as if one more row had every term.
    #[serde(default = "yes")]
    pub smooth_idf: bool,
    /// Whether a count `n` becomes `1 + ln n`.
    #[serde(default)]
    pub sublinear_tf: bool,
    /// How the values of a text are scaled together.
    #[serde(default)]
    pub norm: Norm,
    /// What null means.
    #[serde(default)]
    pub nulls: TextNulls,
}

fn one() -> u64 {
    1
}

fn whole() -> f64 {
    1.0
}

/// A term and how often it stands.
struct Found {
    term: String,
    /// In how many rows.
    rows: u64,
    /// How often in all.
    count: u64,
    last_row: usize,
}

impl Tfidf {
    fn analyzer(&self) -> Analyzer {
        Analyzer { lowercase: self.lowercase, ngram_range: self.ngram_range }
    }

    /// The terms of a block of rows; nothing where two have the same hash.
    fn scan(&self, texts: &StringChunked) -> Option<TermMap<Found>> {
        let analyzer = self.analyzer();
        let (mut found, mut room, mut distinct) = (TermMap::<Found>::default(), Terms::default(), true);
        for (row, text) in texts.iter().enumerate() {
            analyzer.terms(text.unwrap_or_default(), &mut room, |term| {
                let new = || Found { term: term.to_owned(), rows: 0, count: 0, last_row: usize::MAX };
                let entry = found.entry(term_hash(term)).or_insert_with(new);
                distinct &= entry.term == term;
                entry.count += 1;
                entry.rows += u64::from(entry.last_row != row);
                entry.last_row = row;
            });
        }
        distinct.then_some(found)
    }

    /// All terms of the rows.
    fn terms(&self, column: &str, texts: &StringChunked) -> Result<Vec<Found>, EncodeError> {
        let starts: Vec<usize> = (0..texts.len()).step_by(Features::BLOCK_ROWS).collect();
        let scan = |start: usize| self.scan(&texts.slice(start as i64, Features::BLOCK_ROWS));
        let blocks: Option<Vec<TermMap<Found>>> = starts.into_par_iter().map(scan).collect();
        let collision = || EncodeError::Collision { column: column.to_owned() };
        let mut all = TermMap::<Found>::default();
        for (hash, found) in blocks.ok_or_else(collision)?.into_iter().flatten() {
            match all.get_mut(&hash) {
                Some(known) if known.term != found.term => return Err(collision()),
                Some(known) => {
                    known.rows += found.rows;
                    known.count += found.count;
                }
                None => drop(all.insert(hash, found)),
            }
        }
        Ok(all.into_values().collect())
    }

    fn fit_column(&self, column: &str, texts: &StringChunked) -> Result<TfidfColumn, EncodeError> {
        let rows = texts.len() as f64;
        let mut terms = self.terms(column, texts)?;
        terms.retain(|term| term.rows >= self.min_df && term.rows as f64 <= self.max_df * rows);
        if let Some(most) = self.max_features {
            terms.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.term.cmp(&b.term)));
            terms.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        }
        if terms.is_empty() {
            return Err(EncodeError::NoTerms { column: column.to_owned(), min_df: self.min_df, max_df: self.max_df });
        }
        terms.sort_unstable_by(|a, b| a.term.cmp(&b.term));
        let smooth = if self.smooth_idf { 1.0 } else { 0.0 };
        let idf =
            |term: &Found| if self.use_idf { ((rows + smooth) / (term.rows as f64 + smooth)).ln() + 1.0 } else { 1.0 };
        let idf = terms.iter().map(idf).collect();
        Ok(TfidfColumn {
            column: column.to_owned(),
            vocabulary: terms.into_iter().map(|term| term.term).collect(),
            idf,
        })
    }
}

impl Fit for Tfidf {
    fn name(&self) -> &'static str {
        "tfidf"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        RawKind::Counted { analyzer: self.analyzer(), nulls: self.nulls }
    }

    fn check(&self) -> Result<(), EncodeError> {
        check_range(self.ngram_range)?;
        match () {
            () if self.min_df == 0 => Err(EncodeError::Setting { name: "min_df", range: "at least 1" }),
            () if !(self.max_df > 0.0 && self.max_df <= 1.0) => {
                Err(EncodeError::Setting { name: "max_df", range: "above 0, at most 1" })
            }
            () if self.max_features == Some(0) => {
                Err(EncodeError::Setting { name: "max_features", range: "at least 1" })
            }
            () => Ok(()),
        }
    }

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        let columns = self.columns.iter().map(|column| self.fit_column(column, rows.texts(column)?));
        Ok(FittedEncoder::Tfidf(mlspec_model::Tfidf {
            columns: columns.collect::<Result<_, EncodeError>>()?,
            sublinear_tf: self.sublinear_tf,
            norm: self.norm,
            analyzer: self.analyzer(),
            nulls: self.nulls,
        }))
    }
}
