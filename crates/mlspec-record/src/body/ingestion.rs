//! Files became a dataset version.

use crate::{Digest, Name, TableSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of an ingestion record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ingestion {
    /// The dataset.
    pub dataset: Name,
    /// The columns that name a row; empty where rows have no names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// The columns, declared or inferred over all files.
    pub columns: TableSchema,
    /// Whether the types were inferred rather than declared.
    pub inferred: bool,
    /// The files, in the order in which their rows got ids.
    pub files: Vec<SourceFile>,
    /// How many rows the dataset version has.
    pub rows: u64,
    /// The row id that the next new row will get.
    pub next_row: u64,
    /// How many rows the step was limited to, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<u64>,
    /// How many rows of the files were left out, since rows of their key or content were erased before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub suppressed: u64,
    /// What was edited since the files were read, if anything was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revision: Option<Revision>,
}

/// How a dataset version differs from the files it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Revision {
    /// How many versions were made by edits since the files were read.
    pub edits: u64,
    /// How many rows of the files are no longer there.
    pub removed: u64,
    /// How many rows of the files have other values.
    pub changed: u64,
    /// How many rows are not of the files.
    pub added: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A file that rows were read from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceFile {
    /// The datastore.
    pub datastore: Name,
    /// The path in the datastore, with `/`.
    pub path: String,
    /// Its format, such as `csv`.
    pub format: String,
    /// The SHA-256 of its bytes, as they lie there.
    pub digest: Digest,
    /// Its size in bytes.
    pub bytes: u64,
    /// The id of its first row, where its rows have consecutive ids: at the first ingest, and for new files. In later versions
    /// rows that were there before keep their ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_row: Option<u64>,
    /// How many rows it has.
    pub rows: u64,
}
