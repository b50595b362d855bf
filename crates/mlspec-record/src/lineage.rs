//! Where the rows, columns and features of an artifact come from: one hop, stored beside it.

use crate::{ArtifactRef, DataType, Digest, Name};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One hop of lineage: from an artifact to the artifacts that the stage read.
///
/// Questions compose hops: a parent's [`ArtifactRef`] names the parent's own lineage, down to sources, whose
/// [`RowLineage`] is `source`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Lineage {
    /// The artifacts read, one entry per scan: a self-join has two entries of the same artifact.
    pub parents: Vec<LineageParent>,
    /// How rows map to rows of the parents.
    pub rows: RowLineage,
    /// For each output column, the columns it comes from. Empty for artifacts without columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<ColumnLineage>,
    /// Columns that decided which rows exist or how they are grouped, for all output columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub indirect: Vec<SourceColumn>,
    /// For a matrix: which features come from which columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<FeatureRange>,
}

/// One scan of an artifact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LineageParent {
    /// The name by which the stage knows it: its port, or `port#2` for the second scan of the same port.
    pub scan: String,
    /// The artifact.
    pub artifact: ArtifactRef,
}

/// How rows map to rows of the parents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum RowLineage {
    /// The rows entered here; there is nothing behind them but the files of the ingestion record.
    Source {
        /// The dataset.
        dataset: Name,
    },
    /// Each row has the id of the one row of the first parent that it comes from. Other parents, such as the model that
    /// made predictions, had a part as a whole; questions about rows don't follow them.
    Identity,
    /// Ids that name rows of `nodes`, which are rows of parents or groups of such.
    Nodes {
        /// What the columns `n0`, `n1`, … of `table` and of the edge tables refer to. A node refers to earlier ones only.
        nodes: Vec<LineageNode>,
        /// The node that the ids of the output rows themselves name, if they do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        own: Option<usize>,
        /// A table with one row per output row, of the same id; its column `nK` names a row of `nodes[K]`, or is null.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        table: Option<Digest>,
        /// The nodes that `table` has columns for.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        roots: Vec<usize>,
    },
    /// The artifact as a whole comes from all rows of all parents (a model, a metric).
    All,
}

/// What an id column of a lineage table refers to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum LineageNode {
    /// A row id of `parents[parent]`.
    Scan {
        /// Index into the parents.
        parent: usize,
    },
    /// A group id of an edge table: each of its rows (id: the input row) has the column `group` and one column `nK` per
    /// input node.
    Edges {
        /// The edge table's digest.
        table: Digest,
        /// The node that the ids of the input rows themselves name, if they do.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        own: Option<usize>,
        /// The nodes that its columns `nK` refer to.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        inputs: Vec<usize>,
    },
}

/// How a value depends on a column (the kinds of OpenLineage's column lineage facet).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Dependency {
    /// The value itself.
    Identity,
    /// A function of values of one row.
    Transformation,
    /// A function of values of several rows.
    Aggregation,
    /// It decided whether the row exists.
    Filter,
    /// It decided which rows met.
    Join,
    /// It decided which rows were grouped.
    Group,
    /// It decided the order.
    Sort,
    /// It decided the rows of a window.
    Window,
}

/// A column of a scan and how something depends on it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct SourceColumn {
    /// The scan's name, as in [`LineageParent::scan`].
    pub scan: String,
    /// The column there.
    pub column: String,
    /// The kind of dependency.
    pub dependency: Dependency,
}

/// An output column and what it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ColumnLineage {
    /// The output column.
    pub column: String,
    /// Its type.
    #[serde(rename = "type")]
    pub data_type: DataType,
    /// The source columns, sorted.
    pub sources: Vec<SourceColumn>,
}

/// Features that one encoder wrote: the half-open range of matrix columns and the table columns they come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FeatureRange {
    /// The encoder, such as `one_hot`.
    pub encoder: String,
    /// The table columns it read.
    pub columns: Vec<String>,
    /// First matrix column.
    pub start: u64,
    /// One beyond the last matrix column.
    pub end: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn hops_are_tagged_and_leave_out_what_is_empty() {
        let source = Lineage {
            parents: Vec::new(),
            rows: RowLineage::Source { dataset: Name::new("mails").unwrap() },
            columns: Vec::new(),
            indirect: Vec::new(),
            features: Vec::new(),
        };
        let value = json!({"parents": [], "rows": {"type": "source", "dataset": "mails"}});
        assert_eq!(serde_json::to_value(&source).unwrap(), value);
        assert_eq!(serde_json::from_value::<Lineage>(value).unwrap(), source);
        assert!(serde_json::from_value::<RowLineage>(json!({"type": "elsewhere"})).is_err());
    }
}
