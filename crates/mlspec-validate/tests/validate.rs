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
        {"row_count": {"min": 1}}
    ]));
    let not_null = |column: &str| json!({"not_null": {"columns": [column]}});
    let case = Case::new(&bench, entry(), all)
        .input("rows", &rows)
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
