//! A small pipeline, made by hand, from which one customer was erased: two sources, a join, a matrix, a validation.

use crate::{ErasedSource, Erasure};
use mlspec_model::{FittedEncoder, FittedEncoders, Matrix, OneHot, OneHotColumn, Unknown};
use mlspec_record::object::{DatasetVersion, PipelineRun};
use mlspec_record::{
    ArtifactRef, ColumnLineage, DataType, Dependency, Id, Kind, Lineage, LineageNode, LineageParent, Name, Object,
    Output, Record, RowLineage, SourceColumn, Timestamp, Version,
};
use mlspec_store::{Live, LiveStep, Store};
use mlspec_table::polars::df;
use mlspec_table::polars::prelude::{DataFrame, NamedFrom as _, Series};
use mlspec_table::{ChunkOptions, Table};
use mlspec_testkit::Bench;
use serde_json::{Value, json};

/// The customer who is erased.
pub(crate) const BEN: &str = "ben@example.org";

/// Where an erasure that is not complete leaves something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leak {
    Nothing,
    OldVersion,
    Row,
    Link,
    Index,
    Column,
    Derived,
    Category,
    State,
    StateTable,
    Body,
    FailingRows,
    Elsewhere,
}

pub(crate) struct World {
    pub(crate) bench: Bench,
    pub(crate) erasure: Erasure,
}

pub(crate) fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

pub(crate) fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

fn id(text: &str) -> Id {
    Id::new(text).unwrap()
}

/// The customers: with the one to be erased, or without.
fn customers(bench: &Bench, ben: bool) -> ArtifactRef {
    let all = df!("_row" => [0_u64, 1, 2], "email" => ["anna@example.org", BEN, "carla@example.org"], "age" => [31_i64, 7, 50]);
    let rest = df!("_row" => [0_u64, 2], "email" => ["anna@example.org", "carla@example.org"], "age" => [31_i64, 50]);
    bench.source("customers", if ben { all } else { rest }.unwrap())
}

fn mails(bench: &Bench, leak: Leak) -> ArtifactRef {
    let sender = sender(leak);
    let frame = df!("mail" => [1_i64, 2, 3, 4], "email" => ["anna@example.org", sender, sender, "carla@example.org"],
        "text" => ["hello", "thanks", "where is it?", "bye"]);
    bench.source("mails", frame.unwrap())
}

/// Who wrote the mails of the erased customer: where only a word in a document tells, nobody else may hold it.
fn sender(leak: Leak) -> &'static str {
    let quiet = matches!(leak, Leak::State | Leak::StateTable | Leak::Body | Leak::Elsewhere);
    if quiet { "dora@example.org" } else { BEN }
}

fn from(scan: &str, column: &str, dependency: Dependency) -> SourceColumn {
    SourceColumn { scan: scan.to_owned(), column: column.to_owned(), dependency }
}

fn column(name: &str, sources: Vec<SourceColumn>) -> ColumnLineage {
    ColumnLineage { column: name.to_owned(), data_type: DataType::String, sources }
}

/// Mails with their customers: of the erased one, only the mail is left.
fn joined(bench: &Bench, customers: &ArtifactRef, mails: &ArtifactRef, ben: bool, leak: Leak) -> ArtifactRef {
    let links = |gone: Option<u64>| df!("_row" => [10_u64, 11, 12], "n0" => [0_u64, 1, 3], "n1" => [Some(0_u64), gone, Some(2)]);
    let links = Table::new(links((ben || leak == Leak::Link).then_some(1)).unwrap()).unwrap();
    let links = links.write(bench.store(), &ChunkOptions::default()).unwrap().digest;
    let own = (ben || leak == Leak::Column).then_some(BEN);
    let note = (ben || leak == Leak::Derived).then_some("customer ben@example.org of old");
    let frame = df!("_row" => [10_u64, 11, 12], "sender" => ["anna@example.org", sender(leak), "carla@example.org"],
        "email" => [Some("anna@example.org"), own, Some("carla@example.org")],
        "note" => [Some("customer anna@example.org"), note, None]);
    let parent =
        |scan: &str, artifact: &ArtifactRef| LineageParent { scan: scan.to_owned(), artifact: artifact.clone() };
    bench.keep(
        &Table::new(frame.unwrap()).unwrap(),
        &Lineage {
            parents: vec![parent("mails", mails), parent("customers", customers)],
            rows: RowLineage::Nodes {
                nodes: vec![LineageNode::Scan { parent: 0 }, LineageNode::Scan { parent: 1 }],
                own: None,
                table: Some(links),
                roots: vec![0, 1],
            },
            columns: vec![
                column("sender", vec![from("mails", "email", Dependency::Identity)]),
                column("email", vec![from("customers", "email", Dependency::Identity)]),
                column("note", vec![from("customers", "email", Dependency::Transformation)]),
            ],
            indirect: vec![from("mails", "email", Dependency::Join), from("customers", "email", Dependency::Join)],
            features: Vec::new(),
        },
    )
}

/// A category for every customer's address.
fn encoded(bench: &Bench, joined: &ArtifactRef, ben: bool) -> ArtifactRef {
    let mut categories = vec!["anna@example.org", "carla@example.org"];
    categories.extend(ben.then_some(BEN));
    categories.sort_unstable();
    let one_hot = OneHotColumn {
        column: "email".to_owned(),
        fill: Some(String::new()),
        categories: categories.into_iter().map(|text| Some(text.to_owned())).collect(),
        infrequent: Vec::new(),
        dropped: None,
        unknown: Unknown::Ignore,
    };
    let encoders =
        FittedEncoders::new(3, vec![FittedEncoder::OneHot(OneHot { columns: vec![one_hot] })], None, None).unwrap();
    let raw_name = encoders.raw_columns()[0].name.clone();
    let table = bench.table(joined);
    let mut raw = table.frame().select(["_row", "email"]).unwrap();
    raw.rename("email", raw_name.as_str().into()).unwrap();
    let raw = Table::new(raw).unwrap().write(bench.store(), &ChunkOptions::default()).unwrap();
    let (encoders, bytes) = encoders.write(bench.store()).unwrap();
    let mut matrix = Matrix::new(raw, encoders).write(bench.store(), bytes).unwrap();
    let parents = vec![LineageParent { scan: "rows".to_owned(), artifact: joined.clone() }];
    let (rows, none) = (RowLineage::Identity, Vec::new());
    matrix.lineage =
        Some(bench.json(&Lineage { parents, rows, columns: Vec::new(), indirect: none, features: Vec::new() }));
    matrix
}

/// The rows of the customers that fail some expectation: all of them.
fn failing(bench: &Bench, customers: &ArtifactRef, ben: bool) -> ArtifactRef {
    let rows: Vec<u64> = if ben { vec![0, 1, 2] } else { vec![0, 2] };
    let frame: DataFrame = df!("_row" => rows).unwrap();
    bench.derived(frame, "rows", customers)
}

fn record(
    run: &str,
    step: &str,
    kind: Kind,
    inputs: &[(&str, &ArtifactRef, &str)],
    output: (&str, &ArtifactRef),
    body: Value,
) -> Record {
    let stage = match kind {
        Kind::Ingestion => "ingest@1",
        Kind::Validation => "validate@1",
        _ => "transform@1",
    };
    let inputs: Vec<Value> =
        inputs.iter().map(|(port, artifact, _)| json!({"port": port, "artifact": artifact})).collect();
    Record::from_value(json!({
        "schema": kind.schema(), "id": format!("{run}-{step}"), "kind": kind, "name": step, "status": "Active",
        "run": {"id": run, "pipeline": "complaints", "version": "1.0.0"}, "step": {"name": step, "stage": stage},
        "started": time(0), "finished": time(0), "producer": {"name": "mlspec", "version": "0.1.0"},
        "inputs": inputs, "outputs": [Output { port: name(output.0), artifact: output.1.clone() }],
        "parameters": {}, "body": body,
    }))
    .unwrap()
}

/// Keeps a run with these records, and makes it live.
pub(crate) fn keep_run(store: &Store, pipeline: &str, run: &str, created: i64, records: &[Record]) {
    let file = json!({"pipeline": pipeline, "version": "1.0.0", "steps": {"customers": {"uses": "ingest@1"}}});
    let steps: Vec<Value> = records
        .iter()
        .map(|record| {
            let content = record.content_digest().unwrap();
            json!({"step": record.document()["name"], "state": "completed", "reason": "", "record": record.id(), "content": content})
        })
        .collect();
    let object: Object<PipelineRun> = serde_json::from_value(json!({
        "schema": Kind::PipelineRun.schema(), "id": run, "kind": Kind::PipelineRun, "name": pipeline, "status": "Active",
        "created": time(created), "body": {"version": "1.0.0", "pipeline": mlspec_record::Digest::of(b"file"), "file": file,
            "folder": "", "parameters": {}, "state": "completed", "steps": steps}
    }))
    .unwrap();
    let guard = store.begin_run(&object).unwrap();
    for record in records {
        guard.put_record(&name(record.document()["name"].as_str().unwrap()), record).unwrap();
    }
    guard.finish(&object).unwrap();
    let live = records.iter().map(|record| {
        let outputs = record.envelope().unwrap().outputs;
        let content = record.content_digest().unwrap();
        (name(record.document()["name"].as_str().unwrap()), LiveStep { record: record.id().clone(), content, outputs })
    });
    let live = Live { run: id(run), version: Version::of(1, 0, 0), steps: live.collect() };
    assert!(store.put_live(&name(pipeline), &live).unwrap());
}

fn ingestion(bench: &Bench, dataset: &str, rows: &ArtifactRef) -> Value {
    let schema = bench.table(rows).schema().clone();
    let key = if dataset == "customers" { "email" } else { "mail" };
    let file = mlspec_record::Digest::of(dataset.as_bytes());
    json!({"dataset": dataset, "key": [key], "columns": schema, "inferred": true, "rows": rows.rows, "next_row": 9,
        "files": [{"datastore": "data", "path": dataset, "format": "csv", "digest": file, "bytes": 1, "rows": 3}]})
}

/// Publishes a version of a dataset, as its ingestion does.
fn publish(bench: &Bench, dataset: &str, number: u64, rows: &ArtifactRef) {
    let body = ingestion(bench, dataset, rows);
    let record = bench.json(&json!({"settings": {"number": number}, "ingestion": body}));
    let columns = bench.table(rows).schema().clone();
    let version =
        DatasetVersion { dataset: name(dataset), version: number, columns, table: rows.clone(), record, next_row: 9 };
    let object: Object<DatasetVersion> = serde_json::from_value(json!({
        "schema": Kind::DatasetVersion.schema(), "id": format!("{dataset}-{number}"), "kind": Kind::DatasetVersion,
        "name": dataset, "status": "Active", "created": time(0), "body": version
    }))
    .unwrap();
    bench.store().put_dataset_version(&object).unwrap();
}

/// The records of a run.
fn run(bench: &Bench, run: &str, ben: bool, leak: Leak) -> Vec<Record> {
    let customers_now = customers(bench, ben);
    let used = if leak == Leak::OldVersion { customers(bench, true) } else { customers_now.clone() };
    let mails = mails(bench, leak);
    let joined = joined(bench, &used, &mails, ben, leak);
    let matrix = encoded(bench, &joined, ben || leak == Leak::Category);
    let failing = failing(bench, &customers_now, ben || leak == Leak::FailingRows);
    let old = ben || leak == Leak::Index;
    let rows: Vec<u64> = if old { vec![0, 1, 2] } else { vec![0, 2] };
    let index = df!("_row" => [7_u64], "rows" => [Series::new("".into(), rows)]).unwrap();
    let index = Table::new(index).unwrap().write(bench.store(), &ChunkOptions::default()).unwrap().digest;
    let state = if ben || leak == Leak::State { json!({"sums": {BEN: 1}}) } else { json!({"sums": {}}) };
    let terms = if ben || leak == Leak::StateTable { BEN } else { "hello" };
    let terms = Table::number(df!("term" => [terms]).unwrap(), 0).unwrap();
    let terms = terms.write(bench.store(), &ChunkOptions::default()).unwrap().digest;
    let names = if ben || leak == Leak::Body { format!("email_{BEN}") } else { "email".to_owned() };
    let prepared = json!({"indexes": [{"table": "customers", "columns": ["email"], "digest": index}]});
    let encoding = json!({"encoding": {"encoders": Matrix::read(bench.store(), &matrix.digest).unwrap().encoders,
        "fitted_rows": 3, "fitted_on": "rows", "features": 1, "state": bench.json(&state), "terms": terms,
        "columns": [{"range": {"encoder": "one_hot", "columns": ["email"], "start": 0, "end": 1}, "names": [names.replace("email_", "")]}]}});
    let verdict = json!({"passed": true, "rows": 3, "expectations": [{"name": "a", "expectation": "range", "columns": ["age"],
        "severity": "warning", "passed": false, "failing": 3, "tolerance": 0.0, "failing_rows": failing}]});
    let stale = customers(bench, true);
    let customers_out = if leak == Leak::Row { with_lineage_of(&stale, &customers_now) } else { customers_now.clone() };
    vec![
        record(
            run,
            "customers",
            Kind::Ingestion,
            &[],
            ("rows", &customers_out),
            ingestion(bench, "customers", &customers_now),
        ),
        record(run, "mails", Kind::Ingestion, &[], ("rows", &mails), ingestion(bench, "mails", &mails)),
        record(
            run,
            "checked",
            Kind::Validation,
            &[("rows", &customers_now, "customers")],
            ("rows", &customers_now),
            verdict,
        ),
        record(
            run,
            "prepared",
            Kind::Transformation,
            &[("mails", &mails, "mails"), ("customers", &customers_now, "customers")],
            ("rows", &joined),
            prepared,
        ),
        record(run, "encoded", Kind::Transformation, &[("rows", &joined, "prepared")], ("train", &matrix), encoding),
    ]
}

fn with_lineage_of(table: &ArtifactRef, other: &ArtifactRef) -> ArtifactRef {
    ArtifactRef { lineage: other.lineage, ..table.clone() }
}

/// A pipeline whose live run came from erasing a customer, and what that run leaves of them.
pub(crate) fn world(leak: Leak) -> World {
    let bench = Bench::new();
    let (before, after) = (customers(&bench, true), customers(&bench, false));
    publish(&bench, "customers", 1, &before);
    publish(&bench, "mails", 1, &mails(&bench, leak));
    keep_run(bench.store(), "complaints", "run-1", 0, &run(&bench, "run-1", true, leak));
    publish(&bench, "customers", 2, &after);
    keep_run(bench.store(), "complaints", "run-2", 1_000, &run(&bench, "run-2", false, leak));
    if leak == Leak::Elsewhere {
        let path = bench.store().root().join("events");
        std::fs::create_dir_all(&path).unwrap();
        std::fs::write(path.join("a.ndjson"), format!("{{\"name\":\"{BEN}\"}}\n")).unwrap();
    }
    let source = ErasedSource {
        dataset: name("customers"),
        step: name("customers"),
        before,
        after,
        rows: vec![1],
        key: vec!["email".to_owned()],
    };
    let erasure = Erasure { pipeline: name("complaints"), base: id("run-1"), run: id("run-2"), sources: vec![source] };
    World { bench, erasure }
}
