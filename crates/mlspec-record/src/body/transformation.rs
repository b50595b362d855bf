//! Tables became tables, or tables became feature matrices.

use crate::{Digest, FeatureRange};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of a transformation record: of the stage transform (`operators`) or encode (`encoding`).
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
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
