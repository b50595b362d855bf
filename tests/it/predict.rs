//! `mlspec predict` and `mlspec diff`, through the binary.

use crate::binary::{Folder, Ran};
use mlspec_store::Store;
use mlspec_table::Table;
use mlspec_table::polars::prelude::{ParquetReader, SerReader as _};
use serde_json::Value;
use std::collections::BTreeMap;

/// The document that tells of predictions, after the events of the run.
#[track_caller]
fn told(ran: &Ran) -> Value {
    let documents = ran.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    documents.into_iter().find(|document| document["event"] == "predicted").unwrap()
}

fn complaints(customers: &str) -> Folder {
    let folder = Folder::new();
    folder.run(&["example", "complaints", "demo", "--customers", customers]).expect(0);
    folder.run(&["run", "demo/pipeline.yaml"]).expect(0);
    folder
}

fn csv(text: &str) -> Vec<BTreeMap<String, String>> {
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned).collect::<Vec<_>>());
    let head = lines.next().unwrap();
    lines.map(|line| head.iter().cloned().zip(line).collect()).collect()
}

#[test]
fn new_mails_are_predicted_as_the_same_mails_were() {
    let folder = complaints("150");
    let live = std::fs::read(folder.path().join("demo/.mlspec/live/complaints.json")).unwrap();
    // The very mails that were tested: predictions of the same rows by the same model are the same.
    folder.write("new.csv", folder.read("demo/data/mails.csv"));
    let ran = folder
        .run(&[
            "predict",
            "complaints@live",
            "--store",
            "demo",
            "--source",
            "mails=new.csv",
            "--out",
            "p.csv",
            "--json",
        ])
        .expect(0);
    let document = told(&ran);
    let store = Store::open(folder.path().join("demo/.mlspec")).unwrap();
    let read = |artifact: &Value| {
        let artifact: mlspec_record::ArtifactRef = serde_json::from_value(artifact.clone()).unwrap();
        Table::read(&store, &artifact.digest).unwrap()
    };
    let predicted = read(&document["predictions"]);
    let records = store.live(&mlspec_record::Name::new("complaints").unwrap()).unwrap().unwrap();
    let of = |step: &str| {
        let step = records.steps.iter().find(|(name, _)| name.as_str() == step).unwrap().1;
        Table::read(&store, &step.outputs[0].artifact.digest).unwrap()
    };
    assert_eq!(predicted.len(), of("prepared").len(), "a split is passed over: every prepared row is predicted");
    let shares = |table: &Table| -> Vec<u64> {
        let shares = table.column("probability_true").unwrap().f64().unwrap();
        let mut shares: Vec<u64> = shares.iter().map(|share| share.unwrap().to_bits()).collect();
        shares.sort_unstable();
        shares
    };
    let all = shares(&predicted);
    assert!(shares(&of("test")).iter().all(|share| all.binary_search(share).is_ok()), "bit by bit what the test says");

    // The file: one line a prediction, in the order of the new mails, by their key.
    let lines = csv(&folder.read("p.csv"));
    assert_eq!(lines.len(), predicted.len());
    let ids: Vec<i64> = lines.iter().map(|line| line["mails.id"].parse().unwrap()).collect();
    assert!(ids.is_sorted() && ids[0] >= 1, "{ids:?}");
    assert!(lines.iter().all(|line| ["true", "false"].contains(&line["label"].as_str())));

    // A run of its own, never live, and no version of the pipeline.
    assert_eq!(std::fs::read(folder.path().join("demo/.mlspec/live/complaints.json")).unwrap(), live);
    let run = document["run"].as_str().unwrap();
    folder.run(&["validate", "demo/.mlspec/records"]).expect(0);
    let status = folder.run(&["status", "complaints", "--store", "demo"]).expect(0).text();
    assert!(!status.contains(run), "{status}");
    let traced = folder
        .run(&["trace", &format!("predictions.predictions:{}", lines[0]["_row"]), "--store", "demo", "--run", run])
        .expect(0);
    assert!(
        traced.stdout.contains("outside:new.csv row") && traced.stdout.contains("customers: 1 row"),
        "{}",
        traced.stdout
    );
    // Rows that the model was trained on and new rows have no id in common, though they are equal.
    let usage = |which: &[&str]| -> Value {
        let arguments =
            [&["usage", "train", "--store", "demo", "--source", "mails", "--ids", "--json"], which].concat();
        serde_json::from_str(&folder.run(&arguments).expect(0).stdout).unwrap()
    };
    let trained: Vec<u64> = usage(&[])["sources"][0]["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().parse().unwrap())
        .collect();
    assert!(trained.iter().max().unwrap() < &1500, "the dataset has 1,500 mails");

    // Again: the same contents, from the cache.
    let again = told(
        &folder.run(&["predict", "complaints", "--store", "demo", "--source", "mails=new.csv", "--json"]).expect(0),
    );
    assert_eq!(again["predictions"], document["predictions"]);
    // A purge takes predictions as it takes older versions, and what is live stays whole.
    folder.run(&["run", "demo/pipeline.yaml", "--set", "c=2"]).expect(0);
    folder.run(&["purge", "complaints", "--store", "demo", "--keep", "0"]).expect(0);
    folder.run(&["predict", "complaints@live", "--store", "demo", "--source", "mails=new.csv"]).expect(0);
}

#[test]
fn columns_that_no_prediction_depends_on_may_be_missing() {
    let folder = complaints("120");
    let named = |columns: &[(usize, &str)], rows: &str| -> String {
        let line = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            let object: Vec<String> = columns
                .iter()
                .map(|(at, name)| {
                    if *at == 0 {
                        format!("\"{name}\": {}", fields[0])
                    } else {
                        format!("\"{name}\": {:?}", fields[*at])
                    }
                })
                .collect();
            format!("{{{}}}\n", object.join(", "))
        };
        rows.lines().map(line).collect()
    };
    let (customers, mails) = (folder.read("demo/data/customers.csv"), folder.read("demo/data/mails.csv"));
    folder.write("mails.ndjson", named(&[(0, "id"), (1, "email"), (2, "date"), (3, "subject"), (4, "text")], &mails));
    // The level makes the label, and the bank is only carried along.
    folder.write("known.ndjson", named(&[(0, "id"), (1, "email"), (3, "country")], &customers));
    folder.write("unknown.ndjson", named(&[(0, "id"), (1, "email"), (2, "bank"), (4, "level")], &customers));
    folder.write("nobody.ndjson", named(&[(0, "id"), (2, "bank"), (3, "country"), (4, "level")], &customers));
    let predict = |customers: &str| {
        let customers = format!("customers={customers}");
        folder.run(&[
            "predict",
            "complaints@live",
            "--store",
            "demo",
            "--source",
            "mails=mails.ndjson",
            "--source",
            &customers,
            "--out",
            "p.parquet",
        ])
    };
    let ran = predict("known.ndjson").expect(0).text();
    assert!(ran.contains("without bank, level") && ran.contains("2 of 6 expectations passed over"), "{ran}");
    let file = std::fs::File::open(folder.path().join("p.parquet")).unwrap();
    let frame = ParquetReader::new(file).finish().unwrap();
    let names: Vec<&str> = frame.get_column_names().iter().map(|name| name.as_str()).collect();
    assert_eq!(names, ["_row", "mails.id", "customers.id", "prediction", "probability_true"]);
    assert!(frame.height() > 100, "{frame}");
    for (file, part) in
        [("unknown.ndjson", "the features of `country` depend on it"), ("nobody.ndjson", "by a join, on it")]
    {
        let told = predict(file).expect(3).text().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(told.contains(part), "{part}: {told}");
    }
}

#[test]
fn what_cannot_be_predicted_is_told() {
    let folder = complaints("120");
    folder.run(&["example", "wine", "wine"]).expect(0);
    folder.run(&["run", "wine/pipeline.yaml"]).expect(0);
    folder.write("empty.csv", "").write("ragged.csv", "1,2\n").write("mails.csv", folder.read("demo/data/mails.csv"));
    let bad_date = folder.read("demo/data/mails.csv").lines().next().unwrap().replace("20", "x20");
    folder.write("type.csv", bad_date + "\n");
    let gate = "1,a@b.example,2019-01-01,Hello,I write of a complaint\n";
    folder.write("gate.csv", gate);
    let none = "1,a@b.example,2023-01-01,Hello,I write of a complaint\n";
    folder.write("none.csv", none);
    let wine = folder.read("wine/data/wine.csv");
    folder.write("wine.csv", &wine);
    let without = |column: usize| -> String {
        let line = |line: &str| {
            let fields: Vec<&str> =
                line.split(',').enumerate().filter(|(at, _)| *at != column).map(|(_, field)| field).collect();
            fields.join(",") + "\n"
        };
        wine.lines().map(line).collect()
    };
    folder.write("unlabelled.csv", without(11)).write("weak.csv", without(10));
    let cases: [(&[&str], i32, &str); 14] = [
        (&["complaints@live", "--source", "mails=empty.csv"], 3, "none: the file is empty"),
        (&["complaints@live", "--source", "mails=ragged.csv"], 3, "2 fields, expected 5"),
        (&["complaints@live", "--source", "mails=type.csv"], 3, "not of type `date`"),
        (&["complaints@live", "--source", "mails=gate.csv"], 1, "range"),
        (&["complaints@live", "--source", "mails=none.csv"], 0, "0 rows predicted"),
        (&["complaints@live", "--source", "mail=none.csv"], 2, "`mail`"),
        (&["complaints@live", "--source", "mails=none.csv", "--source", "mails=none.csv"], 2, "named twice"),
        (&["complaints@live", "--source", "mails=nowhere.csv"], 2, "no such file"),
        (&["complaints@live", "--source", "mails=none.csv", "--out", "p.docx"], 2, "says no format"),
        (
            &["complaints@live", "--source", "mails=none.csv", "--model", "split"],
            2,
            "neither fits a model nor uses one",
        ),
        (&["nothing@live", "--source", "mails=none.csv"], 2, "nothing is live"),
        (&["complaint", "--source", "mails=none.csv"], 2, "complaint"),
        (&["complaints@live", "--source", "mails"], 2, "NAME=FILE"),
        (&["complaints@live", "--source", "=x.csv"], 2, "NAME=FILE"),
    ];
    for (arguments, code, part) in cases {
        let told = folder.run(&[&["predict"], arguments, &["--store", "demo"]].concat()).expect(code).text();
        assert!(told.contains(part), "{arguments:?}: {told}");
        assert_eq!(folder.leftovers("demo/.mlspec"), 0);
    }
    let cases: [(&[&str], i32, &str); 5] = [
        (&["wine@live", "--source", "wines=wine.csv"], 2, "3 models"),
        (&["wine@live", "--source", "wines=wine.csv", "--model", "ridge-tested", "--out", "w.ndjson"], 0, "mean 5."),
        (
            &["wine@live", "--source", "wines=unlabelled.csv", "--model", "tree", "--out", "w.arrow"],
            0,
            "1599 rows predicted",
        ),
        (&["wine@live", "--source", "wines=weak.csv", "--model", "tree"], 3, "lack the column `alcohol`"),
        (
            &["wine@live", "--source", "wines=wine.csv", "--model", "logistic-tested", "--out", "no/such/p.csv"],
            0,
            "wrote",
        ),
    ];
    for (arguments, code, part) in cases {
        let told = folder.run(&[&["predict"], arguments, &["--store", "wine"]].concat()).expect(code).text();
        assert!(told.split_whitespace().collect::<Vec<_>>().join(" ").contains(part), "{arguments:?}: {told}");
    }
    let first: Value = serde_json::from_str(folder.read("w.ndjson").lines().next().unwrap()).unwrap();
    assert_eq!((first["wines.row"].as_u64(), first["label"].as_f64()), (Some(1), Some(5.0)), "{first}");
    // The run before is a prediction, and no model was fitted there.
    let last: Vec<String> = Store::open(folder.path().join("wine/.mlspec"))
        .unwrap()
        .runs()
        .unwrap()
        .iter()
        .map(ToString::to_string)
        .collect();
    let told = folder.run(&["predict", &last[0], "--source", "wines=wine.csv", "--store", "wine"]).expect(2).text();
    assert!(told.contains("predicted rows itself"), "{told}");
}

#[test]
fn unseen_categories_are_as_the_encoder_says() {
    let folder = crate::small::small();
    folder.run(&["run", "pipeline.yaml"]).expect(0);
    folder.write("new.csv", "id,age,income,city\n100,33,2000.5,Atlantis\n");
    let told = folder.run(&["predict", "small@live", "--source", "people=new.csv"]).expect(3).text();
    assert!(told.contains("city") && told.contains("category") && !told.contains("Atlantis"), "{told}");
    folder.write("new.csv", "id,age,income,city\n100,33,2000.5,Bonn\n");
    folder.run(&["predict", "small@live", "--source", "people=new.csv"]).expect(0);
}

#[test]
fn runs_are_compared() {
    let folder = complaints("120");
    let diff = |arguments: &[&str]| folder.run(&[&["diff"], arguments, &["--store", "demo"]].concat());
    let first = Store::open(folder.path().join("demo/.mlspec")).unwrap().runs().unwrap()[0].to_string();
    assert!(diff(&[&first, "complaints@live", "--exit-code"]).expect(0).stdout.contains("nothing differs"));
    // Another row, another parameter.
    folder.write(
        "demo/data/mails.csv",
        folder.read("demo/data/mails.csv") + "90001,x@inbox.example,2024-07-01,Hello,Hello a complaint\n",
    );
    folder.run(&["run", "demo/pipeline.yaml", "--set", "c=0.5"]).expect(0);
    let text = diff(&[&first, "complaints"]).expect(0).stdout;
    for part in [
        "parameters",
        "c  10",
        "-> 0.5",
        "mails",
        "1200 -> 1201 rows",
        "0 removed, 1 added, 0 changed",
        "largest move of a coefficient",
        "metrics[log_loss]",
    ] {
        assert!(text.contains(part), "`{part}`: {text}");
    }
    diff(&[&first, "complaints", "--exit-code"]).expect(1);
    let document: Value =
        serde_json::from_str(&diff(&[&first, "complaints", "--format", "json"]).expect(0).stdout).unwrap();
    assert_eq!(document["same"], false);
    let step =
        |name: &str| document["steps"].as_array().unwrap().iter().find(|step| step["step"] == name).unwrap().clone();
    assert_eq!(step("mails")["tables"][0]["rows"], serde_json::json!({"removed": 0, "added": 1, "changed": 0}));
    assert_eq!(step("train")["settings"][0]["after"], 0.5);
    assert!(step("train")["fitted"]["largest_move"]["difference"].as_f64().unwrap().abs() > 0.0);
    let loss = step("test")["figures"]
        .as_array()
        .unwrap()
        .iter()
        .find(|figure| figure["name"] == "result.metrics[log_loss]")
        .unwrap()
        .clone();
    let (before, after) = (loss["before"].as_f64().unwrap(), loss["after"].as_f64().unwrap());
    assert!((loss["difference"].as_f64().unwrap() - (after - before)).abs() < 1e-12);
    diff(&[&first, "nothing"]).expect(2);
    diff(&[&first, "nothing@live"]).expect(2);
}
