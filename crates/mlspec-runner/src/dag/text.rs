//! A table, a line per step.

use super::{Dag, DagStep, word};

/// How many inputs of a step are named.
const NAMED: usize = 4;

pub(super) fn render(dag: &Dag) -> String {
    let width = |of: fn(&DagStep) -> usize, title: &str| dag.steps.iter().map(of).max().unwrap_or(0).max(title.len());
    let step = width(|step| step.step.as_str().len(), "step");
    let stage = width(|step| step.stage.as_str().len(), "stage");
    let states = dag.steps.iter().any(|step| step.state.is_some());
    let count = match dag.steps.len() {
        1 => "1 step".to_owned(),
        count => format!("{count} steps"),
    };
    let mut out = format!("{} {}, {count}\n", dag.pipeline, dag.version);
    let mut line = |level: &str, name: &str, uses: &str, state: &str, reads: &str| {
        let state = if states { format!("{state:<9}  ") } else { String::new() };
        out.push_str(format!("{level:>5}  {name:<step$}  {uses:<stage$}  {state}{reads}").trim_end());
        out.push('\n');
    };
    line("level", "step", "stage", "state", "reads");
    for step in &dag.steps {
        let state = step.state.map(word).unwrap_or_default();
        line(&step.level.to_string(), step.step.as_str(), step.stage.as_str(), state, &reads(step));
    }
    out
}

fn reads(step: &DagStep) -> String {
    let named = |(port, from, at): &(_, _, _)| format!("{port} from {from}.{at}");
    let mut parts: Vec<String> = step.reads.iter().take(NAMED).map(named).collect();
    if step.reads.len() > NAMED {
        parts.push(format!("{} more", step.reads.len() - NAMED));
    }
    parts.extend(step.after.iter().map(|before| format!("after {before}")));
    parts.join(", ")
}
