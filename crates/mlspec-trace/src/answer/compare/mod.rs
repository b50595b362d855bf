//! Two runs side by side: settings, data, statistics, what was fitted, metrics, code.

mod document;
mod fitted;
mod tables;

pub use document::{Changed, Figure};
pub use fitted::{CoefficientMove, FeatureChange, FittedChange};
pub use tables::{RowChange, TableChange};

use crate::{TraceError, View};
use document::{changed, figures};
use mlspec_record::{Code, Envelope, Id, Name, Timestamp, Version};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How two runs differ. Everything that is the same is left out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The one run.
    pub before: RunSide,
    /// The other run.
    pub after: RunSide,
    /// Whether nothing differs: the same steps, with records of the same content.
    pub same: bool,
    /// What differs of the pipeline as a whole: name, version, seed, engine, revision of the user's code.
    pub pipeline: Vec<Changed>,
    /// Parameters with another value.
    pub parameters: Vec<Changed>,
    /// Steps that differ, in the order of the later run, then those that it has not.
    pub steps: Vec<StepChange>,
}

/// One of two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RunSide {
    /// Its id.
    pub run: Id,
    /// Its pipeline.
    pub pipeline: Name,
    /// Its pipeline's version.
    pub version: Version,
    /// When it began.
    pub created: Timestamp,
}

/// Whether a step is in both runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// In both, with records of other content.
    Both,
    /// Only before.
    Gone,
    /// Only after.
    New,
}

/// How a step differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StepChange {
    /// The step.
    pub step: Name,
    /// Whether it is in both runs.
    pub presence: Presence,
    /// The stage, the crate that ran, and what it was connected to, where they differ.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub code: Vec<Changed>,
    /// Settings with another value.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<Changed>,
    /// Rows of the tables and matrices that it left.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<TableChange>,
    /// What was fitted: encoders, a model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fitted: Option<FittedChange>,
    /// Figures and verdicts of the record's body with another value: statistics, metrics, verdicts.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<Figure>,
}

/// Compares two runs of one store.
///
/// # Errors
/// When something that both records name is no longer in the store or cannot be read.
pub fn compare(before: &View, after: &View) -> Result<Comparison, TraceError> {
    let (one, other) = (&before.run().body, &after.run().body);
    let mut steps = Vec::new();
    for step in other.steps.iter().map(|step| &step.step).chain(gone(before, after)) {
        steps.extend(step_change(before, after, step)?);
    }
    let pipeline = changed(&about(before), &about(after));
    let parameters = changed(&Value::Object(one.parameters.clone()), &Value::Object(other.parameters.clone()));
    let same = pipeline.is_empty() && parameters.is_empty() && steps.is_empty();
    Ok(Comparison { before: side(before), after: side(after), same, pipeline, parameters, steps })
}

fn side(view: &View) -> RunSide {
    let run = view.run();
    RunSide { run: run.id.clone(), pipeline: run.name.clone(), version: run.body.version.clone(), created: run.created }
}

/// The steps that only the run before has.
fn gone<'a>(before: &'a View, after: &View) -> Vec<&'a Name> {
    let now: BTreeSet<&Name> = after.run().body.steps.iter().map(|step| &step.step).collect();
    before.run().body.steps.iter().map(|step| &step.step).filter(|step| !now.contains(step)).collect()
}

/// What is said of the pipeline as a whole.
fn about(view: &View) -> Value {
    let body = &view.run().body;
    let record = view.records.values().next();
    let revision = record.and_then(|record| record.code.as_ref()).map(|Code { revision, dirty, .. }| match dirty {
        Some(true) => format!("{revision}, with changes"),
        _ => revision.clone(),
    });
    json!({
        "name": view.run().name, "version": body.version, "seed": body.file.seed,
        "engine": record.and_then(|record| record.environment.get("engine")), "code": revision,
        "sample": body.sample, "to": body.to,
    })
}

fn step_change(before: &View, after: &View, step: &Name) -> Result<Option<StepChange>, TraceError> {
    let empty = |presence| StepChange {
        step: step.clone(),
        presence,
        code: Vec::new(),
        settings: Vec::new(),
        tables: Vec::new(),
        fitted: None,
        figures: Vec::new(),
    };
    let (Some(one), Some(other)) = (before.records.get(step), after.records.get(step)) else {
        let there = |view: &View| view.records.contains_key(step);
        return Ok(match (there(before), there(after)) {
            (true, _) => Some(empty(Presence::Gone)),
            (_, true) => Some(empty(Presence::New)),
            _ => None,
        });
    };
    if content(before, step) == content(after, step) {
        return Ok(None);
    }
    let change = StepChange {
        code: changed(&code(one), &code(other)),
        settings: changed(&Value::Object(one.parameters.clone()), &Value::Object(other.parameters.clone())),
        tables: tables::changes((before, one), (after, other))?,
        fitted: fitted::change((before, one), (after, other))?,
        figures: figures(&one.body, &other.body),
        ..empty(Presence::Both)
    };
    Ok(Some(change))
}

fn content(view: &View, step: &Name) -> Option<mlspec_record::Digest> {
    view.run().body.steps.iter().find(|run| run.step == *step)?.content
}

fn code(record: &Envelope<Value>) -> Value {
    let from = |input: &mlspec_record::Input| {
        let from = input.producer.as_ref().map(|from| format!("{}.{}", from.step, from.port));
        (input.port.to_string(), json!(from))
    };
    let inputs: serde_json::Map<String, Value> = record.inputs.iter().map(from).collect();
    let producer = format!("{} {}", record.producer.name, record.producer.version);
    json!({"stage": record.step.stage, "producer": producer, "inputs": inputs})
}
