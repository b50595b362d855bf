//! The evaluator, and both stages.

mod groups;
mod metrics;

use crate::{
    Answers, EvaluateError, EvaluateParams, MetricSpec, NoValue, Scored, evaluate_entry, predict_entry, predictions,
    test_entry,
};
use mlspec_model::{
    FittedEncoder, FittedEncoders, FittedLabel, Linear, Logistic, Matrix, Model, NumberColumn, Numbers, Predictor,
    encode_rows,
};
use mlspec_provenance::Tracer;
use mlspec_record::body::{Evaluation, SliceMetrics, Test};
use mlspec_record::{
    ArtifactKind, ArtifactRef, ColumnLineage, Dependency, ExitCode, Lineage, LineageNode, LineageParent, RowLineage,
    SourceColumn,
};
use mlspec_table::polars::df;
use mlspec_table::{ChunkOptions, Table};
use mlspec_testkit::{Bench, Case, MARKER, MARKER_NUMBER, OnEmpty, check_stage};
use serde_json::{Value, json};

/// Mails by customers, joined: mail k is by customer k % 8; `flag` is the label, `x` the only feature.
struct World {
    bench: Bench,
    joined: ArtifactRef,
    encoders: FittedEncoders,
    model: ArtifactRef,
}

const MAILS: u64 = 40;

fn label(classes: &[&str]) -> FittedLabel {
    let classes: Vec<String> = classes.iter().map(|class| (*class).to_owned()).collect();
    let positive = (classes.len() == 2).then_some(1);
    FittedLabel::Classification { column: "flag".to_owned(), classes, positive }
}

fn world(label: FittedLabel, predictor: Predictor) -> World {
    let bench = Bench::new();
    let customers = bench.source(
        "customers",
        df!(
            "level" => (0..8).map(|id| (id != 7).then_some(if id % 2 == 0 { "basic" } else { "premium" })).collect::<Vec<_>>(),
            "age" => (0..8).map(|id| 20 + id * 10).collect::<Vec<i32>>(),
            "secret" => (0..8).map(|id| if id == 3 { MARKER.to_owned() } else { format!("s{id}") }).collect::<Vec<_>>(),
        )
        .unwrap(),
    );
    let mails = bench.source("mails", df!("customer" => (0..MAILS).map(|id| id % 8).collect::<Vec<_>>()).unwrap());
    let joined = joined(&bench, &customers, &mails);
    let numbers = Numbers { columns: vec![NumberColumn::unscaled("x")] };
    let encoders = FittedEncoders::new(MAILS, vec![FittedEncoder::PassThrough(numbers)], Some(label), None).unwrap();
    let (digest, bytes) = encoders.write(bench.store()).unwrap();
    let model = Model::new("fixed", 1, predictor).unwrap().with_encoders(digest);
    let (digest, model_bytes) = model.write(bench.store()).unwrap();
    let mut world = World {
        joined,
        encoders,
        model: ArtifactRef { kind: ArtifactKind::Model, digest, lineage: None, rows: None, bytes: model_bytes + bytes },
        bench,
    };
    // Fitted on the rows of the first ten mails.
    let train = world.matrix(&(0..10).collect::<Vec<_>>());
    let parents = vec![LineageParent { scan: "train".to_owned(), artifact: train }];
    let lineage =
        Lineage { parents, rows: RowLineage::All, columns: Vec::new(), indirect: Vec::new(), features: Vec::new() };
    world.model.lineage = Some(world.bench.json(&lineage));
    world
}

/// Rows 1000 + mail, with lineage to both sources; row 1000 also comes from customer 1, row 1001 from no customer.
fn joined(bench: &Bench, customers: &ArtifactRef, mails: &ArtifactRef) -> ArtifactRef {
    let ids: Vec<u64> = (1000..1000 + MAILS).collect();
    let frame = df!(
        "_row" => &ids,
        "x" => (0..MAILS).map(|mail| mail as f64 / 10.0 - 2.0).collect::<Vec<_>>(),
        "flag" => (0..MAILS).map(|mail| if mail % 3 == 0 || mail > 25 { "yes" } else { "no" }).collect::<Vec<_>>(),
        "size" => (0..MAILS).map(|mail| mail as f64).collect::<Vec<_>>(),
        "note" => vec![MARKER; MAILS as usize],
        "code" => vec![MARKER_NUMBER; MAILS as usize],
    )
    .unwrap();
    let nodes = df!(
        "_row" => &ids,
        "n0" => (0..MAILS).collect::<Vec<_>>(),
        "n1" => (0..MAILS).map(|mail| (mail != 1).then_some(mail % 8)).collect::<Vec<_>>(),
        "n2" => (0..MAILS).map(|mail| (mail == 0).then_some(1_u64)).collect::<Vec<_>>(),
    )
    .unwrap();
    let nodes = Table::new(nodes).unwrap().write(bench.store(), &ChunkOptions::default()).unwrap();
    let scan = |name: &str, artifact: &ArtifactRef| LineageParent { scan: name.to_owned(), artifact: artifact.clone() };
    let table = Table::new(frame).unwrap();
    let column = |column: &mlspec_record::Column| ColumnLineage {
        column: column.name.clone(),
        data_type: column.data_type,
        sources: vec![SourceColumn {
            scan: "customers".to_owned(),
            column: "age".to_owned(),
            dependency: Dependency::Transformation,
        }],
    };
    let lineage = Lineage {
        parents: vec![scan("mails", mails), scan("customers", customers), scan("customers#2", customers)],
        rows: RowLineage::Nodes {
            nodes: (0..3).map(|parent| LineageNode::Scan { parent }).collect(),
            own: None,
            table: Some(nodes.digest),
            roots: vec![0, 1, 2],
        },
        columns: table.schema().columns().iter().map(column).collect(),
        indirect: Vec::new(),
        features: Vec::new(),
    };
    bench.keep(&table, &lineage)
}

impl World {
    /// The matrix of these mails.
    fn matrix(&self, mails: &[u64]) -> ArtifactRef {
        let ids: Vec<u64> = mails.iter().map(|mail| mail + 1000).collect();
        let table = Table::read_rows(self.bench.store(), &self.joined.digest, &ids).unwrap();
        let raw = encode_rows(&table, &self.encoders.raw_columns()).unwrap();
        let raw = raw.write(self.bench.store(), &ChunkOptions::default()).unwrap();
        let (encoders, bytes) = self.encoders.write(self.bench.store()).unwrap();
        let matrix = Matrix::new(raw, encoders).write(self.bench.store(), bytes).unwrap();
        let part = self.bench.derived(table.into_frame(), "rows", &self.joined);
        let source = |column: &str| SourceColumn {
            scan: "part".to_owned(),
            column: column.to_owned(),
            dependency: Dependency::Identity,
        };
        let label = ColumnLineage {
            column: mlspec_model::LABEL.to_owned(),
            data_type: mlspec_record::DataType::String,
            sources: vec![source("flag")],
        };
        let lineage = Lineage {
            parents: vec![LineageParent { scan: "part".to_owned(), artifact: part }],
            rows: RowLineage::Identity,
            columns: vec![label],
            indirect: Vec::new(),
            features: self.encoders.ranges(),
        };
        ArtifactRef { lineage: Some(self.bench.json(&lineage)), ..matrix }
    }

    fn all(&self) -> ArtifactRef {
        self.matrix(&(0..MAILS).collect::<Vec<_>>())
    }

    fn evaluate(&self, settings: &Value, data: &ArtifactRef) -> Evaluation {
        let outcome = self.bench.outcome(&evaluate_entry(), settings, &[("model", &self.model), ("data", data)]);
        serde_json::from_value(outcome.body).unwrap()
    }
}

/// Positive from x = 0 on.
fn logistic() -> Predictor {
    let classes = vec!["no".to_owned(), "yes".to_owned()];
    Predictor::Logistic(Logistic { classes, positive: Some(1), coefficients: vec![vec![1.0]], intercepts: vec![0.0] })
}

fn binary() -> World {
    world(label(&["no", "yes"]), logistic())
}

fn metric(evaluation: &Evaluation, name: &str) -> Option<f64> {
    evaluation.metrics.iter().find(|metric| metric.name == name).unwrap().value
}

#[test]
fn evaluate_conforms() {
    let world = binary();
    let data = world.all();
    let settings = json!({"slices": [{"source": "customers", "column": "level"}, {"column": "size", "quantiles": 4}],
        "bootstrap": {"samples": 20}, "permutation_importance": {"metric": "log_loss", "repeats": 2, "max_rows": 30}});
    let foreign = {
        let model = Model::new("fixed", 1, logistic()).unwrap().with_encoders(world.bench.json(&json!({})));
        let (digest, bytes) = model.write(world.bench.store()).unwrap();
        ArtifactRef { digest, bytes, ..world.model.clone() }
    };
    let slice = |slice: Value| json!({"slices": [slice]});
    let case = Case::new(&world.bench, evaluate_entry(), settings)
        .input("model", &world.model)
        .input("data", &data)
        .on_empty(OnEmpty::Refuses("no rows"))
        .empty_input("data", &world.matrix(&[]))
        .accepts(json!({}))
        .accepts(json!({"metrics": ["log_loss", "roc_auc_score"], "threshold": 0.25, "max_slices": 3}))
        .refuses(json!({"threshold": 1.5}), "from 0 to 1, got `1.5`")
        .refuses(json!({"max_slices": 0}), "at least 1")
        .refuses(json!({"metrics": ["accuracy"]}), "unknown metric `accuracy`")
        .refuses(json!({"metrics": ["ndcg_score"]}), "`queries` must name a column")
        .refuses(json!({"bootstrap": {"samples": 3}}), "from 20 to 100,000, got `3`")
        .refuses(json!({"permutation_importance": {"repeats": 0}}), "from 1 to 1,000, got `0`")
        .refuses(json!({"permutation_importance": {"metric": "ndcg_score"}}), "`queries` must name a column")
        .refuses(slice(json!({"column": "x", "quantiles": 1})), "from 2 to 100, got `1`")
        .refuses(slice(json!({"column": "x", "of": "y"})), "unknown field `of`")
        .fails("no such source", slice(json!({"source": "nope", "column": "x"})), ExitCode::Usage, "source `nope`")
        .fails(
            "no such column",
            slice(json!({"source": "mails", "column": "x"})),
            ExitCode::Usage,
            "`mails` has no column `x`",
        )
        .fails(
            "no column of the rows",
            slice(json!({"column": "nope"})),
            ExitCode::Usage,
            "`rows` has no column `nope`",
        )
        .fails(
            "texts at quantiles",
            slice(json!({"source": "customers", "column": "secret", "quantiles": 3})),
            ExitCode::Usage,
            "cannot be cut at quantiles",
        )
        .fails(
            "too many slices",
            json!({"slices": [{"source": "customers", "column": "secret"}], "max_slices": 5}),
            ExitCode::Data,
            "`secret` makes 8 slices; at most 5",
        )
        .fails("a metric of numbers", json!({"metrics": ["r2_score"]}), ExitCode::Usage, "`r2_score` is for a number")
        .fails(
            "an importance by a metric of numbers",
            json!({"permutation_importance": {"metric": "r2_score"}}),
            ExitCode::Usage,
            "`r2_score` is for a number",
        )
        .fails(
            "queries that some rows belong to twice, others never",
            json!({"metrics": ["ndcg_score"], "queries": {"source": "customers", "column": "age"}}),
            ExitCode::Data,
            "by the column `age`, 1 rows belong to no query and 1 rows to several",
        )
        .fails_with(
            "another model's rows",
            json!({}),
            &[("model", &foreign), ("data", &data)],
            ExitCode::Usage,
            "other encoders",
        );
    check_stage!(case);
}

#[test]
fn test_conforms() {
    let world = binary();
    let (data, train) = (world.all(), world.matrix(&[0, 1, 2]));
    let settings = json!({"require": [{"metric": "log_loss", "max": 0.1}, {"metric": "f1_micro", "min": 0.1}]});
    let require = |require: Value| json!({"require": [require]});
    let case = Case::new(&world.bench, test_entry(), settings)
        .input("model", &world.model)
        .input("data", &data)
        .input("train", &train)
        .on_empty(OnEmpty::Refuses("no rows"))
        .empty_input("data", &world.matrix(&[]))
        .accepts(json!({"slices": [{"column": "x"}]}))
        .refuses(require(json!({"metric": "log_loss"})), "needs `min` or `max`")
        .refuses(require(json!({"metric": "log_loss", "min": 2.0, "max": 1.0})), "`min` not above `max`")
        .refuses(require(json!({"metric": "log_loss", "column": "level", "max": 1.0})), "is about all rows")
        .refuses(require(json!({"metric": "ndcg_score", "min": 0.5})), "`queries` must name a column")
        .refuses(require(json!({"metric": {"fbeta_score": {}}, "min": 0.5})), "`beta` of the metric `fbeta_score`")
        .refuses(require(json!({"metric": "equalized_odds_difference", "max": 0.1})), "needs an entry of `fairness`")
        .fails(
            "a metric of numbers",
            require(json!({"metric": "r2_score", "min": 0.0})),
            ExitCode::Usage,
            "`r2_score`",
        );
    check_stage!(case);
}

#[test]
fn predict_conforms() {
    let world = binary();
    let foreign = {
        let model = Model::new("fixed", 1, logistic()).unwrap();
        let (digest, bytes) = model.write(world.bench.store()).unwrap();
        ArtifactRef { digest, bytes, ..world.model.clone() }
    };
    let other = world.bench.source("other", df!("y" => [1.0]).unwrap());
    let case = Case::new(&world.bench, predict_entry(), json!({"threshold": 0.25}))
        .input("model", &world.model)
        .input("rows", &world.joined)
        .accepts(json!({}))
        .accepts(json!({"label": false}))
        .refuses(json!({"threshold": 2.0}), "from 0 to 1, got `2`")
        .fails_with(
            "a model that names no encoders",
            json!({}),
            &[("model", &foreign), ("rows", &world.joined)],
            ExitCode::Usage,
            "names no encoders",
        )
        .fails_with(
            "rows without the features' columns",
            json!({}),
            &[("model", &world.model), ("rows", &other)],
            ExitCode::Data,
            "no column `x`",
        );
    check_stage!(case);
    // What the stage says of rows is what the model says, by the threshold that is set; the label stands beside it.
    let inputs = [("model", &world.model), ("rows", &world.joined)];
    let outcome = world.bench.outcome(&predict_entry(), &json!({"threshold": 0.25}), &inputs);
    let table = world.bench.table(&outcome.outputs[0].artifact);
    assert_eq!(table.schema().names().collect::<Vec<_>>(), ["label", "prediction", "probability_yes"]);
    let shares: Vec<f64> = table.column("probability_yes").unwrap().f64().unwrap().iter().flatten().collect();
    let said: Vec<bool> =
        table.column("prediction").unwrap().str().unwrap().iter().map(|class| class == Some("yes")).collect();
    assert!(shares.len() == 40 && shares.iter().zip(&said).all(|(share, yes)| (*share >= 0.25) == *yes));
    let without = world.bench.outcome(&predict_entry(), &json!({"label": false}), &inputs);
    assert_eq!(world.bench.table(&without.outputs[0].artifact).schema().columns().len(), 2);
}

#[test]
fn figures_are_scikit_learns() {
    // Expected values: scikit-learn 1.9.1 on the same 40 rows.
    let world = binary();
    let found = world.evaluate(&json!({}), &world.all());
    let expected = [
        ("accuracy_score", ACCURACY),
        ("balanced_accuracy_score", BALANCED),
        ("precision_score", PRECISION),
        ("recall_score", RECALL),
        ("f1_score", F1),
        ("roc_auc_score", AUC),
        ("average_precision_score", AVERAGE_PRECISION),
        ("log_loss", LOG_LOSS),
        ("brier_score_loss", BRIER),
        ("matthews_corrcoef", MATTHEWS),
    ];
    assert_eq!(found.metrics.len(), expected.len());
    for (name, value) in expected {
        let found = metric(&found, name).unwrap();
        assert!((found - value).abs() < 1e-12, "{name} is {found}, expected {value}");
    }
    assert_eq!((found.rows, found.confusion_matrix.clone()), (40, CONFUSION.map(Vec::from).to_vec()));
    let curves: Vec<_> = found.curves.iter().map(|curve| (curve.name.as_str(), curve.x.len())).collect();
    assert_eq!(curves, [("roc", 41), ("precision_recall", 41), ("calibration", 8)]);
    assert!(found.model.bytes > 100 && found.model.parameters == 2);
}

#[test]
fn slices_come_from_columns_that_the_features_dropped() {
    let world = binary();
    let settings = json!({"metrics": ["accuracy_score", "roc_auc_score"], "slices": [
        {"source": "customers", "column": "level"}, {"source": "customers", "column": "age"}, {"column": "size", "quantiles": 2}]});
    let found = world.evaluate(&settings, &world.all());
    let slices = |at: usize| -> Vec<(Option<&str>, u64)> {
        found.slices[at].slices.iter().map(|slice| (slice.value.as_deref(), slice.rows)).collect()
    };
    // Row 1000 is by customers 0 and 1, row 1001 by none.
    assert_eq!(slices(0), [(None, 5), (Some("basic"), 20), (Some("premium"), 15)]);
    assert_eq!(slices(1)[..3], [(Some("20"), 5), (Some("30"), 5), (Some("40"), 5)]);
    assert_eq!(slices(2), [(Some("[0, 20)"), 20), (Some("[20, 39]"), 20)]);
    let SliceMetrics { source, rows_in_several, rows_in_none, .. } = &found.slices[0];
    assert_eq!((source.as_str(), *rows_in_several, *rows_in_none), ("customers", 1, 1));
    assert_eq!((found.slices[2].source.as_str(), found.slices[2].rows_in_none), ("rows", 0));
    // In the second half all but the first row, whose x is 0, are predicted positive.
    let half = &found.slices[2].slices[1].metrics;
    assert_eq!(half[0].value, Some(17.0 / 20.0));
}

#[test]
fn one_class_leaves_metrics_undefined_and_says_so() {
    let world = binary();
    let data = world.matrix(&[26, 27, 28]);
    let settings = json!({});
    let outcome = world.bench.outcome(&evaluate_entry(), &settings, &[("model", &world.model), ("data", &data)]);
    let found: Evaluation = serde_json::from_value(outcome.body).unwrap();
    let auc = found.metrics.iter().find(|metric| metric.name == "roc_auc_score").unwrap();
    assert_eq!((auc.value, auc.reason.as_deref()), (None, Some("all rows belong to one class")));
    assert_eq!(metric(&found, "accuracy_score"), Some(1.0));
    assert!(outcome.warnings.contains(&"`roc_auc_score` is undefined: all rows belong to one class".to_owned()));
    assert!(
        outcome.measurements["predict_row_p99_seconds"] > 0.0 && outcome.measurements["predict_memory_bytes"] > 0.0
    );
}

#[test]
fn the_gate_stops_what_is_not_good_enough() {
    let world = binary();
    let refusal = |settings: Value| {
        world.bench.outcome(&test_entry(), &settings, &[("model", &world.model), ("data", &world.all())]).refusal
    };
    assert_eq!(refusal(json!({"require": [{"metric": "roc_auc_score", "min": 0.5}]})), None);
    let reason =
        refusal(json!({"require": [{"metric": "roc_auc_score", "min": 0.99}, {"metric": "log_loss", "max": 0.001}]}));
    let reason = reason.unwrap();
    assert!(
        reason.contains("required at least 0.99; `log_loss` is") && reason.ends_with("required at most 0.001"),
        "{reason}"
    );
    let one_class = world.matrix(&[26, 27, 28]);
    let settings = json!({"require": [{"metric": "roc_auc_score", "min": 0.5}]});
    let outcome = world.bench.outcome(&test_entry(), &settings, &[("model", &world.model), ("data", &one_class)]);
    assert_eq!(outcome.refusal.unwrap(), "`roc_auc_score` is required and undefined: all rows belong to one class");
}

#[test]
fn rows_shared_with_training_are_counted() {
    let world = binary();
    let data = world.matrix(&(8..16).collect::<Vec<_>>());
    let shared = |inputs: &[(&str, &ArtifactRef)]| -> Vec<(String, u64, u64)> {
        let outcome = world.bench.outcome(&test_entry(), &json!({}), inputs);
        let body: Test = serde_json::from_value(outcome.body).unwrap();
        body.shared_with_training.into_iter().map(|leak| (leak.source, leak.rows, leak.shared)).collect()
    };
    // From the model's own lineage: it was fitted on mails 0 to 9.
    let expected = [("customers".to_owned(), 8, 8), ("mails".to_owned(), 8, 2)];
    assert_eq!(shared(&[("model", &world.model), ("data", &data)]), expected);
    let train = world.matrix(&[15, 16]);
    let expected = [("customers".to_owned(), 8, 2), ("mails".to_owned(), 8, 1)];
    assert_eq!(shared(&[("model", &world.model), ("data", &data), ("train", &train)]), expected);
}

#[test]
fn a_model_from_elsewhere_can_be_tested() {
    let world = binary();
    let (foreign, data) = (ArtifactRef { lineage: None, ..world.model.clone() }, world.all());
    let outcome = world.bench.outcome(&test_entry(), &json!({}), &[("model", &foreign), ("data", &data)]);
    let body: Test = serde_json::from_value(outcome.body).unwrap();
    assert_eq!((body.result.rows, body.shared_with_training.len()), (40, 0));
    assert!(outcome.warnings.iter().any(|warning| warning.contains("has no lineage")));
}

#[test]
fn predictions_lead_to_their_sources() {
    let world = binary();
    let data = world.all();
    let outcome = world.bench.outcome(&evaluate_entry(), &json!({}), &[("model", &world.model), ("data", &data)]);
    let found = &outcome.outputs.iter().find(|output| output.port.as_str() == "predictions").unwrap().artifact;
    let table = world.bench.table(found);
    assert_eq!(table.schema().names().collect::<Vec<_>>(), ["label", "prediction", "probability_yes"]);
    assert_eq!(table.ids()[..2], [1000, 1001]);
    let tracer = Tracer::new(world.bench.store());
    let mut rows: Vec<_> = tracer
        .backward(found, &[1009])
        .unwrap()
        .into_iter()
        .map(|(scan, rows)| (scan.dataset.to_string(), rows))
        .collect();
    rows.sort_unstable();
    assert_eq!(rows, [("customers".to_owned(), vec![1]), ("mails".to_owned(), vec![9])]);
    for column in tracer.columns(found).unwrap() {
        let sources: Vec<_> =
            column.sources.iter().map(|source| (source.scan.as_str(), source.column.as_str())).collect();
        assert_eq!(sources, [("customers", "age")], "{}", column.column);
    }
}

#[test]
fn a_threshold_replaces_the_models_decision() {
    let world = binary();
    let recall = |threshold: f64| {
        metric(&world.evaluate(&json!({"threshold": threshold}), &world.all()), "recall_score").unwrap()
    };
    assert!(recall(0.0) == 1.0 && recall(0.1) >= recall(0.5) && recall(0.5) >= recall(0.9));
}

#[test]
fn several_classes() {
    let classes = ["a", "b", "no", "yes"];
    let softmax = Logistic {
        classes: classes.map(str::to_owned).to_vec(),
        positive: None,
        coefficients: vec![vec![-1.0], vec![0.0], vec![0.5], vec![1.0]],
        intercepts: vec![0.0; 4],
    };
    let world = world(label(&classes), Predictor::Logistic(softmax));
    let found = world.evaluate(&json!({}), &world.all());
    assert_eq!((found.confusion_matrix.len(), found.curves.len(), found.classes.len()), (4, 0, 4));
    // Classes a and b occur in no row, so they have no area.
    assert_eq!(metric(&found, "roc_auc_ovr"), None);
    assert!(metric(&found, "log_loss").is_some() && metric(&found, "f1_macro").is_some());
    let outcome =
        world.bench.outcome(&evaluate_entry(), &json!({}), &[("model", &world.model), ("data", &world.all())]);
    let names: Vec<_> = world.bench.table(&outcome.outputs[0].artifact).schema().names().map(str::to_owned).collect();
    assert_eq!(names, ["label", "prediction", "probability_a", "probability_b", "probability_no", "probability_yes"]);
}

#[test]
fn numbers() {
    let label = FittedLabel::Regression { column: "size".to_owned() };
    let world = world(label, Predictor::Linear(Linear { coefficients: vec![10.0], intercept: 20.0 }));
    let found = world.evaluate(&json!({"slices": [{"source": "customers", "column": "level"}]}), &world.all());
    assert_eq!(found.metrics.len(), 7);
    assert!(metric(&found, "mean_squared_error").unwrap() < 1e-20);
    assert!((metric(&found, "r2_score").unwrap() - 1.0).abs() < 1e-12);
    assert!(found.confusion_matrix.is_empty() && found.classes.is_empty() && found.curves.is_empty());
    assert_eq!(found.slices[0].slices[1].metrics.len(), 7);
}

fn named(name: &str) -> MetricSpec {
    name.parse().unwrap()
}

#[test]
fn what_does_not_fit_is_refused() {
    let evaluator = EvaluateParams::default().check().unwrap();
    let values = |truth: Vec<f64>, weights| Scored {
        answers: Answers::Value { predicted: truth.clone(), truth },
        weights,
        queries: None,
    };
    assert!(matches!(evaluator.evaluate(&values(Vec::new(), None), &[]), Err(EvaluateError::NoRows)));
    assert_eq!(
        named("accuracy_score").measure(&values(vec![1.0], None)),
        Err(NoValue::OtherTask),
        "a metric of classes has no value for numbers"
    );
    let huge = Scored {
        answers: Answers::Value { truth: vec![1e10, 0.0], predicted: vec![0.0, 0.0] },
        weights: None,
        queries: None,
    };
    assert_eq!(named("mean_squared_error").measure(&huge), Err(NoValue::TooLarge));
    let weightless = named("max_error").report(&values(vec![1.0], Some(vec![0.0])));
    assert_eq!(weightless.value, Some(0.0));
    let weightless = named("mean_absolute_error").report(&values(vec![1.0], Some(vec![0.0])));
    assert_eq!((weightless.value, weightless.reason.is_some()), (None, true));
    assert!(predictions(&[1, 2], &[], &values(vec![1.0], None)).is_err());
}

const ACCURACY: f64 = 0.75;
const BALANCED: f64 = 0.7595907928388747;
const PRECISION: f64 = 0.8421052631578947;
const RECALL: f64 = 0.6956521739130435;
const F1: f64 = 0.7619047619047619;
const AUC: f64 = 0.7928388746803069;
const AVERAGE_PRECISION: f64 = 0.8862307351390131;
const LOG_LOSS: f64 = 0.5633859453572969;
const BRIER: f64 = 0.1871937687442726;
const MATTHEWS: f64 = 0.5139504035163748;
const CONFUSION: [[u64; 2]; 2] = [[14, 3], [7, 16]];
