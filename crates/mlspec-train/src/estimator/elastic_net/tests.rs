//! Against scikit-learn 1.9.1 (`ElasticNet(tol=1e-15, max_iter=1000000, …).fit(X, y, sample_weight)`) and the conditions of the
//! optimum.

use super::*;
use crate::testing::{assert_close, blocks, dense, fit, labels, on_threads, weights};
use mlspec_model::{Features, Target};

fn linear(fitted: &Fitted) -> &Linear {
    let Predictor::Linear(linear) = fitted.model.predictor() else { panic!() };
    linear
}

fn net(alpha: f64, l1_ratio: f64) -> ElasticNet {
    ElasticNet { alpha, l1_ratio, ..ElasticNet::default() }
}

#[test]
fn as_scikit_learn() {
    let check = |estimator: ElasticNet, weights: Option<&[f64]>, expected: &[f64], intercept: f64| {
        let fitted = fit(estimator, &blocks(3, &dense(60, 3)), &Target::Value(labels()), weights).unwrap();
        assert_close(&linear(&fitted).coefficients, expected, 1e-11);
        assert_close(&[linear(&fitted).intercept], &[intercept], 1e-11);
        let end = fitted.convergence.unwrap();
        assert!(end.converged && end.duality_gap.unwrap() < 1e-14 && fitted.warnings.is_empty(), "{end:?}");
    };
    let w = weights();
    check(net(0.1, 0.5), None, &[1.6161739717778223, -0.7529571408721873, 0.2736831580688503], 0.4356400617788462);
    check(net(0.05, 0.9), Some(&w), &[1.8171327308064718, -0.890755949773961, 0.34903041398442014], 0.47192837624563);
    check(net(0.1, 1.0), None, &[1.7282039567141039, -0.7113675802002325, 0.14774301012435612], 0.4392054849773171);
    check(net(0.5, 0.7), None, &[0.6930784209264521, 0.0, 0.0], 0.3590136331582044);
    let through_zero = ElasticNet { fit_intercept: false, ..net(0.1, 0.5) };
    check(through_zero, Some(&w), &[1.5040733077080763, -0.824440040553762, 0.28600391248312057], 0.0);
    // So large a penalty leaves the mean.
    check(net(100.0, 0.5), None, &[0.0; 3], labels().iter().sum::<f64>() / 60.0);
}

/// Without an absolute penalty it is ridge, without any it is least squares.
#[test]
fn without_an_absolute_penalty() {
    let (x, y) = (blocks(3, &dense(60, 3)), Target::Value(labels()));
    for (alpha, l1_ratio, ridge) in [(0.5, 0.0, 30.0), (0.0, 0.5, 0.0), (0.0, 0.0, 0.0)] {
        let mine = fit(net(alpha, l1_ratio), &x, &y, None).unwrap();
        let theirs = fit(crate::Ridge { alpha: ridge, ..crate::Ridge::default() }, &x, &y, None).unwrap();
        assert_close(&linear(&mine).coefficients, &linear(&theirs).coefficients, 1e-12);
        assert_close(&[linear(&mine).intercept], &[linear(&theirs).intercept], 1e-12);
        assert!(mine.convergence.unwrap().converged);
    }
}

/// Where there are many features, the slope of each that is zero is no larger than the penalty, that of others as large.
#[test]
fn many_features_meet_the_conditions_of_the_optimum() {
    let (rows, columns) = (80, 1200);
    let values: Vec<f64> = dense(rows, columns).iter().map(|x| if *x > 0.4 { x + 1.0 } else { 0.0 }).collect();
    let y: Vec<f64> = values.chunks(columns).map(|x| 3.0 * x[5] - 2.0 * x[700] + x[33]).collect();
    let x = blocks(columns, &values);
    for (alpha, l1_ratio) in [(0.05, 1.0), (0.1, 0.5)] {
        let fitted = fit(net(alpha, l1_ratio), &x, &Target::Value(y.clone()), None).unwrap();
        let model = linear(&fitted);
        assert!(fitted.convergence.as_ref().unwrap().converged, "{:?}", fitted.warnings);
        let rows_of = || values.chunks(columns).zip(&y);
        let residual = |x: &[f64], y: f64| {
            y - model.intercept - x.iter().zip(&model.coefficients).map(|(x, w)| x * w).sum::<f64>()
        };
        assert!(rows_of().map(|(x, y)| residual(x, *y)).sum::<f64>().abs() < 1e-9, "the residuals have no mean");
        let mut kept = 0;
        for (column, w) in model.coefficients.iter().enumerate() {
            let slope = rows_of().map(|(x, y)| x[column] * residual(x, *y)).sum::<f64>() / rows as f64;
            let rest = slope - alpha * (1.0 - l1_ratio) * w;
            match *w == 0.0 {
                true => assert!(rest.abs() <= alpha * l1_ratio + 1e-3, "{column}: {rest}"),
                false => assert!((rest - alpha * l1_ratio * w.signum()).abs() < 1e-9, "{column}: {rest}"),
            }
            kept += usize::from(*w != 0.0);
        }
        assert!((3..200).contains(&kept), "{kept}");
    }
}

#[test]
fn hard_features() {
    let check = |estimator: ElasticNet, x: &Features, y: &[f64], converged: bool| {
        let fitted = fit(estimator, x, &Target::Value(y.to_vec()), None).unwrap();
        let end = fitted.convergence.as_ref().unwrap();
        assert_eq!((end.converged, fitted.warnings.is_empty()), (converged, converged), "{end:?}");
        linear(&fitted).clone()
    };
    let (rows, y) = (dense(60, 3), labels());
    // Copies share what one has, or one has it all; constants have nothing.
    let copies = blocks(5, &rows.chunks(3).flat_map(|x| [x[0], x[1], x[2], x[0], 7.0]).collect::<Vec<_>>());
    let one = check(net(0.1, 0.5), &blocks(3, &rows), &y, true);
    let lasso = check(net(0.1, 1.0), &copies, &y, true);
    assert!((lasso.coefficients[0] + lasso.coefficients[3] - 1.7282039567141039).abs() < 1e-6, "{lasso:?}");
    let shared = check(net(0.1, 0.5), &copies, &y, true);
    assert_close(&[shared.coefficients[0]], &[shared.coefficients[3]], 1e-9);
    assert_eq!((lasso.coefficients[4], shared.coefficients[4]), (0.0, 0.0));
    // A large mean costs no digits but those that the shifted cells lack.
    let shifted = blocks(3, &rows.iter().map(|x| x + 1e6).collect::<Vec<_>>());
    assert_close(&check(net(0.1, 0.5), &shifted, &y, true).coefficients, &one.coefficients, 1e-8);
    assert_eq!(
        check(net(0.1, 0.5), &blocks(3, &rows), &[3.0; 60], true),
        Linear { coefficients: vec![0.0; 3], intercept: 3.0 }
    );
    check(ElasticNet { max_iter: 1, tol: 1e-9, ..net(0.001, 0.5) }, &blocks(3, &rows), &y, false);
}

#[test]
fn one_thread_or_two() {
    let (x, y) = (blocks(700, &dense(60, 700)), Target::Value(labels()));
    let run = |threads| on_threads(threads, || fit(net(0.1, 0.9), &x, &y, Some(&weights())).unwrap());
    assert_eq!(run(1), run(2));
}

#[test]
fn bad_input_is_refused() {
    let check = |estimator: ElasticNet, x: &Features, y: &Target, message: &str| {
        assert_eq!(fit(estimator, x, y, None).unwrap_err().to_string(), message);
    };
    let (x, y) = (blocks(3, &dense(60, 3)), Target::Value(labels()));
    check(net(-1.0, 0.5), &x, &y, "`alpha` must be 0 or more, got `-1`");
    check(net(f64::INFINITY, 0.5), &x, &y, "`alpha` must be 0 or more, got `inf`");
    check(net(1.0, 1.5), &x, &y, "`l1_ratio` must be from 0 to 1, got `1.5`");
    check(net(1.0, f64::NAN), &x, &y, "`l1_ratio` must be from 0 to 1, got `NaN`");
    check(ElasticNet { tol: 0.0, ..net(1.0, 0.5) }, &x, &y, "`tol` must be above 0, got `0`");
    check(ElasticNet { max_iter: 0, ..net(1.0, 0.5) }, &x, &y, "`max_iter` must be at least 1, got `0`");
    let message = "the estimator `elastic_net` predicts numbers, and the label is a class";
    check(net(1.0, 0.5), &x, &crate::testing::classes(&[0.7]), message);
    let huge = blocks(3, &dense(60, 3).iter().map(|x| x * 1e200).collect::<Vec<_>>());
    for l1_ratio in [0.5, 0.0] {
        let message = "the fit ended in numbers that are not finite: the features differ too much in size";
        check(net(1.0, l1_ratio), &huge, &y, message);
    }
    let wide = Features::from_dense(5001, &vec![1.0; 5001]).unwrap();
    let message = "5001 features are too many for `elastic_net`: at most 5000";
    check(net(0.0, 0.5), &wide, &Target::Value(vec![1.0]), message);
}
