//! What a user may set, and the check.

use crate::{IngestError, Ingester};
use mlspec_record::{Column, Name, TableSchema};
use mlspec_table::ChunkOptions;
use mlspec_table::format::{Compression, CsvOptions, ExcelOptions, Format, HiveOptions, JsonOptions, ReadOptions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which files, or which query, become a dataset, and how they are read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IngestParams {
    /// The dataset's name; by default the step's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dataset: Option<Name>,
    /// The datastore that the files lie in, or the database.
    pub datastore: Name,
    /// The file or files: paths in the datastore with `/`; `*`, `?` and `[…]` stand for characters of one name, `**` for any
    /// folders. Files are read in the order of the list, those of one pattern in the order of their paths.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<OneOrMany>,
    /// In place of `path`, the query whose rows are read: one `SELECT`. Rows get their ids in the order of the key, or of their content where
    /// there is none; so an `ORDER BY` is not needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub query: Option<String>,
    /// After how many seconds a query is given up; 300 by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 2_147_483))]
    pub timeout_seconds: Option<u64>,
    /// The format; by default as the files' endings say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
    /// How text files are compressed.
    #[serde(default)]
    pub compression: Compression,
    /// How CSV and TSV are written.
    #[serde(default)]
    pub csv: CsvOptions,
    /// Where the rows stand in JSON documents.
    #[serde(default, skip_serializing_if = "is_default")]
    pub json: JsonOptions,
    /// Where the rows stand in workbooks.
    #[serde(default, skip_serializing_if = "is_default")]
    pub excel: ExcelOptions,
    /// Whether folders named `column=value` say columns of the files below: `hive: {}`. By default they don't.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hive: Option<HiveOptions>,
    /// The columns to read and their types, which are strict; by default all columns, types inferred from all files, once and
    /// for all at the first ingest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Column>>,
    /// The columns that name a row: never null, and unique together. By default rows are recognised by their whole content.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key: Vec<String>,
    /// What becomes of rows that cannot be read. By default one is enough to fail.
    #[serde(default, skip_serializing_if = "is_default")]
    pub bad_rows: BadRows,
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

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

fn default_chunk_rows() -> u64 {
    ChunkOptions::default().chunk_rows
}

/// What becomes of rows that cannot be read: text that is not UTF-8, lines with another number of fields, quotes that do not close, values of
/// another type than declared, keys that are null or stand twice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BadRows {
    /// What becomes of them.
    pub policy: Policy,
    /// With `quarantine`, the share of all rows that may be put aside, in `[0, 1]`; with more of them the step fails.
    #[serde(default = "default_max_share")]
    #[schemars(range(min = 0, max = 1))]
    pub max_share: f64,
}

/// What becomes of rows that cannot be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// The step fails.
    #[default]
    Fail,
    /// They are put aside, into the table at the port `quarantine`: where they stand, why, and their text.
    Quarantine,
}

fn default_max_share() -> f64 {
    0.1
}

impl Default for BadRows {
    fn default() -> Self {
        Self { policy: Policy::Fail, max_share: default_max_share() }
    }
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
        let paths = self.paths();
        match &self.query {
            Some(query) if query.trim().is_empty() => return Err(IngestError::NoPath),
            Some(_) if self.path.is_some() => return Err(IngestError::PathAndQuery),
            Some(_) if self.format.is_some() || self.hive.is_some() => return Err(IngestError::FormatOfQuery),
            None if paths.is_empty() || paths.iter().any(String::is_empty) => return Err(IngestError::NoPath),
            None if self.timeout_seconds.is_some() => return Err(IngestError::NoQuery),
            _ => {}
        }
        if self.timeout_seconds == Some(0) {
            return Err(IngestError::Timeout);
        }
        if !(0.0..=1.0).contains(&self.bad_rows.max_share) {
            return Err(IngestError::MaxShare(self.bad_rows.max_share));
        }
        if self.chunk_rows == 0 {
            return Err(IngestError::ChunkRows);
        }
        let format = match self.format {
            Some(format) => format,
            // The rows of a query have types, as those of such files.
            None if self.query.is_some() => Format::Parquet,
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
        let partitions = self.hive.clone().unwrap_or_default().types;
        if let Some(both) = partitions.keys().find(|name| columns.as_ref().is_some_and(|all| all.get(name).is_some())) {
            return Err(IngestError::TypeTwice(both.clone()));
        }
        let (csv, json, excel) = (self.csv.clone(), self.json.clone(), self.excel.clone());
        let lenient = self.bad_rows.policy == Policy::Quarantine;
        let options = ReadOptions { csv, json, excel, columns, partitions, lenient, ..ReadOptions::new(format) };
        options.check()?;
        crate::files::check_patterns(paths)?;
        Ok(Ingester { params: self, dataset, options })
    }

    /// The paths; none where there is a query.
    pub(crate) fn paths(&self) -> &[String] {
        self.path.as_ref().map_or(&[], |paths| &paths.0)
    }

    /// After how many seconds a query is given up.
    pub(crate) fn timeout(&self) -> u64 {
        self.timeout_seconds.unwrap_or(300)
    }

    fn format_of_paths(&self) -> Result<Format, IngestError> {
        let mut found = None;
        for path in self.paths() {
            let format = Format::of_path(path).ok_or_else(|| IngestError::NoFormat(path.clone()))?;
            if found.is_some_and(|found| found != format) {
                return Err(IngestError::Formats);
            }
            found = Some(format);
        }
        found.ok_or(IngestError::NoPath)
    }
}
