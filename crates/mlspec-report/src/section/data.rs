//! Where rows came from and how many are left after each operator.

use crate::number::{bytes, count};
use crate::report::{Body, Report, Step};
use crate::svg::bars::{Bar, bars};
use maud::{Markup, html};
use mlspec_record::ArtifactKind;
use mlspec_record::body::{GroupShares, Ingestion, OperatorReport};

/// The datasets and their files.
pub(crate) fn sources(report: &Report) -> Markup {
    let found: Vec<(&Step, &Ingestion)> = report
        .steps
        .iter()
        .filter_map(|step| match &step.body {
            Body::Ingestion(body) => Some((step, body)),
            _ => None,
        })
        .collect();
    html! {
        @if !found.is_empty() {
            h2 { "Sources" }
            @for (step, body) in found {
                h3 { (body.dataset) " " span class="soft" { "(" (step.name()) ")" } }
                p {
                    (count(body.rows)) " rows, " (body.columns.columns().len()) " columns"
                    @if body.key.is_empty() { ", rows have no key" } @else { ", key " code { (body.key.join(", ")) } }
                    @if body.inferred { ", types inferred" } @else { ", types declared" }
                }
                @if let Some(query) = &body.query {
                    p {
                        "query of " code { (query.datastore) } " (" (query.system) "), " (count(query.rows)) " rows, SHA-256 "
                        code title=(query.digest) { (&query.digest.hex()[..12]) "…" }
                    }
                    pre { (query.text) }
                }
                @if let Some(aside) = body.quarantined.as_ref().filter(|aside| aside.rows > 0) {
                    p {
                        (count(aside.rows)) " rows could not be read and were put aside: "
                        (aside.reasons.iter().map(|(reason, rows)| format!("{reason} {rows}")).collect::<Vec<_>>().join(", "))
                    }
                }
                @if !body.files.is_empty() { div class="scroll" { table {
                    thead { tr { th { "file" } th { "format" } th class="n" { "size" } th class="n" { "rows" } th class="n" { "first row" } th { "SHA-256" } } }
                    tbody {
                        @for file in &body.files {
                            tr {
                                td { code { (file.datastore) ":" (file.path) } @if let Some(sheet) = &file.sheet { " sheet " (sheet) } } td { (file.format) }
                                td class="n" { (bytes(file.bytes)) } td class="n" { (count(file.rows)) } td class="n" { @if let Some(first) = file.first_row { (count(first)) } }
                                td { code title=(file.digest) { (&file.digest.hex()[..12]) "…" } }
                            }
                        }
                    }
                } } }
                p class="soft" {
                    @for (at, column) in body.columns.columns().iter().enumerate() {
                        @if at > 0 { ", " } code { (column.name) } " " (column.data_type)
                    }
                }
            }
        }
    }
}

/// How many rows each step left, and what each operator dropped.
pub(crate) fn rows(report: &Report) -> Markup {
    let tables = |step: &Step| -> Vec<Bar> {
        let outputs = step.record.iter().flat_map(|record| &record.outputs);
        let kinds = |kind| matches!(kind, ArtifactKind::Table | ArtifactKind::Matrix);
        outputs
            .filter(|output| kinds(output.artifact.kind))
            .filter_map(|output| output.artifact.rows.map(|rows| (output, rows)))
            .map(|(output, rows)| Bar {
                label: format!("{}.{}", step.name(), output.port),
                value: Some(rows as f64),
                note: Some(count(rows)),
            })
            .collect()
    };
    let all: Vec<Bar> = report.steps.iter().flat_map(tables).collect();
    html! {
        @if !all.is_empty() {
            h2 { "Rows through the pipeline" }
            div class="scroll" { (bars("rows of each output", &all, 0.0, None)) }
            @for step in &report.steps {
                @if let Body::Transformation(body) = &step.body {
                    @if !body.operators.is_empty() { h3 { (step.name()) } (operators(&body.operators)) }
                }
            }
        }
    }
}

fn operators(operators: &[OperatorReport]) -> Markup {
    html! {
        div class="scroll" { table {
            thead { tr {
                th class="n" { "#" } th { "operator" } th { "table" } th class="n" { "rows in" } th class="n" { "rows out" }
                th class="n" { "dropped" } th { "reason" }
            } }
            tbody {
                @for operator in operators {
                    tr {
                        td class="n" { (operator.position) } td { code { (operator.operator) } } td { (operator.table) }
                        td class="n" { (count(operator.rows_in)) } td class="n" { (count(operator.rows_out)) }
                        td class="n" { (count(operator.dropped)) } td { (operator.reason.as_deref().unwrap_or_default()) }
                    }
                }
            }
        } }
        (inspected(operators))
    }
}

/// How the shares of inspected groups change, operator by operator.
fn inspected(operators: &[OperatorReport]) -> Markup {
    let Some(first) = operators.first() else { return html! {} };
    html! {
        @for (at, shares) in first.shares.iter().enumerate() {
            p { "Shares of the groups of " code { (shares.source) "." (shares.column) } }
            div class="scroll" { table {
                thead { tr {
                    th class="n" { "#" } th { "operator" } th { "table" }
                    @for group in &shares.groups { th class="n" { (group.value.as_deref().unwrap_or("null")) } }
                    @if shares.others.is_some() { th class="n" { "others" } }
                } }
                tbody { @for operator in operators { @if let Some(shares) = operator.shares.get(at) { (changed(operator, shares)) } } }
            } }
        }
    }
}

fn changed(operator: &OperatorReport, shares: &GroupShares) -> Markup {
    let all = || shares.groups.iter().chain(&shares.others);
    let (before, after): (u64, u64) = (all().map(|group| group.rows_in).sum(), all().map(|group| group.rows_out).sum());
    let share = |rows: u64, of: u64| {
        if of == 0 { "–".to_owned() } else { format!("{:.1} %", 100.0 * rows as f64 / of as f64) }
    };
    html! {
        tr {
            td class="n" { (operator.position) } td { code { (operator.operator) } } td { (operator.table) }
            @for group in all() {
                td class="n" title=(format!("{} of {} → {} of {}", group.rows_in, before, group.rows_out, after)) {
                    (share(group.rows_in, before)) " → " (share(group.rows_out, after))
                }
            }
        }
    }
}
