//! What a user may set, and the check.

use crate::{TransformError, Transformer};
use mlspec_provenance::Operator;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the output is made, and which tables are made on the way.
///
/// A name behind `from` or `with` is that of a table under `tables`, or else that of an input port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransformParams {
    /// Tables that are made on the way, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<String, TableSteps>,
    /// The table that the output's steps begin with.
    pub from: String,
    /// What is done to its rows, one operator after another.
    #[serde(default)]
    pub steps: Vec<Operator>,
}

/// A table that is made on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableSteps {
    /// The table that its steps begin with.
    pub from: String,
    /// What is done to its rows, one operator after another.
    #[serde(default)]
    pub steps: Vec<Operator>,
}

impl TransformParams {
    /// Checks everything that can be checked without columns: expressions, cycles among the tables, tables that nothing uses,
    /// names of ports. Only the result can run.
    ///
    /// # Errors
    /// When one of these is wrong.
    pub fn check(self) -> Result<Transformer, TransformError> {
        Transformer::new(self)
    }
}
