//! What differs between two documents of expectations, and whether more or fewer tables hold.

use crate::{ExpectationParams, ExpectationsDocument, ValidateError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// A difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpectationChange {
    /// The expectation's name.
    pub name: String,
    /// What became of it.
    pub sort: ChangeSort,
    /// The settings that differ, with both values where there are two.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings: Vec<String>,
}

/// What became of an expectation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeSort {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// What held still holds; more may.
    Loosened,
    /// What failed still fails; more may.
    Tightened,
    /// It is another; what held may fail, and what failed may hold.
    Changed,
}

impl ChangeSort {
    /// As it is told.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Loosened => "loosened",
            Self::Tightened => "tightened",
            Self::Changed => "changed",
        }
    }

    /// Whether tables that held may fail.
    pub fn may_break(self) -> bool {
        matches!(self, Self::Added | Self::Tightened | Self::Changed)
    }
}

/// The differences from one document to another, those of the old one first, in its order.
///
/// # Errors
/// When an expectation has no kind or several.
pub fn diff(old: &ExpectationsDocument, new: &ExpectationsDocument) -> Result<Vec<ExpectationChange>, ValidateError> {
    let named = |document: &ExpectationsDocument| {
        let title = |(position, params): (usize, &ExpectationParams)| {
            let title = params.title().map_err(|problem| ValidateError::Setting { position, problem })?;
            Ok((title, serde_json::to_value(params).unwrap_or_default()))
        };
        document.expectations.iter().enumerate().map(title).collect::<Result<Vec<(String, Value)>, ValidateError>>()
    };
    let (old, new) = (named(old)?, named(new)?);
    let find = |of: &[(String, Value)], name: &str| of.iter().find(|(other, _)| other == name).map(|(_, v)| v.clone());
    let mut changes = Vec::new();
    for (name, before) in &old {
        let change = |sort, settings| ExpectationChange { name: name.clone(), sort, settings };
        match find(&new, name) {
            None => changes.push(change(ChangeSort::Removed, Vec::new())),
            Some(after) if after == *before => {}
            Some(after) => {
                let (sort, settings) = compare(before, &after);
                changes.push(change(sort, settings));
            }
        }
    }
    let added = new.iter().filter(|(name, _)| find(&old, name).is_none());
    changes.extend(added.map(|(name, _)| ExpectationChange {
        name: name.clone(),
        sort: ChangeSort::Added,
        settings: Vec::new(),
    }));
    Ok(changes)
}

/// What became of an expectation, and the settings that differ.
fn compare(before: &Value, after: &Value) -> (ChangeSort, Vec<String>) {
    let (mut sorts, mut settings) = (BTreeSet::new(), Vec::new());
    let members = |value: &Value| value.as_object().cloned().unwrap_or_default();
    let (before, after) = (members(before), members(after));
    let keys =
        |a: &Map<String, Value>, b: &Map<String, Value>| a.keys().chain(b.keys()).cloned().collect::<BTreeSet<_>>();
    for key in keys(&before, &after) {
        match (before.get(&key), after.get(&key)) {
            (was, is) if was == is => {}
            // The settings of a kind; of two kinds nothing can be said.
            (Some(Value::Object(was)), Some(Value::Object(is))) => {
                for inner in keys(was, is).iter().filter(|inner| was.get(*inner) != is.get(*inner)) {
                    sorts.insert(of_setting(&key, inner, was.get(inner), is.get(inner)));
                    settings.push(told(inner, was.get(inner), is.get(inner)));
                }
            }
            (Some(Value::Object(_)), None) | (None, Some(Value::Object(_))) => {
                sorts.insert(ChangeSort::Changed);
                settings.push(key.clone());
            }
            (was, is) => {
                sorts.insert(of_setting("", &key, was, is));
                settings.push(told(&key, was, is));
            }
        }
    }
    match sorts.into_iter().collect::<Vec<_>>().as_slice() {
        [sort] => (*sort, settings),
        _ => (ChangeSort::Changed, settings),
    }
}

fn told(key: &str, was: Option<&Value>, is: Option<&Value>) -> String {
    let value = |value: Option<&Value>| value.map_or_else(|| "none".to_owned(), Value::to_string);
    format!("{key}: {} → {}", value(was), value(is))
}

/// What a setting's change does to an expectation of a kind; of none, for settings that every kind has.
fn of_setting(kind: &str, key: &str, was: Option<&Value>, is: Option<&Value>) -> ChangeSort {
    let looser = |looser: Option<bool>| match looser {
        Some(true) => ChangeSort::Loosened,
        Some(false) => ChangeSort::Tightened,
        None => ChangeSort::Changed,
    };
    match (kind, key) {
        ("", "tolerance") => looser(grows(was, is)),
        ("", "severity") => looser(Some(is.and_then(Value::as_str) == Some("warning"))),
        // It is about fewer rows.
        ("", "when") => looser(match (was, is) {
            (None, Some(_)) => Some(true),
            (Some(_), None) => Some(false),
            _ => None,
        }),
        // None named means all.
        ("", "environments") => looser(match (was, is) {
            (None, Some(_)) => Some(true),
            (Some(_), None) => Some(false),
            _ => holds_more(was, is).map(|more| !more),
        }),
        (_, "max" | "max_age") => looser(bound(was, is, true)),
        (_, "min") => looser(bound(was, is, false)),
        ("allowed_values", "values") => looser(holds_more(was, is)),
        ("unique" | "distinct_count", "columns") => ChangeSort::Changed,
        ("column_exists" | "not_null", "columns") => looser(holds_more(was, is).map(|more| !more)),
        (_, "exclusive_min" | "exclusive_max" | "strict" | "whole" | "ordered") => {
            looser(Some(is.and_then(Value::as_bool) != Some(true)))
        }
        ("columns", "others") => looser(Some(is.and_then(Value::as_bool) == Some(true))),
        (_, "nulls") => looser(Some(is.and_then(Value::as_str) == Some("pass"))),
        _ => ChangeSort::Changed,
    }
}

/// Whether a number grows.
fn grows(was: Option<&Value>, is: Option<&Value>) -> Option<bool> {
    let (was, is) = (was?.as_f64()?, is?.as_f64()?);
    Some(is > was)
}

/// Whether a bound, upper or lower, lets more pass.
fn bound(was: Option<&Value>, is: Option<&Value>, upper: bool) -> Option<bool> {
    match (was, is) {
        (None, Some(_)) => Some(false),
        (Some(_), None) => Some(true),
        (Some(Value::String(was)), Some(Value::String(is))) => {
            let spans = mlspec_record::Age::new(was).ok().zip(mlspec_record::Age::new(is).ok());
            // Dates and moments of one form stand in the order of their texts.
            let grows = spans.map_or_else(|| (was.len() == is.len()).then(|| is > was), |(was, is)| Some(is > was));
            grows.map(|grows| grows == upper)
        }
        _ => grows(was, is).map(|grows| grows == upper),
    }
}

/// Whether a list got more items and lost none, or the reverse.
fn holds_more(was: Option<&Value>, is: Option<&Value>) -> Option<bool> {
    let (was, is) = (was?.as_array()?, is?.as_array()?);
    let within = |one: &[Value], other: &[Value]| one.iter().all(|item| other.contains(item));
    match (within(was, is), within(is, was)) {
        (true, false) => Some(true),
        (false, true) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn document(expectations: Value) -> ExpectationsDocument {
        serde_json::from_value(json!({"name": "a", "version": "1.0.0", "expectations": expectations})).unwrap()
    }

    #[test]
    fn what_became_of_each_is_told() {
        let check = |old: Value, new: Value, expect: &[(&str, ChangeSort)]| {
            let found = diff(&document(json!([old])), &document(json!([new]))).unwrap();
            let told: Vec<_> = found.iter().map(|change| (change.name.as_str(), change.sort)).collect();
            assert_eq!(told, expect, "{old} {new}");
        };
        use ChangeSort::{Added, Changed, Loosened, Removed, Tightened};
        let range = |more: Value| {
            let mut range = json!({"column": "a"});
            range.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            json!({ "range": range })
        };
        let unique = |column: &str| json!({"unique": {"columns": [column]}});
        let named = |more: Value| {
            let mut named = json!({"name": "x"});
            named.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            named
        };
        check(unique("a"), unique("a"), &[]);
        check(unique("a"), unique("b"), &[("unique(a)", Removed), ("unique(b)", Added)]);
        check(range(json!({"max": 3})), range(json!({"max": 4})), &[("range(a)", Loosened)]);
        check(range(json!({"max": 3})), range(json!({"max": 3, "min": 0})), &[("range(a)", Tightened)]);
        check(range(json!({"max": 3, "min": 0})), range(json!({"max": 4, "min": 1})), &[("range(a)", Changed)]);
        check(range(json!({"min": "2024-01-01"})), range(json!({"min": "2023-01-01"})), &[("range(a)", Loosened)]);
        check(range(json!({"min": 1})), range(json!({"min": 1, "exclusive_min": true})), &[("range(a)", Tightened)]);
        let fresh = |age: &str| json!({"freshness": {"column": "d", "max_age": age}});
        check(fresh("36h"), fresh("1d"), &[("freshness(d)", Tightened)]);
        for (old, new, sort) in [
            (json!({"not_null": {"columns": ["a"]}}), json!({"not_null": {"columns": ["a", "b"]}}), Tightened),
            (
                json!({"not_null": {"columns": ["a"]}}),
                json!({"not_null": {"columns": ["a"]}, "tolerance": 0.1}),
                Loosened,
            ),
            (
                json!({"not_null": {"columns": ["a"]}}),
                json!({"not_null": {"columns": ["a"]}, "severity": "warning"}),
                Loosened,
            ),
            (
                json!({"not_null": {"columns": ["a"]}}),
                json!({"not_null": {"columns": ["a"]}, "when": "b > 1"}),
                Loosened,
            ),
            (
                json!({"not_null": {"columns": ["a"]}, "environments": ["x"]}),
                json!({"not_null": {"columns": ["a"]}}),
                Tightened,
            ),
            (
                json!({"allowed_values": {"column": "a", "values": [1]}}),
                json!({"allowed_values": {"column": "a", "values": [2, 1]}}),
                Loosened,
            ),
            (
                json!({"allowed_values": {"column": "a", "values": [1]}}),
                json!({"allowed_values": {"column": "a", "values": [2]}}),
                Changed,
            ),
            (
                json!({"pattern": {"column": "a", "pattern": "b"}}),
                json!({"pattern": {"column": "a", "pattern": "c"}}),
                Changed,
            ),
            (json!({"pattern": {"column": "a", "pattern": "b"}}), json!({"not_null": {"columns": ["a"]}}), Changed),
        ] {
            check(named(old), named(new), &[("x", sort)]);
        }
    }
}
