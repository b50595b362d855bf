//! Against scikit-learn 1.9.1 (figures below, tolerance 1e-13) and linfa.

use super::*;
use crate::testing::{assert_close, blocks, classes, dense, fit, on_threads, weights};
use mlspec_model::{Features, Prediction, Target};

fn tight() -> LogisticRegression {
    LogisticRegression { tol: 1e-12, ..LogisticRegression::default() }
}

#[track_caller]
fn check(estimator: LogisticRegression, weights: Option<&[f64]>, expected: &[f64], intercept: f64) {
    let fitted = fit(estimator, &blocks(3, &dense(60, 3)), &classes(&[0.7]), weights).unwrap();
    let Predictor::Logistic(logistic) = fitted.model.predictor() else { panic!() };
    assert_close(&logistic.coefficients[0], expected, 1e-9);
    assert_close(&logistic.intercepts, &[intercept], 1e-9);
    let convergence = fitted.convergence.unwrap();
    assert!(convergence.converged && convergence.iterations < 12, "{convergence:?}");
}

#[test]
fn two_classes_as_scikit_learn() {
    let w = weights();
    check(tight(), None, &[3.0692353542586126, -0.8889092907523142, 1.0219726773531543], -0.4054429464736669);
    let weak = LogisticRegression { c: 0.1, ..tight() };
    check(weak, Some(&w), &[1.3370864558413047, -0.487800028576223, 0.49341725583107565], -0.39682633963365377);
    let balanced = LogisticRegression { class_weight: ClassWeight::Balanced, ..tight() };
    check(balanced, None, &[3.102590179442998, -0.8926479900808105, 1.029498980167943], -0.1152211761865594);
    let through_zero = LogisticRegression { fit_intercept: false, ..tight() };
    check(through_zero, None, &[3.0617041150797584, -0.818990544920916, 1.062292823022282], 0.0);
}

#[test]
fn three_classes_as_scikit_learn() {
    let x = blocks(3, &dense(60, 3));
    let fitted = fit(tight(), &x, &classes(&[0.0, 1.0]), None).unwrap();
    let Predictor::Logistic(logistic) = fitted.model.predictor() else { panic!() };
    let expected = [
        [-2.3509613074674918, 1.238064482268541, -0.7084229401481996],
        [-0.03583305959192546, -0.27799369146438424, 0.13168944937753546],
        [2.386794367059417, -0.9600707908041565, 0.5767334907706646],
    ];
    // scikit-learn's own solvers agree to 1e-8.
    assert_close(&logistic.coefficients.concat(), &expected.concat(), 1e-7);
    assert_close(&logistic.intercepts, &[-0.06899487171004368, 0.23931085186040152, -0.17031598015035715], 1e-7);
    let Prediction::Class { probabilities: Some(p), .. } = fitted.model.predict(&x).unwrap() else { panic!() };
    assert_close(&[p[0][0], p[1][0], p[2][0]], &[0.9361790550713721, 0.061110653758246355, 0.002710291170381778], 1e-7);
}

#[test]
fn as_linfa() {
    use linfa::traits::Fit;
    let x = ndarray::Array2::from_shape_vec((60, 3), dense(60, 3)).unwrap();
    let Target::Class { codes, .. } = classes(&[0.7]) else { panic!() };
    let names = codes.iter().map(|&code| if code == 1 { "yes" } else { "no" });
    let data = linfa::Dataset::new(x, ndarray::Array1::from(names.collect::<Vec<_>>()));
    let model = linfa_logistic::LogisticRegression::default().alpha(1.0).max_iterations(1000).gradient_tolerance(1e-9);
    let model = model.fit(&data).unwrap();
    let sign = if model.labels().pos.class == "yes" { 1.0 } else { -1.0 };
    let params: Vec<f64> = model.params().iter().map(|value| sign * value).collect();
    let fitted = fit(tight(), &blocks(3, &dense(60, 3)), &classes(&[0.7]), None).unwrap();
    let Predictor::Logistic(logistic) = fitted.model.predictor() else { panic!() };
    assert_close(&logistic.coefficients[0], &params, 1e-5);
    assert_close(&logistic.intercepts, &[sign * model.intercept()], 1e-5);
}

#[test]
fn features_of_very_different_size() {
    let scale = [1e6, 1.0, 1e-6];
    let values: Vec<f64> = dense(60, 3).iter().enumerate().map(|(at, x)| x * scale[at % 3]).collect();
    let estimator = LogisticRegression { c: 1e9, tol: 1e-7, ..tight() };
    let fitted = fit(estimator, &blocks(3, &values), &classes(&[0.7]), None).unwrap();
    assert!(fitted.convergence.unwrap().converged);
}

#[test]
fn separable_rows_converge_too() {
    let x = Features::from_dense(1, &[-2.0, -1.0, 1.0, 2.0]).unwrap();
    let target = Target::Class { codes: vec![0, 0, 1, 1], classes: vec!["a".into(), "b".into()], positive: None };
    let fitted = fit(LogisticRegression { c: 1e6, ..tight() }, &x, &target, None).unwrap();
    assert!(fitted.convergence.unwrap().converged);
}

#[test]
fn too_few_steps_are_said() {
    let fitted =
        fit(LogisticRegression { max_iter: 1, ..tight() }, &blocks(3, &dense(60, 3)), &classes(&[0.7]), None).unwrap();
    let convergence = fitted.convergence.unwrap();
    assert!(!convergence.converged && convergence.iterations == 1 && convergence.gradient_norm.unwrap() > 1e-12);
    assert!(fitted.warnings[0].contains("above the tolerance 1.0e-12"), "{:?}", fitted.warnings);
}

#[test]
fn one_thread_or_two() {
    let x = blocks(3, &dense(60, 3));
    for bounds in [&[0.7][..], &[0.0, 1.0]] {
        let run = |threads| on_threads(threads, || fit(tight(), &x, &classes(bounds), Some(&weights())).unwrap());
        assert_eq!(run(1), run(2));
    }
}

/// Rows of 40 features, most of them rare: the least curved directions that an optimum can have.
fn sparse(rows: usize, from: usize) -> (Features, Vec<u32>) {
    let mut block = mlspec_model::Block::default();
    let mut codes = Vec::new();
    for row in from..from + rows {
        let draw = |purpose: usize| (row * 2_654_435_761 + purpose * 40_503 + row * row * 97) >> 7;
        let mut columns: Vec<u32> = (0..4).map(|at| ((draw(at) % 40) * (draw(at + 9) % 40) / 40) as u32).collect();
        columns.sort_unstable();
        columns.dedup();
        columns.iter().for_each(|&column| block.push(column, 0.5 + (draw(column as usize) % 7) as f64 / 7.0));
        block.end_row();
        let likes = columns.iter().map(|column| (column * 7 % 11) as f64 - 5.0).sum::<f64>();
        codes.push(u32::from(likes + (draw(30) % 12) as f64 > 5.0) + u32::from(likes > 6.0));
    }
    (Features::new(40, vec![block]).unwrap(), codes)
}

#[test]
fn a_warm_start_ends_where_a_fit_from_the_beginning_does() {
    for (classes, c, fit_intercept) in [(2, 10.0, true), (2, 0.01, false), (3, 1.0, true), (3, 1e3, false)] {
        let target = |codes: &[u32]| Target::Class {
            codes: codes.iter().map(|code| (*code).min(classes - 1)).collect(),
            classes: (0..classes).map(|class| class.to_string()).collect(),
            positive: None,
        };
        let trainer = crate::Estimator::from(LogisticRegression { c, fit_intercept, ..LogisticRegression::default() });
        let (trainer, strict) = (trainer.check().unwrap(), LogisticRegression { c, fit_intercept, ..tight() });
        let ((x, codes), (y, now)) = (sparse(3_000, 0), sparse(3_000, 40));
        let before = trainer.fit(&Sample::new(&x, &target(&codes), None).unwrap()).unwrap().model;
        let now = target(&now);
        let sample = Sample::new(&y, &now, None).unwrap();
        let (cold, warm) = (trainer.fit(&sample).unwrap(), trainer.refit(&sample, &before).unwrap());
        let strict = strict.fit(&sample, None).unwrap();
        let predict = |fitted: &Fitted| match fitted.model.predict(&y).unwrap() {
            Prediction::Class { probabilities: Some(shares), .. } => shares.concat(),
            other => panic!("{other:?}"),
        };
        let apart =
            |a: &Fitted, b: &Fitted| predict(a).iter().zip(predict(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        let near = apart(&cold, &warm);
        let (cold_end, warm_end) = (cold.convergence.clone().unwrap(), warm.convergence.clone().unwrap());
        assert!(near <= 5e-7 && apart(&warm, &strict) <= 5e-7, "{near:e}");
        assert!(apart(&strict, &Fitted { model: before, ..warm.clone() }) > 1e-4, "nothing changed");
        assert_eq!((cold_end.start, warm_end.start), (Start::Zero, Start::Previous));
        assert!(warm_end.converged && warm_end.iterations < cold_end.iterations, "{cold_end:?} {warm_end:?}");
        let coefficients = |fitted: &Fitted| match fitted.model.predictor() {
            Predictor::Logistic(logistic) => logistic.coefficients.concat(),
            other => panic!("{other:?}"),
        };
        let distance = |a: &Fitted, b: &Fitted| {
            let squares = coefficients(a).iter().zip(coefficients(b)).map(|(a, b)| (a - b).powi(2)).sum::<f64>();
            squares.sqrt()
        };
        if let Some(bound) = warm_end.distance_bound {
            assert!(distance(&warm, &strict) <= bound + 1e-9, "{} is above {bound}", distance(&warm, &strict));
        }
    }
}

#[test]
fn other_classes_begin_anew() {
    let x = blocks(3, &dense(60, 3));
    let trainer = crate::Estimator::from(tight()).check().unwrap();
    let (two, three) = (classes(&[0.7]), classes(&[0.0, 1.0]));
    let before = trainer.fit(&Sample::new(&x, &two, None).unwrap()).unwrap().model;
    let sample = Sample::new(&x, &three, None).unwrap();
    assert_eq!(trainer.refit(&sample, &before).unwrap(), trainer.fit(&sample).unwrap());
    let narrow = blocks(2, &dense(60, 2));
    let sample = Sample::new(&narrow, &two, None).unwrap();
    assert_eq!(trainer.refit(&sample, &before).unwrap(), trainer.fit(&sample).unwrap());
}

#[test]
fn bad_input_is_refused() {
    let x = blocks(3, &dense(60, 3));
    let settings = [
        (LogisticRegression { c: 0.0, ..tight() }, "`C` must be above 0, got `0`"),
        (LogisticRegression { c: f64::NAN, ..tight() }, "`C` must be above 0, got `NaN`"),
        (LogisticRegression { tol: -1.0, ..tight() }, "`tol` must be above 0, got `-1`"),
        (LogisticRegression { max_iter: 0, ..tight() }, "`max_iter` must be at least 1, got `0`"),
    ];
    for (estimator, message) in settings {
        assert_eq!(fit(estimator, &x, &classes(&[0.7]), None).unwrap_err().to_string(), message);
    }
    let labels = [
        (classes(&[99.0]), "all 60 rows have the same class; a classifier needs two"),
        (classes(&[0.7, 99.0]), "1 of 3 classes have no rows to fit on"),
        (
            Target::Value(vec![0.0; 60]),
            "the estimator `logistic_regression` predicts classes, and the label is a number",
        ),
    ];
    for (target, message) in labels {
        assert_eq!(fit(tight(), &x, &target, None).unwrap_err().to_string(), message);
    }
    let first: Vec<f64> = (0..60).map(|row| f64::from(u8::from(row == 0))).collect();
    let error = fit(tight(), &x, &classes(&[0.7]), Some(&first)).unwrap_err();
    assert!(matches!(error, TrainError::OneClass { rows: 60 }), "{error}");
}

/// The solver of linfa ends where ours does, and refuses what it cannot.
#[test]
fn by_linfa_too() {
    let x = blocks(3, &dense(60, 3));
    let linfa = || LogisticRegression { solver: LogisticSolver::Linfa, tol: 1e-8, max_iter: 1000, ..tight() };
    let predicted = |estimator: LogisticRegression, bounds: &[f64]| {
        let guarantee = estimator.guarantee();
        let fitted = fit(estimator, &x, &classes(bounds), None).unwrap();
        assert!(fitted.warnings.is_empty(), "{:?}", fitted.warnings);
        let Predictor::Logistic(logistic) = fitted.model.predictor().clone() else { panic!() };
        (logistic, guarantee)
    };
    for (bounds, fit_intercept) in [(&[0.7][..], true), (&[-0.7], true), (&[0.7], false), (&[0.0, 1.0], true)] {
        let (mine, converged) = predicted(LogisticRegression { fit_intercept, ..tight() }, bounds);
        let (theirs, retrained) = predicted(LogisticRegression { fit_intercept, ..linfa() }, bounds);
        assert_close(&theirs.coefficients.concat(), &mine.coefficients.concat(), 1e-5);
        assert_close(&theirs.intercepts, &mine.intercepts, 1e-5);
        assert_eq!((converged, retrained), (Guarantee::Converged, Guarantee::Retrained));
    }
    let short = fit(LogisticRegression { max_iter: 1, ..linfa() }, &x, &classes(&[0.7]), None).unwrap();
    assert!(short.warnings[0].contains("above the tolerance 1.0e-8"), "{:?}", short.warnings);
    let trainer = crate::Estimator::from(linfa()).check().unwrap();
    let target = classes(&[0.7]);
    let sample = Sample::new(&x, &target, None).unwrap();
    let fresh = trainer.fit(&sample).unwrap();
    assert_eq!(trainer.refit(&sample, &fresh.model).unwrap(), fresh, "an update fits anew");
    let run = |threads| on_threads(threads, || trainer.fit(&sample).unwrap());
    assert_eq!(run(1), run(2));
    let balanced = LogisticRegression { class_weight: ClassWeight::Balanced, ..linfa() };
    let wide = Features::new(1 << 24, x.blocks().to_vec()).unwrap();
    let cases = [
        (balanced, &x, None, "the solver `linfa` takes no weights"),
        (linfa(), &x, Some(weights()), "the solver `linfa` takes no weights"),
        (linfa(), &wide, None, "60 rows of 16777216 features are too many for dense rows: at most 67108864 values"),
    ];
    for (estimator, x, weights, message) in cases {
        assert_eq!(fit(estimator, x, &target, weights.as_deref()).unwrap_err().to_string(), message);
    }
    let error = fit(linfa(), &x, &classes(&[99.0]), None).unwrap_err();
    assert!(matches!(error, TrainError::OneClass { rows: 60 }), "{error}");
}
