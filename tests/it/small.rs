//! A small pipeline that uses every stage, to be broken in one place at a time.

use crate::binary::Folder;
use std::fmt::Write as _;

/// A pipeline over `data/people.csv`.
pub(crate) const PIPELINE: &str = r#"
pipeline: small
version: 1.0.0
seed: 3
parameters:
  least: {type: integer, default: 0, constraint: {minimum: 0}}
datastores:
  data: {type: folder, path: data}
steps:
  people:
    uses: ingest@1
    settings: {dataset: people, datastore: data, path: people.csv, key: [id]}
  checked:
    uses: validate@1
    inputs: {rows: people.rows}
    settings:
      expectations: [{not_null: {columns: [age]}}]
  prepared:
    uses: transform@1
    inputs: {people: checked.rows}
    settings:
      from: people
      steps: [{filter: "age >= ${least}"}, {derive: {old: "age >= 40"}}]
  parts:
    uses: split@1
    inputs: {rows: prepared.rows}
    settings: {parts: {train: 0.7, test: 0.3}}
  features:
    uses: encode@1
    inputs: {train: parts.train, test: parts.test}
    settings:
      fit: train
      apply: [test]
      encoders: [{standard_scaler: {columns: [income]}}, {one_hot: {columns: [city]}}]
      label: {column: old, positive: "true"}
  model:
    uses: train@1
    inputs: {train: features.train}
    settings: {estimator: {logistic_regression: {}}}
  tested:
    uses: test@1
    inputs: {model: model.model, data: features.test, train: features.train}
"#;

/// The table: 60 people in three cities.
pub(crate) fn people() -> String {
    let mut text = String::from("id,age,income,city\n");
    for id in 0..60_u32 {
        let (age, city) = (20 + (id * 7) % 50, ["Ulm", "Bonn", "Jena"][id as usize % 3]);
        writeln!(text, "{id},{age},{}.5,{city}", 1000 + age * 30 + (id * 13) % 400).unwrap();
    }
    text
}

/// A folder with the table and the pipeline.
pub(crate) fn small() -> Folder {
    let folder = Folder::new();
    folder.write("data/people.csv", people()).write("pipeline.yaml", PIPELINE);
    folder
}
