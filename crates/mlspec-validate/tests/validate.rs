//! The stage: what passes, what stops, and where failing rows lead.
#![allow(clippy::unwrap_used)]

use mlspec_record::body::Validation;
use mlspec_record::{ExitCode, Lineage, RowLineage};
use mlspec_table::Table;
use mlspec_table::polars::prelude::*;
use mlspec_testkit::{Bench, Case, MARKER, MARKER_NUMBER, check_stage};
use mlspec_validate::entry;
use serde_json::{Value, json};

fn expect(expectations: Value) -> Value {
    json!({ "expectations": expectations })
}

#[test]
fn conforms() {
    let bench = Bench::new();
    let frame = df!(
        "_row" => [3_u64, 5, 8],
        "id" => [Some(1), Some(MARKER_NUMBER), None],
        "name" => [MARKER, "b", "b"]
    );
    let rows = bench.source("customers", frame.unwrap());
    let all = expect(json!([
        {"column_exists": {"columns": ["id", "town"]}},
        {"type": {"column": "id", "type": "int64"}},
        {"not_null": {"columns": ["id"]}, "name": "ids are there"},
        {"unique": {"columns": ["name"]}, "severity": "warning"},
        {"range": {"column": "id", "min": 0, "max": 100, "exclusive_max": true}, "tolerance": 0.5},
        {"allowed_values": {"column": "name", "values": ["a", "b"]}},
        {"pattern": {"column": "name", "pattern": "^[a-z]$", "whole": true}},
        {"condition": {"sql": "length(name) < 5", "nulls": "pass"}},
        {"row_count": {"min": 1}},
        {"columns": {"columns": ["id", "name"], "ordered": true}},
        {"length": {"column": "name", "max": 3}, "when": "id IS NOT NULL", "severity": "warning"},
        {"format": {"column": "name", "format": "email"}, "tolerance": 0.5},
        {"not_null_count": {"columns": ["id", "name"]}},
        {"sorted": {"column": "id", "by": ["name"]}, "environments": ["train", "serve"]},
        {"foreign_key": {"columns": ["id"], "table": "people"}},
        {"distinct_count": {"columns": ["id", "name"], "min": 3}},
        {"distinct_share": {"columns": ["name"], "min": 0.9}},
        {"aggregate": {"column": "id", "function": "mean", "max": 2}},
        {"aggregate": {"column": "id", "function": "quantile", "q": 0.5, "max": 2}},
        {"share": {"sql": "id > 1", "max": 0.1}, "environments": ["elsewhere"]}
    ]));
    let mut all = all;
    all["environment"] = json!("train");
    all["at"] = json!("2024-05-01T00:00:00Z");
    all["waivers"] = json!([{"expectation": "unique(name)", "reason": "known", "expires": "2024-06-01T00:00:00Z"}]);
    let people = bench.source("people", df!("id" => [Some(1), Some(2)]).unwrap());
    let not_null = |column: &str| json!({"not_null": {"columns": [column]}});
    let case = Case::new(&bench, entry(), all)
        .input("rows", &rows)
        .input("people", &people)
        .refuses(expect(json!([])), "`expectations` must name at least one")
        .refuses(expect(json!([{}])), "exactly one kind, got 0")
        .refuses(expect(json!([{"row_count": {"min": 1}, "unique": {"columns": ["id"]}}])), "exactly one kind, got 2")
        .refuses(expect(json!([not_null("id"), not_null("id")])), "two expectations are named `not_null(id)`")
        .refuses(expect(json!([{"row_count": {"mni": 1}}])), "mni")
        .refuses(expect(json!([{"pattern": {"column": "name", "pattern": "["}}])), "`pattern` is no regular expression")
        .refuses(expect(json!([{"condition": {"sql": "id IN (SELECT 1)"}}])), "subqueries are not possible")
        .fails("a missing column", expect(json!([not_null("town")])), ExitCode::Usage, "there is no column `town`")
        .fails(
            "a type that has no order",
            expect(json!([{"range": {"column": "name", "min": 1}}])),
            ExitCode::Usage,
            "the column `name` is of type `string`",
        );
    check_stage!(case);
}

#[test]
fn conforms_with_freshness() {
    let bench = Bench::new();
    let days = Series::new("day".into(), [Some(19_720_i32), None, Some(19_723)]).cast(&DataType::Date).unwrap();
    let rows = bench.source("days", df!("day" => days, "until.é \"x\"" => [3, 2, 1]).unwrap());
    let mut settings = expect(json!([
        {"freshness": {"column": "day", "max_age": "1d"}},
        {"compare": {"left": "until.é \"x\"", "is": "greater", "right": "other"}, "severity": "warning", "environments": ["x"]}
    ]));
    settings["at"] = json!("2024-01-03T00:00:00Z");
    settings["environment"] = json!("y");
    check_stage!(Case::new(&bench, entry(), settings).input("rows", &rows));
}

#[test]
fn environments_and_waivers_say_what_stops() {
    let bench = Bench::new();
    let rows = bench.source("customers", df!("id" => [Some(1), None]).unwrap());
    let check = |environment: Option<&str>, at: &str, refused: bool, warnings: usize, skipped: &[&str]| {
        let mut settings = expect(json!([
            {"not_null": {"columns": ["id"]}, "environments": ["train"]},
            {"row_count": {"min": 3}, "name": "many"}
        ]));
        settings["waivers"] = json!([{"expectation": "many", "reason": "a pilot", "expires": "2024-06-01T00:00:00Z"}]);
        settings["at"] = json!(at);
        if let Some(environment) = environment {
            settings["environment"] = json!(environment);
        }
        let outcome = bench.outcome(&entry(), &settings, &[("rows", &rows)]);
        assert_eq!((outcome.refusal.is_some(), outcome.warnings.len()), (refused, warnings), "{environment:?} {at}");
        let body: Validation = serde_json::from_value(outcome.body).unwrap();
        assert_eq!(
            (body.passed, body.skipped.iter().map(String::as_str).collect::<Vec<_>>()),
            (!refused, skipped.to_vec())
        );
    };
    check(None, "2024-05-01T00:00:00Z", true, 1, &[]);
    check(Some("train"), "2024-05-01T00:00:00Z", true, 1, &[]);
    check(Some("serve"), "2024-05-01T00:00:00Z", false, 1, &["not_null(id)"]);
    check(Some("serve"), "2024-06-01T00:00:00Z", true, 0, &["not_null(id)"]);
    for (waivers, at, message) in [
        (
            json!([{"expectation": "many", "reason": " ", "expires": "2024-06-01T00:00:00Z"}]),
            true,
            "a waiver needs a reason",
        ),
        (
            json!([{"expectation": "few", "reason": "x", "expires": "2024-06-01T00:00:00Z"}]),
            true,
            "no expectation `few` to waive",
        ),
        (json!([{"expectation": "many", "reason": "x", "expires": "2024-06-01T00:00:00Z"}]), false, "set `at`"),
    ] {
        let mut settings = expect(json!([{"row_count": {"min": 3}, "name": "many"}]));
        settings["waivers"] = waivers;
        if at {
            settings["at"] = json!("2024-05-01T00:00:00Z");
        }
        let error = bench.build(&entry(), &settings).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!(error.exit_code(), ExitCode::Usage);
    }
}

#[test]
fn a_document_is_recorded_by_its_digest() {
    use mlspec_stage::Site;
    let bench = Bench::new();
    let rows = bench.source("customers", df!("id" => [Some(1), None]).unwrap());
    let path = bench.folder().join("customers.yaml");
    std::fs::write(&path, "name: customers\nversion: 1.0.0\nexpectations:\n  - {not_null: {columns: [id]}}\n").unwrap();
    let site = Site::new([(Bench::name("checks"), bench.folder().to_owned())].into(), None);
    let build = |settings: &Value| bench.build_at(&entry(), settings, &site);
    let mut settings = json!({"document": {"datastore": "checks", "path": "customers.yaml"}, "expectations": [{"row_count": {"min": 1}}]});
    let stage = build(&settings).unwrap();
    let outcome = bench.run(stage.as_ref(), 1, &[("rows", &rows)]).unwrap();
    let body: Validation = serde_json::from_value(outcome.body).unwrap();
    let names: Vec<&str> = body.expectations.iter().map(|found| found.name.as_str()).collect();
    assert_eq!(names, ["not_null(id)", "row_count"]);
    let document = body.document.unwrap();
    assert_eq!((document.name.as_str(), document.version.to_string().as_str()), ("customers", "1.0.0"));
    assert_eq!(stage.settings()["document"]["digest"], json!(document.digest));
    settings["document"]["digest"] = json!(document.digest);
    assert!(build(&settings).is_ok());
    std::fs::write(&path, "name: customers\nversion: 1.0.1\nexpectations:\n  - {not_null: {columns: [id]}}\n").unwrap();
    assert!(build(&settings).unwrap_err().to_string().contains("another digest than the settings name"));
    for (path, message) in [("nothing.yaml", "there is no file"), ("../x.yaml", "leaves the datastore")] {
        settings["document"]["path"] = json!(path);
        assert!(build(&settings).unwrap_err().to_string().contains(message));
    }
}

#[test]
fn failing_rows_are_all_kept_and_lead_to_the_checked_rows() {
    let bench = Bench::new();
    let rows = bench.source("customers", df!("_row" => [10_u64, 20, 30], "id" => [Some(1), None, None]).unwrap());
    let settings = expect(json!([
        {"not_null": {"columns": ["id"]}},
        {"row_count": {"max": 2}, "severity": "warning"},
        {"range": {"column": "id", "min": 0}}
    ]));
    let outcome = bench.outcome(&entry(), &settings, &[("rows", &rows)]);
    let expect = "1 of 3 expectations do not hold: `not_null(id)` (2 rows fail)";
    assert_eq!(outcome.refusal.as_deref(), Some(expect));
    assert_eq!(
        outcome.warnings,
        ["the expectation `row_count` (the table has 3 rows, expected at most 2) does not hold"]
    );
    assert_eq!(outcome.outputs[0].artifact, rows, "the same artifact goes on");
    let body: Validation = serde_json::from_value(outcome.body.clone()).unwrap();
    assert_eq!((body.passed, body.rows, body.expectations[0].failing), (false, 3, 2));
    let kept = body.expectations[0].failing_rows.as_ref().unwrap();
    let table = Table::read(bench.store(), &kept.digest).unwrap();
    assert_eq!((table.ids(), table.schema().columns().len()), (vec![20, 30], 0));
    let lineage: Lineage = bench.store().json(&kept.lineage.unwrap()).unwrap();
    assert_eq!((lineage.rows, lineage.parents[0].artifact.clone()), (RowLineage::Identity, rows));
    assert_eq!(body.expectations[2].failing_rows, None);
    let report: Validation = bench.store().json(&outcome.outputs[1].artifact.digest).unwrap();
    assert_eq!(report, body);
}
