//! Changes of sources, carried through a pipeline that is live: what is asked for, and how it goes on.
//!
//! Rows are looked up in the dataset versions that are live. A journal says what is under way; new dataset versions are made, but
//! not published; an update run carries the difference through the pipeline. If anything fails until then, or a gate refuses,
//! everything stays as it was. Then the versions are published and the run becomes live; whoever is killed here is followed by
//! [`Maintainer::settle`], which finishes. A dry run does the same in a store on top of the store, and stops before publishing.

mod base;
mod carry;
mod commit;
mod file;
pub mod report;
mod request;
mod resolve;
mod revise;

#[cfg(test)]
mod tests;

pub use commit::{Settled, Settlement};
pub use file::read_changes;
pub use request::{Edit, Request, Select};

use crate::{ErasedSource, Erasure, MaintainError};
use base::Base;
use commit::{Commit, Journal, Phase};
use mlspec_record::object::{ChangeKind, SourceChange};
use mlspec_record::{ExitCode, Id, Name};
use mlspec_runner::{Observer, RunReport, Secret, Surroundings};
use mlspec_stage::Registry;
use mlspec_store::Store;
use report::Report;
use revise::Revised;
use serde_json::Value;
use std::fmt;

/// Checks an erasure whose run is complete but not live, and says what is to be kept of it; an error stops the erasure.
pub type Prove<'a> = dyn Fn(&Store, &Erasure) -> Result<Value, MaintainError> + 'a;

/// Whoever makes changes: a store, and what the program around provides.
pub struct Maintainer<'a> {
    /// The store.
    pub store: &'a Store,
    /// The stages that pipelines may use.
    pub registry: &'a Registry,
    /// Clocks, randomness and what else the program provides.
    pub around: &'a Surroundings<'a>,
    /// Watches the run.
    pub observer: &'a dyn Observer,
    /// The secret that erased rows are recognised with.
    pub secret: Option<Secret>,
    /// What is to be done with an erasure before it becomes live.
    pub prove: Option<&'a Prove<'a>>,
    /// Is called when another process is at work with the pipeline and must be waited for.
    pub busy: &'a dyn Fn(),
}

impl fmt::Debug for Maintainer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Maintainer").field("store", &self.store.root()).finish_non_exhaustive()
    }
}

/// What became of a change.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The pipeline.
    pub pipeline: Name,
    /// What the change was for.
    pub change: ChangeKind,
    /// The run before.
    pub base: Id,
    /// What changed in each source; nothing where no row was concerned.
    pub sources: Vec<SourceChange>,
    /// The run that carried it through the pipeline; none where nothing changed.
    pub run: Option<RunReport>,
    /// What it came to, stage by stage.
    pub report: Report,
    /// How many new rows were left out, since they were erased before.
    pub left_out: u64,
    /// What was kept of the proof.
    pub proof: Option<Value>,
    /// Whether it is live now.
    pub live: bool,
    /// What became of a change that was left unfinished before.
    pub settled: Option<Settled>,
    /// The exit code of a process that did this and nothing else.
    pub exit_code: ExitCode,
}

impl Maintainer<'_> {
    /// Makes a change, or only sees what it would do.
    ///
    /// # Errors
    /// When what is asked for makes no sense, or a dataset version, the run or the proof fails for another reason than what the
    /// pipeline says of the rows. Everything stays as it was then.
    pub fn change(&self, request: &Request) -> Result<Changed, MaintainError> {
        let pipeline = base::pipeline_of(self.store, &request.of)?;
        let _lock = self.store.lock_to_change(&pipeline, || (self.busy)())?;
        let settled = self.settle_locked(&pipeline)?;
        let base = Base::open(self.store, &pipeline, request)?;
        let edits = resolve::resolve(&base, &request.edits)?;
        let changed = match request.is_dry() {
            true => self.try_out(&base, request, &edits)?,
            false => self.make(&base, request, &edits)?,
        };
        Ok(Changed { settled, ..changed })
    }

    /// Does it all in a store that is dropped.
    fn try_out(
        &self,
        base: &Base,
        request: &Request,
        edits: &[resolve::SourceEdit<'_>],
    ) -> Result<Changed, MaintainError> {
        let overlay = self.store.overlay()?;
        let revised = self.revise(&overlay, edits, request)?;
        if revised.is_empty() {
            return Ok(nothing(base, request));
        }
        let run = self.carry(&overlay, base, &revised, request.change)?;
        let report = report::report(&overlay, base, &revised, &run, true)?;
        Ok(told(base, request, &revised, run, report))
    }

    fn make(
        &self,
        base: &Base,
        request: &Request,
        edits: &[resolve::SourceEdit<'_>],
    ) -> Result<Changed, MaintainError> {
        let pipeline = base.pipeline();
        let journal = Journal {
            change: request.change,
            base: base.run().id.clone(),
            began: self.around.host.now(),
            phase: Phase::Working,
        };
        self.store.put_pending(pipeline, &journal)?;
        let (committed, changed) = match self.prepare(base, request, edits) {
            Ok(Prepared::Ready { phase, changed }) => (Journal { phase, ..journal }, *changed),
            Ok(Prepared::Ended(changed)) => {
                self.store.remove_pending(pipeline)?;
                return Ok(*changed);
            }
            Err(error) => {
                // Where the journal cannot be removed, the next command does.
                let _ = self.store.remove_pending(pipeline);
                return Err(error);
            }
        };
        self.store.put_pending(pipeline, &committed)?;
        self.finish(pipeline, &committed, commit::Again::No)?;
        Ok(Changed { live: true, ..changed })
    }

    /// Everything up to the point from which there is no way back.
    fn prepare(
        &self,
        base: &Base,
        request: &Request,
        edits: &[resolve::SourceEdit<'_>],
    ) -> Result<Prepared, MaintainError> {
        let revised = self.revise(self.store, edits, request)?;
        if revised.is_empty() {
            return Ok(Prepared::Ended(nothing(base, request).into()));
        }
        let run = self.carry(self.store, base, &revised, request.change)?;
        let report = report::report(self.store, base, &revised, &run, false)?;
        let mut changed = told(base, request, &revised, run, report);
        let Some(run) = changed.run.as_ref().filter(|run| run.exit_code == ExitCode::Done) else {
            return Ok(Prepared::Ended(changed.into()));
        };
        let (id, live) = (run.run.id.clone(), run.to_live());
        if let Some(prove) = self.prove.filter(|_| request.change == ChangeKind::Forget) {
            changed.proof = Some(prove(self.store, &erasure(base, id, &revised))?);
        }
        let versions = revised.iter().map(|source| source.version.clone()).collect();
        let lists = revised.iter().filter_map(|source| Some((source.body.dataset.clone(), source.suppressed.clone()?)));
        let (suppressed, proof) = (lists.collect(), changed.proof.clone());
        let commit = Commit { live, versions, suppressed, proof };
        Ok(Prepared::Ready { phase: Phase::Committing(commit.into()), changed: changed.into() })
    }
}

/// How far a change came before anything of it can be seen.
enum Prepared {
    /// It can become live.
    Ready { phase: Phase, changed: Box<Changed> },
    /// It does not.
    Ended(Box<Changed>),
}

fn nothing(base: &Base, request: &Request) -> Changed {
    Changed {
        pipeline: base.pipeline().clone(),
        change: request.change,
        base: base.run().id.clone(),
        sources: Vec::new(),
        run: None,
        report: Report::default(),
        left_out: 0,
        proof: None,
        live: false,
        settled: None,
        exit_code: ExitCode::Done,
    }
}

fn told(base: &Base, request: &Request, revised: &[Revised], run: RunReport, report: Report) -> Changed {
    let left_out = revised.iter().map(|source| source.left_out).sum();
    let sources = revised.iter().map(Revised::counts).collect();
    let exit_code = run.exit_code;
    Changed { sources, run: Some(run), report, left_out, exit_code, ..nothing(base, request) }
}

fn erasure(base: &Base, run: Id, revised: &[Revised]) -> Erasure {
    let erased = |source: &Revised| ErasedSource {
        dataset: source.body.dataset.clone(),
        step: source.step.clone(),
        before: source.before.clone(),
        after: source.after.clone(),
        rows: source.difference.removed.clone(),
        key: source.body.key.clone(),
    };
    Erasure {
        pipeline: base.pipeline().clone(),
        base: base.run().id.clone(),
        run,
        sources: revised.iter().map(erased).collect(),
    }
}
