//! What window functions compute, and which rows a row comes from.

use super::{Frame, FrameUnit, OrderBy, WindowColumn, WindowFunction as F};
use crate::testing::*;
use mlspec_table::polars::prelude::*;

/// Two parts, with equal places in the order, nulls, and ids that go another way.
fn rows() -> Table {
    table(df!(
        "_row" => [1_u64, 2, 3, 4, 5, 6],
        "k" => [Some("a"), Some("a"), Some("a"), Some("a"), None, None],
        "t" => [Some(3_i64), Some(1), Some(1), None, Some(1), Some(2)],
        "x" => [Some(1.0), Some(2.0), None, Some(8.0), Some(f64::NAN), Some(f64::INFINITY)],
        "n" => [Some(5_i64), None, Some(7), Some(-2), Some(1), Some(1)]
    ))
}

fn windowed(column: WindowColumn) -> Plan {
    Plan::scan("r").window(["k"], [OrderBy::ascending("t")], [("w", column)]).unwrap()
}

/// The values by row id; in the order the rows are 2, 3, 1, 4 and 5, 6.
#[track_caller]
fn check(column: WindowColumn, expect: [&str; 6]) {
    let shown = format!("{column:?}");
    let tracked = run(&windowed(column).select(["w"]), &[("r", rows())]);
    let found: Vec<_> =
        cells(&tracked.table().unwrap()).iter().map(|row| row.split_once('|').unwrap().1.to_owned()).collect();
    assert_eq!(found, expect, "{shown}");
}

#[test]
fn the_place_of_a_row() {
    let of = WindowColumn::of_place;
    check(of(F::RowNumber), ["3", "1", "2", "4", "1", "2"]);
    check(of(F::Rank), ["3", "1", "1", "4", "1", "2"]);
    check(of(F::DenseRank), ["2", "1", "1", "3", "1", "2"]);
    check(of(F::PercentRank), ["0.666667", "0.0", "0.0", "1.0", "0.0", "1.0"]);
    check(of(F::CumeDist), ["0.75", "0.5", "0.5", "1.0", "0.5", "1.0"]);
    check(of(F::Ntile).n(3), ["2", "1", "1", "3", "1", "2"]);
    check(of(F::Ntile).n(u64::MAX >> 1), ["3", "1", "2", "4", "1", "2"]);
    check(of(F::Count), ["4", "4", "4", "4", "2", "2"]);
}

#[test]
fn rows_at_a_distance_and_rows_of_the_frame() {
    let of = |function| WindowColumn::of(function, "n");
    check(of(F::Lag), ["7", "null", "null", "5", "null", "1"]);
    check(of(F::Lag).n(2), ["null", "null", "null", "7", "null", "null"]);
    check(of(F::Lag).n(0), ["5", "null", "7", "-2", "1", "1"]);
    check(WindowColumn { default: Some(0.into()), ..of(F::Lag) }, ["7", "0", "null", "5", "0", "1"]);
    check(of(F::Lead), ["-2", "7", "5", "null", "1", "null"]);
    check(of(F::FirstValue), ["null", "null", "null", "null", "1", "1"]);
    check(of(F::LastValue), ["-2", "-2", "-2", "-2", "1", "1"]);
    check(of(F::NthValue).n(2), ["7", "7", "7", "7", "1", "1"]);
    check(of(F::NthValue).n(2).over(Frame::running()), ["7", "null", "7", "7", "null", "1"]);
    check(of(F::FirstValue).over(Frame::rows(1, 2)), ["-2", "7", "5", "null", "1", "null"]);
}

#[test]
fn aggregates_of_frames() {
    let of = WindowColumn::of;
    check(of(F::Sum, "n"), ["10", "10", "10", "10", "2", "2"]);
    check(of(F::Sum, "n").over(Frame::running()), ["12", "0", "7", "10", "1", "2"]);
    check(of(F::Sum, "n").over(Frame { unit: FrameUnit::Range, ..Frame::running() }), ["12", "7", "7", "10", "1", "2"]);
    check(of(F::Sum, "n").over(Frame::rows(-1, 1)), ["10", "7", "12", "3", "2", "2"]);
    check(of(F::Count, "n").over(Frame::rows(-1, 0)), ["2", "0", "1", "2", "1", "2"]);
    check(of(F::Count, "n").over(Frame::rows(-9, -2)), ["0", "0", "0", "1", "0", "0"]);
    check(of(F::Sum, "x"), ["11.0", "11.0", "11.0", "11.0", "NaN", "NaN"]);
    check(of(F::Mean, "x").over(Frame::running()), ["1.5", "2.0", "2.0", "3.666667", "NaN", "NaN"]);
    check(of(F::Mean, "x").over(Frame::rows(0, 0)), ["1.0", "2.0", "null", "8.0", "NaN", "inf"]);
    check(of(F::Var, "x").over(Frame::rows(-2, 0)), ["0.5", "null", "null", "24.5", "null", "NaN"]);
    check(of(F::Std, "n"), ["4.725816", "4.725816", "4.725816", "4.725816", "0.0", "0.0"]);
    check(of(F::Min, "x"), ["1.0", "1.0", "1.0", "1.0", "inf", "inf"]);
    check(of(F::Max, "x").over(Frame::running()), ["2.0", "2.0", "2.0", "8.0", "NaN", "inf"]);
    check(of(F::Min, "k"), ["a", "a", "a", "a", "null", "null"]);
    check(of(F::Max, "n").over(Frame::rows(-1, 0)), ["7", "null", "7", "5", "1", "1"]);
}

#[test]
fn a_frame_that_moves_gives_what_each_of_its_places_gives() {
    let values: Vec<Option<f64>> = (0..200_u64)
        .map(|at| match at.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 56 {
            0..8 => None,
            8..10 => Some(f64::INFINITY),
            10..12 => Some(f64::NAN),
            other => Some((other as f64 - 100.0) * 0.1),
        })
        .collect();
    let all = |values: &[Option<f64>]| {
        let ids: Vec<u64> = (0..values.len() as u64).collect();
        table(df!("_row" => ids, "x" => values))
    };
    let of = |frame| {
        let functions = [("s", F::Sum), ("m", F::Mean), ("v", F::Var), ("l", F::Min), ("u", F::Max)];
        let columns =
            functions.map(|(name, function)| (name, WindowColumn { frame, ..WindowColumn::of(function, "x") }));
        Plan::scan("t").window([""; 0], [], columns).unwrap().select(["s", "m", "v", "l", "u"])
    };
    let moving = run(&of(Some(Frame::rows(-7, 0))), &[("t", all(&values))]).table().unwrap();
    for at in (0..200).step_by(13) {
        let around = &values[usize::saturating_sub(at, 7)..=at];
        let alone = run(&of(Some(Frame::default())), &[("t", all(around))]).table().unwrap();
        for name in ["s", "m", "v", "l", "u"] {
            let number = |table: &Table, at| table.column(name).unwrap().f64().unwrap().get(at);
            let (one, other) = (number(&moving, at), number(&alone, around.len() - 1));
            let near = match (one, other) {
                (Some(one), Some(other)) => {
                    one.total_cmp(&other).is_eq() || (one - other).abs() < 1e-12 || (one.is_nan() && other.is_nan())
                }
                (one, other) => one == other,
            };
            assert!(near, "{name} at {at}: {one:?} {other:?}");
        }
    }
}

#[test]
fn a_row_comes_from_the_rows_around_it_or_from_its_part() {
    let lineage = |column| {
        let tracked = run(&windowed(column), &[("r", rows())]);
        pairs_of(&tracked, "r").into_iter().filter(|pair| pair.0 == 1).map(|pair| pair.1).collect::<Vec<_>>()
    };
    assert_eq!(lineage(WindowColumn::of(F::Lag, "n")), [1, 3]);
    assert_eq!(lineage(WindowColumn::of(F::Lead, "n")), [1, 4]);
    assert_eq!(lineage(WindowColumn::of(F::Sum, "n").over(Frame::rows(-2, -2))), [1, 2, 3], "rows between keep places");
    assert_eq!(lineage(WindowColumn::of_place(F::Rank)), [1, 2, 3, 4]);
    assert_eq!(lineage(WindowColumn::of(F::Sum, "n").over(Frame::running())), [1, 2, 3, 4]);
    assert_eq!(lineage(WindowColumn::of(F::Sum, "n").over(Frame::rows(-100, 0))), [1, 2, 3, 4]);
    let tracked = run(&windowed(WindowColumn::of(F::Lag, "n")), &[("r", rows())]);
    assert_eq!(all_sources(tracked.indirect()), "r.k window, r.t sort");
    assert_eq!(sources(&tracked.columns()[4]), "r.n aggregation");
    assert_eq!(tracked.table().unwrap().ids(), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_table_without_rows_and_columns_that_are_replaced() {
    let none = Table::new(rows().frame().clear()).unwrap();
    let all = [("k", WindowColumn::of(F::Sum, "n")), ("n", WindowColumn::of(F::Lag, "k"))];
    let plan = Plan::scan("r").window(["k"], [], all).unwrap();
    assert_eq!(run(&plan, &[("r", none)]).schema().names().collect::<Vec<_>>(), ["k", "t", "x", "n"]);
    assert_eq!(cells(&run(&plan, &[("r", rows())]).table().unwrap())[1], "2|10|1|2.0|a");
}

#[test]
fn what_makes_no_sense_is_refused() {
    let of = WindowColumn::of;
    for column in [
        of(F::Rank, "n"),
        WindowColumn::of_place(F::Sum),
        WindowColumn::of_place(F::Ntile),
        WindowColumn::of_place(F::Ntile).n(0),
        of(F::Sum, "n").n(1),
        of(F::Lag, "n").n(u64::MAX),
        of(F::Lag, "n").over(Frame::running()),
        WindowColumn { default: Some(0.into()), ..of(F::Sum, "n") },
        of(F::Sum, "n").over(Frame::rows(1, 0)),
        of(F::Sum, "n").over(Frame { unit: FrameUnit::Range, ..Frame::rows(-1, 0) }),
    ] {
        assert!(Plan::scan("r").window(["k"], [], [("w", column.clone())]).is_err(), "{column:?}");
    }
    assert!(Plan::scan("r").window(["k"], [], [("_row", WindowColumn::of_place(F::Rank))]).is_err());
    let check = |plan: Plan, expect: &str| {
        let found = refusal(&plan, &[("r", rows())]);
        assert!(found.ends_with(expect), "{found}");
    };
    check(windowed(of(F::Sum, "k")), "`sum` cannot take the column `k` of type `string`");
    check(windowed(of(F::Sum, "z")), "there is no column `z`");
    check(
        windowed(WindowColumn { default: Some("x".into()), ..of(F::Lag, "n") }),
        "the constant for column `n` does not fit its type `i64`",
    );
}
