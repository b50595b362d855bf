#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`IngestParams`] says which files and how they are read; checked, it is an [`Ingester`], whose `Ingester::ingest_folder` makes a
//! table and an [`mlspec_record::body::Ingestion`]. `files` finds them, `query` asks databases instead, `places` knows where rows stand,
//! `quarantine` puts bad ones aside, `matching` says which row of the version before a row is, `stage` puts it all between a datastore
//! and the store.
//!
//! An [`Edition`] edits the current version without the files: [`Edits`] become a [`Draft`], which is a version once it is
//! published. `Edition::fresh_rows` reads rows that make no version, for predictions. [`suppress`] keeps erased rows from coming back with the next files.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod change_file;
mod edit;
mod edited;
mod error;
mod files;
mod fit;
mod fresh;
mod ingester;
mod matching;
mod params;
mod places;
mod quarantine;
mod query;
mod stage;
mod stream;
mod suppress;
mod version;

pub use edit::{Draft, Edition, Edits, Revised};
pub use error::{IngestError, KeyFault};
pub use fresh::FreshRows;
pub use ingester::{Ingester, Previous};
pub use params::{BadRows, IngestParams, OneOrMany, Policy};
pub use query::QueryError;
pub use stage::{IngestStage, entry};
pub use suppress::{suppress, suppress_listed, suppression_marks};
