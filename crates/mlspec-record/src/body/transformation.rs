//! Tables became tables, or tables became feature matrices.

use super::{External, Taken};
use crate::{Digest, FeatureRange};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of a transformation record: of the stage transform (`operators`), encode (`encoding`) or external
/// (`external`), or of record, which takes what others made (`taken`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Transformation {
    /// What each relational operator did, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub operators: Vec<OperatorReport>,
    /// Which rows of the input tables have which keys: what an update looks rows up in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indexes: Vec<KeyIndex>,
    /// How rows were encoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoding: Option<Encoding>,
    /// The program outside that made the outputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external: Option<Box<External>>,
    /// The record of others, added to the store, whose outputs these are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub taken: Option<Box<Taken>>,
}

/// Which rows of a table have which keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct KeyIndex {
    /// The table's name.
    pub table: String,
    /// The columns of the key.
    pub columns: Vec<String>,
    /// The digest of a table with a row per key, whose id is a hash of the key, and the ids of the rows that have it.
    pub digest: Digest,
}

/// What one operator did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OperatorReport {
    /// Its position among the steps of its table, from 0.
    pub position: u64,
    /// The operator, such as `filter`.
    pub operator: String,
    /// The table it made.
    pub table: String,
    /// How many rows it read, over all its inputs.
    pub rows_in: u64,
    /// How many rows it made.
    pub rows_out: u64,
    /// How many input rows went into no output row; for `distinct`, how many gave way to an equal row of smaller id.
    pub dropped: u64,
    /// Why they were dropped, such as `condition not true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The bounds that were fitted, if the table was not cut into parts with bounds of their own.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bounds: Vec<FittedBounds>,
    /// Tables of what it found: for `drop_outliers` the `bounds` of every part, and of every row that was `dropped` the column and the
    /// bound.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<OperatorTable>,
    /// How the groups of inspected source columns fared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<GroupShares>,
}

/// What values of a column must be within.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FittedBounds {
    /// The column.
    pub column: String,
    /// The least value that is within; null where there were too few values.
    pub lower: Option<f64>,
    /// The greatest value that is within; null where there were too few values.
    pub upper: Option<f64>,
}

/// A table of what an operator found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct OperatorTable {
    /// What it holds, such as `dropped`.
    pub name: String,
    /// The table's digest.
    pub digest: Digest,
}

/// How many rows of each group of a source column an operator read and made, whether or not its rows still have the column: a row
/// belongs to the groups of the source rows that it comes from, and counts in each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupShares {
    /// The source.
    pub source: String,
    /// The column.
    pub column: String,
    /// The 50 groups that have most rows in the source, sorted by value.
    pub groups: Vec<GroupRows>,
    /// All other groups together; without a value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others: Option<GroupRows>,
}

/// The rows of one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct GroupRows {
    /// The column's value as text; null for null.
    pub value: Option<String>,
    /// How many rows the operator read, over all its inputs.
    pub rows_in: u64,
    /// How many rows it made.
    pub rows_out: u64,
}

/// How rows were encoded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Encoding {
    /// The digest of the fitted encoders.
    pub encoders: Digest,
    /// How many rows they were fitted on.
    pub fitted_rows: u64,
    /// The port whose rows they were fitted on.
    pub fitted_on: String,
    /// The encoders, in the order of the matrix.
    pub columns: Vec<EncodedColumn>,
    /// The label column, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The weight column, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<String>,
    /// The label's classes, sorted, if it is a class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The class that counts as positive, if there are two.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub positive: Option<String>,
    /// How many features the matrix has.
    pub features: u64,
    /// The digest of the statistics that the encoders were fitted from, and that an update continues from: exact sums and
    /// counts of the fitted rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Digest>,
}

/// What one encoder wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EncodedColumn {
    /// Its matrix columns.
    pub range: FeatureRange,
    /// The features' names, unless there are more than 1,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}
