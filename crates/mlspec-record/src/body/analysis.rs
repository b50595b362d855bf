//! A table was looked at: descriptive statistics of its columns, over all rows and by slice.

use crate::{ArtifactRef, DataType, Digest};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The body of an analysis record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Analysis {
    /// How many rows were looked at.
    pub rows: u64,
    /// The columns, in the order of the table.
    pub columns: Vec<ColumnSummary>,
    /// The columns by slice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub slices: Vec<SliceSummaries>,
    /// How columns go together, where that was asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub correlations: Vec<Correlation>,
    /// Rows that repeat others, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicates: Option<Duplicates>,
    /// The object with the profile of every chunk: what an update goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<Digest>,
}

/// What is known of a column. Texts of a table are shown only where the settings name their column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnSummary {
    /// The column.
    pub column: String,
    /// Its type.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// How many values are null.
    pub nulls: u64,
    /// How many distinct values there are; null is none.
    pub distinct: u64,
    /// Whether they were counted; otherwise they were estimated, with a standard error of 3.1 %.
    pub distinct_exact: bool,
    /// Of numbers, truth values (1 and 0), dates and times (as integers of the unit).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbers: Option<NumberSummary>,
    /// The most frequent values, the most frequent first; absent where there are too many distinct ones to count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top: Option<Vec<TopValue>>,
    /// The lengths of texts in characters, of bytes in bytes, of lists in entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lengths: Option<NumberSummary>,
    /// Values far from the others, where that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outliers: Option<Outliers>,
}

/// Statistics of numbers. What cannot be told, such as the skewness of a constant, is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct NumberSummary {
    /// What a number counts, such as `days since 1970-01-01`; absent for plain numbers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// How many are not a number.
    pub nan: u64,
    /// How many are infinite.
    pub infinite: u64,
    /// The mean of the finite numbers, as is all that follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mean: Option<f64>,
    /// The population standard deviation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standard_deviation: Option<f64>,
    /// The third standardised moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skewness: Option<f64>,
    /// The fourth standardised moment less 3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kurtosis: Option<f64>,
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// The least number as a value of the column: a date, a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first: Option<String>,
    /// The greatest number as a value of the column.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last: Option<String>,
    /// Quantiles, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantiles: Vec<Quantile>,
    /// How far a quantile may be from the exact one, as a share of its size; 0 where it is exact.
    pub quantile_width: f64,
    /// Counts in bins of equal width.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub histogram: Option<HistogramBins>,
}

/// A quantile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quantile {
    /// The share of numbers below it.
    pub share: f64,
    /// Its value, interpolated between neighbours.
    pub value: f64,
}

/// A histogram.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct HistogramBins {
    /// The edges, one more than counts. A bin holds its lower edge, the last one its upper edge too.
    pub edges: Vec<f64>,
    /// How many numbers lie in each bin.
    pub counts: Vec<u64>,
}

/// A frequent value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TopValue {
    /// The value as text; absent where it may not be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// In how many rows it stands.
    pub rows: u64,
}

/// Values far from the others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Outliers {
    /// The rule, such as `iqr`.
    pub rule: String,
    /// Values below are outliers.
    pub lower: f64,
    /// Values above are outliers.
    pub upper: f64,
    /// In how many rows there is one; infinite numbers are outliers, NaN is none.
    pub rows: u64,
    /// These rows, as a table without columns: their ids, with lineage to the rows of the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outlying_rows: Option<ArtifactRef>,
}

/// How two columns go together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Correlation {
    /// `pearson`, `spearman` or `cramers_v`.
    pub measure: String,
    /// One column.
    pub left: String,
    /// The other.
    pub right: String,
    /// How many rows have values in both.
    pub rows: u64,
    /// The value; null where it is undefined.
    pub value: Option<f64>,
    /// Why it is undefined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Rows that repeat others.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Duplicates {
    /// The columns that were compared.
    pub columns: Vec<String>,
    /// How many rows have the values of a row with a lesser id.
    pub rows: u64,
    /// These rows, as a table without columns: their ids, with lineage to the rows of the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeating_rows: Option<ArtifactRef>,
}

/// Columns by the slices that one column makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SliceSummaries {
    /// The source dataset that the slicing column belongs to, or `rows` for the table itself.
    pub source: String,
    /// The slicing column.
    pub column: String,
    /// The slices, by value.
    pub slices: Vec<SliceSummary>,
    /// How many rows have several values, through several source rows; each counts in every one.
    pub rows_in_several: u64,
    /// How many rows have no value, since no source row stands behind them.
    pub rows_in_none: u64,
}

/// One slice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SliceSummary {
    /// The column's value as text; null for null.
    pub value: Option<String>,
    /// How many rows it has.
    pub rows: u64,
    /// The columns of these rows.
    pub columns: Vec<ColumnSummary>,
}
