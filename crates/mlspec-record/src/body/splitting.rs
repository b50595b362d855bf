//! A table was split into parts.

use crate::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of a splitting record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Splitting {
    /// What rows are kept together by: `row`, `columns` or `source`.
    pub by: String,
    /// The columns or the source that rows are kept together by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// The hash that decides the part.
    pub hash: String,
    /// The parts.
    pub parts: Vec<Part>,
    /// For each source, how many of its rows reach more than one part.
    pub leakage: Vec<Leak>,
    /// For each source, how many links lead to its rows: what an update counts on from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkCount>,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// The part's name, also its port.
    pub name: String,
    /// The share asked for.
    pub share: f64,
    /// How many rows it got.
    pub rows: u64,
    /// Statistics of its columns.
    pub columns: Vec<ColumnStatistics>,
    /// The object with the statistics by chunk: what an update goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Digest>,
}

/// Statistics of one column in one part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnStatistics {
    /// The column.
    pub column: String,
    /// How many values are null.
    pub nulls: u64,
    /// How many distinct values it has, null not counted; absent where there are more than 128.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distinct: Option<u64>,
    /// The mean of a numeric or boolean column; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// The population standard deviation of a numeric column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_deviation: Option<f64>,
    /// The least value of a numeric column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The greatest value of a numeric column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
}

/// How a source's rows spread over the parts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Leak {
    /// The source dataset.
    pub source: String,
    /// How many of its rows reach any part.
    pub rows: u64,
    /// How many of its rows reach more than one part.
    pub shared: u64,
}

/// How rows are linked to the rows of a source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LinkCount {
    /// The source dataset.
    pub source: String,
    /// How many of its rows have a link.
    pub rows: u64,
    /// How many links there are: a row that comes from two rows of the source has two.
    pub links: u64,
    /// How many rows come from any row of the source.
    pub linked: u64,
}
