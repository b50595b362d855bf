//! Expectations and splits through the binary: inferred, compared, used by a pipeline; the record says what they found.

use crate::binary::Folder;
use crate::small::{PIPELINE, people};
use serde_json::Value;

fn record(folder: &Folder, step: &str) -> Value {
    let shown = folder.run(&["show", step, "--json", "--store", ".mlspec"]).expect(0).stdout;
    serde_json::from_str::<Value>(&shown).unwrap()["record"].clone()
}

#[test]
fn a_first_document_is_inferred_used_and_compared() {
    let folder = Folder::new();
    folder.write("data/people.csv", people());
    let told = folder.run(&["infer-expectations", "data/people.csv"]).expect(0).stdout;
    for line in [
        "name: \"people\"",
        "- {unique: {columns: [\"id\"]}}",
        "- {allowed_values: {column: \"city\", values: [\"Bonn\", \"Jena\", \"Ulm\"]}}",
        "- {range: {column: \"age\", min: 20, max: 100}}",
    ] {
        assert!(told.contains(line), "{line} in {told}");
    }
    folder.run(&["infer-expectations", "data/people.csv", "--output", "data/people.yaml"]).expect(0);
    folder.run(&["infer-expectations", "data/people.csv", "--output", "data/people.yaml"]).expect(2);
    folder.run(&["validate", "data/people.yaml"]).expect(0);
    let settings = "      document: {datastore: data, path: people.yaml}\n      environment: train\n";
    let inline = "      expectations: [{not_null: {columns: [age]}}]\n";
    folder.write("pipeline.yaml", PIPELINE.replace(inline, settings));
    folder.run(&["run", "pipeline.yaml"]).expect(0);
    let checked = record(&folder, "checked");
    assert_eq!(checked["body"]["document"]["version"], "0.1.0", "{checked}");
    assert_eq!(checked["body"]["document"]["digest"], checked["parameters"]["document"]["digest"]);
    // From an output of the run the same is found.
    let again = folder.run(&["infer-expectations", "people.rows", "--store", ".mlspec"]).expect(0).stdout;
    assert_eq!(again, told);
    folder.run(&["diff-expectations", "data/people.yaml", "data/people.yaml"]).expect(0);
    let tightened = told.replace("min: 20, max: 100", "min: 20, max: 60").replace("version: 0.1.0", "version: 1.0.0");
    folder.write("data/people.yaml", &tightened).write("old.yaml", &told);
    let differs = folder.run(&["diff-expectations", "old.yaml", "data/people.yaml"]).expect(1).stdout;
    assert!(
        differs.contains("tightened range(age): max: 100 → 60") && differs.contains("asks for a major version"),
        "{differs}"
    );
    folder.run(&["diff-expectations", "old.yaml", "data/people.yaml", "--allow", "tightened"]).expect(0);
    // Another document is another step: its gate holds.
    let refused = folder.run(&["run", "pipeline.yaml"]).expect(1);
    assert!(refused.text().contains("range(age)"), "{}", refused.text());
}

#[test]
fn settings_of_encoders_are_inferred_and_used() {
    let folder = Folder::new();
    folder.write("data/people.csv", people());
    folder.run(&["infer-expectations", "data/people.csv", "--output", "people.yaml"]).expect(0);
    let told = folder.run(&["infer-encode", "people.yaml"]).expect(0).stdout;
    for line in [
        "# Inferred from the expectations `people` 0.1.0; to be reviewed.",
        "  - {one_hot: {columns: [\"city\"], handle_unknown: \"ignore\"}}",
        "fit: \"train\"",
        "# \"id\" is left out: it names each row.",
    ] {
        assert!(told.contains(line), "{line} in {told}");
    }
    // From the table itself the same is found.
    assert_eq!(folder.run(&["infer-encode", "data/people.csv"]).expect(0).stdout, told);
    folder.run(&["infer-encode", "people.yaml", "--label", "nobody"]).expect(2);
    // What is inferred can be used: the pipeline's encode step takes the encoders.
    let settings = folder.run(&["infer-encode", "people.yaml", "--json"]).expect(0).stdout;
    let settings: Value = serde_json::from_str(&settings).unwrap();
    let encoders = settings["encoders"].to_string();
    let (head, tail) = PIPELINE.split_once("encoders: [").unwrap();
    let (_, tail) = tail.split_once('\n').unwrap();
    folder.write("pipeline.yaml", format!("{head}encoders: {encoders}\n{tail}"));
    folder.run(&["run", "pipeline.yaml"]).expect(0);
}

#[test]
fn folds_are_trained_each_for_itself() {
    let folder = Folder::new();
    folder.write("data/people.csv", people());
    let (head, _) = PIPELINE.split_once("  parts:\n").unwrap();
    let mut pipeline = format!(
        "{head}  parts:\n    uses: split@1\n    inputs: {{rows: prepared.rows}}\n    settings: {{folds: 3, stratify: [old]}}\n"
    );
    for fold in 0..3 {
        pipeline.push_str(&format!(
            "  features{fold}:\n    uses: encode@1\n    inputs: {{train: parts.fold{fold}-train, test: parts.fold{fold}-test}}\n    settings:\n      fit: train\n      apply: [test]\n      encoders: [{{standard_scaler: {{columns: [income]}}}}]\n      label: {{column: old, positive: \"true\"}}\n  model{fold}:\n    uses: train@1\n    inputs: {{train: features{fold}.train}}\n    settings: {{estimator: {{logistic_regression: {{}}}}}}\n  tested{fold}:\n    uses: test@1\n    inputs: {{model: model{fold}.model, data: features{fold}.test, train: features{fold}.train}}\n"
        ));
    }
    folder.write("pipeline.yaml", pipeline);
    folder.run(&["run", "pipeline.yaml"]).expect(0);
    let body = record(&folder, "parts")["body"].clone();
    let rows: Vec<u64> = body["parts"].as_array().unwrap().iter().map(|part| part["rows"].as_u64().unwrap()).collect();
    assert_eq!((rows.len(), rows.iter().step_by(2).sum::<u64>()), (6, 60), "{body}");
    for fold in 0..3 {
        let tested = record(&folder, &format!("tested{fold}"));
        let shared = tested["body"]["shared_with_training"].as_array().unwrap().clone();
        assert!(shared.iter().all(|leak| leak["shared"] == 0), "{tested}");
    }
}
