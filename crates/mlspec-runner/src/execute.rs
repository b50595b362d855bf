//! One step of a run: taken from the store if nothing changed, run otherwise.

use crate::deliver::{Delivered, Delivery, deliver};
use crate::key::{Key, Parts};
use crate::reason::History;
use crate::record::{Told, cost};
use crate::{Checked, CheckedStep, Event, Observer, RunOptions, RunnerError, StepFailure, StepReport, Surroundings};
use mlspec_record::object::RunState;
use mlspec_record::{ArtifactKind, ExitCode, Id, Name, Output, Place, Record, Timestamp};
use mlspec_stage::{BoundInput, Context, Host, Outcome, Schemas, StageError};
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
    cost: mlspec_record::ExecutionProfile,
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
    ) -> Self {
        let delivered = checked.steps.iter().map(|_| OnceLock::new()).collect();
        Self { checked, store, around, options, observer, guard, run, history, delivered }
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
        let inputs = self.inputs(step)?;
        let external = step.stage.external(self.store).map_err(|error| of_stage(&error))?;
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
            Some((entry, kept)) if in_place(&entry, kept) => return self.take(step, entry, &inputs, started, report),
            entry => entry.is_some(),
        };
        report.reason = match self.options.fresh {
            true => "every step was asked to run".to_owned(),
            false => self.history.why(step, &key.parts, gone),
        };
        let ran = self.execute(step, &inputs, started, report)?;
        self.keep(step, key, &inputs, started, ran, report)
    }

    /// What arrives at the ports of a step.
    fn inputs(&self, step: &CheckedStep) -> Result<Vec<Delivery>, StepFailure> {
        let mut deliveries = Vec::with_capacity(step.inputs.len());
        for edge in &step.inputs {
            let source =
                step.waits.iter().find(|at| self.steps().get(**at).is_some_and(|other| other.name == edge.step));
            let slot = source.and_then(|at| self.delivered.get(*at));
            let read =
                || deliver(&self.store.record_path(self.run, &edge.step), self.store.record(self.run, &edge.step));
            let delivered = slot.map(|slot| slot.get_or_init(read).as_ref().map_err(Clone::clone)).transpose()?;
            let delivery = delivered.and_then(|delivered| delivered.at(&edge.step, &edge.from, &edge.port));
            let accepted = step.ports.input(edge.port.as_str()).map(|port| port.kind);
            let wrong = |problem: &str| StepFailure {
                message: format!("the record of step `{}` {problem} at its port `{}`", edge.step, edge.from),
                hint: None,
                place: Box::new(Place {
                    file: Some(self.store.record_path(self.run, &edge.step).display().to_string()),
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
        entry: CacheEntry,
        inputs: &[Delivery],
        started: Timestamp,
        report: &mut StepReport,
    ) -> Result<(), StepFailure> {
        report.cached = true;
        report.reason = self.history.why_not(&step.name, report.key).to_owned();
        let (pipeline, run, around) = (&self.checked.pipeline, self.run, self.around);
        let told = Told {
            pipeline,
            run,
            around,
            inputs,
            outputs: entry.outputs,
            body: entry.body,
            cached: true,
            started,
            cost: None,
        };
        let outputs = told.outputs.clone();
        let record = told.record(step).map_err(|error| unwritable(&error))?;
        self.guard.put_cached_record(&step.name, &record).map_err(|error| StepFailure::of(&error))?;
        recorded(report, &record, outputs)?;
        report.warnings = entry.warnings;
        entry.refusal.map_or(Ok(()), |reason| Err(refusal(reason)))
    }

    /// Lets the stage run.
    fn execute(
        &self,
        step: &CheckedStep,
        inputs: &[Delivery],
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
        let (began, before) = (host.seconds(), (self.around.resources)());
        let seed = self.checked.pipeline.file().seed;
        let mut cx = Context::new(self.store, &host, seed, inputs.iter().map(bound).collect());
        let schemas = self.schemas(inputs)?;
        let ran = catch_unwind(AssertUnwindSafe(|| {
            // The columns are known by now, also where the plan before the run had to guess.
            step.stage.plan(&schemas)?;
            step.stage.run(&mut cx)
        }));
        match ran {
            Ok(done) => done.map_err(|error| of_stage(&error))?,
            Err(panic) => return Err(StepFailure::bug(format!("the stage `{stage}` panicked: {}", said(&*panic)))),
        }
        let mut outcome = cx.finish();
        let measurements = std::mem::take(&mut outcome.measurements);
        let cost = cost(host.seconds() - began, before, (self.around.resources)(), measurements);
        outcome.outputs = ordered(step, outcome.outputs)?;
        Ok(Ran { outcome, cost })
    }

    fn schemas(&self, inputs: &[Delivery]) -> Result<Schemas, StepFailure> {
        let tables = inputs.iter().filter(|delivery| delivery.artifact.kind == ArtifactKind::Table);
        tables
            .map(|delivery| Ok((delivery.port.to_string(), self.store.table_schema(&delivery.artifact.digest)?)))
            .collect::<Result<_, mlspec_store::StoreError>>()
            .map_err(|error| StepFailure::of(&error))
    }

    /// Writes the record of a step that ran, then what lets the next run find it.
    fn keep(
        &self,
        step: &CheckedStep,
        key: Key,
        inputs: &[Delivery],
        started: Timestamp,
        ran: Ran,
        report: &mut StepReport,
    ) -> Result<(), StepFailure> {
        let Outcome { outputs, body, warnings, refusal: refused, .. } = ran.outcome;
        let (pipeline, run, around) = (&self.checked.pipeline, self.run, self.around);
        let told = Told {
            pipeline,
            run,
            around,
            inputs,
            outputs: outputs.clone(),
            body: body.clone(),
            cached: false,
            started,
            cost: Some(ran.cost),
        };
        let record = told.record(step).map_err(|error| unwritable(&error))?;
        if let Err(problems) = mlspec_schema::validate_record(&record.to_value()) {
            let first = problems.first().map(ToString::to_string).unwrap_or_default();
            return Err(StepFailure::bug(format!(
                "the stage `{}` left a record that its schema refuses: {first}",
                step.id
            )));
        }
        let failed = |error| StepFailure::of(&RunnerError::from(error));
        let files = self.store.files_of(outputs.iter().map(|output| &output.artifact)).map_err(failed)?;
        self.guard.put_record(&step.name, &record).map_err(failed)?;
        recorded(report, &record, outputs.clone())?;
        report.warnings.clone_from(&warnings);
        let entry = CacheEntry {
            parts: key.parts,
            outputs,
            files,
            body,
            warnings,
            refusal: refused.clone(),
            run: run.clone(),
            record: record.id().clone(),
        };
        self.store.put_cached(&key.digest, &entry).map_err(failed)?;
        refused.map_or(Ok(()), |reason| Err(refusal(reason)))
    }
}

fn recorded(report: &mut StepReport, record: &Record, outputs: Vec<Output>) -> Result<(), StepFailure> {
    report.content = Some(record.content_digest().map_err(|error| unwritable(&error))?);
    report.record = Some(record.id().clone());
    report.outputs = outputs;
    Ok(())
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
