//! A validator of other hands, Python's `jsonschema`, judges the same documents and must agree.
//!
//! `MLSPEC_PYTHON` names a Python that has `tests/foreign/requirements.txt` installed; without it, `python3` must.

use super::cases::{Expect, cases};
use crate::*;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

const INSTALL: &str = "the foreign validator needs a Python with `jsonschema` and `rfc3339-validator`:\n  \
    python3 -m venv .venv && .venv/bin/pip install -r crates/mlspec-schema/tests/foreign/requirements.txt\n  \
    export MLSPEC_PYTHON=$PWD/.venv/bin/python";

/// The errors that Python finds: name of the case → (pointer, keyword).
fn judge() -> HashMap<String, Vec<(String, String)>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var("MLSPEC_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut command = Command::new(&python);
    command.arg(root.join("tests/foreign/validate.py")).arg(root.join("schemas"));
    let started = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = started.unwrap_or_else(|error| panic!("`{python}` does not start: {error}; {INSTALL}"));
    let mut stdin = child.stdin.take().unwrap();
    let lines: Vec<String> = cases()
        .iter()
        .map(|case| {
            let id = crate::published::newest(&case.schema, None).unwrap().id.clone();
            json!({"name": case.name, "schema": published_path(&id), "document": case.document}).to_string() + "\n"
        })
        .collect();
    let writer = std::thread::spawn(move || lines.iter().try_for_each(|line| stdin.write_all(line.as_bytes())));
    let output = child.wait_with_output().unwrap();
    let _ = writer.join().unwrap(); // a Python that ended early is told by its own words
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("ModuleNotFoundError"), "{stderr}\n{INSTALL}");
    assert!(output.status.success(), "{stderr}");
    let verdicts = serde_json::Deserializer::from_slice(&output.stdout).into_iter::<Value>();
    verdicts
        .map(|verdict| {
            let verdict = verdict.unwrap();
            let errors = serde_json::from_value(verdict["errors"].clone()).unwrap();
            (verdict["name"].as_str().unwrap().to_owned(), errors)
        })
        .collect()
}

#[test]
fn python_agrees_document_by_document() {
    let foreign = judge();
    let mut refused = 0;
    for case in cases() {
        let errors = &foreign[&case.name];
        let Expect::Schema(pointer, keyword) = case.expect else {
            // Rules are beyond JSON Schema: Python accepts those documents as it accepts the valid ones.
            assert_eq!(errors, &[], "{}", case.name);
            continue;
        };
        refused += 1;
        let holder = pointer.rsplit_once('/').map_or("", |(holder, _)| holder);
        // We point at the unknown key, Python at the object that holds it.
        let pointer = if keyword == "additionalProperties" { holder } else { pointer };
        let expect = (pointer.to_owned(), keyword.to_owned());
        assert!(errors.contains(&expect), "{}: {errors:?}", case.name);
    }
    assert_eq!(foreign.len(), cases().len());
    assert!(refused >= 40, "{refused}");
}
