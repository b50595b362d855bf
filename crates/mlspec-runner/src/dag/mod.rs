//! A pipeline as a picture: text, Mermaid, DOT, JSON.

mod dot;
mod mermaid;
mod text;

use crate::Checked;
use mlspec_record::object::{PipelineRun, RunState};
use mlspec_record::{Name, StageId, Version};
use serde::Serialize;

/// A pipeline's steps and what flows between them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dag {
    /// The pipeline's name.
    pub pipeline: Name,
    /// Its version.
    pub version: Version,
    /// The steps, in an order in which they can run.
    pub steps: Vec<DagStep>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DagStep {
    /// Its name.
    pub step: Name,
    /// Its stage.
    pub stage: StageId,
    /// How many steps are before it on the longest way.
    pub level: usize,
    /// What it reads: its port, the step and the port there.
    pub reads: Vec<(Name, Name, Name)>,
    /// Steps that it waits for without reading from them.
    pub after: Vec<Name>,
    /// Its output ports.
    pub writes: Vec<Name>,
    /// How it stands in a run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<RunState>,
}

impl Dag {
    /// The picture of a pipeline that can run.
    pub fn of(checked: &Checked) -> Self {
        let mut levels: Vec<usize> = Vec::with_capacity(checked.steps().len());
        let mut steps = Vec::with_capacity(checked.steps().len());
        for step in checked.steps() {
            let level = step.waits.iter().filter_map(|at| levels.get(*at)).max().map_or(0, |level| level + 1);
            levels.push(level);
            let reads: Vec<_> =
                step.inputs.iter().map(|edge| (edge.port.clone(), edge.step.clone(), edge.from.clone())).collect();
            let waits = step.waits.iter().filter_map(|at| checked.steps().get(*at)).map(|before| before.name.clone());
            let after = waits.filter(|name| !reads.iter().any(|(_, step, _)| step == name)).collect();
            steps.push(DagStep {
                step: step.name.clone(),
                stage: step.id.clone(),
                level,
                reads,
                after,
                writes: step.ports.outputs.iter().map(|port| port.name.clone()).collect(),
                state: None,
            });
        }
        let file = checked.pipeline().file();
        Self { pipeline: file.pipeline.clone(), version: file.version.clone(), steps }
    }

    /// The same picture with the states of a run.
    pub fn with_run(mut self, run: &PipelineRun) -> Self {
        for step in &mut self.steps {
            step.state = run.steps.iter().find(|ran| ran.step == step.step).map(|ran| ran.state);
        }
        self
    }

    /// A table, a line per step: readable with one step and with a thousand.
    pub fn text(&self) -> String {
        text::render(self)
    }

    /// A Mermaid flowchart, as GitHub renders it.
    pub fn mermaid(&self) -> String {
        mermaid::render(self)
    }

    /// A graph in DOT, for Graphviz.
    pub fn dot(&self) -> String {
        dot::render(self)
    }

    /// JSON.
    ///
    /// # Errors
    /// Never with the types as they are.
    pub fn json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// The step of this name as a number, for formats whose identifiers are narrower than names.
    fn number(&self, name: &Name) -> usize {
        self.steps.iter().position(|step| step.step == *name).unwrap_or_default()
    }
}

/// The word for a state.
fn word(state: RunState) -> &'static str {
    match state {
        RunState::Running => "running",
        RunState::Completed => "completed",
        RunState::Failed => "failed",
        RunState::Cancelled => "cancelled",
        RunState::Skipped => "skipped",
    }
}
