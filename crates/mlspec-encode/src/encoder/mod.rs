//! The encoders as data, one file each.

mod hashing;
mod imputer;
mod length;
mod one_hot;
mod pass_through;
mod scaler;
mod tfidf;

pub use hashing::HashingVectorizer;
pub use imputer::{Impute, Imputer};
pub use length::Length;
pub use one_hot::{CategoryImpute, Drop, OneHot};
pub use pass_through::PassThrough;
pub use scaler::StandardScaler;
pub use tfidf::Tfidf;

use crate::EncodeError;
use crate::statistics::{Needs, Statistic};
use mlspec_model::{FittedEncoder, RawColumn, RawKind};
use mlspec_record::DataType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An encoder, named by its key: `{one_hot: {columns: [country]}}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Encoder {
    /// Numbers less their mean, divided by their standard deviation.
    StandardScaler(StandardScaler),
    /// Numbers with nulls filled.
    Imputer(Imputer),
    /// A feature per category.
    OneHot(OneHot),
    /// Counts of words, at columns that their hashes give.
    HashingVectorizer(HashingVectorizer),
    /// Counts of words weighted by how rare they are.
    Tfidf(Tfidf),
    /// Lengths of texts.
    Length(Length),
    /// Numbers and booleans as they are.
    PassThrough(PassThrough),
}

/// What an encoder is asked.
pub(crate) trait Fit {
    /// Its name in documents.
    fn name(&self) -> &'static str;

    /// The columns it reads.
    fn columns(&self) -> &[String];

    /// What a raw table keeps of each.
    fn kind(&self) -> RawKind;

    /// Checks its settings.
    fn check(&self) -> Result<(), EncodeError> {
        Ok(())
    }

    /// What it is fitted from, of each column.
    fn needs(&self) -> Needs;

    /// Fits it from the statistics of its columns.
    fn fit(&self, columns: &[Fitting<'_>], warnings: &mut Vec<String>) -> Result<FittedEncoder, EncodeError>;
}

impl Encoder {
    pub(crate) fn as_fit(&self) -> &dyn Fit {
        match self {
            Self::StandardScaler(encoder) => encoder,
            Self::Imputer(encoder) => encoder,
            Self::OneHot(encoder) => encoder,
            Self::HashingVectorizer(encoder) => encoder,
            Self::Tfidf(encoder) => encoder,
            Self::Length(encoder) => encoder,
            Self::PassThrough(encoder) => encoder,
        }
    }

    /// What a raw table keeps for the encoder at this position.
    pub(crate) fn raw(&self, at: usize) -> impl Iterator<Item = RawColumn> {
        let encoder = self.as_fit();
        encoder.columns().iter().map(move |column| RawColumn::new(at, column, encoder.kind()))
    }
}

/// A column that an encoder is fitted to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fitting<'a> {
    /// The table column.
    pub(crate) column: &'a str,
    /// What the fitted rows say of it.
    pub(crate) statistic: &'a Statistic,
    /// How many rows were fitted.
    pub(crate) rows: u64,
    /// Whether the table column holds integers.
    pub(crate) integers: bool,
}

impl Fitting<'_> {
    /// Refuses counts in which two texts are one.
    pub(crate) fn check_collision(&self) -> Result<(), EncodeError> {
        match self.statistic.tally().collided() {
            true => Err(EncodeError::Collision { column: self.column.to_owned() }),
            false => Ok(()),
        }
    }

    pub(crate) fn all_null(&self) -> EncodeError {
        EncodeError::AllNull { column: self.column.to_owned(), rows: self.rows as usize }
    }
}

pub(crate) fn is_integer(data_type: Option<DataType>) -> bool {
    data_type.is_some_and(|found| found.is_numeric() && !matches!(found, DataType::Float32 | DataType::Float64))
}

/// Sorts texts: those of integers by value, others as text.
pub(crate) fn sort_texts(texts: &mut [String], integers: bool) {
    match integers {
        true => texts.sort_by_cached_key(|text| text.parse::<i128>().unwrap_or(i128::MAX)),
        false => texts.sort(),
    }
}
