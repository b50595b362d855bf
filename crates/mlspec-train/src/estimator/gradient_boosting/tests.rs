//! Against scikit-learn 1.9.1 on the same rows, and what must hold of every fit.

use super::*;
use crate::testing::{Task, blocks, fit, friedman, on_threads, score, uniform};
use mlspec_model::{Features, Prediction, Target};

fn quick() -> GradientBoosting {
    GradientBoosting { max_iter: 30, early_stopping: EarlyStopping::Set(false), ..GradientBoosting::default() }
}

/// A fifth of all values is missing.
fn with_holes(values: &mut [f64], seed: u64) {
    for (at, value) in values.iter_mut().enumerate() {
        if uniform(seed + 100, at as u64 / 8, at as u64 % 8) < 0.2 {
            *value = f64::NAN;
        }
    }
}

/// Feature 3 as one of twelve categories, whose order says nothing.
fn with_categories(values: &mut [f64]) {
    values.iter_mut().skip(3).step_by(8).for_each(|value| *value = (*value * 12.0).floor() * 7.0 % 12.0);
}

fn signs(pairs: &[(&str, i8)]) -> BTreeMap<String, i8> {
    pairs.iter().map(|(name, sign)| ((*name).to_owned(), *sign)).collect()
}

/// Means over seeds 1 to 5 of R² (numbers) or the area under the ROC curve (classes) on 2,000 other rows, fitted on 1,000:
/// `HistGradientBoosting…(max_iter=30, early_stopping=False)`, with what is set here.
#[test]
fn as_good_as_scikit_learn() {
    let categories = GradientBoosting { categorical_features: vec!["3".to_owned()], ..quick() };
    let monotone = GradientBoosting { monotonic_cst: signs(&[("3", 1), ("4", 1)]), ..quick() };
    let absolute = GradientBoosting { loss: BoostingLoss::AbsoluteError, ..quick() };
    let cases = [
        (quick(), Task::Number, "", 0.8083),
        (quick(), Task::Two, "", 0.9337),
        (quick(), Task::Three, "", 0.8871),
        (quick(), Task::Number, "holes", 0.6112),
        (categories, Task::Number, "categories", 0.8091),
        (monotone, Task::Number, "", 0.8111),
        (absolute, Task::Number, "", 0.7888),
    ];
    for (settings, task, how, theirs) in cases {
        let scores = (1..=5).map(|seed| {
            let ((mut x, y), (mut other, truth)) =
                (friedman(task, seed, 0, 1000), friedman(task, seed, 1_000_000, 2000));
            match how {
                "holes" => (with_holes(&mut x, seed), with_holes(&mut other, seed + 50)),
                "categories" => (with_categories(&mut x), with_categories(&mut other)),
                _ => ((), ()),
            };
            let fitted = fit(settings.clone(), &Features::from_dense(8, &x).unwrap(), &y, None).unwrap();
            score(&fitted.model, &Features::from_dense(8, &other).unwrap(), &truth)
        });
        let mean = scores.sum::<f64>() / 5.0;
        assert!((mean - theirs).abs() < 0.005, "{task:?} {how} {:?}: {mean} is not {theirs}", settings.loss);
    }
}

fn numbers(prediction: Prediction) -> Vec<f64> {
    match prediction {
        Prediction::Value(values) => values,
        Prediction::Class { probabilities, .. } => probabilities.unwrap().concat(),
        other @ Prediction::Cluster { .. } => panic!("{other:?}"),
    }
}

fn predicted(settings: &GradientBoosting, x: &Features, y: &Target, weights: Option<&[f64]>) -> Vec<f64> {
    numbers(fit(settings.clone(), x, y, weights).unwrap().model.predict(x).unwrap())
}

#[test]
fn monotone_constraints_hold() {
    for (task, sign) in [(Task::Number, 1), (Task::Number, -1), (Task::Two, 1)] {
        let (x, y) = friedman(task, 3, 0, 600);
        let settings = GradientBoosting { monotonic_cst: signs(&[("3", sign), ("0", sign)]), ..quick() };
        let fitted = fit(settings, &Features::from_dense(8, &x).unwrap(), &y, None).unwrap();
        for feature in [0, 3] {
            for row in x.chunks(8).take(40) {
                let line: Vec<f64> = (0..50)
                    .flat_map(|at| {
                        let mut row = row.to_vec();
                        row[feature] = f64::from(at) / 50.0;
                        row
                    })
                    .collect();
                let found = numbers(fitted.model.predict(&Features::from_dense(8, &line).unwrap()).unwrap());
                // Of two classes the second's probability stands last.
                let found = &found[found.len() - 50..];
                assert!(
                    found.windows(2).all(|pair| f64::from(sign) * (pair[1] - pair[0]) >= 0.0),
                    "{task:?} {found:?}"
                );
            }
        }
    }
}

#[test]
fn the_order_of_features_and_threads_do_not_show() {
    // Of splits that are equally good the first feature's is taken; of numbers no two are.
    let (x, y) = friedman(Task::Number, 5, 0, 500);
    let turned: Vec<f64> = x.chunks(8).flat_map(|row| row.iter().rev().copied()).collect();
    let of = |values: &[f64]| predicted(&quick(), &Features::from_dense(8, values).unwrap(), &y, None);
    assert!(of(&x) == of(&turned));
    for task in [Task::Number, Task::Two, Task::Three] {
        let (x, y) = friedman(task, 5, 0, 500);
        let run = |threads| on_threads(threads, || fit(quick(), &blocks(8, &x), &y, None).unwrap());
        assert!(run(1) == run(3), "{task:?}");
    }
}

/// With few different values and leaves of any size, a row of weight 2 counts as two rows.
#[test]
fn a_weight_of_two_is_a_row_twice() {
    let x: Vec<f64> = (0..60).map(|row| f64::from(row * 7 % 13)).collect();
    let y: Vec<f64> = (0..60).map(|row| f64::from(row * 5 % 11)).collect();
    let weights: Vec<f64> = (0..60).map(|row| f64::from(1 + row % 2)).collect();
    let twice = |values: &[f64]| -> Vec<f64> {
        values.iter().enumerate().flat_map(|(row, &value)| vec![value; 1 + row % 2]).collect()
    };
    let settings = GradientBoosting { min_samples_leaf: 1, max_iter: 1, learning_rate: 1.0, ..quick() };
    let rows = Features::from_dense(1, &x).unwrap();
    let weighted = predicted(&settings, &rows, &Target::Value(y.clone()), Some(&weights));
    let doubled =
        fit(settings, &Features::from_dense(1, &twice(&x)).unwrap(), &Target::Value(twice(&y)), None).unwrap();
    let doubled = numbers(doubled.model.predict(&rows).unwrap());
    crate::testing::assert_close(&weighted, &doubled, 1e-9);
}

#[test]
fn it_stops_where_nothing_is_won() {
    let (x, y) = friedman(Task::Two, 2, 0, 800);
    let settings =
        GradientBoosting { max_iter: 500, early_stopping: EarlyStopping::Set(true), ..GradientBoosting::default() };
    let x = Features::from_dense(8, &x).unwrap();
    let fitted = fit(settings.clone(), &x, &y, None).unwrap();
    let ended = fitted.convergence.clone().unwrap();
    assert!(ended.converged && ended.iterations > 20 && ended.iterations < 300, "{ended:?}");
    let other = GradientBoosting { random_state: 1, ..settings.clone() };
    assert_ne!(fit(other, &x, &y, None).unwrap().model, fitted.model, "other rows are kept apart");
    let one = Features::from_dense(1, &[1.0, 2.0]).unwrap();
    let fitted = fit(settings, &one, &Target::Value(vec![1.0, 2.0]), None).unwrap();
    assert_eq!(fitted.warnings, ["there are too few rows to keep some apart, so the fit does not stop early"]);
    assert_eq!(fitted.convergence.unwrap().iterations, 1, "nothing can be asked");
}

#[test]
fn losses_predict_what_they_should() {
    let (x, y) = friedman(Task::Number, 4, 0, 800);
    let (x, Target::Value(labels)) = (Features::from_dense(8, &x).unwrap(), &y) else { panic!() };
    let quantile = |share| GradientBoosting { loss: BoostingLoss::Quantile, quantile: Some(share), ..quick() };
    for share in [0.1, 0.5, 0.9] {
        let found = predicted(&quantile(share), &x, &y, None);
        let below = labels.iter().zip(&found).filter(|(y, found)| y <= found).count() as f64 / 800.0;
        assert!((below - share).abs() < 0.08, "{below} of the labels are below the quantile {share}");
    }
    let poisson = GradientBoosting { loss: BoostingLoss::Poisson, ..quick() };
    let counts = Target::Value(labels.iter().map(|y| y.round().max(0.0)).collect());
    let found = predicted(&poisson, &x, &counts, None);
    assert!(found.iter().all(|&found| found > 0.0));
    let importance = fit(quick(), &x, &y, None).unwrap().importance.unwrap();
    assert!((importance.values.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(importance.values[..5].iter().all(|&value| value > importance.values[6]), "{importance:?}");
}

#[test]
fn missing_values_can_be_what_matters() {
    let x: Vec<f64> = (0..200).map(|row| if row % 3 == 0 { f64::NAN } else { f64::from(row % 5) }).collect();
    let y = Target::Value((0..200).map(|row| f64::from(u8::from(row % 3 == 0))).collect());
    let x = Features::from_dense(1, &x).unwrap();
    let settings = GradientBoosting { learning_rate: 1.0, ..quick() };
    let found = predicted(&settings, &x, &y, None);
    assert!(found.iter().enumerate().all(|(row, &found)| (found - f64::from(u8::from(row % 3 == 0))).abs() < 1e-6));
}

#[test]
fn classes_can_be_balanced() {
    let x: Vec<f64> = (0..400).map(|row| uniform(1, row, 0)).collect();
    let codes = (0..400).map(|row| u32::from(row % 20 == 0)).collect();
    let y = Target::Class { codes, classes: vec!["a".to_owned(), "b".to_owned()], positive: Some(1) };
    let x = Features::from_dense(1, &x).unwrap();
    let mean = |settings: GradientBoosting| predicted(&settings, &x, &y, None)[400..].iter().sum::<f64>() / 400.0;
    assert!((mean(quick()) - 0.05).abs() < 0.01);
    assert!(mean(GradientBoosting { class_weight: ClassWeight::Balanced, ..quick() }) > 0.2);
}

#[test]
fn bad_settings_are_refused() {
    let d = GradientBoosting::default;
    let cases = [
        (GradientBoosting { learning_rate: 0.0, ..d() }, "`learning_rate` must be above 0, got `0`"),
        (GradientBoosting { learning_rate: f64::NAN, ..d() }, "`learning_rate` must be above 0, got `NaN`"),
        (GradientBoosting { max_iter: 0, ..d() }, "`max_iter` must be from 1 to 100000, got `0`"),
        (GradientBoosting { max_leaf_nodes: Some(1), ..d() }, "`max_leaf_nodes` must be from 2 to 1048576, got `1`"),
        (GradientBoosting { max_depth: Some(0), ..d() }, "`max_depth` must be at least 1, got `0`"),
        (GradientBoosting { min_samples_leaf: 0, ..d() }, "`min_samples_leaf` must be at least 1, got `0`"),
        (GradientBoosting { max_bins: 256, ..d() }, "`max_bins` must be from 2 to 255, got `256`"),
        (GradientBoosting { l2_regularization: -1.0, ..d() }, "`l2_regularization` must be 0 or more, got `-1`"),
        (GradientBoosting { max_features: 1.5, ..d() }, "`max_features` must be above 0 and at most 1, got `1.5`"),
        (
            GradientBoosting { validation_fraction: 1.0, ..d() },
            "`validation_fraction` must be between 0 and 1, got `1`",
        ),
        (GradientBoosting { n_iter_no_change: 0, ..d() }, "`n_iter_no_change` must be at least 1, got `0`"),
        (GradientBoosting { loss: BoostingLoss::Quantile, ..d() }, "`quantile` must be from 0 to 1"),
        (GradientBoosting { quantile: Some(2.0), ..d() }, "`quantile` must be from 0 to 1"),
        (GradientBoosting { monotonic_cst: signs(&[("0", 2)]), ..d() }, "`monotonic_cst` must be -1, 0 or 1"),
        (
            GradientBoosting { monotonic_cst: signs(&[("ä b.\"c\"", 1)]), ..d() },
            "`monotonic_cst` names `ä b.\"c\"`, and no feature",
        ),
        (GradientBoosting { categorical_features: vec!["x".to_owned()], ..d() }, "`categorical_features` names `x`"),
        (GradientBoosting { categorical_features: vec!["0".to_owned()], ..d() }, "no whole numbers up to 65535"),
        (GradientBoosting { loss: BoostingLoss::LogLoss, ..d() }, "predicts classes, and the label is a number"),
        (GradientBoosting { loss: BoostingLoss::Poisson, ..d() }, "1 rows have a label below 0"),
    ];
    let x = Features::from_dense(1, &[0.5, 1.5, 2.5]).unwrap();
    for (settings, message) in cases {
        let error = fit(settings, &x, &Target::Value(vec![1.0, -2.0, 3.0]), None).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let three = |settings| {
        fit(
            settings,
            &x,
            &Target::Class {
                codes: vec![0, 1, 2],
                classes: ["a", "b", "c"].map(String::from).to_vec(),
                positive: None,
            },
            None,
        )
    };
    let error = three(GradientBoosting { monotonic_cst: signs(&[("0", 1)]), ..d() }).unwrap_err().to_string();
    assert_eq!(error, "`monotonic_cst` cannot be held: there are more than two classes");
    let zero = fit(GradientBoosting { loss: BoostingLoss::Poisson, ..d() }, &x, &Target::Value(vec![0.0; 3]), None);
    assert_eq!(zero.unwrap_err().to_string(), "all labels are 0: there is no rate to predict");
}

/// Rows that say nothing give the mean, never a panic.
#[test]
fn rows_that_say_little() {
    let nan = f64::NAN;
    let wide: Vec<f64> = (0..3 * 5000).map(|at| f64::from(at % 7)).collect();
    let cases: [(&str, usize, &[f64]); 7] = [
        ("one row", 1, &[1.0]),
        ("all missing", 1, &[nan, nan, nan]),
        ("one value", 1, &[2.0, 2.0, 2.0]),
        ("zeros", 2, &[0.0; 6]),
        ("the same column twice", 2, &[1.0, 1.0, 2.0, 2.0, 3.0, 3.0]),
        ("the ends of numbers", 1, &[f64::MAX, -f64::MAX, f64::MIN_POSITIVE]),
        ("5,000 columns", 5000, &wide),
    ];
    for (what, columns, values) in cases {
        let x = Features::from_dense(columns, values).unwrap();
        let y: Vec<f64> = (0..x.rows()).map(|row| row as f64 * 2.0).collect();
        let mean = y.iter().sum::<f64>() / y.len() as f64;
        let found = predicted(&quick(), &x, &Target::Value(y), None);
        assert!(found.iter().all(|found| (found - mean).abs() < 1e-9), "{what}: {found:?}");
    }
    let x = Features::from_dense(1, &[1.0, f64::INFINITY]).unwrap();
    let error = fit(quick(), &x, &Target::Value(vec![1.0, 2.0]), None).unwrap_err();
    assert_eq!(error.to_string(), "the feature 0 is not finite in 1 rows (positions 1)");
    let x = Features::from_dense(1, &[1.0, 2.0]).unwrap();
    let one = Target::Class { codes: vec![0, 0], classes: vec!["a".to_owned()], positive: None };
    assert!(matches!(fit(quick(), &x, &one, None), Err(crate::TrainError::OneClass { rows: 2 })));
    let huge = Target::Value(vec![1e308, -1e308]);
    let settings = GradientBoosting { min_samples_leaf: 1, ..quick() };
    assert!(fit(settings, &x, &huge, None).is_ok_and(|fitted| fitted.model.predict(&x).is_ok()));
}

#[test]
fn quantiles() {
    let even = |values: &[f64]| values.iter().map(|&value| (value, 1.0)).collect::<Vec<_>>();
    let cases = [
        (even(&[3.0, 1.0, 2.0]), 0.5, 2.0),
        (even(&[1.0, 2.0]), 0.5, 1.5),
        (even(&[1.0, 2.0, 3.0, 4.0]), 0.25, 1.75),
        (even(&[]), 0.5, 0.0),
        (vec![(1.0, 1.0), (2.0, 3.0)], 0.5, 2.0),
        (vec![(1.0, 3.0), (2.0, 1.0)], 0.5, 1.0),
        (vec![(1.0, 0.0), (2.0, 1.0)], 0.0, 2.0),
    ];
    for (values, share, expected) in cases {
        assert_eq!(loss::quantile(values, share), expected);
    }
}
