//! Random plans on random tables: tracked equals untracked; lineage is sufficient, necessary, and the same both ways.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod random;
mod relations;
mod sql;
mod update;

use mlspec_provenance::{Materialized, Plan, Tracer, source_lineage};
use mlspec_record::{ArtifactRef, Name, TableSchema};
use mlspec_store::Store;
use mlspec_table::polars::prelude::*;
use mlspec_table::{ChunkOptions, Table};
use proptest::prelude::*;
use random::{tables, tree};
use std::collections::{BTreeMap, BTreeSet};

/// The rows as texts, without ids, sorted.
fn multiset(frame: &DataFrame) -> Vec<String> {
    let columns: Vec<_> = ["k", "v", "x"].iter().map(|name| frame.column(name).unwrap()).collect();
    let row = |at| columns.iter().map(|column| column.get(at).unwrap().to_string()).collect::<Vec<_>>().join("|");
    let mut rows: Vec<_> = (0..frame.height()).map(row).collect();
    rows.sort();
    rows
}

/// The values of the row of this id, if it is there.
fn row_of(frame: &DataFrame, id: u64) -> Option<Vec<String>> {
    let ids = frame.column("_row").unwrap().u64().unwrap();
    let at = ids.iter().position(|found| found == Some(id))?;
    Some(frame.columns().iter().map(|column| column.get(at).unwrap().to_string()).collect())
}

type Lineage = BTreeMap<u64, BTreeMap<String, BTreeSet<u64>>>;

fn ids(frame: &DataFrame, column: &str) -> Vec<u64> {
    frame.column(column).unwrap().u64().unwrap().iter().flatten().collect()
}

/// For every row, by scan, the rows it comes from.
fn lineage(tracked: &mlspec_provenance::Tracked) -> Lineage {
    let mut found: Lineage = ids(tracked.frame(), "_row").into_iter().map(|row| (row, BTreeMap::new())).collect();
    for scan in tracked.scans() {
        let pairs = tracked.pairs(&scan.name).unwrap();
        for (row, source) in ids(&pairs, "_row").into_iter().zip(ids(&pairs, "source")) {
            found.get_mut(&row).unwrap().entry(scan.name.clone()).or_default().insert(source);
        }
    }
    found
}

/// Runs a plan on some rows of each scan.
fn restricted(plan: &Plan, tables: &BTreeMap<String, Table>, rows: &BTreeMap<String, BTreeSet<u64>>) -> DataFrame {
    let schemas: BTreeMap<String, TableSchema> =
        tables.iter().map(|(name, table)| (name.clone(), table.schema().clone())).collect();
    let none = BTreeSet::new();
    let read = |scan: &mlspec_provenance::Scan| {
        let table = &tables[&scan.table];
        let kept = rows.get(&scan.name).unwrap_or(&none);
        let mask: BooleanChunked = table.ids().iter().map(|id| Some(kept.contains(id))).collect();
        Ok(table.frame().filter(&mask).unwrap())
    };
    plan.run_scans(&schemas, &read).unwrap().frame().clone()
}

/// Keeps a table as a source.
fn source(store: &Store, name: &str, table: &Table, options: &ChunkOptions) -> ArtifactRef {
    let lineage = source_lineage(store, &Name::new(name).unwrap(), table.schema()).unwrap();
    ArtifactRef { lineage: Some(lineage), ..table.write(store, options).unwrap() }
}

/// Keeps both tables as sources and the plan's result.
fn written(
    store: &Store,
    plan: &Plan,
    tables: &BTreeMap<String, Table>,
    options: &ChunkOptions,
) -> (BTreeMap<String, ArtifactRef>, Materialized) {
    let kept = |(name, table): (&String, &Table)| (name.clone(), source(store, name, table, options));
    let sources: BTreeMap<_, _> = tables.iter().map(kept).collect();
    let tracked = plan.run(tables).unwrap();
    let artifact = tracked.write(store, &sources, options).unwrap();
    let indexes = plan.index(store, tables).unwrap();
    let reports = tracked.write_reports(store, options).unwrap();
    (sources, Materialized { artifact, reports, indexes })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(48), max_shrink_iters: 300, ..ProptestConfig::default() })]

    #[test]
    fn tracked_equals_untracked(tree in tree(2, false), tables in tables()) {
        prop_assume!(tree.has_oracle());
        let tracked = tree.plan().run(&tables).unwrap();
        prop_assert_eq!(multiset(tracked.frame()), multiset(&tree.oracle(&tables).collect().unwrap()));
        prop_assert!(tracked.table().is_ok());
    }

    #[test]
    fn lineage_is_sufficient_and_necessary(tree in tree(2, false), tables in tables()) {
        prop_assume!(tree.is_sufficient());
        let plan = tree.plan();
        let tracked = plan.run(&tables).unwrap();
        for (row, from) in lineage(&tracked).iter().take(6) {
            let part = restricted(&plan, &tables, from);
            prop_assert_eq!(row_of(&part, *row), row_of(tracked.frame(), *row), "row {} from {:?}", row, from);
            if !tree.is_necessary() {
                continue;
            }
            for (scan, sources) in from {
                for source in sources {
                    let mut less = from.clone();
                    less.get_mut(scan).unwrap().remove(source);
                    prop_assert_eq!(row_of(&restricted(&plan, &tables, &less), *row), None);
                }
            }
        }
    }

    #[test]
    fn a_tracer_finds_the_same_both_ways(tree in tree(2, false), after in tree(1, false), tables in tables()) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let (sources, first) = written(&store, &tree.plan(), &tables, &ChunkOptions::default());
        let first = first.artifact;
        // A second stage on the result of the first.
        let middle = Table::read(&store, &first.digest).unwrap();
        let inputs = BTreeMap::from([("s".to_owned(), middle), ("t".to_owned(), tables["t"].clone())]);
        let parents = BTreeMap::from([("s".to_owned(), first), ("t".to_owned(), sources["t"].clone())]);
        let result = after.plan().run(&inputs).unwrap().write(&store, &parents, &ChunkOptions::default()).unwrap();

        let tracer = Tracer::new(&store);
        let mut forward: BTreeSet<(String, u64, u64)> = BTreeSet::new();
        let mut bulk = BTreeSet::new();
        for source in tracer.sources(&result).unwrap() {
            let pairs = tracer.pairs(&result, &source).unwrap();
            let dataset = source.dataset.to_string();
            bulk.extend(ids(&pairs, "_row").into_iter().zip(ids(&pairs, "source")).map(|(row, source)| (dataset.clone(), row, source)));
            for row in tables[&dataset].ids() {
                for reached in tracer.forward(&source.artifact, &[row], &result).unwrap() {
                    forward.insert((dataset.clone(), reached, row));
                }
            }
        }
        let mut backward = BTreeSet::new();
        for row in Table::read(&store, &result.digest).unwrap().ids() {
            // A fresh tracer reads only the chunks it needs.
            for (source, sources) in Tracer::new(&store).backward(&result, &[row]).unwrap() {
                backward.extend(sources.into_iter().map(|id| (source.dataset.to_string(), row, id)));
            }
        }
        prop_assert_eq!(&bulk, &backward);
        prop_assert_eq!(&forward, &backward);
    }
}

/// The number of cases: few, since polars without optimisation is slow; `PROPTEST_CASES` asks for more.
fn cases(default: u32) -> u32 {
    match ProptestConfig::default().cases {
        256 => default,
        asked => asked,
    }
}
