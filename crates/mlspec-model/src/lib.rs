#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`Features`] and [`Target`] are what models work on; [`Model`] is a fitted model's document, its [`Predictor`] makes a
//! [`Prediction`]; [`FittedEncoders`] is the document that turns rows into features, in two steps: [`encode_rows`] keeps what
//! depends on the row alone (the raw table of a [`Matrix`]), [`FittedEncoders::assemble`] applies what was fitted;
//! [`StoredMatrix`] does the latter for a stored matrix,
//! chunk by chunk, [`LoadedMatrix::read`] for all of it.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod encoders;
mod error;
mod features;
mod format;
mod matrix;
mod model;
mod predict;
mod target;
mod text;

pub use encoders::{
    BinColumn, Bins, CategoryColumn, CategoryNumbers, CountedTerm, DatePart, DateParts, FittedEncoder, FittedEncoders,
    FittedLabel, HashingVectorizer, ImputedColumn, Imputer, LABEL, LengthUnit, Lengths, MissingIndicator, Norm,
    NumberColumn, NumberMap, Numbers, OneHot, OneHotColumn, Onnx, Pca, Polynomial, RawColumn, RawKind, TargetColumn,
    TargetEncoder, TargetMeans, TextNulls, Tfidf, TfidfColumn, Unknown, UnknownCategory, Vocabulary, WEIGHT,
    encode_rows, encode_rows_with_terms, target_fold,
};
pub use error::{ModelError, RowProblem};
pub use features::{Block, Features, Row};
pub use matrix::{LoadedMatrix, Matrix, PredictedRows, StoredMatrix};
pub use model::Model;
pub use predict::{
    Activation, DecisionTree, DiscreteNb, GaussianNb, KMeans, KNeighbors, Known, Layer, Linear, LinearClassifier,
    LinearFunction, Link, Logistic, Metric, Mlp, NeighborWeights, Prediction, Predictor, Split, Tree, TreeNode, Trees,
};
pub use target::Target;
pub use text::{Analyzer, TermHasher, TermKind, TermMap, Terms, murmur3_32, term_hash};
