//! Small histograms, as they stand in a line of a table.

use super::at;
use crate::number::figure;
use maud::{Markup, html};
use mlspec_record::body::HistogramBins;

const WIDE: f64 = 160.0;
const HIGH: f64 = 26.0;

/// The picture: a bar for each bin, whose height is its count beside the greatest.
pub(crate) fn histogram(name: &str, bins: &HistogramBins) -> Markup {
    let most = bins.counts.iter().copied().max().unwrap_or(0).max(1) as f64;
    let wide = WIDE / bins.counts.len().max(1) as f64;
    let edge = |at: usize| bins.edges.get(at).copied().map(figure).unwrap_or_default();
    html! {
        svg class="bars" role="img" aria-label={ "histogram of " (name) } viewBox={ "0 0 " (at(WIDE)) " " (at(HIGH)) } width=(at(WIDE)) height=(at(HIGH)) {
            @for (bin, &count) in bins.counts.iter().enumerate() {
                @let high = (count as f64 / most * HIGH).max(if count > 0 { 1.0 } else { 0.0 });
                rect class="bar" x=(at(bin as f64 * wide)) y=(at(HIGH - high)) width=(at((wide - 0.5).max(0.5))) height=(at(high)) {
                    title { (edge(bin)) " to " (edge(bin + 1)) ": " (count) }
                }
            }
        }
    }
}
