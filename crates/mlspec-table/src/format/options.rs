//! How files are to be read.

use super::{ExcelOptions, FormatError, Problem};
use mlspec_record::{Column, DataType, TableSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The format of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Comma-separated values.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// A JSON object a line.
    Ndjson,
    /// Parquet.
    Parquet,
    /// Arrow IPC (Feather), the file format.
    Ipc,
    /// Avro object container files.
    Avro,
    /// One JSON document that holds a list of objects.
    Json,
    /// A workbook: `.xlsx`, `.xlsm`, `.xlsb`, `.xls` or `.ods`.
    Excel,
}

impl Format {
    /// The format that a path's ending says, below the ending of a compression.
    pub fn of_path(path: &str) -> Option<Self> {
        let path = path.to_ascii_lowercase();
        let path = [".gz", ".zst", ".zstd"].iter().find_map(|end| path.strip_suffix(end)).unwrap_or(&path);
        Some(match path.rsplit_once('.')?.1 {
            "csv" => Self::Csv,
            "tsv" | "tab" => Self::Tsv,
            "ndjson" | "jsonl" => Self::Ndjson,
            "parquet" | "pq" => Self::Parquet,
            "arrow" | "ipc" | "feather" => Self::Ipc,
            "avro" => Self::Avro,
            "json" => Self::Json,
            "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" => Self::Excel,
            _ => return None,
        })
    }

    /// The name in settings and records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Tsv => "tsv",
            Self::Ndjson => "ndjson",
            Self::Parquet => "parquet",
            Self::Ipc => "ipc",
            Self::Avro => "avro",
            Self::Json => "json",
            Self::Excel => "excel",
        }
    }

    /// Whether the file is text, with lines.
    pub fn is_text(self) -> bool {
        matches!(self, Self::Csv | Self::Tsv | Self::Ndjson | Self::Json)
    }

    /// Whether the file says the types of its columns, so that none are inferred from values.
    pub fn has_types(self) -> bool {
        matches!(self, Self::Parquet | Self::Ipc | Self::Avro)
    }
}

/// How a text file is compressed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Compression {
    /// As its first bytes say.
    #[default]
    Auto,
    /// Not.
    None,
    /// gzip.
    Gzip,
    /// Zstandard.
    Zstd,
}

/// How CSV and TSV are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CsvOptions {
    /// Whether the first line has the columns' names.
    #[serde(default = "default_header")]
    pub header: bool,
    /// What stands between fields, one ASCII character; by default `,`, in TSV a tab.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 1))]
    pub separator: Option<String>,
    /// What stands around fields that hold separators, one ASCII character, doubled where it stands for itself; null where
    /// quotes are plain characters.
    #[serde(default = "default_quote")]
    #[schemars(length(min = 1, max = 1))]
    pub quote: Option<String>,
    /// Texts that mean null, besides the empty field without quotes.
    #[serde(default)]
    pub null_values: Vec<String>,
}

fn default_header() -> bool {
    true
}

fn default_quote() -> Option<String> {
    Some("\"".to_owned())
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { header: true, separator: None, quote: default_quote(), null_values: Vec::new() }
    }
}

/// Where the rows stand in a JSON document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonOptions {
    /// The JSON pointer (RFC 6901) of the list of objects, such as `/data/rows`; by default the document is the list.
    #[serde(default)]
    pub records: String,
}

/// Columns that the folders of a path say, as Hive names them: `year=2024/month=1/a.parquet`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HiveOptions {
    /// The types of these columns, by name; by default inferred from all paths, by the rules of CSV.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub types: BTreeMap<String, DataType>,
}

/// How files are to be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadOptions {
    /// The format.
    pub format: Format,
    /// How CSV and TSV are written.
    pub csv: CsvOptions,
    /// Where the rows stand in a JSON document.
    pub json: JsonOptions,
    /// Where the rows stand in a workbook.
    pub excel: ExcelOptions,
    /// The columns to read and their types. Files with names may have further columns, which are not read; CSV without a
    /// header has exactly these.
    pub columns: Option<TableSchema>,
    /// Whether files may not have columns besides those.
    pub exact: bool,
    /// The types of columns that the paths say; by default inferred from all paths.
    pub partitions: BTreeMap<String, DataType>,
    /// How many rows are read at most, over all files.
    pub limit: Option<u64>,
    /// Whether rows that cannot be read are put aside, into [`crate::format::Read::rejected`], instead of being an error.
    pub lenient: bool,
}

impl ReadOptions {
    /// Files of this format, types inferred, no limit.
    pub fn new(format: Format) -> Self {
        Self {
            format,
            csv: CsvOptions::default(),
            json: JsonOptions::default(),
            excel: ExcelOptions::default(),
            columns: None,
            exact: false,
            partitions: BTreeMap::new(),
            limit: None,
            lenient: false,
        }
    }

    /// Checks what the types do not.
    ///
    /// # Errors
    /// When separator or quote are not one ASCII character each, are equal or end lines, a pointer or a range of cells is none, or a
    /// declared type cannot be read from text.
    pub fn check(&self) -> Result<(), FormatError> {
        self.dialect()?;
        self.excel.check()?;
        if !self.json.records.is_empty() && !self.json.records.starts_with('/') {
            return Err(FormatError::setting("`records` must be a JSON pointer: empty, or beginning with `/`"));
        }
        let text = (!self.format.has_types()).then_some(self.columns.as_ref()).flatten();
        for Column { name, data_type } in text.map_or(&[][..], TableSchema::columns) {
            let lists = matches!(
                data_type,
                DataType::ListUInt32 | DataType::ListUInt64 | DataType::ListFloat64 | DataType::ListString
            );
            let lists = lists && !matches!(self.format, Format::Ndjson | Format::Json);
            let spans = *data_type == DataType::Duration && self.format != Format::Excel;
            if *data_type == DataType::Binary || spans || lists {
                return Err(FormatError::file("", Problem::NotText(*data_type)).in_column(name));
            }
        }
        Ok(())
    }

    /// The bytes that matter in CSV.
    pub(crate) fn dialect(&self) -> Result<Dialect, FormatError> {
        let one = |name: &str, text: &str| match text.as_bytes() {
            [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r' | 0) => Ok(*byte),
            _ => Err(FormatError::setting(format!("`{name}` must be one ASCII character that does not end lines"))),
        };
        let by_default = if self.format == Format::Tsv { "\t" } else { "," };
        let separator = one("separator", self.csv.separator.as_deref().unwrap_or(by_default))?;
        let quote = self.csv.quote.as_deref().map(|quote| one("quote", quote)).transpose()?;
        if quote == Some(separator) {
            return Err(FormatError::setting("`separator` and `quote` must differ"));
        }
        Ok(Dialect { separator, quote })
    }
}

/// The bytes that matter in CSV.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    pub(crate) separator: u8,
    pub(crate) quote: Option<u8>,
}
