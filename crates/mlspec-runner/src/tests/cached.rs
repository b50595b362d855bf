//! What is taken from the store, what is not, and why.

use super::{Log, SUM, World, name, of, told};
use crate::{CheckOptions, RunOptions, explain};
use mlspec_record::ExitCode;
use mlspec_record::object::RunState;

const FILE: &str = "
pipeline: file
version: 1.0.0
datastores: { data: { type: folder, path: data } }
parameters: { n: { type: integer, default: 1 } }
steps:
  file: { uses: file@1, settings: { path: n.txt } }
  add: { uses: add@1, inputs: { a: file.rows, b: file.rows }, settings: { value: '${n}' } }
  end: { uses: slow@1, inputs: { rows: add.rows } }
  other: { uses: constant@1 }
";

const UNCHANGED: &str = "nothing that determines it changed";

#[test]
fn a_rerun_is_cached_and_has_the_same_contents() {
    let world = World::new();
    let first = world.run(SUM);
    assert_eq!((first.exit_code, first.live), (ExitCode::Done, true));
    assert_eq!(world.value(&first, "six"), 6);
    assert!(first.steps.iter().all(|step| !step.cached && step.reason == "it has not been run before"));
    let second = world.run(SUM);
    assert!(second.steps.iter().all(|step| step.cached && step.reason == UNCHANGED));
    let contents = |report: &crate::RunReport| report.steps.iter().map(|step| step.content).collect::<Vec<_>>();
    assert_eq!(contents(&first), contents(&second));
    assert_ne!(first.steps[0].record, second.steps[0].record, "a cache hit writes a record for its run");
    let record = world.store.record(&second.run.id, &name("six")).unwrap();
    mlspec_schema::validate_record(&record.to_value()).unwrap();
    assert!(record.envelope().unwrap().step.cached);
    assert_eq!(world.store.live(&name("sum")).unwrap().unwrap().run, second.run.id);
}

#[test]
fn one_thread_and_two_give_equal_contents() {
    let contents = |threads| {
        let world = World { threads, ..World::new() };
        world.run(SUM).steps.iter().map(|step| (step.step.clone(), step.content)).collect::<Vec<_>>()
    };
    assert_eq!(contents(1), contents(2));
    assert_eq!(contents(1), contents(0), "at least one thread runs");
}

#[test]
fn a_change_runs_what_depends_on_it_and_says_why() {
    let mut world = World::new();
    world.write("data/n.txt", "20");
    world.run(FILE);
    let check = |world: &World, text: &str, expect: [&str; 4]| assert_eq!(world.told(text), expect);
    let cached = |step: &str| format!("{step} cached: {UNCHANGED}");
    let (file, other) = (&cached("file")[..], &cached("other")[..]);
    check(&world, FILE, [file, other, &cached("add"), &cached("end")]);
    check(
        &world,
        &FILE.replace("default: 1", "default: 2"),
        [file, other, "add ran: setting `value` changed", "end ran: input `rows` changed because step `add` changed"],
    );
    world.write("data/n.txt", "21");
    let inputs =
        "add ran: input `a` changed because step `file` changed; input `b` changed because step `file` changed";
    let changed = FILE.replace("default: 1", "default: 2");
    let end = "end ran: input `rows` changed because step `add` changed";
    check(&world, &changed, ["file ran: `n.txt` changed", other, inputs, end]);
    // 20 + 20 + 4 = 44 = 21 + 21 + 2: the end sees no difference.
    world.write("data/n.txt", "20");
    let back = "file cached: an earlier run had the same inputs and settings";
    let add = "add ran: setting `value` changed; input `a` changed because step `file` changed; \
               input `b` changed because step `file` changed";
    check(&world, &FILE.replace("default: 1", "default: 4"), [back, other, add, &cached("end")]);
    world.engine = "none 2";
    let engine = |step: &str| format!("{step} ran: the table engine changed from `none 1` to `none 2`");
    check(
        &world,
        &FILE.replace("default: 1", "default: 4"),
        [&engine("file"), &engine("other"), &engine("add"), &engine("end")],
    );
    let seeded = FILE.replace("parameters:", "seed: 7\nparameters:").replace("default: 1", "default: 4");
    assert!(world.told(&seeded).iter().all(|told| told.ends_with("the seed changed")));
}

#[test]
fn explanations_follow_the_blame() {
    let world = World::new();
    world.write("data/n.txt", "20");
    world.run(FILE);
    world.write("data/n.txt", "30");
    let run = world.run(FILE).run;
    let told = |run, step| explain(&world.store, run, &name(step)).unwrap().to_string();
    assert_eq!(
        told(&run, "end"),
        "step `end` ran: input `rows` changed because step `add` changed\n  \
         step `add`: input `a` changed because step `file` changed; input `b` changed because step `file` changed\n  \
         step `file`: `n.txt` changed"
    );
    let found = explain(&world.store, &run, &name("file")).unwrap();
    assert_eq!(found.causes, [crate::Cause::External { name: "n.txt".to_owned() }]);
    let first = world.store.runs().unwrap().pop().unwrap();
    assert_eq!(told(&run, "other"), format!("step `other` was taken from the store: {UNCHANGED} since run {first}"));
    let none = explain(&world.store, &run, &name("oter")).unwrap_err();
    assert_eq!(mlspec_record::Failure::hint(&none).as_deref(), Some("did you mean `other`?"));
}

#[test]
fn only_up_to_a_step_only_some_rows_or_everything_anew() {
    let world = World::new();
    let to = world
        .check_with(SUM, &CheckOptions { to: Some(name("three")), sample: None, ..CheckOptions::default() })
        .unwrap();
    let report = world.run_watched(&to, &crate::Silent);
    let steps: Vec<_> = report.steps.iter().map(told).map(|told| told.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!((steps, report.live), (vec!["one".to_owned(), "two".to_owned(), "three".to_owned()], false));
    assert_eq!(report.run.body.to, Some(name("three")));

    let sample =
        world.check_with(SUM, &CheckOptions { to: None, sample: Some(100), ..CheckOptions::default() }).unwrap();
    let report = world.run_watched(&sample, &crate::Silent);
    assert!(report.steps.iter().all(|step| !step.cached), "a sample never passes for the whole");
    assert_eq!((report.run.body.sample, report.live), (Some(100), false));
    assert_eq!(world.store.live(&name("sum")).unwrap(), None);

    world.run(SUM);
    let fresh = RunOptions { fresh: true, ..RunOptions::default() };
    let checked = world.check(SUM).unwrap();
    let report = checked.run(&world.store, &world.around(), &fresh, &crate::Silent).unwrap();
    assert!(report.steps.iter().all(|step| !step.cached));
}

#[test]
fn events_tell_the_course() {
    let world = World { threads: 1, ..World::new() };
    let text = "pipeline: p\nversion: 1.0.0\nsteps:\n  one: { uses: constant@1, settings: { value: -1 } }\n  \
                two: { uses: slow@1, settings: { value: 2 }, inputs: { rows: one.rows } }\n";
    let log = Log::default();
    world.run_watched(&world.check(text).unwrap(), &log);
    let expect = "run_started|step_started one|warning one|step_finished one|step_started two|progress two|progress two|\
                  warning two|step_finished two|run_finished";
    assert_eq!(log.names().join("|"), expect);
    let log = Log::default();
    world.run_watched(&world.check(text).unwrap(), &log);
    let expect = "run_started|warning one|step_finished one|warning two|step_finished two|run_finished";
    assert_eq!(log.names().join("|"), expect, "what is cached warns again and is not started");
    assert_eq!(log.0.lock().unwrap()[5]["exit_code"], 0);
}

#[test]
fn what_is_gone_from_the_store_or_was_changed_there_is_made_anew() {
    let world = World::new();
    let first = world.run(SUM);
    let one = &of(&first, "one").outputs[0].artifact;
    let manifest = world.store.manifest_path(&one.digest);
    std::fs::remove_file(&manifest).unwrap();
    assert_eq!(world.told(SUM)[0], "one ran: something of its result is no longer in the store as it was");
    let object = world.store.object_path(&mlspec_record::Digest::of(b"1"));
    std::fs::write(&object, b"7").unwrap();
    let told = world.told(SUM);
    assert_eq!(told[0], "one ran: something of its result is no longer in the store as it was");
    assert!(told[1..].iter().all(|told| told.contains("cached")), "{told:?}");
    assert_eq!(std::fs::read(&object).unwrap(), b"1");
}

#[test]
fn an_artifact_changed_during_the_run_ends_it_with_a_hint() {
    let world = World { threads: 1, ..World::new() };
    let checked = world.check(SUM).unwrap();
    let object = world.store.object_path(&mlspec_record::Digest::of(b"1"));
    /// Changes the first step's artifact as soon as the second has begun.
    struct Meddler(std::path::PathBuf);
    impl crate::Observer for Meddler {
        fn event(&self, event: &crate::Event<'_>) {
            if matches!(event, crate::Event::StepStarted { step, .. } if step.as_str() == "three") {
                std::fs::write(&self.0, b"7").unwrap();
            }
        }
    }
    let report = world.run_watched(&checked, &Meddler(object));
    let failure = of(&report, "three").failure.clone().unwrap();
    assert_eq!((report.exit_code, failure.exit_code), (ExitCode::Outside, ExitCode::Outside));
    assert!(failure.message.contains("was changed on disk"), "{failure:?}");
    assert!(failure.hint.unwrap().contains("run the pipeline again"));
    let again = world.run(SUM);
    assert_eq!((again.exit_code, world.value(&again, "six")), (ExitCode::Done, 6));
}

#[test]
fn an_invalid_record_at_a_port_is_refused() {
    let world = World { threads: 1, ..World::new() };
    let checked = world.check(SUM).unwrap();
    /// Breaks the first step's record before the third reads it.
    struct Breaker(mlspec_store::Store, &'static str);
    impl crate::Observer for Breaker {
        fn event(&self, event: &crate::Event<'_>) {
            if matches!(event, crate::Event::StepStarted { step, .. } if step.as_str() == "two") {
                let run = &self.0.runs().unwrap()[0];
                let path = self.0.record_path(run, &super::name("one"));
                let text = std::fs::read_to_string(&path).unwrap();
                std::fs::write(
                    &path,
                    if self.1.is_empty() { "{".to_owned() } else { text.replace(self.1, "\"x\":[]") },
                )
                .unwrap();
            }
        }
    }
    for broken in ["", "\"outputs\":["] {
        let fresh = RunOptions { fresh: true, ..RunOptions::default() };
        let breaker = Breaker(world.store.clone(), broken);
        let report = checked.run(&world.store, &world.around(), &fresh, &breaker).unwrap();
        let failure = of(&report, "three").failure.clone().unwrap();
        assert_eq!(report.exit_code, ExitCode::Usage, "{failure:?}");
        assert!(failure.message.starts_with("the record at the port is not valid"), "{failure:?}");
        assert!(failure.place.file.as_ref().unwrap().ends_with("one.json"));
        assert_eq!(of(&report, "six").state, RunState::Skipped);
    }
}
