//! The table of documents: each is a good one with one edit, and what is to be said of it.

use super::bases::{base, pipeline_file};
use crate::PIPELINE_FILE;
use mlspec_record::Kind;
use serde_json::{Value, json};

/// What is to be said of a document.
pub(super) enum Expect {
    /// It is valid.
    Valid,
    /// Its schema refuses it: pointer of the problem, keyword.
    Schema(&'static str, &'static str),
    /// Its schema accepts it, a rule beyond JSON Schema refuses it: pointer of the problem, rule.
    Rule(&'static str, &'static str),
}
use Expect::{Rule, Schema, Valid};

/// A document to judge.
pub(super) struct Case {
    /// Says what is special about it.
    pub(super) name: String,
    /// The name of its schema.
    pub(super) schema: String,
    pub(super) document: Value,
    pub(super) expect: Expect,
}

/// Removes what is there, instead of setting a value.
const GONE: fn() -> Value = || json!({"gone": "gone"});

type Row = (Kind, &'static str, fn() -> Value, Expect);

/// Every case: the good bases, then the edits of records, objects and pipeline files.
pub(super) fn cases() -> Vec<Case> {
    let whole = |name: &str, schema: &str, document| Case {
        name: format!("{name} as it is"),
        schema: schema.to_owned(),
        document,
        expect: Valid,
    };
    let mut cases: Vec<Case> = Kind::ALL.iter().map(|kind| whole(kind.as_str(), kind.as_str(), base(*kind))).collect();
    cases.push(whole(PIPELINE_FILE, PIPELINE_FILE, pipeline_file()));
    for (kind, pointer, value, expect) in records().into_iter().chain(bodies()) {
        cases.push(edited(kind.as_str(), base(kind), pointer, value(), expect));
    }
    for (pointer, value, expect) in files() {
        cases.push(edited(PIPELINE_FILE, pipeline_file(), pointer, value(), expect));
    }
    cases
}

fn edited(schema: &str, mut document: Value, pointer: &str, value: Value, expect: Expect) -> Case {
    let full = value.to_string();
    let cut = full.chars().take(40).collect::<String>();
    let text = if cut == full { cut } else { format!("{cut}… ({} characters)", full.len()) };
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let is_gone = value == GONE();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(members) if is_gone => {
            assert!(members.shift_remove(key).is_some(), "{pointer} is not in the base")
        }
        Value::Object(members) => {
            members.insert(key.to_owned(), value);
        }
        Value::Array(items) if key.parse() == Ok(items.len()) => items.push(value),
        parent => parent[key.parse::<usize>().unwrap()] = value,
    }
    Case { name: format!("{schema}{pointer} = {text}"), schema: schema.to_owned(), document, expect }
}

/// The envelope of records, and the header of objects.
fn records() -> Vec<Row> {
    use Kind::{Dataset, Splitting};
    vec![
        (Splitting, "/note", || json!({"of": "a newer writer"}), Valid),
        (Splitting, "/schema", || json!("urn:mlspec:schema:splitting:1.7.0"), Valid),
        (Splitting, "/schema", || json!("urn:mlspec:schema:splitting:2.0.0"), Schema("/schema", "pattern")),
        (Splitting, "/schema", || json!("urn:mlspec:schema:test:1.0.0"), Schema("/schema", "pattern")),
        (Splitting, "/schema", GONE, Schema("", "required")),
        (Splitting, "/kind", || json!("test"), Schema("/kind", "const")),
        (Splitting, "/id", GONE, Schema("", "required")),
        (Splitting, "/id", || json!(""), Schema("/id", "minLength")),
        (Splitting, "/id", || json!("a".repeat(40)), Valid),
        (Splitting, "/id", || json!("a".repeat(41)), Schema("/id", "maxLength")),
        (Splitting, "/id", || json!("an id"), Schema("/id", "pattern")),
        (Splitting, "/id", || json!(17), Schema("/id", "type")),
        (Splitting, "/name", || json!("My training module"), Schema("/name", "pattern")),
        (Splitting, "/name", || json!("-x"), Schema("/name", "pattern")),
        (Splitting, "/name", || json!("n".repeat(255)), Valid),
        (Splitting, "/name", || json!("n".repeat(256)), Schema("/name", "maxLength")),
        (Splitting, "/status", || json!("Deprecated"), Valid),
        (Splitting, "/status", || json!("active"), Schema("/status", "enum")),
        (Dataset, "/status", GONE, Schema("", "required")),
        (Dataset, "/created", GONE, Schema("", "required")),
        (Splitting, "/description", || Value::Null, Valid),
        (Splitting, "/description", || json!("d".repeat(32_768)), Valid),
        (Splitting, "/description", || json!("d".repeat(32_769)), Schema("/description", "maxLength")),
        (Splitting, "/started", || json!("2024-05-01T14:00:00+02:00"), Valid),
        (Splitting, "/started", || json!("2019/01/01 12:12:32Z"), Schema("/started", "pattern")),
        (Splitting, "/started", || json!("2024-05-01T12:00:00"), Schema("/started", "pattern")),
        (Splitting, "/started", || json!("2024-13-01T12:00:00Z"), Schema("/started", "format")),
        (Splitting, "/started", || json!("2024-02-30T12:00:00Z"), Schema("/started", "format")),
        (Splitting, "/finished", || json!("2024-05-01T11:59:59Z"), Rule("/finished", "order")),
        (Splitting, "/producer/version", GONE, Schema("/producer", "required")),
        (Splitting, "/inputs", || json!({}), Schema("/inputs", "type")),
        (Splitting, "/inputs", || json!([]), Valid),
        (Splitting, "/inputs/0/artifact/digest", || json!("SHA256:AB"), Schema("/inputs/0/artifact/digest", "pattern")),
        (Splitting, "/inputs/0/artifact/kind", || json!("tables"), Schema("/inputs/0/artifact/kind", "enum")),
        (Splitting, "/inputs/0/artifact/rows", || json!(-1), Schema("/inputs/0/artifact/rows", "minimum")),
        (Splitting, "/inputs/0/artifact/rows", || Value::Null, Valid),
        (Splitting, "/inputs/0/artifact/bytes", || json!("4096"), Schema("/inputs/0/artifact/bytes", "type")),
        (Splitting, "/inputs/0/producer", || Value::Null, Valid),
        (Splitting, "/inputs/0/producer/content", GONE, Schema("/inputs/0/producer", "required")),
        (Splitting, "/outputs/1/port", || json!("train"), Rule("/outputs/1/port", "distinct")),
        (Splitting, "/seed", || json!(9_007_199_254_740_991_u64), Valid),
        (Splitting, "/seed", || json!(9_007_199_254_740_992_u64), Schema("/seed", "maximum")),
        (Splitting, "/seed", || json!(1.5), Schema("/seed", "type")),
        (Splitting, "/tags/0/value", GONE, Schema("/tags/0", "required")),
        (Splitting, "/environment/os", || json!(1), Schema("/environment/os", "type")),
        (Splitting, "/step/stage", || json!("split"), Schema("/step/stage", "pattern")),
        (Splitting, "/step/stage", || json!("split@0"), Schema("/step/stage", "pattern")),
        (Splitting, "/run/version", || json!("1.0"), Schema("/run/version", "pattern")),
        (Splitting, "/run/version", || json!("99999999999999999999.0.0"), Rule("/run/version", "version")),
        (Splitting, "/parameters", || json!([]), Schema("/parameters", "type")),
        (Splitting, "/body", GONE, Schema("", "required")),
    ]
}

/// What is particular to each kind.
fn bodies() -> Vec<Row> {
    use Kind::*;
    vec![
        (Ingestion, "/body/columns/0/type", || json!("integer"), Schema("/body/columns/0/type", "enum")),
        (Ingestion, "/body/columns/0/name", || json!(""), Schema("/body/columns/0/name", "minLength")),
        (Ingestion, "/body/columns/1/name", || json!("id"), Rule("/body/columns/1/name", "distinct")),
        (Ingestion, "/body/columns/1/name", || json!("_row"), Rule("/body/columns/1/name", "reserved")),
        (Ingestion, "/body/files/0/digest", GONE, Schema("/body/files/0", "required")),
        (Ingestion, "/body/sample", || json!(100), Valid),
        (Transformation, "/body/operators/0/dropped", || json!(2.5), Schema("/body/operators/0/dropped", "type")),
        (Transformation, "/body/encoding", || json!({}), Schema("/body/encoding", "required")),
        (
            Validation,
            "/body/expectations/0/severity",
            || json!("Error"),
            Schema("/body/expectations/0/severity", "enum"),
        ),
        (Validation, "/body/passed", || json!("no"), Schema("/body/passed", "type")),
        (Splitting, "/body/parts/0/columns/0/mean", || Value::Null, Valid),
        (Splitting, "/body/leakage", GONE, Schema("/body", "required")),
        (Training, "/body/guarantee", || json!("approximate"), Schema("/body/guarantee", "enum")),
        (Training, "/body/convergence", || Value::Null, Valid),
        (Training, "/body/convergence/tolerance", GONE, Schema("/body/convergence", "required")),
        (Evaluation, "/body/metrics/0/name", GONE, Schema("/body/metrics/0", "required")),
        (Evaluation, "/body/metrics/1/value", || json!("NaN"), Schema("/body/metrics/1/value", "type")),
        (Test, "/body/result", GONE, Schema("/body", "required")),
        (Dataset, "/body/versions/0", || json!("not an id"), Schema("/body/versions/0", "pattern")),
        (DatasetVersion, "/body/version", || json!(0), Schema("/body/version", "minimum")),
        (DatasetVersion, "/body/columns/1/name", || json!("id"), Rule("/body/columns/1/name", "distinct")),
        (Artifact, "/body/created_by_run_id", GONE, Schema("/body", "required")),
        (Pipeline, "/body/file/stages", || json!({}), Schema("/body/file/stages", "additionalProperties")),
        (Pipeline, "/body/file/steps/cut/after/0", || json!("row"), Rule("/body/file/steps/cut/after/0", "step")),
        (PipelineRun, "/body/state", || json!("done"), Schema("/body/state", "enum")),
        (PipelineRun, "/body/finished", || json!("2024-05-01T11:00:00Z"), Rule("/body/finished", "order")),
        (StepRun, "/body/reason", GONE, Schema("/body", "required")),
    ]
}

/// Pipeline files, which refuse what they do not know.
fn files() -> Vec<(&'static str, fn() -> Value, Expect)> {
    vec![
        ("/$schema", || json!("urn:mlspec:schema:pipeline-file:1.0.0"), Valid),
        ("/pipeline", GONE, Schema("", "required")),
        ("/version", || json!(1), Schema("/version", "type")),
        ("/descriptoin", || json!("x"), Schema("/descriptoin", "additionalProperties")),
        ("/seed", || json!(-1), Schema("/seed", "minimum")),
        ("/seed", || json!("${share}"), Schema("/seed", "type")),
        ("/steps", || json!({}), Schema("/steps", "minProperties")),
        ("/steps/a step", || json!({"uses": "fetch@1"}), Schema("/steps/a step", "additionalProperties")),
        ("/steps/rows/settings", GONE, Valid),
        ("/steps/rows/setting", || json!({}), Schema("/steps/rows/setting", "additionalProperties")),
        ("/steps/rows/uses", GONE, Schema("/steps/rows", "required")),
        ("/steps/rows/uses", || json!("Fetch@1"), Schema("/steps/rows/uses", "pattern")),
        ("/steps/cut/inputs/rows", || json!("rows"), Schema("/steps/cut/inputs/rows", "pattern")),
        ("/steps/cut/inputs/rows", || json!("rowz.rows"), Rule("/steps/cut/inputs/rows", "step")),
        ("/steps/cut/inputs/rows", || json!("cut.rows"), Rule("/steps/cut/inputs/rows", "step")),
        ("/steps/cut/after", || json!("rows"), Schema("/steps/cut/after", "type")),
        ("/steps/cut/after/0", || json!("rowz"), Rule("/steps/cut/after/0", "step")),
        ("/steps/cut/settings/share", || json!("${shore}"), Rule("/steps/cut/settings/share", "parameter")),
        ("/steps/CUT", || json!({"uses": "fetch@1"}), Rule("/steps/CUT", "distinct")),
        ("/parameters/share/type", || json!("number"), Schema("/parameters/share/type", "enum")),
        (
            "/parameters/share/constraint/min",
            || json!(0),
            Schema("/parameters/share/constraint/min", "additionalProperties"),
        ),
        ("/parameters/share/default", || Value::Null, Valid),
        ("/datastores/raw/path", || json!(""), Schema("/datastores/raw/path", "minLength")),
        ("/datastores/raw/type", GONE, Schema("/datastores/raw", "required")),
    ]
}

#[test]
fn the_table_is_as_large_as_it_should_be() {
    let cases = cases();
    let mut names: Vec<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), cases.len(), "every case is told apart by its name");
    assert!(cases.len() >= 100, "{}", cases.len());
}
