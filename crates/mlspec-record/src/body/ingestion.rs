//! Files became a dataset version.

use crate::{ArtifactRef, Digest, Name, TableSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    /// The files, in the order in which their rows got ids; none where the rows are those of a query.
    pub files: Vec<SourceFile>,
    /// The query that gave the rows, if they are not those of files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub query: Option<SourceQuery>,
    /// How many rows the dataset version has.
    pub rows: u64,
    /// How many rows a stored chunk holds at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub chunk_rows: Option<u64>,
    /// The row id that the next new row will get.
    pub next_row: u64,
    /// The document that says where rows stand in the files, for those files whose rows do not simply follow each other; see
    /// [`RowPlaces`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub places: Option<Digest>,
    /// How many rows the step was limited to, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<u64>,
    /// How many rows of the files were left out, since rows of their key or content were erased before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub suppressed: u64,
    /// What was put aside since it could not be read, where the settings ask for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quarantined: Option<Quarantined>,
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

/// Records of the source that could not be read and were put aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quarantined {
    /// How many.
    pub rows: u64,
    /// How many for each reason: `encoding`, `fields`, `quotes`, `type`, `json`, `columns`, `cell`, `key_null`, `key_repeated`.
    pub reasons: BTreeMap<String, u64>,
    /// The table of them: where they stand, why, and their text.
    pub table: ArtifactRef,
}

/// A query that rows were read from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SourceQuery {
    /// The datastore.
    pub datastore: Name,
    /// What kind of database it is: `sqlite` or `postgres`.
    pub system: String,
    /// The query.
    pub text: String,
    /// The SHA-256 of the columns and values that it gave.
    pub digest: Digest,
    /// The id of its first row, where its rows have consecutive ids: at the first ingest. They are in the order of the key, or of their
    /// content where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_row: Option<u64>,
    /// How many rows it gave.
    pub rows: u64,
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
    /// The number of the record that the first row was, where it is not 1: the row of the sheet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_record: Option<u64>,
    /// How many rows it has.
    pub rows: u64,
    /// The sheet of a workbook.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sheet: Option<String>,
}

/// Where rows stand in their files: a document of its own, since it may be long. It holds no values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowPlaces {
    /// `mlspec-places/1`.
    pub format: String,
    /// For each file runs of rows that follow each other: the first one's row id, the number of its record, how many. Nothing for files
    /// whose `first_row` says it.
    pub files: Vec<Vec<[u64; 3]>>,
}

impl RowPlaces {
    /// The format of the documents.
    pub const FORMAT: &str = "mlspec-places/1";

    /// The file of a row, by its position, and the number of the row's record.
    pub fn find(&self, row: u64) -> Option<(usize, u64)> {
        self.files.iter().enumerate().find_map(|(file, runs)| {
            let run = |[first, record, rows]: &[u64; 3]| {
                let after = row.checked_sub(*first).filter(|after| after < rows)?;
                Some((file, record + after))
            };
            runs.iter().find_map(run)
        })
    }
}
