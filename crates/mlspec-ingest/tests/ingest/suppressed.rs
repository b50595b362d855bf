//! Erased rows do not come back, and nobody learns them from the list.

use super::edits::{body, edition, keyed, publish, three};
use super::*;
use mlspec_ingest::{Edition, Edits, suppress};
use mlspec_record::Failure as _;
use mlspec_table::polars::prelude::*;

const SECRET: &[u8] = b"a secret that nobody sees";

fn name() -> Name {
    Name::new("mails").unwrap()
}

fn with_secret(bench: &Bench, settings: &Value, secret: Option<&[u8]>) -> Result<Outcome, StageError> {
    let site = site(bench, None).with_secret(secret.map(<[u8]>::to_vec));
    let stage = bench.build_at(&entry(), settings, &site)?;
    bench.run(stage.as_ref(), 42, &[])
}

/// Erases rows of the current version; says how many were not on the list before.
fn forget(bench: &Bench, ids: &[u64]) -> u64 {
    let edition = Edition::open(bench.store(), &name(), Some(SECRET)).unwrap();
    let rows = Table::read_rows(bench.store(), &edition.version().table.digest, ids).unwrap();
    let edits = Edits { remove: ids.to_vec(), ..Edits::default() };
    let draft = edition.revise(&edits).unwrap().draft.unwrap();
    let added = suppress(bench.store(), &name(), Some(SECRET), &rows).unwrap();
    assert_eq!(suppress(bench.store(), &name(), Some(SECRET), &rows).unwrap(), 0);
    publish(bench, &draft);
    added
}

#[test]
fn rows_erased_by_key_do_not_come_back() {
    let bench = Bench::new();
    three(&bench);
    assert_eq!(forget(&bench, &[1]), 1);
    // The files still hold the row; the version stays, and nothing is looked up.
    let kept = with_secret(&bench, &keyed(), None).unwrap();
    assert_eq!((ids(&bench, &kept), body(&kept).suppressed, kept.warnings.len()), (vec![0, 2], 0, 0));

    put(&bench, "mails.csv", "id,text\n30,c\n20,other\n40,d\n");
    for (secret, message) in [
        (None, "rows of the dataset `mails` were erased, and without the secret they cannot be recognised"),
        (Some(&b""[..]), "rows of the dataset `mails` were erased, and without the secret they cannot be recognised"),
        (Some(b"another"), "rows of the dataset `mails` were erased with another secret than this one"),
    ] {
        let error = with_secret(&bench, &keyed(), secret).unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.exit_code(), error.hint().is_some()),
            (message, ExitCode::Outside, true)
        );
    }
    assert_eq!(versions(&bench), 2);
    let read = with_secret(&bench, &keyed(), Some(SECRET)).unwrap();
    let found = body(&read);
    assert_eq!((ids(&bench, &read), found.suppressed, found.rows, found.next_row), (vec![2, 3], 1, 2, 4));
    assert_eq!((found.files[0].rows, found.files[0].first_row), (3, None));
    assert_eq!(read.warnings, ["1 rows of the files of `mails` were left out: they were erased before"]);
    // An unchanged rerun is the same.
    assert_eq!(rows(&with_secret(&bench, &keyed(), Some(SECRET)).unwrap()), rows(&read));
    assert_eq!(versions(&bench), 3);

    // Faults are named by the lines of the file, whatever was left out.
    put(&bench, "mails.csv", "id,text\n20,x\n30,c\n20,y\n30,d\n");
    let error = with_secret(&bench, &keyed(), Some(SECRET)).unwrap_err();
    assert_eq!(error.to_string(), "the key (`id`) is that of an earlier row in 1 rows: mails.csv:5");
    let column = mails(json!({"key": ["text"], "columns": [{"name": "text", "type": "string"}]}));
    let error = with_secret(&bench, &column, Some(SECRET)).unwrap_err();
    let message = "rows of the dataset `mails` that were erased are recognised by the column `id`, which is missing";
    assert_eq!((error.to_string().as_str(), error.exit_code()), (message, ExitCode::Data));
}

#[test]
fn rows_erased_by_content_do_not_come_back() {
    let bench = Bench::new();
    let _ = site(&bench, None);
    put(&bench, "mails.csv", "a,b\nx,1\nx,1\ny,2\nx,\n");
    with_secret(&bench, &mails(json!({})), None).unwrap();
    assert_eq!(forget(&bench, &[0, 1]), 1, "equal rows are one entry");
    put(&bench, "mails.csv", "a,b\nx,1\ny,2\nx,\nx,1\nz,3\n");
    let read = with_secret(&bench, &mails(json!({})), Some(SECRET)).unwrap();
    assert_eq!((ids(&bench, &read), body(&read).suppressed), (vec![2, 3, 4], 2));

    // Nor by edits.
    let edition = Edition::open(bench.store(), &name(), Some(SECRET)).unwrap();
    let rows = df!("a" => ["x", "w"], "b" => [1_i64, 1]).unwrap();
    let revised = edition.revise(&Edits { append: Some(rows), ..Edits::default() }).unwrap();
    assert_eq!((revised.suppressed, revised.draft.unwrap().ingestion.rows), (1, 4));
    let rows = df!("a" => ["x"], "b" => [1_i64]).unwrap();
    let revised = edition.revise(&Edits { append: Some(rows.clone()), ..Edits::default() }).unwrap();
    assert_eq!((revised.suppressed, revised.draft.is_none()), (1, true));
    let revised = edition.revise(&Edits { replace: Some(rows), ..Edits::default() }).unwrap();
    assert_eq!((revised.suppressed, revised.draft.unwrap().ingestion.rows), (1, 0));
    let error = Edition::open(bench.store(), &name(), None).err().unwrap();
    assert_eq!(error.exit_code(), ExitCode::Outside);
}

#[test]
fn a_list_that_grows_without_an_edit_counts_from_the_next_run_on() {
    let bench = Bench::new();
    three(&bench);
    let stage = || bench.build_at(&entry(), &keyed(), &site(&bench, None)).unwrap().external(bench.store()).unwrap();
    let before = stage();
    let table = Table::read(bench.store(), &edition(&bench).version().table.digest).unwrap();
    suppress(bench.store(), &name(), Some(SECRET), &table.slice(0, 2)).unwrap();
    assert_ne!(stage(), before);
    let read = with_secret(&bench, &keyed(), Some(SECRET)).unwrap();
    assert_eq!((ids(&bench, &read), body(&read).suppressed, versions(&bench)), (vec![2], 2, 2));
}

#[test]
fn neither_rows_nor_the_secret_are_shown() {
    let bench = Bench::new();
    let _ = site(&bench, None);
    put(&bench, "mails.csv", format!("id,text\n{MARKER},x\nb,y\n"));
    with_secret(&bench, &keyed(), None).unwrap();
    forget(&bench, &[0]);
    let list = std::fs::read_to_string(bench.store().root().join("suppressed/mails.json")).unwrap();
    let secret = std::str::from_utf8(SECRET).unwrap();
    assert!(!list.contains(MARKER) && !list.contains(secret), "{list}");
    put(&bench, "mails.csv", format!("id,text\n{MARKER},x\nb,z\n"));
    let read = with_secret(&bench, &keyed(), Some(SECRET)).unwrap();
    let site = site(&bench, None).with_secret(Some(SECRET.to_vec()));
    let stage = bench.build_at(&entry(), &keyed(), &site).unwrap();
    let shown = format!("{stage:?} {site:?} {read:?} {:?}", stage.external(bench.store()).unwrap());
    assert!(!shown.contains(MARKER) && !shown.contains(secret));
    // The same row of another dataset stands on its list as something else.
    let other = mails(json!({"dataset": "others", "key": ["id"]}));
    with_secret(&bench, &other, None).unwrap();
    let others = Name::new("others").unwrap();
    let version = bench.store().dataset(&others).unwrap().unwrap().body;
    let rows = Table::read_rows(bench.store(), &version.table.digest, &[0]).unwrap();
    assert_eq!(suppress(bench.store(), &others, Some(SECRET), &rows).unwrap(), 1);
    let theirs: Value =
        serde_json::from_str(&std::fs::read_to_string(bench.store().root().join("suppressed/others.json")).unwrap())
            .unwrap();
    let ours: Value = serde_json::from_str(&list).unwrap();
    assert_ne!(ours["by"][0]["rows"], theirs["by"][0]["rows"]);
}
