//! A pipeline over people and their income, beside an independent one in pandas and scikit-learn on the same files: equal counts, equal
//! metrics of equal predictions, trees as good as each other. The files are made here, with the columns and the gaps of the census
//! data that such pipelines are often shown on.

use crate::binary::Folder;
use mlspec_record::Name;
use mlspec_store::{Live, Store};
use mlspec_table::Table;
use serde_json::Value;
use std::fmt::Write as _;
use std::process::Command;

const REFERENCE: &str = include_str!("adult/reference.py");

/// Drops rows with gaps, or fills them; both encode the same columns and grow a tree.
const PIPELINE: &str = r#"
pipeline: adult
version: 1.0.0
seed: 1
datastores:
  data: {type: folder, path: data}
steps:
  train-rows:
    uses: ingest@1
    settings: {datastore: data, path: train.csv, csv: {null_values: ["?"]}}
  test-rows:
    uses: ingest@1
    settings: {datastore: data, path: test.csv, csv: {null_values: ["?"]}}
  train-whole:
    uses: transform@1
    inputs: {rows: train-rows.rows}
    settings: {from: rows, steps: [{drop_nulls: [workclass, occupation, native-country]}]}
  test-whole:
    uses: transform@1
    inputs: {rows: test-rows.rows}
    settings: {from: rows, steps: [{drop_nulls: [workclass, occupation, native-country]}]}

  simple:
    uses: encode@1
    inputs: {train: train-whole.rows, test: test-whole.rows}
    settings:
      fit: train
      apply: [test]
      encoders:
        - one_hot: {columns: [education, workclass], handle_unknown: ignore}
        - standard_scaler: {columns: [age, hours-per-week]}
      label: {column: income-per-year, positive: ">50K"}
  simple-tree:
    uses: train@1
    inputs: {train: simple.train}
    settings: {estimator: {decision_tree: {}}}
  simple-trained:
    uses: evaluate@1
    inputs: {model: simple-tree.model, data: simple.train}
    settings: {metrics: [accuracy_score]}
  simple-tested:
    uses: test@1
    inputs: {model: simple-tree.model, data: simple.test, train: simple.train}
    settings:
      metrics:
        - accuracy_score
        - balanced_accuracy_score
        - precision_score
        - recall_score
        - f1_score: {average: macro}
        - f1_score: {average: weighted}
        - fbeta_score: {beta: 2}
        - fbeta_score: {beta: 0.5, average: macro}
        - matthews_corrcoef
        - cohen_kappa_score
        - cohen_kappa_score: {weights: quadratic}
        - roc_auc_score
        - average_precision_score
        - log_loss
        - brier_score_loss
      fairness:
        - {source: test-rows, column: sex, min_rows: 10}
        - {source: test-rows, column: sex, cross: [{source: test-rows, column: race}], min_rows: 10}
      bootstrap: {samples: 200}
      require:
        - {metric: accuracy_score, min: 0.6}
        - {metric: {fbeta_score: {beta: 2}}, min: 0.1}
        - {metric: equalized_odds_difference, column: sex, max: 0.9}

  complex:
    uses: encode@1
    inputs: {train: train-rows.rows, test: test-rows.rows}
    settings:
      fit: train
      apply: [test]
      encoders:
        - one_hot: {columns: [education, workclass], handle_unknown: ignore, impute: most_frequent}
        - standard_scaler: {columns: [age, hours-per-week]}
      label: {column: income-per-year, positive: ">50K"}
  complex-tree:
    uses: train@1
    inputs: {train: complex.train}
    settings: {estimator: {decision_tree: {}}}
  complex-trained:
    uses: evaluate@1
    inputs: {model: complex-tree.model, data: complex.train}
    settings: {metrics: [accuracy_score]}
  complex-tested:
    uses: evaluate@1
    inputs: {model: complex-tree.model, data: complex.test}
    settings:
      metrics: [accuracy_score]
      permutation_importance: {repeats: 3}
"#;

/// A number in [0, 1) that belongs to a row and a purpose.
fn draw(row: u64, purpose: u64) -> f64 {
    let mut bits = row.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ purpose.wrapping_mul(0xD1B5_4A32_D192_ED03);
    for shift in [32, 29, 31] {
        bits = (bits ^ (bits >> shift)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    }
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

fn pick<'a>(draw: f64, from: &[&'a str]) -> &'a str {
    // The first are the most frequent.
    from[((draw * draw) * from.len() as f64) as usize]
}

/// People, from the one of this number on.
fn people(first: u64, count: u64) -> String {
    const EDUCATION: [&str; 9] =
        ["HS-grad", "Some-college", "Bachelors", "Masters", "Assoc-voc", "11th", "10th", "Doctorate", "7th-8th"];
    const WORK: [&str; 6] = ["Private", "Self-emp-not-inc", "Local-gov", "State-gov", "Federal-gov", "Without-pay"];
    const OCCUPATION: [&str; 5] = ["Craft-repair", "Sales", "Exec-managerial", "Tech-support", "Other-service"];
    const COUNTRY: [&str; 4] = ["United-States", "Mexico", "Côte d'Ivoire", "Germany"];
    const RACE: [&str; 3] = ["White", "Black", "Other"];
    let mut text =
        "id,age,workclass,education,occupation,race,sex,hours-per-week,native-country,income-per-year\n".to_owned();
    for row in first..first + count {
        let gap = |purpose, share, value| if draw(row, purpose) < share { "?" } else { value };
        let age = 17 + (draw(row, 1) * 60.0) as u64;
        let education = pick(draw(row, 2), &EDUCATION);
        let hours = [40, 40, 40, 50, 20, 60, 35, 45][(draw(row, 3) * 8.0) as usize];
        let sex = if draw(row, 4) < 0.67 { "Male" } else { "Female" };
        let learned = ["Bachelors", "Masters", "Doctorate"].contains(&education);
        let likely = 0.03
            + 0.55 * f64::from(u8::from(learned))
            + 0.25 * f64::from(u8::from(hours > 40))
            + 0.1 * f64::from(u8::from((35..60).contains(&age)))
            + 0.05 * f64::from(u8::from(sex == "Male"));
        let income = if draw(row, 5) < likely { ">50K" } else { "<=50K" };
        let work = gap(6, 0.055, pick(draw(row, 7), &WORK));
        let occupation = gap(8, 0.056, pick(draw(row, 9), &OCCUPATION));
        let country = gap(10, 0.018, pick(draw(row, 11), &COUNTRY));
        let race = pick(draw(row, 12), &RACE);
        writeln!(text, "{row},{age},{work},{education},{occupation},{race},{sex},{hours},{country},{income}").unwrap();
    }
    text
}

struct Ran {
    folder: Folder,
    store: Store,
    live: Live,
}

impl Ran {
    fn table(&self, step: &str, port: &str) -> Table {
        let (_, found) = self.live.steps.iter().find(|(name, _)| name.as_str() == step).unwrap();
        let output = found.outputs.iter().find(|output| output.port.as_str() == port).unwrap();
        Table::read(&self.store, &output.artifact.digest).unwrap()
    }

    fn body(&self, step: &str) -> Value {
        let shown = self.folder.run(&["show", step, "--json"]).expect(0).stdout;
        serde_json::from_str::<Value>(&shown).unwrap()["record"]["body"].clone()
    }
}

/// The values of a column as text; of numbers all digits.
fn texts(table: &Table, column: &str) -> Vec<String> {
    let column = table.column(column).unwrap();
    match column.f64() {
        Ok(numbers) => numbers.iter().map(|number| number.unwrap().to_string()).collect(),
        Err(_) => column.str().unwrap().iter().map(|text| text.unwrap().to_owned()).collect(),
    }
}

fn ran() -> Ran {
    let folder = Folder::new();
    folder
        .write("data/train.csv", people(0, 3_000))
        .write("data/test.csv", people(10_000, 1_200))
        .write("reference.py", REFERENCE)
        .write("pipeline.yaml", PIPELINE);
    folder.run(&["run", "pipeline.yaml"]).expect(0);
    let store = Store::open(folder.path().join(".mlspec")).unwrap();
    let live = store.live(&Name::new("adult").unwrap()).unwrap().unwrap();
    Ran { folder, store, live }
}

/// What pandas and scikit-learn say of the same files, and of the predictions of the test.
fn reference(ran: &Ran) -> Value {
    let python = std::env::var("MLSPEC_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let predictions = ran.table("simple-tested", "predictions");
    let mut text = "label,prediction,probability_>50K\n".to_owned();
    let columns = ["label", "prediction", "probability_>50K"].map(|column| texts(&predictions, column));
    (0..predictions.len()).for_each(|row| {
        writeln!(text, "{},{},{}", columns[0][row], columns[1][row], columns[2][row]).unwrap();
    });
    let groups = texts(&ran.table("test-whole", "rows"), "sex").join("\n");
    ran.folder.write("predictions.csv", text).write("groups.csv", format!("group\n{groups}\n"));
    let arguments = ["reference.py", "data/train.csv", "data/test.csv", "predictions.csv", "groups.csv"];
    let output = Command::new(python).args(arguments).current_dir(ran.folder.path()).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success(),
        "the tests need a Python with `pandas` and `scikit-learn`, named by MLSPEC_PYTHON (`bash tests/run` makes one): {told}"
    );
    serde_json::from_slice(&output.stdout).unwrap()
}

#[track_caller]
fn near(found: &Value, expected: &Value, tolerance: f64) {
    let (found, expected) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
    assert!((found - expected).abs() <= tolerance, "{found} is not {expected}");
}

fn metric(metrics: &Value, name: &str) -> Value {
    let found = metrics.as_array().unwrap().iter().find(|metric| metric["name"] == name);
    found.unwrap_or_else(|| panic!("no metric `{name}`")).clone()
}

#[test]
fn scikit_learn_and_the_pipeline_agree() {
    let ran = ran();
    let expect = reference(&ran);
    let rows = ran.table("train-rows", "rows");
    for (column, nulls) in expect["nulls"].as_object().unwrap() {
        assert_eq!(rows.column(column).unwrap().null_count() as u64, nulls.as_u64().unwrap(), "{column}");
    }
    for (name, train, test) in [("simple", "train-whole", "test-whole"), ("complex", "train-rows", "test-rows")] {
        let expect = &expect[name];
        let found = [train, test].map(|step| ran.table(step, "rows").len() as u64);
        assert_eq!(serde_json::json!(found), expect["rows"], "{name}");
        let labels = texts(&ran.table(train, "rows"), "income-per-year");
        for (label, count) in expect["labels"].as_object().unwrap() {
            let found = labels.iter().filter(|found| *found == label).count() as u64;
            assert_eq!(found, count.as_u64().unwrap(), "{name} {label}");
        }
        let features = ran.body(&format!("{name}-tree"))["features"].clone();
        assert_eq!(features, expect["features"], "{name}");
        // A tree that is grown to the end tells apart all rows that differ: only equally good splits may be chosen otherwise.
        let trained = ran.body(&format!("{name}-trained"))["metrics"][0]["value"].clone();
        near(&trained, &expect["train_accuracy"], 0.002);
        let tested = ran.body(&format!("{name}-tested"));
        let tested = if tested["result"].is_null() { &tested } else { &tested["result"] };
        near(&metric(&tested["metrics"], "accuracy_score")["value"], &expect["test_accuracy"], 0.03);
    }
}

#[test]
fn metrics_of_equal_predictions_are_equal() {
    let ran = ran();
    let expect = reference(&ran);
    let found = ran.body("simple-tested")["result"].clone();
    for (name, value) in expect["metrics"].as_object().unwrap() {
        let found = metric(&found["metrics"], name);
        near(&found["value"], value, 1e-9);
        let interval = &found["interval"];
        assert!(interval["low"].as_f64() < value.as_f64() && value.as_f64() < interval["high"].as_f64(), "{found}");
    }
    let groups = found["fairness"][0]["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 2);
    for group in groups {
        for (rate, of) in expect["groups"].as_object().unwrap() {
            near(&group[rate], &of[group["value"].as_str().unwrap()], 1e-9);
        }
    }
    let crossed = &found["fairness"][1];
    assert_eq!((crossed["column"].as_str(), crossed["cross"][0]["column"].as_str()), (Some("sex"), Some("race")));
    assert_eq!(crossed["groups"].as_array().unwrap().len(), 6);
    // What the label was made of matters, and is known by its source.
    let importances = ran.body("complex-tested")["importances"].clone();
    let mean = |column: &str| {
        let columns = importances["columns"].as_array().unwrap();
        let found = columns.iter().find(|found| found["column"] == column).unwrap();
        assert_eq!(found["sources"][0]["column"], column);
        found["mean"].as_f64().unwrap()
    };
    assert!(mean("education") > 0.01 && mean("hours-per-week") > 0.01 && mean("education") > mean("workclass"));
}
