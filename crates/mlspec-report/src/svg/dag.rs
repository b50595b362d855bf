//! The steps of a run and what flows between them.

use super::{at, layout};
use crate::number::count;
use crate::report::{Report, Step};
use maud::{Markup, html};
use mlspec_record::object::RunState;
use std::collections::BTreeMap;

const HEIGHT: f64 = 46.0;
const ROW: f64 = 66.0;
const GAP: f64 = 54.0;
const MARGIN: f64 = 8.0;
/// Beyond so many bends, lines run straight: a picture that is full does not get clearer.
const MOST_BENDS: usize = 1_000;

/// The picture: boxes coloured by how the step ended, edges named by the port.
pub(crate) fn dag(report: &Report) -> Markup {
    let steps = &report.steps;
    let edges = edges(report);
    let (ways, spots) = routed(steps.len(), &edges);
    let layers = spots.iter().map(|spot| spot.layer + 1).max().unwrap_or(0);
    let rows = spots.iter().map(|spot| spot.row + 1).max().unwrap_or(0);
    let widths: Vec<f64> = (0..layers)
        .map(|layer| {
            let names = spots.iter().zip(steps).filter(|(spot, _)| spot.layer == layer);
            names.map(|(_, step)| width(step)).fold(80.0, f64::max)
        })
        .collect();
    let left = |layer: usize| MARGIN + widths.iter().take(layer).map(|width| width + GAP).sum::<f64>();
    let in_layer = |layer: usize| spots.iter().filter(|spot| spot.layer == layer).count();
    let top = |spot: &layout::Spot| MARGIN + (spot.row as f64 + (rows - in_layer(spot.layer)) as f64 / 2.0) * ROW;
    let (whole, high) = ((left(layers) - GAP + MARGIN).max(1.0), rows as f64 * ROW + MARGIN);
    html! {
        svg class="dag" role="img" aria-label="steps of the pipeline" viewBox={ "0 0 " (at(whole)) " " (at(high)) }
            width=(at(whole)) height=(at(high)) {
            @for (edge, way) in edges.iter().zip(&ways) {
                @let ends = way.iter().map(|node| &spots[*node]);
                @let stops: Vec<_> = ends.map(|spot| (left(spot.layer), widths[spot.layer], top(spot) + HEIGHT / 2.0)).collect();
                path class=(if edge.data { "edge" } else { "edge order" }) d=(line(&stops)) { title { (edge.label) } }
                @if let Some((x, _, y)) = stops.last() { path class="tip" d={ "M" (at(*x)) " " (at(*y)) " l-7 -4 l0 8 z" } {} }
            }
            @for (step, spot) in steps.iter().zip(&spots) {
                (node(step, left(spot.layer), top(spot), widths[spot.layer]))
            }
        }
    }
}

/// For every edge the nodes that it passes, and where all nodes stand. An edge over several layers gets a node of its own in
/// each of them, so that it runs between the boxes and not behind them.
fn routed(steps: usize, edges: &[Edge]) -> (Vec<Vec<usize>>, Vec<layout::Spot>) {
    let pairs: Vec<(usize, usize)> = edges.iter().map(|edge| (edge.from, edge.to)).collect();
    let direct = layout::layers(steps, &pairs);
    let mut known: BTreeMap<(usize, usize), Vec<usize>> = BTreeMap::new();
    let mut nodes = steps;
    for &(from, to) in &pairs {
        known.entry((from, to)).or_insert_with(|| {
            let between = direct[to].layer.saturating_sub(direct[from].layer + 1);
            let between = if nodes + between <= steps + MOST_BENDS { between } else { 0 };
            nodes += between;
            std::iter::once(from).chain(nodes - between..nodes).chain([to]).collect()
        });
    }
    let short: Vec<(usize, usize)> =
        known.values().flat_map(|way| way.windows(2).map(|ends| (ends[0], ends[1]))).collect();
    let ways = pairs.iter().filter_map(|pair| known.get(pair).cloned()).collect();
    (ways, layout::layers(nodes, &short))
}

/// A line through stops (left, width, height of the middle): curved between them, straight through them.
fn line(stops: &[(f64, f64, f64)]) -> String {
    let mut path = String::new();
    for (stop, next) in stops.iter().zip(stops.iter().skip(1)) {
        let ((x, y), (u, v)) = ((stop.0 + stop.1, stop.2), (next.0, next.2));
        let command = if path.is_empty() { 'M' } else { 'L' };
        let (bend, back) = (at(x + GAP / 2.0), at(u - GAP / 2.0));
        path.push_str(&format!("{command}{} {} C{bend} {} {back} {} {} {} ", at(x), at(y), at(y), at(v), at(u), at(v)));
    }
    path.trim_end().to_owned()
}

fn node(step: &Step, x: f64, y: f64, width: f64) -> Markup {
    let (class, state) = state(step);
    html! {
        g class={ "node " (class) } {
            title { (step.run.reason) }
            rect x=(at(x)) y=(at(y)) width=(at(width)) height=(at(HEIGHT)) rx="6" {}
            text x=(at(x + 12.0)) y=(at(y + 20.0)) class="name" { (step.name()) }
            text x=(at(x + 12.0)) y=(at(y + 37.0)) class="small" { (under(step, state)) }
        }
    }
}

fn under(step: &Step, state: &str) -> String {
    let rows: Option<u64> =
        step.record.as_ref().and_then(|record| record.outputs.iter().filter_map(|o| o.artifact.rows).max());
    match rows {
        Some(rows) => format!("{state} · {} rows", count(rows)),
        None => state.to_owned(),
    }
}

/// How the step ended, as class of the style and in words.
pub(crate) fn state(step: &Step) -> (&'static str, &'static str) {
    match step.run.state {
        RunState::Completed if step.cached() => ("cached", "cached"),
        RunState::Completed => ("done", "ran"),
        RunState::Failed => ("failed", "failed"),
        RunState::Running => ("running", "running"),
        RunState::Cancelled => ("skipped", "stopped"),
        RunState::Skipped => ("skipped", "not run"),
    }
}

fn width(step: &Step) -> f64 {
    let longest = step.name().chars().count().max(under(step, state(step).1).chars().count());
    longest as f64 * 7.2 + 24.0
}

struct Edge {
    from: usize,
    to: usize,
    label: String,
    data: bool,
}

fn edges(report: &Report) -> Vec<Edge> {
    let at = |name: &mlspec_record::Name| report.steps.iter().position(|step| step.run.step == *name);
    let mut edges = Vec::new();
    for (name, step) in &report.run.body.file.steps {
        let Some(to) = at(name) else { continue };
        for (port, source) in &step.inputs {
            edges.extend(at(&source.step).map(|from| Edge {
                from,
                to,
                label: format!("{source} → {name}.{port}"),
                data: true,
            }));
        }
        for before in &step.after {
            edges.extend(at(before).map(|from| Edge {
                from,
                to,
                label: format!("{before} before {name}"),
                data: false,
            }));
        }
    }
    edges
}
