//! What to try with a stage.

use crate::{Bench, MARKER, MARKER_NUMBER};
use mlspec_record::{ArtifactRef, ExitCode};
use mlspec_stage::{Site, StageEntry};
use serde_json::Value;

/// What a stage does with tables that have no rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnEmpty {
    /// It writes empty tables: relational stages.
    Passes,
    /// It fails with this in its message, and exit code 3: stages that fit or measure.
    Refuses(&'static str),
    /// It reads no tables.
    ReadsNone,
}

/// A stage, settings and inputs that work, and others that don't.
#[derive(Clone, Debug)]
pub struct Case<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) entry: StageEntry,
    pub(crate) site: Site,
    pub(crate) settings: Value,
    pub(crate) inputs: Vec<(String, ArtifactRef)>,
    pub(crate) on_empty: OnEmpty,
    pub(crate) empty: Vec<(String, ArtifactRef)>,
    pub(crate) accepted: Vec<Value>,
    pub(crate) refused: Vec<(Value, String)>,
    pub(crate) failing: Vec<Failing>,
    pub(crate) markers: Vec<String>,
    pub(crate) tolerance: Option<f64>,
}

/// A run that fails, in planning or in running.
#[derive(Clone, Debug)]
pub(crate) struct Failing {
    pub(crate) what: String,
    pub(crate) settings: Value,
    pub(crate) inputs: Option<Vec<(String, ArtifactRef)>>,
    pub(crate) code: ExitCode,
    pub(crate) message: String,
}

impl<'a> Case<'a> {
    /// A stage with settings that work.
    pub fn new(bench: &'a Bench, entry: StageEntry, settings: Value) -> Self {
        Self {
            bench,
            entry,
            site: Site::default(),
            settings,
            inputs: Vec::new(),
            on_empty: OnEmpty::Passes,
            empty: Vec::new(),
            accepted: Vec::new(),
            refused: Vec::new(),
            failing: Vec::new(),
            markers: vec![MARKER.to_owned(), MARKER_NUMBER.to_string()],
            tolerance: None,
        }
    }

    /// With these datastores.
    pub fn site(self, site: Site) -> Self {
        Self { site, ..self }
    }

    /// What arrives at a port.
    pub fn input(mut self, port: &str, artifact: &ArtifactRef) -> Self {
        self.inputs.push((port.to_owned(), artifact.clone()));
        self
    }

    /// What the stage does with empty tables; [`OnEmpty::Passes`] if nothing is said.
    pub fn on_empty(self, on_empty: OnEmpty) -> Self {
        Self { on_empty, ..self }
    }

    /// What arrives at a port in place of rows when emptiness is tried. Tables are emptied without being told.
    pub fn empty_input(mut self, port: &str, artifact: &ArtifactRef) -> Self {
        self.empty.push((port.to_owned(), artifact.clone()));
        self
    }

    /// Further settings that a stage can be built from.
    pub fn accepts(mut self, settings: Value) -> Self {
        self.accepted.push(settings);
        self
    }

    /// Settings that no stage is built from: wrong use, with this in the message.
    pub fn refuses(mut self, settings: Value, message: &str) -> Self {
        self.refused.push((settings, message.to_owned()));
        self
    }

    /// Settings that build, and fail with the case's inputs: when planning, or else when running.
    pub fn fails(mut self, what: &str, settings: Value, code: ExitCode, message: &str) -> Self {
        self.failing.push(Failing { what: what.to_owned(), settings, inputs: None, code, message: message.to_owned() });
        self
    }

    /// Settings that build, and fail with these inputs: when planning, or else when running.
    pub fn fails_with(
        mut self,
        what: &str,
        settings: Value,
        inputs: &[(&str, &ArtifactRef)],
        code: ExitCode,
        message: &str,
    ) -> Self {
        let inputs = inputs.iter().map(|(port, artifact)| ((*port).to_owned(), (*artifact).clone())).collect();
        let failing =
            Failing { what: what.to_owned(), settings, inputs: Some(inputs), code, message: message.to_owned() };
        self.failing.push(failing);
        self
    }

    /// Updates may leave results that are not those of a run, where the record says `converged`: models whose predictions are
    /// at most this far apart, and records that differ in how the fit ended.
    pub fn inexact(self, tolerance: f64) -> Self {
        Self { tolerance: Some(tolerance), ..self }
    }

    /// A further value of a cell, which no message may show.
    pub fn marker(mut self, value: &str) -> Self {
        self.markers.push(value.to_owned());
        self
    }
}

/// Inputs as the bench takes them.
pub(crate) fn borrowed(inputs: &[(String, ArtifactRef)]) -> Vec<(&str, &ArtifactRef)> {
    inputs.iter().map(|(port, artifact)| (port.as_str(), artifact)).collect()
}
