//! What a change came to, stage by stage, in numbers. No values of rows.

mod fitted;
mod partnerless;
mod predicted;
mod rows;
mod text;

pub use fitted::{EncoderChange, ModelChange};
pub use partnerless::Partnerless;
pub use predicted::{MetricChange, PredictionChange};
pub use rows::OutputChange;

use super::base::Base;
use super::revise::Revised;
use crate::MaintainError;
use mlspec_record::object::RunState;
use mlspec_record::{Envelope, Name, StageId, UpdateMethod};
use mlspec_runner::{RunReport, StepReport};
use mlspec_store::Store;
use serde::Serialize;
use serde_json::Value;

/// What a change came to.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The steps, in the order in which they ran.
    pub steps: Vec<StepChange>,
    /// Rows of other sources that are left without partner; only looked for where the change is tried out.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub partnerless: Vec<Partnerless>,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepChange {
    /// The step.
    pub step: Name,
    /// Its stage.
    pub stage: StageId,
    /// How it got its results.
    pub how: How,
    /// How long that took.
    pub seconds: f64,
    /// Its outputs that have rows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputChange>,
    /// Its fitted encoders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoders: Option<EncoderChange>,
    /// Its model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<ModelChange>,
    /// Its predictions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub predictions: Option<PredictionChange>,
    /// Its metrics.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<MetricChange>,
}

/// How a step got its results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It ingests a source that was revised.
    Revised,
    /// Nothing that determines them changed.
    TakenOver,
    /// It took over what did not change.
    Incremental,
    /// It made everything anew.
    Rerun,
    /// It has none: it failed, or did not run.
    None,
}

/// Compares a run with the run before, step by step.
pub(super) fn report(
    store: &Store,
    base: &Base,
    revised: &[Revised],
    run: &RunReport,
    tried: bool,
) -> Result<Report, MaintainError> {
    let mut steps = Vec::with_capacity(run.steps.len());
    for done in &run.steps {
        steps.extend(step(store, base, revised, run, done)?);
    }
    let partnerless = match tried && run.run.body.state == RunState::Completed {
        true => partnerless::find(store, base, revised, run)?,
        false => Vec::new(),
    };
    Ok(Report { steps, partnerless })
}

fn step(
    store: &Store,
    base: &Base,
    revised: &[Revised],
    run: &RunReport,
    done: &StepReport,
) -> Result<Option<StepChange>, MaintainError> {
    // A step that the run before had not is no change of it.
    let Ok(before) = base.view.step(done.step.as_str()) else { return Ok(None) };
    let after = match &done.record {
        Some(_) => Some(store.record(&run.run.id, &done.step)?.envelope()?),
        None => None,
    };
    let mut change = StepChange {
        step: done.step.clone(),
        stage: before.step.stage.clone(),
        how: how(revised, done, after.as_ref()),
        seconds: done.seconds,
        outputs: Vec::new(),
        encoders: None,
        model: None,
        predictions: None,
        metrics: Vec::new(),
    };
    if let Some(after) = &after {
        change.outputs = rows::changes(store, before, after)?;
        change.encoders = fitted::encoders(store, before, after)?;
        change.model = fitted::model(store, before, after)?;
        change.predictions = predicted::predictions(store, before, after)?;
        change.metrics = predicted::metrics(before, after);
    }
    Ok(Some(change))
}

fn how(revised: &[Revised], done: &StepReport, after: Option<&Envelope<Value>>) -> How {
    let update = after.and_then(|record| record.step.update.as_ref());
    match (done.state, update.map(|update| update.method)) {
        (RunState::Completed, _) if done.cached => How::TakenOver,
        (RunState::Completed, _) if revised.iter().any(|source| source.step == done.step) => How::Revised,
        (RunState::Completed, Some(UpdateMethod::Incremental)) => How::Incremental,
        (RunState::Completed, _) => How::Rerun,
        _ => How::None,
    }
}
