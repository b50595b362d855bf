//! One good document of each kind, as a writer other than ours might write it.

use mlspec_record::Kind;
use serde_json::{Value, json};

pub(super) const DIGEST: &str = "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
const ID: &str = "0190f3a0-1111-7000-8000-000000000001";

fn artifact(kind: &str) -> Value {
    json!({"kind": kind, "digest": DIGEST, "lineage": DIGEST, "rows": 10, "bytes": 4096})
}

fn columns() -> Value {
    json!([{"name": "id", "type": "int64"}, {"name": "text", "type": "string"}])
}

/// A good document of this kind.
pub(super) fn base(kind: Kind) -> Value {
    if kind.is_stage() { record(kind) } else { object(kind) }
}

fn record(kind: Kind) -> Value {
    json!({
        "schema": kind.schema().to_string(), "id": ID, "kind": kind.as_str(), "name": "a-step", "description": "one step",
        "run": {"id": ID, "pipeline": "complaints", "version": "1.0.0"},
        "step": {"name": "a-step", "stage": "split@1"},
        "started": "2024-05-01T12:00:00.000Z", "finished": "2024-05-01T12:00:01.500Z",
        "actor": "someone", "code": {"revision": "0123abc", "dirty": false},
        "producer": {"name": "mlspec-split", "version": "0.1.0"},
        "inputs": [{"port": "rows", "artifact": artifact("table"),
                    "producer": {"record": ID, "content": DIGEST, "step": "before", "port": "rows"}}],
        "outputs": [{"port": "train", "artifact": artifact("table")}, {"port": "rest", "artifact": artifact("matrix")}],
        "parameters": {"by": ["customer"]}, "seed": 7, "environment": {"os": "linux"},
        "tags": [{"key": "team", "value": "data"}], "execution_profile": {"wall_seconds": 1.5},
        "body": body(kind),
    })
}

fn object(kind: Kind) -> Value {
    json!({
        "schema": kind.schema().to_string(), "id": ID, "kind": kind.as_str(), "name": "an-object", "status": "Active",
        "created": "2024-05-01T12:00:00Z", "body": body(kind),
    })
}

fn body(kind: Kind) -> Value {
    let step_run = json!({"step": "rows", "state": "completed", "reason": "its inputs changed", "cache_key": DIGEST});
    match kind {
        Kind::Ingestion => json!({
            "dataset": "mails", "key": ["id"], "columns": columns(), "inferred": true, "rows": 10, "next_row": 10,
            "files": [{"datastore": "raw", "path": "mails.csv", "format": "csv", "digest": DIGEST, "bytes": 512,
                       "first_row": 0, "rows": 10}],
        }),
        Kind::Analysis => json!({
            "rows": 10,
            "columns": [{"column": "id", "type": "int64", "nulls": 0, "distinct": 10, "distinct_exact": true,
                         "numbers": {"nan": 0, "infinite": 0, "mean": 4.5, "minimum": 0.0, "maximum": 9.0,
                                     "quantiles": [{"share": 0.5, "value": 4.5}], "quantile_width": 0.0,
                                     "histogram": {"edges": [0.0, 8.0, 16.0], "counts": [8, 2]}}},
                        {"column": "text", "type": "string", "nulls": 1, "distinct": 2, "distinct_exact": true,
                         "top": [{"rows": 6}, {"value": "b", "rows": 3}],
                         "lengths": {"unit": "characters", "nan": 0, "infinite": 0, "quantile_width": 0.0}}],
            "correlations": [{"measure": "pearson", "left": "id", "right": "n", "rows": 10, "value": null, "reason": "a column is constant"}],
            "duplicates": {"columns": ["text"], "rows": 7, "repeating_rows": artifact("table")}, "state": DIGEST,
        }),
        Kind::Monitoring => json!({
            "passed": false, "rows": 10, "reference_rows": 100, "reference": "profile",
            "columns": [{"column": "id", "type": "int64", "role": "data", "drifted": true,
                         "measures": [{"measure": "kolmogorov_smirnov", "value": 0.4, "p_value": 0.01, "critical": 0.3, "direction": "up"}],
                         "sources": [{"scan": "mails", "column": "id", "dependency": "identity"}],
                         "contributions": [{"bin": "≥ 8", "reference": 0.1, "current": 0.5, "share": 0.9, "rows": artifact("table")}]}],
            "gates": [{"name": "drift", "severity": "error", "passed": false, "tests": 1,
                       "drifted": [{"name": "id", "measure": "kolmogorov_smirnov", "value": 0.4, "p_value": 0.01, "direction": "up"}]}],
        }),
        Kind::Transformation => json!({
            "operators": [{"position": 0, "operator": "filter", "table": "rows", "rows_in": 12, "rows_out": 10, "dropped": 2,
                           "reason": "condition not true",
                           "shares": [{"source": "customers", "column": "country",
                                       "groups": [{"value": "DE", "rows_in": 12, "rows_out": 10}]}]}],
            "encoding": null,
            "external": {"program": "clean.py", "digest": DIGEST, "files": [{"path": "clean.py", "digest": DIGEST}], "deterministic": true,
                         "outputs": [{"port": "rows", "rows": 10, "row_lineage": "kept", "rows_of": "rows", "dropped": 2}]},
            "taken": {"record": ID, "content": DIGEST, "stage": "script@1", "producer": {"name": "script", "version": "1"}},
        }),
        Kind::Validation => json!({
            "passed": false, "rows": 10,
            "expectations": [{"name": "ids", "expectation": "not_null", "columns": ["id"], "severity": "error", "passed": false,
                              "failing": 1, "tolerance": 0.0, "failing_rows": artifact("table")}],
        }),
        Kind::Splitting => json!({
            "by": "columns", "keys": ["customer"], "hash": "xxh3-64",
            "parts": [{"name": "train", "share": 0.8, "rows": 8,
                       "columns": [{"column": "id", "nulls": 0, "distinct": 8, "mean": 3.5}]}],
            "leakage": [{"source": "mails", "rows": 10, "shared": 0}],
        }),
        Kind::Training => json!({
            "estimator": "logistic_regression", "hyperparameters": {"alpha": 1.0}, "rows": 8, "features": 3,
            "classes": ["no", "yes"], "positive": "yes", "method": "warm_start", "guarantee": "converged", "format": "1.0.0",
            "convergence": {"start": "zero", "converged": true, "iterations": 12, "objective": 0.4, "gradient_norm": 1e-9, "tolerance": 1e-8},
        }),
        Kind::Evaluation | Kind::Test => measured(kind),
        Kind::Prediction => json!({
            "rows": 2, "estimator": "logistic_regression", "encoders": DIGEST, "features": 3, "threshold": 0.5, "positive": "yes",
            "predicted": [{"class": "no", "rows": 1}, {"class": "yes", "rows": 1}], "label": "good",
        }),
        Kind::Dataset => json!({"key": ["id"], "license": "CC0-1.0", "versions": [ID]}),
        Kind::DatasetVersion => json!({
            "dataset": "mails", "version": 1, "columns": columns(), "table": artifact("table"), "record": DIGEST, "next_row": 10,
        }),
        Kind::Artifact => {
            json!({"created_by_run_id": ID, "step": "rows", "port": "rows", "artifact": artifact("table")})
        }
        Kind::Pipeline => json!({"version": "1.2.0-rc.1", "digest": DIGEST, "file": pipeline_file()}),
        Kind::PipelineRun => json!({
            "version": "1.2.0", "pipeline": DIGEST, "file": pipeline_file(), "folder": "examples/wine", "parameters": {"share": 0.8},
            "state": "completed", "finished": "2024-05-01T12:00:09Z", "steps": [step_run],
        }),
        _ => step_run,
    }
}

fn measured(kind: Kind) -> Value {
    let figures = json!({
        "rows": 2,
        "metrics": [{"name": "accuracy", "value": 0.5, "interval": {"low": 0.0, "high": 1.0, "level": 0.95, "samples": 1000}}, {"name": "roc_auc", "value": null, "reason": "one class only"}],
        "slices": [{"source": "customers", "column": "country", "rows_in_several": 0, "rows_in_none": 0,
                    "cross": [{"source": "rows", "column": "size"}],
                    "slices": [{"value": null, "cross": ["[0, 9]"], "rows": 2, "metrics": []}]}],
        "importances": {"metric": "accuracy", "value": 0.5, "rows": 2, "repeats": 5, "columns": [
            {"column": "size", "features": 1, "mean": 0.25, "standard_deviation": 0.0, "measured": 5,
             "sources": [{"source": "customers", "column": "size"}]},
            {"column": "name", "features": 9, "mean": null, "standard_deviation": null, "measured": 0}]},
        "fairness": [{"source": "customers", "column": "country", "min_rows": 1, "rows_in_several": 0, "rows_in_none": 0,
                      "groups": [{"value": "DE", "rows": 2, "positive": 1, "selection_rate": 0.5, "true_positive_rate": null,
                                  "false_positive_rate": 0.0, "accuracy": 0.5, "compared": true}],
                      "metrics": [{"name": "equal_opportunity_difference", "value": 0.25}]}],
        "curves": [{"name": "roc", "x": [0.0, 1.0], "y": [0.0, 1.0]}],
        "confusion_matrix": [[1, 0], [1, 0]], "classes": ["no", "yes"],
        "model": {"bytes": 2048, "parameters": 4},
    });
    match kind {
        Kind::Test => {
            json!({"result": figures, "shared_with_training": [{"source": "mails", "rows": 10, "shared": 1}]})
        }
        _ => figures,
    }
}

/// A good pipeline file.
pub(super) fn pipeline_file() -> Value {
    json!({
        "pipeline": "wine", "version": "1.2.0", "description": "two models", "tags": [{"key": "team", "value": "data"}], "seed": 7,
        "parameters": {"share": {"type": "float", "default": 0.8, "constraint": {"exclusive_minimum": 0, "maximum": 1}}},
        "datastores": {"raw": {"type": "folder", "path": "data"}},
        "steps": {
            "rows": {"uses": "fetch@1", "settings": {"path": "wine.csv"}},
            "cut": {"uses": "cleave@2", "inputs": {"rows": "rows.rows"}, "settings": {"share": "${share}"}, "after": ["rows"]},
        },
    })
}
