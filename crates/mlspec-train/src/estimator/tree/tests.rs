//! Against scikit-learn 1.9.1 (figures below) and linfa.

use super::*;
use crate::testing::{Task, assert_close, blocks, classes, dense, fit, friedman, on_threads, score, weights};
use mlspec_model::{Features, Prediction, Target};

fn tree(fitted: &Fitted) -> &ClassTree {
    let Predictor::DecisionTree(tree) = fitted.model.predictor() else { panic!() };
    tree
}

/// Feature (-2 in a leaf), rows, thresholds, and the leaves' shares, as scikit-learn lists nodes. With these classes no two
/// splits are equally good.
#[track_caller]
fn check(
    settings: DecisionTree,
    weights: Option<&[f64]>,
    features: &[i32],
    rows: &[u64],
    thresholds: &[f64],
    leaves: &[[f64; 3]],
) {
    let fitted = fit(settings, &blocks(3, &dense(60, 3)), &classes(&[-1.0, -0.7]), weights).unwrap();
    let nodes = &tree(&fitted).nodes;
    let found: Vec<i32> =
        nodes.iter().map(|node| node.split.as_ref().map_or(-2, |split| split.feature as i32)).collect();
    assert_eq!(found, features);
    assert_eq!(nodes.iter().map(|node| node.rows).collect::<Vec<_>>(), rows);
    let found: Vec<f64> = nodes.iter().filter_map(|node| node.split.as_ref().map(|split| split.threshold)).collect();
    // scikit-learn's are of single precision.
    assert_close(&found, thresholds, 1e-7);
    let shares: Vec<f64> = nodes.iter().flat_map(|node| node.probabilities.clone()).collect();
    assert_close(&shares, &leaves.concat(), 1e-12);
}

#[test]
fn as_scikit_learn() {
    let settings = DecisionTree { max_depth: Some(3), ..DecisionTree::default() };
    let (features, rows) = ([0, 1, 0, -2, -2, -2, 1, -2, 0, -2, -2], [60, 18, 7, 4, 3, 11, 42, 36, 6, 2, 4]);
    let leaves =
        [[0.5, 0.25, 0.25], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
    check(settings, None, &features, &rows, &[-0.49, 0.07, -0.72, 0.58, 0.04], &leaves);
    let settings = DecisionTree {
        max_depth: Some(2),
        criterion: Criterion::Entropy,
        min_samples_leaf: 8,
        ..DecisionTree::default()
    };
    let (features, rows) = ([0, 1, -2, -2, 1, -2, -2], [60, 18, 8, 10, 42, 34, 8]);
    let leaves = [[0.2, 0.2, 0.6], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.2, 0.8]];
    check(settings, Some(&weights()), &features, &rows, &[-0.49, 0.25, 0.44], &leaves);
}

#[test]
fn as_linfa() {
    use linfa::traits::{Fit, Predict};
    let x = ndarray::Array2::from_shape_vec((60, 3), dense(60, 3)).unwrap();
    // linfa breaks ties by chance, so there must be none: the best first question is unique here.
    let target = classes(&[-1.0]);
    let Target::Class { codes, .. } = &target else { panic!() };
    let labels = ndarray::Array1::from(codes.iter().map(|&code| code as usize).collect::<Vec<_>>());
    let depth = 1_usize;
    let data = linfa::Dataset::new(x.clone(), labels.clone());
    let theirs = linfa_trees::DecisionTree::params().max_depth(Some(depth)).fit(&data).unwrap().predict(&x);
    let settings = DecisionTree { max_depth: Some(depth as u32), ..DecisionTree::default() };
    let ours = fit(settings, &blocks(3, &dense(60, 3)), &target, None).unwrap();
    let Prediction::Class { codes, .. } = ours.model.predict(&blocks(3, &dense(60, 3))).unwrap() else { panic!() };
    assert_eq!(codes.iter().map(|&code| code as usize).collect::<Vec<_>>(), theirs.to_vec(), "depth {depth}");
}

fn ab(codes: Vec<u32>) -> Target {
    Target::Class { codes, classes: vec!["a".into(), "b".into()], positive: Some(1) }
}

#[test]
fn a_full_tree_knows_its_rows() {
    let x = blocks(3, &dense(60, 3));
    let fitted = fit(DecisionTree::default(), &x, &classes(&[0.0, 1.0]), None).unwrap();
    let Prediction::Class { codes, .. } = fitted.model.predict(&x).unwrap() else { panic!() };
    let Target::Class { codes: truth, .. } = classes(&[0.0, 1.0]) else { panic!() };
    assert_eq!(codes, truth);
}

#[test]
fn a_split_without_gain_can_lead_to_one_with() {
    let x = Features::from_dense(2, &[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]).unwrap();
    let fitted = fit(DecisionTree::default(), &x, &ab(vec![0, 1, 1, 0]), None).unwrap();
    assert_eq!(tree(&fitted).nodes.len(), 7);
    let picky = DecisionTree { min_impurity_decrease: 0.01, ..DecisionTree::default() };
    assert_eq!(tree(&fit(picky, &x, &ab(vec![0, 1, 1, 0]), None).unwrap()).nodes.len(), 1);
}

#[test]
fn constant_features_give_a_leaf() {
    let x = Features::from_dense(2, &[1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.0]).unwrap();
    let fitted = fit(DecisionTree::default(), &x, &ab(vec![0, 1, 0, 0]), None).unwrap();
    assert_eq!(tree(&fitted).nodes, [mlspec_model::TreeNode { split: None, probabilities: vec![0.75, 0.25], rows: 4 }]);
    // Between equal numbers nothing can be split, even at the ends of what can be represented.
    let x = Features::from_dense(1, &[f64::MAX, -f64::MAX, f64::MAX, -f64::MAX]).unwrap();
    let fitted = fit(DecisionTree::default(), &x, &ab(vec![0, 1, 0, 1]), None).unwrap();
    assert_eq!(tree(&fitted).nodes.len(), 3);
}

fn predicted(settings: DecisionTree, x: &Features, y: &Target, weights: Option<&[f64]>) -> Vec<f64> {
    match fit(settings, x, y, weights).unwrap().model.predict(x).unwrap() {
        Prediction::Value(values) => values,
        Prediction::Class { probabilities, .. } => probabilities.unwrap().concat(),
        other @ Prediction::Cluster { .. } => panic!("{other:?}"),
    }
}

/// Mean over seeds 1 to 5 of R² on 2,000 other rows, fitted on 1,000: `DecisionTreeRegressor(max_depth=6)`, which breaks ties by chance.
#[test]
fn numbers_as_scikit_learn() {
    let settings = DecisionTree { max_depth: Some(6), ..DecisionTree::default() };
    let scores = (1..=5).map(|seed| {
        let ((x, y), (other, truth)) =
            (friedman(Task::Number, seed, 0, 1000), friedman(Task::Number, seed, 1_000_000, 2000));
        let fitted = fit(settings.clone(), &Features::from_dense(8, &x).unwrap(), &y, None).unwrap();
        score(&fitted.model, &Features::from_dense(8, &other).unwrap(), &truth)
    });
    let mean = scores.sum::<f64>() / 5.0;
    assert!((mean - 0.616).abs() < 0.005, "{mean}");
    // A tree without limits knows its rows, of whatever size the labels are.
    let (x, y) = friedman(Task::Number, 1, 0, 100);
    let (x, Target::Value(y)) = (Features::from_dense(8, &x).unwrap(), y) else { panic!() };
    for scale in [1.0, 1e-12, 1e12] {
        let y: Vec<f64> = y.iter().map(|y| y * scale).collect();
        let found = predicted(DecisionTree::default(), &x, &Target::Value(y.clone()), None);
        assert!(found.iter().zip(&y).all(|(a, b)| (a - b).abs() < 1e-5 * scale), "{scale}");
    }
    let importance = fit(DecisionTree::default(), &x, &Target::Value(y), None).unwrap().importance.unwrap();
    assert!((importance.values.iter().sum::<f64>() - 1.0).abs() < 1e-12);
}

#[test]
fn weights_count_as_rows_do() {
    let (x, y): (Vec<f64>, Vec<f64>) = (0..40).map(|row| (f64::from(row * 7 % 13), f64::from(row * 5 % 11))).unzip();
    let weights: Vec<f64> = (0..40).map(|row| f64::from(1 + row % 2)).collect();
    let twice =
        |values: &[f64]| values.iter().enumerate().flat_map(|(row, &v)| vec![v; 1 + row % 2]).collect::<Vec<f64>>();
    let settings = DecisionTree { max_depth: Some(3), ..DecisionTree::default() };
    let rows = Features::from_dense(1, &x).unwrap();
    let weighted = fit(settings.clone(), &rows, &Target::Value(y.clone()), Some(&weights)).unwrap().model;
    let doubled = Features::from_dense(1, &twice(&x)).unwrap();
    let doubled = fit(settings, &doubled, &Target::Value(twice(&y)), None).unwrap().model;
    let values = |model: Model| match model.predict(&rows).unwrap() {
        Prediction::Value(values) => values,
        _ => panic!(),
    };
    assert_close(&values(weighted), &values(doubled), 1e-12);
    let rare = ab((0..40).map(|row| u32::from(row % 10 == 0)).collect());
    let stump = DecisionTree { min_samples_split: 100, ..DecisionTree::default() };
    let balanced = DecisionTree { class_weight: ClassWeight::Balanced, ..stump.clone() };
    assert_close(&predicted(stump, &rows, &rare, None)[..1], &[0.9], 1e-12);
    assert_close(&predicted(balanced, &rows, &rare, None)[..1], &[0.5], 1e-12);
}

#[test]
fn missing_values_find_their_side() {
    let nan = f64::NAN;
    // What tells the classes apart: missing or not; missing with the small ones; missing with the great ones, one of them negative.
    let cases: [(&[f64], &[u32]); 4] = [
        (&[1.0, nan, 2.0, nan, 3.0], &[0, 1, 0, 1, 0]),
        (&[1.0, nan, 9.0, -nan, 8.0], &[0, 0, 1, 0, 1]),
        (&[1.0, nan, 9.0, nan, 8.0, 2.0], &[0, 1, 1, 1, 1, 0]),
        (&[nan, nan, nan, 4.0], &[1, 1, 1, 0]),
    ];
    for (values, codes) in cases {
        let x = Features::from_dense(1, values).unwrap();
        let fitted = fit(DecisionTree::default(), &x, &ab(codes.to_vec()), None).unwrap();
        let Prediction::Class { codes: found, .. } = fitted.model.predict(&x).unwrap() else { panic!() };
        assert_eq!((found.as_slice(), tree(&fitted).nodes.len()), (codes, 3), "{values:?}");
        let numbers: Vec<f64> = codes.iter().map(|&code| f64::from(code)).collect();
        assert_close(&predicted(DecisionTree::default(), &x, &Target::Value(numbers.clone()), None), &numbers, 1e-12);
    }
    // The fit had none: those that come later go with most rows.
    let x = Features::from_dense(1, &[1.0, 2.0, 9.0]).unwrap();
    let fitted = fit(DecisionTree::default(), &x, &ab(vec![0, 0, 1]), None).unwrap();
    let Prediction::Class { codes, .. } = fitted.model.predict(&Features::from_dense(1, &[nan]).unwrap()).unwrap()
    else {
        panic!()
    };
    assert_eq!(codes, [0]);
    let all = Features::from_dense(1, &[nan, nan]).unwrap();
    assert_eq!(tree(&fit(DecisionTree::default(), &all, &ab(vec![0, 1]), None).unwrap()).nodes.len(), 1);
}

#[test]
fn criteria_ask_for_their_labels() {
    let x = Features::from_dense(1, &[1.0, 2.0]).unwrap();
    let cases = [
        (Criterion::Gini, Target::Value(vec![1.0, 2.0]), "predicts classes, and the label is a number"),
        (Criterion::Entropy, Target::Value(vec![1.0, 2.0]), "predicts classes, and the label is a number"),
        (Criterion::SquaredError, ab(vec![0, 1]), "predicts numbers, and the label is a class"),
    ];
    for (criterion, target, message) in cases {
        let error =
            fit(DecisionTree { criterion, ..DecisionTree::default() }, &x, &target, None).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let huge = Target::Value(vec![f64::MAX, -f64::MAX]);
    assert!(fit(DecisionTree::default(), &x, &huge, None).is_ok());
}

#[test]
fn one_thread_or_two() {
    let x = Features::from_dense(4, &dense(5000, 4)).unwrap();
    let target = ab((0..5000).map(|row| u32::from(row * 7 % 11 > 4)).collect());
    let run = |threads| on_threads(threads, || fit(DecisionTree::default(), &x, &target, None).unwrap());
    assert_eq!(run(1), run(2));
}

#[test]
fn bad_settings_are_refused() {
    let tree = DecisionTree::default;
    let cases = [
        (DecisionTree { max_depth: Some(0), ..tree() }, "`max_depth` must be from 1 to 1000, got `0`"),
        (DecisionTree { min_samples_split: 1, ..tree() }, "`min_samples_split` must be at least 2, got `1`"),
        (DecisionTree { min_samples_leaf: 0, ..tree() }, "`min_samples_leaf` must be at least 1, got `0`"),
        (
            DecisionTree { min_impurity_decrease: f64::NAN, ..tree() },
            "`min_impurity_decrease` must be 0 or more, got `NaN`",
        ),
    ];
    for (settings, message) in cases {
        let error = fit(settings, &blocks(3, &dense(60, 3)), &classes(&[0.7]), None).unwrap_err();
        assert_eq!(error.to_string(), message);
    }
}
