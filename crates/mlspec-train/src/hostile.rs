//! Every estimator on rows that nobody hopes for: a model whose predictions are numbers, or an error that says what is wrong. The same
//! every time.

use crate::testing::{blocks, classes, dense, labels};
use crate::{Estimator, Sample, TrainError};
use mlspec_model::{Features, Prediction, Target};
use serde_json::{Value, json};

/// Estimators of classes and of numbers.
fn estimators() -> [(Value, bool, bool); 12] {
    let estimator =
        |name: &str, settings: Value, of_classes, of_numbers| (json!({ name: settings }), of_classes, of_numbers);
    [
        estimator("elastic_net", json!({"alpha": 0.1}), false, true),
        estimator("elastic_net", json!({"alpha": 0.01, "l1_ratio": 1.0, "fit_intercept": false}), false, true),
        estimator("gaussian_nb", json!({}), true, false),
        estimator("multinomial_nb", json!({}), true, false),
        estimator("bernoulli_nb", json!({}), true, false),
        estimator("linear_svc", json!({}), true, false),
        estimator("linear_svc", json!({"class_weight": "balanced", "fit_intercept": false}), true, false),
        estimator("k_means", json!({"n_clusters": 2, "n_init": 2}), true, true),
        estimator("k_neighbors", json!({"n_neighbors": 1}), true, true),
        estimator("k_neighbors", json!({"n_neighbors": 2, "metric": "cosine", "weights": "distance"}), true, true),
        estimator("mlp", json!({"hidden_layer_sizes": [3], "max_iter": 3}), true, true),
        estimator(
            "mlp",
            json!({"hidden_layer_sizes": [2, 2], "max_iter": 3, "early_stopping": true, "solver": "sgd"}),
            true,
            true,
        ),
    ]
}

/// What every estimator says of rows: that it could be fitted, or why not.
#[track_caller]
fn check(
    what: &str,
    x: &Features,
    numbers: &[f64],
    of_class: &Target,
    expect: fn(&str, &Result<(), TrainError>) -> bool,
) {
    let numbers = Target::Value(numbers.to_vec());
    for (settings, of_classes, of_numbers) in estimators() {
        let estimator: Estimator = serde_json::from_value(settings.clone()).unwrap();
        let trainer = estimator.check().unwrap();
        for (target, suits) in [(of_class, of_classes), (&numbers, of_numbers)] {
            let fit = || trainer.fit(&Sample::new(x, target, None)?);
            let fitted = if suits { fit() } else { continue };
            let same = match (&fitted, fit()) {
                (Ok(one), Ok(other)) => *one == other,
                (Err(one), Err(other)) => one.to_string() == other.to_string(),
                _ => false,
            };
            assert!(same, "{what}, {settings}: not the same every time");
            let said = fitted.map(|fitted| {
                let numbers = match fitted.model.predict(x).unwrap() {
                    Prediction::Class { probabilities: Some(shares), .. } => shares.concat(),
                    Prediction::Class { codes, .. } => codes.into_iter().map(f64::from).collect(),
                    Prediction::Cluster { distances, .. } => distances,
                    Prediction::Value(values) => values,
                };
                assert!(numbers.iter().all(|number| number.is_finite()), "{what}, {settings}: {numbers:?}");
            });
            assert!(expect(trainer.estimator().name(), &said), "{what}, {settings}: {said:?}");
        }
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn positive(values: &[f64]) -> Vec<f64> {
    values.iter().map(|x| x.abs()).collect()
}

#[test]
fn rows_that_can_be_used() {
    let fine = |_: &str, said: &Result<(), TrainError>| said.is_ok();
    let (rows, y, two) = (positive(&dense(60, 3)), labels(), classes(&[0.7]));
    check("constant columns", &blocks(2, &[3.0; 120]), &y, &two, fine);
    check("columns of zeros", &blocks(4, &[0.0; 240]), &y, &two, fine);
    let copies: Vec<f64> = rows.chunks(3).flat_map(|x| [x[0], x[0], x[0], 1.0]).collect();
    check("copies of a column", &blocks(4, &copies), &y, &two, fine);
    check("one label", &blocks(3, &rows), &[2.5; 60], &two, fine);
    let wide = positive(&dense(12, 5_000));
    let few =
        Target::Class { codes: (0..12).map(|row| row % 3).collect(), classes: names(&["a", "b", "c"]), positive: None };
    check("5,000 columns", &blocks(5_000, &wide), &y[..12], &few, fine);
    check("small numbers", &blocks(3, &rows.iter().map(|x| x * 1e-150).collect::<Vec<_>>()), &y, &two, fine);
    let both = Target::Class { codes: vec![0, 1], classes: names(&["c0", "c1"]), positive: Some(1) };
    check("two rows", &blocks(3, &rows[..6]), &y[..2], &both, fine);
}

#[test]
fn rows_that_cannot_be_used() {
    let (rows, y, two) = (positive(&dense(60, 3)), labels(), classes(&[0.7]));
    let one = Target::Class { codes: vec![0; 60], classes: names(&["c0", "c1"]), positive: Some(1) };
    check("one class", &blocks(3, &rows), &y, &one, |_, said| {
        matches!(said, Ok(()) | Err(TrainError::OneClass { rows: 60 }))
    });
    let first = Target::Class { codes: vec![0], classes: vec!["a".into()], positive: None };
    check("one row", &blocks(3, &rows[..3]), &y[..1], &first, |_, said| {
        matches!(said, Ok(()) | Err(TrainError::OneClass { rows: 1 } | TrainError::FewRows { wanted: 2, rows: 1, .. }))
    });
    check("huge numbers", &blocks(3, &rows.iter().map(|x| x * 1e300).collect::<Vec<_>>()), &y, &two, |name, said| {
        match name {
            "k_neighbors" | "bernoulli_nb" | "multinomial_nb" => said.is_ok(),
            // Steps of a length of their own may lead somewhere.
            "mlp" => matches!(said, Ok(()) | Err(TrainError::Overflow)),
            _ => matches!(said, Err(TrainError::Overflow)),
        }
    });
    let mut holes = rows;
    holes[7] = f64::NAN;
    check("a missing value", &blocks(3, &holes), &y, &two, |_, said| {
        said.as_ref().is_err_and(|error| error.to_string() == "the feature 1 is not finite in 1 rows (positions 2)")
    });
}
