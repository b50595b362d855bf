//! The stage as a whole, and rows that nothing can be fitted on.

use crate::{Sample, TrainError, entry};
use mlspec_model::{
    Features, FittedEncoder, FittedEncoders, FittedLabel, Matrix, Model, NumberColumn, Numbers, OneHot, OneHotColumn,
    Target, Unknown, encode_rows,
};
use mlspec_record::{ArtifactRef, ExitCode, Lineage, LineageParent, RowLineage};
use mlspec_table::polars::df;
use mlspec_table::{ChunkOptions, Table};
use mlspec_testkit::{Bench, Case, OnEmpty, check_stage};
use serde_json::json;

/// A matrix of two features and a label, whose classes are among these; of the first rows.
fn matrix(bench: &Bench, rows: usize, label: Option<&[&str]>) -> ArtifactRef {
    let at = |i: usize, by: usize| (i * by % 11) as f64;
    let text: Vec<&str> = (0..rows).map(|i| ["no", "yes"][usize::from(i * 7 % 11 > 4)]).collect();
    let a: Vec<f64> = (0..rows).map(|i| at(i, 7)).collect();
    let b: Vec<f64> = (0..rows).map(|i| at(i, 5)).collect();
    let source = bench.source("rows", df!("a" => a, "b" => b, "y" => text).unwrap());
    let numbers = Numbers {
        columns: vec![
            NumberColumn::unscaled("a"),
            NumberColumn { mean: 5.0, scale: 2.0, ..NumberColumn::unscaled("b") },
        ],
    };
    let label = label.map(|classes| match classes {
        [] => FittedLabel::Regression { column: "a".to_owned() },
        classes => FittedLabel::Classification {
            column: "y".to_owned(),
            classes: classes.iter().map(ToString::to_string).collect(),
            positive: None,
        },
    });
    let encoders = FittedEncoders::new(22, vec![FittedEncoder::StandardScaler(numbers)], label, None).unwrap();
    let raw: Table = encode_rows(&bench.table(&source), &encoders.raw_columns()).unwrap();
    let (digest, bytes) = encoders.write(bench.store()).unwrap();
    let raw = raw.write(bench.store(), &ChunkOptions::rows(8)).unwrap();
    let matrix = Matrix::new(raw, digest).write(bench.store(), bytes).unwrap();
    let lineage = bench.json(&Lineage {
        parents: vec![LineageParent { scan: "train".to_owned(), artifact: source }],
        rows: RowLineage::Identity,
        columns: Vec::new(),
        indirect: Vec::new(),
        features: encoders.ranges(),
    });
    ArtifactRef { lineage: Some(lineage), ..matrix }
}

#[test]
fn conforms() {
    let bench = Bench::new();
    let classes = Some(&["no", "yes"][..]);
    let rows = matrix(&bench, 22, classes);
    let logistic = json!({"estimator": {"logistic_regression": {"C": 10.0}}});
    let ridge = json!({"estimator": {"ridge": {}}});
    let case = Case::new(&bench, entry(), logistic.clone())
        .inexact(1e-6)
        .input("train", &rows)
        .on_empty(OnEmpty::Refuses("no rows to fit on"))
        .empty_input("train", &matrix(&bench, 0, classes))
        .accepts(json!({"estimator": {"linear_regression": {"fit_intercept": false}}}))
        .accepts(json!({"estimator": {"decision_tree": {"max_depth": 3, "criterion": "entropy"}}}))
        .accepts(json!({"estimator": {"ridge": {"solver": "linfa"}}}))
        .accepts(json!({"estimator": {"gradient_boosting": {"early_stopping": "auto", "max_leaf_nodes": null}}}))
        .accepts(json!({"estimator": {"random_forest": {"max_features": "log2"}}}))
        .refuses(json!({"estimator": {"gradient_boosting": {"max_bins": 1}}}), "`max_bins` must be from 2 to 255")
        .accepts(json!({"estimator": {"elastic_net": {"alpha": 0.1, "l1_ratio": 1.0}}}))
        .accepts(json!({"estimator": {"gaussian_nb": {"priors": [0.5, 0.5]}}}))
        .accepts(json!({"estimator": {"linear_svc": {"class_weight": "balanced"}}}))
        .accepts(json!({"estimator": {"k_neighbors": {"metric": "cosine", "weights": "distance"}}}))
        .accepts(json!({"estimator": {"mlp": {"hidden_layer_sizes": [64], "activation": "tanh"}}}))
        .refuses(json!({"estimator": {"bernoulli_nb": {"alpha": 0}}}), "`alpha` must be above 0")
        .refuses(json!({"estimator": {"ridge": {"solver": "qr"}}}), "unknown variant `qr`")
        .refuses(json!({"estimator": {"ridge": {"alpha": -1.0}}}), "`alpha` must be 0 or more")
        .refuses(json!({"estimator": {"rigde": {}}}), "unknown variant `rigde`")
        .refuses(json!({"estimator": {"ridge": {"alhpa": 1.0}}}), "unknown field `alhpa`")
        .fails("a class as number", ridge.clone(), ExitCode::Usage, "predicts numbers, and the label is a class")
        .fails_with(
            "no label",
            ridge,
            &[("train", &matrix(&bench, 22, None))],
            ExitCode::Usage,
            "the matrix has no label",
        )
        .fails_with(
            "one class",
            logistic,
            &[("train", &matrix(&bench, 1, classes))],
            ExitCode::Data,
            "all 1 rows have the same class",
        );
    check_stage!(case);
}

/// Least squares and trees are bit-equal after every change, logistic regression predicts the same.
#[test]
fn updates_conform() {
    let bench = Bench::new();
    let (numbers, classes) = (matrix(&bench, 40, Some(&[])), matrix(&bench, 40, Some(&["no", "yes"])));
    let cases = [
        (json!({"linear_regression": {}}), &numbers, None),
        (json!({"linear_regression": {"fit_intercept": false}}), &numbers, None),
        (json!({"ridge": {"alpha": 0.5}}), &numbers, None),
        (json!({"decision_tree": {"max_depth": 3}}), &classes, None),
        (json!({"decision_tree": {"max_depth": 3}}), &numbers, None),
        (json!({"gradient_boosting": {"max_iter": 5, "min_samples_leaf": 2}}), &numbers, None),
        (json!({"gradient_boosting": {"max_iter": 5, "min_samples_leaf": 2, "early_stopping": true}}), &classes, None),
        (json!({"random_forest": {"n_estimators": 5}}), &numbers, None),
        (json!({"random_forest": {"n_estimators": 5, "max_features": 0.5}}), &classes, None),
        (json!({"elastic_net": {"alpha": 0.1}}), &numbers, None),
        (json!({"gaussian_nb": {}}), &classes, None),
        (json!({"bernoulli_nb": {}}), &classes, None),
        (json!({"k_neighbors": {"n_neighbors": 3}}), &classes, None),
        (json!({"k_neighbors": {"n_neighbors": 3, "weights": "distance"}}), &numbers, None),
        (json!({"mlp": {"hidden_layer_sizes": [4], "max_iter": 5}}), &classes, None),
        (json!({"linear_svc": {}}), &classes, Some(1e-6)),
        (json!({"linear_regression": {"solver": "linfa"}}), &numbers, None),
        (json!({"ridge": {"alpha": 0.5, "solver": "linfa"}}), &numbers, None),
        (json!({"logistic_regression": {"solver": "linfa"}}), &classes, None),
        (json!({"logistic_regression": {"C": 100.0, "class_weight": "balanced"}}), &classes, Some(1e-6)),
    ];
    for (estimator, rows, tolerance) in cases {
        let case = Case::new(&bench, entry(), json!({ "estimator": estimator }))
            .input("train", rows)
            .on_empty(OnEmpty::Refuses("no rows to fit on"))
            .empty_input("train", &matrix(&bench, 0, Some(&["no", "yes"])));
        let case = match tolerance {
            Some(tolerance) => case.inexact(tolerance),
            None => case,
        };
        check_stage!(case);
    }
}

/// The encoders change with the rows: coefficients find their features by name.
#[test]
fn coefficients_follow_the_names_of_features() {
    let bench = Bench::new();
    let categories = |known: &[&str]| {
        FittedEncoder::OneHot(OneHot {
            columns: vec![OneHotColumn {
                column: "c".to_owned(),
                fill: None,
                categories: known.iter().map(|name| Some((*name).to_owned())).collect(),
                infrequent: Vec::new(),
                dropped: None,
                unknown: Unknown::Error,
            }],
        })
    };
    let matrix = |known: &[&str], rows: usize| {
        let label = FittedLabel::Classification {
            column: "y".to_owned(),
            classes: vec!["no".to_owned(), "yes".to_owned()],
            positive: None,
        };
        let c: Vec<&str> = (0..rows).map(|i| known[i * 7 % 5 % known.len()]).collect();
        let y: Vec<&str> = (0..rows).map(|i| ["no", "yes"][usize::from(i * 5 % 11 > 2 + c[i].len())]).collect();
        let frame = df!("a" => (0..rows).map(|i| (i * 3 % 7) as f64).collect::<Vec<_>>(), "c" => c, "y" => y).unwrap();
        let numbers = Numbers { columns: vec![NumberColumn::unscaled("a")] };
        let encoders =
            vec![categories(known), FittedEncoder::PassThrough(numbers.clone()), FittedEncoder::PassThrough(numbers)];
        let encoders = FittedEncoders::new(rows as u64, encoders, Some(label), None).unwrap();
        let raw = encode_rows(&bench.table(&bench.source("rows", frame)), &encoders.raw_columns()).unwrap();
        let (digest, bytes) = encoders.write(bench.store()).unwrap();
        let raw = raw.write(bench.store(), &ChunkOptions::rows(8)).unwrap();
        Matrix::new(raw, digest).write(bench.store(), bytes).unwrap()
    };
    let (before, now) = (matrix(&["de", "f", "uk"], 60), matrix(&["at", "f", "uk", "z"], 61));
    let stage = bench.build(&entry(), &json!({"estimator": {"logistic_regression": {}}})).unwrap();
    let outcome = bench.run(stage.as_ref(), 1, &[("train", &before)]).unwrap();
    let model = Model::read(bench.store(), &outcome.outputs[0].artifact.digest).unwrap();
    let loaded = mlspec_model::LoadedMatrix::read(bench.store(), &now).unwrap();
    let carried = crate::warm::carried(bench.store(), &model, &loaded).unwrap();
    let coefficients = |model: &Model| match model.predictor() {
        mlspec_model::Predictor::Logistic(logistic) => logistic.coefficients[0].clone(),
        other => panic!("{other:?}"),
    };
    let (was, is) = (coefficients(&model), coefficients(&carried));
    assert_eq!(model.feature_names(), ["c_de", "c_f", "c_uk", "a", "a"]);
    assert_eq!(is, [0.0, was[1], was[2], 0.0, was[3], was[4]]);
    let updated = bench.update(stage.as_ref(), 1, (&[("train", &before)], &outcome), &[("train", &now)]).unwrap();
    assert!(updated.inexact && updated.incremental);
    assert_eq!(updated.body["convergence"]["start"], "previous");
    assert_eq!(updated.body["convergence"]["converged"], true);
}

#[test]
fn every_estimator_writes_a_model_that_predicts() {
    let bench = Bench::new();
    let classes = ["no", "yes"];
    let cases = [
        (json!({"linear_regression": {}}), &[][..], 3),
        (json!({"ridge": {"alpha": 0.5}}), &[], 3),
        (json!({"logistic_regression": {}}), &classes, 3),
        (json!({"elastic_net": {"alpha": 0.1}}), &[], 3),
        (json!({"linear_svc": {}}), &classes, 3),
        (json!({"gaussian_nb": {}}), &classes, 10),
        (json!({"bernoulli_nb": {}}), &classes, 6),
        (json!({"k_neighbors": {}}), &[], 22 + 40),
        (json!({"mlp": {"hidden_layer_sizes": [4], "max_iter": 5}}), &classes, 17),
        (json!({"decision_tree": {"max_depth": 1}}), &classes, 6),
        // A stump each: a feature, a threshold and two leaves.
        (json!({"gradient_boosting": {"max_iter": 2, "min_samples_leaf": 8, "max_leaf_nodes": 2}}), &[], 8),
        (json!({"random_forest": {"n_estimators": 3, "max_depth": 1}}), &classes, 12),
        (json!({"ridge": {"alpha": 0.5, "solver": "linfa"}}), &[], 3),
        (json!({"logistic_regression": {"solver": "linfa"}}), &classes, 3),
    ];
    for (estimator, classes, parameters) in cases {
        let rows = matrix(&bench, 22, Some(classes));
        let outcome = bench.outcome(&entry(), &json!({ "estimator": estimator }), &[("train", &rows)]);
        let artifact = &outcome.outputs[0].artifact;
        let model = Model::read(bench.store(), &artifact.digest).unwrap();
        assert_eq!((model.parameters(), model.feature_names().len()), (parameters, 2), "{estimator}");
        assert_eq!(model.classes(), classes);
        let loaded = mlspec_model::LoadedMatrix::read(bench.store(), &rows).unwrap();
        assert_eq!(model.encoders(), Some(&loaded.encoders_digest));
        assert_eq!(loaded.features.blocks().len(), 3, "a block per chunk");
        assert!(model.predict(&loaded.features).is_ok());
        assert_eq!(outcome.body["estimator"], json!(estimator.as_object().unwrap().keys().next()));
        assert!(outcome.body["hyperparameters"].as_object().is_some_and(|settings| !settings.is_empty()));
    }
}

/// The record lists features by importance, and the columns that they come from.
#[test]
fn the_record_says_what_is_important() {
    let bench = Bench::new();
    let settings = json!({"estimator": {"ridge": {"alpha": 0.5}}});
    let outcome = bench.outcome(&entry(), &settings, &[("train", &matrix(&bench, 22, Some(&[])))]);
    let importances = &outcome.body["importances"];
    // The label is the first feature.
    assert_eq!(importances["measure"], "coefficient");
    assert_eq!(importances["features"][0]["feature"], "a");
    assert_eq!(importances["features"][0]["columns"], json!(["a"]));
    assert_eq!(importances["columns"][0]["column"], "a");
    let first = importances["features"][0]["importance"].as_f64().unwrap();
    assert!((first - 1.0).abs() < 0.01 && importances["columns"][0]["importance"].as_f64() == Some(first));
    assert!(importances.get("left_out").is_none());
}

#[test]
fn missing_values_are_a_question_of_the_estimator() {
    let x = Features::from_dense(1, &[1.0, f64::NAN, 3.0]).unwrap();
    let target = Target::Value(vec![1.0, 2.0, 3.0]);
    let sample = Sample::new(&x, &target, None).unwrap();
    assert!(sample.has_missing());
    let error = crate::Estimator::from(crate::Ridge::default()).check().unwrap().fit(&sample).unwrap_err();
    assert_eq!(error.to_string(), "the feature 0 is not finite in 1 rows (positions 1)");
    assert!(matches!(sample.with_ids(&[1]), Err(TrainError::Length { rows: 3, what: "ids", found: 1 })));
    let unlabelled = Sample::unlabelled(&x, None).unwrap();
    let error = crate::Estimator::from(crate::Ridge::default()).check().unwrap().fit(&unlabelled).unwrap_err();
    assert!(matches!(error, TrainError::NoLabel));
}

#[test]
fn rows_that_cannot_be_fitted() {
    let x = |values: &[f64]| Features::from_dense(1, values).unwrap();
    let good = x(&[1.0, 2.0]);
    let y = |values: &[f64]| Target::Value(values.to_vec());
    let cases: [(&Features, Target, Option<&[f64]>, &str); 8] = [
        (&Features::new(1, vec![]).unwrap(), y(&[]), None, "there are no rows to fit on"),
        (&good, y(&[1.0]), None, "2 rows have 1 labels"),
        (&good, y(&[1.0, f64::NAN]), None, "1 rows have a label that is NaN or infinite (positions 1)"),
        (&x(&[f64::INFINITY, 0.0]), y(&[1.0, 2.0]), None, "the feature 0 is not finite in 1 rows (positions 0)"),
        (&good, y(&[1.0, 2.0]), Some(&[1.0]), "2 rows have 1 weights"),
        (
            &good,
            y(&[1.0, 2.0]),
            Some(&[1.0, -1.0]),
            "1 rows have a weight that is negative, NaN or infinite (positions 1)",
        ),
        (&good, y(&[1.0, 2.0]), Some(&[0.0, 0.0]), "there are no rows to fit on"),
        (
            &good,
            Target::Class { codes: vec![0, 9], classes: vec!["a".into()], positive: None },
            None,
            "1 rows have a label that is none of the classes (positions 1)",
        ),
    ];
    for (features, target, weights, message) in cases {
        assert_eq!(Sample::new(features, &target, weights).unwrap_err().to_string(), message);
    }
    let mut block = mlspec_model::Block::default();
    block.end_row();
    let none = Features::new(0, vec![block]).unwrap();
    assert!(matches!(Sample::new(&none, &y(&[1.0]), None), Err(TrainError::NoFeatures)));
}
