//! Values for a pipeline's parameters: types, defaults, constraints.

use crate::Problem;
use crate::suggest::suggest;
use mlspec_record::{Constraint, Name, Parameter, ParameterType, PipelineFile};
use serde_json::{Map, Value};

/// Binds values as typed on a command line.
pub(crate) fn from_text(file: &PipelineFile, set: &[(String, String)]) -> Result<Map<String, Value>, Vec<Problem>> {
    let mut values = Map::new();
    let mut problems = Vec::new();
    for (name, text) in set {
        match file.parameters.get(name.as_str()).map(|parameter| read(parameter.kind, text)) {
            _ if values.contains_key(name) => {
                problems.push(Problem::at("/parameters", format!("the parameter `{name}` is set twice")))
            }
            None => problems.push(unknown(file, name)),
            Some(Some(value)) => drop(values.insert(name.clone(), value)),
            Some(None) => {
                let expected =
                    file.parameters.get(name.as_str()).map(|parameter| expected(parameter.kind)).unwrap_or_default();
                problems.push(Problem::at(
                    format!("/parameters/{name}"),
                    format!("the parameter `{name}` expects {expected}"),
                ));
            }
        }
    }
    match (from_values(file, values), problems) {
        (bound, problems) if problems.is_empty() => bound,
        (Ok(_), problems) => Err(problems),
        (Err(more), mut problems) => {
            // A value that was refused above is not also missing.
            problems.extend(more.into_iter().filter(|problem| {
                !set.iter().any(|(name, _)| problem.message.contains(&format!("`{name}` has no value")))
            }));
            Err(problems)
        }
    }
}

/// Binds values that have their types.
pub(crate) fn from_values(
    file: &PipelineFile,
    mut values: Map<String, Value>,
) -> Result<Map<String, Value>, Vec<Problem>> {
    let mut problems: Vec<_> = values
        .keys()
        .filter(|name| !file.parameters.contains_key(name.as_str()))
        .map(|name| unknown(file, name))
        .collect();
    let mut bound = Map::new();
    for (name, parameter) in &file.parameters {
        let pointer = format!("/parameters/{name}");
        match values.remove(name.as_str()).or_else(|| parameter.default.clone()) {
            None => {
                let hint = Some(format!("set it with `--set {name}=…`, or give it a `default`"));
                problems.push(Problem::at(pointer, format!("the parameter `{name}` has no value")).hint(hint));
            }
            Some(value) => match check(name, parameter, &value) {
                Ok(()) => drop(bound.insert(name.to_string(), value)),
                Err(message) => problems.push(Problem::at(pointer, message)),
            },
        }
    }
    if problems.is_empty() { Ok(bound) } else { Err(problems) }
}

fn unknown(file: &PipelineFile, name: &str) -> Problem {
    let hint = suggest(name, file.parameters.keys().map(Name::as_str));
    Problem::at("/parameters", format!("there is no parameter `{name}`")).hint(hint)
}

fn read(kind: ParameterType, text: &str) -> Option<Value> {
    match kind {
        ParameterType::String => Some(text.into()),
        ParameterType::Integer => text.parse::<i64>().ok().filter(|n| n.unsigned_abs() <= 1 << 53).map(Value::from),
        ParameterType::Float => text.parse::<f64>().ok().and_then(serde_json::Number::from_f64).map(Value::from),
        ParameterType::Boolean => text.parse::<bool>().ok().map(Value::from),
        ParameterType::StringList if text.starts_with('[') => {
            serde_json::from_str::<Vec<String>>(text).ok().map(Value::from)
        }
        ParameterType::StringList if text.is_empty() => Some(Value::Array(Vec::new())),
        ParameterType::StringList => Some(text.split(',').map(str::trim).map(Value::from).collect()),
    }
}

fn expected(kind: ParameterType) -> &'static str {
    match kind {
        ParameterType::String => "a text",
        ParameterType::Integer => "a whole number within ±2^53",
        ParameterType::Float => "a number",
        ParameterType::Boolean => "`true` or `false`",
        ParameterType::StringList => "texts, `a,b` or as JSON",
    }
}

fn check(name: &Name, parameter: &Parameter, value: &Value) -> Result<(), String> {
    let fits = match parameter.kind {
        ParameterType::String => value.is_string(),
        ParameterType::Integer => value.is_i64() || value.is_u64(),
        ParameterType::Float => value.is_number(),
        ParameterType::Boolean => value.is_boolean(),
        ParameterType::StringList => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
    };
    if !fits {
        return Err(format!("the parameter `{name}` expects {}", expected(parameter.kind)));
    }
    violated(&parameter.constraint, value).map_or(Ok(()), |rule| Err(format!("the parameter `{name}` must {rule}")))
}

fn violated(constraint: &Constraint, value: &Value) -> Option<String> {
    if let Some(allowed) = constraint.allowed.as_ref().filter(|allowed| !allowed.iter().any(|item| equal(item, value)))
    {
        let names: Vec<_> = allowed.iter().map(|item| format!("`{}`", plain(item))).collect();
        return Some(format!("be one of {}", names.join(", ")));
    }
    if let Some(number) = value.as_f64() {
        // "Not inside" refuses a number that cannot be compared.
        let bounds = [
            (constraint.minimum, "at least", (|a, b| a >= b) as fn(f64, f64) -> bool),
            (constraint.maximum, "at most", |a, b| a <= b),
            (constraint.exclusive_minimum, "above", |a, b| a > b),
            (constraint.exclusive_maximum, "below", |a, b| a < b),
            (constraint.multiple_of, "a multiple of", |a, b| b > 0.0 && ((a / b).round() - a / b).abs() < 1e-9),
        ];
        let bounds = bounds.into_iter().filter_map(|(bound, words, holds)| Some((bound?, words, holds)));
        return bounds
            .filter(|(bound, _, holds)| !holds(number, *bound))
            .map(|(bound, words, _)| format!("be {words} {bound}"))
            .next();
    }
    let (pattern, text) = (constraint.pattern.as_ref()?, value.as_str()?);
    match regex::Regex::new(pattern) {
        Ok(regex) if regex.is_match(text) => None,
        Ok(_) => Some(format!("match `{pattern}`")),
        Err(_) => Some(format!("match `{pattern}`, which is no regular expression")),
    }
}

fn equal(a: &Value, b: &Value) -> bool {
    a == b || (a.is_number() && b.is_number() && a.as_f64() == b.as_f64())
}

/// A value as text inside a string.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
