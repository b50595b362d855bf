//! From pointers to places in the source text.

use super::{Position, SourceFormat, json_walk, text::without_mark, yaml};
use crate::problem::Target;
use std::ops::ControlFlow;

/// A key or value that a walk meets.
pub(super) struct Place<'w> {
    /// The number of its document, from 0.
    pub(super) document: usize,
    /// Its pointer.
    pub(super) pointer: &'w str,
    /// Whether it is the value or the key.
    pub(super) target: Target,
    /// Its offset in bytes.
    pub(super) offset: usize,
    /// How many containers are open around it.
    pub(super) depth: usize,
}

/// A pointer in a document of a text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'w> {
    pub(crate) document: usize,
    pub(crate) pointer: &'w str,
    pub(crate) target: Target,
}

/// The places of pointers in a document of a text (documents count from 0; in NDJSON, by line that is not blank). What is not
/// in the text itself, such as a field behind a YAML alias, has the place of what holds it.
pub fn locate(text: &str, format: SourceFormat, document: usize, wanted: &[(&str, Target)]) -> Vec<Position> {
    let with = |document| move |&(pointer, target): &(_, _)| Wanted { document, pointer, target };
    match format {
        SourceFormat::Ndjson => {
            let text = without_mark(text);
            let (number, line) =
                text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).nth(document).unwrap_or((0, ""));
            let wanted: Vec<Wanted<'_>> = wanted.iter().map(with(0)).collect();
            let shift = |at: Position| Position { line: at.line + number as u64, ..at };
            locate_all(line, SourceFormat::Json, &wanted).into_iter().map(shift).collect()
        }
        _ => locate_all(text, format, &wanted.iter().map(with(document)).collect::<Vec<_>>()),
    }
}

/// The places of pointers, by document in ascending order, in one walk over the text.
pub(crate) fn locate_all(text: &str, format: SourceFormat, wanted: &[Wanted<'_>]) -> Vec<Position> {
    let text = without_mark(text);
    let mut search = Search { wanted, best: vec![(0, 0); wanted.len()], from: 0, to: 0, current: None, exact: 0 };
    match format {
        SourceFormat::Yaml => yaml::walk(text, &mut |place| search.visit(&place)),
        SourceFormat::Json | SourceFormat::Ndjson => json_walk::walk(text, &mut |place| search.visit(&place)),
    }
    positions(text, &search.best.iter().map(|(_, offset)| *offset).collect::<Vec<_>>())
}

struct Search<'w> {
    /// By document, ascending.
    wanted: &'w [Wanted<'w>],
    /// For each wanted pointer, the length of the longest match so far (plus one for an exact one) and its offset.
    best: Vec<(usize, usize)>,
    /// Those of the current document.
    from: usize,
    to: usize,
    current: Option<usize>,
    /// How many of the current document were met exactly.
    exact: usize,
}

impl Search<'_> {
    fn visit(&mut self, place: &Place<'_>) -> ControlFlow<()> {
        if self.current != Some(place.document) {
            self.turn(place.document);
        }
        let (Some(wanted), Some(best)) = (self.wanted.get(self.from..self.to), self.best.get_mut(self.from..self.to))
        else {
            return ControlFlow::Break(());
        };
        for (wanted, best) in wanted.iter().zip(best) {
            let Some(rest) = wanted.pointer.strip_prefix(place.pointer) else { continue };
            let is_exact = rest.is_empty() && wanted.target == place.target;
            let is_above = (rest.is_empty() || rest.starts_with('/')) && place.target == Target::Value;
            let length = place.pointer.len() + usize::from(is_exact);
            if (is_exact || is_above) && length >= best.0 {
                self.exact += usize::from(is_exact);
                *best = (length, place.offset);
            }
        }
        let is_last = self.to == self.wanted.len();
        if is_last && self.exact >= self.to - self.from { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }

    fn turn(&mut self, document: usize) {
        let rest = self.wanted.get(self.to..).unwrap_or_default();
        self.from = self.to + rest.iter().take_while(|wanted| wanted.document < document).count();
        let rest = self.wanted.get(self.from..).unwrap_or_default();
        self.to = self.from + rest.iter().take_while(|wanted| wanted.document == document).count();
        (self.current, self.exact) = (Some(document), 0);
    }
}

/// The positions of offsets, in one pass over the text.
fn positions(text: &str, offsets: &[usize]) -> Vec<Position> {
    let mut order: Vec<usize> = (0..offsets.len()).collect();
    order.sort_by_key(|at| offsets.get(*at));
    let mut found = vec![Position { line: 1, column: 1 }; offsets.len()];
    let (mut line, mut counted, mut line_start) = (1, 0, 0);
    for at in order {
        let offset = offsets.get(at).copied().unwrap_or(0).min(text.len());
        let between = text.get(counted..offset).unwrap_or_default();
        line += between.bytes().filter(|byte| *byte == b'\n').count() as u64;
        if let Some(end) = between.rfind('\n') {
            line_start = counted + end + 1;
        }
        counted = offset;
        let column = text.get(line_start..offset).map_or(0, |line| line.chars().count()) as u64 + 1;
        if let Some(slot) = found.get_mut(at) {
            *slot = Position { line, column };
        }
    }
    found
}
