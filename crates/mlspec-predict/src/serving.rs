//! The model of a run, and the way that rows take to it.

use crate::PredictError;
use mlspec_model::{FittedEncoders, Model};
use mlspec_record::{ArtifactKind, ArtifactRef, Envelope, Kind, Name, PipelineFile, PortRef, ProducerRef};
use mlspec_trace::View;
use serde_json::Value;
use std::collections::BTreeSet;

/// The model of a run, and the way that rows take to it.
pub(crate) struct Serving {
    /// The step that fitted the model, and the port it left it at.
    pub(crate) model: PortRef,
    /// The output that rows come from, in front of the encoders and of any split.
    pub(crate) rows: PortRef,
    /// The table that arrived at the encoders when the run was made.
    pub(crate) encoded: ArtifactRef,
    /// From which probability on a row is positive.
    pub(crate) threshold: Option<f64>,
    /// The columns that features are made from.
    pub(crate) features: Vec<String>,
    /// The column of the label.
    pub(crate) label: Option<String>,
    /// The steps on the way, `rows` included.
    pub(crate) way: BTreeSet<Name>,
    /// The other steps in front of the model, that of the model included.
    pub(crate) beside: BTreeSet<Name>,
}

impl Serving {
    /// Finds them; `named` is the step that fitted the model or one that uses it.
    pub(crate) fn find(view: &View, named: Option<&str>) -> Result<Self, PredictError> {
        let records = records(view);
        let (training, user) = training(view, &records, named)?;
        let step = &training.step.name;
        let no_way = |reason: &str| PredictError::NoWay { step: step.to_string(), reason: reason.to_owned() };
        let users: Vec<_> = records.iter().copied().filter(|record| uses(record, step)).collect();
        let threshold = threshold(user.as_ref().map_or(&users[..], std::slice::from_ref))?;
        let output = training.outputs.iter().find(|output| output.artifact.kind == ArtifactKind::Model);
        let output = output.ok_or_else(|| no_way("it left no model"))?;
        let matrix = matrix(training, &users).ok_or_else(|| no_way("its record names no encode step"))?;
        let encode = view.step(matrix.step.as_str())?;
        let part = encode.inputs.iter().find(|input| input.port == matrix.port);
        let part = part.ok_or_else(|| no_way("the encode step has no such part"))?;
        let from = part.producer.as_ref().ok_or_else(|| no_way("the encoded rows come from no step"))?;
        let file = &view.run().body.file;
        let rows = past_splits(file, &PortRef { step: from.step.clone(), port: from.port.clone() });
        let model = Model::read(view.store(), &output.artifact.digest)?;
        let encoders = model.encoders().ok_or_else(|| no_way("the model names no encoders"))?;
        let encoders = FittedEncoders::read(view.store(), encoders)?;
        let way = before(file, &rows.step, true);
        let mut beside = before(file, step, false);
        beside.retain(|step| !way.contains(step));
        Ok(Self {
            model: PortRef { step: step.clone(), port: output.port.clone() },
            encoded: part.artifact.clone(),
            features: encoders.feature_columns().into_iter().map(|raw| raw.column).collect(),
            label: encoders.label().map(|label| label.column().to_owned()),
            rows,
            threshold,
            way,
            beside,
        })
    }
}

fn records(view: &View) -> Vec<&Envelope<Value>> {
    view.run().body.steps.iter().filter_map(|step| view.step(step.step.as_str()).ok()).collect()
}

/// The record of the step that fitted the model, and the one of the step that uses it if that was named.
fn training<'a>(
    view: &'a View,
    records: &[&'a Envelope<Value>],
    named: Option<&str>,
) -> Result<(&'a Envelope<Value>, Option<&'a Envelope<Value>>), PredictError> {
    let fitted: Vec<_> = records.iter().copied().filter(|record| record.kind == Kind::Training).collect();
    let known = || fitted.iter().map(|record| record.step.name.to_string()).collect::<Vec<_>>();
    let Some(named) = named else {
        return match fitted[..] {
            [] => Err(PredictError::NoModel(view.run().id.to_string())),
            [one] => Ok((one, None)),
            _ => Err(PredictError::SeveralModels(known())),
        };
    };
    let record = view.step(named)?;
    if record.kind == Kind::Training {
        return Ok((record, None));
    }
    let found = fitted.iter().copied().find(|fitted| uses(record, &fitted.step.name));
    match found {
        Some(fitted) => Ok((fitted, Some(record))),
        None => Err(PredictError::NotOfModel { step: named.to_owned(), known: known() }),
    }
}

/// Whether a step measures the model of another.
fn uses(record: &Envelope<Value>, model: &Name) -> bool {
    let measures = matches!(record.kind, Kind::Evaluation | Kind::Test);
    measures
        && record.inputs.iter().any(|input| {
            input.artifact.kind == ArtifactKind::Model
                && input.producer.as_ref().is_some_and(|from| from.step == *model)
        })
}

/// The threshold that all of these decide by.
fn threshold(users: &[&Envelope<Value>]) -> Result<Option<f64>, PredictError> {
    let of = |record: &&Envelope<Value>| record.parameters.get("threshold").and_then(Value::as_f64);
    let found: Vec<Option<f64>> = users.iter().map(of).collect();
    match found.windows(2).all(|pair| pair[0] == pair[1]) {
        true => Ok(found.first().copied().flatten()),
        false => Err(PredictError::Thresholds(
            users
                .iter()
                .zip(found)
                .map(|(user, found)| {
                    let found = found.map_or_else(|| "the model's own".to_owned(), |found| found.to_string());
                    format!("`{}` by {found}", user.step.name)
                })
                .collect(),
        )),
    }
}

/// The matrix whose rows took the way that new rows are to take: that of the test, else of the evaluation, else of the fit.
fn matrix<'a>(training: &'a Envelope<Value>, users: &[&'a Envelope<Value>]) -> Option<&'a ProducerRef> {
    let of = |kind: Kind| {
        let record = users.iter().find(|record| record.kind == kind)?;
        record.inputs.iter().find(|input| input.port.as_str() == "data")?.producer.as_ref()
    };
    let fitted = || {
        let input = training.inputs.iter().find(|input| input.artifact.kind == ArtifactKind::Matrix)?;
        input.producer.as_ref()
    };
    of(Kind::Test).or_else(|| of(Kind::Evaluation)).or_else(fitted)
}

/// What a step reads, but for a split what that reads.
pub(crate) fn past_splits(file: &PipelineFile, from: &PortRef) -> PortRef {
    let mut at = from.clone();
    // No longer than the file has steps: it has no cycles.
    for _ in 0..file.steps.len() {
        let split = file.steps.get(&at.step).filter(|step| step.uses.name() == "split");
        match split.and_then(|step| step.inputs.get("rows")) {
            Some(before) => at = before.clone(),
            None => break,
        }
    }
    at
}

/// The steps in front of a step, itself included.
fn before(file: &PipelineFile, step: &Name, no_splits: bool) -> BTreeSet<Name> {
    let mut found = BTreeSet::new();
    let mut open = vec![step.clone()];
    while let Some(at) = open.pop() {
        if !found.insert(at.clone()) {
            continue;
        }
        let inputs = file.steps.get(&at).into_iter().flat_map(|step| step.inputs.values());
        open.extend(inputs.map(|from| if no_splits { past_splits(file, from).step } else { from.step.clone() }));
    }
    found
}
