//! Figures: ours, the peer's, their ratio, and what was aimed at. This is the only file that prints.
#![allow(clippy::print_stdout, clippy::print_stderr)]

/// What a ratio should be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// At most this.
    AtMost(f64),
    /// At least this.
    AtLeast(f64),
    /// No target: for scale.
    None,
}

/// One line of the table.
#[derive(Clone, Debug)]
pub(crate) struct Figure {
    /// What was measured.
    pub(crate) name: String,
    /// Ours.
    pub(crate) ours: f64,
    /// The peer's, or the bound; none where `ours` itself is held against the target.
    pub(crate) peer: Option<f64>,
    /// The unit of both.
    pub(crate) unit: &'static str,
    /// What ours divided by the peer's (or ours alone) should be.
    pub(crate) target: Target,
}

impl Figure {
    /// A comparison: ours divided by the peer's.
    pub(crate) fn ratio(name: impl Into<String>, ours: f64, peer: f64, unit: &'static str, target: Target) -> Self {
        Self { name: name.into(), ours, peer: Some(peer), unit, target }
    }

    /// A figure that stands alone.
    pub(crate) fn alone(name: impl Into<String>, ours: f64, unit: &'static str, target: Target) -> Self {
        Self { name: name.into(), ours, peer: None, unit, target }
    }

    fn measured(&self) -> f64 {
        self.peer.map_or(self.ours, |peer| self.ours / peer)
    }

    fn verdict(&self) -> String {
        let (holds, text) = match self.target {
            Target::AtMost(limit) => (self.measured() <= limit, format!("≤ {limit:.4}")),
            Target::AtLeast(limit) => (self.measured() >= limit, format!("≥ {limit:.4}")),
            Target::None => return String::new(),
        };
        let text = text.trim_end_matches('0').trim_end_matches('.').to_owned();
        format!("{text} {}", if holds { "met" } else { "MISSED" })
    }
}

/// A number with about four digits.
fn short(value: f64) -> String {
    let digits = match value.abs() {
        0.0 => 0,
        1000.0.. => 0,
        100.0.. => 1,
        10.0.. => 2,
        0.01.. => 4,
        _ => return format!("{value:.2e}"),
    };
    format!("{value:.digits$}")
}

/// Prints the figures of one benchmark.
pub(crate) fn print(bench: &str, figures: &[Figure]) {
    println!("\n{bench}\n{:<58} {:>10} {:>10} {:<5} {:>8}  target", "", "ours", "peer", "", "ratio");
    for figure in figures {
        println!(
            "{:<58} {:>10} {:>10} {:<5} {:>8}  {}",
            figure.name,
            short(figure.ours),
            figure.peer.map(short).unwrap_or_default(),
            figure.unit,
            figure.peer.map(|_| short(figure.measured())).unwrap_or_default(),
            figure.verdict(),
        );
    }
}

/// Hands a result to the process that started this one.
pub(crate) fn hand_over(result: &serde_json::Value) {
    println!("{result}");
}

/// Says what is being done.
pub(crate) fn say(text: &str) {
    eprintln!("… {text}");
}

/// Says what went wrong.
pub(crate) fn complain(text: &str) {
    eprintln!("error: {text}");
}

/// The median; of an even count the lower middle.
pub(crate) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verdict_looks_at_the_ratio_and_without_a_peer_at_the_figure() {
        assert_eq!(Figure::ratio("", 3.0, 2.0, "s", Target::AtMost(1.5)).verdict(), "≤ 1.5 met");
        assert_eq!(Figure::ratio("", 3.1, 2.0, "s", Target::AtMost(1.5)).verdict(), "≤ 1.5 MISSED");
        assert_eq!(Figure::alone("", 25_000.0, "/s", Target::AtLeast(20_000.0)).verdict(), "≥ 20000 met");
        assert_eq!(Figure::ratio("", f64::NAN, 2.0, "s", Target::AtMost(1.5)).verdict(), "≤ 1.5 MISSED");
    }

    #[test]
    fn the_median_is_a_measured_value() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.0);
        assert!(median(vec![]).is_nan());
    }
}
