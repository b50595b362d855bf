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
mod tally;
#[cfg(test)]
mod tests;
mod update;

pub use encoder::{
    CategoryImpute, Drop, Encoder, HashingVectorizer, Impute, Imputer, Length, OneHot, PassThrough, StandardScaler,
    Tfidf,
};
pub use encoding::{Encoding, FittedEncoding};
pub use error::EncodeError;
pub use params::{ClassName, EncodeParams, Label, Task};
pub use stage::entry;
