#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`ExternalParams`] is what a user may set; checked, it is an [`ExternalStep`]. `program` finds the program and the files it depends on,
//! `exchange` writes the description and the inputs and reads the outputs, `process` runs it within its limits and keeps its log,
//! `lineage` says where rows and columns come from, `stage` puts it all together. `taken` is a stage of its own:
//! what a record of others names arrives at ports.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod compatible;
mod error;
mod exchange;
mod lineage;
mod log;
mod params;
mod process;
mod program;
mod stage;
mod taken;
#[cfg(all(test, unix))]
mod tests;

pub use error::ExternalError;
pub use params::{Exchange, ExternalParams, ExternalStep, OutputParams};
pub use stage::entry;
pub use taken::{RecordParams, TakenError, entry as record_entry};
