//! Datasets edited without their files: what comes out, what a run makes of it, and what is refused.

use super::*;
use mlspec_ingest::{Draft, Edition, Edits, IngestError};
use mlspec_record::body::Revision;
use mlspec_record::{Failure as _, Timestamp};
use mlspec_store::Store;
use mlspec_table::polars::prelude::*;
use mlspec_table::{ChunkOptions, ROW};
use proptest::prelude::*;
use std::collections::BTreeMap;

pub(super) fn edition(bench: &Bench) -> Edition {
    Edition::open(bench.store(), &Name::new("mails").unwrap(), None).unwrap()
}

pub(super) fn publish(bench: &Bench, draft: &Draft) {
    draft.publish(bench.store(), Timestamp::from_millis(0).unwrap()).unwrap();
}

/// A dataset of three mails with keys, and what its ingest left.
pub(super) fn three(bench: &Bench) -> Outcome {
    let _ = site(bench, None);
    put(bench, "mails.csv", "id,text\n10,a\n20,b\n30,c\n");
    run(bench, &keyed(), None).unwrap()
}

pub(super) fn keyed() -> Value {
    mails(json!({"key": ["id"]}))
}

pub(super) fn body(outcome: &Outcome) -> Ingestion {
    serde_json::from_value(outcome.body.clone()).unwrap()
}

fn rows_of(frame: DataFrame) -> Edits {
    Edits { append: Some(frame), ..Edits::default() }
}

fn put_rows(ids: &[u64], keys: &[i64], texts: &[&str]) -> Edits {
    let rows = Table::new(df!(ROW => ids, "id" => keys, "text" => texts).unwrap()).unwrap();
    Edits { put: Some(rows), ..Edits::default() }
}

#[test]
fn an_edited_version_stays_while_its_files_do() {
    let bench = Bench::new();
    let first = three(&bench);
    let external = || {
        let stage = bench.build_at(&entry(), &keyed(), &site(&bench, None)).unwrap();
        stage.external(bench.store()).unwrap()
    };
    let read = external();
    let edits = Edits {
        remove: vec![1, 1],
        append: Some(df!("text" => ["d"], "id" => [20_i64]).unwrap()),
        ..put_rows(&[2], &[30], &["new"])
    };
    let revised = edition(&bench).revise(&edits).unwrap();
    let draft = revised.draft.unwrap();
    let difference = draft.difference(bench.store()).unwrap();
    assert_eq!((difference.removed, difference.changed, difference.added), (vec![1], vec![2], vec![3]));
    assert_eq!((draft.number, versions(&bench), external() == read), (2, 1, true), "not published yet");
    let again: Draft = serde_json::from_value(serde_json::to_value(&draft).unwrap()).unwrap();
    assert_eq!(again, draft);
    publish(&bench, &again);

    let kept = run(&bench, &keyed(), None).unwrap();
    assert_eq!((rows(&kept), body(&kept), versions(&bench)), (draft.table.clone(), draft.ingestion.clone(), 2));
    assert_eq!(draft.table.lineage, rows(&first).lineage);
    assert_ne!(external(), read);
    let table = Table::read(bench.store(), &draft.table.digest).unwrap();
    let wanted = df!(ROW => [0_u64, 2, 3], "id" => [10_i64, 30, 20], "text" => ["a", "new", "d"]).unwrap();
    assert!(table.frame().equals(&wanted), "{}", table.frame());
    let counts = |edits, removed, changed, added| Some(Revision { edits, removed, changed, added });
    let found = body(&kept);
    assert_eq!((found.rows, found.next_row, found.revision), (3, 4, counts(1, 1, 1, 1)));
    assert_eq!(found.files, body(&first).files);

    // Another edit on top; what is appended and removed again was never there.
    let draft = edition(&bench).revise(&Edits { remove: vec![3, 2], ..Edits::default() }).unwrap().draft.unwrap();
    assert_eq!((draft.ingestion.revision.clone(), draft.ingestion.next_row), (counts(2, 2, 0, 0), 4));
    publish(&bench, &draft);
    assert!(matches!(
        draft.publish(bench.store(), Timestamp::from_millis(0).unwrap()),
        Err(IngestError::Store(mlspec_store::StoreError::Conflict { .. }))
    ));
    let sample = run(&bench, &keyed(), Some(1)).unwrap();
    assert_eq!((ids(&bench, &sample), body(&sample).sample, versions(&bench)), (vec![0], Some(1), 3));

    // Without its rows the version cannot be made anew from the files.
    let chunk = mlspec_table::manifest(bench.store(), &draft.table.digest).unwrap().chunks[0].file;
    std::fs::remove_file(bench.store().object_path(&chunk)).unwrap();
    let error = match run(&bench, &keyed(), None) {
        Ok(outcome) => Table::read(bench.store(), &rows(&outcome).digest).unwrap_err().exit_code(),
        Err(error) => error.exit_code(),
    };
    assert_eq!(error, ExitCode::Outside);
}

#[test]
fn changed_files_are_read_again_and_win() {
    let bench = Bench::new();
    three(&bench);
    let edits = Edits {
        append: Some(df!("id" => [40_i64, 50], "text" => ["d", "e"]).unwrap()),
        remove: vec![1],
        ..put_rows(&[0, 2], &[10, 30], &["x", "y"])
    };
    publish(&bench, &edition(&bench).revise(&edits).unwrap().draft.unwrap());
    // As corrected: 10. Otherwise: 30. As appended: 40. Gone: 50. Back, as a new row: 20.
    put(&bench, "mails.csv", "id,text\n10,x\n20,b\n30,c\n40,d\n");
    let read = run(&bench, &keyed(), None).unwrap();
    assert_eq!(ids(&bench, &read), [0, 2, 3, 5]);
    let found = body(&read);
    assert_eq!((found.revision, found.next_row, versions(&bench)), (None, 6, 3));
    assert_eq!(
        read.warnings,
        ["the files changed: 2 of 4 rows of `mails` that were corrected or appended are again as the files say"]
    );
    assert!(run(&bench, &keyed(), None).unwrap().warnings.is_empty());
}

#[test]
fn what_changes_nothing_makes_no_version() {
    let bench = Bench::new();
    three(&bench);
    let same = df!("text" => ["c", "a", "b"], "id" => [30_i64, 10, 20]).unwrap();
    let none = same.head(Some(0));
    for edits in [
        Edits::default(),
        put_rows(&[1], &[20], &["b"]),
        rows_of(none),
        Edits { replace: Some(same), ..Edits::default() },
    ] {
        assert_eq!(edition(&bench).revise(&edits).unwrap().draft, None, "{edits:?}");
    }
}

#[test]
fn edits_that_do_not_fit_are_refused() {
    let bench = Bench::new();
    three(&bench);
    let check = |edits: Edits, exit: ExitCode, message: &str| {
        let error = edition(&bench).revise(&edits).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.exit_code()), (message, exit));
    };
    let remove = |ids: &[u64]| Edits { remove: ids.to_vec(), ..Edits::default() };
    check(remove(&[7, 1, 9]), ExitCode::Data, "2 of the rows to be edited are not in the dataset: row 7, row 9");
    check(put_rows(&[4], &[50], &["x"]), ExitCode::Data, "1 of the rows to be edited are not in the dataset: row 4");
    check(put_rows(&[1], &[21], &["b"]), ExitCode::Data, "the key (`id`) of a row cannot be changed; 1 corrections do");
    check(
        Edits { remove: vec![1], ..put_rows(&[1, 2], &[20, 30], &["x", "y"]) },
        ExitCode::Data,
        "1 rows are named twice: row 1",
    );
    let key = |ids: &[Option<i64>]| rows_of(df!("id" => ids, "text" => vec!["x"; ids.len()]).unwrap());
    check(key(&[Some(40), Some(20)]), ExitCode::Data, "the key (`id`) is that of an earlier row in 1 rows: row 2");
    check(key(&[Some(40), Some(40)]), ExitCode::Data, "the key (`id`) is that of an earlier row in 1 rows: row 2");
    check(key(&[None]), ExitCode::Data, "the key (`id`) is null in 1 rows: row 1");
    check(rows_of(df!("id" => [40_i64]).unwrap()), ExitCode::Data, "the rows have no column `text`");
    check(
        rows_of(df!("id" => [40_i64], "text" => ["x"], "town" => ["y"]).unwrap()),
        ExitCode::Data,
        "the dataset has no column `town`",
    );
    check(
        rows_of(df!("id" => [4.5], "text" => ["x"]).unwrap()),
        ExitCode::Data,
        "the column `id` is of type `int64` in the dataset and of type `float64` in the rows",
    );
    check(
        Edits { replace: Some(df!("id" => [1_i64], "text" => ["x"]).unwrap()), ..remove(&[1]) },
        ExitCode::Usage,
        "a dataset cannot get a whole new version and single edits at once",
    );
    let unknown = Edition::open(bench.store(), &Name::new("mail").unwrap(), None).err().unwrap();
    assert_eq!(unknown.to_string(), "there is no dataset `mail` in the store; there are `mails`");
    assert_eq!(unknown.exit_code(), ExitCode::Usage);
    let found = edition(&bench).find(&df!("id" => [30_i64, 31, 10]).unwrap()).unwrap();
    assert_eq!(found, [Some(2), None, Some(0)]);
}

#[test]
fn files_of_edits() {
    let bench = Bench::new();
    three(&bench);
    let file = |name: &str, text: &str| {
        put(&bench, name, text);
        bench.folder().join("data").join(name)
    };
    let corrected = |name: &str, text: &str| edition(&bench).read_corrections(&file(name, text));
    let wanted = df!(ROW => [0_u64, 2], "id" => [10_i64, 30], "text" => [None, Some("new")]).unwrap();
    for (name, text) in [
        ("c.csv", "text,id\nnew,30\n,10\n"),
        ("c.tsv", "_row\ttext\n2\tnew\n0\t\n"),
        ("c.ndjson", "{\"id\": 30, \"text\": \"new\"}\n{\"id\": 10}\n"),
        ("c.jsonl", "{\"_row\": 2, \"text\": \"new\"}\n{\"_row\": 0, \"text\": null}\n"),
    ] {
        let table = corrected(name, text).unwrap();
        assert!(table.frame().equals_missing(&wanted), "{name} {}", table.frame());
    }
    let refused = |name: &str, text: &str, message: &str, line: Option<u64>| {
        let error = corrected(name, text).unwrap_err();
        assert_eq!((error.to_string().as_str(), error.place().line), (message, line));
    };
    refused("d.csv", "id,town\n10,x\n", "the table has no column `town`", None);
    refused(
        "d.csv",
        "id,text\n11,x\n10,y\n",
        "1 of the rows to be edited are not in the dataset: row 1 of the file",
        None,
    );
    refused("d.csv", "_row,text\n3,x\n", "1 of the rows to be edited are not in the dataset: row 1 of the file", None);
    refused("d.csv", "id,text\n10,x\n10,y\n", "1 rows are named twice: row 2 of the file", None);
    refused("d.csv", "id,text\n10,x\nSECRET,y\n", "a value is not of type `int64`", Some(3));
    refused("d.csv", "_row,text\n1,x\n\nSECRET,y\n", "a value is not of type `u_int64`", Some(4));
    refused("d.jsonl", "{\"_row\": -1, \"text\": \"x\"}\n", "a value is not of type `u_int64`", Some(1));
    refused("d.txt", "id\n1\n", "the ending of `d.txt` says no format", None);
    refused(
        "d.csv",
        "text\nx\n",
        "the corrections do not say which rows they belong to: there is neither `_row` nor the key (`id`)",
        None,
    );
    let key = corrected("e.csv", "_row,id\n0,11\n").unwrap();
    let edits = Edits { put: Some(key), ..Edits::default() };
    assert!(matches!(edition(&bench).revise(&edits), Err(IngestError::KeyChanged { count: 1, .. })));

    let rows = edition(&bench).read_rows(&file("a.csv", "id,text\n40,d\n")).unwrap();
    let draft = edition(&bench).revise(&rows_of(rows)).unwrap().draft.unwrap();
    assert_eq!((draft.ingestion.rows, draft.ingestion.next_row), (4, 4));
    let error = edition(&bench).read_rows(&file("a.csv", "id,text,town\n40,d,x\n")).unwrap_err();
    assert_eq!(error.to_string(), "there was no column `town` before");
}

#[test]
fn new_rows_have_the_layout_of_the_files() {
    let bench = Bench::new();
    let _ = site(&bench, None);
    let columns = json!([{"name": "id", "type": "int64"}, {"name": "text", "type": "string"}]);
    let settings = mails(json!({"columns": columns, "csv": {"header": false, "separator": ";"}}));
    put(&bench, "mails.csv", "1;a\n2;b\n");
    run(&bench, &settings, None).unwrap();
    put(&bench, "more.csv", "3;c\n");
    let more = edition(&bench).read_rows(&bench.folder().join("data/more.csv")).unwrap();
    publish(&bench, &edition(&bench).revise(&rows_of(more)).unwrap().draft.unwrap());
    assert_eq!(ids(&bench, &run(&bench, &settings, None).unwrap()), [0, 1, 2]);
    // Corrections need names.
    put(&bench, "fix.csv", "_row;text\n2;C\n");
    let edits = edition(&bench).corrections(&bench.folder().join("data/fix.csv")).unwrap();
    assert_eq!(edition(&bench).revise(&edits).unwrap().draft.unwrap().ingestion.rows, 3);
    assert!(matches!(edition(&bench).find(&df!("id" => [1_i64]).unwrap()), Err(IngestError::NotNamed { .. })));
}

#[test]
fn an_older_run_is_repeated_from_the_version_it_read() {
    let bench = Bench::new();
    three(&bench);
    publish(&bench, &edition(&bench).revise(&put_rows(&[1], &[20], &["x"])).unwrap().draft.unwrap());
    let edited = run(&bench, &keyed(), None).unwrap();
    put(&bench, "mails.csv", "id,text\n20,b\n40,d\n");
    let third = run(&bench, &keyed(), None).unwrap();
    // A fresh store that begins with one version of the dataset, with or without the document that says where it came from.
    let repeat = |number: u64, origin: bool| {
        let other = Bench::new();
        let version = bench.store().dataset_version(&Name::new("mails").unwrap(), number).unwrap();
        for file in bench.store().files_of([&version.body.table]).unwrap() {
            bench.store().copy_file(&file, other.store()).unwrap();
        }
        if origin {
            other.store().put_object(&bench.store().object(&version.body.record).unwrap()).unwrap();
        }
        other.store().put_dataset_version(&version).unwrap();
        let stage = other.build_at(&entry(), &keyed(), &site(&bench, None)).unwrap();
        let outcome = other.run(stage.as_ref(), 42, &[]).unwrap();
        (rows(&outcome), body(&outcome))
    };
    // What was read: from the version before.
    assert_eq!(repeat(2, false), (rows(&third), body(&third)));
    assert_eq!(repeat(2, true), (rows(&third), body(&third)));
    // What was edited: from itself, while the files are those that it came from.
    put(&bench, "mails.csv", "id,text\n10,a\n20,b\n30,c\n");
    assert_eq!(repeat(2, true), (rows(&edited), body(&edited)));
}

/// A row's key and text.
type Model = BTreeMap<u64, (i64, String)>;

fn frame(rows: &[(i64, String)]) -> DataFrame {
    let (keys, texts): (Vec<i64>, Vec<&str>) = rows.iter().map(|(key, text)| (*key, text.as_str())).unzip();
    df!("id" => keys, "text" => texts).unwrap()
}

fn table(model: &Model) -> Table {
    let rows: Vec<_> = model.values().cloned().collect();
    Table::with_ids(frame(&rows), model.keys().copied().collect()).unwrap()
}

#[derive(Clone, Debug)]
enum Step {
    /// Positions to remove, positions to correct with a text, how many rows to append.
    Edit(Vec<prop::sample::Index>, Vec<(prop::sample::Index, u8)>, u8),
    /// Keys with texts.
    Replace(BTreeMap<u8, u8>),
}

fn a_step() -> impl Strategy<Value = Step> {
    let edit = (
        prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        prop::collection::vec((any::<prop::sample::Index>(), 0_u8..3), 0..6),
        0_u8..4,
    );
    prop_oneof![
        3 => edit.prop_map(|(remove, put, append)| Step::Edit(remove, put, append)),
        1 => prop::collection::btree_map(0_u8..40, 0_u8..3, 0..30).prop_map(Step::Replace),
    ]
}

/// The edits of a step, and the model after it.
fn apply(model: &mut Model, next: &mut u64, step: &Step, by_key: bool) -> Edits {
    let mut edits = Edits::default();
    match step {
        Step::Edit(remove, puts, append) => {
            let ids: Vec<u64> = model.keys().copied().collect();
            let pick = |at: &prop::sample::Index| (!ids.is_empty()).then(|| ids[at.index(ids.len())]);
            edits.remove = remove.iter().filter_map(pick).collect();
            let mut put = Model::new();
            for (at, text) in puts {
                if let Some(id) = pick(at).filter(|id| !edits.remove.contains(id)) {
                    put.insert(id, (model[&id].0, text.to_string()));
                }
            }
            model.retain(|id, _| !edits.remove.contains(id));
            model.extend(put.clone());
            edits.put = Some(table(&put));
            let new: Vec<_> = (0..u64::from(*append)).map(|n| (1_000 + (*next + n) as i64, "new".to_owned())).collect();
            new.iter().for_each(|row| {
                model.insert(*next, row.clone());
                *next += 1;
            });
            edits.append = Some(frame(&new));
        }
        Step::Replace(rows) => {
            let rows: Vec<_> = rows.iter().map(|(key, text)| (i64::from(*key), text.to_string())).collect();
            let before = std::mem::take(model);
            for row in &rows {
                let same = |old: &(i64, String)| if by_key { old.0 == row.0 } else { old == row };
                let known = before.iter().find(|(id, old)| same(old) && !model.contains_key(id)).map(|(id, _)| *id);
                let id = known.unwrap_or_else(|| std::mem::replace(next, *next + 1));
                model.insert(id, row.clone());
            }
            edits.replace = Some(frame(&rows));
        }
    }
    edits
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(16) })]

    #[test]
    fn versions_are_the_rows_that_edits_lead_to(
        start in prop::collection::btree_map(0_u8..40, 0_u8..3, 1..30),
        steps in prop::collection::vec(a_step(), 1..5),
        by_key in any::<bool>(),
        chunk_rows in 1_u64..12,
    ) {
        let bench = Bench::new();
        let _ = site(&bench, None);
        let lines: String = start.iter().map(|(key, text)| format!("{key},{text}x\n")).collect();
        put(&bench, "mails.csv", format!("id,text\n{lines}"));
        let key = if by_key { json!(["id"]) } else { json!([]) };
        let settings = mails(json!({"key": key, "chunk_rows": chunk_rows}));
        run(&bench, &settings, None).unwrap();
        let mut model: Model = start.iter().map(|(key, text)| (i64::from(*key), format!("{text}x"))).zip(0..).map(|(row, id)| (id, row)).collect();
        let mut next = model.len() as u64;
        for step in &steps {
            let before = model.clone();
            let edits = apply(&mut model, &mut next, step, by_key);
            let Some(draft) = edition(&bench).revise(&edits).unwrap().draft else {
                prop_assert_eq!(&before, &model);
                continue;
            };
            let (_folder, other) = store();
            let wanted = table(&model).write(&other, &ChunkOptions { chunk_rows, ..ChunkOptions::default() }).unwrap();
            prop_assert_eq!((draft.table.digest, draft.table.bytes), (wanted.digest, wanted.bytes));
            prop_assert_eq!((draft.ingestion.rows, draft.ingestion.next_row), (model.len() as u64, next));
            publish(&bench, &draft);
            let kept = run(&bench, &settings, None).unwrap();
            prop_assert_eq!((rows(&kept), body(&kept)), (draft.table, draft.ingestion));
        }
    }
}

fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}
