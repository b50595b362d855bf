//! New rows, through the steps of a run, to predictions.

use crate::PredictError;
use crate::file::file;
use crate::missing::{Lacking, Missing};
use crate::serving::Serving;
use mlspec_ingest::{Edition, FreshRows};
use mlspec_record::body::Prediction;
use mlspec_record::object::{NewRows, RunPrediction};
use mlspec_record::{ArtifactRef, Envelope, ExitCode, Id, Kind, Name, Output};
use mlspec_runner::{CheckOptions, Given, Observer, Pipeline, RunOptions, RunReport, Secret, Surroundings};
use mlspec_stage::{Registry, Schemas};
use mlspec_store::{Store, StoreError};
use mlspec_trace::{Source, View};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// Whoever predicts: a store, and what the program around provides.
pub struct Scorer<'a> {
    /// The store.
    pub store: &'a Store,
    /// The stages that pipelines may use.
    pub registry: &'a Registry,
    /// Clocks, randomness and what else the program provides.
    pub around: &'a Surroundings<'a>,
    /// Watches the run.
    pub observer: &'a dyn Observer,
    /// The secret that erased rows are recognised with; needed where rows of a replaced source were erased before.
    pub secret: Option<Secret>,
}

impl fmt::Debug for Scorer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scorer").field("store", &self.store.root()).finish_non_exhaustive()
    }
}

/// What is to be predicted, and by what.
#[derive(Clone, Debug)]
pub struct Request {
    /// The run that fitted the model.
    pub run: Id,
    /// The step that fitted the model, or one that uses it and whose threshold is meant. Needed where the run has several models.
    pub model: Option<String>,
    /// Sources, by dataset or step, and the files that take their place.
    pub sources: Vec<(String, PathBuf)>,
}

/// What came out.
#[derive(Clone, Debug)]
pub struct Predicted {
    /// The run that predicted.
    pub run: RunReport,
    /// What it predicted, as its record says.
    pub prediction: RunPrediction,
    /// The step that predicted.
    pub step: Name,
    /// The predictions; none where a step failed or a gate said no.
    pub predictions: Option<ArtifactRef>,
    /// Figures about them.
    pub body: Option<Prediction>,
    /// The new rows, by dataset, in the order of the request.
    pub(crate) fresh: Vec<(Name, FreshRows)>,
    /// The exit code of a process that did this and nothing else.
    pub exit_code: ExitCode,
}

impl Scorer<'_> {
    /// Predicts new rows with the model of a run.
    ///
    /// # Errors
    /// When the run has no such model or source, the new rows cannot be read or lack a column that predictions depend on, or the
    /// store fails. Where a step fails or a gate says no, [`Predicted::exit_code`] says so.
    pub fn predict(&self, request: &Request) -> Result<Predicted, PredictError> {
        let view = View::open(self.store, &request.run)?;
        refuse_others(&view)?;
        let serving = Serving::find(&view, request.model.as_deref())?;
        let sources = self.sources(&view, &serving, request)?;
        let missing: Missing =
            sources.iter().map(|(source, fresh)| (source.body.dataset.clone(), fresh.missing.clone())).collect();
        let lacking = Lacking::of(&view, self.registry, &serving, &missing)?;
        let given = given(&view, &serving, &lacking, &sources)?;
        let (file, step) = file(&view, &serving, &lacking)?;
        let pipeline = Pipeline::of(file, PathBuf::from(&view.run().body.folder), Map::new())?;
        let planned = given.iter().map(|(step, given)| Ok((step.clone(), given.schemas(self.store)?)));
        let planned: BTreeMap<Name, Schemas> = planned.collect::<Result<_, StoreError>>()?;
        let (secret, environment) = (self.secret.clone(), self.around.variables.clone());
        let options = CheckOptions { given: planned, secret, environment, ..CheckOptions::default() };
        let checked = pipeline.check(self.registry, self.store, &options)?;
        let prediction = RunPrediction {
            from: request.run.clone(),
            model: serving.model.step.clone(),
            sources: sources.iter().map(new_rows).collect(),
            passed_over: lacking.passed_over,
        };
        let options = RunOptions { given, prediction: Some(prediction.clone()), hold: true, ..RunOptions::default() };
        let run = checked.run(self.store, self.around, &options, self.observer)?;
        let fresh = sources.into_iter().map(|(source, fresh)| (source.body.dataset.clone(), fresh)).collect();
        self.told(run, prediction, step, fresh)
    }

    /// The new rows of each source, kept in the store.
    fn sources<'v>(
        &self,
        view: &'v View,
        serving: &Serving,
        request: &Request,
    ) -> Result<Vec<(&'v Source, FreshRows)>, PredictError> {
        if request.sources.is_empty() {
            return Err(PredictError::NoSource);
        }
        let mut found: Vec<(&Source, FreshRows)> = Vec::new();
        for (name, path) in &request.sources {
            let source = view.source(name)?;
            if found.iter().any(|(other, _)| other.step == source.step) {
                return Err(PredictError::Twice(name.clone()));
            }
            if !serving.way.contains(&source.step) {
                let known = view.sources().iter().filter(|source| serving.way.contains(&source.step));
                let known = known.map(|source| source.body.dataset.to_string()).collect();
                return Err(PredictError::NotBehind { source_name: name.clone(), known });
            }
            let secret = self.secret.as_ref().map(Secret::bytes);
            let edition = Edition::open_at(self.store, &source.body.dataset, &source.artifact.digest, secret)?;
            let fresh = edition.fresh_rows(path)?;
            if fresh.ingestion.rows == 0 && fresh.ingestion.suppressed == 0 {
                return Err(PredictError::Empty(source.body.dataset.to_string()));
            }
            found.push((source, fresh));
        }
        Ok(found)
    }

    fn told(
        &self,
        run: RunReport,
        prediction: RunPrediction,
        step: Name,
        fresh: Vec<(Name, FreshRows)>,
    ) -> Result<Predicted, PredictError> {
        let report = run.steps.iter().find(|report| report.step == step && report.record.is_some());
        let predictions = report.and_then(|report| report.outputs.first()).map(|output| output.artifact.clone());
        let body = match &predictions {
            Some(_) => {
                let record = self.store.record(&run.run.id, &step)?;
                let envelope: Envelope<Prediction> = record.envelope_of(Kind::Prediction).map_err(StoreError::from)?;
                Some(envelope.body)
            }
            None => None,
        };
        let exit_code = run.exit_code;
        Ok(Predicted { run, prediction, step, predictions, body, fresh, exit_code })
    }
}

fn refuse_others(view: &View) -> Result<(), PredictError> {
    let body = &view.run().body;
    let what = match (&body.prediction, body.sample) {
        (Some(_), _) => "predicted rows itself and fitted no model",
        (None, Some(_)) => "looked at a sample of the rows only",
        (None, None) => return Ok(()),
    };
    Err(PredictError::OtherRun { run: view.run().id.to_string(), what })
}

/// What steps leave without being asked: sources, and what was fitted.
fn given(
    view: &View,
    serving: &Serving,
    lacking: &Lacking,
    sources: &[(&Source, FreshRows)],
) -> Result<BTreeMap<Name, Given>, PredictError> {
    let mut given = BTreeMap::new();
    for step in serving.way.iter().chain(&serving.beside).filter(|step| !lacking.skipped.contains(*step)) {
        let record = view.step(step.as_str())?;
        if let Some((_, fresh)) = sources.iter().find(|(source, _)| source.step == *step) {
            let artifact = |output: &Output| Output { artifact: fresh.table.clone(), ..output.clone() };
            let outputs = record.outputs.iter().map(artifact).collect();
            let body = serde_json::to_value(&fresh.ingestion)
                .map_err(|error| StoreError::from(mlspec_record::RecordError::from(error)))?;
            let reason = "new rows are in the place of its own".to_owned();
            given.insert(step.clone(), Given { outputs, body, reason, ..Given::default() });
            continue;
        }
        if record.kind == Kind::Ingestion || serving.beside.contains(step) {
            given.insert(step.clone(), as_it_was(record));
        }
    }
    Ok(given)
}

fn as_it_was(record: &Envelope<Value>) -> Given {
    let reason = "it is as the run left it that fitted the model".to_owned();
    let (outputs, body) = (record.outputs.clone(), record.body.clone());
    Given { outputs, body, reason, unchanged: true, ..Given::default() }
}

fn new_rows((source, fresh): &(&Source, FreshRows)) -> NewRows {
    NewRows {
        step: source.step.clone(),
        dataset: source.body.dataset.clone(),
        rows: fresh.ingestion.rows,
        left_out: fresh.ingestion.suppressed,
        missing: fresh.missing.clone(),
    }
}
