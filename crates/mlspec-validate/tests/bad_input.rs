//! Every expectation on tables that are hard: no rows, nulls alone, one row, NaN and infinities, odd names, many columns, long texts.
#![allow(clippy::unwrap_used)]

use mlspec_record::ArtifactRef;
use mlspec_stage::Outcome;
use mlspec_table::polars::prelude::*;
use mlspec_testkit::Bench;
use mlspec_validate::entry;
use serde_json::{Value, json};

/// Names of columns that need care: a number, a float, a text, a date.
const NAMES: [&str; 4] = ["a.b", "c \"d\" 'e'", "né, `f`", "  "];

fn settings() -> Value {
    let [i, f, s, d] = NAMES;
    let quoted = |name: &str| format!("\"{}\"", name.replace('"', "\"\""));
    let expectations = json!([
        {"column_exists": {"columns": NAMES}}, {"columns": {"columns": NAMES, "ordered": true, "others": true}},
        {"type": {"column": s, "type": "string"}}, {"not_null": {"columns": NAMES}}, {"unique": {"columns": NAMES}},
        {"range": {"column": f, "min": -1e300, "max": 1e300}}, {"allowed_values": {"column": s, "values": ["", "x"]}},
        {"pattern": {"column": s, "pattern": "^x*$"}}, {"condition": {"sql": format!("{} > 0", quoted(f))}},
        {"row_count": {"min": 1}}, {"length": {"column": s, "max": 9}}, {"format": {"column": s, "format": "json"}},
        {"compare": {"left": i, "is": "less", "right": f}}, {"not_null_count": {"columns": NAMES}},
        {"sorted": {"column": f, "by": [s]}}, {"foreign_key": {"columns": [s, i], "table": "other"}},
        {"freshness": {"column": d, "max_age": "1d"}}, {"distinct_count": {"columns": NAMES, "max": 2}},
        {"distinct_share": {"columns": [f], "min": 0.5}}, {"aggregate": {"column": f, "function": "mean", "max": 1}},
        {"aggregate": {"column": f, "function": "std", "max": 1}}, {"aggregate": {"column": f, "function": "median", "max": 1}},
        {"share": {"sql": format!("{} IS NULL", quoted(s)), "max": 0.5}},
        {"name": "chosen", "not_null": {"columns": [s]}, "when": format!("{} > 1", quoted(i))}
    ]);
    json!({"expectations": expectations, "at": "2024-01-01T00:00:00Z"})
}

fn frame(i: &[Option<i64>], f: &[Option<f64>], s: &[Option<&str>], d: &[Option<i32>]) -> DataFrame {
    let days = Series::new(NAMES[3].into(), d).cast(&DataType::Date).unwrap();
    df!(NAMES[0] => i, NAMES[1] => f, NAMES[2] => s, NAMES[3] => days).unwrap()
}

fn tables() -> Vec<(&'static str, DataFrame)> {
    let long = "x".repeat(300_000);
    let wild = [Some(f64::NAN), Some(f64::INFINITY), Some(f64::NEG_INFINITY), Some(-0.0), Some(f64::MAX), Some(5e-324)];
    let ints = [Some(i64::MAX), Some(i64::MIN), None, Some(0), Some(1), Some(1)];
    let texts = [Some(""), Some("\u{0}"), Some("é\u{301}👩‍👩‍👧"), None, Some("\"'\n\r\t"), Some("x")];
    let days = [Some(i32::MAX / 2), Some(i32::MIN / 2), None, Some(0), Some(1), Some(1)];
    vec![
        ("no rows", frame(&[], &[], &[], &[])),
        ("nulls alone", frame(&[None; 3], &[None; 3], &[None; 3], &[None; 3])),
        ("one row", frame(&[Some(1)], &[Some(1.5)], &[Some("x")], &[Some(19_700)])),
        ("one row of nulls", frame(&[None], &[None], &[None], &[None])),
        ("NaN, infinities, ends of types", frame(&ints, &wild, &texts, &days)),
        ("long texts", frame(&[Some(1), Some(2)], &[Some(0.0), None], &[Some(&long), Some(&long)], &[None, None])),
    ]
}

fn all_of(outcome: &Outcome) -> Value {
    json!({"outputs": outcome.outputs, "body": outcome.body, "refusal": outcome.refusal, "warnings": outcome.warnings})
}

#[test]
fn every_verdict_is_told_and_every_update_is_that_of_a_run() {
    let bench = Bench::new();
    let stage = bench.build(&entry(), &settings()).unwrap();
    let other = bench.source("other", frame(&[Some(1)], &[None], &[Some("x")], &[None]));
    let kept: Vec<(&str, ArtifactRef)> =
        tables().into_iter().map(|(what, frame)| (what, bench.source("rows", frame))).collect();
    let run = |rows: &ArtifactRef| bench.run(stage.as_ref(), 1, &[("rows", rows), ("other", &other)]).unwrap();
    for (at, (what, rows)) in kept.iter().enumerate() {
        let ran = run(rows);
        assert_eq!(all_of(&ran), all_of(&run(rows)), "{what}");
        // To the next, and to the one after that.
        for (to, after) in kept.iter().cycle().skip(at + 1).take(2) {
            let before = [("rows", rows), ("other", &other)];
            let updated = bench.update(stage.as_ref(), 1, (&before, &ran), &[("rows", after), ("other", &other)]);
            assert_eq!(all_of(&updated.unwrap()), all_of(&run(after)), "from {what} to {to}");
        }
    }
}

#[test]
fn thousands_of_columns_are_looked_at() {
    let names: Vec<String> = (0..5_000).map(|at| format!("c{at}")).collect();
    let columns = names.iter().map(|name| Series::new(name.as_str().into(), [Some(1_i64), None]).into_column());
    let frame = DataFrame::new(2, columns.collect()).unwrap();
    let expectations = json!([
        {"not_null": {"columns": names}, "name": "a"}, {"unique": {"columns": names}, "name": "b"},
        {"not_null_count": {"columns": names, "min": 5_000}, "name": "c"}, {"columns": {"columns": names}},
        {"distinct_count": {"columns": names, "max": 1}, "name": "d"}
    ]);
    let bench = Bench::new();
    let rows = bench.source("rows", frame);
    let outcome = bench.outcome(&entry(), &json!({"expectations": expectations}), &[("rows", &rows)]);
    let failing = |at: usize| outcome.body["expectations"][at]["failing"].clone();
    assert_eq!([failing(0), failing(1), failing(2)], [json!(1), json!(0), json!(1)]);
    assert_eq!(
        (outcome.body["expectations"][3]["passed"].clone(), outcome.body["expectations"][4]["passed"].clone()),
        (json!(true), json!(true))
    );
}
