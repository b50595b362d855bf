//! Kinds of files beside text, folders that say columns, rows that are put aside, and where rows stand.

use super::{ids, put, rows, run, site};
use mlspec_ingest::{Edition, Edits, suppress};
use mlspec_record::body::{Ingestion, RowPlaces};
use mlspec_record::{ArtifactRef, ExitCode, Name, Timestamp};
use mlspec_stage::Outcome;
use mlspec_table::Table;
use mlspec_testkit::Bench;
use serde_json::{Value, json};

const BOOKS: &[u8] = include_bytes!("../../../mlspec-table/tests/books/books.xlsx");

fn people(path: &str, more: Value) -> Value {
    let mut settings = json!({"dataset": "people", "datastore": "data", "path": path});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    settings
}

fn body(outcome: &Outcome) -> Ingestion {
    serde_json::from_value(outcome.body.clone()).unwrap()
}

fn quarantine(outcome: &Outcome) -> ArtifactRef {
    outcome.outputs.iter().find(|output| output.port.as_str() == "quarantine").unwrap().artifact.clone()
}

fn texts(bench: &Bench, table: &ArtifactRef, column: &str) -> Vec<Option<String>> {
    let table = Table::read(bench.store(), &table.digest).unwrap();
    table.column(column).unwrap().str().unwrap().iter().map(|text| text.map(str::to_owned)).collect()
}

/// The places of rows, as `row: file record`.
fn places(bench: &Bench, outcome: &Outcome) -> Vec<String> {
    let body = body(outcome);
    let doc: Option<RowPlaces> = body.places.map(|digest| bench.store().json(&digest).unwrap());
    let source = where_rows_stand(&body, doc.as_ref());
    ids(bench, outcome).into_iter().map(|row| format!("{row}: {}", source(row))).collect()
}

fn where_rows_stand<'a>(body: &'a Ingestion, doc: Option<&'a RowPlaces>) -> impl Fn(u64) -> String + 'a {
    move |row| {
        let simple = body.files.iter().enumerate().find_map(|(at, file)| {
            let after = row.checked_sub(file.first_row?).filter(|after| *after < file.rows)?;
            Some((at, file.first_record.unwrap_or(1) + after))
        });
        match simple.or_else(|| doc?.find(row)) {
            Some((file, record)) => format!("{} {record}", body.files[file].path),
            None => "-".to_owned(),
        }
    }
}

#[test]
fn workbooks_keep_ids_and_rows_know_their_place_in_the_sheet() {
    let bench = Bench::new();
    let _ = site(&bench, None);
    put(&bench, "a.xlsx", BOOKS);
    let settings = people("a.xlsx", json!({"key": ["k"], "excel": {"sheet": "Moved", "range": "B3:C7"}}));
    let first = run(&bench, &settings, None).unwrap();
    let source = &body(&first).files[0];
    assert_eq!((source.format.as_str(), source.sheet.as_deref(), source.rows), ("excel", Some("Moved"), 3));
    assert_eq!(places(&bench, &first), ["0: a.xlsx 4", "1: a.xlsx 5", "2: a.xlsx 7"], "a blank row lies between");
    assert_eq!(rows(&run(&bench, &settings, None).unwrap()), rows(&first));
    let whole = people("a.xlsx", json!({"dataset": "all", "excel": {"sheet": 1}}));
    let simple = body(&run(&bench, &whole, None).unwrap());
    assert_eq!((simple.files[0].first_row, simple.files[0].first_record, simple.places), (Some(0), Some(2), None));
    for (excel, code, message) in [
        (json!({"sheet": "Nope"}), ExitCode::Data, "the workbook has no sheet `Nope`"),
        (json!({"range": "A1"}), ExitCode::Usage, "`range` must be two cells"),
    ] {
        let error = run(&bench, &people("a.xlsx", json!({"excel": excel})), None).unwrap_err();
        assert!(error.to_string().starts_with(message) && error.exit_code() == code, "{error}");
    }
    put(&bench, "a.xlsx", "id,text\n1,SECRET\n");
    let error = run(&bench, &settings, None).unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.exit_code()),
        ("the file is no workbook file, or damaged", ExitCode::Data)
    );
}

#[test]
fn partitioned_folders_grow_by_files() {
    let bench = Bench::new();
    let _ = site(&bench, None);
    put(&bench, "sales/year=2024/month=1/a.csv", "id,v\n1,x\n2,y\n");
    put(&bench, "sales/year=2024/month=2/b.csv", "id,v\n3,z\n");
    let settings = people("sales/**/*.csv", json!({"key": ["id"], "hive": {"types": {"month": "int8"}}}));
    let first = run(&bench, &settings, None).unwrap();
    let columns: Vec<String> =
        body(&first).columns.columns().iter().map(|c| format!("{}:{}", c.name, c.data_type)).collect();
    assert_eq!(columns, ["id:int64", "v:string", "year:int64", "month:int8"]);
    put(&bench, "sales/year=2023/month=12/c.csv", "id,v\n4,w\n");
    let second = run(&bench, &settings, None).unwrap();
    assert_eq!(ids(&bench, &second), [0, 1, 2, 3]);
    let expect = [
        "0: sales/year=2024/month=1/a.csv 1",
        "1: sales/year=2024/month=1/a.csv 2",
        "2: sales/year=2024/month=2/b.csv 1",
        "3: sales/year=2023/month=12/c.csv 1",
    ];
    assert_eq!(places(&bench, &second), expect);
    put(&bench, "sales/year=soon/month=1/d.csv", "id,v\n5,x\n");
    let error = run(&bench, &settings, None).unwrap_err();
    assert!(error.to_string().starts_with("the column `year` was of type `int64` at the first ingest"), "{error}");
    put(&bench, "plain.csv", "id,v\n1,x\n");
    let none = run(&bench, &people("plain.csv", json!({"dataset": "plain", "hive": {}})), None).unwrap();
    assert_eq!(body(&none).columns.columns().len(), 2);
    let both =
        people("plain.csv", json!({"columns": [{"name": "v", "type": "string"}], "hive": {"types": {"v": "string"}}}));
    let error = run(&bench, &both, None).unwrap_err();
    assert_eq!(error.to_string(), "the type of `v` stands under `columns` and under `hive`");
}

#[test]
fn json_documents_are_edited_by_documents() {
    let bench = Bench::new();
    let _ = site(&bench, None);
    put(&bench, "a.json", r#"{"rows": [{"id": 1, "t": "a"}, {"id": 2, "t": "b"}]}"#);
    let settings = people("a.json", json!({"key": ["id"], "json": {"records": "/rows"}}));
    let first = run(&bench, &settings, None).unwrap();
    assert_eq!(ids(&bench, &first), [0, 1]);
    put(&bench, "more.json", r#"{"rows": [{"id": 3, "t": "c"}]}"#);
    let edition = Edition::open(bench.store(), &Name::new("people").unwrap(), None).unwrap();
    let append = edition.read_rows(&bench.folder().join("data/more.json")).unwrap();
    let draft = edition.revise(&Edits { append: Some(append), ..Edits::default() }).unwrap().draft.unwrap();
    assert_eq!(Table::read(bench.store(), &draft.table.digest).unwrap().ids(), [0, 1, 2]);
}

const BAD: &str = "id,n,note\n1,5,a\n1,6,twice\n,7,nobody\n2,x,type\n3,8\n4,9,\"q\"q\n5,1,\nSECRETid,2,x\n6,3,z\n";

fn lenient(share: f64) -> Value {
    people(
        "bad.csv",
        json!({
            "key": ["id"],
            "columns": [{"name": "id", "type": "int64"}, {"name": "n", "type": "int8"}, {"name": "note", "type": "string"}],
            "bad_rows": {"policy": "quarantine", "max_share": share},
        }),
    )
}

#[test]
fn bad_rows_are_put_aside_counted_and_traced() {
    let bench = Bench::new();
    let _ = site(&bench, None);
    put(&bench, "bad.csv", BAD);
    let outcome = run(&bench, &lenient(0.7), None).unwrap();
    let report = body(&outcome);
    let aside = report.quarantined.clone().unwrap();
    let expect = [("fields", 1), ("key_null", 1), ("key_repeated", 1), ("quotes", 1), ("type", 2)];
    assert_eq!(aside.reasons, expect.map(|(reason, rows)| (reason.to_owned(), rows)).into());
    assert_eq!((aside.rows, report.rows, report.chunk_rows), (6, 3, Some(8_192)));
    assert_eq!(places(&bench, &outcome), ["0: bad.csv 1", "1: bad.csv 7", "2: bad.csv 9"]);
    let table = quarantine(&outcome);
    assert_eq!(table, aside.table);
    let some = |texts: &[&str]| texts.iter().map(|text| Some((*text).to_owned())).collect::<Vec<_>>();
    assert_eq!(
        texts(&bench, &table, "reason"),
        some(&["key_repeated", "key_null", "type", "fields", "quotes", "type"])
    );
    assert_eq!(
        texts(&bench, &table, "text"),
        some(&["1,6,twice", ",7,nobody", "2,x,type", "3,8", "4,9,\"q\"q", "SECRETid,2,x"])
    );
    let lines = Table::read(bench.store(), &table.digest).unwrap();
    assert_eq!(lines.column("line").unwrap().u64().unwrap().to_vec(), [3, 4, 5, 6, 7, 9].map(Some));
    assert!(outcome.warnings.iter().any(|warning| warning == "6 rows of `people` cannot be read and were put aside"));
    let told = format!("{:?}{:?}", outcome.body, outcome.warnings);
    assert!(!told.contains("SECRET") && !told.contains("nobody"), "values stand in the table alone");
    let again = run(&bench, &lenient(0.7), None).unwrap();
    assert_eq!((rows(&again), quarantine(&again)), (rows(&outcome), table));
    let error = run(&bench, &lenient(0.5), None).unwrap_err();
    assert_eq!(
        error.to_string(),
        "6 of 9 rows cannot be read, and at most a share of 0.5 may be: row 4 of bad.csv (type), row 5 of bad.csv (fields), row 6 of bad.csv (quotes), row 8 of bad.csv (type), row 3 of bad.csv (key_null)"
    );
    assert_eq!(error.exit_code(), ExitCode::Data);
    let mut strict = lenient(0.7);
    strict["bad_rows"]["policy"] = json!("fail");
    assert_eq!(run(&bench, &strict, None).unwrap_err().to_string(), "the line has 2 fields, expected 3");
}

#[test]
fn nothing_bad_leaves_an_empty_table() {
    let bench = Bench::new();
    let _ = site(&bench, None);
    put(&bench, "bad.csv", "id,n,note\n1,5,a\n");
    let outcome = run(&bench, &lenient(0.0), None).unwrap();
    let aside = body(&outcome).quarantined.unwrap();
    assert_eq!((aside.rows, aside.reasons.len(), outcome.outputs.len(), outcome.warnings.len()), (0, 0, 2, 0));
}

#[test]
fn later_versions_put_aside_what_no_longer_fits() {
    let bench = Bench::new();
    let _ = site(&bench, None);
    put(&bench, "bad.csv", "id,n\n1,5\n2,6\n");
    let settings = people("bad.csv", json!({"key": ["id"], "bad_rows": {"policy": "quarantine", "max_share": 0.5}}));
    run(&bench, &settings, None).unwrap();
    put(&bench, "bad.csv", "id,n\n3,7\nx,5\n2,6\n");
    let outcome = run(&bench, &settings, None).unwrap();
    assert_eq!(places(&bench, &outcome), ["1: bad.csv 3", "2: bad.csv 1"]);
    assert_eq!(texts(&bench, &quarantine(&outcome), "column"), [Some("id".to_owned())]);
}

#[test]
fn once_rows_are_erased_the_text_of_bad_rows_is_not_kept() {
    const KEY: &[u8] = b"a secret of the owner";
    let bench = Bench::new();
    let _ = site(&bench, None);
    put(&bench, "bad.csv", BAD);
    let first = run(&bench, &lenient(0.7), None).unwrap();
    let dataset = Name::new("people").unwrap();
    let edition = Edition::open(bench.store(), &dataset, None).unwrap();
    let draft = edition.revise(&Edits { remove: vec![0], ..Edits::default() }).unwrap().draft.unwrap();
    let aside = draft.ingestion.quarantined.clone().unwrap();
    assert_ne!(aside.table.digest, quarantine(&first).digest);
    assert!(texts(&bench, &aside.table, "text").iter().all(Option::is_none));
    assert_eq!(texts(&bench, &aside.table, "reason"), texts(&bench, &quarantine(&first), "reason"));
    let gone = Table::read_rows(bench.store(), &rows(&first).digest, &[0]).unwrap();
    suppress(bench.store(), &dataset, Some(KEY), &gone).unwrap();
    draft.publish(bench.store(), Timestamp::from_millis(0).unwrap()).unwrap();
    let with_secret = |bench: &Bench| {
        let site = site(bench, None).with_secret(Some(KEY.to_vec()));
        let stage = bench.build_at(&mlspec_ingest::entry(), &lenient(0.7), &site).unwrap();
        bench.run(stage.as_ref(), 42, &[]).unwrap()
    };
    let kept = with_secret(&bench);
    assert_eq!(quarantine(&kept), aside.table, "the edited version stays");
    put(&bench, "bad.csv", format!("{BAD}7,1,new\n"));
    let read = with_secret(&bench);
    // The second row of the erased key is no repetition any more: it is the erased one's.
    assert_eq!((body(&read).suppressed, ids(&bench, &read)), (2, vec![1, 2, 3]));
    assert!(texts(&bench, &quarantine(&read), "text").iter().all(Option::is_none));
}
