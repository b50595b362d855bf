//! What a user may set, and the check.

use crate::ExternalError;
use mlspec_record::{Column, Name, TableSchema};
use mlspec_table::format::Format;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What stands in the command for the path of the description.
pub(crate) const STEP: &str = "{step}";

/// The most of a log that may be kept.
const MOST_LOG: u64 = 16 << 20;

/// Which program makes tables of tables, and within which bounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExternalParams {
    /// The program and its arguments; no shell reads them. A program without `/` is looked up in the environment's PATH, one with `/`
    /// in `directory`. `{step}` in an argument stands for the path of the description, which is in the environment as MLSPEC_STEP too.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub command: Vec<String>,
    /// The datastore that the program runs in; by default an empty folder of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Name>,
    /// Further files of the directory that the result depends on, with `/`. Arguments that name files there are found by themselves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// The names of the input ports.
    #[schemars(length(min = 1))]
    pub inputs: Vec<Name>,
    /// The tables that the program leaves, by port.
    #[schemars(extend("minProperties" = 1))]
    pub outputs: BTreeMap<Name, OutputParams>,
    /// The format of the files that are exchanged.
    #[serde(default)]
    pub format: Exchange,
    /// Settings for the program.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub settings: Map<String, Value>,
    /// The variables of the environment that the program gets, besides MLSPEC_STEP. Their values are in no record, nor in the cache key.
    #[serde(default = "path")]
    pub environment: Vec<String>,
    /// After how many seconds the program and all its children are killed.
    #[serde(default = "hour")]
    #[schemars(range(min = 1))]
    pub timeout_seconds: u64,
    /// How much address space each of its processes may use, in bytes; by default as much as there is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1_048_576))]
    pub memory_bytes: Option<u64>,
    /// How many bytes are kept of what it writes to standard output, and as many of standard error.
    #[serde(default = "log_bytes")]
    #[schemars(range(min = 0, max = 16_777_216))]
    pub log_bytes: u64,
    /// Whether the same inputs, settings and files give the same outputs. Where not, the step runs each time.
    #[serde(default = "yes")]
    pub deterministic: bool,
}

/// A table that a program leaves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OutputParams {
    /// Its columns, besides `_row`.
    pub columns: Vec<Column>,
    /// The input whose row ids it keeps in the column `_row`; rows may be missing, and none may stand twice. By default each row comes from
    /// all rows of all inputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_of: Option<Name>,
    /// For each column, the input columns that it comes from, by port. A column that is not here comes from all columns of all inputs.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lineage: BTreeMap<String, BTreeMap<Name, Vec<String>>>,
}

/// The format of the files that are exchanged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Exchange {
    /// Parquet.
    #[default]
    Parquet,
    /// Arrow IPC, the file format (Feather 2).
    Arrow,
}

impl Exchange {
    /// The name in the description, which is also the ending of files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Parquet => "parquet",
            Self::Arrow => "arrow",
        }
    }

    /// The format as tables know it.
    pub(crate) fn format(self) -> Format {
        match self {
            Self::Parquet => Format::Parquet,
            Self::Arrow => Format::Ipc,
        }
    }
}

fn path() -> Vec<String> {
    vec!["PATH".to_owned()]
}

fn hour() -> u64 {
    3600
}

fn log_bytes() -> u64 {
    65_536
}

fn yes() -> bool {
    true
}

/// Checked parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct ExternalStep {
    pub(crate) params: ExternalParams,
    pub(crate) outputs: BTreeMap<Name, TableSchema>,
}

impl ExternalParams {
    /// Checks everything that can be checked without a program and columns; only the result can run.
    ///
    /// # Errors
    /// When a command, input or output is missing, names clash or refer to nothing, columns make no schema, or a number is outside
    /// its range.
    pub fn check(self) -> Result<ExternalStep, ExternalError> {
        if self.command.is_empty() || self.command.iter().any(String::is_empty) {
            return Err(ExternalError::NoCommand);
        }
        if let Some(word) = self.command.iter().chain(&self.files).find(|word| word.contains('\0')) {
            return Err(ExternalError::Zero(word.replace('\0', "\\0")));
        }
        distinct(&self.inputs, "input")?;
        distinct(&self.outputs.keys().cloned().collect::<Vec<_>>(), "output")?;
        let outside = |name, found: u64, range| ExternalError::Range { name, found, range };
        if self.timeout_seconds == 0 {
            return Err(outside("timeout_seconds", 0, "at least 1"));
        }
        if let Some(found @ ..1_048_576) = self.memory_bytes {
            return Err(outside("memory_bytes", found, "at least 1048576"));
        }
        if self.log_bytes > MOST_LOG {
            return Err(outside("log_bytes", self.log_bytes, "at most 16777216"));
        }
        let wrong = |name: &&String| name.is_empty() || name.contains(['=', '\0']);
        if let Some(name) = self.environment.iter().find(wrong) {
            return Err(ExternalError::Variable(name.replace('\0', "\\0")));
        }
        let mut outputs = BTreeMap::new();
        for (port, output) in &self.outputs {
            outputs.insert(port.clone(), self.check_output(port, output)?);
        }
        Ok(ExternalStep { params: self, outputs })
    }

    fn check_output(&self, port: &Name, output: &OutputParams) -> Result<TableSchema, ExternalError> {
        let schema = TableSchema::new(output.columns.clone())
            .map_err(|error| ExternalError::Columns { port: port.clone(), error })?;
        if let Some(of) = output.rows_of.as_ref().filter(|of| !self.inputs.contains(of)) {
            return Err(ExternalError::RowsOf { port: port.clone(), of: of.clone() });
        }
        for (column, sources) in &output.lineage {
            let wrong = |what: String| ExternalError::Lineage { port: port.clone(), column: column.clone(), what };
            if schema.get(column).is_none() {
                return Err(wrong("the output has no such column".to_owned()));
            }
            if let Some(input) = sources.keys().find(|input| !self.inputs.contains(input)) {
                return Err(wrong(format!("`{input}` is no input")));
            }
        }
        Ok(schema)
    }
}

/// At least one, and none twice, whatever the case.
fn distinct(names: &[Name], what: &'static str) -> Result<(), ExternalError> {
    if names.is_empty() {
        return Err(ExternalError::NoPort(what));
    }
    let mut seen = BTreeSet::new();
    match names.iter().find(|name| !seen.insert(name.as_str().to_ascii_lowercase())) {
        Some(name) => Err(ExternalError::Twice { what, name: name.clone() }),
        None => Ok(()),
    }
}
