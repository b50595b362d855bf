//! Gradients against differences, and scores against scikit-learn 1.9.1 (`MLPRegressor` and `MLPClassifier(hidden_layer_sizes=(16,),
//! max_iter=500, …).fit(X, y).score(X, y)`, the range over five values of `random_state`).

use super::*;
use crate::testing::{blocks, classes, dense, fit, labels, on_threads, weights};
use mlspec_model::{Features, Prediction};

/// 600 rows of three features, and a label that bends.
fn curved() -> (Features, Vec<f64>) {
    let rows = dense(600, 3);
    let y = rows.chunks(3).map(|x| 2.0 * x[0] - x[1] + 0.5 * x[2] + x[0] * x[1]).collect();
    (blocks(3, &rows), y)
}

fn small(activation: Activation, solver: MlpSolver) -> Mlp {
    Mlp { hidden_layer_sizes: vec![16], activation, solver, max_iter: 500, ..Mlp::default() }
}

fn score(fitted: &Fitted, x: &Features, target: &Target) -> f64 {
    match (fitted.model.predict(x).unwrap(), target) {
        (Prediction::Value(found), Target::Value(labels)) => {
            let mean = labels.iter().sum::<f64>() / labels.len() as f64;
            let apart: f64 = labels.iter().map(|label| (label - mean).powi(2)).sum();
            1.0 - found.iter().zip(labels).map(|(found, label)| (found - label).powi(2)).sum::<f64>() / apart
        }
        (Prediction::Class { codes, probabilities: Some(shares), .. }, Target::Class { codes: truth, .. }) => {
            assert!(
                (0..codes.len()).all(|row| (shares.iter().map(|class| class[row]).sum::<f64>() - 1.0).abs() < 1e-12)
            );
            codes.iter().zip(truth).filter(|(found, truth)| found == truth).count() as f64 / codes.len() as f64
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn as_good_as_scikit_learn() {
    let (x, y) = curved();
    let code = |y: &f64| u32::from(*y >= 0.0) + u32::from(*y >= 1.0);
    let names = ["low", "middle", "high"].map(str::to_owned).to_vec();
    let three = Target::Class { codes: y.iter().map(code).collect(), classes: names, positive: None };
    let numbers = Target::Value(y);
    let check = |estimator: Mlp, target: &Target, least: f64| {
        let fitted = fit(estimator, &x, target, None).unwrap();
        let score = score(&fitted, &x, target);
        assert!(score >= least, "{score} below {least}: {:?}", fitted.convergence);
    };
    check(small(Activation::Relu, MlpSolver::Adam), &numbers, 0.976);
    check(small(Activation::Relu, MlpSolver::Sgd), &numbers, 0.963);
    check(small(Activation::Tanh, MlpSolver::Adam), &numbers, 0.986);
    check(small(Activation::Relu, MlpSolver::Adam), &three, 0.98);
    check(small(Activation::Relu, MlpSolver::Sgd), &three, 0.84);
    check(small(Activation::Tanh, MlpSolver::Adam), &three, 0.93);
    check(Mlp { early_stopping: true, ..small(Activation::Relu, MlpSolver::Adam) }, &numbers, 0.9);
    // Of eight values of `random_state` scikit-learn has 0.59 once, 0.975 once, and above 0.99 else.
    check(Mlp { hidden_layer_sizes: vec![16, 8], ..small(Activation::Relu, MlpSolver::Adam) }, &numbers, 0.97);
}

/// The gradient of every weight is what a small change of it makes of the loss.
#[test]
fn gradients_are_differences() {
    let (x, target) = (blocks(3, &dense(60, 3)), labels());
    let (two, three) = (classes(&[0.7]), classes(&[0.0, 1.0]));
    let codes = |target: &Target| if let Target::Class { codes, .. } = target { codes.clone() } else { panic!() };
    let (two, three) = (codes(&two), codes(&three));
    for (labels, outputs) in [(Labels::Numbers(&target), 1), (Labels::Classes(&two), 1), (Labels::Classes(&three), 3)] {
        for activation in [Activation::Relu, Activation::Tanh] {
            let network = Network { sizes: vec![3, 4, 3, outputs], activation, labels, alpha: 0.3 };
            let numbers = network.first_weights(7);
            let at = |numbers: &[f64]| {
                let (mut gradient, mut scratch) = (vec![0.0; numbers.len()], network.scratch());
                let loss: f64 = (0..20)
                    .map(|row| {
                        let weight = 1.0 + (row % 3) as f64;
                        network.learn(numbers, (row, x.row(row).unwrap(), weight), &mut scratch, &mut gradient)
                    })
                    .sum();
                (network.penalise(numbers, 39.0, loss, &mut gradient), gradient)
            };
            let (_, gradient) = at(&numbers);
            for place in 0..numbers.len() {
                let moved = |by: f64| {
                    let mut moved = numbers.clone();
                    moved[place] += by;
                    at(&moved).0
                };
                let difference = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                assert!((difference - gradient[place]).abs() < 1e-6, "{place}: {difference} {}", gradient[place]);
            }
        }
    }
}

#[test]
fn weights_count() {
    let x = blocks(3, &dense(60, 3));
    let target = classes(&[0.7]);
    let estimator = || Mlp { hidden_layer_sizes: vec![8], batch_size: Some(60), ..Mlp::default() };
    let run = |estimator: Mlp, weights: Option<&[f64]>| fit(estimator, &x, &target, weights).unwrap();
    let twice: Vec<f64> = vec![1.0; 60];
    assert_eq!(run(estimator(), None).model, run(estimator(), Some(&twice)).model);
    assert_ne!(run(estimator(), None).model, run(estimator(), Some(&weights())).model);
    let balanced = Mlp { class_weight: ClassWeight::Balanced, ..estimator() };
    assert_ne!(run(estimator(), None).model, run(balanced, None).model);
    assert_ne!(run(estimator(), None).model, run(Mlp { random_state: 1, ..estimator() }, None).model);
}

#[test]
fn one_thread_or_two() {
    let (x, y) = curved();
    let target = Target::Value(y);
    for early_stopping in [false, true] {
        let estimator = Mlp { max_iter: 5, early_stopping, ..Mlp::default() };
        let run = |threads| on_threads(threads, || fit(estimator.clone(), &x, &target, None).unwrap());
        assert_eq!(run(1), run(2));
    }
}

#[test]
fn ends_are_said() {
    let (x, y) = curved();
    let fitted = fit(Mlp { max_iter: 3, ..Mlp::default() }, &x, &Target::Value(y.clone()), None).unwrap();
    assert_eq!(fitted.warnings, ["the fit ended after 3 epochs, while it still got better"]);
    let end = fitted.convergence.unwrap();
    assert_eq!((end.converged, end.iterations, end.start), (false, 3, Start::Random));
    let quick = Mlp { tol: 1e3, n_iter_no_change: 2, ..Mlp::default() };
    let end = fit(quick, &x, &Target::Value(y), None).unwrap().convergence.unwrap();
    assert_eq!((end.converged, end.iterations), (true, 4));
}

#[test]
fn bad_input_is_refused() {
    let check = |estimator: Mlp, x: &Features, message: &str| {
        assert_eq!(fit(estimator, x, &Target::Value(labels()), None).unwrap_err().to_string(), message);
    };
    let (x, mlp) = (blocks(3, &dense(60, 3)), || Mlp { max_iter: 2, ..Mlp::default() });
    check(Mlp { hidden_layer_sizes: vec![4, 0], ..mlp() }, &x, "`hidden_layer_sizes` must be at least 1, got `0`");
    check(Mlp { max_iter: 0, ..mlp() }, &x, "`max_iter` must be at least 1, got `0`");
    check(Mlp { batch_size: Some(0), ..mlp() }, &x, "`batch_size` must be at least 1, got `0`");
    check(Mlp { n_iter_no_change: 0, ..mlp() }, &x, "`n_iter_no_change` must be at least 1, got `0`");
    check(Mlp { alpha: -1.0, ..mlp() }, &x, "`alpha` must be 0 or more, got `-1`");
    check(Mlp { learning_rate_init: 0.0, ..mlp() }, &x, "`learning_rate_init` must be above 0, got `0`");
    check(Mlp { momentum: 1.0, ..mlp() }, &x, "`momentum` must be from 0 to below 1, got `1`");
    check(Mlp { tol: f64::NAN, ..mlp() }, &x, "`tol` must be 0 or more, got `NaN`");
    check(Mlp { validation_fraction: 1.0, ..mlp() }, &x, "`validation_fraction` must be above 0 and below 1, got `1`");
    let wide = format!("a model of `mlp` would hold {} numbers for these rows; at most 67108864", usize::MAX);
    check(Mlp { hidden_layer_sizes: vec![u32::MAX; 3], ..mlp() }, &x, &wide);
    let huge = blocks(3, &dense(60, 3).iter().map(|x| x * 1e200).collect::<Vec<_>>());
    check(mlp(), &huge, "the fit ended in numbers that are not finite: the features differ too much in size");
    let far = Features::from_dense(3, &[1e300, -1e300, 1e300]).unwrap();
    let fitted = fit(mlp(), &x, &classes(&[0.0, 1.0]), None).unwrap();
    let Prediction::Class { probabilities: Some(shares), .. } = fitted.model.predict(&far).unwrap() else { panic!() };
    assert!(shares.iter().flatten().all(|share| (0.0..=1.0).contains(share)), "{shares:?}");
}
