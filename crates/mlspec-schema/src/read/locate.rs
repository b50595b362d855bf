//! From pointers to places in the source text.

use super::{Position, SourceFormat, json_walk, text::without_mark, yaml};
use crate::problem::Target;
use std::ops::ControlFlow;

/// A key or value that a walk meets.
pub(super) struct Place<'w> {
    /// Its pointer.
    pub(super) pointer: &'w str,
    /// Whether it is the value or the key.
    pub(super) target: Target,
    /// Its offset in bytes.
    pub(super) offset: usize,
    /// How many containers are open around it.
    pub(super) depth: usize,
}

/// The places of pointers in a document of a text (documents count from 0; in NDJSON, by line that is not blank). What is not
/// in the text itself, such as a field behind a YAML alias, has the place of what holds it.
pub fn locate(text: &str, format: SourceFormat, document: usize, wanted: &[(&str, Target)]) -> Vec<Position> {
    let text = without_mark(text);
    let mut search = Search { wanted, best: vec![(0, 0); wanted.len()], exact: 0 };
    let begin = match format {
        SourceFormat::Json => 0,
        SourceFormat::Ndjson => line_start(text, document),
        SourceFormat::Yaml => {
            yaml::walk(text, document, &mut |place| search.visit(&place));
            return search.best.iter().map(|(_, offset)| Position::of(text, *offset)).collect();
        }
    };
    let end = match format {
        SourceFormat::Ndjson => text.get(begin..).and_then(|rest| rest.find('\n')).map_or(text.len(), |at| begin + at),
        _ => text.len(),
    };
    json_walk::walk(text.get(begin..end).unwrap_or_default(), &mut |place| search.visit(&place));
    search.best.iter().map(|(_, offset)| Position::of(text, begin + offset)).collect()
}

fn line_start(text: &str, document: usize) -> usize {
    let mut start = 0;
    let mut seen = 0;
    for line in text.split_inclusive('\n') {
        if !line.trim().is_empty() {
            if seen == document {
                break;
            }
            seen += 1;
        }
        start += line.len();
    }
    start
}

struct Search<'w> {
    wanted: &'w [(&'w str, Target)],
    /// For each wanted pointer, the length of the longest match so far (plus one for an exact one) and its offset.
    best: Vec<(usize, usize)>,
    exact: usize,
}

impl Search<'_> {
    fn visit(&mut self, place: &Place<'_>) -> ControlFlow<()> {
        for ((pointer, target), best) in self.wanted.iter().zip(&mut self.best) {
            let Some(rest) = pointer.strip_prefix(place.pointer) else { continue };
            let is_exact = rest.is_empty() && *target == place.target;
            let is_above = (rest.is_empty() || rest.starts_with('/')) && place.target == Target::Value;
            let length = place.pointer.len() + usize::from(is_exact);
            if (is_exact || is_above) && length >= best.0 {
                self.exact += usize::from(is_exact);
                *best = (length, place.offset);
            }
        }
        if self.exact >= self.wanted.len() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}
