//! The examples, as a newcomer runs them.

use crate::binary::{Folder, Ran};
use serde_json::Value;

fn run(folder: &Folder, arguments: &[&str]) -> Ran {
    folder.run(arguments).expect(0)
}

/// What a command says as JSON.
fn json(folder: &Folder, arguments: &[&str]) -> Value {
    serde_json::from_str(&run(folder, arguments).stdout).unwrap()
}

/// The newest run's records, by step.
fn records(folder: &Folder, store: &str) -> Vec<(String, Value)> {
    let runs = folder.path().join(store).join("records");
    let mut found: Vec<_> = std::fs::read_dir(runs).unwrap().map(|entry| entry.unwrap().path()).collect();
    found.sort();
    let newest = found.last().unwrap();
    let mut records: Vec<_> = std::fs::read_dir(newest)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == "json"))
        .map(|path| {
            let document = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), document)
        })
        .collect();
    records.sort_by(|a, b| a.0.cmp(&b.0));
    records
}

fn record(records: &[(String, Value)], step: &str) -> Value {
    records.iter().find(|(name, _)| name == step).unwrap_or_else(|| panic!("no record of `{step}`")).1.clone()
}

fn metric(result: &Value, name: &str) -> f64 {
    let metrics = result["metrics"].as_array().unwrap();
    metrics.iter().find(|metric| metric["name"] == name).unwrap()["value"].as_f64().unwrap()
}

#[test]
fn complaints_from_raw_files_to_a_traced_prediction() {
    let folder = Folder::new();
    let told = run(&folder, &["example", "complaints", "demo", "--customers", "300", "--run"]).text();
    assert!(told.contains("customers") && told.contains("mails"), "{told}");
    let page = folder.read("demo/report.html");
    assert!(page.contains("<svg") && page.contains("roc_auc_score"), "the report has pictures and metrics");

    // Everything that was written is accepted by the published schemas.
    run(&folder, &["validate", "demo/pipeline.yaml", "demo/.mlspec/records"]);

    // A rerun takes every step from the store.
    let rerun = run(&folder, &["run", "demo/pipeline.yaml"]).text();
    let records = records(&folder, "demo/.mlspec");
    for (step, record) in records.iter().filter(|(_, record)| record.get("step").is_some()) {
        assert_eq!(record["step"]["cached"], Value::Bool(true), "`{step}` ran again:\n{rerun}");
    }

    // The classifier is better than chance on people it has never seen, and no source row reached both sides.
    let test = record(&records, "test");
    assert!(metric(&test["body"]["result"], "roc_auc_score") > 0.7);
    let leaks = test["body"]["shared_with_training"].as_array().unwrap();
    assert!(!leaks.is_empty() && leaks.iter().all(|leak| leak["shared"] == 0), "{leaks:?}");
    let slices = test["body"]["result"]["slices"].as_array().unwrap();
    assert!(slices.iter().any(|slice| slice["source"] == "customers" && slice["column"] == "level"), "{slices:?}");

    // The rows of the test are like those of the training, and the record that says so shows no mail.
    let monitor = record(&records, "monitor");
    assert_eq!(monitor["body"]["passed"], Value::Bool(true));
    assert_eq!(monitor["body"]["reference"], "profile");
    let profile = record(&records, "profile");
    assert_eq!(profile["body"]["slices"][0]["source"], "customers");
    assert!(
        page.contains("Monitoring") && page.contains("histogram of title_words"),
        "the report has drift and histograms"
    );

    // The rows that did not make it, by step and reason, are as many as the record counts.
    let dropped = json(&folder, &["dropped", "prepared", "--store", "demo", "--json"]);
    let prepared = record(&records, "prepared");
    let counted: u64 =
        prepared["body"]["operators"].as_array().unwrap().iter().filter_map(|op| op["dropped"].as_u64()).sum();
    let listed: u64 = dropped.as_array().unwrap().iter().filter_map(|op| op["rows"].as_u64()).sum();
    assert!(listed > 0 && listed == counted, "{listed} are listed, {counted} counted");
    assert!(dropped[0]["from"][0]["port"].as_str().unwrap().starts_with("checked-"), "{}", dropped[0]);

    // Backward from a prediction, forward from a customer; both ways meet.
    let where_premium = ["impact", "customers", "--where", "level = 'premium'", "--json"];
    let impact = folder.command(&where_premium).current_dir(folder.path().join("demo")).output().unwrap();
    assert!(impact.status.success());
    let impact: Value = serde_json::from_slice(&impact.stdout).unwrap();
    assert!(impact.to_string().contains("predictions"), "{impact}");
}

#[test]
fn the_same_pipeline_gives_the_same_contents_everywhere() {
    let folder = Folder::new();
    run(&folder, &["example", "complaints", "demo", "--customers", "120"]);
    run(&folder, &["run", "demo/pipeline.yaml", "--store", "one", "--threads", "1"]);
    run(&folder, &["run", "demo/pipeline.yaml", "--store", "two", "--threads", "2"]);
    let contents = |store: &str| -> Vec<(String, Vec<Value>)> {
        let steps = records(&folder, store).into_iter().filter(|(_, record)| record.get("step").is_some());
        steps.map(|(step, record)| (step, outputs(&record))).collect()
    };
    let (one, two) = (contents("one"), contents("two"));
    assert_eq!(one.len(), 12, "{one:?}");
    assert_eq!(one, two);
    let id = record(&records(&folder, "one"), "test")["run"]["id"].as_str().unwrap().to_owned();
    run(&folder, &["reproduce", &id, "--store", "one"]);
}

/// Digests and lineage of what a record says was written.
fn outputs(record: &Value) -> Vec<Value> {
    record["outputs"].as_array().unwrap().iter().map(|output| output["artifact"].clone()).collect()
}

#[test]
fn wine_as_number_and_as_class() {
    let folder = Folder::new();
    run(&folder, &["example", "wine", "wine", "--run"]);
    run(&folder, &["validate", "wine/pipeline.yaml", "wine/.mlspec/records"]);
    let records = records(&folder, "wine/.mlspec");
    let r2 = metric(&record(&records, "ridge-tested")["body"]["result"], "r2_score");
    assert!((0.2..0.6).contains(&r2), "{r2}");
    for step in ["logistic-tested", "tree-tested"] {
        let accuracy = metric(&record(&records, step)["body"]["result"], "accuracy_score");
        assert!((0.8..1.0).contains(&accuracy), "{step}: {accuracy}");
    }
    let lineage = json(&folder, &["lineage", "grades.train", "--store", "wine", "--json"]);
    assert!(lineage.to_string().contains("alcohol"), "{lineage}");
}
