//! `mlspec purge`: older versions of a pipeline leave the store.

use super::json;
use crate::args::Common;
use crate::fault::{Ended, Fault, Misuse};
use crate::home;
use crate::terminal::Out;
use crate::world;
use mlspec_maintain::proof::{PurgeReport, PurgeRequest, purge, retention};
use mlspec_record::{Age, ExitCode, Id, Name, Retention};
use mlspec_store::Store;

/// Remove older versions of a pipeline from the store: what only they hold
///
/// What is live stays, and so does what other pipelines hold, which is listed. In the place of results that go, the store
/// keeps what they were, when and why they went.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// The pipeline
    pipeline: String,
    /// Keep the newest N older versions [default: `retention` in the pipeline file]
    #[arg(long, value_name = "N", conflicts_with = "older_than")]
    keep: Option<u64>,
    /// Keep older versions that are younger than this: `30d`, `12h`
    #[arg(long, value_name = "AGE")]
    older_than: Option<Age>,
    /// Only tell what would go
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn execute(args: &Args, common: &Common) -> Ended {
    let store = home::store(common)?;
    let pipeline = Name::new(&args.pipeline).map_err(|error| Misuse::new(error.to_string()))?;
    let asked = Retention { keep: args.keep, older_than: args.older_than };
    let asked = (asked != Retention::default()).then_some(asked);
    let retention = retention(&store, &pipeline, asked)?;
    let reason = "its time was over".to_owned();
    let request = request(pipeline, retention, reason, None);
    let report = purge(&store, &request, args.dry_run)?;
    tell(&report, args.dry_run, common)?;
    Ok(ExitCode::Done)
}

/// After an erasure: what the pipeline file says stays, or else nothing of older versions.
///
/// # Errors
/// When the store refuses, or a run is at work.
pub(crate) fn after_erasure(store: &Store, pipeline: &Name, run: &Id, common: &Common) -> Result<(), Fault> {
    let retention = store.live(pipeline)?.map(|live| store.run(&live.run)).transpose()?;
    let retention = retention.and_then(|run| run.body.file.retention).unwrap_or_default();
    let request = request(pipeline.clone(), retention, "rows were erased".to_owned(), Some(run.clone()));
    let report = purge(store, &request, false)?;
    tell(&report, false, common)
}

fn request(pipeline: Name, retention: Retention, reason: String, statement: Option<Id>) -> PurgeRequest {
    PurgeRequest { pipeline, retention, reason, statement, actor: world::actor(), time: world::now() }
}

fn tell(report: &PurgeReport, dry: bool, common: &Common) -> Result<(), Fault> {
    let mut out = Out::new();
    if common.json {
        out.json(&serde_json::json!({"event": "purged", "dry": dry, "report": json(report)?}))?;
        return out.flush();
    }
    let verb = if dry { "would go" } else { "went" };
    out.line(format_args!(
        "{} older runs: {} results, {} files, {} bytes {verb}",
        report.runs.len(),
        report.artifacts,
        report.files,
        report.bytes
    ))?;
    report.kept.iter().try_for_each(|run| out.line(format_args!("  run {run} stays")))?;
    for held in &report.held {
        let what = if held.live { "is live in" } else { "belongs to an older version of" };
        out.line(format_args!("  {} stays: it {what} `{}` ({} bytes)", held.place, held.pipeline, held.bytes))?;
    }
    out.flush()
}
