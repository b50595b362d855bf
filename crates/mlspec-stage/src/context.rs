//! What a running stage sees of the world.

use crate::{Previous, StageError};
use mlspec_record::{
    ArtifactKind, ArtifactRef, Digest, ExitCode, Failure, Name, Output, Place, Record, Seed, Timestamp,
};
use mlspec_store::Store;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::Arc;

/// What the program around a stage provides: time, progress, cancellation.
pub trait Host: Debug + Send + Sync {
    /// The time.
    fn now(&self) -> Timestamp;

    /// A monotonic clock in seconds, for measurements only.
    fn seconds(&self) -> f64;

    /// Progress of the running step: `done` of `total` units (0: unknown).
    fn progress(&self, done: u64, total: u64);

    /// Whether the user wants to stop; long stages ask now and then.
    fn is_cancelled(&self) -> bool;
}

/// What arrived at an input port: a record that was read from its file and checked, and the artifact it names.
#[derive(Clone, Debug)]
pub struct BoundInput {
    /// The port.
    pub port: Name,
    /// The artifact.
    pub artifact: ArtifactRef,
    /// The record whose output it is.
    pub record: Arc<Record>,
}

/// What a stage left behind.
#[derive(Debug, Default)]
pub struct Outcome {
    /// The artifacts, by port.
    pub outputs: Vec<Output>,
    /// The record's body.
    pub body: Value,
    /// Measurements for the record's execution profile.
    pub measurements: BTreeMap<String, f64>,
    /// What was said on the way, for the record's execution profile: the digest of an object in the store.
    pub log: Option<Digest>,
    /// What the user should know, without stopping.
    pub warnings: Vec<String>,
    /// Why the pipeline must not go on, if it must not: a gate said no.
    pub refusal: Option<String>,
    /// Whether an update took over what did not change, rather than making everything anew.
    pub incremental: bool,
    /// Whether the outputs may differ from those of a run, within the guarantee that the record states. Such results are
    /// live, but never taken for those of a run.
    pub inexact: bool,
    /// Rows that did not change and came to another output than before, as a table of their ids.
    pub moved: Option<ArtifactRef>,
}

/// What a running stage sees of the world, and where it leaves its results.
#[derive(Debug)]
pub struct Context<'a> {
    store: &'a Store,
    host: &'a dyn Host,
    seed: Seed,
    inputs: Vec<BoundInput>,
    previous: Option<&'a Previous>,
    outcome: Outcome,
}

/// A stage asked for, or wrote to, a port wrongly: a bug of the stage.
#[derive(Debug, thiserror::Error)]
#[error("the port `{port}` {problem}")]
struct PortError {
    port: String,
    problem: String,
}

impl Failure for PortError {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Bug
    }
}

/// The user stopped the run.
#[derive(Debug, thiserror::Error)]
#[error("the run was stopped")]
struct Cancelled;

impl Failure for Cancelled {
    fn exit_code(&self) -> ExitCode {
        ExitCode::Outside
    }

    fn place(&self) -> Place {
        Place::default()
    }
}

impl<'a> Context<'a> {
    /// A context for one run of one stage.
    pub fn new(store: &'a Store, host: &'a dyn Host, seed: Seed, inputs: Vec<BoundInput>) -> Self {
        Self { store, host, seed, inputs, previous: None, outcome: Outcome::default() }
    }

    /// With what the previous run of the step read and left.
    #[must_use]
    pub fn after(self, previous: &'a Previous) -> Self {
        Self { previous: Some(previous), ..self }
    }

    /// What the previous run of the step read and left; there is one in every update.
    pub fn previous(&self) -> Option<&'a Previous> {
        self.previous
    }

    /// The store.
    pub fn store(&self) -> &'a Store {
        self.store
    }

    /// The program around.
    pub fn host(&self) -> &'a dyn Host {
        self.host
    }

    /// The seed of all random draws, which are hashes of (row id, purpose, seed).
    pub fn seed(&self) -> Seed {
        self.seed
    }

    /// All inputs.
    pub fn inputs(&self) -> &[BoundInput] {
        &self.inputs
    }

    /// What arrived at this port, if it is connected.
    pub fn find_input(&self, port: &str) -> Option<&BoundInput> {
        self.inputs.iter().find(|input| input.port.as_str() == port)
    }

    /// What arrived at this port, which must be connected and of this kind.
    ///
    /// # Errors
    /// When the port is not connected or carries another kind: the caller did not check the pipeline.
    pub fn input(&self, port: &str, kind: ArtifactKind) -> Result<&BoundInput, StageError> {
        let wrong = |problem: String| PortError { port: port.to_owned(), problem };
        let input = self.find_input(port).ok_or_else(|| wrong("is not connected".to_owned()))?;
        match input.artifact.kind {
            found if found == kind => Ok(input),
            found => Err(wrong(format!("carries a {found}, expected a {kind}")).into()),
        }
    }

    /// Leaves an artifact at an output port.
    ///
    /// # Errors
    /// When the port has one already.
    pub fn output(&mut self, port: Name, artifact: ArtifactRef) -> Result<(), StageError> {
        if self.outcome.outputs.iter().any(|output| output.port == port) {
            return Err(PortError { port: port.to_string(), problem: "was written twice".to_owned() }.into());
        }
        self.outcome.outputs.push(Output { port, artifact });
        Ok(())
    }

    /// What was left at output ports so far.
    pub fn outputs(&self) -> &[Output] {
        &self.outcome.outputs
    }

    /// Sets the body of the record.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn body(&mut self, body: &impl Serialize) -> Result<(), StageError> {
        self.outcome.body = serde_json::to_value(body)
            .map_err(|error| mlspec_store::StoreError::from(mlspec_record::CanonicalError::from(error)))?;
        Ok(())
    }

    /// Adds a measurement to the record's execution profile, with its unit as suffix.
    pub fn measure(&mut self, name: &str, value: f64) {
        self.outcome.measurements.insert(name.to_owned(), value);
    }

    /// Names the object in the store that holds what was said on the way: the log of a program outside.
    pub fn log(&mut self, digest: Digest) {
        self.outcome.log = Some(digest);
    }

    /// Tells the user something without stopping.
    pub fn warn(&mut self, message: String) {
        self.outcome.warnings.push(message);
    }

    /// Says that the update took over what did not change.
    pub fn incremental(&mut self) {
        self.outcome.incremental = true;
    }

    /// Says that outputs may differ from those of a run, within the guarantee that the record states.
    pub fn inexact(&mut self) {
        self.outcome.inexact = true;
    }

    /// Names the rows that did not change and came to another output than in the run before: a table of their ids. The record of
    /// the update lists them.
    pub fn moved(&mut self, rows: ArtifactRef) {
        self.outcome.moved = Some(rows);
    }

    /// Says that the pipeline must not go on; outputs and record are still written.
    pub fn refuse(&mut self, reason: String) {
        self.outcome.refusal = Some(reason);
    }

    /// Ends with an error when the user wants to stop.
    ///
    /// # Errors
    /// When the user wants to stop.
    pub fn check_cancelled(&self) -> Result<(), StageError> {
        if self.host.is_cancelled() { Err(Cancelled.into()) } else { Ok(()) }
    }

    /// What the stage left.
    pub fn finish(self) -> Outcome {
        self.outcome
    }
}
