//! What random plans may miss: an update equals a run, and says when it cannot be.

use super::Materialized;
use crate::testing::*;
use crate::{Aggregate, AggregateFunction as F, Map};
use mlspec_record::{ArtifactRef, DataType};
use mlspec_store::Store;
use mlspec_table::polars::prelude::PolarsResult;
use mlspec_table::{ChunkOptions, Table};
use std::collections::BTreeMap;

const OPTIONS: ChunkOptions = ChunkOptions::rows(2);

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

fn kept(store: &Store, plan: &Plan, inputs: &BTreeMap<String, Table>) -> (BTreeMap<String, ArtifactRef>, Materialized) {
    let parents: BTreeMap<_, _> =
        inputs.iter().map(|(name, table)| (name.clone(), table.write(store, &OPTIONS).unwrap())).collect();
    let tracked = plan.run(inputs).unwrap();
    let artifact = tracked.write(store, &parents, &OPTIONS).unwrap();
    let indexes = plan.index(store, inputs).unwrap();
    let reports = tracked.write_reports(store, &OPTIONS).unwrap();
    (parents, Materialized { artifact, reports, indexes })
}

/// Updates there and back; gives how many rows of the result differ.
#[track_caller]
fn check(plan: &Plan, before: &[(&str, Table)], after: &[(&str, Table)]) -> u64 {
    let (_folder, store) = store();
    let (was, old) = kept(&store, plan, &tables(before));
    let (is, new) = kept(&store, plan, &tables(after));
    let ports = |one: &BTreeMap<String, ArtifactRef>, other: &BTreeMap<String, ArtifactRef>| {
        one.iter().map(|(name, artifact)| (name.clone(), (artifact.clone(), other[name].clone()))).collect()
    };
    let there = plan.update(&store, &old, &ports(&was, &is), &OPTIONS).unwrap().unwrap();
    assert_eq!(there.result, new);
    let back = plan.update(&store, &new, &ports(&is, &was), &OPTIONS).unwrap().unwrap();
    assert_eq!((back.result, back.differ), (old, there.differ));
    there.differ
}

fn rows(ids: &[u64], a: &[Option<i64>], b: &[&str]) -> Table {
    table(df!("_row" => ids, "a" => a, "b" => b))
}

fn other() -> Table {
    table(
        df!("_row" => [20_u64, 21, 22, 23], "a" => [Some(2_i64), Some(3), Some(3), None], "c" => ["p", "q", "r", "s"]),
    )
}

#[test]
fn rows_that_look_at_others() {
    let without = |id: u64| {
        let all = numbers();
        let mask = all.ids().iter().map(|found| Some(*found != id)).collect();
        Table::new(all.frame().filter(&mask).unwrap()).unwrap()
    };
    let t = || Plan::scan("t");
    let grouped = t().group_by(["b"], [("n", Aggregate::count()), ("f", Aggregate::of(F::First, "a"))]).unwrap();
    let before = [("t", numbers())];
    assert_eq!(check(&t().distinct(["b"]), &before, &[("t", without(10))]), 2, "the next row stands for the key");
    assert_eq!(check(&t().distinct(["b"]).select(["b"]), &before, &[("t", without(10))]), 0, "and looks alike");
    assert_eq!(check(&grouped, &before, &[("t", without(11))]), 1, "the group goes with its only row");
    let moved = rows(&[10, 11, 12, 13], &[Some(1), Some(2), Some(3), None], &["y", "y", "z", "x"]);
    assert_eq!(check(&grouped, &before, &[("t", moved)]), 4, "a row moves from one group to another");
    let meet = t().left_join(&Plan::scan("u"), Join::on("u", ["a"])).unwrap();
    let fewer = table(df!("_row" => [21_u64, 22, 23], "a" => [Some(3_i64), Some(3), None], "c" => ["q", "r", "s"]));
    let check_partner = |fewer| check(&meet, &[("t", numbers()), ("u", other())], &[("t", numbers()), ("u", fewer)]);
    assert_eq!(check_partner(fewer), 2, "a row loses its only partner");
    assert_eq!(check_partner(Table::new(other().frame().head(Some(0))).unwrap()), 5, "all rows do");
    assert_eq!(
        check(
            &t().clone().inner_join(&t(), Join::on("t", ["a"]).suffix("_r")).unwrap(),
            &before,
            &[("t", without(12))]
        ),
        1
    );
}

#[test]
fn labels_of_others_flip_when_a_mean_changes() {
    let mean = [("mean", Aggregate::of(F::Mean, "a"))];
    let means = Plan::scan("t").group_by(["b"], mean).unwrap();
    let labelled = Plan::scan("t").inner_join(&means, Join::on("means", ["b"])).unwrap();
    let labelled = labelled.derive([("label", "a > mean")]).unwrap().filter("a > 1").unwrap().select(["a", "label"]);
    let before = rows(&[1, 2, 3, 4], &[Some(1), Some(2), Some(9), Some(5)], &["x", "x", "x", "y"]);
    let after = rows(&[1, 2, 4], &[Some(1), Some(2), Some(5)], &["x", "x", "y"]);
    // Row 3 goes, and row 2 is above the mean now.
    assert_eq!(check(&labelled, &[("t", before)], &[("t", after)]), 3);
}

#[test]
fn closures_and_rows_that_stay_alike() {
    let double = |columns: &[mlspec_table::polars::prelude::Column]| Ok(vec![&columns[0] * 2]);
    let plan = Plan::scan("t").map(Map::new("double", "1", ["a"], [("a", DataType::Int64)], double));
    let changed = rows(&[10, 11, 12, 13], &[Some(1), Some(7), Some(3), None], &["x", "y", "z", "new"]);
    let both = |plan: &Plan| check(plan, &[("t", numbers())], &[("t", changed.clone())]);
    assert_eq!(both(&plan), 4);
    assert_eq!(both(&plan.clone().select(["a"])), 2, "what changed in another row is not selected");
    assert_eq!(both(&plan.clone().filter("a > 100").unwrap()), 0);
}

#[test]
fn what_is_not_this_plans_result_is_not_updated() {
    let (_folder, store) = store();
    let plan = Plan::scan("t").filter("a > 1").unwrap();
    let (was, old) = kept(&store, &plan, &tables(&[("t", numbers())]));
    let update = |plan: &Plan, old: &Materialized, after: PolarsResult<DataFrame>, options: &ChunkOptions| {
        let after = table(after).write(&store, &OPTIONS).unwrap();
        plan.update(&store, old, &BTreeMap::from([("t".to_owned(), (was["t"].clone(), after))]), options).unwrap()
    };
    let fine = || df!("_row" => [1_u64], "a" => [2_i64], "b" => ["x"]);
    assert!(update(&plan, &old, fine(), &OPTIONS).is_some());
    assert!(update(&plan, &old, df!("_row" => [1_u64], "a" => [2_i64]), &OPTIONS).is_none(), "another schema");
    assert!(update(&plan, &old, fine(), &ChunkOptions::default()).is_none(), "cut otherwise");
    let other = Plan::scan("t").select(["a", "b"]).drop_nulls(["a"]);
    assert!(update(&other, &old, fine(), &OPTIONS).is_none(), "another plan");
    let unknown = Materialized { reports: Vec::new(), ..old.clone() };
    assert!(update(&plan, &unknown, fine(), &OPTIONS).is_none(), "no reports");
    let (_, later) = kept(&store, &plan, &tables(&[("t", table(fine()))]));
    assert!(update(&plan, &later, fine(), &OPTIONS).is_none(), "the result of other rows");
}
