#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`Scorer::predict`] does it all: `serving` finds the model and the way that rows take to it, `missing` says what follows from columns
//! that new rows lack, `file` makes the pipeline file of the run, [`write_predictions`] writes what came out for others.

mod error;
mod file;
mod missing;
mod output;
mod predict;
mod serving;

pub use error::PredictError;
pub use output::{output_format, write_predictions};
pub use predict::{Predicted, Request, Scorer};
