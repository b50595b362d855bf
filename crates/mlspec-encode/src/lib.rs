#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`EncodeParams`] is what a user may set, [`Encoder`] an encoder as data, each in its file under `encoder`;
//! [`EncodeParams::check`] gives an [`Encoding`], which fits and applies, alone or, as a stage, between artifacts. What was
//! fitted belongs to `mlspec-model`.

#![cfg_attr(test, allow(clippy::unwrap_used))]
// Ranges are tested as "not inside", which refuses NaN.
#![allow(clippy::neg_cmp_op_on_partial_ord)]

mod encoder;
mod encoding;
mod error;
mod params;
mod stage;
mod state;
mod statistics;
mod suggest;
mod tally;
#[cfg(test)]
mod tests;
mod update;

pub use encoder::{
    Auto, BinEncode, BinStrategy, CategoryImpute, Components, CountEncoder, CountVectorizer, DateParts, Degree, Drop,
    Encoder, HashingVectorizer, Impute, Imputer, IndicatorFeatures, KBinsDiscretizer, Length, Log, LogFunction,
    MaxAbsScaler, MinMaxScaler, MissingIndicator, NumberNulls, OneHot, Onnx, Ordinal, PassThrough, Pca,
    PolynomialFeatures, PowerMethod, PowerTransformer, RobustScaler, Smooth, StandardScaler, TargetEncoder, TargetType,
    Tfidf, UnknownCount, UnknownOrdinal,
};
pub use encoding::{Encoding, FittedEncoding};
pub use error::EncodeError;
pub use params::{ClassName, EncodeParams, Label, Task};
pub use stage::entry;
pub use suggest::{ColumnFacts, Suggestion, suggest};
