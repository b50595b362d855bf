//! What became of the model's metrics: those that are means over rows, so that chance can be told.

use mlspec_measure::distance::{Alternative, Sample, fisher_exact_test, welch_t_test};
use mlspec_measure::profile::Moments;
use mlspec_record::body::MetricDrift;
use mlspec_table::polars::prelude::{Column, DataType};
use mlspec_table::profile::optional_numbers;
use mlspec_table::{Table, TableError};

/// The columns of predictions that metrics are made of.
const LABEL: &str = "label";
const PREDICTION: &str = "prediction";
const PROBABILITY: &str = "probability_";

/// The scores of the rows that have a label, by metric, and whether more is better.
struct Scores {
    metric: &'static str,
    better: Better,
    rows: Vec<f64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Better {
    More,
    Less,
}

/// The metrics that both tables of predictions have; none where a side has no labels.
pub(crate) fn compare(reference: &Table, current: &Table) -> Result<Vec<MetricDrift>, TableError> {
    let (was, is) = (scores(reference)?, scores(current)?);
    let pairs = was.iter().filter_map(|was| Some((was, is.iter().find(|is| is.metric == was.metric)?)));
    Ok(pairs.filter(|(was, is)| !was.rows.is_empty() && !is.rows.is_empty()).map(|(was, is)| drift(was, is)).collect())
}

fn drift(was: &Scores, is: &Scores) -> MetricDrift {
    let moments = |scores: &Scores| Moments::of(&scores.rows, 2);
    let (before, now) = (moments(was), moments(is));
    let (reference, current) = (before.mean().unwrap_or(f64::MAX), now.mean().unwrap_or(f64::MAX));
    let tested = match was.metric {
        "accuracy_score" => {
            let right = |scores: &Scores| {
                (scores.rows.iter().filter(|score| **score == 1.0).count() as u64, scores.rows.len() as u64)
            };
            fisher_exact_test(right(was), right(is), Alternative::TwoSided)
        }
        _ => {
            let sample = |moments: &Moments, mean: f64| Sample {
                rows: moments.count(),
                mean,
                variance: moments.variance().unwrap_or(f64::INFINITY),
            };
            welch_t_test(sample(&before, reference), sample(&now, current))
        }
    };
    let worse = if was.better == Better::More { current < reference } else { current > reference };
    let p_value = tested.ok().map(|tested| tested.p_value());
    MetricDrift { metric: was.metric.to_owned(), reference, current, p_value, worse, drifted: false }
}

fn scores(table: &Table) -> Result<Vec<Scores>, TableError> {
    let column = |name: &str| table.column(name).ok();
    let (Some(label), Some(prediction)) = (column(LABEL), column(PREDICTION)) else { return Ok(Vec::new()) };
    match (number(label), number(prediction)) {
        (true, true) => {
            let both = optional_numbers(label)?.into_iter().zip(optional_numbers(prediction)?);
            let errors: Vec<f64> = both
                .filter_map(|(label, prediction)| Some(prediction? - label?))
                .filter(|error| error.is_finite())
                .collect();
            let absolute = errors.iter().map(|error| error.abs()).collect();
            let squared = errors.iter().map(|error| error * error).filter(|square| square.is_finite()).collect();
            Ok(vec![
                Scores { metric: "mean_absolute_error", better: Better::Less, rows: absolute },
                Scores { metric: "mean_squared_error", better: Better::Less, rows: squared },
            ])
        }
        _ => of_classes(table, &texts(label)?, &texts(prediction)?),
    }
}

fn of_classes(
    table: &Table,
    labels: &[Option<String>],
    predictions: &[Option<String>],
) -> Result<Vec<Scores>, TableError> {
    let both = labels.iter().zip(predictions);
    let right = both.filter_map(|(label, prediction)| {
        let (label, prediction) = (label.as_ref()?, prediction.as_ref()?);
        Some(f64::from(u8::from(label == prediction)))
    });
    let mut found = vec![Scores { metric: "accuracy_score", better: Better::More, rows: right.collect() }];
    let probabilities: Vec<&str> = table.schema().names().filter(|name| name.starts_with(PROBABILITY)).collect();
    if let [name] = probabilities[..] {
        let positive = name.strip_prefix(PROBABILITY).unwrap_or_default();
        let both = labels.iter().zip(optional_numbers(table.column(name)?)?);
        let squared = both.filter_map(|(label, probability)| {
            let happened = f64::from(u8::from(label.as_ref()? == positive));
            Some((happened - probability?).powi(2)).filter(|square| square.is_finite())
        });
        found.push(Scores { metric: "brier_score_loss", better: Better::Less, rows: squared.collect() });
    }
    Ok(found)
}

fn number(column: &Column) -> bool {
    column.dtype().is_primitive_numeric()
}

fn texts(column: &Column) -> Result<Vec<Option<String>>, TableError> {
    let texts = column.as_materialized_series().cast(&DataType::String)?;
    Ok(texts.str()?.iter().map(|text| text.map(str::to_owned)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlspec_table::polars::df;
    use mlspec_table::polars::prelude::DataFrame;

    fn found(reference: DataFrame, current: DataFrame) -> Vec<(String, f64, f64, bool)> {
        let table = |frame| Table::number(frame, 0).unwrap();
        let found = compare(&table(reference), &table(current)).unwrap();
        found.into_iter().map(|one| (one.metric, one.reference, one.current, one.worse)).collect()
    }

    #[test]
    fn metrics_are_means_over_rows_with_a_label() {
        let numbers = |label: [Option<f64>; 3]| df!("label" => label, "prediction" => [1.0, 2.0, 3.0]).unwrap();
        let classes = |label: [Option<&str>; 4]| {
            df!("label" => label, "prediction" => ["a", "a", "b", "b"], "probability_a" => [0.8, 0.6, 0.4, 0.0])
                .unwrap()
        };
        let was = numbers([Some(1.0), Some(2.0), Some(3.0)]);
        assert_eq!(
            found(was.clone(), numbers([Some(1.0), None, Some(5.0)])),
            [("mean_absolute_error".to_owned(), 0.0, 1.0, true), ("mean_squared_error".to_owned(), 0.0, 2.0, true)]
        );
        assert_eq!(found(was, numbers([None; 3])), []);
        let right = classes([Some("a"), Some("a"), Some("b"), Some("b")]);
        let half = found(right.clone(), classes([Some("b"), Some("b"), None, Some("b")]));
        assert_eq!(half[0], ("accuracy_score".to_owned(), 1.0, 1.0 / 3.0, true));
        assert!(half[1].0 == "brier_score_loss" && (half[1].1 - 0.09).abs() < 1e-12 && half[1].3);
        assert_eq!(found(right.clone(), df!("label" => ["a"]).unwrap()), []);
        assert!(!found(right.clone(), right)[0].3);
    }
}
