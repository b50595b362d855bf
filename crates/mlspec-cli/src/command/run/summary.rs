//! What a run came to, in a few lines, and what to ask next.

use crate::args::Common;
use crate::fault::Fault;
use crate::terminal::{Out, time};
use mlspec_record::body::{Evaluation, Metric, Test};
use mlspec_record::object::RunState;
use mlspec_record::{ArtifactKind, Kind, PortRef};
use mlspec_runner::RunReport;
use mlspec_store::Store;
use mlspec_table::Table;
use serde_json::json;
use std::path::Path;

/// Tells it: as lines, or as one more event.
pub(crate) fn tell(done: &RunReport, store: &Store, common: &Common, page: Option<&Path>) -> Result<(), Fault> {
    let records = store.run_folder(&done.run.id);
    let metrics = metrics(done, store)?;
    let mut out = Out::new();
    if common.json {
        let metrics: serde_json::Map<_, _> =
            metrics.into_iter().map(|(step, metrics)| (step, json!(metrics))).collect();
        out.json(
            &json!({"event": "summary", "run": done.run.id, "records": records, "metrics": metrics, "report": page}),
        )?;
        return out.flush();
    }
    out.line(head(done))?;
    out.line(format_args!("records: {}", records.display()))?;
    if let Some(page) = page {
        out.line(format_args!("report:  {}", page.display()))?;
    }
    if !metrics.is_empty() {
        out.line("")?;
    }
    for (step, metrics) in &metrics {
        let told: Vec<_> = metrics.iter().filter_map(told).collect();
        out.line(format_args!("{step}: {}", told.join(", ")))?;
    }
    let next = next(done, store, common)?;
    if !next.is_empty() {
        out.line("\nnext:")?;
        next.iter().try_for_each(|command| out.line(format_args!("  {command}")))?;
    }
    out.flush()
}

fn head(done: &RunReport) -> String {
    let (run, count) = (&done.run.body, |state| done.steps.iter().filter(|step| step.state == state).count());
    let cached = done.steps.iter().filter(|step| step.cached).count();
    let mut parts = vec![format!("{} ran", count(RunState::Completed) - cached), format!("{cached} cached")];
    for (state, word) in
        [(RunState::Failed, "failed"), (RunState::Cancelled, "stopped"), (RunState::Skipped, "not run")]
    {
        parts.extend((count(state) > 0).then(|| format!("{} {word}", count(state))));
    }
    let state = match run.state {
        RunState::Completed => "completed",
        RunState::Cancelled => "stopped",
        _ => "failed",
    };
    format!(
        "{} {} {state} in {}: {} of {} steps",
        run.file.pipeline,
        run.version,
        time(done.seconds),
        parts.join(", "),
        done.steps.len()
    )
}

/// A metric that has a value, and its interval if it has one.
fn told(metric: &Metric) -> Option<String> {
    let value = format!("{} {:.4}", metric.name, metric.value?);
    let interval = metric.interval.as_ref().map(|interval| format!(" ({:.4} to {:.4})", interval.low, interval.high));
    Some(value + &interval.unwrap_or_default())
}

/// The metrics of every step that measured a model.
fn metrics(done: &RunReport, store: &Store) -> Result<Vec<(String, Vec<Metric>)>, Fault> {
    let mut found = Vec::new();
    for step in
        done.steps.iter().filter(|step| step.outputs.iter().any(|output| output.artifact.kind == ArtifactKind::Report))
    {
        let record = store.record(&done.run.id, &step.step)?;
        let read = |error| Fault::from(mlspec_store::StoreError::from(error));
        let metrics = match record.kind() {
            Kind::Evaluation => record.envelope_of::<Evaluation>(Kind::Evaluation).map_err(read)?.body.metrics,
            Kind::Test => record.envelope_of::<Test>(Kind::Test).map_err(read)?.body.result.metrics,
            _ => continue,
        };
        found.push((step.step.to_string(), metrics));
    }
    Ok(found)
}

/// An output `predictions`, and a row of it.
pub(crate) fn a_prediction(done: &RunReport, store: &Store) -> Result<Option<(PortRef, u64)>, Fault> {
    for step in done.steps.iter().rev() {
        let predicted = step.outputs.iter().find(|output| output.port.as_str() == "predictions");
        if let Some(output) = predicted.filter(|output| output.artifact.kind == ArtifactKind::Table) {
            let ids = Table::read_columns(store, &output.artifact.digest, &[])?.ids();
            let port = PortRef { step: step.step.clone(), port: output.port.clone() };
            return Ok(ids.first().map(|row| (port, *row)));
        }
    }
    Ok(None)
}

/// Commands worth trying now.
fn next(done: &RunReport, store: &Store, common: &Common) -> Result<Vec<String>, Fault> {
    if done.run.body.state != RunState::Completed {
        return Ok(Vec::new());
    }
    // A store in this folder is found without being named.
    let place = match common.store.is_none() && store.root() == Path::new("./.mlspec") {
        true => String::new(),
        false => format!(" --store {}", store.root().display()),
    };
    let mut next = Vec::new();
    if let Some((port, row)) = a_prediction(done, store)? {
        next.push(format!("mlspec trace {port}:{row}{place}"));
    }
    let trained =
        done.steps.iter().find(|step| step.outputs.iter().any(|output| output.artifact.kind == ArtifactKind::Model));
    next.extend(trained.map(|step| format!("mlspec usage {}{place}", step.step)));
    next.push(format!("mlspec validate {}", store.run_folder(&done.run.id).display()));
    Ok(next)
}
