//! The settings, the contract with programs, and the conformance of the stage; programs are shell scripts here.

use crate::{ExternalParams, entry};
use mlspec_provenance::Tracer;
use mlspec_record::body::{ExternalRows, Transformation};
use mlspec_record::{ArtifactKind, ArtifactRef, ExitCode, Lineage, Name};
use mlspec_stage::{Environment, Outcome, Site, StageError};
use mlspec_table::Table;
use mlspec_table::polars::df;
use mlspec_testkit::{Bench, Case, FixedHost, MARKER, MARKER_NUMBER, check_stage};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Copies the first input to the first output, found in the description without a parser of JSON.
const COPY: &str = r#"
in=$(sed -n 's/.*"path": "\(.*inputs\/rows\..*\)",/\1/p' "$MLSPEC_STEP")
out=$(sed -n 's/.*"path": "\(.*outputs\/rows\..*\)",/\1/p' "$MLSPEC_STEP")
cp "$in" "$out"
"#;

struct World {
    bench: Bench,
    rows: ArtifactRef,
    other: ArtifactRef,
}

fn world() -> World {
    let bench = Bench::new();
    std::fs::create_dir(bench.folder().join("code")).unwrap();
    let frame =
        df!("_row" => [3_u64, 4, 9], "x" => [1_i64, MARKER_NUMBER, 3], "s" => [Some("a"), None, Some(MARKER)]).unwrap();
    let rows = bench.source("people", frame);
    let other = bench.source("other", df!("y" => [1.5, f64::NAN]).unwrap());
    World { bench, rows, other }
}

impl World {
    fn script(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.bench.folder().join("code").join(name), text).unwrap();
        self
    }

    fn site(&self) -> Site {
        let folder = self.bench.folder().join("code");
        #[expect(clippy::disallowed_methods, reason = "a test is an entrance")]
        let paths = std::env::var_os("PATH");
        let environment = Environment::new(move |name| match name {
            "PATH" => paths.clone(),
            "SECRET" => Some("hunter2".into()),
            _ => None,
        });
        Site::new(BTreeMap::from([(Name::new("code").unwrap(), folder)]), None).with_environment(environment)
    }

    fn run(&self, settings: &Value) -> Result<Outcome, StageError> {
        self.run_in(&FixedHost::default(), settings)
    }

    fn run_in(&self, host: &FixedHost, settings: &Value) -> Result<Outcome, StageError> {
        let stage = self.bench.build_at(&entry(), settings, &self.site())?;
        let mut inputs = vec![("rows", &self.rows)];
        inputs.extend(stage.ports().input("other").map(|_| ("other", &self.other)));
        let schemas =
            inputs.iter().map(|(port, of)| ((*port).to_owned(), self.bench.table(of).schema().clone())).collect();
        stage.plan(&schemas)?;
        stage.external(self.bench.store())?;
        self.bench.run_in(host, stage.as_ref(), 42, &inputs)
    }

    fn output(&self, outcome: &Outcome) -> (Table, Lineage) {
        let artifact = &outcome.outputs[0].artifact;
        (self.bench.table(artifact), self.bench.store().json(&artifact.lineage.unwrap()).unwrap())
    }
}

fn columns() -> Value {
    json!([{"name": "x", "type": "int64"}, {"name": "s", "type": "string"}])
}

/// A shell script as a step, with further settings.
fn settings(script: &str, more: Value) -> Value {
    let mut settings = json!({"command": ["sh", script, "{step}"], "directory": "code", "inputs": ["rows"],
        "outputs": {"rows": {"columns": columns(), "rows_of": "rows"}}, "environment": ["PATH", "SECRET"]});
    for (key, value) in more.as_object().unwrap() {
        settings[key] = value.clone();
    }
    settings
}

fn body(outcome: &Outcome) -> mlspec_record::body::External {
    *serde_json::from_value::<Transformation>(outcome.body.clone()).unwrap().external.unwrap()
}

#[test]
fn conforms() {
    let world = world();
    world.script("copy.sh", COPY).script("fail.sh", "echo zebra >&2; exit 65\n");
    let with = |more: Value| settings("copy.sh", more);
    let output = |output: Value| with(json!({"outputs": {"rows": output}}));
    let case = Case::new(&world.bench, entry(), with(json!({})))
        .site(world.site())
        .input("rows", &world.rows)
        .accepts(with(json!({"format": "arrow", "memory_bytes": 1_000_000_000_u64, "log_bytes": 0, "timeout_seconds": 7})))
        .accepts(with(json!({"deterministic": false, "settings": {"a": [1]}, "environment": []})))
        .accepts(output(json!({"columns": columns(), "lineage": {"x": {"rows": ["s", "x"]}}})))
        .refuses(with(json!({"command": []})), "needs a program")
        .refuses(with(json!({"command": ["sh", ""]})), "none of its words may be empty")
        .refuses(with(json!({"inputs": []})), "at least one input")
        .refuses(with(json!({"inputs": ["rows", "Rows"]})), "two inputs are called `Rows`")
        .refuses(with(json!({"outputs": {}})), "at least one output")
        .refuses(with(json!({"directory": "nowhere"})), "no datastore `nowhere`")
        .refuses(with(json!({"timeout_seconds": 0})), "`timeout_seconds` must be at least 1")
        .refuses(with(json!({"memory_bytes": 1000})), "`memory_bytes` must be at least")
        .refuses(with(json!({"log_bytes": 99_999_999})), "`log_bytes` must be at most")
        .refuses(with(json!({"environment": ["A=B"]})), "cannot name a variable")
        .refuses(output(json!({"columns": columns(), "rows_of": "row"})), "ids of `row`, which is no input")
        .refuses(output(json!({"columns": [{"name": "_row", "type": "int64"}]})), "make no table")
        .refuses(output(json!({"columns": columns(), "lineage": {"z": {}}})), "the output has no such column")
        .refuses(output(json!({"columns": columns(), "lineage": {"x": {"other": ["y"]}}})), "`other` is no input")
        .fails("no such column at the input", output(json!({"columns": columns(), "lineage": {"x": {"rows": ["y"]}}})), ExitCode::Usage, "the input `rows` has no column `y`")
        .fails("bad data", settings("fail.sh", json!({})), ExitCode::Data, "ended with exit status 65: the data is bad")
        .fails("a column less", output(json!({"columns": [{"name": "x", "type": "int64"}], "rows_of": "rows"})), ExitCode::Data, "not as declared: the table has no column `s`")
        .fails("a column more", output(json!({"columns": [{"name": "x", "type": "int64"}, {"name": "s", "type": "string"}, {"name": "z", "type": "string"}], "rows_of": "rows"})), ExitCode::Data, "the output `rows` has no column `z`")
        .fails("another type", output(json!({"columns": [{"name": "x", "type": "int64"}, {"name": "s", "type": "int64"}], "rows_of": "rows"})), ExitCode::Data, "not as declared")
        .fails("ids without owner", output(json!({"columns": columns()})), ExitCode::Data, "does not say whose ids these are");
    check_stage!(case);
}

#[test]
fn a_program_keeps_ids_or_its_rows_come_from_all() {
    let world = world();
    world.script("copy.sh", COPY);
    let kept = world
        .run(&settings(
            "copy.sh",
            json!({"outputs": {"rows": {"columns": columns(), "rows_of": "rows", "lineage": {"x": {"rows": ["x"]}}}}}),
        ))
        .unwrap();
    let (table, lineage) = world.output(&kept);
    assert_eq!(table.ids(), [3, 4, 9]);
    assert!(lineage.indirect.is_empty(), "all rows are there");
    let external = body(&kept);
    assert_eq!((external.outputs[0].row_lineage, external.outputs[0].dropped), (ExternalRows::Kept, Some(0)));
    assert_eq!(external.outputs[0].undeclared, ["s"]);
    assert_eq!((external.program.as_str(), external.files[0].path.as_str()), ("sh", "copy.sh"));
    let tracer = Tracer::new(world.bench.store());
    let sources =
        |column: usize| lineage.columns[column].sources.iter().map(|source| source.column.as_str()).collect::<Vec<_>>();
    assert_eq!((sources(0), sources(1)), (vec!["x"], vec!["s", "x"]));
    assert_eq!(tracer.backward(&kept.outputs[0].artifact, &[4]).unwrap()[0].1, [4]);

    // Made elsewhere: a table without ids, of two inputs.
    let made = world.bench.table(&world.rows).frame().drop("_row").unwrap();
    let path = world.bench.folder().join("code/made.parquet");
    mlspec_table::polars::prelude::ParquetWriter::new(std::fs::File::create(path).unwrap())
        .finish(&mut made.clone())
        .unwrap();
    world.script("made.sh", r#"cp made.parquet "$(sed -n 's/.*"path": "\(.*outputs.*\)",/\1/p' "$1")""#);
    let all = world
        .run(&settings("made.sh", json!({"inputs": ["rows", "other"], "outputs": {"rows": {"columns": columns()}}})))
        .unwrap();
    let (table, lineage) = world.output(&all);
    assert_eq!(body(&all).outputs[0].row_lineage, ExternalRows::AllToAll);
    let found = tracer.backward(&all.outputs[0].artifact, &table.ids()[..1]).unwrap();
    let found: Vec<_> = found.iter().map(|(scan, rows)| (scan.dataset.as_str(), rows.len())).collect();
    assert_eq!(found, [("other", 2), ("people", 3)]);
    assert_eq!(lineage.columns[0].sources.len(), 3, "all columns of all inputs");
    assert_eq!(lineage.indirect.len(), 3);
    assert!(all.outputs.iter().all(|output| output.artifact.kind == ArtifactKind::Table));
}

#[test]
fn the_exit_status_is_a_contract() {
    let world = world();
    let check = |script: &str, more: Value, code: ExitCode, message: &str| {
        world.script("it.sh", script);
        let error = world.run(&settings("it.sh", more)).unwrap_err();
        assert_eq!(error.exit_code(), code, "{script}: {error}");
        assert!(error.to_string().contains(message), "{script}: {error}");
        assert!(!error.to_string().contains("zebra") && !error.hint().unwrap_or_default().contains("zebra"));
        error.hint().unwrap_or_default()
    };
    let none = || json!({});
    check("exit 1", none(), ExitCode::Outside, "exit status 1");
    check("exit 64", none(), ExitCode::Usage, "used wrongly");
    check("exit 78", none(), ExitCode::Usage, "set wrongly");
    check("exit 65", none(), ExitCode::Data, "the data is bad");
    check("kill -9 $$", none(), ExitCode::Outside, "signal 9");
    check("true", none(), ExitCode::Data, "left no file for the output `rows`");
    check(
        "echo junk > \"$(sed -n 's/.*\"path\": \"\\(.*outputs.*\\)\",/\\1/p' \"$1\")\"",
        none(),
        ExitCode::Data,
        "not as declared",
    );
    check(":", json!({"command": ["no-such-program-at-all"]}), ExitCode::Usage, "there is no program");
    check(":", json!({"command": ["./it.sh"]}), ExitCode::Outside, "cannot be started");
    check(":", json!({"command": ["./nothing.sh"]}), ExitCode::Usage, "nothing.sh");
    check(":", json!({"command": ["../it.sh"]}), ExitCode::Usage, "leaves the datastore");
    check(":", json!({"files": ["nothing.txt"]}), ExitCode::Usage, "nothing.txt");
    // The log is kept, bounded, and named.
    let hint = check("echo zebra; echo $SECRET >&2; exit 3", none(), ExitCode::Outside, "exit status 3");
    let log = hint.split('`').nth(1).unwrap();
    let text = std::fs::read_to_string(log).unwrap();
    assert_eq!(text, "--- standard output, 6 bytes\nzebra\n\n--- standard error, 8 bytes\nhunter2\n\n");
    let hint = check("yes | head -c 1000000; exit 3", json!({"log_bytes": 10}), ExitCode::Outside, "exit status 3");
    let text = std::fs::read_to_string(hint.split('`').nth(1).unwrap()).unwrap();
    assert!(
        text.contains("1000000 bytes\ny\ny\ny\n… 999990 bytes left out …") || text.contains("999990 bytes left out"),
        "{text}"
    );
}

#[test]
fn a_program_is_bounded_and_sees_what_it_may() {
    let world = world();
    // Time: the program and its children are killed; the host's clock goes on by a millisecond at each look.
    world.script("sleep.sh", "sleep 1000 & sleep 1000");
    let error = world.run(&settings("sleep.sh", json!({"timeout_seconds": 1}))).unwrap_err();
    assert!(error.to_string().contains("longer than 1 seconds"), "{error}");
    assert_eq!(error.exit_code(), ExitCode::Outside);
    let error = world.run_in(&FixedHost::cancelled(), &settings("sleep.sh", json!({}))).unwrap_err();
    assert!(error.to_string().contains("stopped"), "{error}");
    // Memory: what dd asks for is more than there may be.
    world.script("hungry.sh", "dd if=/dev/zero of=/dev/null bs=400M count=1");
    world.run(&settings("hungry.sh", json!({}))).unwrap_err();
    let error = world.run(&settings("hungry.sh", json!({"memory_bytes": 100_000_000}))).unwrap_err();
    assert_eq!(error.exit_code(), ExitCode::Outside, "{error}");
    // The environment: nothing but what is allowed.
    world.script("copy.sh", &format!("env | sort\n{COPY}"));
    let outcome = world.run(&settings("copy.sh", json!({"environment": ["PATH", "HOME"]}))).unwrap();
    let log = String::from_utf8(world.bench.store().object(&outcome.log.unwrap()).unwrap()).unwrap();
    let names: Vec<&str> = log.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
    assert!(
        names.iter().all(|name| ["MLSPEC_STEP", "PATH", "PWD", "_", "OLDPWD", "SHLVL"].contains(name)),
        "{names:?}"
    );
    // Nothing stays in the store's folder of temporary files.
    let left = std::fs::read_dir(world.bench.store().writing_folder()).unwrap().filter_map(Result::ok);
    assert_eq!(left.filter(|entry| entry.file_name().to_string_lossy().starts_with("external-")).count(), 0);
    // A program that is not deterministic is never taken for another run of itself.
    let outcome = world.run(&settings("copy.sh", json!({"deterministic": false}))).unwrap();
    assert!(outcome.inexact);
}

#[test]
fn what_determines_the_result_is_known() {
    let world = world();
    world.script("copy.sh", COPY).script("table.txt", "1");
    let key = |more: Value| {
        let stage = world.bench.build_at(&entry(), &settings("copy.sh", more), &world.site()).unwrap();
        stage.external(world.bench.store()).unwrap()
    };
    let (plain, with_file) = (key(json!({})), key(json!({"files": ["table.txt"]})));
    let paths = |key: &Value| {
        key["files"]
            .as_array()
            .unwrap()
            .iter()
            .map(|file| file["path"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        (paths(&plain), paths(&with_file)),
        (
            vec!["sh".to_owned(), "copy.sh".to_owned()],
            vec!["sh".to_owned(), "copy.sh".to_owned(), "table.txt".to_owned()]
        )
    );
    world.script("table.txt", "22");
    assert_ne!(key(json!({"files": ["table.txt"]})), with_file);
    world.script("copy.sh", &format!("{COPY}\n# changed"));
    assert_ne!(key(json!({})), plain);
}

#[test]
fn the_memory_limit_leaves_words_alone() {
    let world = world();
    world.script("copy.sh", &format!("[ \"$2\" = 'a  b;exit 9' ] || exit 5\n{COPY}"));
    let command = json!(["sh", "copy.sh", "{step}", "a  b;exit 9"]);
    world.run(&settings("copy.sh", json!({"command": command, "memory_bytes": 1_000_000_000_u64}))).unwrap();
}

#[test]
fn many_columns_and_strange_names_pass() {
    let world = world();
    let names: Vec<String> = ["a.b", "a b", "\"q\"", "ü"]
        .iter()
        .map(|name| (*name).to_owned())
        .chain((0..5_000).map(|at| format!("c{at}")))
        .collect();
    let columns = names.iter().map(|name| {
        mlspec_table::polars::prelude::Series::full_null(
            name.as_str().into(),
            1,
            &mlspec_table::polars::prelude::DataType::Float64,
        )
        .into()
    });
    let frame = mlspec_table::polars::prelude::DataFrame::new(1, columns.collect()).unwrap();
    let rows = world.bench.source("wide", frame);
    let declared: Vec<Value> = names.iter().map(|name| json!({"name": name, "type": "float64"})).collect();
    // Column lineage all-to-all of so many columns would be pairs; here it is declared.
    let lineage: serde_json::Map<String, Value> =
        names.iter().map(|name| (name.clone(), json!({"rows": [name]}))).collect();
    world.script("copy.sh", COPY);
    let settings = settings(
        "copy.sh",
        json!({"outputs": {"rows": {"columns": declared, "rows_of": "rows", "lineage": lineage}}, "format": "arrow"}),
    );
    let stage = world.bench.build_at(&entry(), &settings, &world.site()).unwrap();
    let outcome = world.bench.run(stage.as_ref(), 1, &[("rows", &rows)]).unwrap();
    assert_eq!(world.output(&outcome).0.schema().columns().len(), 5_004);
}

#[test]
fn the_settings_are_checked_alone() {
    let params: ExternalParams = serde_json::from_value(settings("x.sh", json!({}))).unwrap();
    let again: ExternalParams = serde_json::from_value(serde_json::to_value(params.clone()).unwrap()).unwrap();
    assert_eq!(params, again);
    assert!(params.check().is_ok());
}
