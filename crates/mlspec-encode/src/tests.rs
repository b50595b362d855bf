//! Tables of cases per encoder, with the figures of scikit-learn 1.9.1; what is refused; and the stage as a whole.

mod hostile;
mod onnx;
mod scikit_learn;

use crate::{EncodeParams, FittedEncoding, entry};
use mlspec_model::{LoadedMatrix, Target};
use mlspec_record::ExitCode;
use mlspec_table::Table;
use mlspec_table::polars::df;
use mlspec_table::polars::prelude::DataFrame;
use mlspec_testkit::{Bench, Case, MARKER, OnEmpty, check_stage};
use serde_json::{Value, json};

const TEXTS: [&str; 4] =
    ["Dear bank, dear account", "a complaint about the bank account", "", "Über die Bank: 42 complaint_s"];

fn fit(frame: DataFrame, encoders: Value) -> Result<FittedEncoding, crate::EncodeError> {
    let params: EncodeParams = serde_json::from_value(json!({"fit": "train", "encoders": encoders})).unwrap();
    params.check()?.fit(&Table::number(frame, 10).unwrap())
}

/// Fits, and gives names and rows of the same table.
fn rows(frame: DataFrame, encoders: Value) -> (Vec<String>, Vec<Vec<f64>>) {
    let fitted = fit(frame.clone(), encoders).unwrap();
    let features = fitted.encoders.transform(&Table::number(frame, 0).unwrap()).unwrap();
    // As text, since NaN is not equal to itself.
    assert_eq!(format!("{features:?}"), format!("{:?}", fitted.encoders.assemble(&fitted.raw, None).unwrap()));
    let dense = features.to_dense(10_000).unwrap();
    (fitted.encoders.names(), dense.chunks(features.columns()).map(<[f64]>::to_vec).collect())
}

#[track_caller]
fn close(found: &[f64], expected: &[f64]) {
    let close = found.len() == expected.len() && found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12);
    assert!(close, "{found:?} is not {expected:?}");
}

#[test]
fn numbers_as_scikit_learn() {
    let nulls = || df!("x" => [Some(1.0), Some(2.0), Some(4.0), None]).unwrap();
    let cases = [
        (json!("mean"), [-1.2344267996967355, -0.308606699924184, 1.5430334996209192, 0.0]),
        (json!("median"), [-1.1470786693528088, -0.22941573387056174, 1.6059101370939322, -0.22941573387056174]),
        (json!("most_frequent"), [-0.8164965809277261, 0.0, 1.6329931618554523, -0.8164965809277261]),
        (
            json!({"constant": 2.0}),
            [-1.1470786693528088, -0.22941573387056174, 1.6059101370939322, -0.22941573387056174],
        ),
    ];
    for (impute, expected) in cases {
        let (names, found) = rows(nulls(), json!([{"standard_scaler": {"columns": ["x"], "impute": impute}}]));
        assert_eq!(names, ["x"]);
        close(&found.concat(), &expected);
    }
    let (names, found) = rows(nulls(), json!([{"imputer": {"columns": ["x"], "indicator": true}}]));
    assert_eq!(names, ["x", "missingindicator_x"]);
    close(&found.concat(), &[1.0, 0.0, 2.0, 0.0, 4.0, 0.0, 2.3333333333333335, 1.0]);
    let mixed = df!("b" => [true, false], "i" => [7_i64, -2]).unwrap();
    let (_, found) = rows(mixed, json!([{"pass_through": {"columns": ["b", "i"]}}]));
    close(&found.concat(), &[1.0, 7.0, 0.0, -2.0]);
    let unscaled = json!([{"standard_scaler": {"columns": ["x"], "with_mean": false, "with_std": false}}]);
    close(&rows(df!("x" => [1.0, 3.0]).unwrap(), unscaled).1.concat(), &[1.0, 3.0]);
}

#[test]
fn a_constant_column_has_scale_1() {
    let fitted = fit(df!("x" => [0.1, 0.1, 0.1]).unwrap(), json!([{"standard_scaler": {"columns": ["x"]}}])).unwrap();
    assert_eq!(fitted.warnings, ["the column `x` is constant in the fitted rows; its scale is 1"]);
    close(&fitted.encoders.assemble(&fitted.raw, None).unwrap().to_dense(3).unwrap(), &[0.0, 0.0, 0.0]);
}

#[test]
fn categories_as_scikit_learn() {
    let country = df!("country" => ["DE", "FR", "UK", "DE", "UK", "DE", "ES"]).unwrap();
    let asked = Table::number(df!("country" => ["DE", "ES", "UK", "XX"]).unwrap(), 0).unwrap();
    type Case<'a> = (Value, &'a [&'a str], [&'a [f64]; 4]);
    let cases: [Case<'_>; 6] = [
        (
            json!({"handle_unknown": "ignore"}),
            &["DE", "ES", "FR", "UK"],
            [&[1.0, 0.0, 0.0, 0.0], &[0.0, 1.0, 0.0, 0.0], &[0.0, 0.0, 0.0, 1.0], &[0.0; 4]],
        ),
        (
            json!({"handle_unknown": "ignore", "drop": "first"}),
            &["ES", "FR", "UK"],
            [&[0.0; 3], &[1.0, 0.0, 0.0], &[0.0, 0.0, 1.0], &[0.0; 3]],
        ),
        (
            json!({"handle_unknown": "infrequent_if_exist", "min_frequency": 2}),
            &["DE", "UK", "infrequent"],
            [&[1.0, 0.0, 0.0], &[0.0, 0.0, 1.0], &[0.0, 1.0, 0.0], &[0.0, 0.0, 1.0]],
        ),
        (
            json!({"handle_unknown": "ignore", "max_categories": 2}),
            &["DE", "infrequent"],
            [&[1.0, 0.0], &[0.0, 1.0], &[0.0, 1.0], &[0.0; 2]],
        ),
        (
            json!({"handle_unknown": "ignore", "max_categories": 3}),
            &["DE", "UK", "infrequent"],
            [&[1.0, 0.0, 0.0], &[0.0, 0.0, 1.0], &[0.0, 1.0, 0.0], &[0.0; 3]],
        ),
        (
            json!({"handle_unknown": "infrequent_if_exist", "min_frequency": 2, "drop": "first"}),
            &["UK", "infrequent"],
            [&[0.0; 2], &[0.0, 1.0], &[1.0, 0.0], &[0.0, 1.0]],
        ),
    ];
    for (mut settings, names, expected) in cases {
        settings["columns"] = json!(["country"]);
        let fitted = fit(country.clone(), json!([{ "one_hot": settings }])).unwrap();
        let names: Vec<String> = names.iter().map(|name| format!("country_{name}")).collect();
        assert_eq!(fitted.encoders.names(), names, "{settings}");
        close(&fitted.encoders.transform(&asked).unwrap().to_dense(100).unwrap(), &expected.concat());
    }
}

#[test]
fn nulls_booleans_and_integers_are_categories() {
    let frame = df!("x" => [Some("b"), None, Some("a")], "y" => [10_i64, 9, 10], "z" => [true, false, true]).unwrap();
    let (names, found) = rows(frame.clone(), json!([{"one_hot": {"columns": ["x", "y", "z"], "drop": "if_binary"}}]));
    assert_eq!(names, ["x_a", "x_b", "x_None", "y_10", "z_true"]);
    assert_eq!(found, [[0.0, 1.0, 0.0, 1.0, 1.0], [0.0, 0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0, 1.0]]);
    let filled = json!([{"one_hot": {"columns": ["x"], "impute": "most_frequent"}}]);
    assert_eq!(rows(frame.clone(), filled).1, [[0.0, 1.0], [1.0, 0.0], [1.0, 0.0]]);
    let filled = json!([{"one_hot": {"columns": ["x"], "impute": {"constant": "aa"}}}]);
    assert_eq!(rows(frame, filled).0, ["x_a", "x_aa", "x_b"]);
}

/// A row of this many columns with these values.
fn sparse(width: usize, cells: &[(usize, f64)]) -> Vec<f64> {
    let mut row = vec![0.0; width];
    cells.iter().for_each(|&(at, value)| row[at] = value);
    row
}

#[test]
fn hashed_texts_as_scikit_learn() {
    let texts = || df!("text" => TEXTS).unwrap();
    let (names, found) = rows(texts(), json!([{"hashing_vectorizer": {"columns": ["text"], "n_features": 16}}]));
    assert_eq!((names.len(), &*names[15]), (16, "text_15"));
    let (a, b, c) = (0.4082482904638631, 0.4472135954999579, 0.5773502691896258);
    let expected: [&[(usize, f64)]; 4] = [
        &[(3, 0.8164965809277261), (5, -a), (8, -a)],
        &[(5, -b), (8, -b), (9, b), (11, -b), (14, -b)],
        &[],
        &[(1, c), (4, -c), (5, -c)],
    ];
    (0..4).for_each(|row| close(&found[row], &sparse(16, expected[row])));
    let settings =
        json!({"columns": ["text"], "n_features": 16, "norm": "none", "alternate_sign": false, "ngram_range": [1, 2]});
    let (_, found) = rows(texts(), json!([{"hashing_vectorizer": settings}]));
    let expected: [&[(usize, f64)]; 4] = [
        &[(0, 1.0), (2, 1.0), (3, 2.0), (5, 1.0), (7, 1.0), (8, 1.0)],
        &[(5, 1.0), (6, 1.0), (7, 1.0), (8, 1.0), (9, 1.0), (10, 1.0), (11, 1.0), (14, 2.0)],
        &[],
        &[(1, 1.0), (3, 1.0), (4, 1.0), (5, 1.0), (6, 1.0), (8, 1.0), (10, 2.0), (11, 1.0)],
    ];
    (0..4).for_each(|row| close(&found[row], &sparse(16, expected[row])));
}

#[test]
fn weighted_texts_as_scikit_learn() {
    let texts = || df!("text" => TEXTS).unwrap();
    let (names, found) = rows(texts(), json!([{"tfidf": {"columns": ["text"]}}]));
    let terms = ["42", "about", "account", "bank", "complaint", "complaint_s", "dear", "die", "the", "über"];
    assert_eq!(names, terms.map(|term| format!("text_{term}")));
    close(&found[0], &sparse(10, &[(2, 0.35157015004398773), (3, 0.2846263361545144), (6, 0.8918443128513548)]));
    let settings = json!({"columns": ["text"], "sublinear_tf": true, "norm": "l1", "smooth_idf": false, "min_df": 2});
    let fitted = fit(texts(), json!([{"tfidf": settings}])).unwrap();
    let asked = Table::number(df!("text" => ["bank bank account", "unseen"]).unwrap(), 0).unwrap();
    let found = fitted.encoders.transform(&asked).unwrap().to_dense(4).unwrap();
    close(&found, &[0.43712367729851054, 0.5628763227014895, 0.0, 0.0]);
    let few = fit(texts(), json!([{"tfidf": {"columns": ["text"], "max_features": 2}}])).unwrap();
    assert_eq!(few.encoders.names(), ["text_account", "text_bank"]);
}

#[test]
fn lengths() {
    let frame = df!("t" => [Some("déjà vu"), None, Some(" a  b c ")]).unwrap();
    let settings = |unit: &str| json!([{"length": {"columns": ["t"], "unit": unit, "nulls": "empty"}}]);
    assert_eq!(
        rows(frame.clone(), settings("characters")),
        (vec!["t_length".to_owned()], vec![vec![7.0], vec![0.0], vec![8.0]])
    );
    assert_eq!(rows(frame, settings("words")).1, [[2.0], [0.0], [3.0]]);
}

#[test]
fn rows_that_cannot_be_encoded_are_counted() {
    let frame = || {
        df!(
            "x" => [1.0, f64::NAN, f64::INFINITY], "n" => [Some(1.0), None, None], "t" => [Some("a"), None, None],
            "none" => [None::<f64>, None, None], "big" => [1e300, 1.0, 2.0],
        )
        .unwrap()
    };
    let cases = [
        (json!({"pass_through": {"columns": ["x"]}}), "the column `x` is NaN or infinite in 2 rows (ids 11, 12)"),
        (json!({"pass_through": {"columns": ["n"]}}), "the column `n` is null in 2 rows (ids 11, 12)"),
        (json!({"tfidf": {"columns": ["t"]}}), "the column `t` is null in 2 rows (ids 11, 12)"),
        (json!({"imputer": {"columns": ["none"]}}), "all 3 values of the column `none` are null"),
        (json!({"one_hot": {"columns": ["t"], "min_frequency": 0}}), "`min_frequency` must be at least 1"),
        (
            json!({"one_hot": {"columns": ["x"]}}),
            "the column `x` of the part `train` is of type `float64`, expected texts, integers, booleans or dates",
        ),
        (
            json!({"length": {"columns": ["x"]}}),
            "the column `x` of the part `train` is of type `float64`, expected texts",
        ),
        (json!({"length": {"columns": ["nope"]}}), "the part `train` has no column `nope`"),
        (json!({"length": {"columns": []}}), "`columns` must be at least one column"),
        (json!({"length": {"columns": ["t", "t"]}}), "the encoder `length` lists the column `t` twice"),
        (json!({"standard_scaler": {"columns": ["big"]}}), "the values of the column `big` are too large to be scaled"),
        (
            json!({"tfidf": {"columns": ["t"], "nulls": "empty"}}),
            "no term of the column `t` is in at least 1 rows and at most a share 1 of them",
        ),
    ];
    for (encoder, message) in cases {
        assert_eq!(fit(frame(), json!([encoder])).unwrap_err().to_string(), message);
    }
    let fitted = fit(df!("c" => ["a", "b"]).unwrap(), json!([{"one_hot": {"columns": ["c"]}}])).unwrap();
    let unseen = Table::number(df!("c" => ["a", "c", "d"]).unwrap(), 5).unwrap();
    let error = fitted.encoders.transform(&unseen).unwrap_err().to_string();
    assert_eq!(error, "the column `c` has a category that the fitted rows don't have in 2 rows (ids 6, 7)");
}

fn frame(rows: usize) -> DataFrame {
    let at = |i: usize| i * 7 % 5;
    let text: Vec<String> = (0..rows).map(|i| format!("{MARKER} word{} word{}", at(i), i % 3)).collect();
    let country: Vec<&str> = (0..rows).map(|i| ["DE", "FR", "UK"][i % 3]).collect();
    let words: Vec<f64> = (0..rows).map(|i| at(i) as f64).collect();
    let weight: Vec<i64> = (0..rows).map(|i| 1 + (i % 2) as i64).collect();
    let label: Vec<bool> = (0..rows).map(|i| at(i) > 2).collect();
    df!("text" => text, "country" => country, "words" => words, "w" => weight, "label" => label).unwrap()
}

fn settings() -> Value {
    json!({
        "fit": "train", "apply": ["test"],
        "encoders": [
            {"standard_scaler": {"columns": ["words"]}},
            {"one_hot": {"columns": ["country"], "handle_unknown": "ignore"}},
            {"hashing_vectorizer": {"columns": ["text"], "n_features": 32}},
            {"tfidf": {"columns": ["text"]}},
        ],
        "label": {"column": "label", "positive": "true"}, "weight": "w",
    })
}

#[test]
fn conforms() {
    let bench = Bench::new();
    let (train, test) = (bench.source("train", frame(40)), bench.source("test", frame(9)));
    let null_label = bench.source("nulls", df!("words" => [1.0, 2.0], "label" => [Some(true), None]).unwrap());
    let unseen = bench.source("unseen", df!("words" => [1.0], "label" => ["zebra"]).unwrap());
    let texts = bench.source("texts", df!("words" => [1.0, 2.0], "label" => ["a", "b"]).unwrap());
    let with_label = |label: Value| {
        let encoders = json!([{"pass_through": {"columns": ["words"]}}]);
        json!({"fit": "train", "apply": ["test"], "encoders": encoders, "label": label})
    };
    let label = || json!({"column": "label"});
    let both = |name: &str| json!({"fit": "train", "apply": [name], "encoders": [{"length": {"columns": ["text"]}}]});
    let negative = json!({"fit": "train", "encoders": [{"length": {"columns": ["text"]}}], "weight": "label"});
    let case = Case::new(&bench, entry(), settings())
        .input("train", &train)
        .input("test", &test)
        .on_empty(OnEmpty::Refuses("no rows to fit encoders on"))
        .accepts(with_label(json!({"column": "words", "task": "regression"})))
        .accepts(json!({"fit": "train", "encoders": [{"imputer": {"columns": ["x"], "strategy": {"constant": 1.5}}}]}))
        .refuses(json!({"fit": "train", "encoders": []}), "at least one encoder")
        .refuses(both("Train"), "the part `Train` is named twice")
        .fails("a missing column", with_label(json!({"column": "nope"})), ExitCode::Usage, "no column `nope`")
        .fails(
            "a strange positive class",
            with_label(json!({"column": "label", "positive": "yes"})),
            ExitCode::Data,
            "`positive` names none",
        )
        .fails_with(
            "null labels",
            with_label(label()),
            &[("train", &null_label), ("test", &test)],
            ExitCode::Data,
            "`label` is null in 1 rows (ids 1)",
        )
        .fails_with(
            "an unseen class",
            with_label(label()),
            &[("train", &texts), ("test", &unseen)],
            ExitCode::Data,
            "a class that the fitted rows don't have in 1 rows (ids 0) (part `test`)",
        );
    check_stage!(case);
    // A boolean can weigh rows; it is 0 or 1.
    let stage = bench.build(&entry(), &negative).unwrap();
    assert!(bench.run(stage.as_ref(), 1, &[("train", &train)]).is_ok());
}

#[test]
fn a_matrix_is_read_as_it_was_written() {
    let bench = Bench::new();
    let (train, test) = (bench.source("train", frame(40)), bench.source("test", frame(9)));
    let outcome = bench.outcome(&entry(), &settings(), &[("train", &train), ("test", &test)]);
    let artifact =
        |port: &str| outcome.outputs.iter().find(|output| output.port.as_str() == port).unwrap().artifact.clone();
    let matrix = LoadedMatrix::read(bench.store(), &artifact("test")).unwrap();
    assert_eq!((matrix.ids.len(), matrix.features.columns()), (9, matrix.encoders.features()));
    assert_eq!(matrix.features, matrix.encoders.transform(&bench.table(&test)).unwrap());
    let Some(Target::Class { codes, classes, positive: Some(1) }) = matrix.target else { panic!() };
    assert_eq!((classes, codes), (vec!["false".to_owned(), "true".to_owned()], vec![0, 0, 1, 0, 1, 0, 0, 1, 0]));
    assert_eq!(matrix.weights.unwrap()[..3], [1.0, 2.0, 1.0]);
    // Ranges begin where the one before ends.
    let ranges = matrix.encoders.ranges();
    let spans: Vec<(u64, u64)> = ranges.iter().map(|range| (range.start, range.end)).collect();
    assert_eq!(spans[..3], [(0, 1), (1, 4), (4, 36)]);
    assert_eq!((spans[3].0, spans[3].1), (36, matrix.features.columns() as u64));
    assert_eq!(matrix.encoders.name(2).as_deref(), Some("country_FR"));
}

#[test]
fn what_is_fitted_does_not_depend_on_the_order_of_rows() {
    let forwards = frame(40);
    let backwards = forwards.reverse();
    let encoders = settings()["encoders"].clone();
    assert_eq!(fit(forwards, encoders.clone()).unwrap().encoders, fit(backwards, encoders).unwrap().encoders);
}
