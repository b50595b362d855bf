//! The page over records of every kind: what it says, that it escapes, that it loads nothing, that it is the same twice.

use crate::Report;
use mlspec_record::{Kind, Record};
use serde_json::{Value, json};

fn digest(digit: &str) -> String {
    format!("sha256:{}", digit.repeat(64))
}

fn run(steps: &[(&str, &str)]) -> Record {
    let file: serde_json::Map<String, Value> =
        steps.iter().map(|(name, stage)| ((*name).to_owned(), json!({"uses": stage}))).collect();
    let runs: Vec<Value> = steps
        .iter()
        .map(|(name, _)| json!({"step": name, "state": "completed", "reason": "its <input> changed", "record": format!("r-{name}")}))
        .collect();
    let document = json!({
        "schema": Kind::PipelineRun.schema(), "kind": "pipeline-run", "id": "run-1", "name": "wine", "status": "Active",
        "created": "2024-05-01T12:00:00.000Z",
        "body": {
            "version": "1.0.0", "pipeline": digest("0"), "folder": ".", "parameters": {"country": "<b>DE</b>"},
            "file": {"pipeline": "wine", "version": "1.0.0", "steps": file},
            "state": "completed", "finished": "2024-05-01T12:00:02.500Z", "steps": runs,
        },
    });
    Record::from_value(document).unwrap()
}

fn record(kind: Kind, step: &str, stage: &str, body: Value) -> Record {
    let table = json!({"kind": "table", "digest": digest("1"), "rows": 1200, "bytes": 10});
    Record::from_value(json!({
        "schema": kind.schema(), "kind": kind, "id": format!("r-{step}"), "name": step,
        "step": {"name": step, "stage": stage}, "started": "2024-05-01T12:00:00Z", "finished": "2024-05-01T12:00:01Z",
        "producer": {"name": "mlspec-x", "version": "0.1.0"}, "inputs": [],
        "outputs": [{"port": "rows", "artifact": table}], "parameters": {},
        "execution_profile": {"wall_seconds": 1.0, "measurements": {"predict_row_p50_seconds": 0.001}}, "body": body,
    }))
    .unwrap()
}

fn evaluation() -> Value {
    let metrics = json!([{"name": "accuracy_score", "value": 0.75}, {"name": "roc_auc_score", "value": null, "reason": "one class only"}]);
    json!({
        "rows": 100, "metrics": metrics, "classes": ["no", "yes"], "confusion_matrix": [[60, 15], [10, 15]],
        "curves": [{"name": "roc", "x": [0.0, 0.2, 1.0], "y": [0.0, 0.8, 1.0]}],
        "slices": [{"source": "customers", "column": "country", "rows_in_several": 3, "rows_in_none": 0,
            "slices": [{"value": "<script>alert(1)</script>", "rows": 40, "metrics": [{"name": "accuracy_score", "value": 0.5}]}]}],
        "model": {"bytes": 2048, "parameters": 12},
    })
}

#[test]
fn every_kind_has_its_section() {
    let columns = json!([{"name": "age", "type": "int64"}]);
    let cases = [
        (
            Kind::Ingestion,
            "ingest@1",
            json!({"dataset": "people", "columns": columns, "inferred": true, "rows": 7, "next_row": 7,
            "files": [{"datastore": "data", "path": "a.csv", "format": "csv", "digest": digest("2"), "bytes": 9, "first_row": 0, "rows": 7}]}),
            vec!["Sources", "people", "data:a.csv", "types inferred"],
        ),
        (
            Kind::Transformation,
            "transform@1",
            json!({"operators": [{"position": 0, "operator": "filter", "table": "t", "rows_in": 9,
            "rows_out": 7, "dropped": 2, "reason": "condition not true"}]}),
            vec!["Rows through", "filter", "condition not true"],
        ),
        (
            Kind::Transformation,
            "encode@1",
            json!({"encoding": {"encoders": digest("3"), "fitted_rows": 5, "fitted_on": "train",
            "columns": [{"range": {"encoder": "one_hot", "columns": ["country"], "start": 0, "end": 2}, "names": ["country_DE", "country_FR"]}],
            "label": "premium", "classes": ["false", "true"], "positive": "true", "features": 2}}),
            vec!["Encoders", "country_FR", "premium"],
        ),
        (
            Kind::Analysis,
            "analyze@1",
            json!({"rows": 7, "columns": [
                {"column": "age", "type": "int64", "nulls": 1, "distinct": 6, "distinct_exact": true,
                 "numbers": {"nan": 0, "infinite": 0, "mean": 31.5, "quantiles": [{"share": 0.5, "value": 30.0}], "quantile_width": 0.0,
                             "histogram": {"edges": [0.0, 32.0, 64.0], "counts": [4, 2]}},
                 "outliers": {"rule": "iqr", "lower": 1.0, "upper": 60.0, "rows": 1}},
                {"column": "town", "type": "string", "nulls": 0, "distinct": 2, "distinct_exact": false, "top": [{"value": "<i>", "rows": 4}],
                 "lengths": {"unit": "characters", "nan": 0, "infinite": 0, "minimum": 2.0, "maximum": 9.0, "quantile_width": 0.0}}],
             "slices": [{"source": "people", "column": "level", "rows_in_several": 0, "rows_in_none": 0,
                         "slices": [{"value": null, "rows": 7, "columns": []}]}],
             "correlations": [{"measure": "spearman", "left": "age", "right": "n", "rows": 7, "value": 0.25}]}),
            vec![
                "Analysis",
                "histogram of age",
                "1 (14.3 %)",
                "≈ 2",
                "2–9 characters",
                "1 outliers beyond 1 to 60",
                "&lt;i&gt;",
                "people.level",
                "spearman",
            ],
        ),
        (
            Kind::Monitoring,
            "monitor@1",
            json!({"passed": false, "rows": 10, "reference_rows": 90, "reference": "profile", "missing": ["gone"],
             "columns": [{"column": "age", "type": "int64", "role": "data", "drifted": true,
                          "measures": [{"measure": "psi", "value": 0.4, "p_value": 0.001}, {"measure": "kolmogorov_smirnov", "value": 0.3, "direction": "up"}],
                          "sources": [{"scan": "people", "column": "birth", "dependency": "transformation"}],
                          "contributions": [{"bin": "≥ 60", "reference": 0.1, "current": 0.5, "share": 0.8}]}],
             "metrics": [{"metric": "accuracy_score", "reference": 0.9, "current": 0.7, "p_value": 0.02, "worse": true, "drifted": true}],
             "gates": [{"name": "watch", "severity": "error", "passed": false, "tests": 3, "drifted": [{"name": "age", "measure": "psi", "value": 0.4}]}]}),
            vec![
                "Monitoring",
                "Missing: gone",
                "watch",
                "0.3 ↑",
                "p 0.001",
                "people.birth",
                "≥ 60",
                "80.0 %",
                "accuracy_score",
            ],
        ),
        (
            Kind::Validation,
            "validate@1",
            json!({"passed": false, "rows": 7, "expectations": [{"name": "age known", "expectation": "not_null",
            "columns": ["age"], "severity": "error", "passed": false, "failing": 2, "tolerance": 0.0}]}),
            vec!["Validation", "refused", "not_null"],
        ),
        (
            Kind::Splitting,
            "split@1",
            json!({"by": "row", "hash": "xxh3", "parts": [{"name": "train", "share": 0.8, "rows": 8, "columns": []}],
            "leakage": [{"source": "people", "rows": 8, "shared": 1}]}),
            vec!["Splitting", "xxh3", "more than one part"],
        ),
        (
            Kind::Training,
            "train@1",
            json!({"estimator": "logistic_regression", "hyperparameters": {"alpha": 1.0}, "rows": 8, "features": 2,
            "convergence": {"start": "zero", "converged": true, "iterations": 12, "objective": 0.3, "gradient_norm": 1e-7, "tolerance": 1e-6},
            "method": "warm_start", "guarantee": "converged", "format": "1.0.0"}),
            vec!["Training", "logistic_regression", "12 iterations"],
        ),
        (
            Kind::Evaluation,
            "evaluate@1",
            evaluation(),
            vec!["Evaluation", "ROC", "one class only", "polyline", "customers.country"],
        ),
        (
            Kind::Test,
            "test@1",
            json!({"result": evaluation(), "shared_with_training": [{"source": "people", "rows": 8, "shared": 0}]}),
            vec!["Test: ", "shared with training", "Confusion matrix"],
        ),
    ];
    for (kind, stage, body, expected) in cases {
        let records = [record(kind, "step", stage, body)];
        let report = Report::new(&run(&[("step", stage)]), &records).unwrap();
        let html = report.html();
        for text in expected {
            assert!(html.contains(text), "{kind}: no {text}");
        }
        assert_eq!(html, report.html());
    }
}

#[test]
fn values_are_escaped_and_nothing_is_loaded() {
    let records = [record(Kind::Evaluation, "judge", "evaluate@1", evaluation())];
    let html = Report::new(&run(&[("judge", "evaluate@1")]), &records).unwrap().html();
    assert!(html.contains("&lt;b&gt;DE&lt;/b&gt;") && html.contains("its &lt;input&gt; changed"));
    for loaded in ["<script", "src=", "href=", "@import", "url("] {
        assert!(!html.contains(loaded), "{loaded}");
    }
}

#[test]
fn a_step_without_record_stands_in_the_picture() {
    let html = Report::new(&run(&[("rows", "ingest@1"), ("split", "split@1")]), &[]).unwrap().html();
    assert!(html.contains(">split</text>"));
}

#[test]
fn a_record_of_another_kind_is_refused() {
    let other = record(Kind::Training, "fit", "train@1", json!({}));
    assert!(Report::new(&other, &[]).unwrap_err().to_string().contains("`r-fit` is no record of a pipeline's run"));
    let error = Report::new(&run(&[("fit", "train@1")]), &[other]).unwrap_err().to_string();
    assert!(error.contains("does not have the shape of its kind"), "{error}");
}
