//! `mlspec status`: how pipelines stand.

use super::json;
use crate::args::Common;
use crate::fault::{Ended, Fault, Misuse};
use crate::home;
use crate::terminal::Out;
use mlspec_record::object::{RunState, StepRun};
use mlspec_record::{ExitCode, Name};
use mlspec_runner::{PipelineStatus, Standing, status};

/// Show how the pipelines of a store stand: the newest run of each, and what is live
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Only this pipeline, with its steps
    pipeline: Option<String>,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let store = home::store(common)?;
    let name = args.pipeline.as_deref().map(Name::new).transpose().map_err(|error| Misuse::new(error.to_string()))?;
    let found = status(&store, name.as_ref()).map_err(Fault::runner)?;
    let mut out = Out::new();
    if common.json {
        out.pretty(&json(&found)?)?;
    } else if found.is_empty() {
        out.line("the store has no run")?;
    }
    for status in found.iter().filter(|_| !common.json) {
        tell(&mut out, status, name.is_some())?;
    }
    out.flush()?;
    Ok(ExitCode::Done)
}

/// A run in a few lines; with its steps, if wanted.
pub(crate) fn tell(out: &mut Out, status: &PipelineStatus, steps: bool) -> Result<(), Fault> {
    let body = &status.run.body;
    let (file, count) = (&body.file, |state| status.steps.iter().filter(|step| step.state == state).count());
    out.line(format_args!("{} {}: {}", file.pipeline, body.version, word(status.standing)))?;
    out.line(format_args!("  run    {} of {}", status.run.id, status.run.created))?;
    let open = status.open.len() + count(RunState::Skipped) + count(RunState::Cancelled);
    let told = format!("{} completed, {} failed, {open} not run", count(RunState::Completed), count(RunState::Failed));
    out.line(format_args!("  steps  {told}"))?;
    if let Some(sample) = body.sample {
        out.line(format_args!("  sample of at most {sample} rows of each source"))?;
    }
    if let Some(update) = &body.update {
        let change = super::change::name(update.change);
        let sources: Vec<String> = update.sources.iter().map(|source| source.dataset.to_string()).collect();
        out.line(format_args!("  after  {change} of rows of {}, from run {}", sources.join(", "), update.from))?;
    }
    match &status.live {
        Some(live) if live.run == status.run.id => out.line("  live   this run")?,
        Some(live) => out.line(format_args!("  live   run {}", live.run))?,
        None => out.line("  live   nothing")?,
    }
    if status.pending {
        out.line("  a change was begun and not ended; the next run or change of the pipeline settles it")?;
    }
    if steps {
        let names = status.steps.iter().map(|step| &step.step).chain(&status.open);
        let width = names.map(|name| name.as_str().len()).max().unwrap_or(0);
        status.steps.iter().try_for_each(|step| out.line(line(step, width)))?;
        status
            .open
            .iter()
            .try_for_each(|step| out.line(format_args!("    {:<width$} no record yet", step.as_str())))?;
    }
    Ok(())
}

fn line(step: &StepRun, width: usize) -> String {
    let state = match step.state {
        RunState::Running => "running",
        RunState::Completed => "completed",
        RunState::Failed => "failed",
        RunState::Cancelled => "stopped",
        RunState::Skipped => "not run",
    };
    let error = step.error.as_ref().map(|error| format!(" – {error}")).unwrap_or_default();
    format!("    {:<width$} {state:<10} {}{error}", step.step.as_str(), step.reason)
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Running => "running",
        Standing::Completed => "completed",
        Standing::Failed => "failed",
        Standing::Cancelled => "stopped",
        Standing::Interrupted => "interrupted; the next run goes on from there",
    }
}
