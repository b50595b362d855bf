//! Against scikit-learn 1.9.1 on the same rows, and what must hold of every fit.

use super::*;
use crate::testing::{Task, blocks, fit, friedman, on_threads, score, uniform};
use mlspec_model::{Features, Prediction};

fn quick() -> RandomForest {
    RandomForest { n_estimators: 40, ..RandomForest::default() }
}

/// Means over seeds 1 to 5 of R² (numbers) or the area under the ROC curve (classes) on 2,000 other rows, fitted on 1,000:
/// `RandomForest…(40)`.
#[test]
fn as_good_as_scikit_learn() {
    let cases = [
        (Task::Number, false, 0.7768),
        (Task::Two, false, 0.926),
        (Task::Three, false, 0.8712),
        (Task::Number, true, 0.5866),
    ];
    for (task, holes, theirs) in cases {
        let scores = (1..=5).map(|seed| {
            let ((mut x, y), (mut other, truth)) =
                (friedman(task, seed, 0, 1000), friedman(task, seed, 1_000_000, 2000));
            if holes {
                for (values, seed) in [(&mut x, seed + 100), (&mut other, seed + 150)] {
                    let missing = |at: usize| uniform(seed, at as u64 / 8, at as u64 % 8) < 0.2;
                    values
                        .iter_mut()
                        .enumerate()
                        .filter(|(at, _)| missing(*at))
                        .for_each(|(_, value)| *value = f64::NAN);
                }
            }
            let fitted = fit(quick(), &Features::from_dense(8, &x).unwrap(), &y, None).unwrap();
            score(&fitted.model, &Features::from_dense(8, &other).unwrap(), &truth)
        });
        let mean = scores.sum::<f64>() / 5.0;
        assert!((mean - theirs).abs() < 0.005, "{task:?} {holes}: {mean} is not {theirs}");
    }
}

fn numbers(prediction: Prediction) -> Vec<f64> {
    match prediction {
        Prediction::Value(values) => values,
        Prediction::Class { probabilities, .. } => probabilities.unwrap().concat(),
        other @ Prediction::Cluster { .. } => panic!("{other:?}"),
    }
}

fn predicted(settings: &RandomForest, x: &Features, y: &Target, weights: Option<&[f64]>) -> Vec<f64> {
    numbers(fit(settings.clone(), x, y, weights).unwrap().model.predict(x).unwrap())
}

fn classes(codes: Vec<u32>, count: u32) -> Target {
    Target::Class { codes, classes: (0..count).map(|class| format!("c{class}")).collect(), positive: None }
}

/// Without drawing rows or features every tree knows its rows.
#[test]
fn a_full_tree_knows_its_rows() {
    let whole = RandomForest {
        n_estimators: 1,
        bootstrap: false,
        max_features: MaxFeatures::Share(1.0),
        ..RandomForest::default()
    };
    let (x, y) = friedman(Task::Number, 1, 0, 200);
    let (x, Target::Value(labels)) = (Features::from_dense(8, &x).unwrap(), &y) else { panic!() };
    crate::testing::assert_close(&predicted(&whole, &x, &y, None), labels, 1e-12);
    for (criterion, count) in
        [(Criterion::Gini, 2), (Criterion::Entropy, 2), (Criterion::Gini, 3), (Criterion::Entropy, 3)]
    {
        let codes: Vec<u32> = (0..200).map(|row| row * 7 % 11 % count).collect();
        let settings = RandomForest { criterion, ..whole.clone() };
        let found = predicted(&settings, &x, &classes(codes.clone(), count), None);
        assert!(
            codes.iter().enumerate().all(|(row, &code)| found[code as usize * 200 + row] == 1.0),
            "{criterion:?} {count}"
        );
    }
}

#[test]
fn draws_depend_on_ids_alone() {
    let (x, y) = friedman(Task::Two, 5, 0, 400);
    let run = |threads| on_threads(threads, || fit(quick(), &blocks(8, &x), &y, None).unwrap());
    assert_eq!(run(1), run(3));
    let x = Features::from_dense(8, &x).unwrap();
    let other = RandomForest { random_state: 1, ..quick() };
    assert_ne!(predicted(&quick(), &x, &y, None), predicted(&other, &x, &y, None));
    // A row of weight 0 is as if it were not there.
    let weights: Vec<f64> = (0..400).map(|row| if row < 300 { 1.0 } else { 0.0 }).collect();
    let first: Vec<usize> = (0..300).collect();
    let Target::Class { codes, .. } = &y else { panic!() };
    let some = x.select(&first);
    // Few values, so that bins are the same.
    let coarse = |x: &Features| {
        let values: Vec<f64> = x.to_dense(1 << 20).unwrap().iter().map(|value| (value * 20.0).floor() + 1.0).collect();
        Features::from_dense(8, &values).unwrap()
    };
    let (all, some) = (coarse(&x), coarse(&some));
    let whole = fit(quick(), &all, &y, Some(&weights)).unwrap().model;
    let part = fit(quick(), &some, &classes(codes[..300].to_vec(), 2), None).unwrap().model;
    assert_eq!(numbers(whole.predict(&some).unwrap()), numbers(part.predict(&some).unwrap()));
}

#[test]
fn limits_are_kept() {
    let (x, y) = friedman(Task::Two, 6, 0, 300);
    let x = Features::from_dense(8, &x).unwrap();
    let leaves = |settings: RandomForest| match fit(settings, &x, &y, None).unwrap().model.predictor() {
        Predictor::Trees(trees) => trees.leaves(),
        other => panic!("{other:?}"),
    };
    let full = leaves(quick());
    let cases = [
        (RandomForest { max_depth: Some(1), ..quick() }, 80),
        (RandomForest { min_samples_leaf: 200, ..quick() }, 40),
        (RandomForest { min_samples_split: 301, ..quick() }, 40),
        (RandomForest { min_samples_leaf: 20, ..quick() }, 40 * 10),
        (RandomForest { min_samples_split: 40, ..quick() }, full / 2),
    ];
    for (settings, most) in cases {
        let found = leaves(settings.clone());
        assert!(found <= most, "{found} leaves of {settings:?}");
    }
    let importance = fit(quick(), &x, &y, None).unwrap().importance.unwrap();
    assert!((importance.values.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    assert!(importance.values[3] > 2.0 * importance.values[7], "{importance:?}");
}

#[test]
fn classes_can_be_balanced() {
    let x: Vec<f64> = (0..400).map(|row| (uniform(1, row, 0) * 4.0).floor()).collect();
    let y = classes((0..400).map(|row| u32::from(row % 20 == 0)).collect(), 2);
    let x = Features::from_dense(1, &x).unwrap();
    let mean = |settings: RandomForest| predicted(&settings, &x, &y, None)[400..].iter().sum::<f64>() / 400.0;
    assert!((mean(quick()) - 0.05).abs() < 0.02);
    assert!((mean(RandomForest { class_weight: ClassWeight::Balanced, ..quick() }) - 0.5).abs() < 0.1);
}

#[test]
fn rows_are_drawn_once_on_the_average() {
    let counts: Vec<u32> = (0..20_000).map(|row| poisson(unit(draw(ROW_DRAW, 0, 0, row)))).collect();
    let mean = f64::from(counts.iter().sum::<u32>()) / 20_000.0;
    let never = counts.iter().filter(|&&count| count == 0).count() as f64 / 20_000.0;
    assert!((mean - 1.0).abs() < 0.03 && (never - (-1.0_f64).exp()).abs() < 0.01, "{mean} {never}");
    assert_eq!((poisson(0.0), poisson(0.999_999_999_999)), (0, 14));
}

#[test]
fn bad_settings_are_refused() {
    let d = RandomForest::default;
    let cases = [
        (RandomForest { n_estimators: 0, ..d() }, "`n_estimators` must be from 1 to 100000, got `0`"),
        (RandomForest { max_depth: Some(0), ..d() }, "`max_depth` must be from 1 to 1000, got `0`"),
        (RandomForest { min_samples_split: 1, ..d() }, "`min_samples_split` must be at least 2, got `1`"),
        (RandomForest { min_samples_leaf: 0, ..d() }, "`min_samples_leaf` must be at least 1, got `0`"),
        (RandomForest { max_bins: 1, ..d() }, "`max_bins` must be from 2 to 255, got `1`"),
        (RandomForest { max_features: MaxFeatures::Share(0.0), ..d() }, "`max_features` must be above 0 and at most 1"),
        (RandomForest { criterion: Criterion::Gini, ..d() }, "predicts classes, and the label is a number"),
    ];
    let x = Features::from_dense(1, &[0.5, 1.5]).unwrap();
    for (settings, message) in cases {
        let error = fit(settings, &x, &Target::Value(vec![1.0, -2.0]), None).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let squared = RandomForest { criterion: Criterion::SquaredError, ..d() };
    let error = fit(squared, &x, &classes(vec![0, 1], 2), None).unwrap_err().to_string();
    assert!(error.contains("predicts numbers, and the label is a class"), "{error}");
    let parse = |json: &str| serde_json::from_str::<RandomForest>(json).map(|forest| forest.max_features);
    assert_eq!(parse(r#"{"max_features": "sqrt"}"#).unwrap(), MaxFeatures::Rule(MaxFeaturesRule::Sqrt));
    assert_eq!(parse(r#"{"max_features": 0.5}"#).unwrap(), MaxFeatures::Share(0.5));
    assert!(parse(r#"{"max_features": "some"}"#).is_err());
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
        let found = predicted(&quick(), &x, &Target::Value(y), None);
        assert!(found.iter().all(|found| (0.0..=4.0).contains(found)), "{what}: {found:?}");
    }
    let x = Features::from_dense(1, &[1.0, f64::INFINITY]).unwrap();
    let error = fit(quick(), &x, &Target::Value(vec![1.0, 2.0]), None).unwrap_err();
    assert_eq!(error.to_string(), "the feature 0 is not finite in 1 rows (positions 1)");
    let x = Features::from_dense(1, &[1.0, 2.0]).unwrap();
    assert!(matches!(fit(quick(), &x, &classes(vec![0, 0], 1), None), Err(TrainError::OneClass { rows: 2 })));
}
