//! The pipeline file of a run that predicts: the steps on the way with the settings that they ran with, the steps beside it as they
//! were, and one that predicts.

use crate::PredictError;
use crate::missing::Lacking;
use crate::serving::{Serving, past_splits};
use mlspec_record::{Name, PipelineFile, PortRef, StageId, StepFile};
use mlspec_trace::View;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The file, and the name of the step that predicts.
pub(crate) fn file(view: &View, serving: &Serving, lacking: &Lacking) -> Result<(PipelineFile, Name), PredictError> {
    let original = &view.run().body.file;
    let mut steps = BTreeMap::new();
    for name in serving.way.iter().filter(|name| !lacking.skipped.contains(*name)) {
        let step = step(view, original, name)?;
        let mut settings = lacking.settings.get(name).cloned().unwrap_or(step.settings);
        if step.uses.name() == "validate" && names_environments(&settings) {
            settings.insert("environment".to_owned(), json!("serve"));
        }
        let inputs = step.inputs.into_iter().map(|(port, from)| (port, past(original, lacking, &from))).collect();
        steps.insert(name.clone(), StepFile { inputs, settings, ..step });
    }
    for name in &serving.beside {
        let step = step(view, original, name)?;
        let inputs = step.inputs.into_iter().map(|(port, from)| (port, past_skipped(original, lacking, &from)));
        steps.insert(name.clone(), StepFile { inputs: inputs.collect(), ..step });
    }
    let mut settings = Map::new();
    if let Some(threshold) = serving.threshold {
        settings.insert("threshold".to_owned(), json!(threshold));
    }
    settings.insert("label".to_owned(), json!(!lacking.label));
    let inputs = [("model", serving.model.clone()), ("rows", past(original, lacking, &serving.rows))];
    let predicting = free_name(original);
    let step = StepFile {
        uses: constant(StageId::new("predict@1")),
        description: None,
        inputs: inputs.into_iter().map(|(port, from)| (constant(Name::new(port)), from)).collect(),
        settings,
        after: Vec::new(),
    };
    steps.insert(predicting.clone(), step);
    let file = PipelineFile { parameters: BTreeMap::new(), retention: None, steps, ..original.clone() };
    Ok((file, predicting))
}

/// A step with the settings that it ran with, parameters filled in.
fn step(view: &View, file: &PipelineFile, name: &Name) -> Result<StepFile, PredictError> {
    let record = view.step(name.as_str())?;
    let (inputs, description) =
        file.steps.get(name).map(|step| (step.inputs.clone(), step.description.clone())).unwrap_or_default();
    let uses = record.step.stage.clone();
    Ok(StepFile { uses, description, inputs, settings: literally(record.parameters.clone()), after: Vec::new() })
}

/// Whether some expectation holds in some environments only: predictions are made in the environment `serve`.
fn names_environments(settings: &Map<String, Value>) -> bool {
    let own = settings.get("expectations").and_then(Value::as_array).into_iter().flatten();
    let named = |one: &Value| one.get("environments").and_then(Value::as_array).is_some_and(|names| !names.is_empty());
    settings.contains_key("document") || own.into_iter().any(named)
}

fn past(file: &PipelineFile, lacking: &Lacking, from: &PortRef) -> PortRef {
    past_skipped(file, lacking, &past_splits(file, from))
}

/// What a step reads, but for a skipped validation what that reads.
fn past_skipped(file: &PipelineFile, lacking: &Lacking, from: &PortRef) -> PortRef {
    let mut at = from.clone();
    while lacking.skipped.contains(&at.step) {
        match file.steps.get(&at.step).and_then(|step| step.inputs.get("rows")) {
            Some(before) => at = past_splits(file, before),
            None => break,
        }
    }
    at
}

/// Settings in which `${` means itself.
pub(crate) fn literally(settings: Map<String, Value>) -> Map<String, Value> {
    fn literal(value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(text.replace("${", "$${")),
            Value::Array(items) => Value::Array(items.into_iter().map(literal).collect()),
            Value::Object(members) => Value::Object(literally(members)),
            other => other,
        }
    }
    settings.into_iter().map(|(key, value)| (key, literal(value))).collect()
}

/// A name that no step has.
fn free_name(file: &PipelineFile) -> Name {
    let names = std::iter::once("predictions".to_owned()).chain((2..).map(|number| format!("predictions-{number}")));
    let mut free = names.filter_map(|name| Name::new(&name).ok());
    let taken = |name: &Name| file.steps.keys().any(|step| step.clashes_with(name));
    free.find(|name| !taken(name)).unwrap_or_else(|| unreachable!("there are more numbers than steps"))
}

fn constant<T, E>(value: Result<T, E>) -> T {
    value.unwrap_or_else(|_| unreachable!("the text is in the grammar"))
}
