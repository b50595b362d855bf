//! Why a step runs: what determines its result, compared with the last time.

use crate::CheckedStep;
use mlspec_record::object::PipelineRun;
use mlspec_record::{Digest, Id, Name};
use mlspec_store::Store;
use serde::Serialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// How many runs back a step's last result is looked for.
const BACK: usize = 8;

/// Why a step cannot be taken from the store.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Cause {
    /// It has no result yet.
    First,
    /// Its stage behaves differently now.
    Stage {
        /// The stage before.
        from: String,
        /// The stage now.
        to: String,
    },
    /// The crate that implements it has another version.
    Producer {
        /// Name and version before.
        from: String,
        /// Name and version now.
        to: String,
    },
    /// The table engine has another version.
    Engine {
        /// The engine before.
        from: String,
        /// The engine now.
        to: String,
    },
    /// A setting changed.
    Setting {
        /// Its path, with dots.
        name: String,
    },
    /// The pipeline's seed changed.
    Seed,
    /// Another number of rows was asked for.
    Sample,
    /// What arrives at a port changed.
    Input {
        /// The port.
        port: String,
        /// The step that it comes from.
        step: String,
    },
    /// A file, or something else outside, changed.
    External {
        /// What it is.
        name: String,
    },
    /// Something of the result is no longer in the store, or was changed there.
    Gone,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First => f.write_str("it has not been run before"),
            Self::Stage { from, to } => write!(f, "the stage changed from `{from}` to `{to}`"),
            Self::Producer { from, to } => write!(f, "the version changed from `{from}` to `{to}`"),
            Self::Engine { from, to } => write!(f, "the table engine changed from `{from}` to `{to}`"),
            Self::Setting { name } => write!(f, "setting `{name}` changed"),
            Self::Seed => f.write_str("the seed changed"),
            Self::Sample => f.write_str("the number of rows to read changed"),
            Self::Input { port, step } => write!(f, "input `{port}` changed because step `{step}` changed"),
            Self::External { name } => write!(f, "`{name}` changed"),
            Self::Gone => f.write_str("something of its result is no longer in the store as it was"),
        }
    }
}

/// The keys of a run's steps.
type Keys = BTreeMap<Name, Digest>;

/// Earlier runs of the pipeline, newest first, read when they are needed.
pub(crate) struct History<'a> {
    store: &'a Store,
    pipeline: &'a Name,
    run: &'a Id,
    read: Mutex<Read>,
}

#[derive(Default)]
struct Read {
    /// What is left to read; none before the first look.
    left: Option<std::vec::IntoIter<Id>>,
    runs: Vec<Arc<Keys>>,
}

impl<'a> History<'a> {
    /// The runs of this pipeline before this run.
    pub(crate) fn new(store: &'a Store, pipeline: &'a Name, run: &'a Id) -> Self {
        Self { store, pipeline, run, read: Mutex::default() }
    }

    /// Why a step with this key was taken from the store.
    pub(crate) fn why_not(&self, step: &Name, key: Option<Digest>) -> &'static str {
        let last = self.runs().find_map(|run| run.get(step).copied());
        match last.is_none() || last == key {
            true => "nothing that determines it changed",
            false => "an earlier run had the same inputs and settings",
        }
    }

    /// Why a step runs, as a sentence.
    pub(crate) fn why(&self, step: &CheckedStep, parts: &Value, gone: bool) -> String {
        if gone {
            return Cause::Gone.to_string();
        }
        let sources = step.inputs.iter().map(|edge| (edge.port.to_string(), edge.step.to_string())).collect();
        sentence(&self.causes(&step.name, &sources, parts))
    }

    /// Why a step runs; `sources` names the step behind each port.
    pub(crate) fn causes(&self, step: &Name, sources: &BTreeMap<String, String>, parts: &Value) -> Vec<Cause> {
        self.last(step, parts).map_or_else(|| vec![Cause::First], |last| compare(&last, parts, sources))
    }

    /// What determined the last result of a step that is still known.
    fn last(&self, step: &Name, now: &Value) -> Option<Value> {
        let keys = self.runs().filter_map(|run| run.get(step).copied());
        keys.filter_map(|key| self.store.cached(&key)).map(|(entry, _)| entry.parts).find(|parts| parts != now)
    }

    fn runs(&self) -> impl Iterator<Item = Arc<Keys>> {
        (0..BACK).map_while(|at| self.nth(at))
    }

    fn nth(&self, at: usize) -> Option<Arc<Keys>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let Read { left, runs } = &mut *read;
        let left = left.get_or_insert_with(|| {
            let mut ids = self.store.runs().unwrap_or_default();
            ids.retain(|id| id < self.run);
            ids.into_iter()
        });
        while runs.len() <= at {
            // A run whose file cannot be read tells nothing; samples and predictions are another story.
            let run = self.store.run(&left.next()?).ok();
            let is_version = |body: &PipelineRun| body.sample.is_none() && body.prediction.is_none();
            let run = run.filter(|run| run.name == *self.pipeline && is_version(&run.body));
            runs.extend(run.map(|run| Arc::new(keys(&run.body))));
        }
        runs.get(at).cloned()
    }
}

fn keys(run: &PipelineRun) -> Keys {
    run.steps.iter().filter_map(|step| Some((step.step.clone(), step.cache_key?))).collect()
}

/// Causes as a sentence.
pub(crate) fn sentence(causes: &[Cause]) -> String {
    causes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// What differs between two makings of a key; `sources` names the step behind each port.
pub(crate) fn compare(before: &Value, now: &Value, sources: &BTreeMap<String, String>) -> Vec<Cause> {
    let mut causes = Vec::new();
    let part = |of: &Value, name: &str| of.get(name).cloned().unwrap_or_default();
    let differs = |name: &str| part(before, name) != part(now, name);
    let both = |name: &str| (shown(&part(before, name)), shown(&part(now, name)));
    if differs("stage") {
        let (from, to) = both("stage");
        causes.push(Cause::Stage { from, to });
    }
    if differs("producer") {
        let (from, to) = both("producer");
        causes.push(Cause::Producer { from, to });
    }
    if differs("engine") {
        let (from, to) = both("engine");
        causes.push(Cause::Engine { from, to });
    }
    let mut settings = BTreeSet::new();
    paths(&part(before, "settings"), &part(now, "settings"), "", &mut settings);
    causes.extend(settings.into_iter().map(|name| Cause::Setting { name }));
    if differs("seed") {
        causes.push(Cause::Seed);
    }
    if differs("sample") {
        causes.push(Cause::Sample);
    }
    let (old, new) = (members(part(before, "inputs")), members(part(now, "inputs")));
    for port in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
        if old.get(port) != new.get(port) {
            let step = sources.get(port).cloned().unwrap_or_default();
            causes.push(Cause::Input { port: port.clone(), step });
        }
    }
    let mut external = Outside::default();
    outside(&part(before, "external"), &part(now, "external"), "", &mut external);
    // Where files changed, the rest follows from them.
    let external = if external.files.is_empty() { external.others } else { external.files };
    causes.extend(external.into_iter().map(|name| Cause::External { name }));
    causes
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn shown(value: &Value) -> String {
    match (value.as_str(), value.get("name").and_then(Value::as_str), value.get("version").and_then(Value::as_str)) {
        (Some(text), ..) => text.to_owned(),
        (None, Some(name), Some(version)) => format!("{name} {version}"),
        _ => value.to_string(),
    }
}

/// The paths, with dots, at which two settings differ.
fn paths(before: &Value, now: &Value, path: &str, found: &mut BTreeSet<String>) {
    match (before, now) {
        _ if before == now => {}
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                let of = |members: &Map<String, Value>| members.get(key).cloned().unwrap_or_default();
                paths(&of(a), &of(b), &below, found);
            }
        }
        _ => drop(found.insert(if path.is_empty() { "settings".to_owned() } else { path.to_owned() })),
    }
}

/// What differs outside a step.
#[derive(Default)]
struct Outside {
    files: BTreeSet<String>,
    others: BTreeSet<String>,
}

/// What differs outside: files by their paths where the stage gives them, members by their keys otherwise.
fn outside(before: &Value, now: &Value, name: &str, found: &mut Outside) {
    let path = |value: &Value| value.get("path").and_then(Value::as_str).map(str::to_owned);
    let by_path = |value: &Value| {
        let items = value.as_array()?.iter();
        items.map(|item| Some((path(item)?, item.clone()))).collect::<Option<BTreeMap<_, _>>>()
    };
    if before == now {
        return;
    }
    if let (Some(before), Some(now)) = (by_path(before), by_path(now)) {
        let paths: BTreeSet<_> = before.keys().chain(now.keys()).collect();
        found.files.extend(paths.into_iter().filter(|path| before.get(*path) != now.get(*path)).cloned());
    } else if let Some(path) = path(now).or_else(|| path(before)) {
        found.files.insert(path);
    } else if let (Value::Object(before), Value::Object(now)) = (before, now) {
        for key in before.keys().chain(now.keys()).collect::<BTreeSet<_>>() {
            let of = |members: &Map<String, Value>| members.get(key).cloned().unwrap_or_default();
            outside(&of(before), &of(now), key, found);
        }
    } else {
        found.others.insert(if name.is_empty() { "what it reads from outside" } else { name }.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_named_as_users_know_them() {
        let check = |before: Value, now: Value, expect: &str| {
            let sources = [("rows".to_owned(), "prepare".to_owned())].into();
            assert_eq!(sentence(&compare(&before, &now, &sources)), expect, "{before} {now}");
        };
        let settings = |settings: Value| json!({"settings": settings});
        check(
            settings(json!({"a": {"b": 1, "c": 2}})),
            settings(json!({"a": {"b": 1, "c": 3}})),
            "setting `a.c` changed",
        );
        check(settings(json!({})), settings(json!({"x": [1]})), "setting `x` changed");
        check(
            json!({"stage": "split@1"}),
            json!({"stage": "split@2"}),
            "the stage changed from `split@1` to `split@2`",
        );
        let producer = |version: &str| json!({"producer": {"name": "mlspec-split", "version": version}});
        check(
            producer("0.1.0"),
            producer("0.2.0"),
            "the version changed from `mlspec-split 0.1.0` to `mlspec-split 0.2.0`",
        );
        let input = |digest: &str| json!({"inputs": {"rows": {"digest": digest}}});
        check(input("a"), input("b"), "input `rows` changed because step `prepare` changed");
        let files = |digest: &str, base: &str| json!({"external": {"files": [{"path": "a.csv", "digest": digest}], "base": base}});
        check(files("a", "x"), files("b", "y"), "`a.csv` changed");
        check(files("a", "x"), files("a", "y"), "`base` changed");
        check(json!({"external": 1}), json!({"external": 2}), "`what it reads from outside` changed");
        check(json!({}), json!({"sample": 5}), "the number of rows to read changed");
    }
}
