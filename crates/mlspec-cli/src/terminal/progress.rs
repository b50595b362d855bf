//! What happens during a run, as it happens: bars where a person watches a terminal, lines elsewhere, JSON for machines.

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use mlspec_record::object::RunState;
use mlspec_record::{Name, Output};
use mlspec_runner::{Event, Observer};
use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _, stderr, stdout};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Tells a person, on standard error.
#[derive(Debug)]
pub(crate) struct Person {
    bars: Option<MultiProgress>,
    running: Mutex<BTreeMap<Name, ProgressBar>>,
}

/// Tells a machine: one JSON document a line, on standard output.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine;

impl Observer for Machine {
    fn event(&self, event: &Event<'_>) {
        let Ok(mut line) = serde_json::to_vec(event) else { return };
        line.push(b'\n');
        let mut out = stdout().lock();
        // A run goes on when nobody listens any more.
        let _ = out.write_all(&line).and_then(|()| out.flush());
    }
}

impl Person {
    /// Bars on a terminal, lines elsewhere.
    pub(crate) fn new() -> Self {
        let bars = stderr().is_terminal().then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));
        Self { bars, running: Mutex::default() }
    }

    fn say(&self, line: &str) {
        match &self.bars {
            Some(bars) => drop(bars.println(line)),
            None => drop(writeln!(stderr().lock(), "{line}")),
        }
    }

    fn start(&self, step: &Name) {
        let Some(bars) = &self.bars else { return };
        let bar = bars.add(ProgressBar::new_spinner());
        bar.set_style(style("{spinner} {prefix} {elapsed}"));
        bar.set_prefix(step.to_string());
        bar.enable_steady_tick(Duration::from_millis(120));
        self.running().insert(step.clone(), bar);
    }

    fn progress(&self, step: &Name, done: u64, total: u64) {
        let running = self.running();
        let Some(bar) = running.get(step) else { return };
        if total > 0 && bar.length() != Some(total) {
            bar.set_style(style("{spinner} {prefix} {bar:30} {percent:>3} % {elapsed}"));
            bar.set_length(total);
        }
        bar.set_position(done);
    }

    fn running(&self) -> std::sync::MutexGuard<'_, BTreeMap<Name, ProgressBar>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Person {
    fn event(&self, event: &Event<'_>) {
        match event {
            Event::RunStarted { run, pipeline, version, steps, .. } => {
                self.say(&format!("run {run} of {pipeline} {version}: {steps} steps"));
            }
            Event::StepStarted { step, .. } => self.start(step),
            Event::Progress { step, done, total } => self.progress(step, *done, *total),
            Event::Warning { step: Some(step), message } => self.say(&format!("  {step}: warning: {message}")),
            Event::Warning { step: None, message } => self.say(&format!("  warning: {message}")),
            Event::StepFinished { step, state, cached, seconds, reason, outputs, failure, .. } => {
                if let Some(bar) = self.running().remove(*step) {
                    bar.finish_and_clear();
                }
                let why = failure.map_or(*reason, |failure| failure.message.as_str());
                self.say(&finished(step, *state, *cached, *seconds, why, outputs));
            }
            _ => {}
        }
    }
}

fn finished(step: &Name, state: RunState, cached: bool, seconds: f64, reason: &str, outputs: &[Output]) -> String {
    let how = match state {
        RunState::Completed if cached => "cached".to_owned(),
        RunState::Completed => time(seconds),
        RunState::Failed => "failed".to_owned(),
        RunState::Cancelled => "stopped".to_owned(),
        RunState::Skipped | RunState::Running => "not run".to_owned(),
    };
    let rows = |output: &Output| output.artifact.rows.map(|rows| format!("{} {rows}", output.port));
    let rows = outputs.iter().filter_map(rows).collect::<Vec<_>>().join(", ");
    let told = match state {
        RunState::Completed if !rows.is_empty() => format!("rows: {rows}"),
        RunState::Completed => String::new(),
        _ => reason.to_owned(),
    };
    format!("  {:<20} {how:>9}  {told}", step.as_str()).trim_end().to_owned()
}

/// A length of time as a person reads it.
pub(crate) fn time(seconds: f64) -> String {
    match seconds {
        seconds if seconds < 0.9995 => format!("{:.0} ms", seconds * 1000.0),
        seconds if seconds < 100.0 => format!("{seconds:.2} s"),
        seconds => format!("{seconds:.0} s"),
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_a_step_ended() {
        let step = Name::new("split").unwrap();
        let check = |state, cached, expected: &str| {
            assert_eq!(finished(&step, state, cached, 0.25, "why", &[]), format!("  split                {expected}"));
        };
        check(RunState::Completed, false, "   250 ms");
        check(RunState::Completed, true, "   cached");
        check(RunState::Failed, false, "   failed  why");
        check(RunState::Skipped, false, "  not run  why");
    }
}
