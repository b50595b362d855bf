//! A patched table is the table written anew; what differs is found again; folds compute what changed.

use super::tests::{options, store, table};
use super::*;
use crate::{Table, TableError};
use mlspec_record::{Digest, Failure as _};
use mlspec_store::Store;
use polars::prelude::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

/// A cell stands for values of all columns.
type Rows = BTreeMap<u64, Option<i64>>;

fn made(rows: &Rows) -> Table {
    let (ids, cells): (Vec<u64>, Vec<Option<i64>>) = rows.iter().map(|(id, cell)| (*id, *cell)).unzip();
    table(&ids, if cells.is_empty() { &[None] } else { &cells })
}

fn after(before: &Rows, gone: &[u64], new: &Rows) -> Rows {
    let mut rows = before.clone();
    rows.retain(|id, _| !gone.contains(id));
    rows.extend(new);
    rows
}

fn expected(before: &Rows, after: &Rows) -> Difference {
    let ids = |one: &Rows, other: &Rows| one.keys().filter(|id| !other.contains_key(id)).copied().collect();
    let changed = before.iter().filter(|(id, cell)| after.get(id).is_some_and(|new| new != *cell));
    Difference { removed: ids(before, after), added: ids(after, before), changed: changed.map(|(id, _)| *id).collect() }
}

fn an_id() -> impl Strategy<Value = u64> {
    prop_oneof![4 => 0_u64..80, 2 => any::<u64>(), 1 => u64::MAX - 40..=u64::MAX, 1 => Just(0), 1 => Just(u64::MAX)]
}

/// Cells below 6 stand for different values in some column each.
fn some_rows(most: usize) -> impl Strategy<Value = Rows> {
    prop::collection::btree_map(an_id(), prop::option::weighted(0.8, 0_i64..6), 0..most)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(32) })]

    #[test]
    fn a_patched_table_is_the_table_written_anew(
        before in some_rows(120),
        gone in prop::collection::vec(an_id(), 0..30),
        all in prop::bool::weighted(0.05),
        new in some_rows(40),
        chunk_rows in 1_u64..24,
        chunk_bytes in prop::option::of(100_u64..6_000),
    ) {
        let options = ChunkOptions { chunk_rows, chunk_bytes };
        let gone = if all { before.keys().copied().collect() } else { gone };
        let rows = after(&before, &gone, &new);
        let (folder, patched) = store();
        let (_other, anew) = store();
        let old = made(&before).write(&patched, &options).unwrap();
        let found = patch(&patched, &old.digest, &gone, &made(&new)).unwrap();
        let wanted = made(&rows).write(&anew, &options).unwrap();
        prop_assert_eq!(&found, &wanted);
        let bytes = |store: &Store| std::fs::read(store.manifest_path(&wanted.digest)).unwrap();
        prop_assert_eq!(bytes(&patched), bytes(&anew));
        prop_assert_eq!(Table::read(&patched, &found.digest).unwrap().ids(), rows.keys().copied().collect::<Vec<_>>());

        // What was remembered is what one finds.
        let fresh = Store::open(folder.path()).unwrap();
        let wanted = expected(&before, &rows);
        for store in [&patched, &fresh] {
            let difference = difference(store, &old.digest, &found.digest).unwrap().unwrap();
            prop_assert_eq!(&difference, &wanted);
            prop_assert_eq!(difference.is_empty(), old.digest == found.digest);
            let ids = |table: Table| table.ids();
            prop_assert_eq!(ids(difference.old_rows(store, &old.digest, None).unwrap()), difference.old_ids());
            let some = difference.new_rows(store, &found.digest, Some(&["s"])).unwrap();
            prop_assert_eq!(some.frame().get_column_names(), [crate::ROW, "s"]);
            prop_assert_eq!(ids(some), difference.new_ids());
        }
    }
}

#[test]
fn chunks_without_edited_rows_are_not_opened() {
    let rows: Rows = (0..64).map(|id| (id, Some(id as i64))).collect();
    let check = |gone: &[u64], new: &[(u64, i64)], opened: &[usize]| {
        let (_folder, store) = store();
        let old = made(&rows).write(&store, &options(8)).unwrap();
        let chunks = manifest(&store, &old.digest).unwrap().chunks;
        for (at, chunk) in chunks.iter().enumerate().filter(|(at, _)| !opened.contains(at)) {
            std::fs::write(store.object_path(&chunk.file), format!("poison {at}")).unwrap();
        }
        let new: Rows = new.iter().map(|(id, cell)| (*id, Some(*cell))).collect();
        let found = patch(&store, &old.digest, gone, &made(&new)).unwrap();
        let fresh = Store::open(store.root()).unwrap();
        let wanted = expected(&rows, &after(&rows, gone, &new));
        assert_eq!(difference(&fresh, &old.digest, &found.digest).unwrap(), Some(wanted), "{gone:?} {new:?}");
    };
    check(&[9, 10], &[], &[1]);
    check(&[], &[(63, 1)], &[7]);
    check(&[], &[(64, 1), (1 << 40, 2)], &[]);
    check(&[100, 1 << 50], &[], &[]);
    check(&[0], &[(31, 5), (32, 9)], &[0, 3, 4]);
    // All of a range: the one beside it gets its room without being opened.
    check(&(8..16).collect::<Vec<_>>(), &[], &[1]);
}

#[test]
fn other_columns_are_not_compared_and_not_put_in() {
    let (_folder, store) = store();
    let write = |frame: DataFrame| Table::number(frame, 0).unwrap().write(&store, &options(8)).unwrap().digest;
    let one = write(df!("a" => [1, 2], "b" => [3, 4]).unwrap());
    for other in [df!("b" => [1, 2], "a" => [3, 4]), df!("a" => [1, 2]), df!("a" => [1, 2], "b" => [3.0, 4.0])] {
        let other = write(other.unwrap());
        assert_eq!(difference(&store, &one, &other).unwrap(), None);
        let rows = Table::read(&store, &other).unwrap();
        assert!(matches!(patch(&store, &one, &[], &rows), Err(TableError::OtherColumns)));
    }
    let signs = |zero: f64| write(df!("f" => [zero, f64::NAN]).unwrap());
    let (plus, minus) = (signs(0.0), signs(-0.0));
    assert_eq!(difference(&store, &plus, &minus).unwrap().unwrap().changed, [0]);
    let missing = Digest::of(b"no table");
    assert_eq!(difference(&store, &plus, &missing).unwrap_err().exit_code(), mlspec_record::ExitCode::Outside);
}

#[test]
fn long_texts_make_the_same_file_whatever_buffer_they_lie_in() {
    let text = |n: usize| (!n.is_multiple_of(3)).then(|| format!("{n} {}", "long ".repeat(100 + n % 50)));
    let texts: Vec<Option<String>> = (0..9_000).map(text).collect();
    let whole = Table::number(df!("t" => texts).unwrap(), 0).unwrap();
    let (_folder, one) = store();
    let (_folder, other) = store();
    let wanted = whole.write(&one, &options(4_096)).unwrap();
    let part = Table::new(whole.frame().slice(5_000, 4_000)).unwrap();
    let start = Table::new(whole.frame().slice(0, 5_000)).unwrap().write(&other, &options(4_096)).unwrap();
    let found = patch(&other, &start.digest, &[], &part).unwrap();
    assert_eq!(manifest(&other, &found.digest).unwrap(), manifest(&one, &wanted.digest).unwrap());
}

#[test]
fn a_fold_computes_what_changed() {
    let (_folder, store) = store();
    let rows: Rows = (0..40).map(|id| (id, Some(id as i64 % 6))).collect();
    let old = made(&rows).write(&store, &options(8)).unwrap().digest;
    let new = patch(&store, &old, &[9], &made(&Rows::from([(20, Some(5)), (70, None)]))).unwrap().digest;
    let seen: Mutex<BTreeSet<u64>> = Mutex::default();
    let sum = |table: &Table| -> Result<(u64, f64), TableError> {
        assert_eq!(table.frame().get_column_names(), [crate::ROW, "int64"]);
        seen.lock().unwrap().insert(table.ids()[0]);
        let sum = table.column("int64")?.as_materialized_series().sum::<f64>()?;
        Ok((table.len() as u64, sum / 3.0))
    };
    let taken = || std::mem::take(&mut *seen.lock().unwrap()).into_iter().collect::<Vec<_>>();
    let (first, state) = fold(&store, &old, &["int64"], "sum@1", None, sum).unwrap();
    assert_eq!((first.len(), taken()), (5, vec![0, 8, 16, 24, 32]));
    let (updated, state_after) = fold(&store, &new, &["int64"], "sum@1", Some(&state), sum).unwrap();
    assert_eq!(taken(), [8, 16, 70]);
    assert_eq!(fold(&store, &new, &["int64"], "sum@1", None, sum).unwrap(), (updated.clone(), state_after));
    taken();
    let loaded = Table::read(&store, &new).unwrap();
    let found = fold_loaded(&store, (&new, &loaded), &["int64"], "sum@1", Some(&state_after), sum).unwrap();
    assert_eq!((found, taken()), ((updated.clone(), state_after), vec![]));
    let found = fold_loaded(&store, (&new, &loaded), &["int64"], "sum@1", Some(&Digest::of(b"lost")), sum).unwrap();
    assert_eq!((found, taken().len()), ((updated, state_after), 6));
    let (_, other) = fold(&store, &new, &["int64"], "sum@2", Some(&state_after), sum).unwrap();
    assert_eq!((taken().len(), other != state_after), (6, true), "another function");
    let short = loaded.slice(0, 3);
    assert!(fold_loaded(&store, (&new, &short), &["int64"], "sum@1", None, sum).is_err());
    assert!(matches!(fold(&store, &new, &["x"], "sum@1", None, sum), Err(TableError::Column { .. })));
}
