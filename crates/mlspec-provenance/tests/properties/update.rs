//! Random changes of random tables: an update equals a run, in rows, lineage and reports.

use crate::random::{Step, Tree, Wild, tree};
use crate::{cases, written};
use mlspec_provenance::Updated;
use mlspec_record::ArtifactRef;
use mlspec_store::Store;
use mlspec_table::polars::prelude::*;
use mlspec_table::{ChunkOptions, Table};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestRunner};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// A row: key, integer, float.
type Row = (Option<u8>, Option<i64>, Option<u8>);

/// A table as rows by id.
type Rows = BTreeMap<u64, Row>;

/// What happens to a table between two versions.
#[derive(Clone, Debug)]
enum Change {
    Nothing,
    /// Rows at these places go.
    Erase(Vec<usize>),
    /// Rows at these places get other values.
    Correct(Vec<(usize, Row)>),
    /// Rows come behind the others, or between them.
    Append(Vec<(u64, Row)>),
    /// Everything goes.
    Clear,
    /// The rows get the values of the next row each.
    Shift,
    Several(Vec<Change>),
}

impl Change {
    fn apply(&self, rows: &mut Rows) {
        let ids: Vec<u64> = rows.keys().copied().collect();
        let at = |place: &usize| ids.get(place % ids.len().max(1)).copied();
        match self {
            Self::Nothing => {}
            Self::Erase(places) => {
                let gone: BTreeSet<u64> = places.iter().filter_map(at).collect();
                rows.retain(|id, _| !gone.contains(id));
            }
            Self::Correct(new) => {
                for (id, row) in new.iter().filter_map(|(place, row)| Some((at(place)?, row))) {
                    rows.insert(id, *row);
                }
            }
            Self::Append(new) => rows.extend(new.iter().copied()),
            Self::Clear => rows.clear(),
            Self::Shift => {
                let mut values: Vec<Row> = rows.values().copied().collect();
                let by = usize::from(!values.is_empty());
                values.rotate_left(by);
                rows.values_mut().zip(values).for_each(|(row, value)| *row = value);
            }
            Self::Several(changes) => changes.iter().for_each(|change| change.apply(rows)),
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Erase(_) => "erase",
            Self::Correct(_) => "correct",
            Self::Append(_) => "append",
            Self::Clear => "clear",
            Self::Shift => "shift",
            Self::Several(_) => "several",
        }
    }
}

fn row() -> impl Strategy<Value = Row> {
    (prop::option::weighted(0.8, 0..4_u8), prop::option::weighted(0.9, -2..4_i64), prop::option::weighted(0.9, 0..6_u8))
}

fn change(depth: u32) -> BoxedStrategy<Change> {
    let one = prop_oneof![
        3 => Just(Change::Nothing),
        4 => prop::collection::vec(0..20_usize, 1..4).prop_map(Change::Erase),
        4 => prop::collection::vec((0..20_usize, row()), 1..4).prop_map(Change::Correct),
        4 => prop::collection::vec((0..60_u64, row()), 1..4).prop_map(Change::Append),
        1 => Just(Change::Clear),
        1 => Just(Change::Shift),
    ];
    if depth == 0 {
        return one.boxed();
    }
    prop_oneof![4 => one, 1 => prop::collection::vec(change(depth - 1), 2..4).prop_map(Change::Several)].boxed()
}

fn rows() -> impl Strategy<Value = Rows> {
    prop::collection::btree_map(0..40_u64, row(), 0..9)
}

fn table(rows: &Rows) -> Table {
    let k: Vec<_> = rows.values().map(|row| row.0.map(|k| ["a", "b", "c", "d"][usize::from(k)])).collect();
    let v: Vec<_> = rows.values().map(|row| row.1).collect();
    let floats = [0.0, -0.0, 0.1, f64::NAN, 1e17, -1.5];
    let x: Vec<_> = rows.values().map(|row| row.2.map(|x| floats[usize::from(x)])).collect();
    Table::with_ids(df!("k" => k, "v" => v, "x" => x).unwrap(), rows.keys().copied().collect()).unwrap()
}

/// What the cases held.
#[derive(Default)]
struct Coverage(BTreeMap<String, u64>);

impl Coverage {
    fn count(&mut self, what: impl Into<String>) {
        *self.0.entry(what.into()).or_default() += 1;
    }

    fn steps(&mut self, tree: &Tree) {
        for step in &tree.steps {
            let name = format!("{step:?}");
            let name: String = name.chars().take_while(|c| c.is_alphanumeric()).collect();
            match step {
                Step::InnerJoin(with) | Step::LeftJoin(with) | Step::Concat(with) => self.steps(with),
                Step::Relation(relation) => {
                    if let Some(right) = relation.right() {
                        self.steps(right);
                    }
                    self.count(format!("step {}", relation.name()));
                    continue;
                }
                Step::Wild(wild) => {
                    self.wild(wild);
                    continue;
                }
                _ => {}
            }
            self.count(format!("step {name}"));
        }
    }

    fn wild(&mut self, wild: &Wild) {
        match wild {
            Wild::Join { left, keys, with } => {
                if let Some(with) = with {
                    self.steps(with);
                }
                let how = if *left { "left" } else { "inner" };
                self.count(format!("step join {how} {keys:?}{}", if with.is_none() { " with itself" } else { "" }));
            }
            Wild::Union(with) => {
                self.steps(with);
                self.count("step union");
            }
            Wild::Aggregates(keys, which) => self.count(format!("step aggregates {which} {keys:?}")),
            Wild::DistinctOn(keys) => self.count(format!("step distinct on {keys:?}")),
            other => self.count(format!("step {other:?}")),
        }
    }

    fn nested(&mut self, tree: &Tree) {
        let grouped = |step: &Step| matches!(step, Step::GroupBy | Step::Wild(Wild::Aggregates(..) | Wild::AboveMean));
        let places: Vec<usize> = (0..tree.steps.len()).filter(|at| grouped(&tree.steps[*at])).collect();
        if places.len() > 1 {
            self.count("plan groups groups");
        }
        if places.first().is_some_and(|at| {
            tree.steps[*at..].iter().any(|step| matches!(step, Step::InnerJoin(_) | Step::LeftJoin(_)))
        }) {
            self.count("plan joins groups");
        }
        if places.first().is_some_and(|at| tree.steps[*at..].iter().any(|step| matches!(step, Step::Filter(_)))) {
            self.count("plan filters groups");
        }
    }
}

type Version = (Change, Change);

fn check(
    tree: &Tree,
    (s, t): (Rows, Rows),
    versions: &[Version],
    chunk_rows: u64,
    seen: &RefCell<Coverage>,
) -> Result<(), TestCaseError> {
    let memory = std::path::Path::new("/dev/shm");
    let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
    let store = Store::open(folder.path()).unwrap();
    let options = ChunkOptions::rows(chunk_rows);
    let plan = tree.plan();
    let mut rows = BTreeMap::from([("s".to_owned(), s), ("t".to_owned(), t)]);
    let tables = |rows: &BTreeMap<String, Rows>| -> BTreeMap<String, Table> {
        rows.iter().map(|(name, rows)| (name.clone(), table(rows))).collect()
    };
    let first = tables(&rows);
    let (mut sources, mut result) = written(&store, &plan, &first, &options);
    seen.borrow_mut().steps(tree);
    seen.borrow_mut().nested(tree);
    for (at, (on_s, on_t)) in versions.iter().enumerate() {
        for (name, change) in [("s", on_s), ("t", on_t)] {
            change.apply(rows.get_mut(name).unwrap());
            seen.borrow_mut().count(format!("change {}", change.name()));
        }
        let now = tables(&rows);
        // What the store remembers must not matter.
        let store = if at % 2 == 0 { Store::open(folder.path()).unwrap() } else { store.clone() };
        let new: BTreeMap<String, ArtifactRef> =
            now.iter().map(|(name, table)| (name.clone(), crate::source(&store, name, table, &options))).collect();
        let inputs = new.iter().map(|(name, new)| (name.clone(), (sources[name].clone(), new.clone()))).collect();
        if at % 3 == 1 {
            // As if an earlier version had kept none.
            result.indexes.clear();
        }
        let updated = plan.update(&store, &result, &inputs, &options).unwrap();
        let Some(Updated { result: made, differ, pulled }) = updated else {
            return Err(TestCaseError::fail("no update"));
        };
        let (_, expect) = written(&store, &plan, &now, &options);
        prop_assert_eq!(&made.reports, &expect.reports);
        let lineage =
            |artifact: &ArtifactRef| -> mlspec_record::Lineage { store.json(&artifact.lineage.unwrap()).unwrap() };
        prop_assert_eq!(lineage(&made.artifact), lineage(&expect.artifact));
        prop_assert_eq!(&made, &expect);
        seen.borrow_mut().count(if differ > 0 { "delta not empty" } else { "delta empty" });
        if pulled > 0 {
            seen.borrow_mut().count("unchanged rows pulled");
        }
        (sources, result) = (new, made);
    }
    Ok(())
}

#[test]
fn an_update_equals_a_run() {
    let config = ProptestConfig {
        cases: cases(64),
        max_shrink_iters: 2_000,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let mut runner = TestRunner::new(config);
    let seen = RefCell::new(Coverage::default());
    let versions = prop::collection::vec((change(1), change(1)), 1..4);
    let strategy = (tree(2, true), (rows(), rows()), versions, prop_oneof![Just(2_u64), Just(3), Just(8_192)]);
    let outcome = runner
        .run(&strategy, |(tree, tables, versions, chunk_rows)| check(&tree, tables, &versions, chunk_rows, &seen));
    for (what, count) in &seen.borrow().0 {
        println!("{count:>8} {what}");
    }
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let kinds: BTreeSet<_> = seen.borrow().0.keys().cloned().collect();
    assert!(kinds.contains("delta not empty") && kinds.contains("unchanged rows pulled"));
}
