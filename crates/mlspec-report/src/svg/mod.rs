//! Pictures as inline SVG: colours come from the page's style, so they follow its light and dark.

pub(crate) mod bars;
pub(crate) mod curve;
pub(crate) mod dag;
pub(crate) mod histogram;
pub(crate) mod layout;

/// A coordinate with one decimal: short, and the same on every machine.
pub(crate) fn at(value: f64) -> String {
    let text = format!("{value:.1}");
    match text.strip_suffix(".0") {
        Some("-0") => "0".to_owned(),
        Some(whole) => whole.to_owned(),
        None => text,
    }
}
