//! Steps that fail, panic, refuse or are stopped.

use super::{World, name, of, told};
use crate::{Event, Observer, Standing, StepReport, status};
use mlspec_record::ExitCode;
use mlspec_record::object::RunState;
use std::sync::atomic::Ordering;

/// A step that does not complete, one that depends on it, one that depends on that, and one that does not.
fn around(middle: &str) -> String {
    format!(
        "pipeline: p\nversion: 1.0.0\nsteps:\n  first: {{ uses: constant@1, settings: {{ value: 5 }} }}\n  \
         middle: {{ {middle}, inputs: {{ rows: first.rows }} }}\n  next: {{ uses: slow@1, inputs: {{ rows: middle.rows }} }}\n  \
         last: {{ uses: constant@1, after: [next] }}\n  apart: {{ uses: slow@1, inputs: {{ rows: first.rows }} }}\n"
    )
}

fn check(middle: &str, code: ExitCode, message: &str) -> (World, StepReport) {
    let world = World::new();
    let report = world.run(&around(middle));
    let failed = of(&report, "middle").clone();
    let failure = failed.failure.clone().unwrap();
    assert_eq!((report.exit_code, failure.exit_code, failure.message.as_str()), (code, code, message), "{middle}");
    assert_eq!((report.run.body.state, failed.state, report.live), (RunState::Failed, RunState::Failed, false));
    assert_eq!(told(of(&report, "next")), "next skipped: step `middle` failed");
    assert_eq!(told(of(&report, "last")), "last skipped: step `next` did not run");
    assert_eq!(of(&report, "apart").state, RunState::Completed);
    let run = world.store.run(&report.run.id).unwrap();
    assert_eq!(run, report.run);
    assert_eq!(run.body.steps.iter().find(|step| step.step == name("middle")).unwrap().error.as_deref(), Some(message));
    mlspec_schema::validate_record(&serde_json::to_value(&run).unwrap()).unwrap();
    (world, failed)
}

#[test]
fn failures() {
    let (world, failed) = check("uses: fail@1", ExitCode::Data, "the value `x` does not do");
    assert_eq!((failed.record, failed.outputs.len()), (None, 0));
    let again = world.run(&around("uses: fail@1"));
    assert!(of(&again, "first").cached && !of(&again, "middle").cached, "a failure is never cached");
    let repaired = world.run(&around("uses: slow@1"));
    assert_eq!(repaired.exit_code, ExitCode::Done);
    assert!(repaired.live);
}

#[test]
fn panics_and_sloppy_stages_are_bugs() {
    check("uses: panic@1", ExitCode::Bug, "the stage `panic@1` panicked: tiny");
    check("uses: sloppy@1", ExitCode::Bug, "the stage `sloppy@1` left nothing at its port `rows`");
}

#[test]
fn a_gate_that_says_no_keeps_its_record_and_says_no_again() {
    let gate = "uses: gate@1, settings: { value: 4 }";
    let (world, refused) = check(gate, ExitCode::Refused, "5 is above 4");
    assert!(refused.record.is_some() && refused.failure.unwrap().refused);
    let again = world.run(&around(gate));
    let refused = of(&again, "middle");
    assert!(refused.cached, "its verdict is a result");
    assert_eq!((again.exit_code, refused.state), (ExitCode::Refused, RunState::Failed));
    assert_eq!(world.run(&around("uses: gate@1, settings: { value: 5 }")).exit_code, ExitCode::Done);
}

/// Stops the run when a step begins.
struct Stop<'a>(&'a World, &'static str);

impl Observer for Stop<'_> {
    fn event(&self, event: &Event<'_>) {
        if matches!(event, Event::StepStarted { step, .. } if step.as_str() == self.1) {
            self.0.host.cancelled.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_stopped_run_is_gone_on_with() {
    let world = World { threads: 1, ..World::new() };
    let checked = world.check(super::SUM).unwrap();
    let report = world.run_watched(&checked, &Stop(&world, "two"));
    assert_eq!((report.run.body.state, report.exit_code), (RunState::Cancelled, ExitCode::Outside));
    let states: Vec<_> = report.steps.iter().map(|step| step.state).collect();
    assert_eq!(states, [RunState::Completed, RunState::Completed, RunState::Cancelled, RunState::Cancelled]);
    world.host.cancelled.store(false, Ordering::Relaxed);
    let told = world.told(super::SUM);
    assert!(told[0].starts_with("one cached") && told[1].starts_with("two cached"), "{told:?}");
    assert!(told[3].starts_with("six ran"), "{told:?}");
}

#[test]
fn a_stage_that_asks_stops_within_its_step() {
    let world = World { threads: 1, ..World::new() };
    let checked = world.check(&around("uses: slow@1, settings: { value: 9 }")).unwrap();
    let report = world.run_watched(&checked, &Stop(&world, "middle"));
    assert_eq!(of(&report, "middle").state, RunState::Cancelled);
    assert_eq!(told(of(&report, "next")), "next cancelled: step `middle` was stopped");
    assert_eq!(report.run.body.state, RunState::Cancelled);
}

#[test]
fn a_run_whose_process_is_gone_is_interrupted_and_gone_on_with() {
    // Two threads: the one that waits for work must not wait for ever.
    let world = World { threads: 2, ..World::new() };
    let checked = world.check(super::SUM).unwrap();
    /// As if the process were killed: nothing after this is done.
    struct Kill;
    impl Observer for Kill {
        fn event(&self, event: &Event<'_>) {
            if matches!(event, Event::StepStarted { step, .. } if step.as_str() == "three") {
                std::panic::resume_unwind(Box::new("killed"));
            }
        }
    }
    let killed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.run_watched(&checked, &Kill)));
    assert!(killed.is_err());
    let found = status(&world.store, None).unwrap();
    assert_eq!(found[0].standing, Standing::Interrupted);
    let steps: Vec<_> = found[0].steps.iter().map(|step| step.step.as_str()).collect();
    assert_eq!(steps, ["one", "two"]);
    assert_eq!(found[0].open, [name("six"), name("three")]);
    let told = world.told(super::SUM);
    assert!(told[0].starts_with("one cached") && told[1].starts_with("two cached"), "{told:?}");
    assert_eq!(status(&world.store, Some(&name("sum"))).unwrap()[0].standing, Standing::Completed);
}
