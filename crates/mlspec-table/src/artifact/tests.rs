//! Tables come back as they were; digests depend on values alone; what was changed on disk is noticed.

use super::*;
use crate::{ROW, Table, TableError, empty_frame, to_polars};
use mlspec_record::{Column as Field, DataType as Type, Failure as _, TableSchema};
use mlspec_store::Store;
use polars::prelude::*;
use proptest::prelude::*;

pub(super) fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store)
}

/// All types, from cells that stand for values.
pub(super) fn table(ids: &[u64], cells: &[Option<i64>]) -> Table {
    let cells: Vec<Option<i64>> = ids.iter().zip(cells.iter().cycle()).map(|(_, cell)| *cell).collect();
    let texts = ["", "a", "ünïcödé 🎈", "a text that is longer than twelve bytes", "\"quoted\"\n"];
    let text = |n: i64| texts[n.unsigned_abs() as usize % texts.len()];
    let floats = [0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MIN_POSITIVE, 0.1];
    let float = |n: i64| floats[n.unsigned_abs() as usize % floats.len()];
    let numbers = Series::new("i".into(), &cells);
    let days: Vec<Option<i32>> = cells.iter().map(|cell| cell.map(|n| n as i32)).collect();
    let nanos: Vec<Option<i64>> = cells.iter().map(|cell| cell.map(|n| n.rem_euclid(86_400_000_000_000))).collect();
    let mut columns = vec![Series::new(ROW.into(), ids)];
    let mut add = |name: &str, series: Series, data_type: Type| {
        columns.push(series.cast(&to_polars(data_type)).unwrap().with_name(name.into()));
    };
    let small: Vec<Option<u8>> = cells.iter().map(|cell| cell.map(|n| n as u8 % 100)).collect();
    let small = Series::new("small".into(), &small);
    for data_type in [Type::Int8, Type::Int16, Type::Int32, Type::UInt8, Type::UInt16, Type::UInt32, Type::UInt64] {
        add(data_type.as_str(), small.clone(), data_type);
    }
    for data_type in [Type::Int64, Type::Datetime, Type::DatetimeUtc, Type::Duration] {
        add(data_type.as_str(), numbers.clone(), data_type);
    }
    add("date", Series::new("".into(), &days), Type::Date);
    add("time", Series::new("".into(), &nanos), Type::Time);
    let values: Vec<Option<f64>> = cells.iter().map(|cell| cell.map(float)).collect();
    add("f64", Series::new("".into(), &values), Type::Float64);
    add("f32", Series::new("".into(), &values), Type::Float32);
    add(
        "b",
        Series::new("".into(), cells.iter().map(|cell| cell.map(|n| n % 2 == 0)).collect::<Vec<_>>()),
        Type::Boolean,
    );
    let words: Vec<Option<&str>> = cells.iter().map(|cell| cell.map(text)).collect();
    add("s", Series::new("".into(), &words), Type::String);
    add("bytes", Series::new("".into(), &words), Type::Binary);
    let list = |n: i64| {
        Series::new("".into(), (0..n.unsigned_abs() % 4).map(|at| (at != 1).then_some(at)).collect::<Vec<_>>())
    };
    let lists: ListChunked = cells.iter().map(|cell| cell.map(list)).collect();
    let lists = if lists.dtype() == &DataType::List(Box::new(DataType::UInt64)) {
        lists.into_series()
    } else {
        Series::full_null("".into(), ids.len(), &to_polars(Type::ListUInt64))
    };
    for data_type in [Type::ListUInt32, Type::ListUInt64, Type::ListFloat64, Type::ListString] {
        add(data_type.as_str(), lists.clone(), data_type);
    }
    Table::new(DataFrame::new(ids.len(), columns.into_iter().map(Column::from).collect()).unwrap()).unwrap()
}

pub(super) fn options(chunk_rows: u64) -> ChunkOptions {
    ChunkOptions::rows(chunk_rows)
}

fn same(one: &Table, other: &Table) -> bool {
    one.schema() == other.schema() && rows_digest(one.frame()).unwrap() == rows_digest(other.frame()).unwrap()
}

/// The columns whose values differ.
fn differing(one: &Table, other: &Table) -> Vec<String> {
    let digest = |table: &Table, name: &str| rows_digest(&table.frame().select([ROW, name]).unwrap()).unwrap();
    let names = one.schema().names();
    names.filter(|name| digest(one, name) != digest(other, name)).map(str::to_owned).collect()
}

fn some_ids() -> impl Strategy<Value = Vec<u64>> {
    let ids =
        prop_oneof![prop::collection::btree_set(any::<u64>(), 0..40), prop::collection::btree_set(0_u64..60, 0..40),];
    ids.prop_map(|ids| ids.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn tables_come_back_as_they_were(
        ids in some_ids(),
        cells in prop::collection::vec(prop::option::weighted(0.8, any::<i64>()), 1..12),
        chunk_rows in 1_u64..20,
        asked in prop::collection::vec(any::<prop::sample::Index>(), 0..5),
    ) {
        let (_folder, store) = store();
        let made = table(&ids, &cells);
        let artifact = made.write(&store, &options(chunk_rows)).unwrap();
        let back = Table::read(&store, &artifact.digest).unwrap();
        prop_assert!(same(&made, &back));
        prop_assert!(back.frame().equals_missing(made.frame()));
        prop_assert_eq!(artifact.rows, Some(ids.len() as u64));
        let some = Table::read_columns(&store, &artifact.digest, &["s", "f64"]).unwrap();
        prop_assert_eq!(some.frame().get_column_names(), [ROW, "s", "f64"]);
        prop_assert_eq!(some.ids(), ids.clone());
        let mut wanted: Vec<u64> = asked.iter().filter(|_| !ids.is_empty()).map(|at| ids[at.index(ids.len())]).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let rows = Table::read_rows(&store, &artifact.digest, &wanted).unwrap();
        prop_assert_eq!(rows.ids(), wanted);
    }

    #[test]
    fn digests_depend_on_values_alone(
        ids in some_ids(),
        cells in prop::collection::vec(prop::option::weighted(0.8, any::<i64>()), 1..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let made = table(&ids, &cells);
        let digest = rows_digest(made.frame()).unwrap();
        // Other buffers: two pieces, and rows taken out of more.
        let at = cut.index(ids.len() + 1);
        let (head, tail) = made.frame().split_at(at as i64);
        prop_assert_eq!(rows_digest(&head.vstack(&tail).unwrap()).unwrap(), digest);
        let backwards: Vec<IdxSize> = (0..ids.len() as IdxSize).rev().collect();
        let reversed = made.frame().take(&IdxCa::from_vec("".into(), backwards)).unwrap();
        let sorted = Table::new(reversed).unwrap();
        prop_assert_eq!(differing(&sorted, &made), Vec::<String>::new());
        prop_assert_eq!(rows_digest(&made.frame().slice(0, at)).unwrap(), rows_digest(&head).unwrap());
        // Other values.
        if let Some(first) = ids.first() {
            let mut other = cells.clone();
            other[0] = match other[0] {
                None => Some(1),
                Some(n) => Some(n ^ 1),
            };
            prop_assert_ne!(rows_digest(table(&ids, &other).frame()).unwrap(), digest);
            let mut moved = ids.clone();
            moved[0] = first.wrapping_sub(1);
            if *first > 0 {
                prop_assert_ne!(rows_digest(table(&moved, &cells).frame()).unwrap(), digest);
            }
        }
    }
}

#[test]
fn one_thread_and_two_write_the_same_files() {
    let made = table(&(0..200).collect::<Vec<_>>(), &[Some(3), None, Some(-7)]);
    let manifests: Vec<(Manifest, u64)> = [1, 2]
        .into_iter()
        .map(|threads| {
            let (_folder, store) = store();
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            let artifact = pool.install(|| made.write(&store, &options(16))).unwrap();
            (manifest(&store, &artifact.digest).unwrap(), artifact.bytes)
        })
        .collect();
    assert_eq!(manifests[0], manifests[1]);
    assert!(manifests[0].0.chunks.len() >= 13);
}

#[test]
fn values_that_differ_only_in_their_bits() {
    let digest = |values: &[f64]| rows_digest(Table::number(df!("f" => values).unwrap(), 0).unwrap().frame()).unwrap();
    let other_nan = f64::from_bits(f64::NAN.to_bits() | 1);
    assert_eq!(digest(&[f64::NAN]), digest(&[-other_nan]), "there is one NaN");
    assert_ne!(digest(&[0.0]), digest(&[-0.0]), "the sign of zero is kept");
    let texts = |values: &[&str]| rows_digest(Table::number(df!("s" => values).unwrap(), 0).unwrap().frame()).unwrap();
    assert_ne!(texts(&["ab", "c"]), texts(&["a", "bc"]));
    let schema = |data_type| TableSchema::new(vec![Field { name: "a".to_owned(), data_type }]).unwrap();
    let empty = |data_type| rows_digest(&empty_frame(&schema(data_type))).unwrap();
    assert_ne!(empty(Type::Datetime), empty(Type::DatetimeUtc), "the type counts");
}

#[test]
fn chunks_that_are_there_are_not_written_again() {
    let (_folder, store) = store();
    let made = table(&(0..100).collect::<Vec<_>>(), &[Some(3), None]);
    let artifact = made.write(&store, &options(8)).unwrap();
    let found = manifest(&store, &artifact.digest).unwrap();
    let paths: Vec<_> = found.chunks.iter().map(|chunk| store.object_path(&chunk.file)).collect();
    let times =
        || -> Vec<_> { paths.iter().map(|path| std::fs::metadata(path).unwrap().modified().unwrap()).collect() };
    let before = times();
    assert_eq!(made.write(&store, &options(8)).unwrap(), artifact);
    // One row less: only its chunk is new.
    let mut fewer = made.ids();
    fewer.remove(50);
    let other = Table::new(made.frame().slice(0, 50).vstack(&made.frame().slice(51, 49)).unwrap()).unwrap();
    assert_eq!(other.ids(), fewer);
    let changed = other.write(&store, &options(8)).unwrap();
    let changed = manifest(&store, &changed.digest).unwrap();
    assert_eq!(changed.chunks.iter().filter(|chunk| !found.chunks.contains(chunk)).count(), 1);
    assert_eq!(times(), before);
}

#[test]
fn what_was_changed_on_disk_is_noticed() {
    let made = table(&(0..40).collect::<Vec<_>>(), &[Some(3), None]);
    let check = |damage: fn(&Store, &Manifest, &mlspec_record::Digest), message: &str| {
        let (_folder, store) = store();
        let artifact = made.write(&store, &options(8)).unwrap();
        damage(&store, &manifest(&store, &artifact.digest).unwrap(), &artifact.digest);
        let error = Table::read(&store, &artifact.digest).unwrap_err();
        assert!(error.to_string().contains(message), "{error}");
        assert_eq!((error.exit_code(), error.hint().is_some()), (mlspec_record::ExitCode::Outside, true), "{error}");
        assert_eq!(made.write(&store, &options(8)).unwrap(), artifact, "it is made anew");
        assert!(same(&Table::read(&store, &artifact.digest).unwrap(), &made));
    };
    check(
        |store, found, _| {
            let path = store.object_path(&found.chunks[2].file);
            let mut bytes = std::fs::read(&path).unwrap();
            bytes[20] ^= 1;
            std::fs::write(path, bytes).unwrap();
        },
        "has other bytes",
    );
    check(|store, found, _| std::fs::remove_file(store.object_path(&found.chunks[0].file)).unwrap(), "is missing");
    check(
        |store, found, digest| {
            let mut other = found.clone();
            other.chunks[1].digest = other.chunks[0].digest;
            std::fs::write(store.manifest_path(digest), serde_json::to_vec(&other).unwrap()).unwrap();
        },
        "its manifest gives another digest",
    );
    check(
        |store, found, digest| {
            let mut other = found.clone();
            other.chunks[1].file = other.chunks[0].file;
            std::fs::write(store.manifest_path(digest), serde_json::to_vec(&other).unwrap()).unwrap();
        },
        "holds other rows than its digest says",
    );
}

#[test]
fn what_is_no_table_is_refused() {
    let frame = |ids: &[Option<u64>]| df!(ROW => ids, "a" => vec![1; ids.len()]).unwrap();
    let sorted = Table::new(frame(&[Some(9), Some(2)])).unwrap();
    assert_eq!(sorted.ids(), [2, 9]);
    assert!(matches!(Table::new(frame(&[Some(2), Some(9), Some(2)])), Err(TableError::Twice(2))));
    assert!(matches!(Table::new(frame(&[Some(2), None])), Err(TableError::NoIds)));
    assert!(matches!(Table::new(df!("a" => [1]).unwrap()), Err(TableError::NoIds)));
    assert!(matches!(Table::number(df!("a" => [1, 2]).unwrap(), u64::MAX), Err(TableError::Overflow { .. })));
    assert!(matches!(Table::number(df!("@a" => [1]).unwrap(), 0), Err(TableError::Schema(_))));
    assert!(matches!(Table::number(df!("_row" => [1]).unwrap(), 0), Err(TableError::Schema(_))));
    let (_folder, store) = store();
    assert!(matches!(sorted.write(&store, &options(0)), Err(TableError::ChunkRows)));
    let artifact = sorted.write(&store, &options(1)).unwrap();
    assert!(matches!(Table::read_columns(&store, &artifact.digest, &["b"]), Err(TableError::Column { .. })));
}

#[test]
fn types_become_those_of_tables() {
    let moments =
        Series::new("n".into(), [-1_i64, 1_999]).cast(&DataType::Datetime(TimeUnit::Nanoseconds, None)).unwrap();
    let zone = TimeZone::opt_try_new(Some("Europe/Berlin")).unwrap();
    let zoned = Series::new("z".into(), [1_i64, 2]).cast(&DataType::Datetime(TimeUnit::Milliseconds, zone)).unwrap();
    let frame = df!("n" => moments, "z" => zoned, "e" => Series::new_null("e".into(), 2)).unwrap();
    let table = Table::number(frame, 0).unwrap();
    let types: Vec<Type> = table.schema().columns().iter().map(|column| column.data_type).collect();
    assert_eq!(types, [Type::Datetime, Type::DatetimeUtc, Type::String]);
    let physical = |name: &str| table.column(name).unwrap().to_physical_repr().i64().unwrap().to_vec();
    assert_eq!(physical("n"), [Some(-1), Some(1)]);
    assert_eq!(physical("z"), [Some(1_000), Some(2_000)]);
    let decimal = Series::new("d".into(), [1_i64]).cast(&DataType::Decimal(10, 2)).unwrap();
    let error = Table::number(df!("d" => decimal).unwrap(), 0).unwrap_err();
    assert_eq!(error.place().table_column.as_deref(), Some("d"));
}
