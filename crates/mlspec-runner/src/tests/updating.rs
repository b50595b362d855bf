//! Changes of sources, carried through a pipeline.

use super::stages::{name, registry};
use super::{Fake, World, of, told};
use crate::{CheckOptions, Given, RunOptions, RunReport, reproduce};
use mlspec_record::object::{ChangeKind, RunUpdate, SourceChange};
use mlspec_record::{ExitCode, Id, Output, UpdateMethod};
use mlspec_store::Store;
use std::collections::BTreeMap;

const PIPELINE: &str = "
pipeline: sum
version: 1.0.0
datastores: { data: { type: folder, path: data } }
steps:
  file: { uses: file@1, settings: { path: n.txt } }
  two: { uses: constant@1, settings: { value: 2 } }
  sum: { uses: add@1, inputs: { a: file.rows, b: two.rows } }
  other: { uses: add@1, inputs: { a: two.rows, b: two.rows } }
  near: { uses: near@1, inputs: { rows: sum.rows }, settings: { value: 100 } }
  end: { uses: slow@1, inputs: { rows: near.rows } }
  gate: { uses: gate@1, inputs: { rows: sum.rows }, settings: { value: 50 } }
";

/// A run in which the file holds another number, which nobody reads from the file.
fn update(world: &World, from: &RunReport, number: &str) -> RunReport {
    let folder = tempfile::tempdir().unwrap();
    let other = World {
        store: Store::open(folder.path().join("store")).unwrap(),
        host: Fake::default(),
        folder,
        threads: 1,
        engine: world.engine,
    };
    std::fs::create_dir_all(other.folder.path().join("data")).unwrap();
    other.write("data/n.txt", number);
    let made = other.run(PIPELINE.split("  two").next().unwrap());
    let outputs: Vec<Output> = of(&made, "file").outputs.clone();
    for file in other.store.files_of(outputs.iter().map(|output| &output.artifact)).unwrap() {
        other.store.copy_file(&file, &world.store).unwrap();
    }
    let body = other.store.record(&made.run.id, &name("file")).unwrap().envelope().unwrap().body;
    let unchanged = outputs == of(from, "file").outputs;
    let given = Given { outputs, body, reason: "it was changed".to_owned(), unchanged, ..Given::default() };
    let schemas = BTreeMap::from([(name("file"), given.schemas(&world.store).unwrap())]);
    world.write("data/n.txt", "no number");
    let checked = world.check_with(PIPELINE, &CheckOptions { given: schemas, ..CheckOptions::default() }).unwrap();
    let source = SourceChange { step: name("file"), dataset: name("file"), removed: 0, added: 0, changed: 1 };
    let update = RunUpdate { from: from.run.id.clone(), change: ChangeKind::Correct, sources: vec![source] };
    let given = BTreeMap::from([(name("file"), given)]);
    let options = RunOptions { given, update: Some(update), hold: true, ..RunOptions::default() };
    checked.run(&world.store, &world.around(), &options, &crate::Silent).unwrap()
}

fn begun() -> (World, RunReport) {
    let world = World::new();
    world.write("data/n.txt", "1");
    let base = world.run(PIPELINE);
    (world, base)
}

#[test]
fn steps_are_updated_taken_over_or_left_alone() {
    let (world, base) = begun();
    let run = update(&world, &base, "10");
    let steps: BTreeMap<_, _> = run.steps.iter().map(|step| (step.step.to_string(), told(step))).collect();
    let same = "nothing that determines it changed";
    assert_eq!(steps["file"], "file ran: it was changed");
    assert_eq!(steps["two"], format!("two cached: {same}"));
    assert_eq!(steps["other"], format!("other cached: {same}"));
    assert_eq!(steps["sum"], "sum ran: input `a` changed because step `file` changed");
    assert_eq!(of(&run, "sum").warnings, ["a Some(1) -> Some(10)"]);
    assert_eq!((world.value(&run, "sum"), world.value(&run, "end")), (12, 112));
    let how = |run: &RunReport, step: &str| {
        let record = world.store.record(&run.run.id, &name(step)).unwrap();
        mlspec_schema::validate_record(record.as_value()).unwrap();
        let step = record.envelope().unwrap().step;
        (step.update.map(|update| (update.from, update.method)), step.inexact)
    };
    let from = |step: &str| of(&base, step).record.clone().unwrap();
    assert_eq!(how(&run, "sum"), (Some((from("sum"), UpdateMethod::Incremental)), false));
    assert_eq!(how(&run, "near"), (Some((from("near"), UpdateMethod::Rerun)), true));
    assert_eq!((how(&run, "file"), how(&run, "two")), ((None, false), (None, false)));
    assert_eq!(run.run.body.update.as_ref().unwrap().from, base.run.id);
    assert!(!run.live, "that is for the caller");
    assert_eq!(world.store.live(&name("sum")).unwrap().unwrap().run, base.run.id);
    assert!(world.store.replace_live(&name("sum"), &base.run.id, &run.to_live()).unwrap());

    // Nothing changes any more: what is in no cache comes from the run before.
    let again = update(&world, &run, "10");
    assert!(again.steps.iter().all(|step| step.cached), "{:?}", again.steps.iter().map(told).collect::<Vec<_>>());
    assert_eq!(world.value(&again, "near"), 112);
    assert_eq!((how(&again, "near"), how(&again, "end")), ((None, true), (None, false)));
    let contents = |run: &RunReport| run.steps.iter().map(|step| step.content).collect::<Vec<_>>();
    assert_eq!(contents(&run), contents(&again));

    // A run takes nothing that is only near.
    world.write("data/n.txt", "10");
    let plain = world.run(PIPELINE);
    assert_eq!((world.value(&plain, "near"), of(&plain, "near").cached), (12, false));
    assert_eq!((world.value(&plain, "sum"), of(&plain, "sum").cached), (12, true));
}

#[test]
fn a_gate_stops_an_update_and_a_full_run_reproduces_it() {
    let (world, base) = begun();
    let refused = update(&world, &base, "49");
    assert_eq!(refused.exit_code, ExitCode::Refused);
    let run = update(&world, &base, "40");
    assert_eq!(run.exit_code, ExitCode::Done);
    let again = reproduce(&world.store, &run.run, &registry(), &world.around(), None, &crate::Silent).unwrap();
    assert_eq!((again.exit_code, again.first_difference()), (ExitCode::Done, None));
    let loose: Vec<_> = again.steps.iter().filter(|step| !step.exact).map(|step| step.step.to_string()).collect();
    assert_eq!(loose, ["near", "end"]);
    assert!(again.report.steps.iter().all(|step| step.step.as_str() == "file" || !step.cached));
}

#[test]
fn other_settings_are_run_and_an_unknown_base_is_refused() {
    let (world, base) = begun();
    let other = PIPELINE.replace("value: 100", "value: 200");
    let file = Given {
        outputs: of(&base, "file").outputs.clone(),
        body: world.store.record(&base.run.id, &name("file")).unwrap().envelope().unwrap().body,
        unchanged: true,
        ..Given::default()
    };
    let run = |from: &str| {
        let schemas = BTreeMap::from([(name("file"), file.schemas(&world.store).unwrap())]);
        let checked = world.check_with(&other, &CheckOptions { given: schemas, ..CheckOptions::default() }).unwrap();
        let update = RunUpdate { from: Id::new(from).unwrap(), change: ChangeKind::Whatif, sources: Vec::new() };
        let given = BTreeMap::from([(name("file"), file.clone())]);
        let options = RunOptions { given, update: Some(update), ..RunOptions::default() };
        checked.run(&world.store, &world.around(), &options, &crate::Silent)
    };
    let done = run(base.run.id.as_str()).unwrap();
    assert_eq!(told(of(&done, "near")), "near ran: setting `value` changed");
    assert_eq!(world.value(&done, "near"), 3);
    assert!(run("nobody").is_err());
}
