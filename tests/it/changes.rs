//! The examples, changed in all four ways, each time beside a run of everything from the new dataset versions.

use crate::binary::{Folder, Ran, copy_folder};
use mlspec_record::ArtifactRef;
use mlspec_store::{Live, Store};
use mlspec_table::Table;
use serde_json::Value;
use std::collections::BTreeSet;

/// The greatest difference of a probability to that of a model fitted anew.
const NEAR: f64 = 1e-6;

struct Example {
    folder: Folder,
    /// The steps that an update may leave within a tolerance, and those after them.
    near: BTreeSet<&'static str>,
    pipeline: &'static str,
}

impl Example {
    fn new(pipeline: &'static str, arguments: &[&str], near: &[&'static str]) -> Self {
        let folder = Folder::new();
        folder.run(&[&["example", pipeline, "demo"], arguments].concat()).expect(0);
        folder.run(&["key", "new", "--output", "key.json"]).expect(0);
        folder.run(&["run", "demo/pipeline.yaml"]).expect(0);
        Self { folder, near: near.iter().copied().collect(), pipeline }
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.folder.run(&[arguments, &["--key-file", "key.json"]].concat())
    }

    fn live(&self, folder: &str) -> (Store, Live) {
        let store = Store::open(self.folder.path().join(folder).join(".mlspec")).unwrap();
        let live = store.live(&mlspec_record::Name::new(self.pipeline).unwrap()).unwrap().unwrap();
        (store, live)
    }

    /// Makes a change, which a dry run foretells, and compares what is live with a run of everything in a copy.
    #[track_caller]
    fn change(&self, arguments: &[&str], expected: &str) {
        let before = self.live("demo").1;
        let subject = [&arguments[..1], &["demo/pipeline.yaml"], &arguments[1..]].concat();
        let tried: Value = document(&self.run(&[&subject[..], &["--dry-run", "--json"]].concat()).expect(0).stdout);
        assert_eq!(self.live("demo").1, before, "a dry run changes nothing");
        let made: Value = document(&self.run(&[&subject[..], &["--json"]].concat()).expect(0).stdout);
        assert_eq!(tried["sources"], made["sources"]);
        assert_eq!(counts(&made), expected, "{arguments:?}");
        let outputs = |told: &Value| -> Vec<Value> {
            told["report"]["steps"].as_array().unwrap().iter().map(|step| step["outputs"].clone()).collect()
        };
        assert_eq!(outputs(&tried), outputs(&made));
        self.compare(arguments);
    }

    #[track_caller]
    fn compare(&self, arguments: &[&str]) {
        let copy = self.folder.path().join("copy");
        if copy.exists() {
            std::fs::remove_dir_all(&copy).unwrap();
        }
        copy_folder(&self.folder.path().join("demo"), &copy);
        self.run(&["run", "copy/pipeline.yaml", "--fresh"]).expect(0);
        let ((store, updated), (other, anew)) = (self.live("demo"), self.live("copy"));
        assert_ne!(updated.run, anew.run);
        for (step, was) in &updated.steps {
            let is = &anew.steps[step];
            for (one, two) in was.outputs.iter().zip(&is.outputs) {
                match self.near.contains(step.as_str()) {
                    true if one.port.as_str() == "predictions" => {
                        let by = distance(&store, &one.artifact, &other, &two.artifact);
                        assert!(by <= NEAR, "{arguments:?}: `{step}` differs by {by}");
                    }
                    true => assert_eq!(one.artifact.kind, two.artifact.kind),
                    false => assert_eq!(one, two, "{arguments:?}: `{step}`"),
                }
            }
            assert!(was.content == is.content || self.near.contains(step.as_str()), "{arguments:?}: `{step}`");
        }
    }
}

fn counts(told: &Value) -> String {
    let count = |source: &Value| {
        let of = |name: &str| source[name].as_u64().unwrap();
        format!("{} -{} +{} ~{}", source["dataset"].as_str().unwrap(), of("removed"), of("added"), of("changed"))
    };
    told["sources"].as_array().unwrap().iter().map(count).collect::<Vec<_>>().join(", ")
}

/// The document that tells of the change, after the events of the run.
fn document(stdout: &str) -> Value {
    let documents = stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    documents.into_iter().find(|document| document["event"] == "changed").unwrap()
}

/// The greatest difference of two tables of predictions.
fn distance(store: &Store, one: &ArtifactRef, other: &Store, two: &ArtifactRef) -> f64 {
    let (one, two) = (Table::read(store, &one.digest).unwrap(), Table::read(other, &two.digest).unwrap());
    assert_eq!((one.ids(), one.schema()), (two.ids(), two.schema()));
    let shares = one.schema().names().filter(|name| name.starts_with("probability_"));
    let mut greatest = 0.0_f64;
    for name in shares {
        let values = |table: &Table| table.column(name).unwrap().f64().unwrap().iter().collect::<Vec<_>>();
        for (one, two) in values(&one).into_iter().zip(values(&two)) {
            greatest = greatest.max((one.unwrap() - two.unwrap()).abs());
        }
    }
    greatest
}

#[test]
fn complaints_are_forgotten_corrected_appended_and_updated() {
    let example = Example::new("complaints", &["--customers", "120"], &["train", "evaluate", "test", "monitor"]);
    let folder = &example.folder;
    example.change(
        &["forget", "--source", "customers", "--key", "5", "--key", "17", "--source", "mails", "--where", "id <= 3"],
        "customers -2 +0 ~0, mails -3 +0 ~0",
    );
    folder.write("fix.csv", "id,bank,country\n7,Sparhaus,FR\n8,Sparhaus,DE\n");
    let known = folder
        .read("demo/data/customers.csv")
        .lines()
        .any(|line| line.starts_with("8,") && line.contains(",Sparhaus,DE,"));
    let expected = if known { "customers -0 +0 ~1" } else { "customers -0 +0 ~2" };
    example.change(&["correct", "--source", "customers", "--changes", "fix.csv"], expected);
    // Two that are new, and one that was erased.
    folder.write("new.csv", "900,new.one@inbox.example,Sparhaus,DE,plus\n901,x@inbox.example,Sparhaus,FR,basic\n5,a@b.example,Sparhaus,DE,plus\n");
    example.change(&["append", "--source", "customers", "--data", "new.csv"], "customers -0 +2 ~0");
    let whole: String = folder.read("demo/data/mails.csv").lines().skip(40).map(|line| format!("{line}\n")).collect();
    folder.write("whole.csv", whole);
    example.change(&["update", "--source", "mails", "--data", "whole.csv"], "mails -37 +0 ~0");

    // The last change is reproduced from its dataset versions, and what it says obeys the published schemas.
    example.run(&["reproduce", "complaints", "--store", "demo"]).expect(0);
    example.run(&["validate", "demo/.mlspec/records"]).expect(0);
    let told = example.run(&["status", "complaints", "--store", "demo"]).expect(0).text();
    assert!(told.contains("after  update of rows of mails"), "{told}");

    // The files still hold the erased rows; a run does not bring them back.
    folder.write(
        "demo/data/mails.csv",
        folder.read("demo/data/mails.csv") + "90001,x@inbox.example,2024-07-01,Hello,Hello you\n",
    );
    example.run(&["run", "demo/pipeline.yaml"]).expect(0);
    let (store, live) = example.live("demo");
    let mails = &live.steps.iter().find(|(step, _)| step.as_str() == "mails").unwrap().1.outputs[0].artifact;
    let ids = Table::read(&store, &mails.digest).unwrap();
    let least = ids.column("id").unwrap().i64().unwrap().iter().flatten().min();
    assert_eq!(least, Some(4), "mails 1 to 3 were erased");
}

#[test]
fn reviews_are_forgotten_corrected_appended_and_updated() {
    let example = Example::new("reviews", &["--products", "60"], &["train", "test"]);
    let folder = &example.folder;
    example.change(
        &["forget", "--source", "ratings", "--where", "rating <= 3", "--source", "reviews", "--key", "5"],
        "ratings -3 +0 ~0, reviews -1 +0 ~0",
    );
    // Aggregates follow a corrected rating to every review of its product.
    folder.write("fix.csv", "rating,stars\n7,1\n8,5\n9,3\n");
    let stars = |id: &str| -> String {
        let ratings = folder.read("demo/data/ratings.csv");
        ratings.lines().find(|line| line.starts_with(&format!("{id},"))).unwrap().split(',').nth(2).unwrap().to_owned()
    };
    let changed = [("7", "1"), ("8", "5"), ("9", "3")].iter().filter(|(id, to)| stars(id) != *to).count();
    example.change(&["correct", "--source", "ratings", "--changes", "fix.csv"], &format!("ratings -0 +0 ~{changed}"));
    // One that is new, and one that was erased.
    let head = "review,product,stars,votes,helpful,third_party,text\n";
    folder.write("new.csv", format!("{head}9001,1,5,10,9,true,great as expected. the lid came loose since spring\n5,1,5,10,9,true,lovely came quickly\n"));
    example.change(&["append", "--source", "reviews", "--data", "new.csv"], "reviews -0 +1 ~0");
    let products = folder.read("demo/data/products.csv");
    let whole: String = products
        .lines()
        .enumerate()
        .filter(|(at, _)| !(3..8).contains(at))
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    folder.write("whole.csv", whole);
    example.change(&["update", "--source", "products", "--data", "whole.csv"], "products -5 +0 ~0");
    example.run(&["reproduce", "reviews", "--store", "demo"]).expect(0);
    example.run(&["validate", "demo/.mlspec/records"]).expect(0);
}

#[test]
fn wine_is_forgotten_corrected_appended_and_updated() {
    let example = Example::new("wine", &[], &["logistic", "logistic-tested"]);
    let folder = &example.folder;
    example.change(&["forget", "--source", "wines", "--rows", "3,5-8"], "wines -5 +0 ~0");
    folder.write("fix.csv", "_row,alcohol\n10,9.25\n11,13.5\n");
    example.change(&["correct", "--source", "wines", "--changes", "fix.csv"], "wines -0 +0 ~2");
    let wine = folder.read("demo/data/wine.csv");
    let (head, line) = (wine.lines().next().unwrap(), wine.lines().nth(40).unwrap());
    folder.write("new.csv", format!("{head}\n{line}\n"));
    example.change(&["append", "--source", "wines", "--data", "new.csv"], "wines -0 +1 ~0");
    let half: String = wine.lines().take(900).map(|line| format!("{line}\n")).collect();
    folder.write("half.csv", half);
    let tried = example.run(&[
        "update",
        "demo/pipeline.yaml",
        "--source",
        "wines",
        "--data",
        "half.csv",
        "--dry-run",
        "--json",
    ]);
    let expected = counts(&document(&tried.expect(0).stdout));
    example.change(&["update", "--source", "wines", "--data", "half.csv"], &expected);
    example.run(&["reproduce", "wine", "--store", "demo"]).expect(0);
}

#[test]
fn what_if_tells_and_changes_nothing() {
    let example = Example::new("wine", &[], &[]);
    let before = example.live("demo").1;
    let told = example
        .run(&["whatif", "wine", "--store", "demo", "--source", "wines", "--drop-where", "alcohol > 12"])
        .expect(0);
    for part in ["wines: rows", "removed", "ridge-tested", "r2_score", "->", "nothing changed"] {
        assert!(told.stdout.contains(part), "{part}: {}", told.stdout);
    }
    // Without any row there is nothing to fit on: told, and no harm done.
    let told = example.run(&["whatif", "wine", "--store", "demo", "--without-source", "wines"]);
    assert!(matches!(told.code, Some(1..=3)), "{}", told.text());
    for (arguments, code, part) in [
        (&["forget", "wine", "--source", "wine", "--rows", "1"][..], 2, "did you mean `wines`?"),
        (&["forget", "wine", "--source", "wines", "--key", "1"], 2, "have no key"),
        (&["forget", "wine", "--source", "wines", "--where", "alcoholl > 1"], 2, "alcohol"),
        (&["forget", "wine", "--source", "wines", "--rows", "99999999"], 2, "name no row"),
        (&["forget", "wines", "--source", "wines", "--rows", "1"], 2, "did you mean `wine`?"),
        (&["forget", "wine", "--source", "wines", "--where", "alcohol > 999"], 0, "no row is concerned"),
        (&["append", "wine", "--source", "wines", "--data", "none.csv"], 2, "none.csv"),
    ] {
        let told = example.run(&[arguments, &["--store", "demo"]].concat()).expect(code).text();
        assert!(told.contains(part), "{arguments:?}: {told}");
    }
    let told =
        example.folder.run(&["forget", "wine", "--source", "wines", "--rows", "1", "--store", "demo"]).expect(2).text();
    assert!(told.contains("needs a key"), "{told}");
    assert_eq!(example.live("demo").1, before);
}
