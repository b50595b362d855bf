//! What was expected of tables, and whether it held.

use crate::number::{count, percent};
use crate::report::{Body, Report};
use maud::{Markup, html};
use mlspec_record::body::{Severity, Validation};

/// The verdicts of every validate step.
pub(crate) fn verdicts(report: &Report) -> Markup {
    let found: Vec<(&str, &Validation)> = report
        .steps
        .iter()
        .filter_map(|step| match &step.body {
            Body::Validation(body) => Some((step.name(), body)),
            _ => None,
        })
        .collect();
    html! {
        @if !found.is_empty() {
            h2 { "Validation" }
            @for (step, body) in found {
                h3 {
                    (step) ": " @if body.passed { span class="good" { "passed" } } @else { span class="bad" { "refused" } }
                    span class="soft" { ", " (count(body.rows)) " rows" }
                }
                (table(body))
            }
        }
    }
}

fn table(body: &Validation) -> Markup {
    html! {
        div class="scroll" { table {
            thead { tr { th { "expectation" } th { "kind" } th { "columns" } th { "verdict" } th class="n" { "failing rows" } th class="n" { "allowed" } th { "detail" } } }
            tbody {
                @for result in &body.expectations {
                    tr {
                        td { (result.name) } td { code { (result.expectation) } } td { (result.columns.join(", ")) }
                        @match (result.passed, result.severity) {
                            (true, _) => td class="good" { "holds" },
                            (false, _) if result.waived.is_some() => td class="warn" { "fails (waived)" },
                            (false, Severity::Warning) => td class="warn" { "fails (warning)" },
                            (false, _) => td class="bad" { "fails" },
                        }
                        td class="n" { (count(result.failing)) } td class="n" { (percent(result.tolerance)) }
                        td { (result.detail.as_deref().unwrap_or_default()) }
                    }
                }
            }
        } }
    }
}
