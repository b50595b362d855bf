//! Bad input: a clear error with its place, the right exit code, nothing half-written, no values shown.

use crate::binary::{Folder, Ran};
use crate::small::{PIPELINE, people, small};

/// What to replace by what.
type Edits = &'static [(&'static str, &'static str)];

/// One thing wrong: edits of the pipeline and of the table, the exit code of the run, and what it says.
struct Case(&'static str, Edits, Edits, i32, &'static [&'static str]);

fn edited(text: &str, edits: Edits) -> String {
    edits.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "`{from}` is not in the text: the case checks nothing");
        text.replacen(from, to, 1)
    })
}

fn check(cases: &[Case]) {
    let failed: Vec<_> = cases.iter().filter_map(|case| outcome(case).err()).collect();
    assert!(failed.is_empty(), "{} of {} cases:\n\n{}", failed.len(), cases.len(), failed.join("\n\n"));
}

fn outcome(&Case(name, pipeline, table, code, says): &Case) -> Result<(), String> {
    let folder = small();
    folder.write("pipeline.yaml", edited(PIPELINE, pipeline)).write("data/people.csv", edited(&people(), table));
    let ran = folder.run(&["run", "pipeline.yaml"]);
    let told = ran.text();
    let wrong = |what: String| Err(format!("{name}: {what}\n{told}"));
    if ran.code != Some(code) {
        return wrong(format!("exit code {:?} instead of {code}", ran.code));
    }
    // The width of the terminal breaks lines; the words are what matters.
    let words = told.split_whitespace().filter(|word| *word != "│").collect::<Vec<_>>().join(" ");
    if let Some(part) = says.iter().find(|part| !words.contains(**part)) {
        return wrong(format!("`{part}` is not said"));
    }
    let leftovers = folder.leftovers(".mlspec");
    if leftovers > 0 { wrong(format!("{leftovers} temporary files are left")) } else { Ok(()) }
}

#[test]
fn a_pipeline_that_is_wrong_is_refused_before_anything_runs() {
    check(&[
        Case("malformed YAML", &[("steps:\n", "steps: [\n")], &[], 2, &["pipeline.yaml:"]),
        Case("unknown key", &[("seed: 3", "sead: 3")], &[], 2, &["sead", "`seed`"]),
        Case("duplicate key", &[("seed: 3", "seed: 3\nseed: 4")], &[], 2, &["seed", "pipeline.yaml:"]),
        Case("unknown stage", &[("uses: split@1", "uses: splitt@1")], &[], 2, &["splitt@1", "split@1", "parts"]),
        Case("unknown setting", &[("fit: train", "fitt: train")], &[], 2, &["fitt", "features"]),
        Case("unknown step", &[("rows: prepared.rows", "rows: prepard.rows")], &[], 2, &["prepard", "prepared"]),
        Case("unknown port", &[("rows: prepared.rows", "rows: prepared.row")], &[], 2, &["prepared.row", "rows"]),
        Case(
            "wrong kind of port",
            &[("model: model.model", "model: features.train")],
            &[],
            2,
            &["matrix", "model", "tested"],
        ),
        Case(
            "cycle",
            &[("inputs: {rows: people.rows}", "inputs: {rows: people.rows}\n    after: [tested]")],
            &[],
            2,
            &["checked", "prepared", "parts", "features", "tested", "wait for each other"],
        ),
        Case("missing column", &[("columns: [income]", "columns: [incom]")], &[], 2, &["incom", "income", "features"]),
        Case("missing column in SQL", &[("age >= ${least}", "ages >= ${least}")], &[], 2, &["ages", "age", "prepared"]),
        Case(
            "type error in SQL",
            &[("age >= ${least}", "lower(age) = 'x' AND age >= ${least}")],
            &[],
            2,
            &["prepared"],
        ),
        Case(
            "SQL that reads files",
            &[("age >= ${least}", "age IN (SELECT a FROM read_csv('/etc/passwd'))")],
            &[],
            2,
            &["prepared"],
        ),
        Case("text as a number", &[("columns: [income]", "columns: [city]")], &[], 2, &["city", "features"]),
        Case("missing file", &[("path: people.csv", "path: persons.csv")], &[], 2, &["persons.csv", "people"]),
        Case(
            "path leaves the datastore",
            &[("path: people.csv", "path: ../people.csv")],
            &[],
            2,
            &["../people.csv", "leaves"],
        ),
        Case("absolute path", &[("path: people.csv", "path: /etc/people.csv")], &[], 2, &["/etc/people.csv", "leaves"]),
        Case("unknown datastore", &[("datastore: data", "datastore: dat")], &[], 2, &["`dat`", "`data`"]),
        Case("violated constraint", &[("default: 0", "default: -1")], &[], 2, &["least", "minimum"]),
        Case("shares above one", &[("train: 0.7", "train: 0.9")], &[], 2, &["parts"]),
    ]);
}

#[test]
fn data_that_does_not_fit_is_refused_at_its_place() {
    check(&[
        Case("ragged", &[], &[("\n3,41,", "\n3,41,9,")], 3, &["people.csv", "5"]),
        Case("duplicate key", &[], &[("\n3,", "\n2,")], 3, &["key", "id"]),
        Case("null key", &[], &[("\n3,", "\n,")], 3, &["key", "id"]),
        Case("gate", &[], &[("\n0,20,", "\n0,,")], 1, &["checked", "not_null"]),
        Case(
            "constant column",
            &[("{old: \"age >= 40\"}", "{old: \"age >= 40\", one: \"1.0\"}"), ("columns: [income]", "columns: [one]")],
            &[],
            0,
            &["one", "constant"],
        ),
        Case("one class only", &[("age >= 40\"", "age >= 0\"")], &[], 3, &["class"]),
        Case("no rows left to fit", &[("default: 0", "default: 1000")], &[], 3, &["rows"]),
        Case(
            "infinite feature",
            &[
                ("{old: \"age >= 40\"}", "{old: \"age >= 40\", one: \"income / (age - age)\"}"),
                ("columns: [income]", "columns: [one]"),
            ],
            &[],
            3,
            &["one", "features"],
        ),
        Case("null label", &[("age >= 40\"", "CASE WHEN age > 30 THEN age >= 40 END\"")], &[], 3, &["old", "null"]),
        Case("part without rows", &[("train: 0.7, test: 0.3", "train: 0.9999999, test: 0.0000001")], &[], 3, &["test"]),
    ]);
}

#[test]
fn values_that_do_not_fit_are_refused_at_their_place() {
    check(&[
        Case("NaN feature", &[], &[("\n3,41,2269.5,", "\n3,41,NaN,")], 3, &["income", "features", "3", "NaN"]),
        Case("unseen category", &[], &[("\n2,34,2046.5,Jena", "\n2,34,2046.5,Gera")], 3, &["city", "category", "2"]),
    ]);
}

/// Asserts that a run was refused with this code and these words, and left nothing half-written.
#[track_caller]
fn assert_refused(folder: &Folder, ran: Ran, code: i32, says: &[&str]) {
    let told = ran.expect(code).text();
    says.iter().for_each(|part| assert!(told.contains(part), "`{part}` is not said:\n{told}"));
    assert_eq!(folder.leftovers(".mlspec"), 0);
}

#[test]
fn text_in_another_encoding_is_refused_at_its_line() {
    let folder = small();
    let mut bytes = people().into_bytes();
    let at = bytes.windows(4).position(|word| word == b"Bonn").unwrap();
    bytes[at + 1] = 0xf6;
    folder.write("data/people.csv", bytes);
    assert_refused(&folder, folder.run(&["run", "pipeline.yaml"]), 3, &["UTF-8", "people.csv:3", "city"]);
}

#[test]
fn a_column_keeps_the_type_of_its_first_ingest() {
    let folder = small();
    let with = |extra: &str| {
        let mut lines: Vec<String> = people().lines().map(|line| format!("{line},7")).collect();
        lines[0] = "id,age,income,city,extra".to_owned();
        lines[6] = lines[6].replace(",7", &format!(",{extra}"));
        lines.join("\n")
    };
    folder.write("data/people.csv", with("7"));
    folder.run(&["run", "pipeline.yaml"]).expect(0);
    folder.write("data/people.csv", with("seven"));
    let says = ["`extra`", "`int64`", "`string`", "people.csv:7", "first ingest"];
    assert_refused(&folder, folder.run(&["run", "pipeline.yaml"]), 3, &says);
}

#[cfg(unix)]
#[test]
fn a_link_that_leaves_the_datastore_is_not_followed() {
    let folder = small();
    folder.write("outside.csv", people());
    std::fs::remove_file(folder.path().join("data/people.csv")).unwrap();
    std::os::unix::fs::symlink("../outside.csv", folder.path().join("data/people.csv")).unwrap();
    assert_refused(&folder, folder.run(&["run", "pipeline.yaml"]), 2, &["people.csv", "leaves the datastore"]);
}

#[cfg(unix)]
#[test]
fn where_the_disk_is_full_a_run_stops_and_the_next_goes_on() {
    let mut refused = 0;
    for blocks in [1, 2, 4, 6, 8, 12] {
        let folder = small();
        let ran = folder.run_limited(&["run", "pipeline.yaml"], blocks);
        if ran.code != Some(0) {
            refused += 1;
            assert_refused(&folder, ran, 4, &["the file system refused"]);
        }
        folder.run(&["run", "pipeline.yaml"]).expect(0);
        folder.run(&["validate", ".mlspec/records"]).expect(0);
        assert_eq!(folder.leftovers(".mlspec"), 0, "{blocks} blocks");
    }
    assert!(refused > 3, "only {refused} runs had too little room");
}

#[test]
fn a_run_of_a_later_dataset_version_is_reproduced() {
    let folder = small();
    folder.run(&["run", "pipeline.yaml"]).expect(0);
    // A row went and another came, so that ids are not those that the file alone would give.
    let gone: String =
        people().lines().filter(|line| !line.starts_with("3,")).map(|line| format!("{line}\n")).collect();
    folder.write("data/people.csv", gone + "60,33,2500.5,Ulm\n");
    folder.run(&["run", "pipeline.yaml"]).expect(0);
    let told = folder.run(&["reproduce", "small"]).expect(0).text();
    assert!(told.contains("all 7 records have the same content"), "{told}");
}

#[test]
fn a_run_that_left_erased_rows_out_is_reproduced_by_who_has_the_key() {
    let folder = small();
    let with_key = |arguments: &[&str]| folder.run(&[arguments, &["--key-file", "key.json"]].concat());
    folder.run(&["key", "new", "--output", "key.json"]).expect(0);
    with_key(&["run", "pipeline.yaml"]).expect(0);
    with_key(&["forget", "small", "--source", "people", "--key", "3"]).expect(0);
    // The files change, so they are read again; the person still stands in them.
    folder.write("data/people.csv", people() + "60,33,2500.5,Ulm\n");
    let ran = with_key(&["run", "pipeline.yaml"]).expect(0).text();
    assert!(ran.contains("1 rows of the files of `people` were left out"), "{ran}");
    let told = with_key(&["reproduce", "small"]).expect(0).text();
    assert!(told.contains("all 7 records have the same content"), "{told}");
    let without = folder.run(&["reproduce", "small"]).expect(1).text();
    assert!(without.contains("--key-file"), "{without}");
}
