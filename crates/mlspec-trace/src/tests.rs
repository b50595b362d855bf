//! Questions to a small run: people and visits are ingested, joined, kept where adult, split, reported on.

use crate::{Pick, Role, Target, TraceError, View, impact, lineage, trace, usage};
use mlspec_provenance::{Join, Plan, identity_lineage, source_lineage, whole_lineage};
use mlspec_record::{
    ArtifactKind, ArtifactRef, Digest, FeatureRange, Id, Kind, Lineage, LineageParent, Name, PortRef, Record,
    RowLineage,
};
use mlspec_store::Store;
use mlspec_table::polars::prelude::df;
use mlspec_table::{ChunkOptions, Table};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A run in a store of its own.
struct Fixture {
    _folder: tempfile::TempDir,
    view: View,
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn port(text: &str) -> PortRef {
    PortRef::new(text).unwrap()
}

fn ingested(store: &Store, dataset: &str, table: &Table) -> ArtifactRef {
    let lineage = source_lineage(store, &name(dataset), table.schema()).unwrap();
    ArtifactRef { lineage: Some(lineage), ..table.write(store, &ChunkOptions::default()).unwrap() }
}

fn ingestion(dataset: &str, key: &[&str], table: &Table) -> Value {
    let rows = table.len() as u64;
    let file = json!({"datastore": "data", "path": format!("{dataset}.csv"), "format": "csv", "bytes": 1, "first_row": 0,
        "rows": rows, "digest": format!("sha256:{}", "0".repeat(64))});
    json!({"dataset": dataset, "key": key, "columns": table.schema(), "inferred": true, "files": [file], "rows": rows, "next_row": rows})
}

/// A record: its step, kind and stage, the outputs it read, what it wrote, its body.
fn record(
    (step, kind, stage): (&str, Kind, &str),
    inputs: &[(&str, &str, &ArtifactRef)],
    outputs: &[(&str, &ArtifactRef)],
    body: Value,
) -> Record {
    let inputs: Vec<_> = inputs
        .iter()
        .map(|(to, from, artifact)| {
            let from = port(from);
            let content = format!("sha256:{}", "1".repeat(64));
            let producer =
                json!({"record": format!("r-{}", from.step), "content": content, "step": from.step, "port": from.port});
            json!({"port": to, "artifact": artifact, "producer": producer})
        })
        .collect();
    let outputs: Vec<_> = outputs.iter().map(|(port, artifact)| json!({"port": port, "artifact": artifact})).collect();
    Record::from_value(json!({
        "schema": kind.schema(), "kind": kind, "id": format!("r-{step}"), "name": step, "step": {"name": step, "stage": stage},
        "started": "2024-05-01T12:00:00.000Z", "finished": "2024-05-01T12:00:01.000Z", "inputs": inputs, "outputs": outputs,
        "producer": {"name": "mlspec-x", "version": "0.1.0"}, "parameters": {}, "body": body,
    }))
    .unwrap()
}

fn fixture() -> Fixture {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let people = Table::number(df!["name" => ["a", "b", "c"], "age" => [30_i64, 12, 40]].unwrap(), 0).unwrap();
    let visits = Table::number(df!["who" => ["a", "c", "a", "b"], "day" => [1_i64, 2, 3, 4]].unwrap(), 0).unwrap();
    let (from_people, from_visits) = (ingested(&store, "people", &people), ingested(&store, "visits", &visits));

    let join = Join::on::<String>("people", []).and("who", "name");
    let adults = Plan::scan("visits").inner_join(&Plan::scan("people"), join).unwrap().filter("age >= 18").unwrap();
    let tables = BTreeMap::from([("people".to_owned(), people.clone()), ("visits".to_owned(), visits.clone())]);
    let parents =
        BTreeMap::from([("people".to_owned(), from_people.clone()), ("visits".to_owned(), from_visits.clone())]);
    let adults = adults.run(&tables).unwrap().write(&store, &parents, &ChunkOptions::default()).unwrap();

    let first = Table::new(Table::read(&store, &adults.digest).unwrap().frame().head(Some(2))).unwrap();
    let parent = LineageParent { scan: "rows".to_owned(), artifact: adults.clone() };
    let lineage = identity_lineage(&store, parent, first.schema()).unwrap();
    let train = ArtifactRef { lineage: Some(lineage), ..first.write(&store, &ChunkOptions::default()).unwrap() };
    let (encoders, matrix) = encoded(&store, &train);
    let parent = LineageParent { scan: "train".to_owned(), artifact: matrix.clone() };
    let lineage = Some(whole_lineage(&store, vec![parent]).unwrap());
    let (digest, bytes) = store.put_json(&json!({"a": "model"})).unwrap();
    let model = ArtifactRef { kind: ArtifactKind::Model, digest, lineage, rows: None, bytes };
    let encoding = json!({"encoding": {"encoders": encoders, "fitted_rows": 2, "fitted_on": "train", "columns": [], "features": 1}});

    let records = [
        record(
            ("people", Kind::Ingestion, "ingest@1"),
            &[],
            &[("rows", &from_people)],
            ingestion("people", &["name"], &people),
        ),
        record(
            ("visits", Kind::Ingestion, "ingest@1"),
            &[],
            &[("rows", &from_visits)],
            ingestion("visits", &[], &visits),
        ),
        record(
            ("adults", Kind::Transformation, "transform@1"),
            &[("people", "people.rows", &from_people), ("visits", "visits.rows", &from_visits)],
            &[("rows", &adults)],
            json!({}),
        ),
        record(
            ("split", Kind::Splitting, "split@1"),
            &[("rows", "adults.rows", &adults)],
            &[("train", &train)],
            json!({}),
        ),
        record(
            ("encode", Kind::Transformation, "encode@1"),
            &[("train", "split.train", &train)],
            &[("train", &matrix)],
            encoding,
        ),
        record(
            ("fit", Kind::Training, "train@1"),
            &[("train", "encode.train", &matrix)],
            &[("model", &model)],
            json!({}),
        ),
    ];
    let view = View::open(&store, &store_run(&store, &records)).unwrap();
    Fixture { _folder: folder, view }
}

/// The rows' age as the only feature: the encoders' digest and the matrix.
fn encoded(store: &Store, rows: &ArtifactRef) -> (Digest, ArtifactRef) {
    let age = json!({"encoder": "pass_through", "columns": [{"column": "age", "mean": 0.0, "scale": 1.0}]});
    let encoders = json!({"format": "mlspec-encoders/1", "fitted_rows": 2, "features": 1, "encoders": [age]});
    let (encoders, _) = store.put_json(&encoders).unwrap();
    let range = FeatureRange { encoder: "pass_through".to_owned(), columns: vec!["age".to_owned()], start: 0, end: 1 };
    let lineage = Lineage {
        parents: vec![LineageParent { scan: "train".to_owned(), artifact: rows.clone() }],
        rows: RowLineage::Identity,
        columns: Vec::new(),
        indirect: Vec::new(),
        features: vec![range],
    };
    let lineage = Some(store.put_json(&lineage).unwrap().0);
    let (digest, bytes) = store.put_json(&json!({"raw": rows, "encoders": encoders})).unwrap();
    (encoders, ArtifactRef { kind: ArtifactKind::Matrix, digest, lineage, rows: rows.rows, bytes })
}

fn store_run(store: &Store, records: &[Record]) -> Id {
    let steps: Vec<_> = records
        .iter()
        .map(|record| json!({"step": record.document()["name"], "state": "completed", "reason": "new", "record": record.id()}))
        .chain([json!({"step": "judge", "state": "skipped", "reason": "step `fit` failed"})])
        .collect();
    let uses = json!({"uses": "ingest@1"});
    let run: mlspec_record::Object<mlspec_record::object::PipelineRun> = serde_json::from_value(json!({
        "schema": Kind::PipelineRun.schema(), "kind": "pipeline-run", "id": "run-1", "name": "visits", "status": "Active",
        "created": "2024-05-01T12:00:00.000Z",
        "body": {"version": "1.0.0", "pipeline": format!("sha256:{}", "0".repeat(64)), "folder": ".", "parameters": {},
            "file": {"pipeline": "visits", "version": "1.0.0", "steps": {"people": uses}}, "state": "completed", "steps": steps},
    }))
    .unwrap();
    let guard = store.begin_run(&run).unwrap();
    for record in records {
        guard.put_record(&name(record.document()["name"].as_str().unwrap()), record).unwrap();
    }
    guard.finish(&run).unwrap();
    run.id
}

/// What stands behind a target: dataset and row ids.
fn behind(view: &View, target: &str, pick: &Pick) -> Vec<(String, Vec<u64>)> {
    let found = trace(view, &Target::parse(target).unwrap(), pick, 10, false).unwrap();
    let ids = |rows: &[crate::SourceRow]| rows.iter().map(|row| row.row.0).collect();
    found.sources.iter().map(|source| (source.dataset.to_string(), ids(&source.rows))).collect()
}

fn rows(pairs: &[(&str, &[u64])]) -> Vec<(String, Vec<u64>)> {
    pairs.iter().map(|(dataset, rows)| ((*dataset).to_owned(), rows.to_vec())).collect()
}

#[test]
fn rows_outputs_and_records_lead_back_to_source_rows() {
    let Fixture { view, .. } = &fixture();
    let all = rows(&[("people", &[0, 2]), ("visits", &[0, 1, 2])]);
    assert_eq!(behind(view, "adults.rows", &Pick::All), all);
    assert_eq!(behind(view, "adults", &Pick::All), all);
    assert_eq!(behind(view, "r-adults", &Pick::All), all);
    assert_eq!(
        behind(view, "adults.rows", &Pick::Where("day = 2".to_owned())),
        rows(&[("people", &[2]), ("visits", &[1])])
    );
    assert_eq!(behind(view, "people.rows:2", &Pick::All), rows(&[("people", &[2])]));
    assert_eq!(behind(view, "people.rows", &Pick::Key(vec!["c".to_owned()])), rows(&[("people", &[2])]));
    let used: u64 = behind(view, "fit.model", &Pick::All).iter().map(|(_, rows)| rows.len() as u64).sum();
    assert!((3..=4).contains(&used), "two joined rows come from one or two people and two visits");
}

#[test]
fn a_trace_knows_keys_files_and_steps() {
    let Fixture { view, .. } = &fixture();
    let pick = Pick::Where("day = 2".to_owned());
    let found = trace(view, &Target::parse("adults.rows").unwrap(), &pick, 10, true).unwrap();
    let person = &found.sources[0].rows[0];
    assert_eq!(person.key["name"], "c");
    assert_eq!(person.values.as_ref().unwrap()["age"], 40);
    assert_eq!(person.file.as_ref().unwrap().to_string(), "data:people.csv row 3");
    let steps: Vec<_> = found.steps.iter().map(|hop| hop.step.as_str()).collect();
    assert_eq!(steps, ["people", "visits", "adults"]);
    let text = found.to_text();
    assert!(text.contains("data:people.csv row 3") && text.contains("people.rows as people"), "{text}");
    assert!(found.to_mermaid().contains("visits: 1 row\""));
    assert!(serde_json::to_value(&found).unwrap()["asked"]["rows"][0].is_string());
}

#[test]
fn source_rows_lead_forward() {
    let Fixture { view, .. } = &fixture();
    let touched = |pick: Pick| -> Vec<(String, bool, usize)> {
        let found = impact(view, "people", &pick).unwrap();
        found.outputs.iter().map(|output| (output.output.to_string(), output.touched, output.rows.len())).collect()
    };
    let minor = touched(Pick::Key(vec!["b".to_owned()]));
    assert_eq!(minor.iter().filter(|(_, touched, _)| *touched).count(), 1, "a minor is in the source only: {minor:?}");
    let everybody = touched(Pick::Where("age > 0".to_owned()));
    assert!(everybody.contains(&("adults.rows".to_owned(), true, 3)), "{everybody:?}");
    assert!(everybody.contains(&("fit.model".to_owned(), true, 0)), "{everybody:?}");
    assert!(everybody.contains(&("visits.rows".to_owned(), false, 0)), "{everybody:?}");
    let text = impact(view, "people", &Pick::Rows(vec![1])).unwrap().to_text();
    assert!(text.starts_with("1 row of people"), "{text}");
}

#[test]
fn a_model_knows_the_source_rows_it_was_fitted_on() {
    let Fixture { view, .. } = &fixture();
    let all = usage(view, "fit", None).unwrap();
    let told: Vec<_> =
        all.sources.iter().map(|source| (source.dataset.as_str(), source.role, source.used, source.of)).collect();
    let of = |dataset: &str| all.sources.iter().find(|source| source.dataset.as_str() == dataset).unwrap();
    assert_eq!(told.len(), 4, "two sources, for the model and for the encoders: {told:?}");
    assert_eq!((of("visits").used, of("visits").of), (2, Some(4)), "two rows, each of another visit");
    assert!(told.iter().any(|(_, role, ..)| *role == Role::Encoders));
    let one = usage(view, "fit.model", Some("visits")).unwrap();
    assert!(one.sources.iter().all(|source| source.dataset.as_str() == "visits") && one.sources.len() == 2);
    assert!(one.to_text(true).contains("visits for fitting the model"));
    assert!(usage(view, "fit", Some("nobody")).is_err());
    assert!(matches!(usage(view, "adults", None), Err(TraceError::Unknown { what: "model", .. })));
}

#[test]
fn a_feature_leads_back_to_columns_and_rows() {
    let Fixture { view, .. } = &fixture();
    let ask = |target: &str| trace(view, &Target::parse(target).unwrap(), &Pick::All, 10, false);
    let by_name = ask("encode.train#age").unwrap();
    let feature = by_name.asked.feature.as_ref().unwrap();
    assert_eq!((feature.index, feature.encoder.as_str()), (0, "pass_through"));
    assert_eq!((feature.sources[0].scan.as_str(), feature.sources[0].column.as_str()), ("people", "age"));
    let datasets: Vec<_> = by_name.sources.iter().map(|source| source.dataset.as_str()).collect();
    assert_eq!(datasets, ["people"], "visits gave it nothing");
    assert_eq!(ask("encode.train#0").unwrap().asked.feature.unwrap().name, "age");
    let unknown = ask("encode.train#agee").unwrap_err();
    assert_eq!(unknown.to_string(), "there is no feature `agee` in `encode.train`");
    assert!(ask("encode.train#1").is_err() && ask("encode.train#age:12345").is_err());
}

#[test]
fn columns_lead_back_to_source_columns() {
    let Fixture { view, .. } = &fixture();
    let found = lineage(view, &port("split.train"), Some("age")).unwrap();
    assert_eq!(found.columns[0].sources[0].scan, "people");
    let text = found.to_text();
    assert!(text.contains("people.age") && text.contains("filter") && text.contains("join"), "{text}");
    assert!(found.to_mermaid().contains("identity") && found.to_dot().contains("people.age"));
}

#[test]
fn wrong_questions_end_in_errors_that_help() {
    let Fixture { view, .. } = &fixture();
    use mlspec_record::Failure as _;
    let ask = |target: &str, pick: &Pick| {
        let error = trace(view, &Target::parse(target).unwrap(), pick, 10, false).unwrap_err();
        (error.to_string(), error.hint().unwrap_or_default(), error.exit_code() as u8)
    };
    let all = Pick::All;
    assert_eq!(ask("adlts.rows", &all), ("there is no step `adlts`".into(), "did you mean `adults`?".into(), 2));
    assert_eq!(
        ask("split.tran:1", &all),
        ("there is no output `tran` in `split`".into(), "did you mean `train`?".into(), 2)
    );
    assert_eq!(ask("people.rows:9", &all).0, "there is no row `9`");
    assert_eq!(ask("judge", &all).0, "the run has no record of step `judge`: step `fit` failed");
    assert_eq!(ask("adults.rows", &Pick::Where("day = 99".into())).0, "no row of `adults.rows` is as asked");
    assert!(ask("adults.rows", &Pick::Where("read_csv('/etc/passwd')".into())).0.contains("no row-wise function"));
    assert!(ask("fit.model:0", &all).0.contains("is a model, expected a table or matrix"));
    assert_eq!(ask("visits.rows", &Pick::Key(vec!["a".into()])).0, "the rows of `visits` have no key");
    assert_eq!(ask("people.rows", &Pick::Key(vec!["z".into()])).0, "no row of `people.rows` is as asked");
    assert!(ask("adults.rows#age", &all).0.contains("is a table, expected a matrix"));
    let unknown = impact(view, "peple", &Pick::All).unwrap_err();
    assert_eq!(unknown.hint().unwrap(), "did you mean `people`?");
    let unknown = lineage(view, &port("adults.rows"), Some("agee")).unwrap_err();
    assert_eq!(unknown.hint().unwrap(), "did you mean `age`?");
}
