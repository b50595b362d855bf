//! Random pipelines over random tables, changed at random: an update equals a full run.
//!
//! `MLSPEC_ORACLE_CASES` sets how many cases are tried (40), `MLSPEC_ORACLE_SEED` which ones (0), `MLSPEC_ORACLE_SHRINK` how often a
//! failing one is tried with less (500).

mod chain;
mod changes;
mod compare;
mod coverage;
mod maintained;
mod named;
mod pipeline;
mod relations;
mod runs;
mod sources;
mod world;

use changes::Change;
use coverage::Coverage;
use maintained::Maintained;
use pipeline::Numbers;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};
use runs::Runs;
use sources::{Cells, ROWS, Source, Which};
use std::sync::{Mutex, PoisonError};
use world::World;

/// A case.
#[derive(Clone, Debug)]
struct Case {
    pipeline: Numbers,
    people: Vec<(u8, Cells)>,
    events: Vec<(u8, Cells)>,
    updates: Vec<Vec<Change>>,
    /// Whether numbers may be NaN, infinite or huge.
    wild: bool,
    /// Whether the store is opened anew for each update.
    reopen: bool,
    /// Whether the runner makes the runs, or stages are asked one by one.
    runner: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let rows = || prop_oneof![1 => sources::rows(0..6), 6 => sources::rows(16..=ROWS)];
    let flags =
        (prop_oneof![9 => Just(false), 1 => Just(true)], any::<bool>(), prop_oneof![5 => Just(false), 1 => Just(true)]);
    (pipeline::numbers(), rows(), rows(), changes::updates(), flags).prop_map(
        |(pipeline, people, events, updates, (wild, reopen, runner))| Case {
            pipeline,
            people,
            events,
            updates,
            wild,
            reopen,
            runner,
        },
    )
}

/// Runs the pipeline, changes its sources, updates it, and compares with full runs.
fn check(case: &Case, coverage: &Mutex<Coverage>) -> Result<(), String> {
    let mut world = World::new(case.pipeline.pipeline(), case.pipeline.chunk_rows);
    let first = [(Which::People, &case.people), (Which::Events, &case.events)];
    let mut sources: Vec<Source> = first.iter().map(|(which, rows)| Source::new(*which, rows, case.wild)).collect();
    let mut before = world.run(&world.sources(&sources));
    // The runner has a store of its own, in which nothing lies that others wrote.
    let runner = case.runner.then(|| World::new(case.pipeline.pipeline(), case.pipeline.chunk_rows));
    let mut runs = runner.map(|world| (Runs::begin(&world, &sources), world));
    for changes in &case.updates {
        let previous = sources.clone();
        for change in changes {
            change.make(&mut sources, &mut |which| world.used(which, &before));
        }
        if case.reopen {
            world.reopen();
        }
        let versions = world.sources(&sources);
        let updated = world.update(&before, &versions);
        let ran = world.run(&versions);
        let mut told = coverage.lock().unwrap_or_else(PoisonError::into_inner);
        count(&mut told, &world, changes, previous != sources);
        told.update(&world, &before, &updated);
        compare::compare(&world, &updated, &ran, &mut told.apart)?;
        if let Some((runs, world)) = &mut runs {
            if case.reopen {
                world.reopen();
            }
            runs.update(world, &sources, &mut told.apart)?;
            told.count("updates", "by the runner as well");
        }
        before = updated;
    }
    Ok(())
}

fn count(coverage: &mut Coverage, world: &World, changes: &[Change], changed: bool) {
    coverage.count("updates", if changed { "rows of sources differ" } else { "nothing differs" });
    if changes.is_empty() {
        coverage.count("changes", "none");
    }
    changes.iter().for_each(|change| coverage.count("changes", change.kind()));
    world
        .pipeline
        .used
        .iter()
        .for_each(|name| coverage.count("operators, encoders, estimators, stages (by update)", name));
    if changes.len() > 1 {
        coverage.count("updates", "of several changes");
    }
}

/// Changes a live pipeline as a user does.
fn check_maintained(case: &Case, coverage: &Mutex<Coverage>) -> Result<(), String> {
    let world = World::new(case.pipeline.pipeline(), case.pipeline.chunk_rows);
    let first = [(Which::People, &case.people), (Which::Events, &case.events)];
    let sources: Vec<Source> = first.iter().map(|(which, rows)| Source::new(*which, rows, false)).collect();
    let Some(mut maintained) = Maintained::begin(&world, &sources) else { return Ok(()) };
    for change in case.updates.iter().flatten() {
        let mut told = coverage.lock().unwrap_or_else(PoisonError::into_inner);
        let live = maintained.update(std::slice::from_ref(change), &mut told.apart)?;
        let kind = change.kind();
        told.count(
            "changes of live pipelines",
            format!("{kind}: {}", if live { "live" } else { "nothing, or refused" }),
        );
        told.count("updates", if live { "live" } else { "not live" });
    }
    Ok(())
}

fn number(variable: &str, default: u32) -> u32 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Tries random cases; prints what they reached.
#[allow(clippy::print_stdout)]
fn try_cases(cases: u32, check: fn(&Case, &Mutex<Coverage>) -> Result<(), String>) -> Coverage {
    let seed = number("MLSPEC_ORACLE_SEED", 0);
    let max_shrink_iters = number("MLSPEC_ORACLE_SHRINK", 500);
    let config = Config { cases, failure_persistence: None, max_shrink_iters, ..Config::default() };
    let mut bytes = [7; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let coverage = Mutex::new(Coverage::default());
    let result = runner.run(&case(), |case| check(&case, &coverage).map_err(TestCaseError::fail));
    let coverage = coverage.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!("{cases} cases, seed {seed}\n{}", coverage.told());
    match result {
        Ok(()) => coverage,
        Err(TestError::Fail(reason, case)) => panic!("{reason}\n{case:#?}\nseed {seed}"),
        Err(TestError::Abort(reason)) => panic!("aborted: {reason}"),
    }
}

#[test]
fn updates_of_random_pipelines_equal_full_runs() {
    let told = try_cases(number("MLSPEC_ORACLE_CASES", 40), check);
    assert!(told.get("labels", "updates that flip some") > 0, "no update flips a label");
    assert!(told.get("outputs of updated steps", "changed") > 0, "no update changes anything");
}

#[test]
fn changes_of_random_live_pipelines_equal_full_runs() {
    let told = try_cases(number("MLSPEC_ORACLE_CASES", 40).div_ceil(4), check_maintained);
    assert!(told.get("updates", "live") > 0, "no change becomes live");
}
