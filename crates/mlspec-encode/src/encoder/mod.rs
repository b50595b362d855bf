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
use mlspec_model::{FittedEncoder, RawColumn, RawKind};
use mlspec_record::DataType;
use mlspec_table::polars::prelude::StringChunked;
use mlspec_table::{Table, TableError};
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

    /// Fits it.
    fn fit(&self, rows: &Rows<'_>, warnings: &mut Vec<String>) -> Result<FittedEncoder, EncodeError>;
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

/// The rows that encoders are fitted on, as seen by the encoder at one position.
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a> {
    pub(crate) at: usize,
    pub(crate) table: &'a Table,
    pub(crate) raw: &'a Table,
}

impl<'a> Rows<'a> {
    fn raw_name(&self, column: &str) -> String {
        // The kind plays no part in the name.
        RawColumn::new(self.at, column, RawKind::Category { nulls: true }).name
    }

    /// The raw numbers of a column.
    pub(crate) fn numbers(&self, column: &str) -> Result<Vec<Option<f64>>, EncodeError> {
        let series = self.raw.column(&self.raw_name(column))?.as_materialized_series();
        Ok(series.f64().map_err(TableError::from)?.iter().collect())
    }

    /// The raw categories of a column.
    pub(crate) fn categories(&self, column: &str) -> Result<&'a StringChunked, EncodeError> {
        let series = self.raw.column(&self.raw_name(column))?.as_materialized_series();
        Ok(series.str().map_err(TableError::from)?)
    }

    /// The texts of a column of the table itself.
    pub(crate) fn texts(&self, column: &str) -> Result<&'a StringChunked, EncodeError> {
        let series = self.table.column(column)?.as_materialized_series();
        Ok(series.str().map_err(TableError::from)?)
    }

    /// Whether a column of the table holds integers.
    pub(crate) fn is_integer(&self, column: &str) -> bool {
        is_integer(self.table.schema().get(column))
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
