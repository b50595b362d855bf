//! What drifted, by how much, and what is behind it.

use crate::number::{count, figure, percent};
use crate::report::{Body, Report};
use maud::{Markup, html};
use mlspec_record::body::{ColumnDrift, Direction, DriftMeasure, GateVerdict, Monitoring, Severity};

/// How many columns are listed; the record has all of them.
const COLUMNS: usize = 200;

/// The verdicts and distances of every monitoring.
pub(crate) fn drift(report: &Report) -> Markup {
    let found: Vec<(&str, &Monitoring)> = report
        .steps
        .iter()
        .filter_map(|step| match &step.body {
            Body::Monitoring(body) => Some((step.name(), &**body)),
            _ => None,
        })
        .collect();
    html! {
        @if !found.is_empty() {
            h2 { "Monitoring" }
            @for (step, body) in found {
                h3 { (step) }
                p { (count(body.rows)) " rows beside " (count(body.reference_rows)) " of the reference (" (body.reference) ")" }
                @if !body.missing.is_empty() { p class="warn" { "Missing: " (body.missing.join(", ")) } }
                @if !body.unknown.is_empty() { p class="soft" { "Only here: " (body.unknown.join(", ")) } }
                (gates(&body.gates))
                (table(&body.columns))
                (metrics(body))
                (behind(&body.columns))
            }
        }
    }
}

fn gates(gates: &[GateVerdict]) -> Markup {
    html! {
        div class="scroll" { table {
            thead { tr { th { "gate" } th { "severity" } th class="n" { "tests" } th { "verdict" } th { "what drifted" } } }
            tbody {
                @for gate in gates {
                    @let (class, verdict) = match (gate.passed, gate.severity) {
                        (true, _) => ("good", "no drift"),
                        (false, Severity::Warning) => ("warn", "drift"),
                        (false, Severity::Error) => ("bad", "drift"),
                    };
                    tr {
                        td { (gate.name) } td { (severity(gate.severity)) } td class="n" { (count(gate.tests)) } td class=(class) { (verdict) }
                        td { @for found in gate.drifted.iter().take(COLUMNS) { code { (found.name) } " (" (found.measure) ") " } }
                    }
                }
            }
        } }
    }
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}

/// Columns that drifted first.
fn table(columns: &[ColumnDrift]) -> Markup {
    const SHOWN: [&str; 5] = ["psi", "jensen_shannon", "kolmogorov_smirnov", "chi_square", "wasserstein"];
    let mut order: Vec<&ColumnDrift> = columns.iter().collect();
    order.sort_by_key(|column| !column.drifted);
    html! {
        div class="scroll" { table {
            thead { tr { th { "column" } th { "type" } @for name in SHOWN { th class="n" { (name) } } th class="n" { "null_rate" } th class="n" { "unseen_rate" } } }
            tbody {
                @for column in order.into_iter().take(COLUMNS) {
                    tr {
                        td class=(if column.drifted { "bad" } else { "" }) { code { (column.column) } } td { (column.data_type) }
                        @for name in SHOWN.into_iter().chain(["null_rate", "unseen_rate"]) {
                            (measure(column.measures.iter().find(|found| found.measure == name)))
                        }
                    }
                }
            }
        } }
        @if columns.len() > COLUMNS { p class="soft" { "and " (count((columns.len() - COLUMNS) as u64)) " more" } }
    }
}

fn measure(found: Option<&DriftMeasure>) -> Markup {
    let arrow = |way: Direction| if way == Direction::Up { " ↑" } else { " ↓" };
    html! {
        td class="n" {
            @if let Some(found) = found {
                @if let Some(value) = found.value {
                    (figure(value)) (found.direction.map(arrow).unwrap_or_default())
                    @if let Some(p) = found.p_value { " " span class="soft" { "p " (figure(p)) } }
                } @else {
                    span class="soft" title=(found.reason.as_deref().unwrap_or_default()) { "–" }
                }
            }
        }
    }
}

fn metrics(body: &Monitoring) -> Markup {
    html! {
        @if !body.metrics.is_empty() {
            div class="scroll" { table {
                thead { tr { th { "metric" } th class="n" { "before" } th class="n" { "now" } th class="n" { "p" } } }
                tbody {
                    @for metric in &body.metrics {
                        tr {
                            td class=(if metric.drifted { "bad" } else { "" }) { (metric.metric) } td class="n" { (figure(metric.reference)) }
                            td class=(if metric.worse { "n warn" } else { "n good" }) { (figure(metric.current)) }
                            td class="n" { (metric.p_value.map(figure).unwrap_or_default()) }
                        }
                    }
                }
            } }
        }
    }
}

/// The bins that set drifted columns apart, and where the columns come from.
fn behind(columns: &[ColumnDrift]) -> Markup {
    let drifted: Vec<&ColumnDrift> = columns.iter().filter(|column| !column.contributions.is_empty()).collect();
    html! {
        @if !drifted.is_empty() {
            details {
                summary { "Behind the drift" }
                div class="scroll" { table {
                    thead { tr { th { "column" } th { "comes from" } th { "bin" } th class="n" { "before" } th class="n" { "now" } th class="n" { "of the drift" } th class="n" { "rows" } } }
                    tbody {
                        @for column in drifted.into_iter().take(COLUMNS) {
                            @for told in &column.contributions {
                                tr {
                                    td { code { (column.column) } }
                                    td { @for source in &column.sources { code { (source.scan) "." (source.column) } " " } }
                                    td { (told.bin) } td class="n" { (percent(told.reference)) } td class="n" { (percent(told.current)) }
                                    td class="n" { (percent(told.share)) }
                                    td class="n" { (count(told.rows.as_ref().and_then(|rows| rows.rows).unwrap_or(0))) }
                                }
                            }
                        }
                    }
                } }
            }
        }
    }
}
