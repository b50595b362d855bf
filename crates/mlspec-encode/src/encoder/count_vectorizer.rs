//! Counts of the terms of a vocabulary.

use super::hashing::one_word;
use super::scaler::yes;
use super::tfidf::{Tfidf, one, whole};
use super::{Fit, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{FittedEncoder, Norm, RawKind, TermKind, TextNulls};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counts of the terms of a vocabulary, as scikit-learn's `CountVectorizer`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CountVectorizer {
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
    #[serde(default)]
    pub binary: bool,
    /// What null means.
    #[serde(default)]
    pub nulls: TextNulls,
}

impl CountVectorizer {
    /// The same without weights.
    fn terms(&self) -> Tfidf {
        Tfidf {
            columns: self.columns.clone(),
            analyzer: self.analyzer,
            ngram_range: self.ngram_range,
            lowercase: self.lowercase,
            min_df: self.min_df,
            max_df: self.max_df,
            max_features: self.max_features,
            binary: self.binary,
            use_idf: false,
            smooth_idf: false,
            sublinear_tf: false,
            norm: Norm::None,
            nulls: self.nulls,
        }
    }
}

impl Fit for CountVectorizer {
    fn name(&self) -> &'static str {
        "count_vectorizer"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        self.terms().kind()
    }

    fn check(&self) -> Result<(), EncodeError> {
        self.terms().check()
    }

    fn needs(&self) -> Needs {
        Needs::Terms
    }

    fn fit(&self, rows: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        Ok(FittedEncoder::CountVectorizer(self.terms().vocabularies(rows)?))
    }
}
