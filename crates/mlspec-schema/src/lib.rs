#![doc = include_str!("../README.md")]
//!
//! # Reading order
//! [`publish`] makes published schemas of types; [`Schema`] is one, compiled; [`validate_record`] finds the schema of a document
//! by the document's own word. [`Problem`] is one thing wrong, [`Checker`] finds them in files, [`Report`] renders them.
#![cfg_attr(test, allow(clippy::unwrap_used))]

mod checker;
mod choose;
mod claim;
mod error;
mod explain;
mod kinds;
mod problem;
mod publish;
mod published;
mod read;
mod render;
mod report;
mod rules;
mod schema;
mod sources;
mod suggest;
mod union;
mod validate;

pub use checker::{CheckOptions, Checker};
pub use error::SchemaError;
pub use kinds::{PIPELINE_FILE, generate};
pub use problem::{Problem, Target};
pub use publish::{publish, published_path, published_text};
pub use published::{published_ids, published_schema};
pub use read::{MAX_DEPTH, MAX_MEMORY, Position, SourceFormat, SyntaxError, locate, read_documents};
pub use render::{Format, FormatError};
pub use report::{Class, FileReport, Finding, Report};
pub use schema::Schema;
pub use validate::validate_record;

#[cfg(test)]
mod tests;
