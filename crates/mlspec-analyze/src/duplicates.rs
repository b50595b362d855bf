//! Rows that repeat others. One row decides about rows far away, so an update looks at all rows.

use crate::AnalyzeError;
use crate::analyzer::known;
use mlspec_record::TableSchema;
use mlspec_table::{Equality, Table, row_hashes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Which rows count as equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateParams {
    /// The columns in which rows are compared; all of them if none is named. Null equals null, NaN equals NaN.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
}

/// The columns in which rows are compared.
pub(crate) fn columns<'a>(params: &'a DuplicateParams, schema: &'a TableSchema) -> Result<Vec<&'a str>, AnalyzeError> {
    for column in &params.columns {
        known(schema, column)?;
    }
    Ok(match params.columns.is_empty() {
        true => schema.names().collect(),
        false => params.columns.iter().map(String::as_str).collect(),
    })
}

/// The ids of rows that have the values of a row with a lesser id; nothing of a table without columns.
pub(crate) fn find(params: &DuplicateParams, table: &Table) -> Result<Vec<u64>, AnalyzeError> {
    let columns = columns(params, table.schema())?;
    if columns.is_empty() {
        return Ok(Vec::new());
    }
    let mut seen = HashSet::with_capacity(table.len());
    let hashes = row_hashes(table.frame(), &columns, Equality::Key)?;
    Ok(table.ids().into_iter().zip(hashes).filter(|(_, hash)| !seen.insert(*hash)).map(|(id, _)| id).collect())
}
