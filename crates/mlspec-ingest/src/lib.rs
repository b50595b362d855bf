#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`IngestParams`] says which files and how they are read; checked, it is an [`Ingester`], whose `Ingester::ingest_folder` makes a
//! table and an [`mlspec_record::body::Ingestion`]. `files` finds them, `matching` says which row of the version before a row
//! is, `stage` puts it all between a datastore and the store.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod error;
mod files;
mod ingester;
mod matching;
mod params;
mod stage;
mod version;

pub use error::{IngestError, KeyFault};
pub use ingester::{Ingester, Previous};
pub use params::{IngestParams, OneOrMany};
pub use stage::{IngestStage, entry};
