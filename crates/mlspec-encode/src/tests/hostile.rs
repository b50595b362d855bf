//! Bad input for every encoder: a clear error or a sensible result, the same every time, and no panic.

use super::{DataFrame, Table, df};
use crate::EncodeParams;
use mlspec_table::polars::prelude::{Column, DataType, IntoColumn as _, NamedFrom as _, Series};
use serde_json::{Value, json};

/// Every encoder, by the type of column that it takes, in its default settings and in some that ask for much.
fn encoders() -> Vec<(char, Value)> {
    let numbers = [
        ("standard_scaler", json!({})),
        ("standard_scaler", json!({"impute": "median"})),
        ("standard_scaler", json!({"nulls": "keep"})),
        ("imputer", json!({"strategy": "most_frequent", "indicator": true})),
        ("imputer", json!({"strategy": {"constant": 1}})),
        ("pass_through", json!({})),
        ("pass_through", json!({"nulls": "keep"})),
        ("min_max_scaler", json!({"clip": true})),
        ("min_max_scaler", json!({"nulls": "keep"})),
        ("max_abs_scaler", json!({"impute": "mean"})),
        ("robust_scaler", json!({"unit_variance": true})),
        ("robust_scaler", json!({"nulls": "keep", "quantile_range": [0, 100]})),
        ("log", json!({})),
        ("log", json!({"function": "log2", "nulls": "keep"})),
        ("power_transformer", json!({})),
        ("power_transformer", json!({"method": "box_cox", "impute": "median"})),
        ("k_bins_discretizer", json!({"strategy": "uniform"})),
        ("k_bins_discretizer", json!({"n_bins": 65_536, "nulls": "keep"})),
        ("k_bins_discretizer", json!({"strategy": "kmeans", "encode": "ordinal"})),
        ("polynomial_features", json!({"degree": [1, 3]})),
        ("pca", json!({"whiten": true})),
        ("pca", json!({"n_components": 0.5, "impute": {"constant": 0}})),
        ("missing_indicator", json!({})),
    ];
    let texts = [
        ("one_hot", json!({"handle_unknown": "ignore"})),
        ("ordinal", json!({"handle_unknown": "use_encoded_value"})),
        ("ordinal", json!({"max_categories": 1, "handle_unknown": "use_encoded_value", "impute": "most_frequent"})),
        ("count_encoder", json!({})),
        ("count_encoder", json!({"normalize": true, "impute": {"constant": "x"}})),
        ("target_encoder", json!({})),
        ("target_encoder", json!({"smooth": 0, "cv": 100})),
        ("hashing_vectorizer", json!({"n_features": 7, "analyzer": "char", "ngram_range": [1, 16]})),
        ("tfidf", json!({})),
        ("tfidf", json!({"nulls": "empty", "analyzer": "char_wb"})),
        ("count_vectorizer", json!({"nulls": "empty", "binary": true})),
        ("length", json!({"nulls": "empty", "standardize": true})),
        ("missing_indicator", json!({"features": "all"})),
    ];
    let dates = [("date_parts", json!({})), ("date_parts", json!({"nulls": "keep", "cyclic": true}))];
    let of = |sort: char, encoders: &[(&str, Value)]| -> Vec<(char, Value)> {
        encoders.iter().map(|(name, settings)| (sort, json!({*name: settings}))).collect()
    };
    [of('n', &numbers), of('t', &texts), of('d', &dates)].concat()
}

/// Sets the columns of an encoder.
fn on(encoder: &Value, columns: &[&str]) -> Value {
    let mut encoder = encoder.clone();
    encoder.as_object_mut().unwrap().values_mut().for_each(|settings| settings["columns"] = json!(columns));
    encoder
}

/// Fits on one table and applies to another; what comes out is finite or a missing value, or an error without values.
fn outcome(frame: &DataFrame, asked: &DataFrame, encoder: &Value) -> Result<Vec<u64>, String> {
    let label = json!({"column": "y"});
    let settings = json!({"fit": "train", "encoders": [encoder], "label": label});
    let params: EncodeParams = serde_json::from_value(settings).unwrap();
    let fitted = params.check().and_then(|encoding| encoding.fit(&Table::number(frame.clone(), 0)?));
    let fitted = fitted.map_err(|error| error.to_string())?.encoders;
    let features = fitted.transform(&Table::number(asked.clone(), 500).unwrap()).map_err(|error| error.to_string())?;
    let cells = features.blocks().iter().flat_map(|block| block.rows()).flat_map(|row| row.values.to_vec());
    let bits: Vec<u64> = cells.map(f64::to_bits).collect();
    assert!(bits.iter().all(|bits| !f64::from_bits(*bits).is_infinite()), "{encoder}");
    assert_eq!(fitted.names().len(), fitted.features());
    let read = mlspec_model::FittedEncoders::from_json(&serde_json::to_vec(&fitted).unwrap()).unwrap();
    assert_eq!(read, fitted, "{encoder}");
    Ok(bits)
}

fn column(sort: char, name: &str, cells: &[Option<i32>]) -> Column {
    let series = match sort {
        'n' => Series::new(name.into(), cells.iter().map(|cell| cell.map(f64::from)).collect::<Vec<_>>()),
        't' => Series::new(
            name.into(),
            cells.iter().map(|cell| cell.map(|cell| format!("w{cell} tail"))).collect::<Vec<_>>(),
        ),
        _ => Series::new(name.into(), cells.to_vec()).cast(&DataType::Date).unwrap(),
    };
    series.into_column()
}

fn table(sort: char, columns: &[(&str, &[Option<i32>])], label: &[&str]) -> DataFrame {
    let own = columns.iter().map(|(name, cells)| column(sort, name, cells));
    let columns = own.chain([Series::new("y".into(), label.to_vec()).into_column()]).collect();
    DataFrame::new(label.len(), columns).unwrap()
}

/// What each shape of table comes to: fine for encoders for which nothing is said.
#[test]
fn shapes_of_tables() {
    let strange = "a.b \"c\" 'd' ä\u{4e2d}";
    let four = [Some(1), Some(2), Some(3), Some(9)];
    type Shape<'a> = (&'a str, Vec<(&'a str, &'a [Option<i32>])>, &'a [&'a str]);
    let shapes: Vec<Shape<'_>> = vec![
        ("ordinary", vec![("x", &four)], &["a", "b", "a", "b"]),
        ("no rows", vec![("x", &[])], &[]),
        ("nulls", vec![("x", &[None, None, None])], &["a", "b", "a"]),
        ("one row", vec![("x", &[Some(4)])], &["a"]),
        ("one class", vec![("x", &four)], &["a", "a", "a", "a"]),
        ("constant", vec![("x", &[Some(5), Some(5), Some(5)])], &["a", "b", "a"]),
        ("duplicate", vec![("x", &four), ("z", &four)], &["a", "b", "a", "b"]),
        ("strange names", vec![(strange, &four)], &["a", "b", "a", "b"]),
    ];
    for (shape, columns, label) in shapes {
        for (sort, encoder) in encoders() {
            let frame = table(sort, &columns, label);
            let names: Vec<&str> = columns.iter().map(|column| column.0).collect();
            let encoder = on(&encoder, &names);
            let found = outcome(&frame, &frame, &encoder);
            assert_eq!(found, outcome(&frame, &frame, &encoder), "{shape} {encoder}");
            let allowed = match (shape, &found) {
                ("no rows", Err(error)) => error.contains("there are no rows to fit encoders on"),
                ("nulls", Err(error)) => {
                    error.contains("is null in 3 rows")
                        || error.contains("all 3 values of the column `x` are null")
                        || error.contains("no term of the column `x`")
                }
                ("no rows" | "nulls", Ok(_)) => shape == "nulls",
                (_, found) => found.is_ok(),
            };
            assert!(allowed, "{shape}: {encoder} gives {found:?}");
        }
    }
}

/// Values at prediction that no fitted row has.
#[test]
fn values_not_seen_before() {
    for (sort, encoder) in encoders() {
        let frame = table(sort, &[("x", &[Some(1), Some(2), Some(3)])], &["a", "b", "a"]);
        let asked = table(sort, &[("x", &[Some(7), Some(i32::MAX / 2), Some(40)])], &["a", "b", "a"]);
        let encoder = on(&encoder, &["x"]);
        let found = outcome(&frame, &asked, &encoder);
        assert!(found.is_ok(), "{encoder}: {found:?}");
    }
    let frame = || table('t', &[("x", &[Some(1), Some(2), Some(3)])], &["a", "b", "a"]);
    let asked = table('t', &[("x", &[Some(1), Some(8), Some(9)])], &["a", "b", "a"]);
    for strict in
        [json!({"one_hot": {}}), json!({"ordinal": {}}), json!({"count_encoder": {"handle_unknown": "error"}})]
    {
        let error = outcome(&frame(), &asked, &on(&strict, &["x"])).unwrap_err();
        assert_eq!(error, "the column `x` has a category that the fitted rows don't have in 2 rows (ids 501, 502)");
    }
}

/// NaN, infinities and numbers that are too large are refused, in words.
#[test]
fn numbers_out_of_bounds() {
    let known = [
        "the column `x` is NaN or infinite in 1 rows (ids 1)",
        "the column `x` has a number outside the domain of the logarithm or power in 1 rows (ids 1)",
        "the values of the column `x` are too large to be scaled",
        "the column `x` has a number whose feature is not finite in 1 rows (ids 1)",
    ];
    let cases = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, 1e200, -1e200, 5e-324];
    for (sort, encoder) in encoders().into_iter().filter(|(sort, _)| *sort == 'n') {
        let encoder = on(&encoder, &["x"]);
        for strange in cases {
            let frame = df!("x" => [1.0, strange, 2.0, 4.0], "y" => ["a", "b", "a", "b"]).unwrap();
            match outcome(&frame, &frame, &encoder) {
                Err(error) => assert!(
                    known.contains(&error.replace("501", "1").as_str()),
                    "{sort} {encoder} with {strange}: {error}"
                ),
                Ok(_) => {
                    assert!(strange.is_finite() || encoder.get("missing_indicator").is_some(), "{encoder} {strange}")
                }
            }
        }
    }
}

#[test]
fn settings_that_cannot_be() {
    let cases = [
        (
            json!({"min_max_scaler": {"feature_range": [1, 1]}}),
            "`feature_range` must be two finite numbers, the lesser first",
        ),
        (
            json!({"min_max_scaler": {"impute": "mean", "nulls": "keep"}}),
            "`nulls` must be left out where `impute` is set",
        ),
        (
            json!({"robust_scaler": {"quantile_range": [75, 25]}}),
            "`quantile_range` must be two ascending numbers from 0 to 100",
        ),
        (
            json!({"robust_scaler": {"quantile_range": [0, 90], "unit_variance": true}}),
            "`quantile_range` must be above 0 and below 100 where `unit_variance` is set",
        ),
        (json!({"k_bins_discretizer": {"n_bins": 1}}), "`n_bins` must be from 2 to 65536"),
        (
            json!({"log": {"impute": {"constant": -1}}}),
            "`constant` must be a number of which the logarithm or power can be taken",
        ),
        (
            json!({"polynomial_features": {"degree": [3, 2]}}),
            "`degree` must be a number up to 16, or two ascending ones",
        ),
        (json!({"polynomial_features": {"degree": 17}}), "`degree` must be a number up to 16, or two ascending ones"),
        (json!({"pca": {"n_components": 0}}), "`n_components` must be at least 1, or a share between 0 and 1"),
        (json!({"pca": {"n_components": 1.5}}), "`n_components` must be at least 1, or a share between 0 and 1"),
        (json!({"pca": {"n_components": 4}}), "`n_components` is 4; there are at most 1, as many as rows or columns"),
        (json!({"target_encoder": {"cv": 1}}), "`cv` must be from 2 to 100"),
        (json!({"target_encoder": {"smooth": -1}}), "`smooth` must be `auto`, or a number from 0 on"),
        (json!({"target_encoder": {"target_type": "continuous"}}), "`target_type` must be `auto`, or as the label is"),
        (
            json!({"ordinal": {"unknown_value": 1}}),
            "`unknown_value` must be left out unless `handle_unknown` is `use_encoded_value`",
        ),
        (json!({"ordinal": {"categories": {"z": ["a"]}}}), "`categories` must be about columns of the encoder"),
        (
            json!({"ordinal": {"categories": {"x": ["a", "a"]}}}),
            "`categories` must be at least one category, each once",
        ),
        (
            json!({"ordinal": {"categories": {"x": [1]}}}),
            "the column `x` has categories that `categories` does not list, in 1 rows",
        ),
        (json!({"date_parts": {"parts": ["year", "year"]}}), "`parts` must be at least one part, each once"),
        (json!({"count_vectorizer": {"min_df": 0}}), "`min_df` must be at least 1"),
        (
            json!({"hashing_vectorizer": {"ngram_range": [0, 2]}}),
            "`ngram_range` must be two ascending numbers from 1 to 16",
        ),
    ];
    let frame = df!("x" => [1, 2], "y" => ["a", "b"]).unwrap();
    for (encoder, message) in cases {
        assert_eq!(outcome(&frame, &frame, &on(&encoder, &["x"])).unwrap_err(), message, "{encoder}");
    }
    let without = json!({"fit": "train", "encoders": [on(&json!({"target_encoder": {}}), &["x"])]});
    let params: EncodeParams = serde_json::from_value(without).unwrap();
    assert_eq!(params.check().unwrap_err().to_string(), "`label` must be set where `target_encoder` is used");
}

#[test]
fn wide_tables_and_long_texts() {
    let names: Vec<String> = (0..5_000).map(|at| format!("c{at}")).collect();
    let columns: Vec<Column> = names.iter().map(|name| column('n', name, &[Some(1), Some(5), Some(2)])).collect();
    let columns = columns.into_iter().chain([Series::new("y".into(), vec!["a", "b", "a"]).into_column()]).collect();
    let frame = DataFrame::new(3, columns).unwrap();
    let all: Vec<&str> = names.iter().map(String::as_str).collect();
    for encoder in [json!({"min_max_scaler": {}}), json!({"robust_scaler": {}}), json!({"power_transformer": {}})] {
        assert!(outcome(&frame, &frame, &on(&encoder, &all)).is_ok(), "{encoder}");
    }
    for (encoder, message) in [
        (json!({"polynomial_features": {"degree": 16}}), "`degree` must be so that there are 1 to 5000 features"),
        (json!({"pca": {}}), "`columns` must be at most 1000 columns"),
    ] {
        assert_eq!(outcome(&frame, &frame, &on(&encoder, &all)).unwrap_err(), message);
    }
    let long = "wörter und ".repeat(20_000);
    let frame = df!("x" => [long.as_str(), "kurz und gut", "und"], "y" => ["a", "b", "a"]).unwrap();
    for (_, encoder) in encoders().into_iter().filter(|(sort, _)| *sort == 't') {
        let found = outcome(&frame, &frame, &on(&encoder, &["x"]));
        assert!(found.is_ok(), "{encoder}: {:?}", found.err());
    }
}
