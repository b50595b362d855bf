//! What happens during a run, for whoever watches: a terminal, a log, a machine.

use crate::StepFailure;
use mlspec_record::object::RunState;
use mlspec_record::{Id, Name, Output, StageId, Timestamp, Version};
use serde::Serialize;

/// Watches a run. Called from the threads that run steps, one call at a time per step.
pub trait Observer: Send + Sync {
    /// Something happened.
    fn event(&self, event: &Event<'_>);
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Observer for Silent {
    fn event(&self, _: &Event<'_>) {}
}

/// Something that happened; as JSON, one line of `--json`.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event<'a> {
    /// The run began.
    RunStarted {
        /// Its id.
        run: &'a Id,
        /// The pipeline.
        pipeline: &'a Name,
        /// The pipeline's version.
        version: &'a Version,
        /// How many steps it has.
        steps: usize,
        /// When.
        time: Timestamp,
    },
    /// A step is about to run. A step taken from the store only finishes.
    StepStarted {
        /// The step.
        step: &'a Name,
        /// Its stage.
        stage: &'a StageId,
        /// Why it runs.
        reason: &'a str,
        /// When.
        time: Timestamp,
    },
    /// A step got on.
    Progress {
        /// The step.
        step: &'a Name,
        /// Units done.
        done: u64,
        /// Units in all; 0 where that is unknown.
        total: u64,
    },
    /// The user should know something.
    Warning {
        /// The step, if it is about one.
        step: Option<&'a Name>,
        /// What.
        message: &'a str,
    },
    /// A step ended, well or not, or did not begin.
    StepFinished {
        /// The step.
        step: &'a Name,
        /// How it ended.
        state: RunState,
        /// Whether it was taken from the store.
        cached: bool,
        /// How long it took.
        seconds: f64,
        /// Why it ran or did not.
        reason: &'a str,
        /// What it wrote.
        outputs: &'a [Output],
        /// Its record.
        record: Option<&'a Id>,
        /// Why it failed.
        failure: Option<&'a StepFailure>,
        /// When.
        time: Timestamp,
    },
    /// The run ended.
    RunFinished {
        /// Its id.
        run: &'a Id,
        /// How it ended.
        state: RunState,
        /// Whether its results are live now.
        live: bool,
        /// The exit code.
        exit_code: u8,
        /// How long it took.
        seconds: f64,
        /// When.
        time: Timestamp,
    },
}
