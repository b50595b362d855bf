//! Rows that two runs left at the same port.

use crate::{TraceError, View};
use mlspec_record::{ArtifactKind, ArtifactRef, Envelope, Name, TableSchema};
use mlspec_table::difference;
use serde::Serialize;
use serde_json::Value;

/// How the rows at a port differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TableChange {
    /// The port.
    pub port: Name,
    /// How many rows there were.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_before: Option<u64>,
    /// How many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows_after: Option<u64>,
    /// Rows by id, where the columns are the same and both tables are in the store.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<RowChange>,
    /// Columns that came.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns_added: Vec<String>,
    /// Columns that went.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns_removed: Vec<String>,
    /// Columns of another type.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub columns_retyped: Vec<String>,
}

/// Rows by id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RowChange {
    /// How many ids went.
    pub removed: u64,
    /// How many ids came.
    pub added: u64,
    /// How many ids have other values.
    pub changed: u64,
}

type Side<'a> = (&'a View, &'a Envelope<Value>);

/// The ports at which something else was left.
pub(super) fn changes((before, one): Side<'_>, (after, other): Side<'_>) -> Result<Vec<TableChange>, TraceError> {
    let mut found = Vec::new();
    for output in &other.outputs {
        let was = one.outputs.iter().find(|was| was.port == output.port).map(|was| &was.artifact);
        let is = &output.artifact;
        let rows = matches!(is.kind, ArtifactKind::Table | ArtifactKind::Matrix);
        if let Some(was) = was.filter(|was| rows && was.kind == is.kind && was.digest != is.digest) {
            found.push(change(&output.port, (before, was), (after, is))?);
        }
    }
    Ok(found)
}

fn change(
    port: &Name,
    (before, was): (&View, &ArtifactRef),
    (after, is): (&View, &ArtifactRef),
) -> Result<TableChange, TraceError> {
    let schemas = [(before, was), (after, is)].map(|(view, artifact)| schema(view, artifact));
    let columns = |of: &Option<TableSchema>, with: &Option<TableSchema>, differ: fn(bool, bool) -> bool| {
        let (Some(of), Some(with)) = (of, with) else { return Vec::new() };
        let differs = |column: &&mlspec_record::Column| {
            let other = with.get(&column.name);
            differ(other.is_some(), other == Some(column.data_type))
        };
        of.columns().iter().filter(differs).map(|column| column.name.clone()).collect()
    };
    let [one, other] = &schemas;
    let rows = match (was.kind, one == other && one.is_some()) {
        (ArtifactKind::Table, true) => rows(before, was, after, is)?,
        _ => None,
    };
    Ok(TableChange {
        port: port.clone(),
        rows_before: was.rows,
        rows_after: is.rows,
        rows,
        columns_added: columns(other, one, |there, _| !there),
        columns_removed: columns(one, other, |there, _| !there),
        columns_retyped: columns(other, one, |there, same| there && !same),
    })
}

fn schema(view: &View, artifact: &ArtifactRef) -> Option<TableSchema> {
    (artifact.kind == ArtifactKind::Table).then(|| view.store.table_schema(&artifact.digest).ok()).flatten()
}

/// Rows by id; nothing where the tables lie in different stores, or one was purged.
fn rows(before: &View, was: &ArtifactRef, after: &View, is: &ArtifactRef) -> Result<Option<RowChange>, TraceError> {
    if before.store.root() != after.store.root() || after.store.files_of([was, is]).is_err() {
        return Ok(None);
    }
    let found = difference(&after.store, &was.digest, &is.digest)?;
    Ok(found.map(|found| RowChange {
        removed: found.removed.len() as u64,
        added: found.added.len() as u64,
        changed: found.changed.len() as u64,
    }))
}
