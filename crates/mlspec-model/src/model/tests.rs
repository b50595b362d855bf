//! Documents that are models, and many that are not.

use super::*;
use crate::{DecisionTree, Linear, Logistic, Split, TreeNode};
use serde_json::{Value, json};

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(ToString::to_string).collect()
}

fn logistic() -> Model {
    let predictor = Logistic {
        classes: names(&["no", "yes"]),
        positive: Some(1),
        coefficients: vec![vec![0.1 + 0.2, -1.0 / 3.0]],
        intercepts: vec![1e-300],
    };
    Model::new("logistic_regression", 2, Predictor::Logistic(predictor)).unwrap()
}

fn tree() -> Model {
    let leaf = |p: f64| TreeNode { split: None, probabilities: vec![p, 1.0 - p], rows: 1 };
    let split = Split { feature: 1, threshold: 0.5, left: 1, right: 2, missing_left: false };
    let root = TreeNode { split: Some(split), probabilities: vec![], rows: 2 };
    let tree = DecisionTree { classes: names(&["a", "b"]), positive: None, nodes: vec![root, leaf(1.0), leaf(0.25)] };
    Model::new("decision_tree", 2, Predictor::DecisionTree(tree)).unwrap()
}

fn linear() -> Model {
    let predictor = Linear { coefficients: vec![1.0 / 3.0, 1e300], intercept: -0.0 };
    Model::new("ridge", 2, Predictor::Linear(predictor)).unwrap().with_names(names(&["a", "b"])).unwrap()
}

#[test]
fn a_model_survives_its_file_bit_by_bit() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let rows = Features::from_dense(2, &[0.1, 0.7, -3.3, 0.5, 1e-9, 1e-7]).unwrap();
    for model in [logistic(), tree(), linear().with_encoders(Digest::of(b"x"))] {
        let (digest, _) = model.write(&store).unwrap();
        let read = Model::read(&store, &digest).unwrap();
        assert_eq!(read, model);
        assert_eq!(read.predict(&rows).unwrap(), model.predict(&rows).unwrap());
    }
}

#[test]
fn predictions_are_oriented_by_class() {
    let rows = Features::from_dense(2, &[1.0, 0.5, 1.0, 0.6]).unwrap();
    let Prediction::Class { codes, probabilities, classes } = tree().predict(&rows).unwrap() else { panic!() };
    assert_eq!((codes, classes), (vec![0, 1], names(&["a", "b"])));
    assert_eq!(probabilities, Some(vec![vec![1.0, 0.25], vec![0.0, 0.75]]));
    let rows = Features::from_dense(2, &[0.0, 0.0, 10.0, 0.0]).unwrap();
    let Prediction::Class { codes, probabilities: Some(p), .. } = logistic().predict(&rows).unwrap() else { panic!() };
    assert_eq!(codes, [1, 1]);
    assert!((p[1][1] - 1.0 / (1.0 + (-3.0_f64).exp())).abs() < 1e-12 && (p[0][1] + p[1][1] - 1.0).abs() < 1e-15);
}

#[test]
fn three_classes_are_a_softmax() {
    let predictor = Logistic {
        classes: names(&["a", "b", "c"]),
        positive: None,
        coefficients: vec![vec![1000.0], vec![0.0], vec![-1.0]],
        intercepts: vec![0.0, 0.0, 0.0],
    };
    let model = Model::new("logistic_regression", 1, Predictor::Logistic(predictor)).unwrap();
    let rows = Features::from_dense(1, &[0.0, 5.0, -5.0]).unwrap();
    let Prediction::Class { codes, probabilities: Some(p), .. } = model.predict(&rows).unwrap() else { panic!() };
    assert_eq!(codes, [0, 0, 2]);
    assert_eq!((p[0][0], p[0][1]), (1.0 / 3.0, 1.0));
    assert!((p[2][2] - 1.0 / (1.0 + (-5.0_f64).exp())).abs() < 1e-12);
}

#[test]
fn rows_must_fit_the_model() {
    let wide = Features::from_dense(3, &[0.0; 3]).unwrap();
    assert!(matches!(linear().predict(&wide), Err(ModelError::FeatureCount { expected: 2, found: 3 })));
    let nan = Features::from_dense(2, &[0.0, f64::NAN]).unwrap();
    assert!(matches!(linear().predict(&nan), Err(ModelError::NotFiniteFeature { feature: 1, count: 1, .. })));
    let none = Features::new(2, vec![]).unwrap();
    assert_eq!(linear().predict(&none).unwrap(), Prediction::Value(vec![]));
}

/// Sets one place of a valid document; `Value::Null` removes it.
fn broken(model: &Model, pointer: &str, value: Value) -> Result<Model, ModelError> {
    let mut document = serde_json::to_value(model).unwrap();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(members) if value.is_null() => drop(members.remove(key)),
        Value::Object(members) => drop(members.insert(key.to_owned(), value)),
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        _ => panic!("no place {pointer}"),
    }
    Model::from_json(document.to_string().as_bytes())
}

#[test]
fn invalid_files_are_refused() {
    let cases = [
        (logistic(), "/format", json!("mlspec-model/2"), "has the format `mlspec-model/2`"),
        (logistic(), "/format", Value::Null, "missing field `format`"),
        (logistic(), "/surprise", json!(1), "unknown field `surprise`"),
        (logistic(), "/predictor/type", json!("python"), "unknown variant `python`"),
        (logistic(), "/features", json!(3), "3 features have 2 coefficients"),
        (logistic(), "/features", json!(u64::MAX), "features have 2 coefficients"),
        (logistic(), "/predictor/classes", json!(["no"]), "at least two classes"),
        (logistic(), "/predictor/classes", json!(["no", "no"]), "two classes are equal"),
        (logistic(), "/predictor/classes", json!(["a", "b", "c"]), "3 classes have 1 rows of coefficients"),
        (logistic(), "/predictor/positive", json!(2), "the positive class is none"),
        (logistic(), "/predictor/intercepts", json!([]), "0 intercepts"),
        (logistic(), "/predictor/intercepts/0", json!("NaN"), "invalid type"),
        (linear(), "/feature_names", json!(["a"]), "2 features have 1 names"),
        (linear(), "/encoders", json!("sha256:12"), "a digest is"),
        (tree(), "/predictor/nodes", json!([]), "the tree has no node"),
        (tree(), "/predictor/nodes/0/split/feature", json!(2), "feature beyond"),
        (tree(), "/predictor/nodes/0/split/left", json!(0), "each node but the first has one parent before it"),
        (tree(), "/predictor/nodes/0/split/left", json!(2), "each node but the first has one parent before it"),
        (tree(), "/predictor/nodes/0/split/left", json!(9), "each node but the first has one parent before it"),
        (tree(), "/predictor/nodes/1/probabilities", json!([1.0]), "probability for each class"),
        (tree(), "/predictor/nodes/1/probabilities", json!([0.7, 0.7]), "add up to 1"),
        (tree(), "/predictor/nodes/1/probabilities", json!([-1.0, 2.0]), "add up to 1"),
    ];
    for (model, pointer, value, expected) in cases {
        let error = broken(&model, pointer, value).map(drop).unwrap_err().to_string();
        assert!(error.contains(expected), "{pointer}: {error}");
    }
    assert!(Model::from_json(b"\xff{").is_err() && Model::from_json(&vec![b'['; 100_000]).is_err());
    assert!(Model::new("x", 1, Predictor::Linear(Linear { coefficients: vec![f64::NAN], intercept: 0.0 })).is_err());
}
