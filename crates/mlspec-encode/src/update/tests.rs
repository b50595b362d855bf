//! An update leaves what a run leaves, to the bit: random rows, encoders and changes, several updates in a row.

use crate::entry;
use mlspec_record::{ArtifactRef, Lineage, RowLineage};
use mlspec_stage::{Outcome, Stage};
use mlspec_table::polars::df;
use mlspec_table::polars::prelude::{DataFrame, DataType};
use mlspec_table::{ChunkOptions, Table};
use mlspec_testkit::Bench;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A row, and in which of the two parts it stands.
#[derive(Clone, Debug)]
struct Row {
    number: f64,
    perhaps: Option<f64>,
    category: Option<u8>,
    integer: i64,
    words: Vec<u16>,
    class: u8,
    fitted: bool,
}

fn row() -> impl Strategy<Value = Row> {
    let number = prop_oneof![Just(0.1), Just(-3.0), Just(-0.0), Just(1e9), Just(1e-300), -1e3..1e3];
    let word = prop_oneof![0..9_u16, 0..2000_u16];
    (
        number.clone(),
        prop::option::weighted(0.8, number),
        prop::option::weighted(0.9, 0..5_u8),
        -2..9_i64,
        prop::collection::vec(word, 0..8),
        prop_oneof![4 => 0..2_u8, 1 => Just(2)],
        prop::bool::weighted(0.8),
    )
        .prop_map(|(number, perhaps, category, integer, words, class, fitted)| Row {
            number,
            perhaps,
            category,
            integer,
            words,
            class,
            fitted,
        })
}

/// What becomes of the row of this id; `None` erases it.
type Change = (u64, Option<Row>);

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let one = (0..150_u64, prop::option::weighted(0.6, row()));
    prop_oneof![9 => prop::collection::vec(one, 0..12), 1 => Just((0..150).map(|id| (id, None)).collect())]
}

fn encoders() -> impl Strategy<Value = Vec<Value>> {
    let all = [
        json!({"standard_scaler": {"columns": ["number", "integer"]}}),
        json!({"standard_scaler": {"columns": ["perhaps"], "impute": "median"}}),
        json!({"standard_scaler": {"columns": ["perhaps"], "impute": {"constant": 0.3}, "with_mean": false}}),
        json!({"imputer": {"columns": ["perhaps"], "indicator": true}}),
        json!({"imputer": {"columns": ["perhaps", "number"], "strategy": "most_frequent"}}),
        json!({"pass_through": {"columns": ["perhaps"], "impute": "median"}}),
        json!({"one_hot": {"columns": ["category", "integer"]}}),
        json!({"one_hot": {"columns": ["category"], "handle_unknown": "ignore", "min_frequency": 3, "drop": "first"}}),
        json!({"one_hot": {"columns": ["integer"], "handle_unknown": "infrequent_if_exist", "max_categories": 3}}),
        json!({"one_hot": {"columns": ["category"], "handle_unknown": "ignore", "impute": "most_frequent"}}),
        json!({"hashing_vectorizer": {"columns": ["text"], "n_features": 16}}),
        json!({"tfidf": {"columns": ["text"]}}),
        json!({"tfidf": {"columns": ["text"], "ngram_range": [1, 2], "min_df": 2, "max_df": 0.9, "max_features": 7}}),
        json!({"length": {"columns": ["text"], "unit": "words", "standardize": true}}),
        json!({"pass_through": {"columns": ["perhaps"], "nulls": "keep"}}),
        json!({"min_max_scaler": {"columns": ["number", "integer"], "clip": true}}),
        json!({"max_abs_scaler": {"columns": ["perhaps"], "impute": "mean"}}),
        json!({"robust_scaler": {"columns": ["perhaps"], "nulls": "keep", "quantile_range": [10, 90]}}),
        json!({"log": {"columns": ["beside"]}}),
        json!({"power_transformer": {"columns": ["integer", "perhaps"], "impute": "median"}}),
        json!({"power_transformer": {"columns": ["size"], "method": "box-cox"}}),
        json!({"k_bins_discretizer": {"columns": ["number"], "n_bins": 3}}),
        json!({"k_bins_discretizer": {"columns": ["perhaps"], "strategy": "kmeans", "nulls": "keep"}}),
        json!({"missing_indicator": {"columns": ["perhaps", "category", "integer"]}}),
        json!({"ordinal": {"columns": ["category", "integer"]}}),
        json!({"ordinal": {"columns": ["category"], "handle_unknown": "use_encoded_value", "max_categories": 2}}),
        json!({"count_encoder": {"columns": ["category", "integer"], "normalize": true, "min_frequency": 4}}),
        json!({"target_encoder": {"columns": ["category", "integer"]}}),
        json!({"target_encoder": {"columns": ["category"], "smooth": 3, "cv": 2, "impute": "most_frequent"}}),
        json!({"date_parts": {"columns": ["day"], "cyclic": true}}),
        json!({"polynomial_features": {"columns": ["integer", "size"]}}),
        json!({"pca": {"columns": ["number", "integer", "size"]}}),
        json!({"pca": {"columns": ["perhaps", "integer"], "impute": "mean", "n_components": 0.9, "whiten": true}}),
        json!({"count_vectorizer": {"columns": ["text"], "analyzer": "char_wb", "ngram_range": [2, 3]}}),
    ];
    prop::sample::subsequence(all.to_vec(), 1..5)
}

fn settings() -> impl Strategy<Value = Value> {
    let label = prop_oneof![
        Just(json!({"column": "class"})),
        Just(json!({"column": "number"})),
        Just(json!({"column": "class", "positive": "k1"})),
        Just(Value::Null),
    ];
    (encoders(), label).prop_map(|(encoders, label)| {
        let of_labels = encoders.iter().any(|encoder| encoder.get("target_encoder").is_some());
        let mut settings = json!({"fit": "train", "apply": ["test"], "encoders": encoders, "weight": "weight"});
        if !label.is_null() {
            settings["label"] = label;
        } else if of_labels {
            settings["label"] = json!({"column": "class"});
        }
        settings
    })
}

fn frame(rows: &[(u64, &Row)]) -> DataFrame {
    let of = |row: &Row| row.words.iter().map(|word| format!("word{word} ")).collect::<String>();
    let mut frame = df!(
        "_row" => rows.iter().map(|row| row.0).collect::<Vec<_>>(),
        "number" => rows.iter().map(|row| row.1.number).collect::<Vec<_>>(),
        "perhaps" => rows.iter().map(|row| row.1.perhaps).collect::<Vec<_>>(),
        "category" => rows.iter().map(|row| row.1.category.map(|c| format!("c{c}"))).collect::<Vec<_>>(),
        "integer" => rows.iter().map(|row| row.1.integer).collect::<Vec<_>>(),
        "text" => rows.iter().map(|row| of(row.1)).collect::<Vec<_>>(),
        "class" => rows.iter().map(|row| format!("k{}", row.1.class)).collect::<Vec<_>>(),
        "weight" => rows.iter().map(|row| f64::from(row.1.class)).collect::<Vec<_>>(),
        "beside" => rows.iter().map(|row| row.1.words.len() as u64).collect::<Vec<_>>(),
        "size" => rows.iter().map(|row| 1.0 + row.1.words.len() as f64).collect::<Vec<_>>(),
        "day" => rows.iter().map(|row| row.1.integer as i32 * 1_000).collect::<Vec<_>>(),
    )
    .unwrap();
    let day = frame.column("day").unwrap().cast(&DataType::Date).unwrap();
    frame.with_column(day).unwrap();
    frame
}

/// The two parts, in small chunks.
fn parts(bench: &Bench, rows: &BTreeMap<u64, Row>) -> [ArtifactRef; 2] {
    [true, false].map(|fitted| {
        let part: Vec<(u64, &Row)> =
            rows.iter().filter(|(_, row)| row.fitted == fitted).map(|(id, row)| (*id, row)).collect();
        let table = Table::new(frame(&part)).unwrap();
        let mut artifact = table.write(bench.store(), &ChunkOptions::rows(8)).unwrap();
        let lineage = Lineage {
            parents: Vec::new(),
            rows: RowLineage::Source { dataset: Bench::name("rows") },
            columns: Vec::new(),
            indirect: Vec::new(),
            features: Vec::new(),
        };
        artifact.lineage = Some(bench.json(&lineage));
        artifact
    })
}

fn left(outcome: &Outcome) -> Value {
    json!({"outputs": outcome.outputs, "body": outcome.body, "warnings": outcome.warnings})
}

/// Updates from version to version, each from what the update before left, and holds each against a run.
fn check(stage: &dyn Stage, versions: &[BTreeMap<u64, Row>]) {
    let (updating, running) = (Bench::new(), Bench::new());
    let mut previous: Option<([ArtifactRef; 2], Outcome)> = None;
    for rows in versions {
        let now = parts(&updating, rows);
        assert_eq!(now, parts(&running, rows));
        let inputs = [("train", &now[0]), ("test", &now[1])];
        let ran = running.run(stage, 7, &inputs);
        let updated = match &previous {
            None => updating.run(stage, 7, &inputs),
            Some((before, outcome)) => {
                updating.update(stage, 7, (&[("train", &before[0]), ("test", &before[1])], outcome), &inputs)
            }
        };
        match (updated, ran) {
            (Ok(updated), Ok(ran)) => {
                assert_eq!(left(&updated), left(&ran));
                assert!(previous.is_none() || updated.incremental);
                previous = Some((now, updated));
            }
            (Err(updated), Err(ran)) => assert_eq!(updated.to_string(), ran.to_string()),
            (updated, ran) => panic!("updated: {updated:?}, ran: {ran:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn an_update_is_a_run(
        settings in settings(),
        rows in prop::collection::vec(row(), 1..100),
        versions in prop::collection::vec(changes(), 1..4),
    ) {
        let stage = Bench::new().build(&entry(), &settings).unwrap();
        let mut rows: BTreeMap<u64, Row> = rows.into_iter().enumerate().map(|(at, row)| (at as u64, row)).collect();
        let mut all = vec![rows.clone()];
        for changes in versions {
            for (id, row) in changes {
                match row {
                    Some(row) => drop(rows.insert(id, row)),
                    None => drop(rows.remove(&id)),
                }
            }
            all.push(rows.clone());
        }
        check(stage.as_ref(), &all);
    }
}

fn settings_of(encoder: Value) -> Value {
    json!({"fit": "train", "apply": ["test"], "encoders": [encoder], "label": {"column": "class"}})
}

fn simple(category: u8, class: u8, fitted: bool) -> Row {
    Row { number: 1.5, perhaps: None, category: Some(category), integer: 3, words: vec![1, 2], class, fitted }
}

#[test]
fn the_last_row_of_a_category_or_class_takes_what_other_parts_may_hold_with_it() {
    let strict = json!({"one_hot": {"columns": ["category"]}});
    let rows = |last: (u8, u8)| {
        let rows = [simple(0, 0, true), simple(0, 1, true), simple(last.0, last.1, true), simple(1, 2, false)];
        (0..).zip(rows).collect::<BTreeMap<u64, Row>>()
    };
    let stage = Bench::new().build(&entry(), &settings_of(strict)).unwrap();
    // The category goes, comes back, the class goes.
    check(stage.as_ref(), &[rows((1, 2)), rows((0, 2)), rows((1, 2)), rows((1, 0)), rows((1, 2))]);
    let bench = Bench::new();
    let [train, test] = parts(&bench, &rows((1, 2)));
    let outcome = bench.run(stage.as_ref(), 7, &[("train", &train), ("test", &test)]).unwrap();
    let [fewer, _] = parts(&bench, &rows((0, 2)));
    let error = bench.update(
        stage.as_ref(),
        7,
        (&[("train", &train), ("test", &test)], &outcome),
        &[("train", &fewer), ("test", &test)],
    );
    let error = error.unwrap_err().to_string();
    assert_eq!(
        error,
        "the column `category` has a category that the fitted rows don't have in 1 rows (ids 3) (part `test`)"
    );
}

#[test]
fn what_cannot_be_carried_over_runs() {
    let bench = Bench::new();
    let stage = bench.build(&entry(), &settings_of(json!({"length": {"columns": ["text"]}}))).unwrap();
    let rows: BTreeMap<u64, Row> = (0..9).map(|id| (id, simple(0, (id % 2) as u8, id < 6))).collect();
    let [train, test] = parts(&bench, &rows);
    let inputs = [("train", &train), ("test", &test)];
    let outcome = bench.run(stage.as_ref(), 7, &inputs).unwrap();
    // Another chunk size, or other columns.
    let table = bench.table(&train);
    let chunks = table.write(bench.store(), &ChunkOptions::rows(16)).unwrap();
    let columns = table.select(&["text", "class"]).unwrap().write(bench.store(), &ChunkOptions::rows(8)).unwrap();
    for other in [chunks, columns] {
        let other = ArtifactRef { lineage: train.lineage, ..other };
        let now = [("train", &other), ("test", &test)];
        let updated = bench.update(stage.as_ref(), 7, (&inputs, &outcome), &now).unwrap();
        assert!(!updated.incremental);
        assert_eq!(left(&updated), left(&bench.run(stage.as_ref(), 7, &now).unwrap()));
    }
    // The state is gone.
    let mut lost = outcome;
    lost.body["encoding"]["state"] = Value::Null;
    let updated = bench.update(stage.as_ref(), 7, (&inputs, &lost), &[("train", &test), ("test", &train)]).unwrap();
    assert!(!updated.incremental);
}
