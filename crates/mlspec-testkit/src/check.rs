//! What every stage is held to.

use crate::case::{Case, Failing, OnEmpty, borrowed};
use crate::threads::{Call, Role, leave};
use crate::{FixedHost, bench, lineage, messages, must, record, settings, update};
use mlspec_record::{ArtifactKind, ArtifactRef, ExitCode, Lineage};
use mlspec_stage::{Outcome, Schemas, Stage, StageError};
use mlspec_table::Table;
use serde_json::{Value, json};

/// The seed of all runs.
pub(crate) const SEED: u64 = 42;

/// Behind [`crate::check_stage!`], which knows the path of the test.
#[track_caller]
pub fn check_stage_in(path: &str, case: &Case<'_>) {
    let call = Call::next(path);
    match call.role() {
        Role::Passing => {}
        Role::Other { out } => {
            let stage = must("build the stage", case.bench.build_at(&case.entry, &case.settings, &case.site));
            let outcome = must("run the stage", case.bench.run(stage.as_ref(), SEED, &borrowed(&case.inputs)));
            leave(&out, &found(&outcome));
        }
        Role::Test => {
            let stage = settings::check(case);
            let outcome = check_run(case, stage.as_ref());
            check_empty(case, stage.as_ref());
            case.failing.iter().for_each(|failing| check_failing(case, failing));
            update::check(case, stage.as_ref());
            assert_eq!(call.elsewhere(), found(&outcome), "another number of threads gave another result");
        }
    }
}

/// What must be the same in every run.
pub(crate) fn found(outcome: &Outcome) -> Value {
    let mut outputs = outcome.outputs.clone();
    outputs.sort_by(|a, b| a.port.cmp(&b.port));
    json!({
        "outputs": must("write outputs", serde_json::to_value(outputs)),
        "body": outcome.body, "warnings": outcome.warnings, "refusal": outcome.refusal,
    })
}

#[track_caller]
fn check_run(case: &Case<'_>, stage: &dyn Stage) -> Outcome {
    let inputs = borrowed(&case.inputs);
    let outcome = must("run the stage", case.bench.run(stage, SEED, &inputs));
    let again = must("run the stage again", case.bench.run_in(&FixedHost::later(), stage, SEED, &inputs));
    assert_eq!(found(&outcome), found(&again), "two runs differ");
    check_outputs(case, stage, &inputs, &outcome);
    messages::check_outcome(&outcome, &case.markers);
    record::check(&case.bench.record(stage, SEED, &inputs, &outcome));
    outcome
}

/// Exactly the declared outputs, as planned, with lineage.
#[track_caller]
pub(crate) fn check_outputs(case: &Case<'_>, stage: &dyn Stage, inputs: &[(&str, &ArtifactRef)], outcome: &Outcome) {
    let ports = stage.ports();
    let mut declared: Vec<_> = ports.outputs.iter().map(|port| (port.name.clone(), port.kind)).collect();
    let mut written: Vec<_> =
        outcome.outputs.iter().map(|output| (output.port.clone(), output.artifact.kind)).collect();
    declared.sort_unstable();
    written.sort_unstable();
    assert_eq!(written, declared, "a stage writes the outputs it declares");
    let planned = must("plan", stage.plan(&schemas(case, inputs)));
    for output in &outcome.outputs {
        let plan = planned.get(output.port.as_str());
        if output.artifact.kind == ArtifactKind::Table {
            let table = case.bench.table(&output.artifact);
            // What is made of matrices and models may have columns that only a run knows, such as one per class.
            // So may what is asked of a database.
            let unknown = plan.is_none()
                && (ports.inputs.is_empty() || ports.inputs.iter().any(|port| port.kind != ArtifactKind::Table));
            assert!(unknown || plan == Some(table.schema()), "the table `{}` has the planned columns", output.port);
            assert_eq!(output.artifact.rows, Some(table.len() as u64), "the output `{}` counts its rows", output.port);
        } else {
            assert_eq!(plan, None, "only tables are planned");
            must::<Value, _>("read an output", case.bench.store().json(&output.artifact.digest));
        }
        lineage::check(case.bench, output, inputs);
    }
}

fn schemas(case: &Case<'_>, inputs: &[(&str, &ArtifactRef)]) -> Schemas {
    let tables = inputs.iter().filter(|(_, artifact)| artifact.kind == ArtifactKind::Table);
    tables.map(|(port, artifact)| ((*port).to_owned(), case.bench.table(artifact).schema().clone())).collect()
}

#[track_caller]
fn check_empty(case: &Case<'_>, stage: &dyn Stage) {
    let emptied: Vec<_> =
        case.inputs.iter().map(|(port, artifact)| (port.clone(), empty(case, port, artifact))).collect();
    let inputs = borrowed(&emptied);
    match case.on_empty {
        OnEmpty::ReadsNone => {}
        OnEmpty::Passes => {
            let outcome = must("run the stage on empty tables", case.bench.run(stage, SEED, &inputs));
            check_outputs(case, stage, &inputs, &outcome);
            for port in stage.ports().outputs.iter().filter(|port| port.kind == ArtifactKind::Table) {
                let rows = bench::output(&outcome, port.name.as_str()).rows;
                assert_eq!(rows, Some(0), "nothing comes from nothing at `{}`", port.name);
            }
            record::check(&case.bench.record(stage, SEED, &inputs, &outcome));
        }
        OnEmpty::Refuses(message) => {
            let result = case.bench.run(stage, SEED, &inputs);
            check_error(case, "empty input", result.map(|_| ()), ExitCode::Data, message);
        }
    }
}

/// The same artifact without rows.
fn empty(case: &Case<'_>, port: &str, artifact: &ArtifactRef) -> ArtifactRef {
    if let Some((_, given)) = case.empty.iter().find(|(of, _)| of == port) {
        return given.clone();
    }
    if artifact.kind != ArtifactKind::Table {
        return artifact.clone();
    }
    let table = Table::empty(case.bench.table(artifact).schema());
    let lineage: Option<Lineage> =
        artifact.lineage.map(|digest| must("read lineage", case.bench.store().json(&digest)));
    match lineage {
        Some(lineage) if lineage.parents.is_empty() => case.bench.keep(&table, &lineage),
        // Rows that come from others come from the same others when there are none.
        _ => case.bench.source("empty", table.into_frame()),
    }
}

#[track_caller]
fn check_failing(case: &Case<'_>, failing: &Failing) {
    let stage = must(&failing.what, case.bench.build_at(&case.entry, &failing.settings, &case.site));
    let inputs = borrowed(failing.inputs.as_ref().unwrap_or(&case.inputs));
    let planned = stage.plan(&schemas(case, &inputs));
    let result = planned.and_then(|_| case.bench.run(stage.as_ref(), SEED, &inputs));
    check_error(case, &failing.what, result.map(|_| ()), failing.code, &failing.message);
}

#[track_caller]
fn check_error(case: &Case<'_>, what: &str, result: Result<(), StageError>, code: ExitCode, message: &str) {
    let Err(error) = result else { panic!("{what}: no error, expected `{message}`") };
    let found = error.to_string();
    assert!(found.contains(message), "{what}: failed with `{found}`, expected `{message}`");
    assert_eq!(error.exit_code(), code, "{what}: another exit code: {found}");
    messages::check_error(what, &error, &case.markers);
}
