//! Counts of words weighted by how rare they are.

use super::hashing::{check_range, one_word};
use super::scaler::yes;
use super::{Fit, Fitting, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use crate::tally::Entry;
use mlspec_model::{Analyzer, FittedEncoder, Norm, RawKind, TermKind, TextNulls, TfidfColumn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counts of words weighted by how rare they are, as scikit-learn's `TfidfVectorizer`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tfidf {
    /// The columns of texts; each has a vocabulary of its own.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// What terms are.
    #[serde(default, skip_serializing_if = "TermKind::is_word")]
    pub analyzer: TermKind,
    /// The least and the greatest number of words or characters of a term, from 1 to 16.
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
    /// Whether every count counts as 1.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub binary: bool,
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

pub(super) fn one() -> u64 {
    1
}

pub(super) fn whole() -> f64 {
    1.0
}

impl Tfidf {
    fn analyzer(&self) -> Analyzer {
        Analyzer { analyzer: self.analyzer, lowercase: self.lowercase, ngram_range: self.ngram_range }
    }

    /// The fitted vocabularies of the columns.
    pub(super) fn vocabularies(&self, rows: &Rows<'_>) -> Result<mlspec_model::Tfidf, EncodeError> {
        Ok(mlspec_model::Tfidf {
            columns: rows.each(|fitting| self.fit_column(fitting))?,
            binary: self.binary,
            sublinear_tf: self.sublinear_tf,
            norm: self.norm,
            analyzer: self.analyzer(),
            nulls: self.nulls,
        })
    }

    fn fit_column(&self, fitting: &Fitting<'_>) -> Result<TfidfColumn, EncodeError> {
        fitting.check_collision()?;
        let rows = fitting.rows as f64;
        let mut terms: Vec<(&str, &Entry)> = fitting
            .statistic
            .tally()
            .entries()
            .filter(|term| term.rows >= self.min_df && term.rows as f64 <= self.max_df * rows)
            .filter_map(|term| Some((term.text.as_deref()?, term)))
            .collect();
        if let Some(most) = self.max_features {
            terms.sort_unstable_by(|(a, one), (b, other)| other.count.cmp(&one.count).then_with(|| a.cmp(b)));
            terms.truncate(usize::try_from(most).unwrap_or(usize::MAX));
        }
        let column = fitting.column.to_owned();
        if terms.is_empty() {
            return Err(EncodeError::NoTerms { column, min_df: self.min_df, max_df: self.max_df });
        }
        terms.sort_unstable_by_key(|(term, _)| *term);
        let smooth = if self.smooth_idf { 1.0 } else { 0.0 };
        let idf = |found: &Entry| {
            if self.use_idf { ((rows + smooth) / (found.rows as f64 + smooth)).ln() + 1.0 } else { 1.0 }
        };
        let idf = terms.iter().map(|(_, found)| idf(found)).collect();
        let vocabulary = terms.into_iter().map(|(term, _)| term.to_owned()).collect();
        Ok(TfidfColumn { column, vocabulary, idf })
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

    fn needs(&self) -> Needs {
        Needs::Terms
    }

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        Ok(FittedEncoder::Tfidf(self.vocabularies(rows)?))
    }
}
