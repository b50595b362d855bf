//! Metrics, curves, confusion and slices, of evaluate steps and, apart from them, of test steps.

use super::splitting::leaks;
use crate::number::{bytes, count, figure};
use crate::report::{Body, Report, Step};
use crate::svg::bars::{Bar, bars};
use crate::svg::curve::curve;
use maud::{Markup, html};
use mlspec_record::body::{ColumnOf, Evaluation, Fairness, Metric, PermutationImportances, Slice, SliceMetrics};

/// The most slices drawn of one column.
const SLICES: usize = 40;

/// What every evaluate and test step measured.
pub(crate) fn results(report: &Report) -> Markup {
    html! {
        @for step in &report.steps {
            @match &step.body {
                Body::Evaluation(body) => { h2 { "Evaluation: " (step.name()) } (result(step, body)) }
                Body::Test(body) => {
                    h2 { "Test: " (step.name()) }
                    (result(step, &body.result))
                    @if !body.shared_with_training.is_empty() {
                        h3 { "Source rows shared with training" }
                        (leaks(&body.shared_with_training, "training"))
                    }
                }
                _ => {}
            }
        }
    }
}

fn result(step: &Step, body: &Evaluation) -> Markup {
    html! {
        p { (count(body.rows)) " rows predicted. The model with its encoders takes " (bytes(body.model.bytes)) ", with " (count(body.model.parameters)) " fitted numbers." }
        (metrics(&body.metrics))
        @if !body.curves.is_empty() { div class="plots" { @for each in &body.curves { (curve(each)) } } }
        @if !body.confusion_matrix.is_empty() { (confusion(body)) }
        @if let Some(importances) = &body.importances { (permuted(importances)) }
        @for by in &body.slices { (slices(by, &body.metrics)) }
        @for by in &body.fairness { (fairness(by)) }
        (measured(step))
    }
}

fn metrics(metrics: &[Metric]) -> Markup {
    let interval = metrics.iter().find_map(|metric| metric.interval.as_ref());
    html! {
        div class="scroll" { table {
            thead { tr { th { "metric" } th class="n" { "value" }
                @if let Some(one) = interval { th class="n" { (crate::number::percent(one.level)) " interval" } }
                th {} } }
            tbody {
                @for metric in metrics {
                    tr {
                        td { code { (metric.name) } } td class="n" { (maybe(metric.value)) }
                        @if interval.is_some() {
                            td class="n" { @if let Some(one) = &metric.interval { (figure(one.low)) " to " (figure(one.high)) } }
                        }
                        td class="soft" { (metric.reason.as_deref().unwrap_or_default()) }
                    }
                }
            }
        } }
    }
}

fn maybe(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), figure)
}

/// What the model loses without each column, the most first.
fn permuted(found: &PermutationImportances) -> Markup {
    let mut columns: Vec<_> = found.columns.iter().collect();
    let size = |mean: Option<f64>| mean.unwrap_or(f64::NEG_INFINITY);
    columns.sort_by(|a, b| size(b.mean).total_cmp(&size(a.mean)));
    html! {
        h3 { "Importance of columns" }
        p class="soft" { "By how much " code { (found.metric) } " (" (maybe(found.value)) ") became worse when the column's values changed places among "
            (count(found.rows)) " rows; mean and standard deviation of " (count(found.repeats)) " times." }
        div class="scroll" { table {
            thead { tr { th { "column" } th class="n" { "features" } th class="n" { "mean" } th class="n" { "standard deviation" } th { "comes from" } } }
            tbody { @for column in columns.into_iter().take(SLICES) { tr {
                td { code { (column.column) } } td class="n" { (count(column.features)) }
                td class="n" { (maybe(column.mean)) } td class="n" { (maybe(column.standard_deviation)) }
                td class="soft" { (column.sources.iter().map(named).collect::<Vec<_>>().join(", ")) }
            } } }
        } }
        @if found.columns.len() > SLICES { p class="soft" { "The first " (SLICES) " of " (found.columns.len()) " columns." } }
    }
}

fn named(column: &ColumnOf) -> String {
    format!("{}.{}", column.source, column.column)
}

/// The columns that rows are put together by.
fn columns(source: &str, column: &str, cross: &[ColumnOf]) -> String {
    let further = cross.iter().map(named);
    std::iter::once(format!("{source}.{column}")).chain(further).collect::<Vec<_>>().join(" × ")
}

/// The values of these columns that rows have in common.
fn values(value: Option<&str>, cross: &[Option<String>]) -> String {
    let further = cross.iter().map(Option::as_deref);
    std::iter::once(value).chain(further).map(|value| value.unwrap_or("null")).collect::<Vec<_>>().join(" × ")
}

/// The confusion matrix with the share of each true class, which is also the label's balance.
fn confusion(body: &Evaluation) -> Markup {
    let name = |at: usize| body.classes.get(at).map_or_else(|| at.to_string(), Clone::clone);
    let all: u64 = body.confusion_matrix.iter().flatten().sum();
    html! {
        h3 { "Confusion matrix" }
        div class="scroll" { table {
            thead { tr { th { "true \\ predicted" } @for at in 0..body.confusion_matrix.len() { th class="n" { (name(at)) } } th class="n" { "share of rows" } } }
            tbody {
                @for (at, row) in body.confusion_matrix.iter().enumerate() {
                    @let sum: u64 = row.iter().sum();
                    tr {
                        th { (name(at)) }
                        @for cell in row { (heat(*cell, sum)) }
                        td class="n soft" { (crate::number::percent(sum as f64 / all as f64)) }
                    }
                }
            }
        } }
    }
}

fn heat(cell: u64, row: u64) -> Markup {
    let share = (cell * 40).checked_div(row).unwrap_or(0);
    let style = format!("background:color-mix(in srgb,var(--blue) {share}%,transparent)");
    html! { td class="heat" style=(style) { (count(cell)) } }
}

/// One picture a metric; the dashed line is the metric over all rows.
fn slices(by: &SliceMetrics, overall: &[Metric]) -> Markup {
    let mut names: Vec<&str> = Vec::new();
    for metric in by.slices.iter().flat_map(|slice| &slice.metrics) {
        if !names.contains(&metric.name.as_str()) {
            names.push(&metric.name);
        }
    }
    let value = |metrics: &[Metric], name: &str| {
        metrics.iter().find(|metric| metric.name == name).and_then(|metric| metric.value)
    };
    let drawn = |name: &str| -> Vec<Bar> {
        let bar = |slice: &Slice| Bar {
            label: format!("{} ({})", values(slice.value.as_deref(), &slice.cross), count(slice.rows)),
            value: value(&slice.metrics, name),
            note: None,
        };
        by.slices.iter().take(SLICES).map(bar).collect()
    };
    html! {
        h3 { "By " code { (columns(&by.source, &by.column, &by.cross)) } }
        @if by.rows_in_several > 0 { p class="soft" { (count(by.rows_in_several)) " rows have several values and count in each." } }
        @if by.rows_in_none > 0 { p class="soft" { (count(by.rows_in_none)) " rows have no value." } }
        @if by.slices.len() > SLICES { p class="soft" { "The first " (SLICES) " of " (by.slices.len()) " slices." } }
        div class="plots" {
            @for name in names {
                figure class="scroll" { (bars(name, &drawn(name), 0.0, value(overall, name))) figcaption { (name) } }
            }
        }
    }
}

/// Rates by group, and what lies between them.
fn fairness(by: &Fairness) -> Markup {
    html! {
        h3 { "Fairness by " code { (columns(&by.source, &by.column, &by.cross)) } }
        div class="scroll" { table {
            thead { tr { th { "group" } th class="n" { "rows" } th class="n" { "positive" } th class="n" { "selection rate" }
                th class="n" { "true positive rate" } th class="n" { "false positive rate" } th class="n" { "precision" } th class="n" { "accuracy" } th {} } }
            tbody { @for group in &by.groups { tr {
                td { (values(group.value.as_deref(), &group.cross)) } td class="n" { (count(group.rows)) } td class="n" { (count(group.positive)) }
                td class="n" { (maybe(group.selection_rate)) } td class="n" { (maybe(group.true_positive_rate)) } td class="n" { (maybe(group.false_positive_rate)) }
                td class="n" { (maybe(group.precision)) } td class="n" { (maybe(group.accuracy)) }
                td class="soft" { @if !group.compared { "fewer than " (count(by.min_rows)) " rows: not compared" } }
            } } }
        } }
        (metrics(&by.metrics))
    }
}

fn measured(step: &Step) -> Markup {
    let list = step.record.as_ref().and_then(|record| record.execution_profile.as_ref()).map(|cost| &cost.measurements);
    html! {
        @if let Some(list) = list.filter(|list| !list.is_empty()) {
            h3 { "Cost" }
            table { tbody { @for (name, value) in list { tr { td { code { (name) } } td class="n" { (figure(*value)) } } } } }
        }
    }
}
