//! A program outside made the tables of a transformation.

use crate::{Digest, Name};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The program that made the outputs, and how they belong to the inputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct External {
    /// The program, as the settings name it.
    pub program: String,
    /// The SHA-256 of the program's file.
    pub digest: Digest,
    /// Further files that the result depends on: scripts among the arguments, and those that the settings name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<ExternalFile>,
    /// Whether the same inputs, settings and files are said to give the same outputs. Where not, the step runs each time.
    pub deterministic: bool,
    /// How rows and columns of each output belong to those of the inputs.
    pub outputs: Vec<ExternalOutput>,
}

/// The record of others whose outputs these are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Taken {
    /// Its id.
    pub record: crate::Id,
    /// Its content digest.
    pub content: Digest,
    /// The stage that it says it is of.
    pub stage: crate::StageId,
    /// The software that wrote it.
    pub producer: crate::Producer,
}

/// A file that a program depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExternalFile {
    /// Its path in the folder that the program runs in, with `/`.
    pub path: String,
    /// The SHA-256 of its bytes.
    pub digest: Digest,
}

/// How an output belongs to the inputs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ExternalOutput {
    /// The port.
    pub port: Name,
    /// How many rows it has.
    pub rows: u64,
    /// How its rows come from rows of the inputs.
    pub row_lineage: ExternalRows,
    /// The input whose row ids it keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rows_of: Option<Name>,
    /// How many rows of that input it has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<u64>,
    /// The columns whose sources are not declared: they count as made from all columns of all inputs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub undeclared: Vec<String>,
}

/// How rows of an output come from rows of the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExternalRows {
    /// Each comes from the row of one input whose id it kept, and from all rows of the other inputs.
    Kept,
    /// Each comes from all rows of all inputs, as far as anybody knows.
    AllToAll,
}
