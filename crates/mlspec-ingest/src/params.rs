//! What a user may set, and the check.

use crate::{IngestError, Ingester};
use mlspec_record::{Column, Name, TableSchema};
use mlspec_table::ChunkOptions;
use mlspec_table::format::{Compression, CsvOptions, Format, ReadOptions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which files become a dataset, and how they are read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IngestParams {
    /// The dataset's name; by default the step's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<Name>,
    /// The datastore that the files lie in.
    pub datastore: Name,
    /// The file or files: paths in the datastore with `/`; `*`, `?` and `[…]` stand for characters of one name, `**` for any
    /// folders. Files are read in the order of the list, those of one pattern in the order of their paths.
    pub path: OneOrMany,
    /// The format; by default as the files' endings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// How text files are compressed.
    #[serde(default)]
    pub compression: Compression,
    /// How CSV and TSV are written.
    #[serde(default)]
    pub csv: CsvOptions,
    /// The columns to read and their types, which are strict; by default all columns, types inferred from all files, once and
    /// for all at the first ingest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Column>>,
    /// The columns that name a row: never null, and unique together. By default rows are recognised by their whole content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// How many rows a stored chunk holds at most; fewer where their values have more than 512 KiB.
    #[serde(default = "default_chunk_rows")]
    #[schemars(range(min = 1, max = 1_073_741_824))]
    pub chunk_rows: u64,
}

impl IngestParams {
    /// How the rows are cut.
    pub(crate) fn chunks(&self) -> ChunkOptions {
        ChunkOptions { chunk_rows: self.chunk_rows, ..ChunkOptions::default() }
    }
}

fn default_chunk_rows() -> u64 {
    ChunkOptions::default().chunk_rows
}

/// One text or a list of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct OneOrMany(pub Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> serde::de::Visitor<'de> for Texts {
            type Value = Vec<String>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a path or a list of paths")
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(vec![text.to_owned()])
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                let mut texts = Vec::new();
                while let Some(text) = items.next_element()? {
                    texts.push(text);
                }
                Ok(texts)
            }
        }
        deserializer.deserialize_any(Texts).map(Self)
    }
}

impl JsonSchema for OneOrMany {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Paths".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "A path or a list of paths.",
            "type": ["string", "array"],
            "minLength": 1,
            "minItems": 1,
            "items": { "type": "string", "minLength": 1 }
        })
    }
}

impl IngestParams {
    /// Checks every field; `step` names the dataset where nothing else does. Only the result can ingest.
    ///
    /// # Errors
    /// When a path is missing or its pattern is wrong, the format cannot be told, columns make no schema, a key column is not
    /// among declared columns, or a setting of CSV does not fit.
    pub fn check(self, step: &str) -> Result<Ingester, IngestError> {
        let dataset = match &self.dataset {
            Some(name) => name.clone(),
            None => Name::new(step)?,
        };
        if self.path.0.is_empty() || self.path.0.iter().any(String::is_empty) {
            return Err(IngestError::NoPath);
        }
        if self.chunk_rows == 0 {
            return Err(IngestError::ChunkRows);
        }
        let format = match self.format {
            Some(format) => format,
            None => self.format_of_paths()?,
        };
        let columns = self.columns.clone().map(TableSchema::new).transpose()?;
        for (at, column) in self.key.iter().enumerate() {
            if columns.as_ref().is_some_and(|columns| columns.get(column).is_none()) {
                return Err(IngestError::NoKey(column.clone()));
            }
            if self.key[..at].contains(column) {
                return Err(IngestError::KeyTwice(column.clone()));
            }
        }
        let options = ReadOptions { csv: self.csv.clone(), columns, ..ReadOptions::new(format) };
        options.check()?;
        crate::files::check_patterns(&self.path.0)?;
        Ok(Ingester { params: self, dataset, options })
    }

    fn format_of_paths(&self) -> Result<Format, IngestError> {
        let mut found = None;
        for path in &self.path.0 {
            let format = Format::of_path(path).ok_or_else(|| IngestError::NoFormat(path.clone()))?;
            if found.is_some_and(|found| found != format) {
                return Err(IngestError::Formats);
            }
            found = Some(format);
        }
        found.ok_or(IngestError::NoPath)
    }
}
