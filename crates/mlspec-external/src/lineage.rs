//! Where rows and columns of an output come from.

use crate::{ExternalError, ExternalStep, OutputParams};
use mlspec_record::body::{ExternalOutput, ExternalRows};
use mlspec_record::{ArtifactRef, ColumnLineage, Dependency, LineageParent, Name, SourceColumn, TableSchema};
use mlspec_table::format::NamedRows;
use mlspec_table::{Table, content_ids};
use std::collections::BTreeMap;

/// An input: its artifact, its columns, its row ids.
pub(crate) struct Input {
    pub(crate) artifact: ArtifactRef,
    pub(crate) schema: TableSchema,
    pub(crate) ids: Vec<u64>,
}

pub(crate) type Inputs = BTreeMap<Name, Input>;

/// What an output is, and where it comes from.
pub(crate) struct Made {
    pub(crate) table: Table,
    pub(crate) parents: Vec<LineageParent>,
    /// The parent whose ids the rows have.
    pub(crate) kept: Option<usize>,
    pub(crate) columns: Vec<ColumnLineage>,
    pub(crate) indirect: Vec<SourceColumn>,
    pub(crate) report: ExternalOutput,
}

/// Gives the rows of an output their ids, and says where they come from.
pub(crate) fn made(
    step: &ExternalStep,
    inputs: &Inputs,
    (port, output): (&Name, &OutputParams),
    found: NamedRows,
) -> Result<Made, ExternalError> {
    let wrong = |what: String| ExternalError::Rows { port: port.clone(), what };
    let (table, dropped) = match (&output.rows_of, found.rows) {
        (Some(of), Some(ids)) => {
            let known = inputs.get(of).map(|input| input.ids.as_slice()).unwrap_or_default();
            let strange = ids.iter().filter(|id| known.binary_search(id).is_err()).count();
            if strange > 0 {
                return Err(wrong(format!("has {strange} rows with ids that `{of}` has not")));
            }
            let rows = ids.len();
            let mut sorted = ids.clone();
            sorted.sort_unstable();
            sorted.dedup();
            if sorted.len() < rows {
                return Err(wrong(format!("has {} rows with an id that another row has", rows - sorted.len())));
            }
            (Table::with_ids(found.frame, ids)?, Some((known.len() - rows) as u64))
        }
        (Some(of), None) => return Err(wrong(format!("has no column `_row` with the ids of `{of}`"))),
        (None, Some(_)) => return Err(wrong("has a column `_row`, and does not say whose ids these are".to_owned())),
        (None, None) => {
            let ids = content_ids(&found.frame, "external")?;
            (Table::with_ids(found.frame, ids)?, None)
        }
    };
    let whole = dropped == Some(0);
    let parents: Vec<LineageParent> = in_order(inputs, output)
        .map(|(port, input)| LineageParent { scan: port.to_string(), artifact: input.artifact.clone() })
        .collect();
    let columns = table.schema().columns().iter().map(|column| ColumnLineage {
        column: column.name.clone(),
        data_type: column.data_type,
        sources: sources(inputs, output, &column.name),
    });
    let undeclared = table.schema().names().filter(|name| !output.lineage.contains_key(*name)).map(str::to_owned);
    let report = ExternalOutput {
        port: port.clone(),
        rows: table.len() as u64,
        row_lineage: if output.rows_of.is_some() { ExternalRows::Kept } else { ExternalRows::AllToAll },
        rows_of: output.rows_of.clone(),
        dropped,
        undeclared: undeclared.collect(),
    };
    let only = whole && step.params.inputs.len() == 1;
    Ok(Made {
        kept: output.rows_of.as_ref().map(|_| 0),
        columns: columns.collect(),
        // Where each row of the only input is there, nothing decided which rows there are.
        indirect: if only { Vec::new() } else { every(inputs, |_| Dependency::Filter) },
        table,
        parents,
        report,
    })
}

/// The inputs, that whose ids are kept first.
fn in_order<'a>(inputs: &'a Inputs, output: &'a OutputParams) -> impl Iterator<Item = (&'a Name, &'a Input)> {
    let kept = |(port, _): &(&Name, &Input)| output.rows_of.as_ref() == Some(*port);
    inputs.iter().filter(kept).chain(inputs.iter().filter(move |pair| !kept(pair)))
}

fn sources(inputs: &Inputs, output: &OutputParams, column: &str) -> Vec<SourceColumn> {
    let how = |port: &Name| match output.rows_of.as_ref() == Some(port) {
        true => Dependency::Transformation,
        false => Dependency::Aggregation,
    };
    let Some(declared) = output.lineage.get(column) else { return every(inputs, how) };
    let of_port = |(port, columns): (&Name, &Vec<String>)| {
        let dependency = how(port);
        let source = |column: &String| SourceColumn { scan: port.to_string(), column: column.clone(), dependency };
        columns.iter().map(source).collect::<Vec<_>>()
    };
    let mut sources: Vec<SourceColumn> = declared.iter().flat_map(of_port).collect();
    sources.sort_unstable();
    sources.dedup();
    sources
}

/// All columns of all inputs.
fn every(inputs: &Inputs, how: impl Fn(&Name) -> Dependency) -> Vec<SourceColumn> {
    let of_port = |(port, input): (&Name, &Input)| {
        let dependency = how(port);
        let source = |name: &str| SourceColumn { scan: port.to_string(), column: name.to_owned(), dependency };
        input.schema.names().map(source).collect::<Vec<_>>()
    };
    let mut all: Vec<SourceColumn> = inputs.iter().flat_map(of_port).collect();
    all.sort_unstable();
    all
}
