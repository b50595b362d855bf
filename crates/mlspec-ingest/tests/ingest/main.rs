//! Datasets over time, and everything that can be wrong with files.
#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "where the PostgreSQL server is, the environment says"
)]

mod edits;
mod queries;
mod sources;
mod suppressed;

use mlspec_ingest::{IngestParams, entry};
use mlspec_record::body::Ingestion;
use mlspec_record::{ArtifactRef, ExitCode, Name};
use mlspec_stage::{Outcome, Site, StageError};
use mlspec_table::Table;
use mlspec_testkit::{Bench, Case, MARKER, MARKER_NUMBER, OnEmpty, check_stage};
use serde_json::{Value, json};

fn site(bench: &Bench, sample: Option<u64>) -> Site {
    let data = bench.folder().join("data");
    std::fs::create_dir_all(&data).unwrap();
    Site::new([(Name::new("data").unwrap(), data)].into(), sample)
}

fn put(bench: &Bench, path: &str, text: impl AsRef<[u8]>) {
    let path = bench.folder().join("data").join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn run(bench: &Bench, settings: &Value, sample: Option<u64>) -> Result<Outcome, StageError> {
    let stage = bench.build_at(&entry(), settings, &site(bench, sample))?;
    bench.run(stage.as_ref(), 42, &[])
}

fn rows(outcome: &Outcome) -> ArtifactRef {
    outcome.outputs.iter().find(|output| output.port.as_str() == "rows").unwrap().artifact.clone()
}

fn ids(bench: &Bench, outcome: &Outcome) -> Vec<u64> {
    Table::read(bench.store(), &rows(outcome).digest).unwrap().ids()
}

fn versions(bench: &Bench) -> usize {
    bench.store().dataset_versions(&Name::new("mails").unwrap()).unwrap().len()
}

fn mails(more: Value) -> Value {
    let mut settings = json!({"dataset": "mails", "datastore": "data", "path": "mails.csv"});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    settings
}

#[test]
fn conforms() {
    let bench = Bench::new();
    let site = site(&bench, None);
    put(&bench, "mails.csv", format!("id,text\n1,{MARKER}\n{MARKER_NUMBER},b\n"));
    put(&bench, "twice.csv", format!("id,text\n{MARKER_NUMBER},a\n{MARKER_NUMBER},b\n"));
    put(&bench, "null.csv", format!("id,text\n1,{MARKER}\n\n,b\n"));
    put(&bench, "ragged.csv", format!("id,text\n1,{MARKER},3\n"));
    let other = |path: &str, more: Value| {
        let mut settings = mails(more);
        settings["path"] = json!(path);
        settings["dataset"] = json!(format!("x{}", path.replace(['.', '/', '*'], "-")));
        settings
    };
    let key = || json!({"key": ["id"]});
    let typed = |data_type: &str| json!({"columns": [{"name": "text", "type": data_type}]});
    let case = Case::new(&bench, entry(), mails(key()))
        .site(site)
        .on_empty(OnEmpty::ReadsNone)
        .accepts(json!({"datastore": "data", "path": ["a.csv", "b.csv"], "csv": {"header": false, "quote": null}}))
        .accepts(json!({"datastore": "data", "path": "**/*.data", "format": "ndjson", "compression": "gzip"}))
        .refuses(json!({"datastore": "data", "path": []}), "`path` names no file")
        .refuses(json!({"datastore": "data", "path": "a"}), "the ending of `a` says no format")
        .refuses(json!({"datastore": "data", "path": ["a.csv", "b.parquet"]}), "the files have several formats")
        .refuses(json!({"datastore": "data", "path": "a[.csv"}), "`a[.csv` is no pattern")
        .refuses(json!({"datastore": "elsewhere", "path": "a.csv"}), "there is no datastore `elsewhere`")
        .refuses(mails(json!({"chunk_rows": 0})), "`chunk_rows` must be at least 1")
        .refuses(mails(json!({"csv": {"separator": "ab"}})), "`separator` must be one ASCII character")
        .refuses(
            mails(json!({"key": ["id"], "columns": [{"name": "a", "type": "string"}]})),
            "the key column `id` does not exist",
        )
        .fails("a missing file", other("none.csv", json!({})), ExitCode::Usage, "there is no file `none.csv`")
        .fails("a path outside", other("../x.csv", json!({})), ExitCode::Usage, "leaves the datastore")
        .fails("a pattern outside", other("../*.csv", json!({})), ExitCode::Usage, "leaves the datastore")
        .fails(
            "nothing matches",
            other("*.tsv", json!({})),
            ExitCode::Usage,
            "no file in the datastore matches `*.tsv`",
        )
        .fails(
            "no such key",
            other("mails.csv", json!({"key": ["nope"]})),
            ExitCode::Usage,
            "the key column `nope` does not exist",
        )
        .fails(
            "a repeated key",
            other("twice.csv", key()),
            ExitCode::Data,
            "the key (`id`) is that of an earlier row in 1 rows: twice.csv:3",
        )
        .fails("a null key", other("null.csv", key()), ExitCode::Data, "the key (`id`) is null in 1 rows: null.csv:4")
        .fails("a ragged line", other("ragged.csv", json!({})), ExitCode::Data, "the line has 3 fields, expected 2")
        .fails(
            "a value of another type",
            other("mails.csv", typed("int64")),
            ExitCode::Data,
            "a value is not of type `int64`",
        );
    check_stage!(case);
}

#[test]
fn rows_keep_their_ids_by_key() {
    let bench = Bench::new();
    let settings = mails(json!({"key": ["id"]}));
    let _ = site(&bench, None);
    put(&bench, "mails.csv", "id,text\n10,a\n20,b\n30,c\n");
    let first = run(&bench, &settings, None).unwrap();
    assert_eq!(ids(&bench, &first), [0, 1, 2]);
    let again = run(&bench, &settings, None).unwrap();
    assert_eq!((rows(&again), versions(&bench)), (rows(&first), 1));

    put(&bench, "mails.csv", "id,text\n40,d\n30,changed\n10,a\n");
    let second = run(&bench, &settings, None).unwrap();
    assert_eq!(ids(&bench, &second), [0, 2, 3]);
    let body: Ingestion = serde_json::from_value(second.body.clone()).unwrap();
    assert_eq!((body.next_row, body.files[0].first_row, versions(&bench)), (4, None, 2));

    // What was removed comes back as a new row, although these very files were there before.
    put(&bench, "mails.csv", "id,text\n10,a\n20,b\n30,c\n");
    let third = run(&bench, &settings, None).unwrap();
    assert_eq!((ids(&bench, &third), versions(&bench)), (vec![0, 2, 4], 3));
}

#[test]
fn rows_keep_their_ids_by_content_where_they_have_no_key() {
    let bench = Bench::new();
    let _ = site(&bench, None);
    put(&bench, "mails.csv", "a,b\nx,1\nx,1\ny,2\n");
    assert_eq!(ids(&bench, &run(&bench, &mails(json!({})), None).unwrap()), [0, 1, 2]);
    put(&bench, "mails.csv", "a,b\ny,2\nx,1\nz,3\n");
    assert_eq!(ids(&bench, &run(&bench, &mails(json!({})), None).unwrap()), [0, 2, 3]);
}

#[test]
fn the_cache_key_knows_files_and_history() {
    let bench = Bench::new();
    let site = site(&bench, None);
    let settings = mails(json!({"key": ["id"]}));
    let external = || bench.build_at(&entry(), &settings, &site).unwrap().external(bench.store()).unwrap();
    put(&bench, "mails.csv", "id\n1\n2\n");
    let before = external();
    run(&bench, &settings, None).unwrap();
    assert_eq!(external(), before, "an unchanged rerun is a cache hit");
    put(&bench, "mails.csv", "id\n2\n");
    run(&bench, &settings, None).unwrap();
    put(&bench, "mails.csv", "id\n1\n2\n");
    assert_ne!(external(), before, "the ids would not be those of the first time");
}

#[test]
fn inferred_types_are_fixed_at_the_first_ingest() {
    let bench = Bench::new();
    let _ = site(&bench, None);
    put(&bench, "mails.csv", "n,x\n1,a\n2.5,b\n");
    run(&bench, &mails(json!({})), None).unwrap();
    put(&bench, "mails.csv", "n,x\n1,7\n2,8\n");
    let narrower = run(&bench, &mails(json!({})), None).unwrap();
    let schema = |outcome: &Outcome| Table::read(bench.store(), &rows(outcome).digest).unwrap().schema().clone();
    let types: Vec<String> = schema(&narrower).columns().iter().map(|column| column.data_type.to_string()).collect();
    assert_eq!(types, ["float64", "string"]);
    for (text, message, line) in [
        (
            "n,x\n1,a\n\nSECRET,b\n",
            "the column `n` was of type `float64` at the first ingest and is of type `string` now",
            Some(4),
        ),
        ("n,x,y\n1,a,b\n", "there was no column `y` before", Some(1)),
        ("n\n1\n", "the file has no column `x`", Some(1)),
    ] {
        put(&bench, "mails.csv", text);
        let error = run(&bench, &mails(json!({})), None).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.place().line, error.exit_code()),
            (message, line, ExitCode::Data)
        );
    }
    assert_eq!(versions(&bench), 2);
}

#[test]
fn samples_are_the_beginning_and_never_a_version() {
    let bench = Bench::new();
    let _ = site(&bench, None);
    put(&bench, "a/1.csv", "id\n1\n2\n3\n");
    put(&bench, "a/b/2.csv", "id\n4\n5\n");
    let settings = mails(json!({"path": "a/**/*.csv", "key": ["id"]}));
    let outcome = run(&bench, &settings, Some(4)).unwrap();
    let body: Ingestion = serde_json::from_value(outcome.body.clone()).unwrap();
    assert_eq!((ids(&bench, &outcome), body.sample, versions(&bench)), (vec![0, 1, 2, 3], Some(4), 0));
    let whole: Ingestion = serde_json::from_value(run(&bench, &settings, None).unwrap().body).unwrap();
    let files: Vec<_> = whole.files.iter().map(|file| (file.path.as_str(), file.first_row, file.rows)).collect();
    assert_eq!(files, [("a/1.csv", Some(0), 3), ("a/b/2.csv", Some(3), 2)]);
    assert_eq!((whole.rows, versions(&bench)), (5, 1));
}

#[cfg(unix)]
#[test]
fn links_that_lead_outside_are_refused() {
    let bench = Bench::new();
    let _ = site(&bench, None);
    std::fs::write(bench.folder().join("secret.csv"), "id\n1\n").unwrap();
    std::os::unix::fs::symlink("../secret.csv", bench.folder().join("data/mails.csv")).unwrap();
    for path in ["mails.csv", "*.csv", "./mails.csv"] {
        let error = run(&bench, &mails(json!({"path": path})), None).unwrap_err();
        assert_eq!(
            (error.exit_code(), error.to_string().contains("leaves the datastore")),
            (ExitCode::Usage, true),
            "{path}"
        );
    }
}

#[test]
fn a_damaged_version_is_made_anew() {
    let bench = Bench::new();
    let _ = site(&bench, None);
    put(&bench, "mails.csv", "id\n1\n2\n");
    let first = rows(&run(&bench, &mails(json!({})), None).unwrap());
    let chunk = mlspec_table::manifest(bench.store(), &first.digest).unwrap().chunks[0].file;
    let path = bench.store().object_path(&chunk);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[10] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    assert_eq!(
        Table::read(bench.store(), &first.digest).unwrap_err().to_string().matches("was changed on disk").count(),
        1
    );
    assert_eq!(rows(&run(&bench, &mails(json!({})), None).unwrap()), first);
    assert_eq!(Table::read(bench.store(), &first.digest).unwrap().len(), 2);
}

#[test]
fn settings_name_formats_and_files() {
    let parse = |settings: Value| serde_json::from_value::<IngestParams>(settings).map_err(|error| error.to_string());
    assert!(parse(json!({"datastore": "data", "path": 3})).unwrap_err().contains("a path or a list of paths"));
    assert!(
        parse(json!({"datastore": "data", "path": "a.csv", "colums": []}))
            .unwrap_err()
            .contains("unknown field `colums`")
    );
}
