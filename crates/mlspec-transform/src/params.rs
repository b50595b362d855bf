//! What a user may set, and the check.

use crate::{TransformError, Transformer};
use mlspec_provenance::Operator;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How the output is made, and which tables are made on the way.
///
/// A name behind `from` or `with`, or of a table in `sql`, is that of a table under `tables`, or else that of an input port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["from"]}, {"required": ["sql"]}]))]
pub struct TransformParams {
    /// Tables that are made on the way, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tables: BTreeMap<String, TableSteps>,
    /// The table that the output's steps begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// In place of `from`: a `SELECT`, whose result the steps begin with. Names of tables in it are as behind `from`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub sql: Option<String>,
    /// What is done to its rows, one operator after another.
    #[serde(default)]
    pub steps: Vec<Operator>,
    /// Columns of sources by whose values the record counts rows, operator by operator: also where the column is gone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inspect: Vec<Inspect>,
}

/// A column whose values make groups, the rows of which are counted before and after every operator.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inspect {
    /// An input of the step, or a dataset that an input comes from.
    pub source: String,
    /// The column there: of texts, integers, days or truth values.
    pub column: String,
}

/// A table that is made on the way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("oneOf" = [{"required": ["from"]}, {"required": ["sql"]}]))]
pub struct TableSteps {
    /// The table that its steps begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// In place of `from`: a `SELECT`, whose result the steps begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1))]
    pub sql: Option<String>,
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
