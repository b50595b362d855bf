//! A model in ONNX's format as an encoder: the stage reads it, the fitted encoders hold it.

use crate::entry;
use mlspec_model::LoadedMatrix;
use mlspec_record::{Digest, Name};
use mlspec_stage::Site;
use mlspec_table::polars::df;
use mlspec_testkit::Bench;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Fields of a protobuf message, put together by hand.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(mut self, mut value: u64) -> Self {
        while value > 127 {
            self.0.push(value as u8 | 128);
            value >>= 7;
        }
        self.0.push(value as u8);
        self
    }

    fn number(self, field: u64, value: u64) -> Self {
        self.varint(field << 3).varint(value)
    }

    fn bytes(self, field: u64, bytes: &[u8]) -> Self {
        let mut with = self.varint(field << 3 | 2).varint(bytes.len() as u64);
        with.0.extend(bytes);
        with
    }

    fn message(self, field: u64, message: Message) -> Self {
        self.bytes(field, &message.0)
    }
}

/// A value of 32-bit floats with this name: rows × `width`.
fn value(name: &str, width: u64) -> Message {
    let rows = Message::default().bytes(2, b"N");
    let shape = Message::default().message(1, rows).message(1, Message::default().number(1, width));
    let tensor = Message::default().number(1, 1).message(2, shape);
    Message::default().bytes(1, name.as_bytes()).message(2, Message::default().message(1, tensor))
}

fn node(inputs: &[&str], output: &str, operator: &str) -> Message {
    let node = inputs.iter().fold(Message::default(), |node, input| node.bytes(1, input.as_bytes()));
    node.bytes(2, output.as_bytes()).bytes(4, operator.as_bytes())
}

fn constant(name: &str, shape: &[u64], numbers: &[f32]) -> Message {
    let tensor = shape.iter().fold(Message::default(), |tensor, dim| tensor.number(1, *dim)).number(2, 1);
    let raw: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    tensor.bytes(8, name.as_bytes()).bytes(9, &raw)
}

/// `linear = x · w`, `embedding = relu(linear)`: two numbers become three.
fn model() -> Vec<u8> {
    let graph = Message::default()
        .message(1, node(&["x", "w"], "linear", "MatMul"))
        .message(1, node(&["linear"], "embedding", "Relu"))
        .bytes(2, b"small")
        .message(5, constant("w", &[2, 3], &[1.0, 2.0, -1.0, 0.5, 0.0, 1.0]))
        .message(11, value("x", 2))
        .message(12, value("embedding", 3))
        .message(12, value("linear", 3));
    let version = Message::default().bytes(1, b"").number(2, 13);
    Message::default().number(1, 8).message(7, graph).message(8, version).0
}

fn site(folder: &Path) -> Site {
    Site::new([(Name::new("models").unwrap(), PathBuf::from(folder))].into(), None)
}

fn settings(more: Value) -> Value {
    let mut encoder = json!({"columns": ["a", "b"], "datastore": "models", "path": "small.onnx"});
    more.as_object().unwrap().iter().for_each(|(key, value)| encoder[key] = value.clone());
    json!({"fit": "train", "encoders": [{ "onnx": encoder }]})
}

#[test]
fn a_model_makes_features() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("small.onnx"), model()).unwrap();
    let bench = Bench::new();
    let rows = 150;
    let numbers = |at: i32| (f64::from(at) - 70.0, f64::from(at % 7) * 0.5);
    let frame = df!(
        "a" => (0..rows).map(|at| numbers(at).0).collect::<Vec<_>>(),
        "b" => (0..rows).map(|at| (at != 3).then(|| numbers(at).1)).collect::<Vec<_>>(),
    );
    let source = bench.source("train", frame.unwrap());
    let linear = |at: i32| {
        let (a, b) = (numbers(at).0, if at == 3 { 4.0 } else { numbers(at).1 });
        [a + 0.5 * b, 2.0 * a, b - a]
    };
    for (output, name) in [(json!({}), "a_0"), (json!({"output": "linear"}), "linear_0")] {
        let mut settings = settings(output.clone());
        settings["encoders"][0]["onnx"]["impute"] = json!({"constant": 4});
        let stage = bench.build_at(&entry(), &settings, &site(folder.path())).unwrap();
        assert_eq!(stage.settings()["encoders"][0]["onnx"]["digest"], json!(Digest::of(&model())));
        let outcome = bench.run(stage.as_ref(), 1, &[("train", &source)]).unwrap();
        let matrix = LoadedMatrix::read(bench.store(), &outcome.outputs[0].artifact).unwrap();
        assert_eq!((matrix.encoders.name(0).as_deref(), matrix.features.columns()), (Some(name), 3));
        assert_eq!(matrix.encoders.ranges()[0].columns, ["a", "b"]);
        let expected = (0..rows).flat_map(linear);
        let expected: Vec<f64> = match output == json!({}) {
            true => expected.map(|value| value.max(0.0)).collect(),
            false => expected.collect(),
        };
        assert_eq!(matrix.features.to_dense(1_000).unwrap(), expected);
        // A row alone has the same features, and the file is needed no more.
        let one = bench.table(&source).slice(70, 1);
        assert_eq!(matrix.encoders.transform(&one).unwrap().to_dense(3).unwrap(), expected[210..213]);
    }
}

#[test]
fn models_that_cannot_be_used() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("small.onnx"), model()).unwrap();
    std::fs::write(folder.path().join("empty.onnx"), []).unwrap();
    std::fs::write(folder.path().join("text.onnx"), "not a model at all").unwrap();
    let mut cut = model();
    cut.truncate(60);
    std::fs::write(folder.path().join("cut.onnx"), cut).unwrap();
    let bench = Bench::new();
    let other = Digest::of(b"other");
    let cases = [
        (json!({"path": "none.onnx"}), "there is no file `none.onnx` in the datastore `models`"),
        (json!({"path": "../small.onnx"}), "leaves the datastore"),
        (json!({"path": "empty.onnx"}), "`empty.onnx` cannot be used"),
        (json!({"path": "text.onnx"}), "`text.onnx` cannot be used"),
        (json!({"path": "cut.onnx"}), "`cut.onnx` cannot be used"),
        (json!({"digest": other}), "it has another digest than the settings name"),
        (json!({"output": "nothing"}), "it has no output of the name that is set"),
        (json!({"columns": ["a", "b", "c"]}), "`small.onnx` cannot be used"),
    ];
    for (more, message) in cases {
        let error = bench.build_at(&entry(), &settings(more.clone()), &site(folder.path()));
        let error = error.map(drop).unwrap_err().to_string();
        assert!(error.contains(message), "{more}: {error}");
    }
    // Without a site there is no model.
    assert!(bench.build(&entry(), &settings(json!({}))).is_err());
    let stage = bench.build_at(&entry(), &settings(json!({})), &site(folder.path())).unwrap();
    let nulls = bench.source("train", df!("a" => [Some(1.0), None], "b" => [1.0, 2.0]).unwrap());
    let error = bench.run(stage.as_ref(), 1, &[("train", &nulls)]).unwrap_err().to_string();
    assert!(error.contains("the column `a` is null in 1 rows"), "{error}");
}
