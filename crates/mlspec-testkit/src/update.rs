//! An update leaves what a run leaves.

use crate::case::{Case, borrowed};
use crate::check::{SEED, check_outputs, found};
use crate::{messages, must, record, vary};
use mlspec_model::{Features, LoadedMatrix, Model, Prediction};
use mlspec_record::body::{Guarantee, Training};
use mlspec_record::{ArtifactKind, ArtifactRef, Kind};
use mlspec_stage::{Outcome, Stage, StageError};
use serde_json::Value;

/// What arrives at the ports, and what it is called in a failure.
struct Version {
    what: String,
    inputs: Vec<(String, ArtifactRef)>,
}

/// Changes the inputs in every way, there and back, and holds updates to the runs.
#[track_caller]
pub(crate) fn check(case: &Case<'_>, stage: &dyn Stage) {
    let versions = versions(case, stage);
    let Some((first, others)) = versions.split_first() else { return };
    let ran = run(case, stage, first);
    check_pair(case, stage, (first, &ran), first);
    for version in others {
        // The update comes before the run that it must equal: what it leaves, it has written itself.
        check_pair(case, stage, (first, &ran), version);
        let there = run(case, stage, version);
        check_pair(case, stage, (version, &there), first);
    }
}

/// The inputs, then all versions of them: one port changed at a time, all ports together, optional ports left open.
fn versions(case: &Case<'_>, stage: &dyn Stage) -> Vec<Version> {
    let varied: Vec<_> = case.inputs.iter().map(|(_, artifact)| of_port(case, artifact)).collect();
    let first = |at: usize| varied[at].first().map_or(&case.inputs[at].1, |(_, artifact)| artifact);
    let with = |what: String, pick: &dyn Fn(usize) -> ArtifactRef| Version {
        what,
        inputs: case.inputs.iter().enumerate().map(|(at, (port, _))| (port.clone(), pick(at))).collect(),
    };
    let mut versions = vec![with("nothing changes".to_owned(), &|at| first(at).clone())];
    for (at, (port, _)) in case.inputs.iter().enumerate() {
        for (what, artifact) in varied[at].iter().skip(1) {
            let pick = |other: usize| if other == at { artifact.clone() } else { first(other).clone() };
            versions.push(with(format!("{what} at `{port}`"), &pick));
        }
        if stage.ports().input(port).is_some_and(|port| !port.required) {
            let mut open = with(format!("`{port}` is no longer connected"), &|at| first(at).clone());
            open.inputs.remove(at);
            versions.push(open);
        }
    }
    let several = varied.iter().filter(|of| !of.is_empty()).count() > 1;
    for at in (1..10).filter(|_| several) {
        // Other changes at other ports.
        let pick = |port: usize| match varied[port].len() {
            0 => case.inputs[port].1.clone(),
            count => varied[port][(at + port * 3) % count].1.clone(),
        };
        let what = |port: usize| varied[port].get((at + port * 3) % varied[port].len().max(1)).map(|(what, _)| *what);
        let told: Vec<_> = (0..varied.len()).filter_map(what).collect();
        versions.push(with(told.join("; "), &pick));
    }
    versions
}

fn of_port(case: &Case<'_>, artifact: &ArtifactRef) -> Vec<(&'static str, ArtifactRef)> {
    match artifact.kind {
        ArtifactKind::Table | ArtifactKind::Matrix => vary::variants(case.bench, artifact),
        _ => Vec::new(),
    }
}

fn run(case: &Case<'_>, stage: &dyn Stage, version: &Version) -> Result<Outcome, StageError> {
    case.bench.run(stage, SEED, &borrowed(&version.inputs))
}

#[track_caller]
fn check_pair(
    case: &Case<'_>,
    stage: &dyn Stage,
    (before, previous): (&Version, &Result<Outcome, StageError>),
    after: &Version,
) {
    let Ok(previous) = previous else { return };
    let what = format!("an update ({}, then {})", before.what, after.what);
    let inputs = borrowed(&after.inputs);
    let updated = case.bench.update(stage, SEED, (&borrowed(&before.inputs), previous), &inputs);
    if let Ok(outcome) = &updated {
        check_outputs(case, stage, &inputs, outcome);
        messages::check_outcome(outcome, &case.markers);
        record::check(&case.bench.record(stage, SEED, &inputs, outcome));
    }
    match (&updated, &run(case, stage, after)) {
        (Ok(updated), Ok(ran)) if updated.inexact => check_near(case, stage, &what, &inputs, (updated, ran)),
        (Ok(updated), Ok(ran)) => check_equal(&what, &found(updated), &found(ran)),
        (Err(updated), Err(ran)) => {
            assert_eq!(updated.to_string(), ran.to_string(), "{what} fails with another message than a run");
            assert_eq!(updated.exit_code(), ran.exit_code(), "{what} fails with another exit code than a run: {ran}");
            messages::check_error(&what, updated, &case.markers);
        }
        (Ok(_), Err(ran)) => panic!("{what} succeeds where a run fails: {ran}"),
        (Err(updated), Ok(_)) => panic!("{what} fails where a run succeeds: {updated}"),
    }
}

#[track_caller]
fn check_equal(what: &str, updated: &Value, ran: &Value) {
    if let Some((place, updated, ran)) = difference(updated, ran, String::new()) {
        panic!("{what} leaves another result than a run at `{place}`: {updated}, not {ran}");
    }
}

/// The first place where two documents differ.
fn difference<'a>(a: &'a Value, b: &'a Value, place: String) -> Option<(String, &'a Value, &'a Value)> {
    let at = |key: &str| format!("{place}/{key}");
    match (a, b) {
        _ if a == b => None,
        (Value::Object(one), Value::Object(other))
            if one.keys().all(|key| other.contains_key(key)) && one.len() == other.len() =>
        {
            one.iter().find_map(|(key, value)| difference(value, other.get(key)?, at(key)))
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            one.iter().zip(other).enumerate().find_map(|(n, (one, other))| difference(one, other, at(&n.to_string())))
        }
        _ => Some((place, a, b)),
    }
}

/// Where an update may be inexact: the record says so, and models predict the same within the tolerance.
#[track_caller]
fn check_near(
    case: &Case<'_>,
    stage: &dyn Stage,
    what: &str,
    inputs: &[(&str, &ArtifactRef)],
    (updated, ran): (&Outcome, &Outcome),
) {
    let Some(tolerance) = case.tolerance else { panic!("{what} is inexact, which the case does not allow") };
    assert_eq!(stage.kind(), Kind::Training, "{what} is inexact: only estimators may be");
    let body = |outcome: &Outcome| -> Training { must("read a body", serde_json::from_value(outcome.body.clone())) };
    let (mut one, mut other) = (body(updated), body(ran));
    assert_eq!(one.guarantee, Guarantee::Converged, "{what} is inexact, and its record does not say so");
    let end = one.convergence.take().zip(other.convergence.take());
    let Some((end, _)) = end else { panic!("{what} is inexact, and its record does not say how the fit ended") };
    // Importances are coefficients: as near as these are.
    let measures = [&mut one, &mut other].map(|body| body.importances.take().map(|importances| importances.measure));
    assert_eq!(measures[0], measures[1], "{what} tells other importances than a run");
    assert_eq!(one, other, "{what} leaves another record than a run");
    if !end.converged {
        return; // the record says that the tolerance was not reached
    }
    for (mine, theirs) in updated.outputs.iter().zip(&ran.outputs) {
        let read = |artifact: &ArtifactRef| must("read a model", Model::read(case.bench.store(), &artifact.digest));
        let (mine, theirs) = (read(&mine.artifact), read(&theirs.artifact));
        for (port, artifact) in inputs.iter().filter(|(_, artifact)| artifact.kind == ArtifactKind::Matrix) {
            let rows = must("read a matrix", LoadedMatrix::read(case.bench.store(), artifact));
            let predict = |model: &Model| numbers(model, &rows.features);
            let apart = predict(&mine).iter().zip(predict(&theirs)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(
                apart <= tolerance,
                "{what}: predictions of `{port}` differ by {apart:e}, at most {tolerance:e} is allowed"
            );
        }
    }
}

/// What a prediction consists of: probabilities, or values; where there are only classes, the linear functions that decide: near 0 a
/// class may turn.
fn numbers(model: &Model, features: &Features) -> Vec<f64> {
    match must("predict", model.predict(features)) {
        Prediction::Class { probabilities: Some(all), .. } => all.concat(),
        Prediction::Class { .. } => {
            let rows = || features.blocks().iter().flat_map(|block| block.rows());
            let functions = model.linear_functions();
            let values = functions.iter().map(|of| rows().map(|row| row.dot(of.coefficients) + of.intercept));
            values.flatten().collect()
        }
        Prediction::Cluster { distances, .. } => distances,
        Prediction::Value(values) => values,
    }
}
