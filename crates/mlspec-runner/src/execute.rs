//! One step of a run: taken from the store if nothing changed, run otherwise.

use crate::deliver::{Delivered, Delivery, Written, deliver};
use crate::key::{Key, Parts};
use crate::reason::{Cause, History, sentence};
use crate::record::{Told, cost};
use crate::update::{Base, Before};
use crate::{
    Checked, CheckedStep, Event, Given, Observer, RunOptions, RunnerError, StepFailure, StepReport, Surroundings,
};
use mlspec_record::object::RunState;
use mlspec_record::{
    ArtifactKind, ExecutionProfile, ExitCode, Id, Name, Output, Place, StepUpdate, Timestamp, UpdateMethod,
};
use mlspec_stage::{BoundInput, Changes, Context, Host, Outcome, Schemas, StageError};
use mlspec_store::{CacheEntry, RunGuard, Store};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

/// A run under way, as its steps see it.
pub(crate) struct Session<'a> {
    checked: &'a Checked,
    store: &'a Store,
    around: &'a Surroundings<'a>,
    options: &'a RunOptions,
    observer: &'a dyn Observer,
    guard: &'a RunGuard,
    run: &'a Id,
    history: History<'a>,
    base: Option<Base<'a>>,
    written: Vec<OnceLock<Written>>,
    delivered: Vec<OnceLock<Result<Delivered, StepFailure>>>,
}

/// The host of one step: its progress goes to the observer.
#[derive(Clone, Copy)]
struct StepHost<'a> {
    host: &'a dyn Host,
    observer: &'a dyn Observer,
    step: &'a Name,
}

impl std::fmt::Debug for StepHost<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StepHost").field("step", self.step).finish_non_exhaustive()
    }
}

impl Host for StepHost<'_> {
    fn now(&self) -> Timestamp {
        self.host.now()
    }

    fn seconds(&self) -> f64 {
        self.host.seconds()
    }

    fn progress(&self, done: u64, total: u64) {
        self.observer.event(&Event::Progress { step: self.step, done, total });
    }

    fn is_cancelled(&self) -> bool {
        self.host.is_cancelled()
    }
}

/// What a stage left, and what that cost.
struct Ran {
    outcome: Outcome,
    cost: ExecutionProfile,
}

impl<'a> Session<'a> {
    #[expect(clippy::too_many_arguments, reason = "the parts of one struct")]
    pub(crate) fn new(
        checked: &'a Checked,
        store: &'a Store,
        around: &'a Surroundings<'a>,
        options: &'a RunOptions,
        observer: &'a dyn Observer,
        guard: &'a RunGuard,
        run: &'a Id,
        history: History<'a>,
        base: Option<Base<'a>>,
    ) -> Self {
        let delivered = checked.steps.iter().map(|_| OnceLock::new()).collect();
        let written = checked.steps.iter().map(|_| OnceLock::new()).collect();
        Self { checked, store, around, options, observer, guard, run, history, base, written, delivered }
    }

    pub(crate) fn steps(&self) -> &'a [CheckedStep] {
        &self.checked.steps
    }

    pub(crate) fn threads(&self) -> usize {
        self.around.threads
    }

    /// A step that is not begun, since one before it did not complete.
    pub(crate) fn skip(&self, at: usize, obstacle: &StepReport) -> StepReport {
        let name = self.steps().get(at).map_or_else(|| obstacle.step.clone(), |step| step.name.clone());
        let (state, verb) = match obstacle.state {
            RunState::Failed => (RunState::Skipped, "failed"),
            RunState::Cancelled => (RunState::Cancelled, "was stopped"),
            _ => (obstacle.state, "did not run"),
        };
        let report = StepReport::new(name, state, format!("step `{}` {verb}", obstacle.step));
        self.finished(&report);
        report
    }

    /// Runs a step, or takes it from the store.
    pub(crate) fn step(&self, at: usize) -> StepReport {
        let Some(step) = self.steps().get(at) else {
            return StepReport::new(self.checked.pipeline.name().clone(), RunState::Skipped, String::new());
        };
        let began = self.around.host.seconds();
        let mut report = StepReport::new(step.name.clone(), RunState::Completed, String::new());
        report.place = at;
        if self.around.host.is_cancelled() {
            report.state = RunState::Cancelled;
            report.reason = "the run was stopped".to_owned();
        } else if let Err(failure) = self.attempt(step, &mut report) {
            let stopped = self.around.host.is_cancelled() && failure.exit_code == ExitCode::Outside;
            report.state = if stopped { RunState::Cancelled } else { RunState::Failed };
            report.failure = Some(failure);
        }
        report.seconds = self.around.host.seconds() - began;
        self.finished(&report);
        report
    }

    fn finished(&self, report: &StepReport) {
        for message in &report.warnings {
            self.observer.event(&Event::Warning { step: Some(&report.step), message });
        }
        self.observer.event(&Event::StepFinished {
            step: &report.step,
            state: report.state,
            cached: report.cached,
            seconds: report.seconds,
            reason: &report.reason,
            outputs: &report.outputs,
            record: report.record.as_ref(),
            failure: report.failure.as_ref(),
            time: self.around.host.now(),
        });
    }

    fn attempt(&self, step: &CheckedStep, report: &mut StepReport) -> Result<(), StepFailure> {
        let started = self.around.host.now();
        if let Some(given) = self.options.given.get(&step.name) {
            return self.give(step, given.clone(), started, report);
        }
        let inputs = self.inputs(step)?;
        let external = step.stage.external(self.store).map_err(|error| of_stage(&error))?;
        let alone = external.is_null();
        let parts = Parts {
            step,
            seed: self.checked.pipeline.file().seed,
            sample: self.checked.options.sample,
            engine: &self.around.engine,
            external,
            inputs: &inputs,
        };
        let key = parts.key().map_err(|error| StepFailure::of(&error))?;
        report.key = Some(key.digest);
        let entry = self.store.cached(&key.digest).filter(|_| !self.options.fresh);
        let in_place = |entry: &CacheEntry, kept| entry.files.iter().all(|file| self.store.is_in_place(file, kept));
        let gone = match entry {
            Some((entry, kept)) if in_place(&entry, kept) => {
                return self.take(step, Found::of(entry), &inputs, started, report);
            }
            entry => entry.is_some(),
        };
        let before = self.base.as_ref().filter(|_| !self.options.fresh).and_then(|base| base.step(&step.name));
        if let Some(found) = before.as_ref().filter(|before| before.has(key.digest)).and_then(|b| self.same(b)) {
            return self.take(step, found, &inputs, started, report);
        }
        let seed = self.checked.pipeline.file().seed;
        let going_on = before.filter(|_| alone).and_then(|before| {
            let changes = before.changes(step, seed, self.around, &inputs)?;
            Some((before, changes))
        });
        report.reason = match &going_on {
            _ if self.options.fresh => "every step was asked to run".to_owned(),
            Some((_, changes)) => why(step, changes),
            None => self.history.why(step, &key.parts, gone),
        };
        let ran = self.execute(step, &inputs, going_on.as_ref(), started, report)?;
        let update = going_on.map(|(before, _)| StepUpdate {
            from: before.envelope.id,
            method: if ran.outcome.incremental { UpdateMethod::Incremental } else { UpdateMethod::Rerun },
            moved: ran.outcome.moved.clone(),
        });
        self.keep(step, key, &inputs, started, ran, update, report)
    }

    /// What the run before left, as long as all of it is in the store.
    fn same(&self, before: &Before) -> Option<Found> {
        let then = &before.envelope;
        self.store.files_of(then.outputs.iter().map(|output| &output.artifact)).ok()?;
        let (outputs, body, inexact) = (then.outputs.clone(), then.body.clone(), then.step.inexact);
        Some(Found { outputs, body, warnings: Vec::new(), refusal: None, inexact })
    }

    /// Writes the record of a step whose results are given.
    fn give(
        &self,
        step: &CheckedStep,
        given: Given,
        started: Timestamp,
        report: &mut StepReport,
    ) -> Result<(), StepFailure> {
        (report.cached, report.reason) = (given.unchanged, given.reason);
        let outputs = ordered(step, given.outputs)?;
        let told = self.told(&[], outputs, given.body, started).cached(given.unchanged);
        self.write(step, told, Durable::Now, report)?;
        report.warnings = given.warnings;
        Ok(())
    }

    /// What arrives at the ports of a step.
    fn inputs(&self, step: &CheckedStep) -> Result<Vec<Delivery>, StepFailure> {
        let mut deliveries = Vec::with_capacity(step.inputs.len());
        for edge in &step.inputs {
            let source =
                step.waits.iter().find(|at| self.steps().get(**at).is_some_and(|other| other.name == edge.step));
            let slot = source.and_then(|at| self.delivered.get(*at));
            let path = self.store.record_path(self.run, &edge.step);
            let written = source.and_then(|at| self.written.get(*at)?.get());
            let read = || deliver(&path, written, || self.store.record(self.run, &edge.step));
            let delivered = slot.map(|slot| slot.get_or_init(read).as_ref().map_err(Clone::clone)).transpose()?;
            let delivery = delivered.and_then(|delivered| delivered.at(&edge.step, &edge.from, &edge.port));
            let accepted = step.ports.input(edge.port.as_str()).map(|port| port.kind);
            let wrong = |problem: &str| StepFailure {
                message: format!("the record of step `{}` {problem} at its port `{}`", edge.step, edge.from),
                hint: None,
                place: Box::new(Place {
                    file: Some(path.display().to_string()),
                    pointer: Some("/outputs".to_owned()),
                    ..Place::default()
                }),
                exit_code: ExitCode::Usage,
                refused: false,
            };
            let delivery = delivery.ok_or_else(|| wrong("names nothing"))?;
            if accepted != Some(delivery.artifact.kind) {
                return Err(wrong("names an artifact of another kind"));
            }
            deliveries.push(delivery);
        }
        Ok(deliveries)
    }

    /// Writes the record of a step whose results are in the store.
    fn take(
        &self,
        step: &CheckedStep,
        found: Found,
        inputs: &[Delivery],
        started: Timestamp,
        report: &mut StepReport,
    ) -> Result<(), StepFailure> {
        report.cached = true;
        report.reason = self.history.why_not(&step.name, report.key).to_owned();
        let told = self.told(inputs, found.outputs, found.body, started).cached(true).inexact(found.inexact);
        self.write(step, told, Durable::Later, report)?;
        report.warnings = found.warnings;
        found.refusal.map_or(Ok(()), |reason| Err(refusal(reason)))
    }

    fn told<'b>(
        &'b self,
        inputs: &'b [Delivery],
        outputs: Vec<Output>,
        body: serde_json::Value,
        started: Timestamp,
    ) -> Told<'b> {
        let (pipeline, run, around) = (&self.checked.pipeline, self.run, self.around);
        let (cached, update, inexact, cost) = (false, None, false, None);
        Told { pipeline, run, around, inputs, outputs, body, cached, update, inexact, started, cost }
    }

    /// Writes a record, and keeps it for the steps that read it.
    fn write(
        &self,
        step: &CheckedStep,
        told: Told<'_>,
        durable: Durable,
        report: &mut StepReport,
    ) -> Result<Id, StepFailure> {
        let outputs = told.outputs.clone();
        let record = told.record(step).map_err(|error| unwritable(&error))?;
        let failed = |error| StepFailure::of(&RunnerError::from(error));
        let bytes = match durable {
            Durable::Later => self.guard.put_cached_record(&step.name, &record).map_err(failed)?,
            Durable::Now => {
                if let Err(problems) = mlspec_schema::validate_record(record.as_value()) {
                    let first = problems.first().map(ToString::to_string).unwrap_or_default();
                    return Err(StepFailure::bug(format!(
                        "the stage `{}` left a record that its schema refuses: {first}",
                        step.id
                    )));
                }
                self.guard.put_record(&step.name, &record).map_err(failed)?
            }
        };
        let content = record.content_digest().map_err(|error| unwritable(&error))?;
        let id = record.id().clone();
        report.content = Some(content);
        report.record = Some(id.clone());
        report.outputs.clone_from(&outputs);
        if let Some(slot) = self.written.get(report.place) {
            // Each step is written once.
            let _ = slot.set(Written { record: record.into(), content, outputs, bytes });
        }
        Ok(id)
    }

    /// Lets the stage run.
    fn execute(
        &self,
        step: &CheckedStep,
        inputs: &[Delivery],
        before: Option<&(Before, Changes)>,
        time: Timestamp,
        report: &StepReport,
    ) -> Result<Ran, StepFailure> {
        let (name, stage) = (&step.name, &step.id);
        self.observer.event(&Event::StepStarted { step: name, stage, reason: &report.reason, time });
        let host = StepHost { host: self.around.host, observer: self.observer, step: name };
        let bound = |delivery: &Delivery| BoundInput {
            port: delivery.port.clone(),
            artifact: delivery.artifact.clone(),
            record: delivery.record.clone(),
        };
        let (began, spent) = (host.seconds(), (self.around.resources)());
        let seed = self.checked.pipeline.file().seed;
        let cx = Context::new(self.store, &host, seed, inputs.iter().map(bound).collect());
        let mut cx = match before {
            Some((before, _)) => cx.after(&before.previous),
            None => cx,
        };
        let schemas = self.schemas(inputs)?;
        let ran = catch_unwind(AssertUnwindSafe(|| {
            // The columns are known by now, also where the plan before the run had to guess.
            step.stage.plan(&schemas)?;
            match before {
                Some((_, changes)) => step.stage.update(&mut cx, changes),
                None => step.stage.run(&mut cx),
            }
        }));
        match ran {
            Ok(done) => done.map_err(|error| of_stage(&error))?,
            Err(panic) => return Err(StepFailure::bug(format!("the stage `{stage}` panicked: {}", said(&*panic)))),
        }
        let mut outcome = cx.finish();
        let measurements = std::mem::take(&mut outcome.measurements);
        let log = outcome.log.take();
        let cost = cost(host.seconds() - began, spent, (self.around.resources)(), measurements);
        outcome.outputs = ordered(step, outcome.outputs)?;
        Ok(Ran { outcome, cost: ExecutionProfile { log, ..cost } })
    }

    fn schemas(&self, inputs: &[Delivery]) -> Result<Schemas, StepFailure> {
        let tables = inputs.iter().filter(|delivery| delivery.artifact.kind == ArtifactKind::Table);
        tables
            .map(|delivery| Ok((delivery.port.to_string(), self.store.table_schema(&delivery.artifact.digest)?)))
            .collect::<Result<_, mlspec_store::StoreError>>()
            .map_err(|error| StepFailure::of(&error))
    }

    /// Writes the record of a step that ran, then what lets the next run find it.
    #[expect(clippy::too_many_arguments, reason = "all that is known of a step that ran")]
    fn keep(
        &self,
        step: &CheckedStep,
        key: Key,
        inputs: &[Delivery],
        started: Timestamp,
        ran: Ran,
        update: Option<StepUpdate>,
        report: &mut StepReport,
    ) -> Result<(), StepFailure> {
        let Outcome { outputs, body, warnings, refusal: refused, inexact, .. } = ran.outcome;
        let failed = |error| StepFailure::of(&RunnerError::from(error));
        let files = self.store.files_of(outputs.iter().map(|output| &output.artifact)).map_err(failed)?;
        let told = self.told(inputs, outputs.clone(), body.clone(), started).inexact(inexact);
        let record = self.write(step, Told { update, cost: Some(ran.cost), ..told }, Durable::Now, report)?;
        report.warnings.clone_from(&warnings);
        let refusal_of = refused.clone();
        // What a run would not leave bit by bit is never found in the place of what a run leaves.
        if !inexact {
            let run = self.run.clone();
            let entry = CacheEntry { parts: key.parts, outputs, files, body, warnings, refusal: refused, run, record };
            self.store.put_cached(&key.digest, &entry).map_err(failed)?;
        }
        refusal_of.map_or(Ok(()), |reason| Err(refusal(reason)))
    }
}

/// What a step left before.
struct Found {
    outputs: Vec<Output>,
    body: serde_json::Value,
    warnings: Vec<String>,
    refusal: Option<String>,
    inexact: bool,
}

impl Found {
    fn of(entry: CacheEntry) -> Self {
        let CacheEntry { outputs, body, warnings, refusal, .. } = entry;
        Self { outputs, body, warnings, refusal, inexact: false }
    }
}

/// When a record must be on disk.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Durable {
    /// Before anything depends on it.
    Now,
    /// With all others that follow from the store.
    Later,
}

/// Why a step is updated: its inputs that changed.
fn why(step: &CheckedStep, changes: &Changes) -> String {
    let cause = |port: &Name| {
        let from = step.inputs.iter().find(|edge| edge.port == *port).map(|edge| edge.step.to_string());
        Cause::Input { port: port.to_string(), step: from.unwrap_or_default() }
    };
    sentence(&changes.iter().map(|(port, _)| cause(port)).collect::<Vec<_>>())
}

fn unwritable(error: &mlspec_record::RecordError) -> StepFailure {
    StepFailure::bug(format!("the record cannot be written: {error}"))
}

fn of_stage(error: &StageError) -> StepFailure {
    StepFailure::of(error.failure())
}

fn refusal(reason: String) -> StepFailure {
    StepFailure { message: reason, hint: None, place: Box::default(), exit_code: ExitCode::Refused, refused: true }
}

/// The outputs in the order of the ports: exactly the declared ones.
fn ordered(step: &CheckedStep, mut outputs: Vec<Output>) -> Result<Vec<Output>, StepFailure> {
    let mut sorted = Vec::with_capacity(outputs.len());
    for port in &step.ports.outputs {
        let Some(at) = outputs.iter().position(|output| output.port == port.name) else {
            return Err(StepFailure::bug(format!("the stage `{}` left nothing at its port `{}`", step.id, port.name)));
        };
        let output = outputs.swap_remove(at);
        if output.artifact.kind != port.kind {
            let (found, expected) = (output.artifact.kind, port.kind);
            return Err(StepFailure::bug(format!(
                "the stage `{}` left a {found} at its port `{}`, which is for a {expected}",
                step.id, port.name
            )));
        }
        sorted.push(output);
    }
    match outputs.first() {
        Some(output) => Err(StepFailure::bug(format!(
            "the stage `{}` has no output port `{}`, but wrote to it",
            step.id, output.port
        ))),
        None => Ok(sorted),
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}
