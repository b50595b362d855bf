//! Bad input: a clear error with its place, the right exit code, nothing half-written, no values shown.

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
