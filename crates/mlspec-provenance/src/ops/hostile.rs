//! What every operator makes of bad input: a result or an error, the same every time, and never a panic.

use crate::testing::*;
use crate::{
    Aggregate, AggregateFunction as A, AsofJoin, CrossJoin, DropOutliers, Explode, Frame, Limit, OrderBy, OutlierRule,
    Pivot, Sample, Unpivot, WindowColumn, WindowFunction as F,
};
use mlspec_record::Seed;
use mlspec_table::polars::prelude::*;

/// A plan of each operator on a table of a text `k`, an integer `t`, a float `x` and a text `s`.
fn plans([k, t, x, s]: [&str; 4]) -> Vec<(&'static str, Plan)> {
    let table = || Plan::scan("a");
    let other = || Plan::scan("b");
    let on = |suffix: &str| Join::on("b", [k]).suffix(suffix);
    let of = WindowColumn::of;
    let by = || [OrderBy::descending(t), OrderBy::ascending(x)];
    let windows = [
        ("w1", WindowColumn::of_place(F::Rank)),
        ("w2", WindowColumn::of_place(F::PercentRank)),
        ("w3", WindowColumn::of_place(F::Ntile).n(3)),
        ("w4", of(F::Lag, s)),
        ("w5", of(F::Sum, x).over(Frame::rows(-1, 1))),
        ("w6", of(F::Std, x).over(Frame::running())),
        ("w7", of(F::Max, x)),
        ("w8", of(F::NthValue, k).n(2)),
        ("w9", of(F::Sum, t)),
    ];
    let aggregates = [
        ("a1", Aggregate::quantile(x, 0.5)),
        ("a2", Aggregate::of(A::Mode, s)),
        ("a3", Aggregate::of(A::Join, s).order_by(by())),
        ("a4", Aggregate::of(A::List, s)),
        ("a5", Aggregate::of(A::Last, x).order_by(by())),
        ("a6", Aggregate::of(A::Var, x)),
        ("a7", Aggregate::of(A::NUnique, k)),
    ];
    let values = [("one".to_owned(), 1.into()), ("two".to_owned(), 2.into())].into();
    let pivot = Pivot { keys: vec![k.into()], on: t.into(), values, aggregate: Aggregate::of(A::Mean, x) };
    let near = |on: AsofJoin| AsofJoin { suffix: Some("_b".into()), ..on };
    let out = |rule| DropOutliers::of([x, t], rule);
    vec![
        ("inner_join", table().inner_join(&other(), on("_b")).unwrap()),
        ("left_join", table().left_join(&other(), on("_b")).unwrap()),
        ("right_join", table().right_join(&other(), on("_b")).unwrap()),
        ("full_join", table().full_join(&other(), on("_b")).unwrap()),
        ("full_join on floats", table().full_join(&other(), Join::on("b", [x]).suffix("_b")).unwrap()),
        ("semi_join", table().semi_join(&other(), Join::on("b", [k, t])).unwrap()),
        ("anti_join", table().anti_join(&other(), Join::on("b", [x])).unwrap()),
        ("cross_join", table().cross_join(&other(), CrossJoin { with: "b".into(), suffix: Some("_b".into()) })),
        ("asof_join", table().asof_join(&other(), near(AsofJoin::on("b", t).by([k]))).unwrap()),
        ("asof_join on floats", table().asof_join(&other(), near(AsofJoin::on("b", x).tolerance(1.5))).unwrap()),
        ("window", table().window([k], by(), windows.clone()).unwrap()),
        ("window over all", table().window([""; 0], by(), windows).unwrap()),
        ("limit", table().limit(Limit { offset: 1, ..Limit::first(2, by()) }.partition_by([k]))),
        ("limit of all", table().limit(Limit::first(3, [OrderBy::descending(s)]))),
        ("sample", table().sample(Sample::n(2, Seed::default())).unwrap()),
        ("sample of a share", table().sample(Sample::fraction(0.5, Seed::default())).unwrap()),
        ("explode", table().explode(Explode { position: Some("at".into()), ..Explode::text(s, ";") }).unwrap()),
        ("pivot", table().pivot(pivot).unwrap()),
        ("unpivot", table().unpivot(Unpivot::columns([k, s])).unwrap()),
        ("drop_outliers", table().drop_outliers(out(OutlierRule::Iqr(1.5)).partition_by([k])).unwrap()),
        ("drop_outliers of all", table().drop_outliers(out(OutlierRule::ZScore(1.0))).unwrap()),
        ("drop_outliers by mad", table().drop_outliers(out(OutlierRule::Mad(1.0))).unwrap()),
        ("group_by", table().group_by([k], aggregates.clone()).unwrap()),
        ("group_by all", table().group_by([""; 0], aggregates).unwrap()),
        ("distinct", table().distinct([x])),
    ]
}

type Cell<'a> = (Option<&'a str>, Option<i64>, Option<f64>, Option<&'a str>);

fn rows([k, t, x, s]: [&str; 4], first: u64, cells: &[Cell<'_>]) -> Table {
    let ids: Vec<u64> = (first..first + cells.len() as u64).collect();
    let columns = vec![
        Column::new(k.into(), cells.iter().map(|cell| cell.0).collect::<Vec<_>>()),
        Column::new(t.into(), cells.iter().map(|cell| cell.1).collect::<Vec<_>>()),
        Column::new(x.into(), cells.iter().map(|cell| cell.2).collect::<Vec<_>>()),
        Column::new(s.into(), cells.iter().map(|cell| cell.3).collect::<Vec<_>>()),
    ];
    Table::with_ids(DataFrame::new(cells.len(), columns).unwrap(), ids).unwrap()
}

const NAMES: [&str; 4] = ["k", "t", "x", "s"];

/// Runs every plan twice; gives how many rows each made.
#[track_caller]
fn check(names: [&str; 4], a: &Table, b: &Table) -> Vec<(&'static str, usize)> {
    let run_one = |(name, plan): (&'static str, Plan)| {
        let inputs = [("a", a.clone()), ("b", b.clone())];
        let (one, other) = (run(&plan, &inputs), run(&plan, &inputs));
        let table = one.table().unwrap();
        assert!(
            table.frame().equals_missing(other.table().unwrap().frame())
                || cells(&table) == cells(&other.table().unwrap()),
            "{name}"
        );
        for scan in one.scans() {
            one.pairs(&scan.name).unwrap();
        }
        (name, table.len())
    };
    plans(names).into_iter().map(run_one).collect()
}

#[test]
fn tables_without_rows() {
    let none = rows(NAMES, 0, &[]);
    for (name, rows) in check(NAMES, &none, &none) {
        assert_eq!(rows, usize::from(name == "group_by all"), "{name}");
    }
    let one = rows(NAMES, 0, &[(Some("a"), Some(1), Some(0.5), Some("p;q"))]);
    check(NAMES, &one, &none);
    check(NAMES, &none, &one);
}

#[test]
fn one_row_and_nothing_but_nulls() {
    let one = rows(NAMES, 7, &[(Some("a"), Some(1), Some(0.5), Some("p;q"))]);
    let made = check(NAMES, &one, &one);
    let count = |name: &str| made.iter().find(|found| found.0 == name).unwrap().1;
    assert_eq!(
        ["inner_join", "anti_join", "window", "limit", "explode", "drop_outliers"].map(count),
        [1, 0, 1, 0, 2, 1]
    );
    let nulls = rows(NAMES, 0, &[(None, None, None, None); 3]);
    let made = check(NAMES, &nulls, &nulls);
    let count = |name: &str| made.iter().find(|found| found.0 == name).unwrap().1;
    assert_eq!(["inner_join", "full_join", "semi_join", "anti_join"].map(count), [0, 6, 0, 3], "null meets nothing");
    assert_eq!(["asof_join", "window", "pivot", "explode", "drop_outliers"].map(count), [3, 3, 1, 3, 3]);
}

#[test]
fn numbers_that_are_none_and_numbers_at_the_ends() {
    let floats = [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 5e-324, -0.0, 0.0];
    let integers = [i64::MAX / 16, i64::MIN / 16, 0, 1, 2, -1, 1, 2, 1];
    let cell = |at: usize| (Some(["a", "b"][at % 2]), Some(integers[at]), Some(floats[at]), Some("x"));
    let cells: Vec<Cell<'_>> = (0..floats.len()).map(cell).collect();
    let all = rows(NAMES, 0, &cells);
    check(NAMES, &all, &all);
    let ends = rows(NAMES, 0, &[(Some("a"), Some(i64::MAX), Some(1.0), None), (Some("a"), Some(1), Some(1.0), None)]);
    let sums = Plan::scan("a").window(["k"], [], [("sum", WindowColumn::of(F::Sum, "t"))]).unwrap();
    let error = sums.run(&tables(&[("a", ends)])).unwrap_err().to_string();
    assert_eq!(error, "operator 0 (`window`) of table `a`: the sum of column `t` is beyond 64 bits");
}

#[test]
fn names_with_signs_and_texts_without_end() {
    let names = ["a.b", "it's \"so\"", "größe 漢字", " s p; "];
    let cells = [
        (Some("a"), Some(1), Some(0.5), Some("p;q")),
        (Some(""), Some(2), None, Some("")),
        (None, None, Some(1.0), None),
    ];
    let plain: Vec<usize> =
        check(NAMES, &rows(NAMES, 0, &cells), &rows(NAMES, 5, &cells)).iter().map(|made| made.1).collect();
    let odd: Vec<usize> =
        check(names, &rows(names, 0, &cells), &rows(names, 5, &cells)).iter().map(|made| made.1).collect();
    assert_eq!(plain, odd);
    let (long, parts) = ("ä".repeat(500_000), "x;".repeat(20_000));
    let cells = [
        (Some(long.as_str()), Some(1), Some(0.5), Some(parts.as_str())),
        (Some(long.as_str()), Some(2), Some(1.5), Some("y")),
    ];
    let table = rows(NAMES, 0, &cells);
    for (name, plan) in plans(NAMES) {
        let made = plan.run(&tables(&[("a", table.clone()), ("b", table.clone())])).unwrap();
        assert!(made.table().is_ok(), "{name}");
    }
}

#[test]
fn five_thousand_columns() {
    let mut table =
        rows(NAMES, 0, &[(Some("a"), Some(1), Some(0.5), Some("p;q")), (Some("b"), Some(2), Some(1.5), None)]);
    let mut columns = table.frame().columns().to_vec();
    columns.extend((0..5_000).map(|at| Column::new(format!("c{at}").into(), [at as i64, -1])));
    table = Table::new(DataFrame::new(2, columns).unwrap()).unwrap();
    let few = rows(NAMES, 9, &[(Some("a"), Some(1), Some(0.5), None)]);
    for (name, plan) in plans(NAMES) {
        let made = plan.run(&tables(&[("a", table.clone()), ("b", few.clone())])).unwrap();
        let narrow = ["pivot", "group_by", "group_by all"].contains(&name);
        assert_eq!(made.schema().columns().len() > 5_000, !narrow, "{name}");
    }
    let all: Vec<String> = (0..5_000).map(|at| format!("c{at}")).collect();
    let long = Plan::scan("a").unpivot(Unpivot::columns(all)).unwrap();
    assert_eq!(long.run(&tables(&[("a", table)])).unwrap().table().unwrap().len(), 10_000);
}
