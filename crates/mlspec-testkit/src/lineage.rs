//! Lineage of outputs leads to the inputs.

use crate::{Bench, must};
use mlspec_record::{ArtifactKind, ArtifactRef, Lineage, LineageNode, Output, RowLineage};

/// The output's lineage is there, its parents are inputs, its ids are rows there, its columns are the table's.
#[track_caller]
pub(crate) fn check(bench: &Bench, output: &Output, inputs: &[(&str, &ArtifactRef)]) {
    let (port, artifact) = (&output.port, &output.artifact);
    if inputs.iter().any(|(_, input)| *input == artifact) {
        return; // passed through, with the lineage it came with
    }
    let Some(digest) = artifact.lineage else { panic!("the output `{port}` has no lineage") };
    let lineage: Lineage = must("read lineage", bench.store().json(&digest));
    for parent in &lineage.parents {
        let scanned = parent.scan.split('#').next().unwrap_or_default();
        let known = inputs.iter().any(|(port, input)| *port == scanned && **input == parent.artifact);
        assert!(known, "the lineage of `{port}` names `{}`, which is no input", parent.scan);
    }
    check_rows(bench, output, &lineage);
    if artifact.kind == ArtifactKind::Table {
        let schema = bench.table(artifact).schema().clone();
        let of_columns: Vec<_> =
            lineage.columns.iter().map(|column| (column.column.as_str(), column.data_type)).collect();
        let of_table: Vec<_> = schema.columns().iter().map(|column| (column.name.as_str(), column.data_type)).collect();
        assert_eq!(of_columns, of_table, "the lineage of `{port}` has the table's columns");
    }
}

#[track_caller]
fn check_rows(bench: &Bench, output: &Output, lineage: &Lineage) {
    let (port, artifact) = (&output.port, &output.artifact);
    match &lineage.rows {
        RowLineage::Source { .. } => assert!(lineage.parents.is_empty(), "the source `{port}` has parents"),
        RowLineage::All => assert!(!lineage.parents.is_empty(), "`{port}` comes from all rows of nothing"),
        RowLineage::Identity => {
            let Some(parent) = lineage.parents.first() else { panic!("`{port}` has the rows of nothing") };
            if artifact.kind == ArtifactKind::Table && parent.artifact.kind == ArtifactKind::Table {
                let there = bench.table(&parent.artifact).ids();
                let strange = bench.table(artifact).ids().into_iter().find(|id| there.binary_search(id).is_err());
                assert_eq!(strange, None, "a row of `{port}` is none of `{}`", parent.scan);
            }
        }
        RowLineage::Nodes { table, nodes, .. } => {
            let has_table = table.as_ref().filter(|_| artifact.kind == ArtifactKind::Table);
            if let Some(table) = has_table {
                let ids = must("read lineage", mlspec_table::Table::read(bench.store(), table)).ids();
                assert_eq!(ids, bench.table(artifact).ids(), "the lineage of `{port}` has a row for every row");
            }
            for node in nodes {
                match node {
                    LineageNode::Scan { parent } => assert!(*parent < lineage.parents.len(), "a scan of no parent"),
                    LineageNode::Edges { table, .. } => {
                        must("read lineage", mlspec_table::Table::read(bench.store(), table));
                    }
                    _ => {}
                }
            }
        }
        _ => {}
    }
}
