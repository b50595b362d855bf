//! What ran, when, with which parameters, and how it ended.

use super::{facts, setting};
use crate::number::{bytes, seconds};
use crate::report::Report;
use crate::svg::dag;
use maud::{Markup, html};
use mlspec_record::object::RunState;

/// Title and facts of the run.
pub(crate) fn header(report: &Report) -> Markup {
    let (run, body) = (&report.run, &report.run.body);
    let (class, state) = match body.state {
        RunState::Completed => ("good", "completed"),
        RunState::Failed => ("bad", "failed"),
        RunState::Cancelled => ("warn", "stopped"),
        RunState::Running => ("warn", "not finished"),
        RunState::Skipped => ("warn", "not run"),
    };
    let mut list = vec![("run", run.id.to_string()), ("started", run.created.to_string())];
    list.extend(body.finished.map(|end| ("finished", end.to_string())));
    list.extend(body.finished.map(|end| ("took", seconds((end.millis() - run.created.millis()) as f64 / 1000.0))));
    list.push(("seed", body.file.seed.get().to_string()));
    list.extend(body.parent_run_id.as_ref().map(|parent| ("repeats run", parent.to_string())));
    list.extend(body.to.as_ref().map(|to| ("only up to step", to.to_string())));
    html! {
        header {
            h1 { (body.file.pipeline) " " span class="soft" { (body.version) } }
            @if let Some(text) = &body.file.description { p { (text) } }
            p { strong class=(class) { (state) } }
            @if let Some(sample) = body.sample {
                p class="warn" { "For exploring only: at most " (sample) " rows of each source were read." }
            }
            (facts(&list))
            @if !body.parameters.is_empty() {
                (facts(&body.parameters.iter().map(|(name, value)| (name.as_str(), setting(value))).collect::<Vec<_>>()))
            }
        }
    }
}

/// The picture of the steps and a table of how each ended.
pub(crate) fn steps(report: &Report) -> Markup {
    html! {
        @if !report.steps.is_empty() {
            h2 { "Steps" }
            div class="scroll" { (dag::dag(report)) }
            div class="scroll" { table {
                thead { tr { th { "step" } th { "stage" } th { "state" } th class="n" { "time" } th class="n" { "peak memory" } th { "why" } } }
                tbody {
                    @for step in &report.steps {
                        @let profile = step.record.as_ref().and_then(|record| record.execution_profile.as_ref());
                        tr {
                            td { (step.name()) }
                            td { code { (stage(report, step.name())) } }
                            td class=(colour(step)) { (dag::state(step).1) }
                            td class="n" { (profile.and_then(|cost| cost.wall_seconds).map(seconds).unwrap_or_default()) }
                            td class="n" { (profile.and_then(|cost| cost.peak_memory_bytes).map(bytes).unwrap_or_default()) }
                            td { (step.run.reason) @if let Some(error) = &step.run.error { " – " span class="bad" { (error) } } }
                        }
                    }
                }
            } }
        }
    }
}

fn colour(step: &crate::report::Step) -> &'static str {
    match dag::state(step).0 {
        "failed" => "bad",
        "skipped" | "running" => "warn",
        _ => "good",
    }
}

fn stage(report: &Report, step: &str) -> String {
    report.run.body.file.steps.get(step).map(|step| step.uses.to_string()).unwrap_or_default()
}
