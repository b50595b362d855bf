//! The parts, the balance of the label in each, and source rows that reach more than one.

use crate::number::{count, figure, percent};
use crate::report::{Body, Report};
use maud::{Markup, html};
use mlspec_record::body::{ColumnStatistics, Leak, Splitting};

/// The parts of every split.
pub(crate) fn parts(report: &Report) -> Markup {
    let found: Vec<(&str, &Splitting)> = report
        .steps
        .iter()
        .filter_map(|step| match &step.body {
            Body::Splitting(body) => Some((step.name(), body)),
            _ => None,
        })
        .collect();
    html! {
        @if !found.is_empty() {
            h2 { "Splitting" }
            @for (step, body) in found {
                h3 { (step) }
                p {
                    "Rows are kept together by " strong { (body.by) }
                    @if !body.keys.is_empty() { " " code { (body.keys.join(", ")) } }
                    "; the hash " code { (body.hash) } " decides."
                }
                (shares(body, &labels(report)))
                (statistics(body))
                @if !body.leakage.is_empty() { h3 { "Source rows in more than one part" } (leaks(&body.leakage, "more than one part")) }
            }
        }
    }
}

/// The label columns of all encode steps.
fn labels(report: &Report) -> Vec<&str> {
    let label = |body: &'_ Body| match body {
        Body::Transformation(body) => body.encoding.as_ref().is_some_and(|encoding| encoding.label.is_some()),
        _ => false,
    };
    let mut labels: Vec<&str> = report
        .steps
        .iter()
        .filter(|step| label(&step.body))
        .filter_map(|step| match &step.body {
            Body::Transformation(body) => body.encoding.as_ref()?.label.as_deref(),
            _ => None,
        })
        .collect();
    labels.sort_unstable();
    labels.dedup();
    labels
}

fn shares(body: &Splitting, labels: &[&str]) -> Markup {
    let all: u64 = body.parts.iter().map(|part| part.rows).sum();
    let statistic = |columns: &[ColumnStatistics], label: &str| {
        columns.iter().find(|column| column.column == label).and_then(|column| column.mean).map(figure)
    };
    html! {
        div class="scroll" { table {
            thead { tr {
                th { "part" } th class="n" { "asked" } th class="n" { "got" } th class="n" { "rows" }
                @for label in labels { th class="n" { "mean of label " (label) } }
            } }
            tbody {
                @for part in &body.parts {
                    tr {
                        td { (part.name) } td class="n" { (part.share.map_or_else(|| "–".to_owned(), percent)) }
                        td class="n" { (percent(part.rows as f64 / all as f64)) } td class="n" { (count(part.rows)) }
                        @for label in labels { td class="n" { (statistic(&part.columns, label).unwrap_or_else(|| "–".to_owned())) } }
                    }
                }
            }
        } }
    }
}

fn statistics(body: &Splitting) -> Markup {
    let number = |value: Option<f64>| value.map(figure).unwrap_or_default();
    html! {
        details {
            summary { "Columns of the parts" }
            div class="scroll" { table {
                thead { tr {
                    th { "part" } th { "column" } th class="n" { "nulls" } th class="n" { "distinct" } th class="n" { "mean" }
                    th class="n" { "standard deviation" } th class="n" { "least" } th class="n" { "greatest" }
                } }
                tbody {
                    @for part in &body.parts {
                        @for column in &part.columns {
                            tr {
                                td { (part.name) } td { code { (column.column) } }
                                td class="n" { (count(column.nulls)) } td class="n" { (column.distinct.map_or_else(|| "> 1,000".to_owned(), count)) }
                                td class="n" { (number(column.mean)) } td class="n" { (number(column.standard_deviation)) }
                                td class="n" { (number(column.minimum)) } td class="n" { (number(column.maximum)) }
                            }
                        }
                    }
                }
            } }
        }
    }
}

/// How many rows of each source are shared with `what`.
pub(crate) fn leaks(leaks: &[Leak], what: &str) -> Markup {
    html! {
        div class="scroll" { table {
            thead { tr { th { "source" } th class="n" { "rows that arrive" } th class="n" { "in " (what) } th class="n" { "share" } } }
            tbody {
                @for leak in leaks {
                    tr {
                        td { (leak.source) } td class="n" { (count(leak.rows)) }
                        td class=(if leak.shared > 0 { "n warn" } else { "n good" }) { (count(leak.shared)) }
                        td class="n" { (percent(leak.shared as f64 / leak.rows as f64)) }
                    }
                }
            }
        } }
    }
}
