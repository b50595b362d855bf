//! Horizontal bars.

use super::at;
use crate::number::figure;
use maud::{Markup, html};

const BAR: f64 = 20.0;
const LABEL: f64 = 190.0;
const WIDE: f64 = 320.0;

/// One bar.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) label: String,
    /// Its length; nothing is drawn where there is none.
    pub(crate) value: Option<f64>,
    /// What stands behind the bar instead of the figure.
    pub(crate) note: Option<String>,
}

/// The picture: bars from 0 to the greatest value, or to `full` if that is greater; a line at `mark`.
pub(crate) fn bars(name: &str, bars: &[Bar], full: f64, mark: Option<f64>) -> Markup {
    let values = bars.iter().filter_map(|bar| bar.value).chain(mark).filter(|value| value.is_finite());
    let most = values.map(f64::abs).fold(full, f64::max);
    let length = |value: f64| if most > 0.0 { value.abs() / most * WIDE } else { 0.0 };
    let (wide, high) = (LABEL + WIDE + 130.0, bars.len() as f64 * BAR + 6.0);
    html! {
        svg class="bars" role="img" aria-label=(name) viewBox={ "0 0 " (at(wide)) " " (at(high)) } width=(at(wide)) height=(at(high)) {
            @for (row, bar) in bars.iter().enumerate() {
                @let y = row as f64 * BAR + 3.0;
                @let value = bar.value.filter(|value| value.is_finite());
                text class="tick end" x=(at(LABEL - 8.0)) y=(at(y + 13.0)) { title { (bar.label) } (short(&bar.label)) }
                @if let Some(value) = value {
                    rect class=(if value < 0.0 { "bar below" } else { "bar" }) x=(at(LABEL)) y=(at(y)) width=(at(length(value))) height=(at(BAR - 5.0)) rx="2" {}
                }
                text class="tick" x=(at(LABEL + value.map_or(0.0, length) + 6.0)) y=(at(y + 13.0)) {
                    (bar.note.clone().or_else(|| value.map(figure)).unwrap_or_else(|| "undefined".to_owned()))
                }
            }
            @if let Some(mark) = mark.filter(|mark| mark.is_finite()) {
                line class="chance" x1=(at(LABEL + length(mark))) x2=(at(LABEL + length(mark))) y1="0" y2=(at(high)) {}
            }
        }
    }
}

fn short(label: &str) -> String {
    match label.chars().count() {
        0..=27 => label.to_owned(),
        _ => label.chars().take(26).chain(['…']).collect(),
    }
}
