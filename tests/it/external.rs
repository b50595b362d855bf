//! Programs outside as steps, through the binary: a shell script and a Python script; and a program with a stage of its own.

use crate::binary::{Folder, Ran, own_stage};
use crate::small::people;
use crate::workspace::root;
use mlspec_store::{Live, Store};
use serde_json::Value;
use std::process::{Command, Stdio};

const PIPELINE: &str = r#"
pipeline: outside
version: 1.0.0
seed: 3
parameters:
  python: {type: string}
  least: {type: integer, default: 25}
datastores:
  data: {type: folder, path: data}
  code: {type: folder, path: code}
steps:
  people:
    uses: ingest@1
    settings: {datastore: data, path: people.csv, key: [id]}
  # A shell script that hands on what it gets.
  handed:
    uses: external@1
    inputs: {rows: people.rows}
    settings:
      command: [sh, hand.sh, "{step}"]
      directory: code
      inputs: [rows]
      format: arrow
      outputs:
        rows:
          columns: [{name: id, type: int64}, {name: age, type: int64}, {name: income, type: float64}, {name: city, type: string}]
          rows_of: rows
          lineage: {id: {rows: [id]}, age: {rows: [age]}, income: {rows: [income]}, city: {rows: [city]}}
  # A Python script that drops rows, and makes a column and a table of its own.
  aged:
    uses: external@1
    inputs: {rows: handed.rows}
    settings:
      command: ["${python}", age.py]
      directory: code
      inputs: [rows]
      settings: {least: "${least}"}
      memory_bytes: 8000000000
      outputs:
        rows:
          columns: [{name: age, type: int64}, {name: income, type: float64}, {name: initial, type: string}]
          rows_of: rows
          lineage: {age: {rows: [age]}, income: {rows: [income]}, initial: {rows: [city]}}
        cities:
          columns: [{name: city, type: string}, {name: people, type: int64}]
  prepared:
    uses: transform@1
    inputs: {aged: aged.rows}
    settings: {from: aged, steps: [{derive: {old: "age >= 40"}}]}
  counted:
    uses: transform@1
    inputs: {cities: aged.cities}
    settings: {from: cities, steps: [{filter: "people > 1"}]}
"#;

const HAND: &str = r#"
echo "handing on"
path() { sed -n "s/.*\"path\": \"\(.*$1\/rows\..*\)\",/\1/p" "$MLSPEC_STEP"; }
cp "$(path inputs)" "$(path outputs)"
"#;

const AGE: &str = r#"
import json, os
import pyarrow.compute as pc
import pyarrow.parquet as pq

step = json.load(open(os.environ["MLSPEC_STEP"]))
rows = pq.read_table(step["inputs"]["rows"]["path"])
rows = rows.filter(pc.greater_equal(rows["age"], step["settings"]["least"]))
print(rows.num_rows, "rows of people like", rows["city"][0])
rows = rows.append_column("initial", pc.utf8_slice_codeunits(rows["city"], 0, 1))
pq.write_table(rows.select(["_row", "age", "income", "initial"]), step["outputs"]["rows"]["path"])
cities = rows.group_by("city").aggregate([("age", "count")]).rename_columns(["city", "people"]).sort_by("city")
pq.write_table(cities, step["outputs"]["cities"]["path"])
"#;

fn python() -> String {
    std::env::var("MLSPEC_PYTHON").unwrap_or_else(|_| "python3".to_owned())
}

fn outside() -> Folder {
    let folder = Folder::new();
    let installed = Command::new(python()).args(["-c", "import pyarrow"]).status().unwrap();
    assert!(
        installed.success(),
        "the tests need a Python with `pyarrow`, named by MLSPEC_PYTHON: `bash tests/run` makes one"
    );
    folder
        .write("data/people.csv", people())
        .write("code/hand.sh", HAND)
        .write("code/age.py", AGE)
        .write("pipeline.yaml", PIPELINE);
    folder
}

fn run(folder: &Folder, arguments: &[&str]) -> Ran {
    folder.run(&[&["run", "pipeline.yaml", "--set", &format!("python={}", python())], arguments].concat())
}

fn show(folder: &Folder, step: &str) -> Value {
    let shown: Value = serde_json::from_str(&folder.run(&["show", step, "--json"]).expect(0).stdout).unwrap();
    shown["record"].clone()
}

fn live(folder: &Folder, store: &str) -> Live {
    let store = Store::open(folder.path().join(store)).unwrap();
    store.live(&mlspec_record::Name::new("outside").unwrap()).unwrap().unwrap()
}

#[test]
fn shell_and_python_are_steps_like_any_other() {
    let folder = outside();
    run(&folder, &[]).expect(0);
    folder.run(&["validate", ".mlspec/records", "pipeline.yaml"]).expect(0);
    // Rows are followed through both programs, where they kept ids; where not, each comes from all.
    let store = Store::open(folder.path().join(".mlspec")).unwrap();
    let rows = |step: &str| {
        let live = live(&folder, ".mlspec");
        let (_, step) = live.steps.iter().find(|(name, _)| name.as_str() == step).unwrap();
        mlspec_table::Table::read(&store, &step.outputs[0].artifact.digest).unwrap().ids()
    };
    let traced = folder.run(&["trace", "prepared.rows:17"]).expect(0).stdout;
    assert!(traced.contains("people: 1 row") && traced.contains("people.csv row 18"), "{traced}");
    let traced = folder.run(&["trace", &format!("counted.rows:{}", rows("counted")[0])]).expect(0).stdout;
    assert!(traced.contains(&format!("people: {} rows", rows("handed").len())), "{traced}");
    let lineage = folder.run(&["lineage", "prepared.rows"]).expect(0).stdout;
    assert!(
        lineage.contains("people.city") && lineage.contains("transformation") && lineage.contains("filter"),
        "{lineage}"
    );
    let external = show(&folder, "aged")["body"]["external"].clone();
    let kinds: Vec<&str> =
        external["outputs"].as_array().unwrap().iter().map(|output| output["row_lineage"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["all_to_all", "kept"]);
    assert!(external["outputs"][1]["dropped"].as_u64().unwrap() > 0);
    // The log is kept by the record, and no message or record quotes it.
    let record = show(&folder, "aged");
    let log = mlspec_record::Digest::new(record["execution_profile"]["log"].as_str().unwrap()).unwrap();
    assert!(String::from_utf8(store.object(&log).unwrap()).unwrap().contains("rows of people like"));
    assert!(!record.to_string().contains("people like"));

    // Cached by content: the script, the settings, the rows.
    let ran = |ran: Ran, step: &str| -> bool {
        !ran.expect(0).text().lines().any(|line| line.contains(step) && line.contains("store"))
    };
    let cached = |step: &str| show(&folder, step)["step"]["cached"] == true;
    run(&folder, &[]).expect(0);
    assert!(cached("handed") && cached("aged") && cached("prepared"));
    folder.write("code/age.py", format!("{AGE}\n# no other result\n"));
    assert!(ran(run(&folder, &[]), "aged:"));
    assert!(cached("handed") && !cached("aged") && cached("prepared"), "the script changed, its results did not");
    folder.run(&["reproduce", "outside"]).expect(0);
}

#[test]
fn changes_go_through_programs_as_a_run_goes() {
    let folder = outside();
    run(&folder, &[]).expect(0);
    folder.run(&["key", "new", "--output", "key.json"]).expect(0);
    let changes: [&[&str]; 4] = [
        &["forget", "outside", "--source", "people", "--key", "17", "--key", "18"],
        &["correct", "outside", "--source", "people", "--changes", "fix.csv"],
        &["append", "outside", "--source", "people", "--data", "new.csv"],
        &["update", "outside", "--source", "people", "--data", "whole.csv"],
    ];
    folder.write("fix.csv", "id,age,city\n3,77,Ulm\n4,21,Bonn\n");
    folder.write("new.csv", "id,age,income,city\n900,50,10.5,Gera\n901,51,11.5,Gera\n");
    let half: String = people().lines().take(31).map(|line| format!("{line}\n")).collect();
    folder.write("whole.csv", half);
    for (at, change) in changes.into_iter().enumerate() {
        folder.run(&[change, &["--key-file", "key.json"]].concat()).expect(0);
        let copy = format!("copy-{at}");
        let copied = Command::new("cp").args(["-r", ".mlspec", &copy]).current_dir(folder.path()).status().unwrap();
        assert!(copied.success());
        run(&folder, &["--store", &copy, "--fresh", "--key-file", "key.json"]).expect(0);
        let (updated, anew) = (live(&folder, ".mlspec"), live(&folder, &copy));
        for (step, was) in &updated.steps {
            assert_eq!(
                (&was.outputs, was.content),
                (&anew.steps[step].outputs, anew.steps[step].content),
                "{change:?}: `{step}`"
            );
        }
    }
}

#[test]
fn a_program_that_fails_ends_the_run_as_it_says() {
    let folder = outside();
    for (script, code, part) in [
        ("exit 65", 3, "the data is bad"),
        ("exit 64", 2, "used wrongly"),
        ("exit 1", 4, "exit status 1"),
        ("true", 3, "left no file for the output `rows`"),
        ("echo Ulm >&2; kill -11 $$", 4, "signal 11"),
    ] {
        folder.write("code/hand.sh", script);
        let told = run(&folder, &[]).expect(code).text();
        assert!(told.contains(part) && !told.contains("Ulm"), "{script}: {told}");
        assert_eq!(folder.leftovers(".mlspec"), 0, "{script}");
    }
    folder.write("pipeline.yaml", PIPELINE.replace("command: [sh,", "command: [no-such-shell,"));
    let told = run(&folder, &[]).expect(2).text();
    assert!(told.contains("there is no program `no-such-shell`") && told.contains("pipeline.yaml:"), "{told}");
    folder.write(
        "pipeline.yaml",
        PIPELINE.replace(
            "age: {rows: [age]}, income: {rows: [income]}, initial",
            "age: {rows: [agee]}, income: {rows: [income]}, initial",
        ),
    );
    let told = run(&folder, &[]).expect(2).text();
    assert!(told.contains("`agee`"), "{told}");
}

#[test]
fn a_program_of_ones_own_has_a_stage_more() {
    let folder = Folder::new();
    let example = root().join("examples/own-stage");
    for file in ["pipeline.yaml", "data/readings.csv"] {
        folder.write(file, std::fs::read(example.join(file)).unwrap());
    }
    let told = folder.run(&["run", "pipeline.yaml"]).expect(2).text();
    assert!(told.contains("there is no stage `clip@1`"), "{told}");
    let run = |arguments: &[&str]| {
        let output =
            Command::new(own_stage()).args(arguments).current_dir(folder.path()).stdin(Stdio::null()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    };
    run(&["run", "pipeline.yaml"]).expect(0);
    let traced = run(&["lineage", "warm.rows"]).expect(0).stdout;
    assert!(traced.contains("celsius") && traced.contains("readings.celsius"), "{traced}");
    folder.run(&["validate", ".mlspec/records"]).expect(0);
    folder.write("fix.csv", "id,celsius\n4,25.5\n");
    run(&["correct", "readings", "--source", "readings", "--changes", "fix.csv"]).expect(0);
    let told = run(&["schema", "settings.clip"]).text();
    assert!(told.contains("greatest value that stays"), "{told}");
}
