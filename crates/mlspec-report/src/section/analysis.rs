//! What was found in the columns of a table.

use crate::number::{count, figure, percent};
use crate::report::{Body, Report};
use crate::svg::histogram::histogram;
use maud::{Markup, html};
use mlspec_record::body::{Analysis, ColumnSummary, NumberSummary};

/// How many columns are listed; the record has all of them.
const COLUMNS: usize = 200;

/// The columns of every analysis.
pub(crate) fn columns(report: &Report) -> Markup {
    let found: Vec<(&str, &Analysis)> = report
        .steps
        .iter()
        .filter_map(|step| match &step.body {
            Body::Analysis(body) => Some((step.name(), &**body)),
            _ => None,
        })
        .collect();
    html! {
        @if !found.is_empty() {
            h2 { "Analysis" }
            @for (step, body) in found {
                h3 { (step) }
                p {
                    (count(body.rows)) " rows, " (count(body.columns.len() as u64)) " columns"
                    @if let Some(found) = &body.duplicates { "; " (count(found.rows)) " rows repeat others" }
                }
                (table(&body.columns, body.rows))
                (correlations(body))
                @for by in &body.slices {
                    details {
                        summary { "By " code { (by.source) "." (by.column) } }
                        @for slice in &by.slices {
                            h3 { (slice.value.as_deref().unwrap_or("null")) " " span class="soft" { (count(slice.rows)) " rows" } }
                            (table(&slice.columns, slice.rows))
                        }
                    }
                }
            }
        }
    }
}

fn table(columns: &[ColumnSummary], rows: u64) -> Markup {
    html! {
        div class="scroll" { table {
            thead { tr {
                th { "column" } th { "type" } th class="n" { "nulls" } th class="n" { "distinct" } th class="n" { "mean" }
                th class="n" { "standard deviation" } th class="n" { "least" } th class="n" { "median" } th class="n" { "greatest" }
                th { "distribution" }
            } }
            tbody {
                @for column in columns.iter().take(COLUMNS) { (row(column, rows)) }
            }
        } }
        @if columns.len() > COLUMNS { p class="soft" { "and " (count((columns.len() - COLUMNS) as u64)) " more" } }
    }
}

fn row(column: &ColumnSummary, rows: u64) -> Markup {
    let number = |value: Option<f64>| value.map(figure).unwrap_or_default();
    let numbers = column.numbers.as_ref();
    let plain = numbers.filter(|numbers| numbers.unit.is_none());
    let text = |value: Option<&String>, figure: Option<f64>| value.cloned().unwrap_or_else(|| number(figure));
    let share = column.nulls as f64 / rows as f64;
    html! {
        tr {
            td { code { (column.column) } } td { (column.data_type) }
            td class=(if column.nulls > 0 { "n warn" } else { "n" }) { (count(column.nulls)) @if column.nulls > 0 { " (" (percent(share)) ")" } }
            td class="n" { @if !column.distinct_exact { "≈ " } (count(column.distinct)) }
            td class="n" { (number(plain.and_then(|found| found.mean))) }
            td class="n" { (number(plain.and_then(|found| found.standard_deviation))) }
            td class="n" { @if let Some(found) = numbers { (text(found.first.as_ref(), found.minimum)) } }
            td class="n" { (number(plain.and_then(median))) }
            td class="n" { @if let Some(found) = numbers { (text(found.last.as_ref(), found.maximum)) } }
            td { (distribution(column)) }
        }
    }
}

fn median(numbers: &NumberSummary) -> Option<f64> {
    numbers.quantiles.iter().find(|quantile| quantile.share == 0.5).map(|quantile| quantile.value)
}

/// A histogram, or the most frequent values, and what is odd.
fn distribution(column: &ColumnSummary) -> Markup {
    let bins = column.numbers.as_ref().and_then(|numbers| numbers.histogram.as_ref());
    let odd = column.numbers.as_ref().map_or((0, 0), |numbers| (numbers.nan, numbers.infinite));
    let top = column.top.iter().flatten().filter_map(|top| Some((top.value.as_ref()?, top.rows))).take(3);
    html! {
        @if let Some(bins) = bins { (histogram(&column.column, bins)) }
        @else { @for (value, rows) in top { code { (value) } " " (count(rows)) " " } }
        @if let Some(lengths) = &column.lengths {
            @if let (Some(least), Some(most)) = (lengths.minimum, lengths.maximum) {
                span class="soft" { (figure(least)) "–" (figure(most)) " " (lengths.unit.as_deref().unwrap_or_default()) }
            }
        }
        @if odd.0 > 0 { span class="warn" { (count(odd.0)) " NaN " } }
        @if odd.1 > 0 { span class="warn" { (count(odd.1)) " infinite " } }
        @if let Some(outliers) = column.outliers.as_ref().filter(|outliers| outliers.rows > 0) {
            span class="warn" { (count(outliers.rows)) " outliers beyond " (figure(outliers.lower)) " to " (figure(outliers.upper)) }
        }
    }
}

fn correlations(body: &Analysis) -> Markup {
    let mut found: Vec<_> = body.correlations.iter().filter_map(|one| Some((one, one.value?))).collect();
    found.sort_by(|(_, a), (_, b)| b.abs().total_cmp(&a.abs()));
    html! {
        @if !found.is_empty() {
            details {
                summary { "Correlations" }
                div class="scroll" { table {
                    thead { tr { th { "measure" } th { "columns" } th class="n" { "value" } th class="n" { "rows" } } }
                    tbody {
                        @for (one, value) in found.into_iter().take(COLUMNS) {
                            tr {
                                td { (one.measure) } td { code { (one.left) } " " code { (one.right) } }
                                td class="n" { (figure(value)) } td class="n" { (count(one.rows)) }
                            }
                        }
                    }
                } }
            }
        }
    }
}
