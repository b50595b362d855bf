//! Against scikit-learn 1.9.1 (`LinearSVC(dual=False, tol=1e-14, max_iter=1000000, …).fit(X, y, sample_weight)`), which
//! ends up to 6e-8 before the optimum.

use super::*;
use crate::testing::{assert_close, blocks, classes, dense, fit, on_threads, weights};
use mlspec_model::{Features, Prediction, Target};

fn functions(fitted: &Fitted) -> (Vec<f64>, &[f64]) {
    let Predictor::LinearClassifier(model) = fitted.model.predictor() else { panic!() };
    (model.coefficients.concat(), &model.intercepts)
}

#[test]
fn as_scikit_learn() {
    let check =
        |estimator: LinearSvc, bounds: &[f64], weights: Option<&[f64]>, expected: &[f64], intercepts: &[f64]| {
            let fitted = fit(estimator, &blocks(3, &dense(60, 3)), &classes(bounds), weights).unwrap();
            let (coefficients, found) = functions(&fitted);
            assert_close(&coefficients, expected, 1e-7);
            assert_close(found, intercepts, 1e-7);
            let end = fitted.convergence.unwrap();
            assert!(end.converged && end.duality_gap.unwrap() <= end.tolerance, "{end:?}");
            assert!(end.distance_bound.unwrap() < 1e-6 && end.iterations < 40, "{end:?}");
        };
    let (svc, w) = (LinearSvc::default, weights());
    check(svc(), &[0.7], None, &[2.498607721060498, -0.7044530329547392, 0.8010930314447283], &[-0.2659938776906411]);
    check(
        LinearSvc { c: 0.1, ..svc() },
        &[0.7],
        Some(&w),
        &[1.4583127650945393, -0.4734596750330066, 0.4707567814882008],
        &[-0.1945782984968763],
    );
    check(
        LinearSvc { class_weight: ClassWeight::Balanced, ..svc() },
        &[0.7],
        None,
        &[2.4644779425479006, -0.6793922276204355, 0.7749915195280732],
        &[-0.16284527296691362],
    );
    check(
        LinearSvc { fit_intercept: false, ..svc() },
        &[0.7],
        None,
        &[2.3073963198589675, -0.5494652381055933, 0.7841432074415906],
        &[0.0],
    );
    check(
        LinearSvc { c: 5.0, intercept_scaling: 10.0, ..svc() },
        &[0.7],
        None,
        &[3.6827033732348485, -0.9665453509986245, 1.2035508250477454],
        &[-0.3689686201421863],
    );
    check(
        svc(),
        &[0.0, 1.0],
        None,
        &[
            -2.2618942138940548,
            1.3471819645169496,
            -0.6267689866179614,
            0.010861205328884274,
            -0.22781759821210174,
            0.079510574153037,
            2.173005269565364,
            -0.8432498368867682,
            0.4592073786129315,
        ],
        &[-0.5737276087196999, -0.46108836828467265, -0.5925289264438188],
    );
}

/// The step by conjugate gradients, where the Hessian is too large, leads to the same optimum.
#[test]
fn many_features() {
    let (rows, columns) = (120, 1100);
    let x = blocks(columns, &dense(rows, columns));
    let codes: Vec<u32> = dense(rows, columns).chunks(columns).map(|x| u32::from(x[3] + x[900] > 0.2)).collect();
    let target = Target::Class { codes, classes: vec!["a".into(), "b".into()], positive: Some(1) };
    let fitted = fit(LinearSvc { c: 0.01, ..LinearSvc::default() }, &x, &target, None).unwrap();
    let end = fitted.convergence.clone().unwrap();
    assert!(end.converged && end.distance_bound.unwrap() < 1e-6, "{end:?}");
    let (coefficients, intercepts) = functions(&fitted);
    let Target::Class { codes, .. } = &target else { panic!() };
    // At the optimum, the coefficients are what the rows inside the margin add up to.
    let mut sums = vec![0.0; columns];
    for (x, code) in dense(rows, columns).chunks(columns).zip(codes) {
        let sign = if *code == 1 { 1.0 } else { -1.0 };
        let score = intercepts[0] + x.iter().zip(&coefficients).map(|(x, w)| x * w).sum::<f64>();
        let miss = (1.0 - sign * score).max(0.0);
        sums.iter_mut().zip(x).for_each(|(sum, x)| *sum += 2.0 * 0.01 * miss * sign * x);
    }
    assert_close(&coefficients, &sums, 1e-6);
}

#[test]
fn a_warm_start_ends_where_a_fit_from_the_beginning_does() {
    let trainer = crate::Estimator::from(LinearSvc::default()).check().unwrap();
    for bounds in [&[0.7][..], &[0.0, 1.0]] {
        let (x, target) = (blocks(3, &dense(60, 3)), classes(bounds));
        let before = trainer.fit(&Sample::new(&x, &target, Some(&weights())).unwrap()).unwrap();
        let sample = Sample::new(&x, &target, None).unwrap();
        let (cold, warm) = (trainer.fit(&sample).unwrap(), trainer.refit(&sample, &before.model).unwrap());
        assert_close(&functions(&warm).0, &functions(&cold).0, 1e-7);
        assert!((functions(&before).0[0] - functions(&cold).0[0]).abs() > 1e-3, "nothing changed");
        let (cold, warm) = (cold.convergence.unwrap(), warm.convergence.unwrap());
        assert_eq!((cold.start, warm.start), (Start::Zero, Start::Previous));
        assert!(warm.converged && warm.iterations <= cold.iterations, "{cold:?} {warm:?}");
        // Other classes begin anew.
        let other = classes(if bounds.len() == 1 { &[0.0, 1.0] } else { &[0.7] });
        let fitted = trainer.refit(&Sample::new(&x, &other, None).unwrap(), &before.model).unwrap();
        assert_eq!(fitted.convergence.unwrap().start, Start::Zero);
    }
}

#[test]
fn there_are_no_probabilities() {
    let x = blocks(3, &dense(60, 3));
    for bounds in [&[0.7][..], &[0.0, 1.0]] {
        let target = classes(bounds);
        let Target::Class { codes: truth, .. } = &target else { panic!() };
        let fitted = fit(LinearSvc::default(), &x, &target, None).unwrap();
        let Prediction::Class { codes, probabilities: None, .. } = fitted.model.predict(&x).unwrap() else { panic!() };
        let right = codes.iter().zip(truth).filter(|(found, truth)| found == truth).count();
        assert!(right > 45, "{right} of 60");
    }
}

#[test]
fn one_thread_or_two() {
    let x = blocks(3, &dense(60, 3));
    for bounds in [&[0.7][..], &[0.0, 1.0]] {
        let run = |threads| {
            on_threads(threads, || fit(LinearSvc::default(), &x, &classes(bounds), Some(&weights())).unwrap())
        };
        assert_eq!(run(1), run(2));
    }
}

#[test]
fn hard_rows() {
    let check = |estimator: LinearSvc, x: &Features, converged: bool| {
        let fitted = fit(estimator, x, &classes(&[0.7]), None).unwrap();
        let end = fitted.convergence.unwrap();
        assert_eq!((end.converged, fitted.warnings.is_empty()), (converged, converged), "{end:?}");
        end
    };
    let rows = dense(60, 3);
    let svc = LinearSvc::default;
    let scale = [1e4, 1.0, 1e-4];
    let scaled: Vec<f64> = rows.iter().enumerate().map(|(at, x)| x * scale[at % 3]).collect();
    check(LinearSvc { c: 1e4, ..svc() }, &blocks(3, &scaled), true);
    check(LinearSvc { c: 1e-9, ..svc() }, &blocks(3, &rows), true);
    check(LinearSvc { fit_intercept: false, ..svc() }, &blocks(2, &[0.0; 120]), true);
    let copies: Vec<f64> = rows.chunks(3).flat_map(|x| [x[0], x[0], 7.0, 7.0]).collect();
    check(svc(), &blocks(4, &copies), true);
    let end = check(LinearSvc { max_iter: 1, ..svc() }, &blocks(3, &rows), false);
    assert_eq!(end.iterations, 1);
}

#[test]
fn bad_input_is_refused() {
    let check = |estimator: LinearSvc, x: &Features, message: &str| {
        assert_eq!(fit(estimator, x, &classes(&[0.7]), None).unwrap_err().to_string(), message);
    };
    let (x, svc) = (blocks(3, &dense(60, 3)), LinearSvc::default);
    check(LinearSvc { c: 0.0, ..svc() }, &x, "`C` must be above 0, got `0`");
    check(LinearSvc { c: f64::NAN, ..svc() }, &x, "`C` must be above 0, got `NaN`");
    check(LinearSvc { tol: -1.0, ..svc() }, &x, "`tol` must be above 0, got `-1`");
    check(LinearSvc { max_iter: 0, ..svc() }, &x, "`max_iter` must be at least 1, got `0`");
    check(LinearSvc { intercept_scaling: 0.0, ..svc() }, &x, "`intercept_scaling` must be above 0, got `0`");
    let huge = blocks(3, &dense(60, 3).iter().map(|x| x * 1e300).collect::<Vec<_>>());
    check(svc(), &huge, "the fit ended in numbers that are not finite: the features differ too much in size");
    let error = fit(svc(), &x, &Target::Value(crate::testing::labels()), None).unwrap_err().to_string();
    assert_eq!(error, "the estimator `linear_svc` predicts classes, and the label is a number");
}
