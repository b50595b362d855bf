//! Against scikit-learn 1.9.1 (`KMeans(n_clusters, n_init=…).fit(X, sample_weight)`: `cluster_centers_`, `inertia_`).

use super::*;
use crate::testing::{assert_close, blocks, dense, on_threads};
use mlspec_model::{Features, Prediction};

fn fit(estimator: &KMeans, x: &Features, weights: Option<&[f64]>) -> Result<Fitted, TrainError> {
    crate::Estimator::from(estimator.clone()).check()?.fit(&Sample::unlabelled(x, weights)?)
}

fn centers(fitted: &Fitted) -> Vec<Vec<f64>> {
    let Predictor::KMeans(model) = fitted.model.predictor() else { panic!() };
    let mut centers = model.centers.clone();
    centers.sort_by(|a, b| a[0].total_cmp(&b[0]));
    centers
}

/// Three heaps of a hundred rows each.
fn heaps() -> Vec<f64> {
    let rows = dense(300, 3);
    let heap = |(row, x): (usize, &[f64])| {
        let at = (row % 3) as f64;
        [x[0] + 10.0 * at, x[1] + if row % 3 == 1 { 20.0 } else { 0.0 }, x[2] - 5.0 * at]
    };
    rows.chunks(3).enumerate().flat_map(heap).collect()
}

#[test]
fn as_scikit_learn() {
    let check = |weights: Option<&[f64]>, expected: [[f64; 3]; 3], inertia: f64| {
        let fitted = fit(&KMeans { n_clusters: 3, ..KMeans::default() }, &blocks(3, &heaps()), weights).unwrap();
        assert_close(&centers(&fitted).concat(), &expected.concat(), 1e-12);
        let end = fitted.convergence.unwrap();
        let total = weights.map_or(300.0, |weights| weights.iter().sum());
        assert_close(&[end.objective], &[inertia / total], 1e-9);
        assert!(end.converged && fitted.warnings.is_empty(), "{end:?}");
    };
    check(
        None,
        [[-0.072, 0.0278, -0.0138], [9.9134, 20.0262, -5.0226], [19.9138, 0.0142, -10.0268]],
        283.26096399999994,
    );
    let weights: Vec<f64> = (0..300).map(|row| 1.0 + f64::from(row % 4)).collect();
    check(
        Some(&weights),
        [[-0.07432, -0.00088, -0.0244], [9.8656, 20.012, -5.05976], [19.95832, 0.03072, -9.99384]],
        704.2817247999999,
    );
}

/// Where nothing lies in heaps, the sum of squares is no larger than that of scikit-learn: 73.8, the mean over five values of `random_state`
/// with `n_init=1`; 67.3 with 50.
#[test]
fn as_tight_as_scikit_learn() {
    let x = blocks(3, &dense(300, 3));
    let inertia = |n_init, random_state| {
        let fitted = fit(&KMeans { n_init, random_state, ..KMeans::default() }, &x, None).unwrap();
        300.0 * fitted.convergence.unwrap().objective
    };
    let one: Vec<f64> = (0..5).map(|state| inertia(1, state)).collect();
    assert!(one.iter().sum::<f64>() / 5.0 < 73.9, "{one:?}");
    let (several, first) = (inertia(20, 0), inertia(1, 0));
    assert!(several <= first && several < 70.0, "{several} {first}");
}

#[test]
fn rows_belong_to_the_nearest_centre() {
    let x = blocks(3, &heaps());
    let fitted = fit(&KMeans { n_clusters: 3, ..KMeans::default() }, &x, None).unwrap();
    let Prediction::Cluster { codes, distances, clusters: 3 } = fitted.model.predict(&x).unwrap() else { panic!() };
    let Predictor::KMeans(model) = fitted.model.predictor() else { panic!() };
    for (row, values) in heaps().chunks(3).enumerate() {
        let center = &model.centers[codes[row] as usize];
        let apart = values.iter().zip(center).map(|(x, c)| (x - c).powi(2)).sum::<f64>().sqrt();
        assert!((apart - distances[row]).abs() < 1e-12 && apart < 2.0);
        assert_eq!(codes[row], codes[row % 3], "the heaps are the clusters");
    }
}

#[test]
fn hard_rows() {
    let check = |estimator: &KMeans, values: &[f64], weights: Option<&[f64]>, message: &str| {
        let found = fit(estimator, &blocks(3, values), weights).map(|fitted| fitted.warnings.join("; "));
        assert_eq!(found.unwrap_or_else(|error| error.to_string()), message);
    };
    let few = |n_clusters| KMeans { n_clusters, ..KMeans::default() };
    check(&few(8), &[4.0; 60], None, "only 1 of 8 clusters have rows: there are not more different ones");
    check(&few(3), &[1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0], None, "");
    check(&few(4), &dense(3, 3), None, "`n_clusters` is 4, and there are 3 rows");
    check(&few(2), &dense(3, 3), Some(&[0.0, 1.0, 0.0]), "`n_clusters` is 2, and there are 1 rows");
    check(&few(0), &dense(3, 3), None, "`n_clusters` must be at least 1, got `0`");
    check(&KMeans { n_init: 0, ..few(2) }, &dense(3, 3), None, "`n_init` must be at least 1, got `0`");
    check(&KMeans { max_iter: 0, ..few(2) }, &dense(3, 3), None, "`max_iter` must be at least 1, got `0`");
    check(&KMeans { tol: -1.0, ..few(2) }, &dense(3, 3), None, "`tol` must be 0 or more, got `-1`");
    let ended = "the fit ended after 1 iterations, while centres still moved";
    check(&KMeans { max_iter: 1, ..few(8) }, &dense(300, 3), None, ended);
    let huge: Vec<f64> = dense(60, 3).iter().map(|x| x * 1e200).collect();
    check(&few(3), &huge, None, "the fit ended in numbers that are not finite: the features differ too much in size");
}

/// A large mean costs no digits, and zeros are where they are.
#[test]
fn large_means_and_zeros() {
    let three = KMeans { n_clusters: 3, ..KMeans::default() };
    let shifted: Vec<f64> = heaps().iter().map(|x| x + 1e7).collect();
    let (plain, shifted) = (fit(&three, &blocks(3, &heaps()), None), fit(&three, &blocks(3, &shifted), None));
    let back: Vec<f64> = centers(&shifted.unwrap()).concat().iter().map(|x| x - 1e7).collect();
    assert_close(&back, &centers(&plain.unwrap()).concat(), 1e-6);
    let sparse: Vec<f64> =
        (0..90).flat_map(|row| (0..9).map(move |at| f64::from(u8::from(at == row % 9)) * 3.0)).collect();
    let fitted = fit(&KMeans { n_clusters: 9, ..KMeans::default() }, &blocks(9, &sparse), None).unwrap();
    assert!(fitted.convergence.as_ref().unwrap().objective < 1e-12);
}

#[test]
fn one_thread_or_two() {
    let x = blocks(3, &dense(300, 3));
    let run = |threads| on_threads(threads, || fit(&KMeans { n_init: 2, ..KMeans::default() }, &x, None).unwrap());
    assert_eq!(run(1), run(2));
}
