//! Against scikit-learn 1.9.1 (figures below), linfa, and closed forms.

use super::*;
use crate::testing::{assert_close, blocks, dense, fit, labels, on_threads, weights};
use mlspec_model::{Features, Target};

#[track_caller]
fn check(
    estimator: impl Into<super::super::Estimator>,
    x: &Features,
    weights: Option<&[f64]>,
    expected: &[f64],
    intercept: f64,
) {
    let fitted = fit(estimator, x, &Target::Value(labels()), weights).unwrap();
    let Predictor::Linear(linear) = fitted.model.predictor() else { panic!() };
    assert_close(&linear.coefficients, expected, 1e-12);
    assert_close(&[linear.intercept], &[intercept], 1e-12);
}

#[test]
fn as_scikit_learn() {
    let x = blocks(3, &dense(60, 3));
    let ols = LinearRegression::default;
    let ridge = || Ridge { alpha: 10.0, ..Ridge::default() };
    let w = weights();
    check(ols(), &x, None, &[1.9906535879188307, -0.9980330299426542, 0.4257145716222894], 0.46937029752213977);
    check(ols(), &x, Some(&w), &[1.9712194201763924, -1.0353351906972037, 0.4761714627548028], 0.4805748326889991);
    let through_zero = LinearRegression { fit_intercept: false, ..LinearRegression::default() };
    check(through_zero, &x, None, &[1.8803471693623057, -1.0298214705330695, 0.3662371362926081], 0.0);
    check(ridge(), &x, None, &[1.3310491292213151, -0.685898719889334, 0.3331715957068952], 0.41660350907204785);
    check(ridge(), &x, Some(&w), &[1.556573771674271, -0.8423361676257961, 0.4201875566136703], 0.46090463116352864);
}

/// Features that depend on others: `x₀ + x₁`, a constant, `2x₂`.
fn dependent() -> Features {
    let rows = dense(60, 3);
    let row = |x: &[f64]| [x[0], x[1], x[2], x[0] + x[1], 7.0, 2.0 * x[2]];
    blocks(6, &rows.chunks(3).flat_map(row).collect::<Vec<_>>())
}

#[test]
fn dependent_features_share_the_least_coefficients() {
    let expected =
        [1.6597800685934387, -1.3289065492680456, 0.0851429143244577, 0.33087351932539133, 0.0, 0.17028582864891534];
    check(LinearRegression::default(), &dependent(), None, &expected, 0.46937029752213966);
    let fitted = fit(LinearRegression::default(), &dependent(), &Target::Value(labels()), None).unwrap();
    assert!(fitted.warnings[0].starts_with("3 of 6 features depend linearly"), "{:?}", fitted.warnings);
    assert!(fit(Ridge::default(), &dependent(), &Target::Value(labels()), None).unwrap().warnings.is_empty());
}

#[test]
fn a_large_mean_costs_no_digits() {
    let shifted: Vec<f64> = dense(60, 3).iter().map(|x| x + 1e7).collect();
    let fitted = fit(LinearRegression::default(), &blocks(3, &shifted), &Target::Value(labels()), None).unwrap();
    let Predictor::Linear(linear) = fitted.model.predictor() else { panic!() };
    // The shifted cells themselves are off by 1e-9.
    assert_close(&linear.coefficients, &[1.9906535879188307, -0.9980330299426542, 0.4257145716222894], 1e-8);
}

/// A shift of one feature by 10⁹ is taken up by the intercept, wherever rows and lanes begin.
#[test]
fn the_first_row_plays_no_part() {
    let rows = dense(60, 3);
    let shifted: Vec<f64> = rows.iter().enumerate().map(|(at, x)| if at % 3 == 1 { x + 1e9 } else { *x }).collect();
    let mut wild = shifted.clone();
    wild[1] = 0.5; // the first row, without the shift, and without weight
    let weights: Vec<f64> = (0..60).map(|row| if row == 0 { 1e-30 } else { 1.0 }).collect();
    for fit_intercept in [true, false] {
        let fitted = |x: &[f64]| {
            let estimator = Ridge { alpha: 0.0, fit_intercept, ..Ridge::default() };
            let fitted = fit(estimator, &blocks(3, x), &Target::Value(labels()), Some(&weights)).unwrap();
            let Predictor::Linear(linear) = fitted.model.predictor().clone() else { panic!() };
            linear.coefficients
        };
        assert_close(&fitted(&wild), &fitted(&shifted), 1e-5);
    }
}

/// Features that are zero everywhere cost nothing and get nothing.
#[test]
fn empty_features_are_left_out() {
    let rows = dense(60, 3);
    let wide: Vec<f64> = rows.chunks(3).flat_map(|x| [0.0, x[0], 0.0, x[1], x[2]]).collect();
    for alpha in [0.0, 10.0] {
        let coefficients = |x: &Features| {
            let fitted = fit(Ridge { alpha, ..Ridge::default() }, x, &Target::Value(labels()), None).unwrap();
            let Predictor::Linear(linear) = fitted.model.predictor().clone() else { panic!() };
            linear.coefficients
        };
        let narrow = coefficients(&blocks(3, &rows));
        assert_eq!(coefficients(&blocks(5, &wide)), [0.0, narrow[0], 0.0, narrow[1], narrow[2]]);
    }
    let nothing = fit(Ridge::default(), &blocks(2, &[0.0; 120]), &Target::Value(labels()), None).unwrap();
    let Predictor::Linear(linear) = nothing.model.predictor() else { panic!() };
    assert_eq!(linear.coefficients, [0.0, 0.0]);
}

/// Sparse and dense lanes count the same.
#[test]
fn zeros_change_nothing_but_the_way() {
    let values: Vec<f64> =
        dense(600, 8).into_iter().enumerate().map(|(at, x)| if at * 7 % 10 < 7 { 0.0 } else { x }).collect();
    let y = Target::Value((0..600).map(|row| ((row * 29) % 17) as f64).collect());
    let fitted = |x: &[f64], width: usize| {
        let fitted = fit(Ridge::default(), &blocks(width, x), &y, None).unwrap();
        let Predictor::Linear(linear) = fitted.model.predictor().clone() else { panic!() };
        linear
    };
    // Eight more features, the same in each row, make the rows dense.
    let dense: Vec<f64> = values.chunks(8).flat_map(|x| [x, &[3.0; 8]].concat()).collect();
    let (sparse, dense) = (fitted(&values, 8), fitted(&dense, 16));
    assert_close(&dense.coefficients[..8], &sparse.coefficients, 1e-11);
    assert_eq!(dense.coefficients[8..], [0.0; 8]);
    assert_close(&[dense.intercept], &[sparse.intercept], 1e-11);
}

#[test]
fn as_linfa() {
    use linfa::traits::Fit;
    let x = ndarray::Array2::from_shape_vec((60, 3), dense(60, 3)).unwrap();
    let data = linfa::Dataset::new(x.clone(), ndarray::Array1::from(labels()));
    let ols = linfa_linear::LinearRegression::new().fit(&data).unwrap();
    check(
        LinearRegression::default(),
        &blocks(3, &dense(60, 3)),
        None,
        ols.params().as_slice().unwrap(),
        ols.intercept(),
    );
    // linfa's elastic net does not centre, and divides the squares by twice the number of rows.
    let y = ndarray::Array1::from(labels());
    let net = linfa_elasticnet::ElasticNet::ridge()
        .penalty(10.0 / 60.0)
        .with_intercept(false)
        .tolerance(1e-14)
        .max_iterations(2_000);
    let net = net.fit(&linfa::Dataset::new(x, y)).unwrap();
    let fitted = fit(
        Ridge { alpha: 10.0, fit_intercept: false, ..Ridge::default() },
        &blocks(3, &dense(60, 3)),
        &Target::Value(labels()),
        None,
    );
    let Predictor::Linear(linear) = fitted.unwrap().model.predictor().clone() else { panic!() };
    assert_close(&linear.coefficients, net.hyperplane().as_slice().unwrap(), 1e-6);
}

#[test]
fn one_thread_or_two() {
    let x = dependent();
    let target = Target::Value(labels());
    let run =
        |threads| on_threads(threads, || fit(LinearRegression::default(), &x, &target, Some(&weights())).unwrap());
    assert_eq!(run(1), run(2));
}

#[test]
fn bad_input_is_refused() {
    let x = blocks(3, &dense(60, 3));
    let target = Target::Value(labels());
    let cases: [(f64, bool); 3] = [(-1.0, false), (f64::NAN, false), (0.0, true)];
    for (alpha, good) in cases {
        assert_eq!(fit(Ridge { alpha, ..Ridge::default() }, &x, &target, None).is_ok(), good, "{alpha}");
    }
    let class = crate::testing::classes(&[0.7]);
    let error = fit(LinearRegression::default(), &x, &class, None).unwrap_err().to_string();
    assert_eq!(error, "the estimator `linear_regression` predicts numbers, and the label is a class");
    let wide = Features::from_dense(5001, &vec![1.0; 5001]).unwrap();
    let error = fit(Ridge::default(), &wide, &Target::Value(vec![1.0]), None).unwrap_err();
    assert!(matches!(error, TrainError::TooManyFeatures { features: 5001, .. }), "{error}");
    let huge = Features::from_dense(1, &[1e300, -1e300]).unwrap();
    let error = fit(LinearRegression::default(), &huge, &Target::Value(vec![0.0, 1.0]), None);
    assert!(matches!(error, Err(TrainError::Overflow)), "{error:?}");
}

#[test]
fn one_row_is_met_exactly() {
    let x = Features::from_dense(2, &[3.0, 4.0]).unwrap();
    let fitted = fit(LinearRegression::default(), &x, &Target::Value(vec![5.0]), None).unwrap();
    let Predictor::Linear(linear) = fitted.model.predictor() else { panic!() };
    assert_eq!((&*linear.coefficients, linear.intercept), (&[0.0, 0.0][..], 5.0));
}

/// The solver of linfa finds what ours does, and refuses what it cannot.
#[test]
fn by_linfa_too() {
    let (x, y) = (blocks(3, &dense(60, 3)), Target::Value(labels()));
    let linear = |solver, alpha: f64, fit_intercept, weights| {
        let estimator: crate::Estimator = match alpha {
            0.0 => LinearRegression { fit_intercept, solver }.into(),
            alpha => Ridge { alpha, fit_intercept, solver }.into(),
        };
        let guarantee = estimator.clone().check().unwrap().guarantee();
        let fitted = fit(estimator, &x, &y, weights).unwrap();
        let Predictor::Linear(linear) = fitted.model.predictor().clone() else { panic!() };
        (linear, guarantee)
    };
    let w = weights();
    for (alpha, fit_intercept, weights) in
        [(0.0, true, None), (0.0, false, None), (0.0, true, Some(&*w)), (10.0, true, Some(&*w)), (10.0, false, None)]
    {
        let (mine, exact) = linear(LeastSquaresSolver::Cholesky, alpha, fit_intercept, weights);
        let (theirs, retrained) = linear(LeastSquaresSolver::Linfa, alpha, fit_intercept, weights);
        assert_close(&theirs.coefficients, &mine.coefficients, 1e-11);
        assert_close(&[theirs.intercept], &[mine.intercept], 1e-11);
        assert_eq!((exact, retrained), (Guarantee::Exact, Guarantee::Retrained));
    }
    let linfa = LinearRegression { solver: LeastSquaresSolver::Linfa, ..LinearRegression::default() };
    let wide = Features::new(1 << 24, x.blocks().to_vec()).unwrap();
    let few = blocks(3, &dense(2, 3));
    let cases = [
        (&dependent(), 60, "the solver `linfa` needs features that are independent, and of 6 only 3 are"),
        (&few, 2, "the solver `linfa` needs features that are independent, and of 3 only 1 are"),
        (&wide, 60, "60 rows of 16777216 features are too many for dense rows: at most 67108864 values"),
    ];
    for (x, rows, message) in cases {
        let y = Target::Value(labels()[..rows].to_vec());
        assert_eq!(fit(linfa.clone(), x, &y, None).unwrap_err().to_string(), message);
    }
    let ridge = Ridge { solver: LeastSquaresSolver::Linfa, ..Ridge::default() };
    assert!(fit(ridge, &dependent(), &y, None).is_ok(), "a penalty makes features independent");
}
