//! Counts of words, at columns that their hashes give.

use super::scaler::yes;
use super::{Fit, Rows};
use crate::EncodeError;
use crate::statistics::Needs;
use mlspec_model::{Analyzer, FittedEncoder, Norm, RawKind, TermKind, TextNulls};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Counts of words, at columns that their hashes give: nothing is learnt from data. The columns are those of scikit-learn's
/// `HashingVectorizer`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HashingVectorizer {
    /// The columns of texts; each gets `n_features` features.
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// How many features a column gets, from 1 to 2³¹ - 1.
    #[serde(default = "n_features")]
    #[schemars(extend("minimum" = 1, "maximum" = 2_147_483_647))]
    pub n_features: u32,
    /// What terms are.
    #[serde(default, skip_serializing_if = "TermKind::is_word")]
    pub analyzer: TermKind,
    /// The least and the greatest number of words or characters of a term, from 1 to 16.
    #[serde(default = "one_word")]
    pub ngram_range: (u32, u32),
    /// Whether texts are put in lower case first.
    #[serde(default = "yes")]
    pub lowercase: bool,
    /// Whether half of the terms count negative, so that terms at the same column cancel out.
    #[serde(default = "yes")]
    pub alternate_sign: bool,
    /// How the values of a text are scaled together.
    #[serde(default)]
    pub norm: Norm,
    /// What null means.
    #[serde(default)]
    pub nulls: TextNulls,
}

fn n_features() -> u32 {
    1 << 20
}

pub(super) fn one_word() -> (u32, u32) {
    (1, 1)
}

pub(super) fn check_range(ngram_range: (u32, u32)) -> Result<(), EncodeError> {
    let analyzer = Analyzer { ngram_range, ..Analyzer::default() };
    analyzer
        .check()
        .map_err(|_| EncodeError::Setting { name: "ngram_range", range: "two ascending numbers from 1 to 16" })
}

impl HashingVectorizer {
    fn analyzer(&self) -> Analyzer {
        Analyzer { analyzer: self.analyzer, lowercase: self.lowercase, ngram_range: self.ngram_range }
    }
}

impl Fit for HashingVectorizer {
    fn name(&self) -> &'static str {
        "hashing_vectorizer"
    }

    fn columns(&self) -> &[String] {
        &self.columns
    }

    fn kind(&self) -> RawKind {
        let Self { n_features, alternate_sign, nulls, .. } = *self;
        RawKind::Hashed { n_features, alternate_sign, analyzer: self.analyzer(), nulls }
    }

    fn check(&self) -> Result<(), EncodeError> {
        if self.n_features == 0 || self.n_features > i32::MAX as u32 {
            return Err(EncodeError::Setting { name: "n_features", range: "from 1 to 2147483647" });
        }
        check_range(self.ngram_range)
    }

    fn needs(&self) -> Needs {
        Needs::Nothing
    }

    fn fit(&self, _: &Rows<'_>, _: &mut Vec<String>) -> Result<FittedEncoder, EncodeError> {
        Ok(FittedEncoder::HashingVectorizer(mlspec_model::HashingVectorizer {
            columns: self.columns.clone(),
            n_features: self.n_features,
            alternate_sign: self.alternate_sign,
            norm: self.norm,
            analyzer: self.analyzer(),
            nulls: self.nulls,
        }))
    }
}
