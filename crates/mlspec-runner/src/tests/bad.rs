//! Everything that can be wrong with a pipeline, before anything runs.

use super::{World, name};
use crate::{CheckOptions, RunnerError};
use mlspec_record::{ExitCode, Failure};

/// Problems as `line: message [hint]`.
fn problems(error: &RunnerError) -> Vec<String> {
    let RunnerError::Rejected(rejected) = error else { return vec![error.to_string()] };
    let told = |problem: &crate::Problem| {
        let hint = problem.hint.as_ref().map(|hint| format!(" [{hint}]")).unwrap_or_default();
        let line = problem.place.line.map(|line| line.to_string()).unwrap_or_default();
        format!("{line}: {}{hint}", problem.message)
    };
    rejected.problems.iter().map(told).collect()
}

/// `steps` begins in line 4.
fn check(head: &str, steps: &str, expect: &[&str]) {
    let world = World::new();
    let text = format!("pipeline: p\nversion: 1.0.0\nsteps:\n{steps}{head}");
    let error = world.check(&text).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Usage, "{text}");
    let found = problems(&error);
    assert_eq!(found, expect, "{text}");
    assert!(world.store.runs().unwrap().is_empty(), "nothing ran");
}

const ONE: &str = "  one: { uses: constant@1 }\n";

#[test]
fn stages_settings_and_ports() {
    check("", "  one: { uses: constnt@1 }\n", &["4: there is no stage `constnt@1` [did you mean `constant@1`?]"]);
    check(
        "",
        "  one: { uses: constant@1, settings: { valu: 1 } }\n",
        &["4: unknown field `valu`, expected one of `value`, `column`, `path`"],
    );
    check(
        "",
        "  one: { uses: constant@1, settings: { value: 9007199254740993 } }\n",
        &[
            "4: the integer is beyond 2^53 [other readers would see another number; write it as a text where that is allowed]",
        ],
    );
    let add = |inputs: &str| format!("{ONE}  sum:\n    uses: add@1\n    inputs: {{ {inputs} }}\n");
    let unconnected =
        "7: the input port `b` is not connected [give it the output of another step: `inputs: { b: STEP.PORT }`]";
    check("", &add("a: one.rows"), &[unconnected]);
    check("", &add("a: one.rows, b: on.rows"), &["7: there is no step `on` [did you mean `one`?]"]);
    check("", &add("a: one.rows, b: one.row"), &["7: the step `one` has no output port `row` [did you mean `rows`?]"]);
    check(
        "",
        &add("a: one.rows, b: one.rows, d: one.rows"),
        &["7: `add@1` has no input port `d` [there are `a`, `b`, `c`]"],
    );
    let report = add("a: one.rows, b: r.report") + "  r: { uses: report@1 }\n";
    check("", &report, &["7: the port `b` expects a table, `r.report` is a report"]);
    check(
        "",
        &add("a: one.rows, b: one.rows, b: one.rows"),
        &["7: the file cannot be parsed: the key stands twice in its mapping"],
    );
    check("", "  one: { uses: constant@1, after: [oen] }\n", &["4: there is no step `oen` [did you mean `one`?]"]);
}

#[test]
fn all_problems_together() {
    let steps =
        "  one: { uses: constant@1, settings: { x: 1 } }\n  two: { uses: nothing@1 }\n  ONE: { uses: constant@1 }\n";
    let world = World::new();
    let error = world.check(&format!("pipeline: p\nversion: 1.0.0\nsteps:\n{steps}")).unwrap_err();
    let found = problems(&error);
    assert_eq!(found.len(), 3, "{found:#?}");
    assert!(found[0].contains("differ only in case"), "{found:#?}");
    assert!(error.to_string().lines().count() == 4, "{error}");
}

#[test]
fn cycles_are_named_in_full() {
    let step = |name: &str, from: &str| format!("  {name}: {{ uses: slow@1, inputs: {{ rows: {from}.rows }} }}\n");
    check("", &step("a", "a"), &["4: the steps wait for each other: `a -> a`"]);
    check("", &(step("a", "b") + &step("b", "a")), &["4: the steps wait for each other: `a -> b -> a`"]);
    check(
        "",
        &(step("a", "c") + &step("b", "a") + &step("c", "b") + &step("d", "c")),
        &["4: the steps wait for each other: `a -> b -> c -> a`"],
    );
    let after = "  a: { uses: constant@1, after: [b] }\n  b: { uses: constant@1, after: [a] }\n";
    check("", after, &["4: the steps wait for each other: `a -> b -> a`"]);
}

#[test]
fn plans_files_and_datastores() {
    let missing =
        "  one: { uses: constant@1, settings: { column: x } }\n  s: { uses: slow@1, inputs: { rows: one.rows } }\n";
    check("", missing, &["5: column `value` is missing"]);
    let data = "datastores: { data: { type: folder, path: data } }\n";
    let file = |path: &str| format!("  f: {{ uses: file@1, settings: {{ path: {path} }} }}\n");
    check(data, &file("none.txt"), &["4: there is no file `none.txt` in the datastore `data`"]);
    check(
        "",
        &file("none.txt"),
        &["4: there is no datastore `data`; the pipeline names none [name it under `datastores` in the pipeline file]"],
    );
    check(
        data,
        &file("../pipeline.yaml"),
        &[
            "4: the path `../pipeline.yaml` leaves the datastore `data` [a path is relative, without `..`, and no link on it leads outside]",
        ],
    );
    check(
        "datastores: { data: { type: folder, path: nowhere } }\n",
        ONE,
        &[
            "5: there is no folder `nowhere` for the datastore `data` [the path is relative to the folder of the pipeline file]",
        ],
    );
}

#[test]
fn files_that_are_no_pipelines() {
    let world = World::new();
    let check = |text: &str, expect: &str| {
        let error = world.check(text).unwrap_err();
        assert_eq!(error.exit_code(), ExitCode::Usage);
        assert!(problems(&error)[0].contains(expect), "{text}: {:?}", problems(&error));
    };
    check("pipeline: [", "the file cannot be parsed");
    check("", "the text holds no document");
    check("a: 1\n---\nb: 1\n", "a pipeline file holds one document, this one holds 2");
    check("a: 1", "neither `pipeline` nor `steps`");
    check("pipeline: p\nversion: 1.0.0\nsteps: {}\n", "3: ");
    check("pipeline: p\nversion: 1.0.0\nstep: {}\nsteps: { a: { uses: constant@1 } }\n", "3: unknown field `step`");
    check("pipeline: p\nversion: one\nsteps: { a: { uses: constant@1 } }\n", "2: ");
    let nothing = crate::Pipeline::load(&world.folder.path().join("none.yaml"), &Default::default()).unwrap_err();
    assert_eq!(nothing.exit_code(), ExitCode::Usage);
}

#[test]
fn parameters() {
    let text = "pipeline: p\nversion: 1.0.0\nparameters:\n  n: { type: integer, constraint: { minimum: 1, maximum: 9 } }\n  \
                rate: { type: float, default: 0.5, constraint: { exclusive_maximum: 1 } }\n  \
                kind: { type: string, default: a, constraint: { enum: [a, b], pattern: '^a' } }\n\
                steps:\n  one: { uses: constant@1, settings: { value: '${n}' } }\n";
    let world = World::new();
    let check = |set: &[(&str, &str)], expect: &[&str]| {
        let error = world.load(text, set).unwrap_err();
        assert_eq!(problems(&error), expect, "{set:?}");
    };
    check(&[], &["4: the parameter `n` has no value [set it with `--set n=…`, or give it a `default`]"]);
    check(&[("n", "x")], &["4: the parameter `n` expects a whole number within ±2^53"]);
    check(&[("n", "9007199254740993")], &["4: the parameter `n` expects a whole number within ±2^53"]);
    check(&[("n", "10")], &["4: the parameter `n` must be at most 9"]);
    check(&[("n", "1"), ("rate", "1")], &["5: the parameter `rate` must be below 1"]);
    check(&[("n", "1"), ("rate", "NaN")], &["5: the parameter `rate` expects a number"]);
    check(&[("n", "1"), ("kind", "c")], &["6: the parameter `kind` must be one of `a`, `b`"]);
    check(&[("n", "1"), ("kind", "b")], &["6: the parameter `kind` must match `^a`"]);
    check(&[("n", "1"), ("rat", "1")], &["3: there is no parameter `rat` [did you mean `rate`?]"]);
    check(&[("n", "1"), ("n", "2")], &["3: the parameter `n` is set twice"]);

    let pipeline = world.load(text, &[("n", "7")]).unwrap();
    let checked = pipeline.check(&super::registry(), &world.store, &CheckOptions::default()).unwrap();
    assert_eq!(checked.steps()[0].settings["value"], 7);
    let warnings: Vec<_> = checked.warnings().iter().map(|warning| warning.message.as_str()).collect();
    assert_eq!(warnings, ["the parameter `kind` is not used", "the parameter `rate` is not used"]);
}

#[test]
fn a_step_to_run_to_must_be_there() {
    let world = World::new();
    let options = CheckOptions { to: Some(name("thre")), sample: None, ..CheckOptions::default() };
    let error = world.check_with(super::SUM, &options).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.hint().as_deref()),
        ("there is no step `thre`", Some("did you mean `three`?"))
    );
}
