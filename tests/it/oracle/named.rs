//! Cases with names.

use super::compare::{Apart, compare};
use super::coverage::Coverage;
use super::pipeline::{LABEL, PARTS, Pipeline, Step};
use super::sources::{Cells, Source, Which};
use super::world::World;
use serde_json::{Value, json};

/// Labels say who is above the mean of the team; means are taken before the filter, so of people too who are then left out.
fn above_the_mean(estimator: Value, label: &str) -> Pipeline {
    let input = |port: &str, step, from: &str| (port.to_owned(), step, from.to_owned());
    let prepared = json!({
        "tables": {"means": {"from": "people", "steps": [{"group_by": {"keys": ["team"], "aggregates": {"mean": {"function": "mean", "column": "x"}}}}]}},
        "from": "people",
        "steps": [{"inner_join": {"with": "means", "on": ["team"]}}, {"filter": "flag"}, {"derive": {LABEL: label}}],
    });
    let encoders = json!([{"standard_scaler": {"columns": ["n"], "impute": "mean"}}, {"one_hot": {"columns": ["city", "team"], "handle_unknown": "ignore"}}]);
    let encoded =
        json!({"fit": "train", "apply": ["validation", "test"], "encoders": encoders, "label": {"column": LABEL}});
    let parts = json!({"train": 0.6, "validation": 0.2, "test": 0.2});
    let steps = vec![
        Step {
            name: "prepared",
            stage: "transform@1",
            settings: prepared,
            inputs: vec![input("people", "people", "rows")],
        },
        Step {
            name: "parts",
            stage: "split@1",
            settings: json!({ "parts": parts }),
            inputs: vec![input("rows", "prepared", "rows")],
        },
        Step {
            name: "features",
            stage: "encode@1",
            settings: encoded,
            inputs: PARTS.iter().map(|part| input(part, "parts", part)).collect(),
        },
        Step {
            name: "model",
            stage: "train@1",
            settings: json!({ "estimator": estimator }),
            inputs: vec![input("train", "features", "train")],
        },
        Step {
            name: "evaluated",
            stage: "evaluate@1",
            settings: json!({}),
            inputs: vec![input("model", "model", "model"), input("data", "features", "validation")],
        },
        Step {
            name: "tested",
            stage: "test@1",
            settings: json!({"slices": [{"source": "people", "column": "team"}]}),
            inputs: vec![
                input("model", "model", "model"),
                input("data", "features", "test"),
                input("train", "features", "train"),
            ],
        },
    ];
    Pipeline { steps, used: Vec::new() }
}

/// Sixty people in two teams. The first of each has an `x` that lifts the mean above that of most, and is left out by the filter.
fn people() -> Vec<(u8, Cells)> {
    let row = |at: u8| {
        let (high, x) = (at < 2, [1, 2, 4, 9][usize::from(at / 2) % 4]);
        (0, [at % 2, at % 4, if high { HIGH } else { x }, at * 5, u8::from(!high), at])
    };
    (0..40).map(row).collect()
}

/// Where 1e15 stands among the values of a source that may be wild.
const HIGH: u8 = 244;

const ABOVE: &str = "CASE WHEN x > mean THEN 'above' ELSE 'below' END";

/// Erases, updates, compares; gives how many labels of rows that stayed flipped.
fn erase(pipeline: Pipeline, rows: &[u64]) -> u64 {
    let world = World::new(pipeline, 8);
    let mut sources = vec![Source::new(Which::People, &people(), true)];
    let before = world.run(&world.sources(&sources));
    for (step, left) in world.pipeline.steps.iter().zip(&before) {
        assert!(left.done().is_some(), "`{}` does not run", step.name);
    }
    sources[0].rows.retain(|id, _| !rows.contains(id));
    let versions = world.sources(&sources);
    let updated = world.update(&before, &versions);
    compare(&world, &updated, &world.run(&versions), &mut Apart::default()).unwrap();
    let mut coverage = Coverage::default();
    coverage.update(&world, &before, &updated);
    coverage.get("labels", "flips of rows that stayed")
}

#[test]
fn erasing_one_row_flips_labels_of_others() {
    // Without the first row of a team its mean falls, and all others of the team that are above the new mean flip.
    let estimators = [json!({"logistic_regression": {"tol": 1e-9}}), json!({"decision_tree": {"max_depth": 3}})];
    for estimator in estimators {
        let flips = erase(
            above_the_mean(estimator, "CASE WHEN x >= mean THEN 'above' WHEN x > 0.4 THEN 'middle' ELSE 'below' END"),
            &[0],
        );
        assert!(flips >= 4, "{flips} labels flip");
    }
    let flips = erase(above_the_mean(json!({"ridge": {}}), "CASE WHEN x > mean THEN 1.5 ELSE x END"), &[0]);
    assert!(flips >= 4, "{flips} labels flip");
}

#[test]
fn erasing_a_row_of_no_part_that_moves_no_mean_changes_only_what_it_was_in() {
    assert_eq!(
        erase(above_the_mean(json!({"decision_tree": {}}), "CASE WHEN x > 0.4 THEN 'high' ELSE 'low' END"), &[0, 1]),
        0
    );
}

#[test]
fn labels_of_everybody_may_flip_at_once() {
    let all: Vec<u64> = vec![0, 1];
    let label = format!("CASE WHEN n IS NULL THEN 'unknown' ELSE ({ABOVE}) END");
    let flips =
        erase(above_the_mean(json!({"decision_tree": {}}), &label.replace("mean THEN", "mean - 0.7 THEN")), &all);
    assert!(flips > 8, "{flips} labels flip");
}

#[test]
fn rows_that_met_nothing_are_found_when_one_of_them_goes() {
    let aggregates = json!({"mean": {"function": "mean", "column": "n"}, "many": {"function": "count"}});
    let settings = json!({
        "from": "people",
        "steps": [{"left_join": {"with": "events", "on": ["id"], "suffix": "_"}}, {"group_by": {"keys": ["kind"], "aggregates": aggregates}}],
    });
    let input = |name: &'static str| (name.to_owned(), name, "rows".to_owned());
    let inputs = vec![input("people"), input("events")];
    let step = Step { name: "prepared", stage: "transform@1", settings, inputs };
    let world = World::new(Pipeline { steps: vec![step], used: Vec::new() }, 8);
    // Half of the people have an event.
    let events: Vec<(u8, Cells)> = (0..20).map(|person| (person, [0, person % 4, 0, 0, 0, 0])).collect();
    let mut sources = vec![Source::new(Which::People, &people(), false), Source::new(Which::Events, &events, false)];
    let before = world.run(&world.sources(&sources));
    for (source, row) in [(0, 30), (1, 3), (0, 2)] {
        sources[source].rows.remove(&row);
        let versions = world.sources(&sources);
        let updated = world.update(&before, &versions);
        compare(&world, &updated, &world.run(&versions), &mut Apart::default()).unwrap();
    }
}
