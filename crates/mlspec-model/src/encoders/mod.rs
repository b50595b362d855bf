//! The document of fitted encoders.

mod assemble;
mod label;
mod number;
mod one_hot;
mod part;
mod raw;
mod reader;
mod text;

pub use label::FittedLabel;
pub use number::{ImputedColumn, Imputer, NumberColumn, Numbers};
pub use one_hot::{OneHot, OneHotColumn, Unknown};
pub use raw::{
    CountedTerm, LABEL, LengthUnit, RawColumn, RawKind, TextNulls, Vocabulary, WEIGHT, encode_rows,
    encode_rows_with_terms,
};
pub use text::{HashingVectorizer, Lengths, Norm, Tfidf, TfidfColumn};

pub(crate) use assemble::{Assembled, Assembler, together};

use crate::ModelError;
use crate::format::read_document;
use mlspec_record::{Digest, FeatureRange};
use mlspec_store::Store;
use mlspec_table::Table;
use part::Part;
use serde::{Deserialize, Serialize};

/// One fitted encoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "encoder", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FittedEncoder {
    /// Numbers, each less a mean and divided by a scale.
    StandardScaler(Numbers),
    /// Numbers with nulls filled, and columns that say where nulls were.
    Imputer(Imputer),
    /// A feature per category.
    OneHot(OneHot),
    /// Counts of terms by the hash of the term.
    HashingVectorizer(HashingVectorizer),
    /// Weighted counts of the terms of a vocabulary.
    Tfidf(Tfidf),
    /// Lengths of texts.
    Length(Lengths),
    /// Numbers and booleans as they are.
    PassThrough(Numbers),
}

/// Fitted encoders: what it takes to turn rows into features, label and weight. See the README for the format.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Document")]
pub struct FittedEncoders {
    format: String,
    fitted_rows: u64,
    features: u64,
    encoders: Vec<FittedEncoder>,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<FittedLabel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<String>,
}

/// The fields as they stand in a file, before they are checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: String,
    fitted_rows: u64,
    features: u64,
    encoders: Vec<FittedEncoder>,
    #[serde(default)]
    label: Option<FittedLabel>,
    #[serde(default)]
    weight: Option<String>,
}

impl TryFrom<Document> for FittedEncoders {
    type Error = ModelError;

    fn try_from(document: Document) -> Result<Self, ModelError> {
        if document.format != Self::FORMAT {
            return Err(ModelError::Format { found: document.format, known: Self::FORMAT });
        }
        let encoders = Self::new(document.fitted_rows, document.encoders, document.label, document.weight)?;
        if encoders.features != document.features {
            let reason = format!("they make {} features, not {}", encoders.features, document.features);
            return Err(ModelError::invalid("encoders", reason));
        }
        Ok(encoders)
    }
}

impl FittedEncoders {
    /// The format that this version writes and reads.
    pub const FORMAT: &str = "mlspec-encoders/1";

    /// Encoders that were fitted on this many rows.
    ///
    /// # Errors
    /// When numbers are not finite, a scale is not positive, categories are equal, or there are 2³² features or more.
    pub fn new(
        fitted_rows: u64,
        mut encoders: Vec<FittedEncoder>,
        label: Option<FittedLabel>,
        weight: Option<String>,
    ) -> Result<Self, ModelError> {
        for encoder in &mut encoders {
            match encoder {
                FittedEncoder::StandardScaler(numbers) | FittedEncoder::PassThrough(numbers) => numbers.check()?,
                FittedEncoder::Imputer(imputer) => imputer.check()?,
                FittedEncoder::OneHot(one_hot) => one_hot.check()?,
                FittedEncoder::HashingVectorizer(vectorizer) => vectorizer.check()?,
                FittedEncoder::Tfidf(tfidf) => tfidf.check()?,
                FittedEncoder::Length(lengths) => lengths.check()?,
            }
        }
        if let Some(label) = &label {
            label.check()?;
        }
        let format = Self::FORMAT.to_owned();
        let mut fitted = Self { format, fitted_rows, features: 0, encoders, label, weight };
        fitted.features = fitted.parts().iter().map(|part| part.width as u64).sum();
        if fitted.features > u64::from(u32::MAX) {
            return Err(ModelError::invalid("encoders", "they make more than 2^32 features"));
        }
        Ok(fitted)
    }

    /// The encoders of a store's object.
    ///
    /// # Errors
    /// When it is missing, was changed on disk, or holds no valid encoders.
    pub fn read(store: &Store, digest: &Digest) -> Result<Self, ModelError> {
        Self::from_json(&store.object(digest)?)
    }

    /// Encoders from their JSON document.
    ///
    /// # Errors
    /// When the document has another format or holds no valid encoders.
    pub fn from_json(bytes: &[u8]) -> Result<Self, ModelError> {
        read_document(bytes, "encoders", Self::FORMAT)
    }

    /// Keeps the encoders in a store; returns the digest of their canonical JSON and the number of bytes.
    ///
    /// # Errors
    /// When the store fails.
    pub fn write(&self, store: &Store) -> Result<(Digest, u64), ModelError> {
        Ok(store.put_json(self)?)
    }

    /// How many features they make.
    pub fn features(&self) -> usize {
        self.features as usize
    }

    /// How many rows they were fitted on.
    pub fn fitted_rows(&self) -> u64 {
        self.fitted_rows
    }

    /// The encoders, in the order of the features.
    pub fn encoders(&self) -> &[FittedEncoder] {
        &self.encoders
    }

    /// The label, if one was declared.
    pub fn label(&self) -> Option<&FittedLabel> {
        self.label.as_ref()
    }

    /// The weight column, if one was declared.
    pub fn weight(&self) -> Option<&str> {
        self.weight.as_deref()
    }

    /// Which features come from which columns, in the order of the features.
    pub fn ranges(&self) -> Vec<FeatureRange> {
        let mut start = 0;
        let ranges = self.parts().into_iter().map(|part| {
            let end = start + part.width as u64;
            let range =
                FeatureRange { encoder: part.encoder.to_owned(), columns: vec![part.column.to_owned()], start, end };
            start = end;
            range
        });
        ranges.collect()
    }

    /// The name of every feature, as scikit-learn forms them: `country_DE`.
    pub fn names(&self) -> Vec<String> {
        let parts = self.parts();
        parts.iter().flat_map(|part| (0..part.width).map(|at| part.name(at))).collect()
    }

    /// The name of one feature.
    pub fn name(&self, feature: usize) -> Option<String> {
        let mut at = feature;
        for part in self.parts() {
            if at < part.width {
                return Some(part.name(at));
            }
            at -= part.width;
        }
        None
    }

    /// What of a row they store: by encoder and column, then label and weight.
    pub fn raw_columns(&self) -> Vec<RawColumn> {
        let mut columns = self.feature_columns();
        columns.extend(self.label.as_ref().map(FittedLabel::raw));
        columns.extend(self.weight.as_ref().map(|column| RawColumn::weight(column)));
        columns
    }

    /// What they store of a row that has no label yet.
    pub fn feature_columns(&self) -> Vec<RawColumn> {
        let mut columns: Vec<RawColumn> = Vec::new();
        for part in self.parts() {
            if columns.iter().all(|column| column.name != part.raw) {
                columns.push(RawColumn { name: part.raw, column: part.column.to_owned(), kind: part.kind });
            }
        }
        columns
    }

    /// Features of the rows of any table that has the columns: for predictions of new rows.
    ///
    /// # Errors
    /// When a column is missing or has the wrong type, or a value cannot be encoded.
    pub fn transform(&self, table: &Table) -> Result<crate::Features, ModelError> {
        let raw = encode_rows(table, &self.feature_columns())?;
        self.assemble(&raw, None)
    }

    /// One part per feature range.
    pub(crate) fn parts(&self) -> Vec<Part<'_>> {
        let mut parts = Vec::new();
        for (at, encoder) in self.encoders.iter().enumerate() {
            match encoder {
                FittedEncoder::StandardScaler(numbers) => parts.extend(numbers.parts(at, "standard_scaler")),
                FittedEncoder::PassThrough(numbers) => parts.extend(numbers.parts(at, "pass_through")),
                FittedEncoder::Imputer(imputer) => parts.extend(imputer.parts(at)),
                FittedEncoder::OneHot(one_hot) => parts.extend(one_hot.parts(at)),
                FittedEncoder::HashingVectorizer(vectorizer) => parts.extend(vectorizer.parts(at)),
                FittedEncoder::Tfidf(tfidf) => parts.extend(tfidf.parts(at)),
                FittedEncoder::Length(lengths) => parts.extend(lengths.parts(at)),
            }
        }
        parts
    }
}
