#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`AnalyzeParams`] is what a user may set; [`AnalyzeParams::check`] gives an [`Analyzer`], which profiles tables.
//! [`summary`] is what a record says of a profile. What is found on request has a file each: `correlations`, `outliers`,
//! `duplicates`, `slices`. [`entry`] is the stage.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod analyzer;
mod correlations;
mod duplicates;
mod error;
mod outliers;
mod params;
mod slices;
mod stage;
mod summary;
#[cfg(test)]
mod tests;

pub use analyzer::Analyzer;
pub use correlations::{CorrelationMeasure, CorrelationParams};
pub use duplicates::DuplicateParams;
pub use error::AnalyzeError;
pub use outliers::{OutlierParams, OutlierRule};
pub use params::{AnalyzeParams, SliceBy};
pub use stage::entry;
pub use summary::summary;
