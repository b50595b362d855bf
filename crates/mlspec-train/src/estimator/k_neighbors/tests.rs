//! Against scikit-learn 1.9.1 (`KNeighborsClassifier` and `KNeighborsRegressor(algorithm="brute", …)`).

use super::*;
use crate::testing::{assert_close, blocks, classes, dense, fit, labels, on_threads, weights};
use mlspec_model::{Features, Prediction};

/// Three rows near three of the fitted ones.
fn queries() -> Features {
    Features::from_dense(3, &dense(3, 3).iter().map(|x| x * 0.9 + 0.05).collect::<Vec<_>>()).unwrap()
}

#[test]
fn as_scikit_learn() {
    let check = |estimator: KNeighbors, shares: [[f64; 3]; 3], numbers: [f64; 3]| {
        let x = blocks(3, &dense(60, 3));
        let fitted = fit(estimator.clone(), &x, &classes(&[0.0, 1.0]), None).unwrap();
        let Prediction::Class { probabilities: Some(found), codes, .. } = fitted.model.predict(&queries()).unwrap()
        else {
            panic!()
        };
        for (row, shares) in shares.iter().enumerate() {
            assert_close(&found.iter().map(|class| class[row]).collect::<Vec<_>>(), shares, 1e-10);
        }
        assert_eq!(codes, [0, 1, 0]);
        let fitted = fit(estimator, &x, &Target::Value(labels()), None).unwrap();
        let Prediction::Value(found) = fitted.model.predict(&queries()).unwrap() else { panic!() };
        assert_close(&found, &numbers, 1e-10);
    };
    let (plain, only) = (KNeighbors::default, [1.0, 0.0, 0.0]);
    check(plain(), [only, [0.2, 0.6, 0.2], only], [-1.6650588235294115, 0.5723529411764706, -1.2440000000000002]);
    check(
        KNeighbors { weights: NeighborWeights::Distance, ..plain() },
        [only, [0.1526088264550595, 0.7426947536580879, 0.10469641988685262], only],
        [-1.893337032812609, 0.5607483905173434, -1.2642233061395027],
    );
    check(
        KNeighbors { n_neighbors: 3, metric: Metric::Manhattan, ..plain() },
        [only, [1.0 / 3.0, 2.0 / 3.0, 0.0], only],
        [-1.8350980392156861, 0.26372549019607844, -1.1705882352941177],
    );
    check(
        KNeighbors { n_neighbors: 7, metric: Metric::Cosine, weights: NeighborWeights::Distance },
        [
            [0.9899076140301897, 0.010092385969810283, 0.0],
            [0.026288575236689787, 0.8761717960480846, 0.0975396287152257],
            only,
        ],
        [-2.3064478265949995, 0.8945420911158751, -1.3030406403217218],
    );
}

/// A row that is no longer there, or weighs nothing, is nowhere in the model.
#[test]
fn rows_that_are_gone_are_gone() {
    let value = 0.123_456_789;
    let mut rows = dense(60, 3);
    rows[30] = value;
    let text = |rows: &[f64], weights: Option<&[f64]>| {
        let y = Target::Value(labels()[..rows.len() / 3].to_vec());
        let model = fit(KNeighbors::default(), &blocks(3, rows), &y, weights).unwrap().model;
        let Predictor::KNeighbors(model) = model.predictor() else { panic!() };
        let all = model.rows.to_dense(1 << 20).unwrap();
        (all.contains(&value), serde_json::to_string(&model).unwrap())
    };
    let (held, with) = text(&rows, None);
    let weights: Vec<f64> = (0..60).map(|row| f64::from(u8::from(row != 10))).collect();
    let (weightless, without) = text(&rows, Some(&weights));
    let (erased, _) = text(&[&rows[..30], &rows[33..]].concat(), None);
    assert!(held && !weightless && !erased && with != without);
}

#[test]
fn one_thread_or_two() {
    let x = blocks(3, &dense(60, 3));
    let run = |threads| {
        on_threads(threads, || {
            let fitted = fit(KNeighbors::default(), &x, &classes(&[0.7]), Some(&weights())).unwrap();
            (fitted.model.predict(&queries()).unwrap(), fitted)
        })
    };
    assert_eq!(run(1), run(2));
}

#[test]
fn bad_input_is_refused() {
    let check = |n_neighbors: u32, x: &Features, y: &Target, weights: Option<&[f64]>, message: &str| {
        let error = fit(KNeighbors { n_neighbors, ..KNeighbors::default() }, x, y, weights).unwrap_err().to_string();
        assert_eq!(error, message);
    };
    let (x, y) = (blocks(3, &dense(60, 3)), Target::Value(labels()));
    check(0, &x, &y, None, "`n_neighbors` must be at least 1, got `0`");
    check(61, &x, &y, None, "`n_neighbors` is 61, and there are 60 rows");
    let light: Vec<f64> = (0..60).map(|row| f64::from(u8::from(row < 3))).collect();
    check(4, &x, &y, Some(&light), "`n_neighbors` is 4, and there are 3 rows");
    let one = Target::Class { codes: vec![0; 60], classes: vec!["a".into()], positive: None };
    check(5, &x, &one, None, "all 60 rows have the same class; a classifier needs two");
}
