//! The encoders as data, one file each.

mod bins;
mod categories;
mod count;
mod count_vectorizer;
mod dates;
mod hashing;
mod imputer;
mod length;
mod log;
mod min_max;
mod minimum;
mod missing;
mod normal;
mod one_hot;
mod onnx;
mod ordinal;
mod pass_through;
mod pca;
mod polynomial;
mod power;
mod robust;
mod scaler;
mod target;
mod tfidf;

pub use bins::{BinEncode, BinStrategy, KBinsDiscretizer};
pub use count::{CountEncoder, UnknownCount};
pub use count_vectorizer::CountVectorizer;
pub use dates::DateParts;
pub use hashing::HashingVectorizer;
pub use imputer::{Impute, Imputer, NumberNulls};
pub use length::Length;
pub use log::{Log, LogFunction};
pub use min_max::{MaxAbsScaler, MinMaxScaler};
pub use missing::{IndicatorFeatures, MissingIndicator};
pub use one_hot::{CategoryImpute, Drop, OneHot};
pub use onnx::Onnx;
pub use ordinal::{Ordinal, UnknownOrdinal};
pub use pass_through::PassThrough;
pub use pca::{Components, Pca};
pub use polynomial::{Degree, PolynomialFeatures};
pub use power::{PowerMethod, PowerTransformer};
pub use robust::RobustScaler;
pub use scaler::StandardScaler;
pub use target::{Auto, Smooth, TargetEncoder, TargetType};
pub use tfidf::Tfidf;

use crate::EncodeError;
use crate::statistics::{Needs, Statistic};
use mlspec_model::{FittedEncoder, FittedLabel, RawColumn, RawKind};
use mlspec_record::DataType;
use mlspec_stage::Site;
use mlspec_table::polars::prelude::Series;
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares the enum of encoders: a line each. Its key in documents is the variant in snake case.
macro_rules! encoders {
    ($($(#[$doc:meta])* $variant:ident,)+) => {
        /// An encoder, named by its key: `{one_hot: {columns: [country]}}`.
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Encoder {
            $($(#[$doc])* $variant($variant),)+
        }

        impl Encoder {
            pub(crate) fn as_fit(&self) -> &dyn Fit {
                match self { $(Self::$variant(encoder) => encoder,)+ }
            }
        }
    };
}

encoders! {
    /// Numbers less their mean, divided by their standard deviation.
    StandardScaler,
    /// Numbers with nulls filled.
    Imputer,
    /// A feature per category.
    OneHot,
    /// Counts of words, at columns that their hashes give.
    HashingVectorizer,
    /// Counts of words weighted by how rare they are.
    Tfidf,
    /// Lengths of texts.
    Length,
    /// Numbers and booleans as they are.
    PassThrough,
    /// Numbers moved and stretched to a range.
    MinMaxScaler,
    /// Numbers divided by the greatest absolute value.
    MaxAbsScaler,
    /// Numbers less their median, divided by the range of the middle ones.
    RobustScaler,
    /// Logarithms of numbers.
    Log,
    /// Powers of numbers that make them more like a normal distribution.
    PowerTransformer,
    /// Numbers by the interval that they lie in.
    KBinsDiscretizer,
    /// Where values are missing.
    MissingIndicator,
    /// Categories by their place in an order.
    Ordinal,
    /// Categories by how often they stand.
    CountEncoder,
    /// Categories by what labels are like where they stand.
    TargetEncoder,
    /// Parts of dates and moments.
    DateParts,
    /// Products of numbers.
    PolynomialFeatures,
    /// Principal components of numbers.
    Pca,
    /// Counts of the terms of a vocabulary.
    CountVectorizer,
    /// What a model in ONNX's format makes of numbers.
    Onnx,
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

    /// Whether it is fitted from the labels too.
    fn needs_label(&self) -> bool {
        false
    }

    /// Fits it from what the fitted rows tell of its columns.
    fn fit(&self, rows: &Rows<'_>, warnings: &mut Vec<String>) -> Result<FittedEncoder, EncodeError>;
}

impl Encoder {
    /// Reads the file that it needs, if it needs one.
    pub(crate) fn load(&mut self, site: &Site) -> Result<(), EncodeError> {
        match self {
            Self::Onnx(onnx) => onnx.load(site),
            _ => Ok(()),
        }
    }

    /// What a raw table keeps for the encoder at this position.
    pub(crate) fn raw(&self, at: usize) -> impl Iterator<Item = RawColumn> {
        let encoder = self.as_fit();
        encoder.columns().iter().map(move |column| RawColumn::new(at, column, encoder.kind()))
    }
}

/// The rows that an encoder is fitted to.
#[derive(Debug)]
pub(crate) struct Rows<'a> {
    /// Its columns.
    pub(crate) columns: Vec<Fitting<'a>>,
    /// The row ids, where values are needed.
    pub(crate) ids: &'a [u64],
    /// The labels, where they are needed.
    pub(crate) label: Option<(&'a Series, &'a FittedLabel)>,
}

/// A column that an encoder is fitted to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fitting<'a> {
    /// The table column.
    pub(crate) column: &'a str,
    /// What the fitted rows say of it.
    pub(crate) statistic: &'a Statistic,
    /// Its raw values in the order of the rows' ids, where they are needed.
    pub(crate) values: Option<&'a Series>,
    /// How many rows were fitted.
    pub(crate) rows: u64,
    /// Whether the table column holds integers.
    pub(crate) integers: bool,
}

impl Rows<'_> {
    /// What `fit` makes of every column.
    pub(crate) fn each<T>(
        &self,
        fit: impl FnMut(&Fitting<'_>) -> Result<T, EncodeError>,
    ) -> Result<Vec<T>, EncodeError> {
        self.columns.iter().map(fit).collect()
    }
}

impl Fitting<'_> {
    /// The numbers that are not null, in the order of the rows.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = f64> + '_ {
        let numbers = self.values.and_then(|values| values.f64().ok());
        // -0 is 0: which of them is least must not depend on the order.
        numbers.into_iter().flat_map(|numbers| numbers.iter().flatten()).map(|number| number + 0.0)
    }

    /// The numbers ascending, `fill` standing for null where there is one. Neither the order of rows nor rows that went leave a trace.
    pub(crate) fn sorted(&self, fill: Option<f64>) -> Vec<f64> {
        let nulls = fill.map_or(0, |_| self.statistic.nulls() as usize);
        let mut sorted: Vec<f64> = self.numbers().chain(fill.into_iter().cycle().take(nulls)).collect();
        sorted.par_sort_unstable_by(f64::total_cmp);
        sorted
    }

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
