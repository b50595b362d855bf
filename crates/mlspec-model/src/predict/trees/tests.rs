//! What trees predict, and documents that are no trees.

use super::*;
use crate::{Model, Predictor};
use serde_json::json;

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

/// `x₁ <= 0.5` (missing left), then on the right: is the category `x₀` 1 or 3 (missing right)?
fn tree(scale: f64) -> Tree {
    let mut tree = Tree::default();
    let child = tree.split(0, 1, 0.5, true);
    let inner = tree.split_categories(child + 1, 0, vec![1, 3], false);
    tree.leaf(child, &[scale]);
    tree.leaf(inner, &[2.0 * scale]);
    tree.leaf(inner + 1, &[3.0 * scale]);
    tree
}

fn known() -> Known {
    Known::from([(0, vec![0, 1, 2, 3])])
}

fn model(trees: Trees) -> Model {
    Model::new("gradient_boosting", 2, Predictor::Trees(trees)).unwrap()
}

fn numbers(link: Link) -> Model {
    model(Trees::for_numbers(link, 0.25, vec![tree(1.0), tree(0.5)], &known()).unwrap())
}

fn values(model: &Model, rows: &[f64]) -> Vec<f64> {
    match model.predict(&Features::from_dense(2, rows).unwrap()).unwrap() {
        Prediction::Value(values) => values,
        Prediction::Class { .. } => panic!("a class"),
        other @ Prediction::Cluster { .. } => panic!("{other:?}"),
    }
}

#[test]
fn rows_go_where_they_should() {
    let nan = f64::NAN;
    let cases = [
        ([0.0, 0.5], 1.0),
        ([1.0, nan], 1.0),
        ([1.0, 0.6], 2.0),
        ([3.0, 0.6], 2.0),
        ([0.0, 0.6], 3.0),
        // A category that the fit did not know, one that is none, and a missing one.
        ([9.0, 0.6], 3.0),
        ([1.5, 0.6], 3.0),
        ([-1.0, 0.6], 3.0),
        ([nan, 0.6], 3.0),
    ];
    for (row, leaf) in cases {
        assert_eq!(values(&numbers(Link::Sum), &row), [0.25 + 1.5 * leaf], "{row:?}");
        assert_eq!(values(&numbers(Link::Exp), &row), [(0.25 + 1.5 * leaf).exp()], "{row:?}");
        assert_eq!(values(&numbers(Link::Mean), &row), [0.75 * leaf], "{row:?}");
    }
    let all: Vec<f64> = cases.iter().flat_map(|case| case.0).collect();
    let each: Vec<f64> = cases.iter().map(|case| 0.25 + 1.5 * case.1).collect();
    assert_eq!(values(&numbers(Link::Sum), &all), each, "one by one or together");
}

/// Trees without missing values or categories go another way, which must lead to the same leaves, in tiles of any length.
#[test]
fn many_rows_go_as_one_does() {
    let mut grown = Tree::default();
    let mut leaves = vec![0];
    for step in 0..30_u32 {
        let at = leaves.remove(step as usize * 7 % leaves.len());
        let child = grown.split(at, step % 5, f64::from(step * 37 % 101) / 50.0 - 1.0, step % 2 == 0);
        leaves.extend([child, child + 1]);
    }
    leaves.iter().enumerate().for_each(|(at, &leaf)| grown.leaf(leaf, &[at as f64]));
    let model =
        Model::new("x", 6, Predictor::Trees(Trees::for_numbers(Link::Sum, 0.0, vec![grown], &Known::new()).unwrap()));
    let model = model.unwrap();
    let rows: Vec<f64> = (0..3000 * 6).map(|at| f64::from(at * at % 103) / 50.0 - 1.0).collect();
    let all = match model.predict(&Features::from_dense(6, &rows).unwrap()).unwrap() {
        Prediction::Value(values) => values,
        _ => panic!(),
    };
    for (row, value) in rows.chunks(6).zip(all) {
        // A missing value anywhere takes the other way for the whole tile.
        let mut two = row.to_vec();
        two.extend([f64::NAN, 0.0, 0.0, 0.0, 0.0, 0.0]);
        let Prediction::Value(slow) = model.predict(&Features::from_dense(6, &two).unwrap()).unwrap() else { panic!() };
        assert_eq!(slow[0], value);
    }
}

#[test]
fn probabilities_follow_the_link() {
    let stump = |left: &[f64], right: &[f64]| {
        let mut tree = Tree::default();
        let child = tree.split(0, 0, 0.0, true);
        tree.leaf(child, left);
        tree.leaf(child + 1, right);
        tree
    };
    let two = || (names(&["a", "b"]), Some(1));
    let three = || (names(&["a", "b", "c"]), None);
    let e = std::f64::consts::E;
    let cases: [(Result<Trees, ModelError>, Vec<f64>); 4] = [
        (
            Trees::for_classes(Link::Logistic, two(), vec![0.0], vec![stump(&[0.0], &[1.0])], &known()),
            vec![1.0 / (1.0 + e), e / (1.0 + e)],
        ),
        (
            Trees::for_classes(Link::Softmax, three(), vec![0.0; 3], vec![stump(&[0.0], &[1.0]); 3], &known()),
            vec![1.0 / 3.0; 3],
        ),
        (
            Trees::for_classes(
                Link::Share,
                two(),
                vec![],
                vec![stump(&[0.0], &[1.0]), stump(&[0.0], &[0.5])],
                &known(),
            ),
            vec![0.25, 0.75],
        ),
        (
            Trees::for_classes(Link::Share, three(), vec![], vec![stump(&[1.0, 0.0, 0.0], &[0.0, 0.5, 0.5])], &known()),
            vec![0.0, 0.5, 0.5],
        ),
    ];
    for (trees, expected) in cases {
        let model = model(trees.unwrap());
        let rows = Features::from_dense(2, &[1.0, 0.0]).unwrap();
        let Prediction::Class { probabilities: Some(found), .. } = model.predict(&rows).unwrap() else { panic!() };
        let found: Vec<f64> = found.iter().map(|class| class[0]).collect();
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-15), "{found:?} is not {expected:?}");
        let read = Model::from_json(&serde_json::to_vec(&model).unwrap()).unwrap();
        assert_eq!(read, model);
    }
}

#[test]
fn the_document_holds_the_trees() {
    let model = numbers(Link::Sum);
    let document = serde_json::to_value(&model).unwrap();
    let trees = &document["predictor"];
    assert_eq!(trees["features"], json!([0, 1]));
    assert_eq!(trees["thresholds"], json!([[], [0.5]]));
    assert_eq!((&trees["sets"], &trees["categories"]), (&json!([[1, 3]]), &json!([[0, 1, 2, 3], []])));
    // Split by feature 1 (1 + 4 + 2), threshold 0; leaf 0; split by a set of feature 0 (1 + 1), set 0; leaves 1 and 2.
    assert_eq!(
        trees["trees"][0],
        json!(base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [7, 0, 0, 0, 2, 0, 0, 1, 0, 2]))
    );
    assert_eq!(Model::from_json(document.to_string().as_bytes()).unwrap(), model);
    assert!(model.accepts_missing() && model.parameters() == 2 * (2 * 2 + 3));
    let infinite = Features::from_dense(2, &[0.0, f64::INFINITY]).unwrap();
    assert!(matches!(model.predict(&infinite), Err(ModelError::NotFiniteFeature { feature: 1, .. })));
}

#[test]
fn documents_that_are_no_trees() {
    let bytes = |bytes: &[u8]| json!([base64::Engine::encode(&base64::engine::general_purpose::STANDARD, bytes)]);
    let cases = [
        ("features", json!([1, 0]), "features of trees don't ascend"),
        ("features", json!([0, 2]), "a feature beyond the last"),
        ("features", json!([0]), "thresholds for each feature"),
        ("thresholds", json!([[], [0.5, 0.5]]), "thresholds don't ascend"),
        ("thresholds", json!([[], []]), "a question has no threshold"),
        ("sets", json!([[3, 1]]), "categories don't ascend"),
        ("sets", json!([[70000]]), "categories don't ascend, or are above 65535"),
        ("sets", json!([]), "a question has no threshold"),
        ("categories", json!([]), "a question has no threshold"),
        ("categories", json!([[0]]), "there are not categories for each feature"),
        ("base", json!([]), "a base for each sum"),
        ("link", json!("logistic"), "at least two classes"),
        ("link", json!("share"), "at least two classes"),
        ("classes", json!(["a", "b"]), "trees for numbers have no classes"),
        ("values", json!("AAAA"), "values are not of 8 bytes"),
        ("values", json!(""), "a leaf has no values"),
        ("values", json!("?"), "bytes are not in base64"),
        ("trees", json!([]), "there is no tree"),
        ("trees", bytes(&[]), "a tree ends too early"),
        ("trees", bytes(&[7, 0, 0, 0]), "a tree ends too early"),
        ("trees", bytes(&[0, 0, 0]), "a tree has bytes behind its last node"),
        ("trees", bytes(&[0, 9]), "a leaf has no values"),
        ("trees", bytes(&[200, 0]), "a tree ends too early"),
        ("trees", bytes(&[255, 255, 255, 255, 255, 1]), "too great"),
        ("trees", bytes(&[0, 255, 255, 255, 255, 127]), "too great"),
        ("trees", bytes(&[41, 0, 0, 0, 0, 0]), "a feature beyond the last"),
        ("surprise", json!(1), "unknown field `surprise`"),
    ];
    for (field, value, expected) in cases {
        let mut document = serde_json::to_value(numbers(Link::Sum)).unwrap();
        document["predictor"][field] = value;
        let error = Model::from_json(document.to_string().as_bytes()).map(drop).unwrap_err().to_string();
        assert!(error.contains(expected), "{field}: {error}");
    }
    let nan = {
        let mut tree = Tree::default();
        tree.leaf(0, &[f64::NAN]);
        tree
    };
    assert!(Trees::for_numbers(Link::Sum, 0.0, vec![nan], &Known::new()).is_err());
    assert!(
        Trees::for_numbers(Link::Sum, 0.0, vec![tree(1.0)], &Known::new()).is_err(),
        "categories that nobody knows"
    );
    assert!(Trees::for_numbers(Link::Sum, 0.0, vec![Tree::default()], &Known::new()).is_err(), "a leaf without value");
}
