//! Rules of records and managed objects.

use crate::{Problem, problem::join};
use mlspec_record::Timestamp;
use serde_json::Value;
use std::collections::HashSet;

/// What is wrong with a record of the right shape.
pub(crate) fn record(document: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    times(document, &mut problems);
    versions(document, &mut problems);
    for member in ["inputs", "outputs"] {
        ports(document, member, &mut problems);
    }
    if let Some(Value::Array(columns)) = document.pointer("/body/columns") {
        table_columns(columns, &mut problems);
    }
    if let Some(file) = document.pointer("/body/file") {
        problems.extend(
            super::pipeline_file(file)
                .into_iter()
                .map(|problem| Problem { pointer: format!("/body/file{}", problem.pointer), ..problem }),
        );
    }
    problems
}

/// Times are real ones, and nothing ends before it begins.
fn times(document: &Value, problems: &mut Vec<Problem>) {
    let mut moment = |pointer: &str| {
        let text = document.pointer(pointer)?.as_str()?;
        let read = Timestamp::new(text);
        if let Err(error) = &read {
            problems.push(Problem::new(pointer, "timestamp", error.to_string()));
        }
        read.ok()
    };
    let (started, created) = (moment("/started"), moment("/created"));
    let (finished, ended) = (moment("/finished"), moment("/body/finished"));
    for (begun, done, pointer) in [(started, finished, "/finished"), (created, ended, "/body/finished")] {
        if begun.zip(done).is_some_and(|(begun, done)| done < begun) {
            problems.push(Problem::new(pointer, "order", "expected a time that is not before the beginning"));
        }
    }
}

/// A version's numbers are numbers that fit: the pattern alone lets them have any length.
fn versions(document: &Value, problems: &mut Vec<Problem>) {
    for pointer in ["/run/version", "/body/version"] {
        let text = document.pointer(pointer).and_then(Value::as_str);
        if let Some(Err(error)) = text.map(mlspec_record::Version::new) {
            problems.push(Problem::new(pointer, "version", error.to_string()));
        }
    }
}

/// No port is written twice; one is read as often as it is scanned.
fn ports(document: &Value, member: &str, problems: &mut Vec<Problem>) {
    if member == "inputs" {
        return;
    }
    let mut seen = HashSet::new();
    for (at, entry) in document.get(member).and_then(Value::as_array).into_iter().flatten().enumerate() {
        if entry.get("port").and_then(Value::as_str).is_some_and(|port| !seen.insert(port)) {
            let pointer = join(&join(&join("", member), &at.to_string()), "port");
            problems.push(Problem::new(pointer, "distinct", "the port stands twice"));
        }
    }
}

/// Column names are distinct and none is reserved for row ids.
fn table_columns(columns: &[Value], problems: &mut Vec<Problem>) {
    let mut seen = HashSet::new();
    let named = columns.iter().enumerate().filter_map(|(at, column)| Some((at, column.get("name")?.as_str()?)));
    for (at, name) in named {
        let pointer = format!("/body/columns/{at}/name");
        if name.starts_with("_row") || name.starts_with('@') {
            problems.push(Problem::new(pointer, "reserved", "names that begin with `_row` or `@` are for row ids"));
        } else if !seen.insert(name) {
            problems.push(Problem::new(pointer, "distinct", "the column stands twice"));
        }
    }
}
