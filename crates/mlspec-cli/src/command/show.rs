//! `mlspec show`: a run or a record.

use super::{json, status};
use crate::args::Common;
use crate::fault::{Ended, Fault};
use crate::home::{self, WhichRun};
use crate::terminal::Out;
use mlspec_record::{Digest, Envelope, ExitCode, UpdateMethod};
use mlspec_runner::{PipelineStatus, RunnerError, Shown, ShownRecord, show, status_of};
use mlspec_store::{Store, Tombstone};
use serde_json::{Value, json};

/// Show a run or a record
///
/// Without an argument: the latest run. Else a run (its id or the beginning of it, or its pipeline's name), a record (its id or
/// digest, or `RUN/STEP`), or a step of the latest run.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to show
    #[arg(value_name = "RUN|RECORD|STEP")]
    what: Option<String>,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let store = home::store(common)?;
    let mut out = Out::new();
    match find(&store, args.what.as_deref())? {
        Shown::Run(status) if common.json => out.pretty(&json(&*status)?)?,
        Shown::Run(status) => {
            status::tell(&mut out, &status, true)?;
            tell_of_purge(&mut out, &store, &status)?;
        }
        Shown::Record(shown) if common.json => {
            let document = json!({"path": shown.path, "status": shown.status, "events": json(&shown.events)?, "record": shown.record.to_value()});
            out.pretty(&document)?;
        }
        Shown::Record(shown) => tell(&mut out, &store, &shown)?,
    }
    out.flush()?;
    Ok(ExitCode::Done)
}

fn find(store: &Store, what: Option<&str>) -> Result<Shown, Fault> {
    let Some(what) = what else {
        let run = store.run(&home::run(store, &WhichRun::default(), None)?)?;
        return Ok(Shown::Run(Box::new(status_of(store, run).map_err(Fault::runner)?)));
    };
    match show(store, what) {
        Err(unknown @ RunnerError::Unknown { .. }) => {
            let step = home::run(store, &WhichRun::default(), Some(what)).ok();
            match step.map(|run| show(store, &format!("{run}/{what}"))) {
                Some(Ok(shown)) => Ok(shown),
                _ => Err(Fault::runner(unknown)),
            }
        }
        shown => shown.map_err(Fault::runner),
    }
}

/// A record as people read it: who, when, from what to what; then its body.
fn tell(out: &mut Out, store: &Store, shown: &ShownRecord) -> Result<(), Fault> {
    let record: Envelope<Value> =
        shown.record.envelope().map_err(|error| Fault::from(mlspec_store::StoreError::from(error)))?;
    out.line(format_args!("{} of step {} ({})", record.kind, record.step.name, record.step.stage))?;
    out.line(format_args!("  id        {}", record.id))?;
    out.line(format_args!("  file      {}", shown.path.display()))?;
    out.line(format_args!("  status    {:?}", shown.status))?;
    if let Some(run) = &record.run {
        out.line(format_args!("  run       {} of {} {}", run.id, run.pipeline, run.version))?;
    }
    let cached = if record.step.cached { ", taken from the store" } else { "" };
    if let Some(update) = &record.step.update {
        out.line(format_args!(
            "  updated   {} from record {}",
            if update.method == UpdateMethod::Incremental { "incrementally" } else { "anew" },
            update.from
        ))?;
    }
    if record.step.inexact {
        out.line("  exact     no: within the guarantee that the body states")?;
    }
    out.line(format_args!("  time      {} to {}{cached}", record.started, record.finished))?;
    out.line(format_args!("  producer  {} {}", record.producer.name, record.producer.version))?;
    for input in &record.inputs {
        let from = input.producer.as_ref().map(|from| format!(" from {}.{}", from.step, from.port)).unwrap_or_default();
        out.line(format_args!("  input     {}: {} {}{from}", input.port, input.artifact.kind, input.artifact.digest))?;
    }
    for output in &record.outputs {
        let rows = output.artifact.rows.map(|rows| format!(", {rows} rows")).unwrap_or_default();
        out.line(format_args!(
            "  output    {}: {} {}{rows}",
            output.port, output.artifact.kind, output.artifact.digest
        ))?;
        if let Some(purged) = purged(store, &output.artifact.digest) {
            out.line(format_args!("            {purged}"))?;
        }
    }
    for event in &shown.events {
        out.line(format_args!("  event     {}", json(event)?))?;
    }
    out.line("\nsettings")?;
    out.pretty(&Value::Object(record.parameters))?;
    out.line("\nbody")?;
    out.pretty(&record.body)
}

/// What was said when results of this digest were purged, if they are not there again.
fn purged(store: &Store, digest: &Digest) -> Option<Tombstone> {
    let there = store.manifest_path(digest).is_file() || store.has_object(digest, None);
    store.tombstone(digest).filter(|_| !there)
}

/// Where results of a run were purged: when and why.
fn tell_of_purge(out: &mut Out, store: &Store, status: &PipelineStatus) -> Result<(), Fault> {
    let records = status.steps.iter().filter_map(|step| store.record(&status.run.id, &step.step).ok());
    let outputs = records.filter_map(|record| record.envelope().ok()).flat_map(|record| record.outputs);
    let gone: Vec<Tombstone> = outputs.filter_map(|output| purged(store, &output.artifact.digest)).collect();
    match gone.first() {
        Some(first) => out.line(format_args!("  {} of its results were {first}", gone.len())),
        None => Ok(()),
    }
}
