//! Predictions and metrics, before and after.

use crate::MaintainError;
use mlspec_record::body::{Evaluation, Metric, Test};
use mlspec_record::{ArtifactKind, ArtifactRef, Envelope, Kind};
use mlspec_store::Store;
use mlspec_table::polars::prelude::{
    BooleanChunked, ChunkCompareEq as _, DataFrame, Float64Chunked, NewChunkedArray as _,
};
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
    let (one, other) = common(one, other)?;
    let rows = one.height();
    let mut by = vec![0.0_f64; rows];
    for name in one.get_column_names().into_iter().filter(|name| is_share(name)) {
        let (Some(was), Some(is)) = (numbers(&one, name), numbers(&other, name)) else { continue };
        for (by, pair) in by.iter_mut().zip(was.iter().zip(is.iter())) {
            if let (Some(was), Some(is)) = pair {
                *by = by.max((was - is).abs());
            }
        }
    }
    let classes = one.column("prediction").map_err(TableError::from)?.f64().is_err();
    Ok(PredictionChange {
        rows: rows as u64,
        changed: by.iter().filter(|by| **by > 0.0).count() as u64,
        greatest: by.iter().copied().fold(0.0, f64::max),
        mean: if rows == 0 { 0.0 } else { by.iter().sum::<f64>() / rows as f64 },
        decisions: if classes { Some(differing(&one, &other, "prediction")?) } else { None },
        labels: differing(&one, &other, "label")?,
    })
}

/// The rows of both whose ids both have.
fn common(one: &Table, other: &Table) -> Result<(DataFrame, DataFrame), TableError> {
    let (was, is) = (one.ids(), other.ids());
    if was == is {
        return Ok((one.frame().clone(), other.frame().clone()));
    }
    let in_both = |ids: &[u64], others: &[u64]| {
        let mut others = others.iter().peekable();
        let found = ids.iter().map(|id| {
            while others.next_if(|other| *other < id).is_some() {}
            others.peek() == Some(&id)
        });
        BooleanChunked::from_iter_values("".into(), found.collect::<Vec<_>>().into_iter())
    };
    Ok((one.frame().filter(&in_both(&was, &is))?, other.frame().filter(&in_both(&is, &was))?))
}

/// Whether a column is predicted as a number: a probability, or the value.
fn is_share(name: &str) -> bool {
    name.starts_with("probability_") || name == "prediction"
}

fn numbers<'f>(frame: &'f DataFrame, name: &str) -> Option<&'f Float64Chunked> {
    frame.column(name).ok()?.f64().ok()
}

/// In how many rows a column differs; in none where one of the two has no such column, in all where it is of another type.
fn differing(one: &DataFrame, other: &DataFrame, column: &str) -> Result<u64, TableError> {
    let (Ok(one), Ok(other)) = (one.column(column), other.column(column)) else { return Ok(0) };
    let (one, other) = (one.as_materialized_series(), other.as_materialized_series());
    match one.dtype() == other.dtype() {
        true => Ok(u64::from(one.not_equal_missing(other)?.sum().unwrap_or_default())),
        false => Ok(one.len() as u64),
    }
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
