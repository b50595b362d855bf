//! What came of a change, as text or JSON: numbers, no values of rows.

use crate::args::Common;
use crate::command::run::tell_failures;
use crate::fault::Fault;
use crate::terminal::Out;
use mlspec_maintain::change::{Changed, Request};
use serde_json::json;

/// Tells what came of a change.
pub(crate) fn tell(changed: &Changed, request: &Request, _ids: bool, common: &Common) -> Result<(), Fault> {
    let mut out = Out::new();
    if let Some(run) = &changed.run {
        tell_failures(run, common.style());
    }
    if common.json {
        out.json(&json!({"event": "changed", "pipeline": changed.pipeline, "live": changed.live, "sources": changed.sources, "dry": request.is_dry()}))?;
        return out.flush();
    }
    for source in &changed.sources {
        out.line(format_args!(
            "{}: {} removed, {} added, {} changed",
            source.dataset, source.removed, source.added, source.changed
        ))?;
    }
    if changed.sources.is_empty() {
        out.line("no row is concerned: nothing changes")?;
    }
    out.flush()
}
