//! Documents, and rows of all sorts against a search by brute force.

use super::search::Rows;
use super::*;
use crate::{Model, Predictor};

/// Numbers from -1 to 1, of which this share (of ten) is 0.
fn numbers(rows: usize, columns: usize, zeros: usize) -> Features {
    let cell = |at: usize| match (at * 7 + at / columns) % 10 {
        rest if rest < zeros => 0.0,
        _ => ((at * 37 + at * at * 13) % 101) as f64 / 50.0 - 1.0,
    };
    Features::from_dense(columns, &(0..rows * columns).map(cell).collect::<Vec<_>>()).unwrap()
}

fn distance(metric: Metric, a: &[f64], b: &[f64]) -> f64 {
    let pairs = || a.iter().zip(b);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    match metric {
        Metric::Euclidean => pairs().map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt(),
        Metric::Manhattan => pairs().map(|(a, b)| (a - b).abs()).sum(),
        Metric::Cosine => match (dot(a, a) * dot(b, b)).sqrt() {
            0.0 => 1.0,
            lengths => 1.0 - dot(a, b) / lengths,
        },
    }
}

#[test]
fn the_nearest_rows_are_found() {
    for (rows, columns, zeros) in [(3, 1, 0), (300, 5, 0), (65, 20, 3), (200, 3, 8), (30, 3_000, 9)] {
        let (known, queries) = (numbers(rows, columns, zeros), numbers(rows + 7, columns, zeros));
        let dense =
            |x: &Features| x.to_dense(1 << 24).unwrap().chunks(columns).map(<[f64]>::to_vec).collect::<Vec<_>>();
        let (all, asked) = (dense(&known), dense(&queries));
        for metric in [Metric::Euclidean, Metric::Manhattan, Metric::Cosine] {
            let search = Search::new(&known, metric);
            assert_eq!(matches!(search.rows, Rows::Sparse(_)), columns > 100, "{columns}");
            for count in [1, 3] {
                let found = search.nearest(&queries, count);
                for (query, found) in asked.iter().zip(&found) {
                    let mut expected: Vec<f64> = all.iter().map(|row| distance(metric, query, row)).collect();
                    for found in found {
                        assert!((found.distance - expected[found.row as usize]).abs() < 1e-9);
                    }
                    expected.sort_unstable_by(f64::total_cmp);
                    let distances: Vec<f64> = found.iter().map(|found| found.distance).collect();
                    let close = distances.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-9);
                    assert!(
                        close && distances.len() == count,
                        "{metric:?} {columns}: {distances:?} {:?}",
                        &expected[..count]
                    );
                }
            }
        }
    }
}

/// Of equally far rows the first ones; also where distances are infinite, or rows are zero.
#[test]
fn ties_go_by_the_order_of_rows() {
    let check = |metric, rows: &[f64], query: &[f64], expected: &[u32]| {
        let search = Search::new(&Features::from_dense(2, rows).unwrap(), metric);
        let found = search.nearest(&Features::from_dense(2, query).unwrap(), expected.len());
        assert_eq!(found[0].iter().map(|found| found.row).collect::<Vec<_>>(), expected, "{metric:?}");
    };
    let square = [1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, -1.0, 1.0, 1.0];
    check(Metric::Euclidean, &square, &[0.0, 0.0], &[0, 1, 2]);
    check(Metric::Manhattan, &square, &[0.5, 0.0], &[0, 2, 4, 1]);
    check(Metric::Cosine, &square, &[3.0, 3.0], &[0, 4, 1, 2]);
    check(Metric::Cosine, &square, &[0.0, 0.0], &[0, 1]);
    check(Metric::Cosine, &[-1.0, -1.0, 0.0, 0.0, 1.0, -1.0, 0.0, 0.0], &[1.0, 1.0], &[1, 2, 3, 0]);
    check(Metric::Euclidean, &[1e300, 0.0, -1e300, 0.0, 0.0, 1e300], &[0.0, -1e300], &[0, 1, 2]);
}

#[test]
fn neighbours_count_alike_or_by_distance() {
    let check = |weights, row_weights: Option<Vec<f64>>, query: f64, expected: f64| {
        let rows = Features::from_dense(1, &[0.0, 1.0, 3.0, 3.0]).unwrap();
        let mut model = KNeighbors::new(3, weights, Metric::Euclidean, &rows, vec![10.0, 20.0, 40.0, 60.0]);
        model.row_weights = row_weights;
        let model = Model::new("k_neighbors", 1, Predictor::KNeighbors(model)).unwrap();
        let Prediction::Value(found) = model.predict(&Features::from_dense(1, &[query]).unwrap()).unwrap() else {
            panic!()
        };
        assert!((found[0] - expected).abs() < 1e-12, "{found:?} {expected}");
    };
    check(NeighborWeights::Uniform, None, 0.5, 70.0 / 3.0);
    check(NeighborWeights::Uniform, Some(vec![1.0, 2.0, 1.0, 9.0]), 0.5, 90.0 / 4.0);
    check(NeighborWeights::Distance, None, 0.5, (20.0 + 40.0 + 40.0 / 2.5) / 4.4);
    check(NeighborWeights::Distance, None, 1.0, 20.0);
    check(NeighborWeights::Distance, Some(vec![1.0, 1.0, 1.0, 3.0]), 3.0, 55.0);
    check(NeighborWeights::Distance, None, 1e308 * 1.7, 40.0 * 1.0 - 50.0 / 3.0);
}

#[test]
fn documents_are_read_back_bit_by_bit() {
    for (rows, columns, zeros) in [(9_000, 2, 0), (30, 300, 9), (5, 4, 3)] {
        let rows = numbers(rows, columns, zeros);
        let labels = (0..rows.rows()).map(|row| (row % 3) as f64).collect();
        let mut model = KNeighbors::new(2, NeighborWeights::Distance, Metric::Manhattan, &rows, labels);
        model.classes = ["a", "b", "ü\"c"].map(str::to_owned).to_vec();
        model.row_weights = (columns == 4).then(|| vec![0.1, 2.0, 3.0, 1e-300, 5.0]);
        let model = Model::new("k_neighbors", columns, Predictor::KNeighbors(model)).unwrap();
        let text = serde_json::to_string(&model).unwrap();
        assert_eq!(Model::from_json(text.as_bytes()).unwrap(), model);
    }
}

#[test]
fn what_is_no_model_is_refused() {
    let rows = Features::from_dense(2, &[1.0, 2.0, 3.0, 4.0]).unwrap();
    let model = KNeighbors::new(1, NeighborWeights::Uniform, Metric::Euclidean, &rows, vec![0.0, 1.0]);
    let classes = || vec!["a".to_owned(), "b".to_owned()];
    let cases: [(&str, KNeighbors); 7] = [
        ("`n_neighbors` is not from 1 to the number of rows", KNeighbors { n_neighbors: 0, ..model.clone() }),
        ("`n_neighbors` is not from 1 to the number of rows", KNeighbors { n_neighbors: 3, ..model.clone() }),
        ("there is not a label for each row", KNeighbors { labels: vec![1.0], ..model.clone() }),
        ("a label is none of the classes", KNeighbors { classes: classes(), labels: vec![0.0, 2.0], ..model.clone() }),
        ("a label is none of the classes", KNeighbors { classes: classes(), labels: vec![0.5, 1.0], ..model.clone() }),
        (
            "there is not a weight above 0 for each row",
            KNeighbors { row_weights: Some(vec![1.0, 0.0]), ..model.clone() },
        ),
        ("a number is not finite", KNeighbors { labels: vec![0.0, f64::NAN], ..model.clone() }),
    ];
    for (message, model) in cases {
        let error = Model::new("k_neighbors", 2, Predictor::KNeighbors(model)).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
    let good = serde_json::to_value(Model::new("k_neighbors", 2, Predictor::KNeighbors(model)).unwrap()).unwrap();
    for (field, text) in
        [("rows", "AgI="), ("rows", "????"), ("labels", "AAAA"), ("rows", "/////////////w=="), ("rows", "")]
    {
        let mut bad = good.clone();
        bad["predictor"][field] = serde_json::json!(text);
        assert!(Model::from_json(&serde_json::to_vec(&bad).unwrap()).is_err(), "{field}: {text}");
    }
}
