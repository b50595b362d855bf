//! Tests of the settings, and the conformance of the stage.

use crate::{TransformError, TransformParams, Transformer, entry};
use mlspec_record::Seed;
use mlspec_record::{ExitCode, Failure as _};
use mlspec_stage::{Context, Stage as _};
use mlspec_table::polars::prelude::*;
use mlspec_testkit::{Bench, Case, FixedHost, MARKER, check_stage};
use serde_json::{Value, json};

fn check(settings: Value) -> Result<Transformer, TransformError> {
    serde_json::from_value::<TransformParams>(settings).unwrap().check()
}

fn complaints() -> Value {
    json!({
        "tables": {
            "european": {
                "from": "customers",
                "steps": [
                    {"filter": "country IN ('UK', 'DE', 'FR')"},
                    {"derive": {"is_premium": "level = 'premium'"}},
                    {"select": ["email", "bank", "country", "is_premium"]}
                ]
            },
            "relevant": {
                "from": "mails",
                "steps": [
                    {"filter": "date >= date('2022-01-01')"},
                    {"filter": "regexp_like(text, 'complaint|bank account')"}
                ]
            }
        },
        "from": "relevant",
        "steps": [
            {"inner_join": {"with": "european", "on": ["email"]}},
            {"derive": {"title": "lower(subject)", "text": "lower(text)"}},
            {"derive": {"sentiment": "CASE WHEN regexp_like(text, 'angry') THEN 'negative' ELSE 'positive' END"}},
            {"select": ["title", "text", "bank", "country", "sentiment", "is_premium"]}
        ]
    })
}

fn customers() -> DataFrame {
    df!(
        "id" => [1_i64, 2, 3],
        "email" => [Some("a@x"), Some("b@x"), None],
        "bank" => ["north", MARKER, "south"],
        "country" => ["DE", "US", "UK"],
        "level" => ["premium", "basic", "plus"]
    )
    .unwrap()
}

fn mails() -> DataFrame {
    df!(
        "id" => [7_i64, 8, 9, 10],
        "email" => ["a@x", "a@x", "b@x", "a@x"],
        "date" => ["2022-03-01", "2021-03-01", "2022-03-01", "2023-01-01"],
        "subject" => ["Hello", "Old", "Abroad", "Weather"],
        "text" => ["I am ANGRY: a complaint", "complaint", "my bank account", "it rains"]
    )
    .unwrap()
    .lazy()
    .with_columns([col("date").cast(DataType::Date)])
    .collect()
    .unwrap()
}

#[test]
fn conforms() {
    let bench = Bench::new();
    let (customers, mails) = (bench.source("customers", customers()), bench.source("mails", mails()));
    let case = Case::new(&bench, entry(), complaints())
        .input("customers", &customers)
        .input("mails", &mails)
        .accepts(json!({"from": "mails"}))
        .accepts(json!({"from": "mails", "steps": [{"fill_nulls": {"text": ""}}, {"distinct": {}}]}))
        .refuses(json!({"from": "mails", "steps": [{"filter": "read_csv('/etc/passwd')"}]}), "no row-wise function")
        .refuses(json!({"from": "mails", "steps": [{"filter": "sum(id) > 1"}]}), "no row-wise function `sum`")
        .fails(
            "a value that cannot be cast",
            json!({"from": "customers", "steps": [{"cast": {"bank": "int64"}}, {"concat": {"with": ["mails"], "union": true}}]}),
            ExitCode::Data,
            "3 values of column `bank` cannot become `int64`",
        );
    check_stage!(case);
}

#[test]
fn the_running_example() {
    let tables = [("customers", customers()), ("mails", mails())];
    let tables = tables.map(|(name, frame)| (name.to_owned(), mlspec_table::Table::number(frame, 0).unwrap())).into();
    let transformer = check(complaints()).unwrap();
    let tracked = transformer.transform(&tables).unwrap();
    let frame = tracked.table().unwrap();
    assert_eq!(frame.len(), 1);
    assert_eq!(frame.column("title").unwrap().get(0).unwrap(), AnyValue::String("hello"));
    let told: Vec<_> = tracked
        .reports()
        .iter()
        .filter(|report| report.dropped > 0)
        .map(|report| format!("{} {} {}: {}", report.table, report.position, report.operator, report.dropped))
        .collect();
    assert_eq!(told, ["relevant 0 filter: 1", "relevant 1 filter: 1", "european 0 filter: 1", "rows 0 inner_join: 2"]);
    let lost = transformer.lost(&tables).unwrap();
    let listed: Vec<_> = lost.iter().map(|lost| (lost.table.as_str(), lost.ids().unwrap())).collect();
    assert_eq!(
        listed,
        [("relevant", vec![1]), ("relevant", vec![3]), ("european", vec![1]), ("rows", vec![2]), ("rows", vec![2])]
    );
    assert_eq!(lost[3].sources().unwrap()[0].0.name, "mails");
    assert_eq!(lost[4].sources().unwrap()[0].0.name, "customers");
}

#[test]
fn a_table_used_twice_is_reported_once() {
    let settings = json!({
        "tables": {"old": {"from": "mails", "steps": [{"filter": "date < date('2022-01-01')"}, {"select": ["email"]}]}},
        "from": "old",
        "steps": [{"concat": {"with": ["old"]}}]
    });
    let tables = [("mails".to_owned(), mlspec_table::Table::number(mails(), 0).unwrap())].into();
    let tracked = check(settings).unwrap().transform(&tables).unwrap();
    assert_eq!(tracked.table().unwrap().len(), 2);
    assert_eq!(
        tracked.reports().iter().map(|report| report.operator.as_str()).collect::<Vec<_>>(),
        ["filter", "select", "concat"]
    );
}

#[test]
fn what_is_wrong_with_the_tables_is_found_at_once() {
    let refused = |settings: Value, message: &str, hint: Option<&str>| {
        let error = check(settings).unwrap_err();
        assert_eq!(error.to_string(), message);
        assert_eq!(error.hint().as_deref(), hint);
        assert_eq!(error.exit_code(), ExitCode::Usage);
    };
    refused(
        json!({"tables": {"a": {"from": "b"}, "b": {"from": "c"}, "c": {"from": "a"}}, "from": "a"}),
        "the tables are made of each other: `a` from `b` from `c` from `a`",
        None,
    );
    refused(
        json!({"tables": {"european": {"from": "customers"}}, "from": "europaen"}),
        "the table `european` is not used",
        Some("`europaen` is used and not defined: is this table meant?"),
    );
    refused(
        json!({"from": "a b"}),
        "`a b` is no table of the settings and cannot name an input: a name holds letters, digits, `-` and `_` and begins with a letter or digit; character 1 is another",
        None,
    );
    refused(
        json!({"from": "Mails", "steps": [{"concat": {"with": ["mails"]}}]}),
        "the inputs `Mails` and `mails` differ in case only",
        None,
    );
}

#[test]
fn unknown_operators_are_refused_by_name() {
    let error = serde_json::from_value::<TransformParams>(json!({"from": "t", "steps": [{"filtr": "a"}]})).unwrap_err();
    assert!(error.to_string().starts_with("unknown variant `filtr`, expected one of `filter`"), "{error}");
}

#[test]
fn a_table_in_windows_gives_what_it_gives_as_a_whole() {
    let check = |settings: Value, windows: bool| {
        let bench = Bench::new();
        let people = bench.source("people", customers());
        let transformer = check(settings.clone()).unwrap();
        let host = FixedHost::default();
        let inputs = || vec![bench.bind("people", &people)];
        let mut cx = Context::new(bench.store(), &host, Seed::new(1).unwrap(), inputs());
        let found = transformer.windowed(&cx, (0, 1)).unwrap();
        assert_eq!(found.is_some(), windows, "{settings}");
        assert!(transformer.windowed(&cx, (u64::MAX, 1)).unwrap().is_none());
        let Some(found) = found else { return };
        transformer.run(&mut cx).unwrap();
        let whole = cx.finish();
        assert_eq!(found.artifact, whole.outputs[0].artifact, "{settings}");
        assert_eq!(serde_json::to_value(found.reports).unwrap(), whole.body["operators"], "{settings}");
    };
    let steps = json!([{"filter": "country <> 'US'"}, {"derive": {"mail": "upper(email)"}}, {"drop_nulls": ["mail"]}]);
    check(json!({"from": "people", "steps": steps}), true);
    check(json!({"from": "people", "sql": null, "steps": [{"distinct": {"on": ["country"]}}]}), false);
    check(json!({"from": "people", "steps": steps, "inspect": [{"source": "people", "column": "level"}]}), false);
}
