//! Records of finished scripts and foreign tools: added, shown, and read at a port; invalid ones are refused.

use crate::binary::Folder;
use crate::small::small;
use mlspec_record::Digest;
use serde_json::{Value, json};

const ID: &str = "0198c0de-0000-7000-8000-000000000001";

/// A run of a small pipeline, and the artifact of one of its outputs.
fn ran() -> (Folder, Value) {
    let folder = small();
    folder.run(&["run", "pipeline.yaml"]).expect(0);
    let shown: Value = serde_json::from_str(&folder.run(&["show", "prepared", "--json"]).expect(0).stdout).unwrap();
    (folder, shown["record"]["outputs"][0]["artifact"].clone())
}

/// The record of a script that says which rows it looked at, and made a report.
fn record(artifact: &Value, report: &[u8]) -> Value {
    json!({
        "schema": "urn:mlspec:schema:transformation:1.0.0", "id": ID, "kind": "transformation", "name": "looked", "status": "Active",
        "step": {"name": "looked", "stage": "script@1"}, "started": "2024-05-01T12:00:00Z", "finished": "2024-05-01T12:00:01Z",
        "producer": {"name": "look.py", "version": "1"}, "parameters": {"by": "hand"},
        "inputs": [{"port": "rows", "artifact": artifact}],
        "outputs": [{"port": "rows", "artifact": artifact},
                    {"port": "report", "artifact": {"kind": "report", "digest": Digest::of(report).to_string(), "bytes": report.len()}}],
        "body": {}, "note": "a field that nobody knows stays",
    })
}

#[test]
fn a_record_is_added_shown_and_read_at_a_port() {
    let (folder, artifact) = ran();
    let report = br#"{"looked": true}"#;
    folder.write("record.json", record(&artifact, report).to_string()).write("report.json", report);
    let add = ["record", "add", "record.json", "--object", "report.json"];
    let told = folder.run(&add).expect(0).stdout;
    assert!(told.contains("added transformation") && told.contains(ID), "{told}");
    assert!(folder.run(&add).expect(0).stdout.contains("was there already"));
    let shown: Value = serde_json::from_str(&folder.run(&["show", ID, "--json"]).expect(0).stdout).unwrap();
    assert_eq!(shown["record"]["note"], "a field that nobody knows stays");
    assert!(folder.run(&["show", ID]).expect(0).stdout.contains("look.py 1"));
    folder.run(&["validate", ".mlspec/records"]).expect(0);

    // Its outputs arrive at ports.
    let pipeline = format!(
        "pipeline: taken\nversion: 1.0.0\nsteps:\n  looked: {{uses: record@1, settings: {{record: {ID}, outputs: {{rows: table, report: report}}}}}}\n  \
         older: {{uses: transform@1, inputs: {{rows: looked.rows}}, settings: {{from: rows, steps: [{{filter: \"age > 50\"}}]}}}}\n"
    );
    folder.write("taken.yaml", &pipeline);
    folder.run(&["run", "taken.yaml"]).expect(0);
    let taken: Value = serde_json::from_str(&folder.run(&["show", "taken/looked", "--json"]).expect(0).stdout).unwrap();
    assert_eq!(taken["record"]["body"]["taken"]["producer"]["name"], "look.py");
    let told = folder.run(&["lineage", "older.rows"]).expect(0).stdout;
    assert!(told.contains("people.age"), "lineage goes on: {told}");

    // Edited on disk, it is no longer valid: refused at the port, with its place, and nothing runs.
    let path = folder.path().join(format!(".mlspec/records/{ID}/looked.json"));
    let valid = std::fs::read_to_string(&path).unwrap();
    for (what, edited, says) in [
        ("a wrong type", valid.replace("\"finished\":\"2024-05-01T12:00:01Z\"", "\"finished\":17"), "finished"),
        ("a field less", valid.replace("\"producer\":{\"name\":\"look.py\",\"version\":\"1\"},", ""), "producer"),
        ("another kind", valid.replace("\"kind\":\"transformation\"", "\"kind\":\"training\""), "kind"),
        ("no JSON", valid.replace('{', "["), "the record at the port is not valid"),
    ] {
        assert_ne!(edited, valid, "{what}: the case checks nothing");
        std::fs::write(&path, edited).unwrap();
        let told = folder.run(&["run", "taken.yaml"]).expect(2).text();
        let words = told.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(words.contains("the record at the port is not valid") && words.contains(says), "{what}: {told}");
    }
    std::fs::write(&path, &valid).unwrap();
    folder.run(&["run", "taken.yaml"]).expect(0);
    for (edit, code, says) in [
        (("rows: table", "row: table"), 2, "names nothing at its port `row`"),
        (("rows: table", "rows: model"), 2, "expects a table"),
        ((ID, "0198c0de-0000-7000-8000-000000000009"), 2, "the store has no record"),
        (("outputs: {rows: table, report: report}", "outputs: {}"), 2, "outputs"),
    ] {
        folder.write(
            "wrong.yaml",
            pipeline
                .replace(edit.0, edit.1)
                .replace("looked.rows", if edit.1 == "row: table" { "looked.row" } else { "looked.rows" }),
        );
        let told = folder.run(&["run", "wrong.yaml"]).expect(code).text();
        assert!(told.contains(says), "{edit:?}: {told}");
    }
}

#[test]
fn a_record_that_is_wrong_is_refused_whole() {
    let (folder, artifact) = ran();
    let report = br#"{"looked": true}"#;
    let good = record(&artifact, report);
    folder.write("report.json", report);
    let check = |edit: &dyn Fn(&mut Value), objects: &[&str], code: i32, says: &str| {
        let mut document = good.clone();
        edit(&mut document);
        folder.write("record.json", document.to_string());
        let told = folder.run(&[&["record", "add", "record.json"], objects].concat()).expect(code).text();
        let words = told.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
        assert!(words.contains(says), "`{says}`: {told}");
        assert!(code == 0 || !folder.path().join(format!(".mlspec/records/{ID}")).exists(), "{says}");
    };
    let with = ["--object", "report.json"];
    check(&|record| record["started"] = json!("yesterday"), &with, 2, "started");
    check(&|record| drop(record.as_object_mut().unwrap().remove("producer")), &with, 2, "producer");
    check(&|record| record["schema"] = json!("urn:mlspec:schema:transformation:9.0.0"), &with, 2, "schema");
    check(&|record| record["finished"] = json!("2023-05-01T12:00:01Z"), &with, 2, "finished");
    check(&|_| {}, &[], 2, "the report");
    check(
        &|record| record["inputs"][0]["artifact"]["digest"] = json!(Digest::of(b"gone").to_string()),
        &with,
        2,
        "is not in the store",
    );
    check(
        &|record| record["inputs"][0]["artifact"]["lineage"] = json!(Digest::of(b"gone").to_string()),
        &with,
        2,
        "is not complete in the store",
    );
    check(&|record| record["outputs"].as_array_mut().unwrap().truncate(1), &with, 2, "does not name the object");
    check(&|record| record["id"] = json!("no id at all!"), &with, 2, "id");
    let first = |record: &mut Value| {
        let run = std::fs::read_dir(folder.path().join(".mlspec/records")).unwrap().next().unwrap().unwrap().path();
        let known: Value = serde_json::from_slice(&std::fs::read(run.join("prepared.json")).unwrap()).unwrap();
        record["id"] = known["id"].clone();
    };
    check(&first, &with, 2, "another record of the store has the id");
    check(
        &|record| {
            record["inputs"][0]["producer"] =
                json!({"record": "no-such-record", "content": Digest::of(b"x").to_string(), "step": "a", "port": "b"})
        },
        &["--object", "nowhere.json"],
        2,
        "no such file",
    );
    for (text, says) in [("", ""), ("{\"a\": 1} {\"b\": 2}", ""), ("{", "cannot be parsed"), ("[]", "")] {
        folder.write("bad.json", text);
        let told = folder.run(&["record", "add", "bad.json"]).expect(2).text();
        assert!(told.contains(says), "{text}: {told}");
    }
    // An object of its own kind: a pipeline run is no record of a stage.
    let runs = std::fs::read_dir(folder.path().join(".mlspec/records")).unwrap();
    let run = runs
        .filter_map(Result::ok)
        .find(|entry| entry.path().join("_run.json").exists())
        .unwrap()
        .path()
        .join("_run.json");
    let told = folder.run(&["record", "add", run.to_str().unwrap()]).expect(2).text();
    assert!(told.contains("only records of stages"), "{told}");
    // What lies in no store is said to lie elsewhere.
    let gone = Digest::of(b"gone").to_string();
    let elsewhere = |record: &mut Value| {
        record["outputs"][1]["artifact"]["digest"] = json!(gone);
        record["elsewhere"] = json!([{"digest": gone, "place": "a shelf"}]);
    };
    check(&elsewhere, &[], 0, "added");
    folder.run(&["validate", ".mlspec/records"]).expect(0);
}
