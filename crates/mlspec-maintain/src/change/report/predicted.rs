//! Predictions and metrics, before and after.

use crate::MaintainError;
use mlspec_record::body::{Evaluation, Metric, Test};
use mlspec_record::{ArtifactKind, ArtifactRef, Envelope, Kind};
use mlspec_store::Store;
use mlspec_table::polars::prelude::Column;
use mlspec_table::{Table, TableError};
use serde::{Deserialize as _, Serialize};
use serde_json::Value;

/// How predictions changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PredictionChange {
    /// How many rows are predicted in both runs.
    pub rows: u64,
    /// How many of them get another probability, or another value where values are predicted.
    pub changed: u64,
    /// The greatest difference.
    pub greatest: f64,
    /// The mean difference over all of these rows.
    pub mean: f64,
    /// How many of them get another prediction, where classes are predicted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decisions: Option<u64>,
    /// How many of them have another label.
    pub labels: u64,
}

/// A metric in both runs; null where it is undefined.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetricChange {
    /// Its name.
    pub name: String,
    /// Its value before.
    pub before: Option<f64>,
    /// Its value now.
    pub after: Option<f64>,
}

/// The metrics of a step that measures.
pub(super) fn metrics(before: &Envelope<Value>, after: &Envelope<Value>) -> Vec<MetricChange> {
    let before = measured(before);
    let value = |metric: Metric| {
        let then = before.iter().find(|then| then.name == metric.name).and_then(|then| then.value);
        MetricChange { name: metric.name, before: then, after: metric.value }
    };
    measured(after).into_iter().map(value).collect()
}

fn measured(record: &Envelope<Value>) -> Vec<Metric> {
    let found = match record.kind {
        Kind::Evaluation => Evaluation::deserialize(&record.body).ok(),
        Kind::Test => Test::deserialize(&record.body).ok().map(|test| test.result),
        _ => None,
    };
    found.map(|found| found.metrics).unwrap_or_default()
}

/// The predictions of a step that makes some.
pub(super) fn predictions(
    store: &Store,
    before: &Envelope<Value>,
    after: &Envelope<Value>,
) -> Result<Option<PredictionChange>, MaintainError> {
    if !matches!(after.kind, Kind::Evaluation | Kind::Test) {
        return Ok(None);
    }
    let of = |record: &Envelope<Value>| -> Option<ArtifactRef> {
        let mut tables = record.outputs.iter().filter(|output| output.artifact.kind == ArtifactKind::Table);
        tables.next().map(|output| output.artifact.clone())
    };
    let (Some(was), Some(is)) = (of(before), of(after)) else { return Ok(None) };
    let (one, other) = (Table::read(store, &was.digest)?, Table::read(store, &is.digest)?);
    compare(&one, &other).map(Some)
}

fn compare(one: &Table, other: &Table) -> Result<PredictionChange, MaintainError> {
    let pairs = pairs(&one.ids(), &other.ids());
    let shares = shares(one, other)?;
    let (mut changed, mut greatest, mut sum) = (0, 0.0_f64, 0.0);
    for &(was, is) in &pairs {
        let by = shares.iter().map(|(one, other)| distance(one.get(was), other.get(is))).fold(0.0, f64::max);
        changed += u64::from(by > 0.0);
        greatest = greatest.max(by);
        sum += by;
    }
    let differ = |column: &str| -> Result<Option<u64>, MaintainError> {
        let (Ok(one), Ok(other)) = (one.column(column), other.column(column)) else { return Ok(None) };
        let mut differ = 0;
        for &(was, is) in &pairs {
            let value = |column: &Column, at| column.get(at).map(|value| value.into_static()).map_err(TableError::from);
            differ += u64::from(value(one, was)? != value(other, is)?);
        }
        Ok(Some(differ))
    };
    let classes = one.column("prediction")?.f64().is_err();
    Ok(PredictionChange {
        rows: pairs.len() as u64,
        changed,
        greatest,
        mean: if pairs.is_empty() { 0.0 } else { sum / pairs.len() as f64 },
        decisions: if classes { differ("prediction")? } else { None },
        labels: differ("label")?.unwrap_or(0),
    })
}

/// The columns of numbers that are predicted, in both tables: probabilities, or the value.
#[expect(clippy::type_complexity, reason = "pairs of columns")]
fn shares(one: &Table, other: &Table) -> Result<Vec<(Vec<Option<f64>>, Vec<Option<f64>>)>, MaintainError> {
    let predicted = |name: &&str| name.starts_with("probability_") || *name == "prediction";
    let values = |table: &Table, name: &str| table.column(name).ok()?.f64().ok().map(|values| values.iter().collect());
    let names = one.schema().names().filter(predicted);
    Ok(names.filter_map(|name| Some((values(one, name)?, values(other, name)?))).collect())
}

fn distance(one: Option<&Option<f64>>, other: Option<&Option<f64>>) -> f64 {
    match (one.copied().flatten(), other.copied().flatten()) {
        (Some(one), Some(other)) => (one - other).abs(),
        _ => 0.0,
    }
}

/// The places of ids that both have, which are ascending.
fn pairs(one: &[u64], other: &[u64]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::with_capacity(one.len().min(other.len()));
    let mut at = 0;
    for (was, id) in one.iter().enumerate() {
        while other.get(at).is_some_and(|other| other < id) {
            at += 1;
        }
        if other.get(at) == Some(id) {
            pairs.push((was, at));
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlspec_table::polars::prelude::df;

    #[test]
    fn rows_of_both_runs_are_compared() {
        let one = Table::with_ids(
            df!("label" => ["a", "b", "a"], "prediction" => ["a", "a", "b"], "probability_b" => [0.25, 0.5, 0.75])
                .unwrap(),
            vec![1, 2, 5],
        );
        let other = Table::with_ids(
            df!("label" => ["b", "b", "a"], "prediction" => ["b", "b", "b"], "probability_b" => [0.5, 1.0, 0.75])
                .unwrap(),
            vec![2, 3, 5],
        );
        let found = compare(&one.unwrap(), &other.unwrap()).unwrap();
        let expected =
            PredictionChange { rows: 2, changed: 0, greatest: 0.0, mean: 0.0, decisions: Some(1), labels: 0 };
        assert_eq!(found, expected);
        let value = |values: [f64; 2]| Table::with_ids(df!("prediction" => values).unwrap(), vec![0, 9]).unwrap();
        let found = compare(&value([1.0, 2.0]), &value([1.0, 2.5])).unwrap();
        assert_eq!((found.changed, found.greatest, found.mean, found.decisions), (1, 0.5, 0.25, None));
    }
}
