//! A graph in DOT.

use super::{Dag, word};
use std::fmt::Write as _;

pub(super) fn render(dag: &Dag) -> String {
    // Names and stage ids hold no quotes or backslashes.
    let mut out = format!("digraph \"{}\" {{\n    rankdir=LR;\n    node [shape=box];\n", dag.pipeline);
    for step in &dag.steps {
        let state = step.state.map(|state| format!("\\n{}", word(state))).unwrap_or_default();
        let _ = writeln!(out, "    \"{0}\" [label=\"{0}\\n{1}{state}\"];", step.step, step.stage);
    }
    for step in &dag.steps {
        for (port, from, at) in &step.reads {
            let label = if port == at { at.to_string() } else { format!("{at} → {port}") };
            let _ = writeln!(out, "    \"{from}\" -> \"{}\" [label=\"{label}\"];", step.step);
        }
        for before in &step.after {
            let _ = writeln!(out, "    \"{before}\" -> \"{}\" [style=dashed];", step.step);
        }
    }
    out.push_str("}\n");
    out
}
