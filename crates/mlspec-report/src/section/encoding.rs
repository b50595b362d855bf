//! How tables became matrices.

use crate::number::count;
use crate::report::{Body, Report};
use maud::{Markup, html};
use mlspec_record::body::{EncodedColumn, Encoding};

/// The most feature names shown of one encoder.
const NAMES: usize = 40;

/// The encoders of every encode step.
pub(crate) fn encoders(report: &Report) -> Markup {
    let found: Vec<(&str, &Encoding)> = report
        .steps
        .iter()
        .filter_map(|step| match &step.body {
            Body::Transformation(body) => body.encoding.as_ref().map(|encoding| (step.name(), encoding)),
            _ => None,
        })
        .collect();
    html! {
        @if !found.is_empty() {
            h2 { "Encoders" }
            @for (step, encoding) in found {
                h3 { (step) }
                p {
                    (count(encoding.features)) " features, fitted on " (count(encoding.fitted_rows)) " rows of " code { (encoding.fitted_on) } "."
                    @if let Some(label) = &encoding.label { " Label: " code { (label) } "." }
                    @if !encoding.classes.is_empty() { " Classes: " (encoding.classes.join(", ")) "." }
                    @if let Some(positive) = &encoding.positive { " Positive: " (positive) "." }
                    @if let Some(weight) = &encoding.weight { " Weight: " code { (weight) } "." }
                }
                div class="scroll" { table {
                    thead { tr { th { "encoder" } th { "columns" } th class="n" { "features" } th { "names" } } }
                    tbody { @for column in &encoding.columns { (row(column)) } }
                } }
            }
        }
    }
}

fn row(column: &EncodedColumn) -> Markup {
    let range = &column.range;
    html! {
        tr {
            td { code { (range.encoder) } } td { (range.columns.join(", ")) }
            td class="n" { (range.start) "–" (range.end.saturating_sub(1)) }
            td {
                @for (at, name) in column.names.iter().take(NAMES).enumerate() { @if at > 0 { ", " } (name) }
                @if column.names.len() > NAMES { " and " (column.names.len() - NAMES) " more" }
                @if column.names.is_empty() { span class="soft" { (range.end.saturating_sub(range.start)) " features" } }
            }
        }
    }
}
