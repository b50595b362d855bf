//! A table was split into parts.

use crate::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of a splitting record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Splitting {
    /// What decides the part of a row.
    #[serde(default)]
    pub method: SplitMethod,
    /// What rows are kept together by: `row`, `columns` or `source`.
    pub by: String,
    /// The columns or the source that rows are kept together by.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<String>,
    /// The hash that draws are made by.
    pub hash: String,
    /// The parts.
    pub parts: Vec<Part>,
    /// Where parts end in time, in their order: given, or found from their shares.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cuts: Vec<Cut>,
    /// Rows that are in no part, by reason.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_out: Vec<LeftOut>,
    /// For each source, how many of its rows reach more than one part; of folds, more than one of their test parts.
    pub leakage: Vec<Leak>,
    /// How far parts are from each other, column by column, where that is asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub distances: Vec<PartDistance>,
    /// For each source, how many links lead to its rows: what an update counts on from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkCount>,
}

/// What decides the part of a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SplitMethod {
    /// A hash of its key alone.
    #[default]
    Hash,
    /// Its place among all rows of its stratum, in the order of their hashes: shares are kept in every stratum.
    Quota,
    /// The same, with a part for each fold and one for the rest.
    Folds,
    /// Its time.
    Time,
    /// A column that names the part.
    Predefined,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// The part's name, also its port.
    pub name: String,
    /// The share asked for, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share: Option<f64>,
    /// The part that it is a sample of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample_of: Option<String>,
    /// Whether it is held back: no step before the test may learn from it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub held_back: bool,
    /// How many rows it got.
    pub rows: u64,
    /// Statistics of its columns.
    pub columns: Vec<ColumnStatistics>,
    /// The object with the statistics by chunk: what an update goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Digest>,
}

/// Where a part ends in time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Cut {
    /// The part that ends there.
    pub part: String,
    /// The time from which on rows belong to later parts, as text; absent where no row is later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

/// Rows that are in no part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LeftOut {
    /// Why: `gap` (too near to a later part), `null` (no time, no name of a part), `other` (the name of no part).
    pub reason: String,
    /// How many.
    pub rows: u64,
}

/// How far the values of one column in one part are from those in another.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PartDistance {
    /// The part that is compared with.
    pub reference: String,
    /// The part that is compared.
    pub part: String,
    /// The column.
    pub column: String,
    /// The population stability index over the reference's tenths, or its most frequent categories.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population_stability_index: Option<f64>,
    /// Jensen and Shannon's distance over the same bins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jensen_shannon_distance: Option<f64>,
    /// Of categories: the greatest difference of a share.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub l_infinity_distance: Option<f64>,
    /// Of numbers: the greatest difference of the distribution functions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kolmogorov_smirnov: Option<f64>,
    /// The difference of the shares of null.
    pub null_share_difference: f64,
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
