//! A Mermaid flowchart.

use super::{Dag, word};
use std::fmt::Write as _;

pub(super) fn render(dag: &Dag) -> String {
    let mut out = String::from("flowchart TD\n");
    for (at, step) in dag.steps.iter().enumerate() {
        // Names and stage ids hold no character that a quoted label would not take.
        let _ = writeln!(out, "    s{at}[\"{}<br/><small>{}</small>\"]", step.step, step.stage);
    }
    for (at, step) in dag.steps.iter().enumerate() {
        for (_, from, port) in &step.reads {
            let _ = writeln!(out, "    s{} -->|{port}| s{at}", dag.number(from));
        }
        for before in &step.after {
            let _ = writeln!(out, "    s{} -.-> s{at}", dag.number(before));
        }
    }
    let colors = [("completed", "#d9f2d9"), ("failed", "#f8d0d0"), ("skipped", "#eeeeee"), ("cancelled", "#fdf0c8")];
    for (state, color) in colors {
        let of: Vec<String> = dag
            .steps
            .iter()
            .enumerate()
            .filter(|(_, step)| step.state.map(word) == Some(state))
            .map(|(at, _)| format!("s{at}"))
            .collect();
        if !of.is_empty() {
            let _ = writeln!(out, "    classDef {state} fill:{color}\n    class {} {state}", of.join(","));
        }
    }
    out
}
