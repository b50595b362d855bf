//! Metrics as settings write them, their intervals, rankings by query, and what columns are worth.

use super::*;
use crate::{Better, Task};

/// Of the permuted column `x`, by scikit-learn's `permutation_importance` with 4,000 repeats: mean and standard deviation.
const IMPORTANCE: (f64, f64) = (0.254775, 0.07970852761781515);
const NDCG: f64 = 0.794709278181458;
const NDCG_3: f64 = 0.6143868466742702;
const RANK: f64 = 0.7666666666666666;
/// How many metrics need no parameter, and how many take some.
const PLAIN: usize = 40;
const WITH: usize = 12;

#[test]
fn permuted_columns_cost_what_the_model_made_of_them() {
    let world = binary();
    let settings = |more: Value| json!({ "permutation_importance": more });
    let found = world.evaluate(&settings(json!({"repeats": 20})), &world.all()).importances.unwrap();
    assert_eq!((found.metric.as_str(), found.value, found.rows, found.repeats), ("accuracy_score", Some(0.75), 40, 20));
    // `x` is all that the model looks at; its predictions of permuted rows are right by chance.
    let [column] = &found.columns[..] else { panic!("{found:?}") };
    assert_eq!((column.column.as_str(), column.features, column.measured), ("x", 1, 20));
    let (mean, deviation) = (column.mean.unwrap(), column.standard_deviation.unwrap());
    assert!((mean - IMPORTANCE.0).abs() < 3.0 * IMPORTANCE.1 / 20_f64.sqrt(), "{mean}");
    assert!((deviation / IMPORTANCE.1 - 1.0).abs() < 0.5, "{deviation}");
    let sources: Vec<_> = column.sources.iter().map(|of| (of.source.as_str(), of.column.as_str())).collect();
    assert_eq!(sources, [("customers", "age")], "as the lineage of the encoded table says");
    // Of a loss it is what is added.
    let loss = world.evaluate(&settings(json!({"metric": "log_loss"})), &world.all()).importances.unwrap();
    assert!(loss.columns[0].mean.unwrap() > 0.1);
    let some = world.evaluate(&settings(json!({"max_rows": 7})), &world.all()).importances.unwrap();
    assert_eq!(some.rows, 7);
    // A metric without value is missed by nobody.
    let one_class = world.matrix(&[26, 27, 28]);
    let none = world.evaluate(&settings(json!({"metric": "roc_auc_score"})), &one_class).importances.unwrap();
    assert_eq!((none.value, none.columns[0].mean, none.columns[0].measured), (None, None, 0));
}

#[test]
fn metrics_have_intervals_where_asked_for() {
    let world = binary();
    let settings = json!({"metrics": ["accuracy_score", "roc_auc_score"], "bootstrap": {"samples": 200}});
    let found = world.evaluate(&settings, &world.all());
    for metric in &found.metrics {
        let interval = metric.interval.clone().unwrap();
        let value = metric.value.unwrap();
        assert!(interval.low < value && value < interval.high && interval.samples == 200, "{metric:?}");
        assert!((interval.high - interval.low) > 0.1 && interval.level == 0.95, "{metric:?}");
    }
    assert!(world.evaluate(&json!({}), &world.all()).metrics.iter().all(|metric| metric.interval.is_none()));
}

#[test]
fn rows_are_ranked_query_by_query() {
    let world = binary();
    let settings = json!({"metrics": ["ndcg_score", {"ndcg_score": {"k": 3}}, "mean_reciprocal_rank"],
        "queries": {"column": "size", "quantiles": 5}});
    let found = world.evaluate(&settings, &world.all());
    // Per bin of eight rows: ndcg_score([flag == "yes"], [probability], k=…), the mean over bins; ranks by hand.
    for (name, expect) in [("ndcg_score", NDCG), ("ndcg_score(k=3)", NDCG_3), ("mean_reciprocal_rank", RANK)] {
        let found = metric(&found, name).unwrap();
        assert!((found - expect).abs() < 1e-12, "{name} is {found}");
    }
}

#[test]
fn metrics_are_written_as_names_and_parameters() {
    let check = |written: Value, name: &str| {
        let metric: MetricSpec = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(metric.to_string(), name);
        let again: MetricSpec = serde_json::from_value(serde_json::to_value(metric).unwrap()).unwrap();
        assert_eq!(again, metric, "{written}");
    };
    check(json!("accuracy_score"), "accuracy_score");
    check(json!({"fbeta_score": {"beta": 2}}), "fbeta_score(beta=2)");
    check(json!({"fbeta_score": {"average": "macro", "beta": 0.5}}), "fbeta_score(beta=0.5, average=macro)");
    check(json!({"f1_score": {"average": "binary"}}), "f1_score");
    check(json!({"accuracy_score": {}}), "accuracy_score");
    check(json!({"top_k_accuracy_score": {"k": 2}}), "top_k_accuracy_score");
    check(json!({"top_k_accuracy_score": {"k": 5}}), "top_k_accuracy_score(k=5)");
    check(json!({"mean_tweedie_deviance": {"power": 1.5}}), "mean_tweedie_deviance(power=1.5)");
    check(
        json!({"roc_auc_score": {"multi_class": "ovo", "average": "weighted"}}),
        "roc_auc_score(multi_class=ovo, average=weighted)",
    );
    check(
        json!({"expected_calibration_error": {"strategy": "quantile"}}),
        "expected_calibration_error(strategy=quantile)",
    );
    let refuse = |written: Value, why: &str| {
        let told = serde_json::from_value::<MetricSpec>(written.clone()).unwrap_err().to_string();
        assert!(told.contains(why), "{written}: {told}");
    };
    refuse(json!("Accuracy_Score"), "unknown metric `Accuracy_Score`");
    refuse(json!("fbeta_score"), "the parameter `beta` of the metric `fbeta_score` must be at least 0");
    for beta in [json!(-1), json!(1e300)] {
        refuse(json!({"fbeta_score": {"beta": beta}}), "the parameter `beta`");
    }
    refuse(json!({"fbeta_score": {"beta": "2"}}), "invalid type");
    refuse(json!({"fbeta_score": {"gamma": 2}}), "unknown field `gamma`");
    refuse(json!({"log_loss": {"k": 2}}), "the metric `log_loss` has no parameter `k`; it takes none");
    refuse(json!({"average_precision_score": {"average": "binary"}}), "`micro`, `macro` or `weighted`");
    refuse(json!({"roc_auc_score": {"average": "micro"}}), "`macro` or `weighted`");
    refuse(json!({"ndcg_score": {"k": 0}}), "at least 1");
    refuse(json!({"mean_pinball_loss": {"alpha": 1.5}}), "from 0 to 1");
    refuse(json!({"mean_tweedie_deviance": {"power": 0.5}}), "at most 0 or at least 1");
    refuse(json!({"expected_calibration_error": {"n_bins": 0}}), "from 1 to 10,000");
    refuse(json!({}), "the object is empty");
    refuse(json!({"log_loss": {}, "f1_score": {}}), "names two metrics, `log_loss` and `f1_score`");
    refuse(json!(["log_loss"]), "a metric: its name, or an object");
}

#[test]
fn every_metric_has_values_where_it_suits() {
    let answers = |positive| Answers::Class {
        truth: vec![0, 1, 1, 0, 1],
        predicted: vec![0, 1, 0, 0, 1],
        probabilities: Some(vec![vec![0.9, 0.2, 0.6, 0.7, 0.4], vec![0.1, 0.8, 0.4, 0.3, 0.6]]),
        positive,
    };
    let numbers = Answers::Value { truth: vec![1.0, 2.0, 4.0, 3.0, 2.0], predicted: vec![1.5, 2.0, 3.0, 3.5, 1.0] };
    let worlds = [answers(Some(1)), answers(None), numbers];
    let schema = schemars::schema_for!(MetricSpec).to_value();
    let plain: Vec<String> = serde_json::from_value(schema["anyOf"][0]["enum"].clone()).unwrap();
    let with = schema["anyOf"][1]["properties"].as_object().unwrap();
    assert_eq!((plain.len(), with.len()), (PLAIN, WITH));
    let mut metrics: Vec<MetricSpec> = plain.iter().map(|name| name.parse().unwrap()).collect();
    metrics.push(serde_json::from_value(json!({"fbeta_score": {"beta": 2}})).unwrap());
    for multi_class in ["ovr", "ovo"] {
        metrics.push(serde_json::from_value(json!({"roc_auc_score": {"multi_class": multi_class}})).unwrap());
    }
    for name in ["precision_score", "recall_score", "f1_score"] {
        let averages = ["binary", "micro", "macro", "weighted"];
        let of = |average: &str| serde_json::from_value::<MetricSpec>(json!({ name: {"average": average} })).unwrap();
        metrics.extend(averages.map(of));
    }
    for metric in metrics {
        for answers in &worlds {
            let scored = Scored {
                answers: answers.clone(),
                weights: Some(vec![1.0, 2.0, 0.5, 1.0, 3.0]),
                queries: Some(vec![0, 0, 0, 1, 1]),
            };
            let found = metric.measure(&scored);
            assert_eq!(found.is_ok(), metric.suits(scored.task()), "{metric} of {:?}: {found:?}", scored.task());
            if !metric.suits(scored.task()) {
                assert_eq!(found, Err(NoValue::OtherTask), "{metric}");
            }
            // What is perfect is best, whatever way is better.
            let perfect = match &scored.answers {
                Answers::Value { truth, .. } => Answers::Value { truth: truth.clone(), predicted: truth.clone() },
                Answers::Class { truth, positive, .. } => Answers::Class {
                    truth: truth.clone(),
                    predicted: truth.clone(),
                    probabilities: Some(vec![
                        truth.iter().map(|&code| f64::from(1 - code)).collect(),
                        truth.iter().map(|&code| f64::from(code)).collect(),
                    ]),
                    positive: *positive,
                },
            };
            if let (Ok(value), Ok(best)) = (found, metric.measure(&Scored { answers: perfect, ..scored })) {
                match metric.better() {
                    Better::More => assert!(best >= value, "{metric}: {best} {value}"),
                    Better::Less => assert!(best <= value, "{metric}: {best} {value}"),
                }
            }
        }
    }
    for task in [Task::Binary, Task::Classes, Task::Numbers] {
        assert!(MetricSpec::defaults(task).iter().all(|metric| metric.suits(task)));
        assert!(MetricSpec::defaults(task).len() >= 7);
    }
}
