//! Rules of pipeline files: names, references between steps, and the settings of each step by its stage's schema.

use crate::{
    Problem, Schema,
    explain::shown,
    problem::join,
    published,
    suggest::{closest, listed},
};
use mlspec_record::{PortRef, StageId};
use serde_json::{Map, Value};
use std::collections::HashMap;

/// What is wrong with a pipeline file of the right shape.
pub(crate) fn pipeline_file(file: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    for member in ["parameters", "datastores", "steps"] {
        clashes(file, member, &mut problems);
    }
    if let Some(Err(error)) = file.get("version").and_then(Value::as_str).map(mlspec_record::Version::new) {
        problems.push(Problem::new("/version", "version", error.to_string()));
    }
    let Some(Value::Object(steps)) = file.get("steps") else { return problems };
    let none = Map::new();
    let parameters = file.get("parameters").and_then(Value::as_object).unwrap_or(&none);
    for (name, step) in steps {
        if problems.len() >= Schema::MAX_PROBLEMS {
            break;
        }
        let at = join("/steps", name);
        references(name, step, steps, &at, &mut problems);
        if let Some(settings) = step.get("settings") {
            let at = join(&at, "settings");
            check_settings(step, settings, &at, &mut problems);
            placeholders(settings, parameters, &at, &mut problems);
        }
    }
    problems.truncate(Schema::MAX_PROBLEMS);
    problems
}

/// Names that are equal but for case cannot stand in one scope.
fn clashes(file: &Value, member: &str, problems: &mut Vec<Problem>) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for name in file.get(member).and_then(Value::as_object).into_iter().flat_map(Map::keys) {
        if let Some(other) = seen.insert(name.to_ascii_lowercase(), name) {
            let message = format!("`{name}` and `{other}` differ only in case");
            problems.push(Problem::new(join(&join("", member), name), "distinct", message).of_key());
        }
    }
}

/// Inputs and `after` name other steps of the file.
fn references(name: &str, step: &Value, steps: &Map<String, Value>, at: &str, problems: &mut Vec<Problem>) {
    let mut refer = |target: &str, pointer: String| {
        if problems.len() >= Schema::MAX_PROBLEMS {
            return;
        }
        let message = match steps.contains_key(target) {
            true if target == name => "the step refers to itself".to_owned(),
            true => return,
            false => format!("there is no step `{target}`"),
        };
        let near = closest(target, steps.keys().map(String::as_str).filter(|step| *step != name));
        let help = near.map(|near| format!("did you mean `{near}`?"));
        problems.push(Problem::new(pointer, "step", message).help(help));
    };
    for (port, source) in step.get("inputs").and_then(Value::as_object).into_iter().flatten() {
        if let Some(Ok(source)) = source.as_str().map(PortRef::new) {
            refer(source.step.as_str(), join(&join(at, "inputs"), port));
        }
    }
    for (index, target) in step.get("after").and_then(Value::as_array).into_iter().flatten().enumerate() {
        refer(target.as_str().unwrap_or_default(), format!("{at}/after/{index}"));
    }
}

/// Settings obey the schema `settings.<stage>` of the stage's version, where one is published.
fn check_settings(step: &Value, settings: &Value, at: &str, problems: &mut Vec<Problem>) {
    let Some(Ok(stage)) = step.get("uses").and_then(Value::as_str).map(StageId::new) else { return };
    let major = stage.as_str().rsplit_once('@').and_then(|(_, number)| number.parse().ok());
    let Some(entry) = published::newest(&format!("settings.{}", stage.name()), major) else { return };
    match entry.schema() {
        Ok(schema) => problems.extend(settings_problems(schema, settings, at)),
        Err(error) => problems.push(Problem::new(at, "schema", error.to_string())),
    }
}

/// The problems of settings by their schema. A value that holds `${…}` is known when the parameter is: it is left alone.
pub(crate) fn settings_problems(schema: &Schema, settings: &Value, at: &str) -> Vec<Problem> {
    if schema.is_valid(settings) {
        return Vec::new();
    }
    let known = |value: &Value| !value.as_str().is_some_and(|text| text.contains("${"));
    let problems = schema.problems(settings, &known).into_iter();
    problems.map(|problem| Problem { pointer: format!("{at}{}", problem.pointer), ..problem }).collect()
}

/// Every `${name}` names a parameter of the file.
fn placeholders(value: &Value, parameters: &Map<String, Value>, at: &str, problems: &mut Vec<Problem>) {
    match value {
        _ if problems.len() >= Schema::MAX_PROBLEMS => {}
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, item)| placeholders(item, parameters, &format!("{at}/{index}"), problems));
        }
        Value::Object(members) => {
            members.iter().for_each(|(key, member)| placeholders(member, parameters, &join(at, key), problems));
        }
        Value::String(text) => {
            let strange = names(text).filter(|name| !parameters.contains_key(*name));
            problems.extend(strange.take(Schema::MAX_PROBLEMS).map(|name| no_parameter(name, parameters, at)));
        }
        _ => {}
    }
}

/// The names in `${name}`; `$${` stands for the characters themselves.
fn names(text: &str) -> impl Iterator<Item = &str> {
    /// A name is shorter; a text of nothing but `${` is not searched to its end each time.
    const LONGEST: usize = 300;
    let marks = text.match_indices("${").filter(|(start, _)| !text[..*start].ends_with('$'));
    marks.filter_map(|(start, mark)| {
        let rest = text.get(start + mark.len()..)?;
        let end = rest.bytes().take(LONGEST).position(|byte| byte == b'}')?;
        rest.get(..end)
    })
}

fn no_parameter(name: &str, parameters: &Map<String, Value>, at: &str) -> Problem {
    let declared: Vec<&str> = parameters.keys().map(String::as_str).collect();
    let help = match closest(name, declared.iter().copied()) {
        Some(near) => format!("did you mean `${{{near}}}`?"),
        None if declared.is_empty() => "the file declares no parameters".to_owned(),
        None => format!("declared: {}", listed(&declared)),
    };
    let message = format!("there is no parameter `{}`", shown(name));
    Problem::new(at, "parameter", message).help(Some(help))
}
