//! Two JSON documents side by side: leaves by their path.

use mlspec_record::Digest;
use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;

/// Members that say nothing to people: long lists of numbers, and what updates need.
const LEFT_OUT: [&str; 4] = ["curves", "indexes", "links", "state"];

/// Members by which an item of a list is known.
const NAMES: [&str; 9] = ["name", "column", "expectation", "source", "value", "class", "operator", "port", "table"];

/// A value that differs; absent where there is none.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Changed {
    /// Its path, with dots.
    pub name: String,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
}

/// A figure or verdict that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// Its path, with dots: `metrics[roc_auc_score]`.
    pub name: String,
    /// What it was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<Value>,
    /// What it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<Value>,
    /// The later number less the earlier one, where both are numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<f64>,
}

/// The leaves that differ.
pub(super) fn changed(before: &Value, after: &Value) -> Vec<Changed> {
    let (mut one, mut other) = (BTreeMap::new(), BTreeMap::new());
    leaves(before, String::new(), &mut one);
    leaves(after, String::new(), &mut other);
    let mut names: Vec<&String> = one.keys().chain(other.keys()).collect();
    names.sort_unstable();
    names.dedup();
    let of = |name: &String| {
        let (before, after) = (one.get(name).copied(), other.get(name).copied());
        let (was, is) = (before.filter(|value| !value.is_null()), after.filter(|value| !value.is_null()));
        (!equal(was, is)).then(|| Changed { name: name.clone(), before: was.cloned(), after: is.cloned() })
    };
    names.into_iter().filter_map(of).collect()
}

/// The figures of two bodies that differ; digests are none.
pub(super) fn figures(before: &Value, after: &Value) -> Vec<Figure> {
    let figure = |Changed { name, before, after }: Changed| {
        let number = |value: &Option<Value>| value.as_ref().and_then(Value::as_f64);
        let difference = number(&before).zip(number(&after)).map(|(was, is)| is - was);
        let name = name.strip_suffix(".value").map_or(name.clone(), str::to_owned);
        Figure { name, before, after, difference }
    };
    let digest =
        |value: &Option<Value>| value.as_ref().and_then(Value::as_str).is_some_and(|text| Digest::new(text).is_ok());
    let told = changed(before, after).into_iter().filter(|one| !digest(&one.before) && !digest(&one.after));
    told.map(figure).collect()
}

/// Whether two values are the same number or the same value: a file has `1` for `1.0`.
fn equal(one: Option<&Value>, other: Option<&Value>) -> bool {
    match (one, other) {
        (Some(Value::Number(one)), Some(Value::Number(other))) => one == other || one.as_f64() == other.as_f64(),
        (one, other) => one == other,
    }
}

fn leaves<'a>(value: &'a Value, path: String, found: &mut BTreeMap<String, &'a Value>) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (key, member) in members.iter().filter(|(key, _)| !LEFT_OUT.contains(&key.as_str())) {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                leaves(member, path, found);
            }
        }
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            let mut seen: BTreeMap<String, usize> = BTreeMap::new();
            for (at, item) in items.iter().enumerate() {
                let name = known_by(item).unwrap_or_else(|| at.to_string());
                let times = seen.entry(name.clone()).or_default();
                *times += 1;
                let name = if *times > 1 { format!("{name} #{times}") } else { name };
                leaves(item, format!("{path}[{name}]"), found);
            }
        }
        leaf => drop(found.insert(path, leaf)),
    }
}

/// What an item of a list is called: the text that names it, or the only member that it has.
fn known_by(item: &Value) -> Option<String> {
    let members = item.as_object()?;
    // A metric has a value and is known by its name; a slice has none but its value.
    let named = NAMES.iter().find_map(|name| members.get(*name)?.as_str());
    // Rows that are put together by several columns are known by all of their values.
    let cross = members.get("cross").and_then(Value::as_array).into_iter().flatten();
    let further = cross.map(|one| one.as_str().or_else(|| one.get("column")?.as_str()).unwrap_or("null"));
    let further: String = further.map(|value| format!(" × {value}")).collect();
    let named = named.or_else(|| members.get("value").filter(|_| !further.is_empty()).map(|_| "null"));
    match (named, members.keys().next()) {
        (Some(name), _) => Some(format!("{name}{further}")),
        (None, Some(only)) if members.len() == 1 => Some(only.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn names(before: Value, after: Value) -> Vec<String> {
        let told = |one: Changed| {
            let text = |value: Option<Value>| value.map_or_else(|| "-".to_owned(), |value| value.to_string());
            format!("{}: {} -> {}", one.name, text(one.before), text(one.after))
        };
        changed(&before, &after).into_iter().map(told).collect()
    }

    #[test]
    fn leaves_are_told_by_their_path() {
        let check = |before: Value, after: Value, expect: &[&str]| assert_eq!(names(before, after), expect);
        check(json!({"a": 1, "b": {"c": [1, 2]}}), json!({"b": {"c": [1, 2]}, "a": 1.0}), &[]);
        check(json!({"a": 1}), json!({"a": 2, "b": null}), &["a: 1 -> 2"]);
        check(json!({"a": {"x": 1}}), json!({"a": {}}), &["a: - -> {}", "a.x: 1 -> -"]);
        check(json!({"c": [1, 2]}), json!({"c": [2, 1]}), &["c: [1,2] -> [2,1]"]);
        let parts = |rows: u64| json!({"parts": [{"name": "train", "rows": rows}, {"name": "test", "rows": 1}]});
        check(parts(3), parts(4), &["parts[train].rows: 3 -> 4"]);
        let groups = |rows: u64| json!({"slices": [{"value": "a", "cross": ["x"], "rows": 1}, {"value": null, "cross": [null], "rows": rows}]});
        check(groups(3), groups(4), &["slices[null × null].rows: 3 -> 4"]);
        let steps = |text: &str| json!([{"filter": "a"}, {"filter": text}, {"limit": {"rows": 3}}]);
        check(steps("b"), steps("c"), &["[filter #2].filter: \"b\" -> \"c\""]);
    }

    #[test]
    fn figures_have_differences_and_no_digests() {
        let digest = |text: &str| mlspec_record::Digest::of(text.as_bytes()).to_string();
        let body = |value: f64, state: &str| {
            json!({"metrics": [{"name": "r2_score", "value": value}], "encoders": digest(state),
            "curves": [{"name": "roc", "x": [value]}]})
        };
        let found = figures(&body(0.5, "a"), &body(0.75, "b"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].name.as_str(), found[0].difference), ("metrics[r2_score]", Some(0.25)));
    }
}
