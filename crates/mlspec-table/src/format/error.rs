//! Why a file could not be read.

use mlspec_record::{DataType, ExitCode, Failure, Place, TableSchemaError};

/// Why a file could not be read, and where.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub struct FormatError {
    /// The file, as its user named it; empty where the settings are wrong.
    pub file: String,
    /// The line, from 1; in a workbook the row of the sheet.
    pub line: Option<u64>,
    /// The column's name.
    pub column: Option<String>,
    /// What is wrong.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file system refused.
    #[error("the file cannot be read: {0}")]
    Io(std::io::Error),
    /// The compressed bytes are damaged.
    #[error("the file cannot be decompressed: {0}")]
    Decompress(std::io::Error),
    /// The bytes are not UTF-8.
    #[error("the text is not UTF-8")]
    Encoding,
    /// The line has another number of fields than the others.
    #[error("the line has {found} fields, expected {expected}")]
    Ragged {
        /// How many fields it has.
        found: usize,
        /// How many it should have.
        expected: usize,
    },
    /// A quote stands inside a field that does not begin with one.
    #[error("a quote stands inside a field that does not begin with a quote")]
    StrayQuote,
    /// Something stands between the closing quote and the separator.
    #[error("something stands behind the closing quote")]
    BehindQuote,
    /// A quoted field has no end.
    #[error("a quoted field has no closing quote")]
    OpenQuote,
    /// A value is not of its column's type.
    #[error("a value is not of type `{0}`")]
    Value(DataType),
    /// Values are of different kinds.
    #[error("the column mixes {0} and {1}")]
    Mixed(&'static str, &'static str),
    /// The line is not JSON.
    #[error("the line is not JSON (at character {0})")]
    Json(usize),
    /// The line is JSON and not an object.
    #[error("the line is not a JSON object")]
    NotAnObject,
    /// An item of a list is not JSON.
    #[error("the item of the list is not JSON")]
    JsonItem,
    /// An item of a list is JSON and not an object.
    #[error("the item of the list is not a JSON object")]
    NotAnObjectItem,
    /// There is no list where the rows should be.
    #[error("there is no list of objects {}", if .0.is_empty() { "at the top of the document".to_owned() } else { format!("at `{}`", .0) })]
    NoRecords(String),
    /// The workbook has no such sheet.
    #[error("the workbook has no sheet {0}")]
    NoSheet(String),
    /// The sheet holds nothing where the rows should be.
    #[error("the sheet is empty where the names of the columns should be")]
    NoHeader,
    /// A cell shows an error instead of a value.
    #[error("the cell {0} holds an error instead of a value")]
    CellError(String),
    /// A formula has no value, since it was never calculated.
    #[error("the formula in the cell {0} was never calculated")]
    NotCalculated(String),
    /// The name of a column is missing.
    #[error("the cell {0}, which should name a column, is empty")]
    Unnamed(String),
    /// The path of a file does not say what the other paths say.
    #[error("the path has other partitions than those of the other files")]
    Partitions,
    /// No folder of the path says this column.
    #[error("no folder of the path is named `{0}=…`")]
    NoPartition(String),
    /// A column stands in the file and in its path.
    #[error("the column `{0}` stands in the file and in its path")]
    Partitioned(String),
    /// A value is an object, or a list of something else than numbers or texts.
    #[error("a value is nested")]
    Nested,
    /// The type cannot be declared for this format.
    #[error("a column of type `{0}` cannot be read from text")]
    NotText(DataType),
    /// Nothing says what columns there are.
    #[error("the file is empty and no columns are declared")]
    Empty,
    /// The names make no schema.
    #[error(transparent)]
    Schema(#[from] TableSchemaError),
    /// A column is missing.
    #[error("the file has no column `{0}`")]
    Missing(String),
    /// A column is in this file and not in the first one, or not among those asked for.
    #[error("there was no column `{0}` before")]
    Extra(String),
    /// A column is not one of the table that the file belongs to.
    #[error("the table has no column `{0}`")]
    Unknown(String),
    /// A column has another type than in the first file, or than declared.
    #[error("the column is of type `{found}`, expected `{expected}`")]
    Type {
        /// The type in this file.
        found: String,
        /// The type expected.
        expected: DataType,
    },
    /// Tables do not hold this type.
    #[error("the column's type `{0}` is not supported")]
    Unsupported(String),
    /// The file is not of its format.
    #[error("the file is no {0} file, or damaged")]
    Damaged(&'static str),
    /// A setting does not fit.
    #[error("{0}")]
    Setting(String),
}

impl FormatError {
    /// A problem of the whole file.
    pub(crate) fn file(file: &str, problem: impl Into<Problem>) -> Self {
        Self { file: file.to_owned(), line: None, column: None, problem: problem.into() }
    }

    /// A problem of a setting.
    pub(crate) fn setting(problem: impl Into<String>) -> Self {
        Self::file("", Problem::Setting(problem.into()))
    }

    /// What kind of fault of a row this is, in one word, as records count them; none where the fault is not one of a row.
    pub(crate) fn reason(&self) -> Option<&'static str> {
        Some(match &self.problem {
            Problem::Encoding => "encoding",
            Problem::Ragged { .. } => "fields",
            Problem::StrayQuote | Problem::BehindQuote | Problem::OpenQuote => "quotes",
            Problem::Value(_) | Problem::Nested => "type",
            Problem::Json(_) | Problem::JsonItem | Problem::NotAnObject | Problem::NotAnObjectItem => "json",
            Problem::Extra(_) | Problem::Schema(TableSchemaError::Twice(_)) => "columns",
            Problem::CellError(_) | Problem::NotCalculated(_) => "cell",
            _ => return None,
        })
    }

    /// In this line.
    pub(crate) fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// In this column.
    pub(crate) fn in_column(mut self, column: &str) -> Self {
        self.column = Some(column.to_owned());
        self
    }
}

impl Failure for FormatError {
    fn exit_code(&self) -> ExitCode {
        match self.problem {
            Problem::Io(_) => ExitCode::Outside,
            Problem::Setting(_) | Problem::NotText(_) => ExitCode::Usage,
            _ => ExitCode::Data,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match &self.problem {
            Problem::Encoding => "convert the file to UTF-8".to_owned(),
            Problem::Ragged { .. } => "a separator inside a field needs quotes around the field".to_owned(),
            Problem::StrayQuote | Problem::BehindQuote | Problem::OpenQuote => {
                "where quotes are plain characters, set `quote: null`".to_owned()
            }
            Problem::Value(_) => "correct the value, list it under `null_values`, or declare another type".to_owned(),
            Problem::Mixed(..) => "declare the column's type under `columns`".to_owned(),
            Problem::NoRecords(_) => {
                "set `json.records` to the JSON pointer of the list, such as `/data/rows`".to_owned()
            }
            Problem::CellError(_) => {
                "correct the workbook; or list the error's text, such as `#N/A`, under `excel.null_values`".to_owned()
            }
            Problem::NotCalculated(_) => "open the workbook in a spreadsheet program and save it".to_owned(),
            Problem::NoHeader | Problem::Unnamed(_) => {
                "set `excel.range` or `excel.header_row` to where the table is; or `excel.header: false`".to_owned()
            }
            Problem::Empty => "declare the columns under `columns`".to_owned(),
            Problem::Schema(TableSchemaError::Reserved(_)) => {
                "rename the column: names that begin with `_row` or `@` are kept for row ids".to_owned()
            }
            Problem::Schema(TableSchemaError::Twice(_)) => "give each column its own name".to_owned(),
            Problem::Nested | Problem::Unsupported(_) => "flatten or convert the column before".to_owned(),
            _ => return None,
        })
    }

    fn place(&self) -> Place {
        let file = Some(self.file.clone()).filter(|file| !file.is_empty());
        let named = match &self.problem {
            Problem::Schema(TableSchemaError::Reserved(column) | TableSchemaError::Twice(column)) => Some(column),
            _ => None,
        };
        Place { file, line: self.line, table_column: self.column.as_ref().or(named).cloned(), ..Place::default() }
    }
}
