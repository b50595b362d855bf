//! What tests of operators share.

pub(crate) use crate::{Join, Plan, Tracked};
use mlspec_record::{ColumnLineage, SourceColumn, TableSchema};
pub(crate) use mlspec_table::Table;
use mlspec_table::polars::prelude::*;
pub(crate) use mlspec_table::polars::prelude::{DataFrame, df};
use std::collections::BTreeMap;

pub(crate) fn table(frame: PolarsResult<DataFrame>) -> Table {
    Table::new(frame.unwrap()).unwrap()
}

/// Four rows of an integer `a` and a text `b`.
pub(crate) fn numbers() -> Table {
    table(df!(
        "_row" => [10_u64, 11, 12, 13],
        "a" => [Some(1_i64), Some(2), Some(3), None],
        "b" => ["x", "y", "z", "x"]
    ))
}

pub(crate) fn tables(inputs: &[(&str, Table)]) -> BTreeMap<String, Table> {
    inputs.iter().map(|(name, table)| ((*name).to_owned(), table.clone())).collect()
}

/// Runs a plan; what was planned is what came out.
pub(crate) fn run(plan: &Plan, inputs: &[(&str, Table)]) -> Tracked {
    let tracked = plan.run(&tables(inputs)).unwrap();
    let planned = plan.plan(&schemas(inputs)).unwrap();
    assert_eq!(tracked.table().unwrap().schema(), &planned.schema);
    assert_eq!(tracked.columns(), planned.columns);
    tracked
}

fn schemas(inputs: &[(&str, Table)]) -> BTreeMap<String, TableSchema> {
    inputs.iter().map(|(name, table)| ((*name).to_owned(), table.schema().clone())).collect()
}

/// The error of a plan that cannot work.
pub(crate) fn refusal(plan: &Plan, inputs: &[(&str, Table)]) -> String {
    plan.plan(&schemas(inputs)).unwrap_err().to_string()
}

/// A line per row, ids first.
pub(crate) fn cells(table: &Table) -> Vec<String> {
    let frame = table.frame();
    let show = |value: AnyValue<'_>| match value {
        AnyValue::String(text) => text.to_owned(),
        AnyValue::StringOwned(text) => text.to_string(),
        other => other.to_string(),
    };
    let row = |at| frame.columns().iter().map(|column| show(column.get(at).unwrap())).collect::<Vec<_>>().join("|");
    (0..frame.height()).map(row).collect()
}

pub(crate) fn all_sources(sources: &[SourceColumn]) -> String {
    let show = |source: &SourceColumn| {
        let kind = serde_json::to_value(source.dependency).unwrap();
        format!("{}.{} {}", source.scan, source.column, kind.as_str().unwrap())
    };
    sources.iter().map(show).collect::<Vec<_>>().join(", ")
}

pub(crate) fn sources(column: &ColumnLineage) -> String {
    all_sources(&column.sources)
}

pub(crate) use sources as sources_of;

/// Pairs of a row and the row of a scan, sorted.
pub(crate) fn pairs_of(tracked: &Tracked, scan: &str) -> Vec<(u64, u64)> {
    sorted_pairs(&tracked.pairs(scan).unwrap())
}

pub(crate) fn sorted_pairs(pairs: &DataFrame) -> Vec<(u64, u64)> {
    let ids = |name: &str| pairs.column(name).unwrap().u64().unwrap().iter().flatten().collect::<Vec<_>>();
    let mut pairs: Vec<_> = ids("_row").into_iter().zip(ids("source")).collect();
    pairs.sort_unstable();
    pairs
}
