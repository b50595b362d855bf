//! Random pipelines: every stage, set up by small numbers; the same settings that a pipeline file would have.

use super::chain::{Chain, Column, Kind};
use super::sources::Which;
use mlspec_stage::StageEntry;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The numbers that a pipeline is made of.
#[derive(Clone, Debug)]
pub(crate) struct Numbers {
    pub(crate) operators: Vec<[u8; 4]>,
    pub(crate) main: Which,
    pub(crate) other: bool,
    pub(crate) validate: Option<[u8; 3]>,
    pub(crate) label: [u8; 3],
    pub(crate) split: [u8; 3],
    pub(crate) encoders: Vec<[u8; 3]>,
    pub(crate) estimator: [u8; 2],
    pub(crate) evaluate: [u8; 2],
    pub(crate) chunk_rows: u64,
}

pub(crate) fn numbers() -> impl Strategy<Value = Numbers> {
    let main = prop_oneof![3 => Just(Which::People), 1 => Just(Which::Events)];
    let chunk_rows = prop_oneof![2 => Just(8_192_u64), 1 => Just(5), 1 => Just(12)];
    let operators = proptest::collection::vec(any::<[u8; 4]>(), 0..6);
    let encoders = proptest::collection::vec(any::<[u8; 3]>(), 1..5);
    let front = (operators, main, any::<bool>(), proptest::option::of(any::<[u8; 3]>()), any::<[u8; 3]>());
    let back = (any::<[u8; 3]>(), encoders, any::<[u8; 2]>(), any::<[u8; 2]>(), chunk_rows);
    (front, back).prop_map(
        |((operators, main, other, validate, label), (split, encoders, estimator, evaluate, chunk_rows))| Numbers {
            operators,
            main,
            other,
            validate,
            label,
            split,
            encoders,
            estimator,
            evaluate,
            chunk_rows,
        },
    )
}

/// A step of a pipeline.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) stage: &'static str,
    pub(crate) settings: Value,
    /// Port, and the step and port that it is connected to.
    pub(crate) inputs: Vec<(String, &'static str, String)>,
}

/// A pipeline without its ingestion: sources are the steps `people` and `events`.
#[derive(Clone, Debug)]
pub(crate) struct Pipeline {
    pub(crate) steps: Vec<Step>,
    /// Names of operators and stages' choices, for coverage.
    pub(crate) used: Vec<String>,
}

/// What the oracle knows of stages.
pub(crate) fn entry(stage: &str) -> StageEntry {
    match stage {
        "analyze@1" => mlspec_analyze::entry(),
        "validate@1" => mlspec_validate::entry(),
        "transform@1" => mlspec_transform::entry(),
        "split@1" => mlspec_split::entry(),
        "encode@1" => mlspec_encode::entry(),
        "train@1" => mlspec_train::entry(),
        "evaluate@1" => mlspec_evaluate::evaluate_entry(),
        "test@1" => mlspec_evaluate::test_entry(),
        "monitor@1" => mlspec_monitor::entry(),
        other => panic!("no stage `{other}`"),
    }
}

impl Numbers {
    pub(crate) fn pipeline(&self) -> Pipeline {
        let other = self.other.then_some(if self.main == Which::People { Which::Events } else { Which::People });
        let mut chain = Chain::new(self.main);
        self.operators.iter().for_each(|numbers| chain.apply(*numbers, other));
        let task = self.label(&mut chain);
        let features: Vec<Column> =
            chain.columns.iter().filter(|column| column.name != LABEL && column.name != WEIGHT).cloned().collect();
        let mut used: Vec<String> = chain.used.iter().map(ToString::to_string).collect();
        let mut steps: Vec<Step> = self.validate.map(|numbers| validate(self.main, numbers)).into_iter().collect();
        let from = |which: Which| {
            if which == self.main && self.validate.is_some() {
                ("checked", "rows".to_owned())
            } else {
                (which.name(), "rows".to_owned())
            }
        };
        let inputs =
            chain.reads.iter().map(|which| (which.name().to_owned(), from(*which).0, from(*which).1)).collect();
        steps.push(Step { name: "prepared", stage: "transform@1", settings: chain.settings(), inputs });
        steps.push(self.split(&chain, &features));
        steps.push(self.encode(&features, task, &mut used));
        steps.push(self.train(task, &mut used));
        steps.extend(self.judge(&chain, &features, task, &mut used));
        used.extend(steps.iter().map(|step| step.stage.to_owned()));
        Pipeline { steps, used }
    }

    /// Adds the label, and sometimes a weight.
    fn label(&self, chain: &mut Chain) -> Task {
        let [what, column, bound] = self.label;
        let number = chain.of_kind(&[Kind::Float, Kind::Integer], column.wrapping_add(200));
        let text = chain.of_kind(&[Kind::Text], column);
        let last = chain.columns.last().cloned();
        if bound % 5 == 4
            && let Some(number) = &number
        {
            let sql = format!("CASE WHEN \"{}\" > 1 THEN 2.5 ELSE 0.5 END", number.name);
            chain.derive(WEIGHT, Kind::Float, &sql);
        }
        // What was made last is often an aggregate: labels that hang on rows of others.
        let number = match last {
            Some(last) if what % 3 != 0 && matches!(last.kind, Kind::Float | Kind::Integer) => Some(last),
            _ => number,
        };
        match (number, text) {
            (Some(number), _) if what % 5 < 2 => {
                chain.derive(LABEL, Kind::Float, &format!("coalesce(CAST(\"{}\" AS DOUBLE), 0.5)", number.name));
                Task::Number
            }
            (_, Some(text)) if what % 5 == 2 => {
                chain.derive(LABEL, Kind::Text, &format!("coalesce(\"{}\", 'none')", text.name));
                Task::Classes
            }
            (Some(number), _) => {
                // Beside another column it depends on both; beside a constant on this one alone.
                let other =
                    chain.of_kind(&[Kind::Float, Kind::Integer], bound).filter(|other| other.name != number.name);
                let bound = match other {
                    Some(other) if bound % 3 != 0 => format!("\"{}\"", other.name),
                    _ => [0.6, 0.0, 1.0, 2.0][usize::from(bound) % 4].to_string(),
                };
                chain.derive(
                    LABEL,
                    Kind::Text,
                    &format!("CASE WHEN \"{}\" > {bound} THEN 'yes' ELSE 'no' END", number.name),
                );
                Task::Classes
            }
            _ => {
                let column = chain.columns.first().map(|column| column.name.clone()).unwrap_or_default();
                chain.derive(LABEL, Kind::Text, &format!("CASE WHEN \"{column}\" IS NULL THEN 'yes' ELSE 'no' END"));
                Task::Classes
            }
        }
    }

    fn split(&self, chain: &Chain, features: &[Column]) -> Step {
        let [by, column, seed] = self.split;
        let (sources, column) =
            (chain.reads.iter().collect::<Vec<_>>(), features.get(usize::from(column) % features.len().max(1)));
        let source = sources[usize::from(seed) % sources.len()].name();
        let integer = features.iter().find(|column| column.kind == Kind::Integer);
        let text = features.iter().find(|column| column.kind == Kind::Text);
        let shares = json!({"train": 0.6, "validation": 0.2, "test": 0.2});
        let by_what = match (by % 4, column) {
            (0, Some(column)) => json!({"columns": [column.name]}),
            (1, _) => json!({ "source": source }),
            _ => json!("row"),
        };
        let mut settings = json!({"parts": shares, "by": by_what, "allow_empty": true, "seed": seed});
        match (by / 4 % 6, column, integer, text) {
            (0, Some(column), ..) => settings["stratify"] = json!([column.name]),
            (1, _, Some(integer), _) => {
                let order = ["train", "validation", "test"];
                settings["by"] = json!("row");
                settings["time"] = json!({"column": integer.name, "order": order, "nulls": "leave_out"});
                if by % 2 == 0 {
                    settings["time"]["cuts"] = json!([1, 3]);
                    settings["time"]["gap"] = json!(1);
                    settings.as_object_mut().into_iter().for_each(|settings| drop(settings.remove("parts")));
                }
            }
            (2, _, _, Some(text)) => {
                let values = json!({"train": ["a", "Ulm", "mail"], "validation": ["b", "none"], "test": ["c", ""]});
                settings["by"] = json!("row");
                settings["predefined"] =
                    json!({"column": text.name, "values": values, "nulls": "leave_out", "others": "leave_out"});
                settings.as_object_mut().into_iter().for_each(|settings| drop(settings.remove("parts")));
            }
            _ => {}
        }
        if by % 3 == 0 {
            settings["leakage"] = json!({"source": source, "severity": "warning"});
        }
        Step {
            name: "parts",
            stage: "split@1",
            settings,
            inputs: vec![("rows".to_owned(), "prepared", "rows".to_owned())],
        }
    }

    fn encode(&self, features: &[Column], task: Task, used: &mut Vec<String>) -> Step {
        let (mut encoders, mut seen) = (Vec::new(), BTreeSet::new());
        for [column, encoder, variant] in &self.encoders {
            let Some(column) = features.get(usize::from(*column) % features.len().max(1)) else { continue };
            let (name, settings) = encoder_of(column, *encoder, *variant);
            if seen.insert((name, column.name.clone())) {
                used.push(name.to_owned());
                encoders.push(json!({ name: settings }));
            }
        }
        let mut label = json!({"column": LABEL});
        if task == Task::Classes {
            label["task"] = json!("classification");
        }
        let mut settings =
            json!({"fit": "train", "apply": ["validation", "test"], "encoders": encoders, "label": label});
        if self.features_are_weighted() {
            settings["weight"] = json!(WEIGHT);
        }
        let inputs = PARTS.iter().map(|part| ((*part).to_owned(), "parts", (*part).to_owned())).collect();
        Step { name: "features", stage: "encode@1", settings, inputs }
    }

    /// Whether rows have weights.
    fn features_are_weighted(&self) -> bool {
        self.label[2] % 5 == 4 && self.weighted()
    }

    /// Whether the label's numbers found a column to weigh by.
    fn weighted(&self) -> bool {
        let other = self.other.then_some(if self.main == Which::People { Which::Events } else { Which::People });
        let mut chain = Chain::new(self.main);
        self.operators.iter().for_each(|numbers| chain.apply(*numbers, other));
        chain.of_kind(&[Kind::Float, Kind::Integer], 0).is_some()
    }

    fn train(&self, task: Task, used: &mut Vec<String>) -> Step {
        let [which, variant] = self.estimator;
        let intercept = variant % 4 != 3;
        let logistic = |c: f64| {
            let class_weight = ["none", "none", "balanced"][usize::from(variant) % 3];
            let mut settings =
                json!({"C": c, "tol": TOLERANCE, "fit_intercept": intercept, "class_weight": class_weight});
            if variant % 8 == 6 && !self.features_are_weighted() {
                (settings["solver"], settings["class_weight"]) = (json!("linfa"), json!("none"));
            }
            settings
        };
        // Without a penalty linfa refuses features that depend on each other; so it does before and after a change.
        let solver = if variant % 8 >= 5 { "linfa" } else { "cholesky" };
        let alpha = [0.0, 1.0, 0.01, 10.0][usize::from(variant) % 4];
        let tree = json!({"max_depth": 1 + variant % 4});
        let c = [1.0, 0.1, 10.0][usize::from(which) % 3];
        let class_weight = ["none", "none", "balanced"][usize::from(variant) % 3];
        let by = ["uniform", "distance"][usize::from(variant) % 2];
        let metric = ["euclidean", "manhattan", "cosine"][usize::from(variant) % 3];
        let neighbours = json!({"n_neighbors": 1 + variant % 3, "weights": by, "metric": metric});
        let perceptron = json!({"hidden_layer_sizes": [3], "max_iter": 3, "early_stopping": variant % 2 == 0});
        let boosting = json!({"max_iter": 3, "max_leaf_nodes": 4, "min_samples_leaf": 2, "random_state": variant % 2});
        let forest = json!({"n_estimators": 3, "max_depth": 2 + variant % 3, "random_state": variant % 2});
        let (name, settings) = match (task, which % 16) {
            _ if variant % 8 == 4 => ("gradient_boosting", boosting),
            _ if variant % 8 == 7 => ("random_forest", forest),
            (Task::Number, 0..=3) => ("linear_regression", json!({ "fit_intercept": intercept })),
            (Task::Number, 4..=8) => ("ridge", json!({"alpha": alpha, "fit_intercept": intercept, "solver": solver})),
            (_, 11) => ("decision_tree", tree),
            (Task::Number, 9 | 10) => {
                let l1_ratio = [0.5, 1.0, 0.1, 0.0][usize::from(which) % 4];
                ("elastic_net", json!({"alpha": alpha / 10.0, "l1_ratio": l1_ratio, "fit_intercept": intercept}))
            }
            (_, 12 | 13) => ("k_neighbors", neighbours),
            (_, 14) => ("mlp", perceptron),
            (Task::Classes, 0..=5) => ("logistic_regression", logistic(c)),
            (Task::Classes, 6) => ("gaussian_nb", json!({"var_smoothing": 0.01})),
            (Task::Classes, 7) => ("bernoulli_nb", json!({"alpha": alpha + 0.1, "binarize": 0.25})),
            (Task::Classes, 8) => ("multinomial_nb", json!({"alpha": alpha + 0.1})),
            (Task::Classes, 9 | 10) => {
                ("linear_svc", json!({"C": c, "fit_intercept": intercept, "class_weight": class_weight}))
            }
            _ => ("k_means", json!({"n_clusters": 1 + variant % 3, "random_state": variant % 2})),
        };
        used.push(name.to_owned());
        let settings = json!({"estimator": {name: settings}});
        Step {
            name: "model",
            stage: "train@1",
            settings,
            inputs: vec![("train".to_owned(), "features", "train".to_owned())],
        }
    }

    fn judge(&self, chain: &Chain, features: &[Column], task: Task, used: &mut Vec<String>) -> Vec<Step> {
        let [slice, variant] = self.evaluate;
        let mut settings = json!({});
        let column = features.get(usize::from(slice) % features.len().max(1));
        match (slice % 3, column) {
            (0, Some(column)) if column.kind == Kind::Float => {
                settings["slices"] = json!([{"column": column.name, "quantiles": 3}])
            }
            (0, Some(column)) => settings["slices"] = json!([{"column": column.name}]),
            (1, _) => {
                let sources: Vec<_> = chain.reads.iter().collect();
                settings["slices"] =
                    json!([{"source": sources[usize::from(variant) % sources.len()].name(), "column": "team"}]);
            }
            _ => {}
        }
        let mut more = json!({});
        match (variant / 3 % 5, column) {
            (0, _) => {
                used.push("bootstrap".to_owned());
                settings["bootstrap"] = json!({"samples": 20, "level": 0.8, "seed": slice});
            }
            (1, _) => {
                used.push("permutation_importance".to_owned());
                more["permutation_importance"] = json!({"repeats": 2, "max_rows": 1 + u64::from(slice) % 16});
            }
            (2, Some(column)) if column.kind != Kind::Float => {
                used.push("crossed slices".to_owned());
                let cross = json!([{"column": column.name}]);
                settings["slices"] = json!([{"column": column.name, "cross": cross}]);
            }
            (3, Some(column)) if column.kind != Kind::Float && task == Task::Number => {
                used.push("queries".to_owned());
                settings["metrics"] =
                    json!(["mean_absolute_error", {"ndcg_score": {"k": 3}}, {"mean_pinball_loss": {"alpha": 0.3}}]);
                settings["queries"] = json!({"column": column.name});
            }
            (3, _) if task == Task::Classes => {
                used.push("metrics with parameters".to_owned());
                settings["metrics"] = json!([{"fbeta_score": {"beta": 2, "average": "macro"}}, "cohen_kappa_score",
                    "expected_calibration_error", {"top_k_accuracy_score": {"k": 1}}]);
            }
            _ => {}
        }
        let input = |port: &str, step, from: &str| (port.to_owned(), step, from.to_owned());
        let model = input("model", "model", "model");
        let evaluated = vec![model.clone(), input("data", "features", "validation")];
        let mut tested = vec![model, input("data", "features", "test")];
        if variant % 3 != 2 {
            tested.push(input("train", "features", "train"));
        }
        let mut steps = vec![
            Step { name: "evaluated", stage: "evaluate@1", settings: with(settings.clone(), more), inputs: evaluated },
            Step { name: "tested", stage: "test@1", settings, inputs: tested },
        ];
        steps.extend(self.watch(chain));
        steps
    }
}

impl Numbers {
    /// A profile of the training rows, and the test rows beside it, or beside the rows themselves.
    fn watch(&self, chain: &Chain) -> Vec<Step> {
        let [slice, variant] = self.evaluate;
        let sources: Vec<_> = chain.reads.iter().collect();
        let mut settings = json!({"max_slices": 100, "outliers": {}, "duplicates": {}});
        if slice % 2 == 0 {
            let source = sources[usize::from(variant) % sources.len()].name();
            settings["slices"] = json!([{"source": source, "column": "team"}]);
            settings["correlations"] = json!({});
        }
        let input = |port: &str, step, from: &str| (port.to_owned(), step, from.to_owned());
        let looked_at = vec![input("rows", "parts", "train")];
        let mut compared = vec![input("rows", "parts", "test")];
        match variant % 2 {
            0 => compared.push(input("profile", "profiled", "profile")),
            _ => compared.push(input("reference", "parts", "train")),
        }
        if variant % 3 == 1 {
            compared.push(input("predictions", "tested", "predictions"));
            compared.push(input("reference_predictions", "evaluated", "predictions"));
        }
        let severity = if variant % 5 == 4 { "error" } else { "warning" };
        let gates = json!([{"severity": severity}, {"measure": "psi", "threshold": 0.1, "severity": "warning"}]);
        vec![
            Step { name: "profiled", stage: "analyze@1", settings, inputs: looked_at },
            Step { name: "watched", stage: "monitor@1", settings: json!({ "gates": gates }), inputs: compared },
        ]
    }
}

/// The label's column, the weight's.
pub(crate) const LABEL: &str = "label_y";
const WEIGHT: &str = "weight_w";
/// The parts of every split.
pub(crate) const PARTS: [&str; 3] = ["train", "validation", "test"];
/// How far logistic regression is fitted.
const TOLERANCE: f64 = 1e-9;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Number,
    Classes,
}

fn validate(which: Which, [a, b, c]: [u8; 3]) -> Step {
    let number = if which == Which::People { "x" } else { "y" };
    let severity = ["warning", "warning", "warning", "error"][usize::from(c) % 4];
    let expectation = |choice: u8| match choice % 16 {
        0 => json!({"unique": {"columns": ["id"]}}),
        1 => json!({"not_null": {"columns": ["team"]}, "tolerance": 0.25}),
        2 => json!({"range": {"column": number, "min": -1.5, "max": 5}}),
        3 => json!({"allowed_values": {"column": "team", "values": ["a", "b", "c"]}}),
        4 => json!({"row_count": {"min": 4, "max": 38}}),
        5 => json!({"foreign_key": {"columns": ["team"], "table": "other"}}),
        6 => json!({"sorted": {"column": number, "by": ["team"]}, "tolerance": 0.3}),
        7 => json!({"aggregate": {"column": number, "function": "mean", "min": 0, "max": 3}}),
        8 => json!({"aggregate": {"column": number, "function": "median", "max": 3}}),
        9 => json!({"share": {"sql": "\"team\" = 'a'", "min": 0.1}}),
        10 => json!({"distinct_count": {"columns": ["team"], "max": 2}}),
        11 => json!({"length": {"column": "team", "max": 0}, "when": format!("\"{number}\" > 0"), "tolerance": 0.5}),
        12 => json!({"unique": {"columns": ["team", number]}, "when": "\"team\" <> 'b'"}),
        13 => json!({"compare": {"left": number, "is": "less", "right": "id"}, "tolerance": 0.5}),
        _ => json!({"condition": {"sql": format!("\"{number}\" > 0 OR \"team\" = 'a'")}}),
    };
    let first = expectation(a);
    let mut expectations = vec![first.clone()];
    expectations.extend(Some(expectation(b)).filter(|second| *second != first));
    expectations.iter_mut().for_each(|expectation| expectation["severity"] = json!(severity));
    let mut inputs = vec![("rows".to_owned(), which.name(), "rows".to_owned())];
    if [a, b].iter().any(|choice| choice % 16 == 5) {
        let other = if which == Which::People { Which::Events } else { Which::People };
        inputs.push(("other".to_owned(), other.name(), "rows".to_owned()));
    }
    Step { name: "checked", stage: "validate@1", settings: json!({ "expectations": expectations }), inputs }
}

/// These settings and more.
fn with(mut settings: Value, more: Value) -> Value {
    for (key, value) in more.as_object().into_iter().flatten() {
        settings[key] = value.clone();
    }
    settings
}

/// One of the encoders of numbers that are fitted from the values of all rows, or from none.
fn number_encoder(choice: u8, columns: &Value, impute: &Value, variant: u8) -> (&'static str, Value) {
    let (name, more) = match choice {
        12 | 13 => ("min_max_scaler", json!({"clip": variant % 2 == 1})),
        14 => ("max_abs_scaler", json!({})),
        15 | 16 => ("robust_scaler", json!({"unit_variance": variant % 2 == 1})),
        17 => ("power_transformer", json!({"standardize": variant % 2 == 1})),
        18 | 19 => {
            let strategy = ["uniform", "quantile", "kmeans"][usize::from(variant) % 3];
            let encode = if variant % 2 == 1 { "ordinal" } else { "onehot" };
            ("k_bins_discretizer", json!({"n_bins": 3, "strategy": strategy, "encode": encode}))
        }
        20 => return ("missing_indicator", json!({ "columns": columns })),
        21 => ("polynomial_features", json!({"degree": 2, "include_bias": false})),
        22 => ("pca", json!({"whiten": variant % 2 == 1})),
        _ => ("min_max_scaler", json!({"feature_range": [-1, 1]})),
    };
    let mut settings = json!({"columns": columns, "impute": impute});
    more.as_object().into_iter().flatten().for_each(|(key, value)| settings[key] = value.clone());
    (name, settings)
}

fn encoder_of(column: &Column, encoder: u8, variant: u8) -> (&'static str, Value) {
    let columns = json!([column.name]);
    let impute = [json!("mean"), json!("median"), json!("most_frequent"), json!({"constant": 0.5})]
        [usize::from(variant) % 4]
        .clone();
    let text = json!({"columns": columns, "nulls": "empty"});
    let unit = ["words", "characters"][usize::from(variant) / 2 % 2];
    let one_hot = || {
        let more = match variant % 6 {
            0 => json!({"min_frequency": 2}),
            1 => json!({"max_categories": 3}),
            2 => json!({"drop": "first"}),
            3 => json!({"drop": "if_binary", "handle_unknown": "infrequent_if_exist"}),
            4 if column.kind == Kind::Text => json!({"impute": "most_frequent"}),
            _ => json!({}),
        };
        ("one_hot", with(json!({"columns": columns, "handle_unknown": "ignore"}), more))
    };
    let target = || {
        let smooth = if variant.is_multiple_of(2) { json!("auto") } else { json!(2.5) };
        ("target_encoder", json!({"columns": columns, "smooth": smooth, "cv": 2 + variant % 3}))
    };
    // Half of the draws go to the encoders that there are most of.
    match (column.kind, encoder % 24) {
        (Kind::Boolean, 12) => return ("log", json!({"columns": columns, "impute": "most_frequent"})),
        (Kind::Float | Kind::Integer | Kind::Boolean, choice @ 12..=23) => {
            return number_encoder(choice, &columns, &impute, variant);
        }
        (Kind::Text, 12 | 13) => return target(),
        (Kind::Integer, 0) => return target(),
        (Kind::Text, 14 | 15) => {
            let settings = json!({"columns": columns, "handle_unknown": "use_encoded_value", "unknown_value": -1, "encoded_missing_value": -2});
            let more =
                if variant.is_multiple_of(2) { json!({"min_frequency": 2}) } else { json!({"max_categories": 2}) };
            return ("ordinal", with(settings, more));
        }
        (Kind::Text, 16 | 17) => return ("count_encoder", json!({"columns": columns, "normalize": variant % 2 == 1})),
        (Kind::Text, 18) => return ("missing_indicator", json!({ "columns": columns })),
        (Kind::Text, 19 | 20) => {
            let analyzer = ["char", "char_wb"][usize::from(variant) % 2];
            let terms = json!({"analyzer": analyzer, "ngram_range": [1, 2], "max_features": 6});
            return ("count_vectorizer", with(text, terms));
        }
        _ => {}
    }
    match (column.kind, encoder % 6) {
        (Kind::Integer | Kind::Boolean, 5) | (Kind::Text, 0..=2) => one_hot(),
        (Kind::Text, 3) => {
            ("hashing_vectorizer", with(text, json!({"n_features": 8, "ngram_range": [1, 1 + variant % 2]})))
        }
        (Kind::Text, 4) => ("length", with(text, json!({"standardize": variant.is_multiple_of(2), "unit": unit}))),
        (Kind::Text, _) => {
            let more = [
                json!({}),
                json!({"max_features": 3}),
                json!({"min_df": 2, "norm": "none"}),
                json!({"smooth_idf": false, "sublinear_tf": true, "max_df": 0.9}),
            ];
            ("tfidf", with(text, more[usize::from(variant) % 4].clone()))
        }
        (_, 0 | 1) => (
            "standard_scaler",
            json!({"columns": columns, "impute": impute, "with_mean": variant % 5 != 4, "with_std": variant % 7 != 6}),
        ),
        (_, 2 | 3) => {
            ("imputer", json!({"columns": columns, "strategy": impute, "indicator": variant.is_multiple_of(2)}))
        }
        _ => ("pass_through", json!({"columns": columns, "impute": impute})),
    }
}
