//! The library, the stage, and what bad input does.

use crate::{AnalyzeParams, entry};
use mlspec_record::body::{Analysis, ColumnSummary, Correlation, NumberSummary};
use mlspec_record::{ArtifactRef, ExitCode};
use mlspec_table::Table;
use mlspec_table::polars::prelude::*;
use mlspec_testkit::{Bench, Case, MARKER, MARKER_NUMBER, check_stage};
use serde_json::{Value, json};

fn params(settings: Value) -> AnalyzeParams {
    serde_json::from_value(settings).unwrap()
}

fn summaries(frame: DataFrame, settings: Value) -> Vec<ColumnSummary> {
    let analyzer = params(settings).check().unwrap();
    analyzer.summaries(&analyzer.profile(&Table::number(frame, 0).unwrap()).unwrap())
}

fn numbers(frame: DataFrame) -> NumberSummary {
    summaries(frame, json!({})).remove(0).numbers.unwrap()
}

/// People and what they ordered, for slices by a column of a source.
fn world(bench: &Bench) -> ArtifactRef {
    let people = df!(
        "_row" => (0..40_u64).collect::<Vec<_>>(),
        "team" => (0..40).map(|at| ["a", "b", "c"][at % 3]).collect::<Vec<_>>(),
        "age" => (0..40).map(|at| (at % 11 != 0).then_some(20 + at * 7 % 30)).collect::<Vec<Option<i64>>>(),
        "note" => (0..40).map(|at| format!("{MARKER}{}", at % 5)).collect::<Vec<_>>(),
        "when" => Series::new("".into(), (0..40).collect::<Vec<i32>>()).cast(&DataType::Date).unwrap(),
        "ok" => (0..40).map(|at| at % 4 == 0).collect::<Vec<_>>(),
        "x" => (0..40).map(|at| if at == 7 { MARKER_NUMBER as f64 } else { f64::from(at) / 8.0 }).collect::<Vec<_>>()
    );
    let people = people.unwrap();
    let source = bench.source("people", people.clone());
    bench.derived(people.drop("team").unwrap(), "people", &source)
}

#[test]
fn the_stage_is_a_stage() {
    let bench = Bench::new();
    let rows = world(&bench);
    let all = json!({
        "show": ["note"], "quantiles": [0.5], "duplicates": {"columns": ["age", "ok"]},
        "slices": [{"source": "people", "column": "team"}, {"column": "ok"}],
        "correlations": {"columns": ["age", "x", "ok", "note"]}, "outliers": {"rule": {"z_score": 2.0}},
    });
    let shown = json!({"columns": ["age", "x", "when", "ok"], "outliers": {}, "duplicates": {}, "correlations": {}});
    let case = Case::new(&bench, entry(), shown)
        .input("rows", &rows)
        .accepts(json!({}))
        .accepts(all.clone())
        .refuses(json!({"quantiles": [0.5, 0.5]}), "`quantiles` must ascend")
        .refuses(json!({"quantiles": [1.5]}), "`quantiles` must be shares from 0 to 1")
        .refuses(json!({"columns": ["a", "a"]}), "`columns` names the column `a` twice")
        .refuses(json!({"top": 1001}), "at most 100 `quantiles` and 1000 `top` values can be told")
        .refuses(json!({"outliers": {"rule": {"iqr": 0.0}}}), "the factor of `outliers.rule` must be above 0, got `0`")
        .fails("a missing column", json!({"columns": ["no"]}), ExitCode::Usage, "there is no column `no`")
        .fails("a missing column to show", json!({"show": ["no"]}), ExitCode::Usage, "there is no column `no`")
        .fails("texts", json!({"outliers": {"columns": ["note"]}}), ExitCode::Usage, "cannot have outliers")
        .fails(
            "dates",
            json!({"correlations": {"columns": ["when"], "measures": ["cramers_v"]}}),
            ExitCode::Usage,
            "cannot be correlated",
        )
        .fails(
            "no source",
            json!({"slices": [{"source": "cities", "column": "team"}]}),
            ExitCode::Usage,
            "do not come from a source `cities`",
        )
        .fails(
            "many slices",
            json!({"slices": [{"column": "when"}], "max_slices": 3}),
            ExitCode::Data,
            "makes 40 slices, at most 3 are allowed",
        );
    check_stage!(case);
    // With everything on, but without the marker that a column to be shown holds.
    let plain = bench.table(&rows).into_frame().drop("note").unwrap();
    let noted = Series::new("note".into(), (0..40).map(|at| format!("n{}", at % 5)).collect::<Vec<_>>());
    let frame = plain.hstack(&[noted.into_column()]).unwrap();
    let source = bench.source(
        "people",
        frame
            .hstack(&[
                Series::new("team".into(), (0..40).map(|at| ["a", "b"][at % 2]).collect::<Vec<_>>()).into_column()
            ])
            .unwrap(),
    );
    let rows = bench.derived(frame, "people", &source);
    let none = bench.source("people", bench.table(&source).into_frame().clear());
    let none = bench.derived(bench.table(&none).into_frame().drop("team").unwrap(), "people", &none);
    check_stage!(Case::new(&bench, entry(), all).input("rows", &rows).empty_input("rows", &none));
}

fn analysis(bench: &Bench, rows: &ArtifactRef, settings: Value) -> Analysis {
    serde_json::from_value(bench.outcome(&entry(), &settings, &[("rows", rows)]).body).unwrap()
}

#[test]
fn what_is_asked_for_is_found_with_row_ids() {
    let bench = Bench::new();
    let rows = world(&bench);
    let found = analysis(
        &bench,
        &rows,
        json!({
            "outliers": {"columns": ["x"]}, "duplicates": {"columns": ["ok"]}, "slices": [{"source": "people", "column": "team"}],
            "correlations": {"columns": ["x", "ok", "note"]},
        }),
    );
    let outliers = found.columns.iter().find(|column| column.column == "x").unwrap().outliers.clone().unwrap();
    assert_eq!((outliers.rows, bench.table(&outliers.outlying_rows.unwrap()).ids()), (1, vec![7]));
    let duplicates = found.duplicates.unwrap();
    let ids = bench.table(&duplicates.repeating_rows.unwrap()).ids();
    assert_eq!((duplicates.rows, &ids[..4]), (38, &[2, 3, 4, 5][..]));
    let slices = &found.slices[0];
    assert_eq!((slices.source.as_str(), slices.rows_in_several, slices.rows_in_none), ("people", 0, 0));
    let sizes: Vec<_> = slices.slices.iter().map(|slice| (slice.value.as_deref(), slice.rows)).collect();
    assert_eq!(sizes, [(Some("a"), 14), (Some("b"), 13), (Some("c"), 13)]);
    assert_eq!(slices.slices[0].columns.len(), 5);
    let measures: Vec<_> =
        found.correlations.iter().map(|one| (one.measure.as_str(), &one.left[..], &one.right[..])).collect();
    assert_eq!(measures, [("pearson", "ok", "x"), ("spearman", "ok", "x"), ("cramers_v", "note", "ok")]);
    // Ranks of 40 numbers of which the eighth is the greatest, beside every fourth: as scipy has it.
    let spearman: &Correlation = &found.correlations[1];
    assert!((spearman.value.unwrap() - -0.11503595435448175).abs() < 1e-12, "{spearman:?}");
}

#[test]
fn text_stands_in_the_record_only_where_asked_for() {
    let bench = Bench::new();
    let rows = world(&bench);
    let text = |settings| serde_json::to_string(&analysis(&bench, &rows, settings)).unwrap();
    assert!(!text(json!({})).contains(MARKER));
    assert!(!text(json!({"duplicates": {}, "outliers": {}, "correlations": {}})).contains(MARKER));
    assert!(text(json!({"show": ["note"]})).contains(MARKER));
    let profile = |settings: Value| {
        let outcome = bench.outcome(&entry(), &settings, &[("rows", &rows)]);
        bench.store().json::<Value>(&outcome.outputs[0].artifact.digest).unwrap().to_string()
    };
    assert!(!profile(json!({})).contains(MARKER) && profile(json!({"show": ["note"]})).contains(MARKER));
}

#[test]
fn figures_are_those_of_numpy_and_scipy() {
    let found = numbers(df!("x" => [1.0, 2.0, 2.0, 3.5, 9.0]).unwrap());
    let given = [found.mean, found.standard_deviation, found.skewness, found.kurtosis].map(Option::unwrap);
    for (found, expect) in given.into_iter().zip([3.5, 2.8635642126552705, 1.2265117389124303, -0.13191552647233795]) {
        assert!((found - expect).abs() < 1e-12, "{found} is not {expect}");
    }
    let quantiles: Vec<f64> = found.quantiles.iter().map(|quantile| quantile.value).collect();
    for (found, expect) in quantiles.into_iter().zip([1.04, 1.2, 2.0, 2.0, 3.5, 7.9, 8.78]) {
        assert!((found - expect).abs() < 1e-12, "{found} is not {expect}");
    }
    assert_eq!((found.quantile_width, found.histogram.unwrap().counts.iter().sum::<u64>()), (0.0, 5));
    let dates = Series::new("d".into(), [Some(0_i32), Some(19_782), None]).cast(&DataType::Date).unwrap();
    let found = numbers(DataFrame::new(3, vec![dates.into_column()]).unwrap());
    assert_eq!((found.first.as_deref(), found.last.as_deref()), (Some("1970-01-01"), Some("2024-02-29")));
    assert_eq!(found.unit.as_deref(), Some("days since 1970-01-01"));
}

#[test]
fn bad_input_gives_sensible_figures() {
    let odd = "na.me \"of\"\n it é";
    let long = "é".repeat(1_000_000);
    for (frame, nulls, distinct) in [
        (df!(odd => Vec::<i64>::new()).unwrap(), 0, 0),
        (df!(odd => [None::<f64>, None]).unwrap(), 2, 0),
        (df!(odd => [1_u8]).unwrap(), 0, 1),
        (df!(odd => [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::NAN]).unwrap(), 0, 3),
        (df!(odd => [f64::MAX, f64::MIN]).unwrap(), 0, 2),
        (df!(odd => [long.as_str(), "", long.as_str()]).unwrap(), 0, 2),
        (df!(odd => [u64::MAX, 0]).unwrap(), 0, 2),
    ] {
        let found = summaries(frame, json!({})).remove(0);
        assert_eq!((found.column.as_str(), found.nulls, found.distinct), (odd, nulls, distinct));
        assert!(serde_json::to_string(&found).unwrap().len() < 5_000, "nothing grows with a value");
    }
    assert_eq!(summaries(DataFrame::empty(), json!({})), []);
}

#[test]
fn very_wide_tables_are_profiled() {
    let columns: Vec<Column> = (0..5_000_i64)
        .map(|at| Series::new(format!("c{at}").into(), [Some(at), None, Some(3)]).into_column())
        .collect();
    let bench = Bench::new();
    let rows = bench.source("wide", DataFrame::new(3, columns).unwrap());
    let found = analysis(&bench, &rows, json!({"outliers": {}, "duplicates": {}}));
    assert_eq!((found.columns.len(), found.columns[4_999].numbers.as_ref().unwrap().maximum), (5_000, Some(4_999.0)));
    let many = params(json!({"correlations": {}})).check().unwrap();
    let error = many.columns(bench.table(&rows).schema()).unwrap_err();
    assert!(error.to_string().contains("name at most 100 in `correlations.columns`"), "{error}");
}
