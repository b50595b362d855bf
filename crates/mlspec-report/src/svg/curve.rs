//! A curve in the unit square: ROC, precision-recall, calibration.

use super::at;
use maud::{Markup, html};
use mlspec_record::body::Curve;

const SIDE: f64 = 220.0;
const LEFT: f64 = 50.0;
const TOP: f64 = 10.0;
const BOTTOM: f64 = 36.0;

/// How a curve of this name is titled, its axes, and whether the diagonal says something.
fn words(name: &str) -> (&str, &str, &str, bool) {
    match name {
        "roc" => ("ROC", "false positive rate", "true positive rate", true),
        "precision_recall" => ("Precision-recall", "recall", "precision", false),
        "calibration" => ("Calibration", "mean predicted probability", "fraction of positives", true),
        other => (other, "x", "y", false),
    }
}

/// The picture. Points that are not numbers are left out; those outside the square are drawn on its border.
pub(crate) fn curve(curve: &Curve) -> Markup {
    let (title, across, up, diagonal) = words(&curve.name);
    let points: Vec<(f64, f64)> =
        curve.x.iter().copied().zip(curve.y.iter().copied()).filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
    let x = |value: f64| LEFT + value.clamp(0.0, 1.0) * SIDE;
    let y = |value: f64| TOP + (1.0 - value.clamp(0.0, 1.0)) * SIDE;
    let line = points.iter().map(|&(u, v)| format!("{},{}", at(x(u)), at(y(v)))).collect::<Vec<_>>().join(" ");
    let (wide, high) = (LEFT + SIDE + 12.0, TOP + SIDE + BOTTOM);
    html! {
        figure {
            svg class="plot" role="img" aria-label=(title) viewBox={ "0 0 " (at(wide)) " " (at(high)) } width=(at(wide)) height=(at(high)) {
                @for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
                    line class="grid" x1=(at(x(tick))) y1=(at(y(0.0))) x2=(at(x(tick))) y2=(at(y(1.0))) {}
                    line class="grid" x1=(at(x(0.0))) y1=(at(y(tick))) x2=(at(x(1.0))) y2=(at(y(tick))) {}
                    text class="tick mid" x=(at(x(tick))) y=(at(y(0.0) + 14.0)) { (tick) }
                    text class="tick end" x=(at(x(0.0) - 5.0)) y=(at(y(tick) + 4.0)) { (tick) }
                }
                @if diagonal { line class="chance" x1=(at(x(0.0))) y1=(at(y(0.0))) x2=(at(x(1.0))) y2=(at(y(1.0))) {} }
                polyline class="line" points=(line) {}
                @if curve.name == "calibration" {
                    @for &(u, v) in &points { circle class="dot" cx=(at(x(u))) cy=(at(y(v))) r="3" {} }
                }
                text class="tick mid" x=(at(x(0.5))) y=(at(high - 5.0)) { (across) }
                text class="tick mid" transform={ "translate(10 " (at(y(0.5))) ") rotate(-90)" } { (up) }
            }
            figcaption { (title) }
        }
    }
}
