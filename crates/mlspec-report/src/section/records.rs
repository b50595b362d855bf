//! The records behind the page, by id and content.

use crate::report::Report;
use maud::{Markup, html};

/// The list.
pub(crate) fn list(report: &Report) -> Markup {
    html! {
        @if report.steps.iter().any(|step| step.record.is_some()) {
            h2 { "Records" }
            div class="scroll" { table {
                thead { tr { th { "step" } th { "kind" } th { "record" } th { "content" } th { "producer" } } }
                tbody {
                    @for step in &report.steps {
                        @if let Some(record) = &step.record {
                            tr {
                                td { (step.name()) } td { (record.kind) } td { code { (record.id) } }
                                td { @if let Some(content) = &step.run.content { code { (content) } } }
                                td { (record.producer.name) " " (record.producer.version) }
                            }
                        }
                    }
                }
            } }
        }
    }
}
