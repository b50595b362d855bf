//! A table in flight: rows, their ids, and the ids of the rows they come from.

use crate::Problem;
use mlspec_table::polars::prelude::*;
use mlspec_table::{ROW, TableError};

/// The name of the column in flight that holds ids of a node.
pub(crate) fn node_column(node: usize) -> String {
    format!("@{node}")
}

/// A table in flight. Its frame has the column `_row`, one column `@k` per node in `nodes`, and the table's own columns.
#[derive(Clone, Debug)]
pub(crate) struct Flight {
    pub(crate) frame: DataFrame,
    /// The node that `_row` itself names, if it does.
    pub(crate) own: Option<usize>,
    pub(crate) nodes: Vec<usize>,
}

impl Flight {
    /// The same rows, or some of them, with other columns.
    pub(crate) fn with(self, frame: DataFrame) -> Self {
        Self { frame, ..self }
    }

    pub(crate) fn rows(&self) -> usize {
        self.frame.height()
    }

    /// The ids, in one piece.
    pub(crate) fn ids(&self) -> Result<UInt64Chunked, Problem> {
        ids(&self.frame, ROW)
    }

    /// The columns that are not the table's own.
    pub(crate) fn hidden(&self) -> Vec<String> {
        std::iter::once(ROW.to_owned()).chain(self.nodes.iter().copied().map(node_column)).collect()
    }

    /// Keeps, of the table's own columns, those that `keep` names.
    pub(crate) fn keep(self, keep: impl Fn(&str) -> bool) -> Result<Self, Problem> {
        let hidden = self.hidden();
        let height = self.frame.height();
        let kept = self.frame.columns().iter().filter(|column| {
            let name = column.name().as_str();
            keep(name) || hidden.iter().any(|hidden| hidden == name)
        });
        let frame = DataFrame::new(height, kept.cloned().collect()).map_err(bug)?;
        Ok(self.with(frame))
    }

    pub(crate) fn has(&self, column: &str) -> bool {
        self.frame.get_column_index(column).is_some()
    }

    /// Renames `_row` to the column of the node that it names, or to `temporary`; returns the new name.
    pub(crate) fn hide_ids(&mut self, temporary: &str) -> Result<String, Problem> {
        let name = match self.own.take() {
            None => temporary.to_owned(),
            Some(node) => {
                self.nodes.push(node);
                node_column(node)
            }
        };
        self.frame.rename(ROW, name.as_str().into()).map_err(bug)?;
        Ok(name)
    }
}

/// A column of ids, in one piece; it may hold nulls.
pub(crate) fn ids(frame: &DataFrame, name: &str) -> Result<UInt64Chunked, Problem> {
    let column = frame.column(name).map_err(bug)?;
    Ok(column.as_materialized_series().u64().map_err(bug)?.rechunk().into_owned())
}

/// What polars refuses although columns and types were checked before: no user's doing.
pub(crate) fn bug(error: PolarsError) -> Problem {
    Problem::Table(TableError::Polars(error))
}

/// What polars refuses because of the values; its message may show them.
pub(crate) fn data(what: &str) -> impl FnOnce(PolarsError) -> Problem + use<> {
    let what = what.to_owned();
    move |_| Problem::Data(what)
}
