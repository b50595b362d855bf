//! What came of a change, as text or JSON: numbers, no values of rows.

use crate::args::Common;
use crate::command::json;
use crate::command::run::tell_failures;
use crate::fault::Fault;
use crate::terminal::Out;
use mlspec_maintain::change::{Changed, Request, Settled, Settlement};
use mlspec_record::ExitCode;
use mlspec_record::object::{ChangeKind, SourceChange};
use mlspec_store::Store;
use serde_json::{Value, json};

/// Tells what came of a change.
pub(crate) fn tell(
    store: &Store,
    changed: &Changed,
    request: &Request,
    ids: bool,
    common: &Common,
) -> Result<(), Fault> {
    if let Some(run) = &changed.run {
        tell_failures(run, common.style());
    }
    let statement = changed.run.as_ref().filter(|_| changed.live && changed.proof.is_some());
    let statement = statement.map(|run| store.statement_path(&run.run.id).display().to_string());
    let mut out = Out::new();
    match common.json {
        true => out.json(&document(changed, request, ids, statement.as_deref())?)?,
        false => text(&mut out, changed, request, ids, statement.as_deref())?,
    }
    out.flush()
}

fn document(changed: &Changed, request: &Request, ids: bool, statement: Option<&str>) -> Result<Value, Fault> {
    let mut report = json(&changed.report)?;
    if let Some(left) = report.get_mut("partnerless").and_then(Value::as_array_mut).filter(|_| !ids) {
        left.iter_mut().filter_map(Value::as_object_mut).for_each(|left| drop(left.remove("ids")));
    }
    Ok(json!({
        "event": "changed",
        "pipeline": changed.pipeline,
        "change": changed.change,
        "tried": request.is_dry(),
        "base": changed.base,
        "run": changed.run.as_ref().map(|run| &run.run.id),
        "live": changed.live,
        "exit_code": changed.exit_code as u8,
        "sources": changed.sources,
        "left_out": changed.left_out,
        "report": report,
        "statement": statement,
        "settled": json(&changed.settled)?,
    }))
}

fn text(out: &mut Out, changed: &Changed, request: &Request, ids: bool, statement: Option<&str>) -> Result<(), Fault> {
    if let Some(settled) = &changed.settled {
        out.line(unfinished(settled))?;
    }
    if changed.run.is_none() {
        return out.line("no row is concerned: nothing changes, and there is no new version");
    }
    for source in &changed.sources {
        out.line(line(source))?;
    }
    if changed.left_out > 0 {
        out.line(format_args!("{} new rows were left out: they were erased before", changed.left_out))?;
    }
    out.text(format_args!("{}", changed.report.to_text(ids)))?;
    match (changed.live, request.is_dry(), &changed.run) {
        (true, _, Some(run)) => out.line(format_args!("run {} is live", run.run.id))?,
        (_, true, _) => out.line("this was tried out: nothing changed")?,
        _ if changed.exit_code == ExitCode::Done => {}
        _ => out.line(format_args!("nothing changed: run {} stays live", changed.base))?,
    }
    statement.map_or(Ok(()), |path| out.line(format_args!("statement: {path}")))
}

fn line(source: &SourceChange) -> String {
    let SourceChange { dataset, removed, added, changed, .. } = source;
    let told = [(removed, "removed"), (added, "added"), (changed, "changed")];
    let told: Vec<String> =
        told.iter().filter(|(rows, _)| **rows > 0).map(|(rows, how)| format!("{rows} {how}")).collect();
    format!("{dataset}: rows {}", told.join(", "))
}

/// What became of a change that was left unfinished.
pub(crate) fn unfinished(settled: &Settled) -> String {
    let change = name(settled.change);
    match settled.settlement {
        Settlement::Finished => format!("a {change} begun at {} was interrupted; it is finished now", settled.began),
        Settlement::RolledBack => format!("a {change} begun at {} was interrupted; it was taken back", settled.began),
    }
}

/// The command that makes such a change.
pub(crate) fn name(change: ChangeKind) -> &'static str {
    match change {
        ChangeKind::Forget => "forget",
        ChangeKind::Correct => "correct",
        ChangeKind::Append => "append",
        ChangeKind::Update => "update",
        ChangeKind::Whatif => "whatif",
    }
}
