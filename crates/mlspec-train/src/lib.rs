#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`Sample`] is what can be fitted on, [`Estimator`] the estimators as data; [`Estimator::check`] gives a [`Trainer`], which
//! gives a [`Fitted`] model. [`TrainStage`] does it between artifacts.

#![cfg_attr(test, allow(clippy::unwrap_used))]
// Ranges are tested as "not inside", which refuses NaN.
#![allow(clippy::neg_cmp_op_on_partial_ord)]

mod draw;
mod error;
mod estimator;
mod histogram;
#[cfg(test)]
mod hostile;
mod params;
mod sample;
mod stage;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod warm;

pub use error::TrainError;
pub use estimator::*;
pub use params::TrainParams;
pub use sample::Sample;
pub use stage::{TrainStage, entry};
