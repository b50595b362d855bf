//! Permutation importances: what a model loses when a column of the table says nothing any more.

use crate::metric::Better;
use crate::ranked::Ranked;
use crate::{EvaluateError, MetricSpec, Scored, Task};
use mlspec_measure::{Draws, Sum, sample, shuffled};
use mlspec_model::{FittedEncoders, Model, RawColumn};
use mlspec_provenance::Tracer;
use mlspec_record::body::{ColumnImportance, ColumnOf, PermutationImportances};
use mlspec_record::{ArtifactRef, Seed};
use mlspec_table::polars::prelude as pl;
use mlspec_table::{Table, TableError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How importances are measured: the values of one column of the encoded table change places among the rows, all features that are
/// made of it with them, and the metric is measured again. As scikit-learn's `permutation_importance` of a whole pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ImportanceParams {
    /// The metric; accuracy of a classifier and R² of a regressor, if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<MetricSpec>,
    /// How often each column is permuted, from 1 to 1,000. Each time, all rows are encoded and predicted.
    #[serde(default = "repeats")]
    #[schemars(range(min = 1, max = 1_000))]
    pub repeats: u32,
    /// The most rows that are looked at, those with the least hashes; all of them if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub max_rows: Option<u64>,
    /// What the draws depend on besides row, column and repeat.
    #[serde(default)]
    pub seed: Seed,
}

fn repeats() -> u32 {
    5
}

impl Default for ImportanceParams {
    fn default() -> Self {
        Self { metric: None, repeats: repeats(), max_rows: None, seed: Seed::default() }
    }
}

/// A model, what makes its features, and rows that were predicted.
pub(crate) struct Subject<'a> {
    pub(crate) model: &'a Model,
    pub(crate) encoders: &'a FittedEncoders,
    /// The raw table of the matrix: what the encoders store of each row.
    pub(crate) raw: Table,
    pub(crate) scored: &'a Scored,
    pub(crate) threshold: Option<f64>,
}

impl ImportanceParams {
    pub(crate) fn check(&self) -> Result<(), EvaluateError> {
        match (self.repeats, self.max_rows) {
            (1..=1_000, None | Some(1..)) => Ok(()),
            (1..=1_000, _) => Err(EvaluateError::MaxRows),
            (found, _) => Err(EvaluateError::Repeats(found)),
        }
    }

    /// The metric that is measured for this task.
    pub(crate) fn metric(&self, task: Task) -> Result<MetricSpec, EvaluateError> {
        let metric = match (self.metric, task) {
            (Some(metric), _) => metric,
            (None, Task::Numbers) => "r2_score".parse()?,
            (None, _) => "accuracy_score".parse()?,
        };
        if metric.suits(task) { Ok(metric) } else { Err(EvaluateError::unsuitable(metric, task)) }
    }

    /// The importance of every column that features are made of, by name.
    pub(crate) fn measure(
        &self,
        subject: &Subject<'_>,
        sources: &BTreeMap<String, Vec<ColumnOf>>,
    ) -> Result<PermutationImportances, EvaluateError> {
        let metric = self.metric(subject.scored.task())?;
        let draws = Draws::new("permutation importance", self.seed.get());
        let most = self.max_rows.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
        let chosen = sample(&subject.raw.ids(), most, draws);
        let positions: Vec<u32> = chosen.iter().filter_map(|&row| u32::try_from(row).ok()).collect();
        let subject =
            Subject { raw: take(&subject.raw, &positions)?, scored: &subject.scored.select(&positions), ..*subject };
        let baseline = metric.report(subject.scored);
        let mut columns = Vec::new();
        for (column, raw) in by_column(subject.encoders.feature_columns()) {
            let draws = draws.name(&column);
            let losses = (0..u64::from(self.repeats)).map(|repeat| {
                let permuted = subject.permuted(&raw, &shuffled(&subject.raw.ids(), draws.number(repeat)))?;
                let value = metric.measure_ranked(&Ranked::new(&permuted)).ok();
                Ok(baseline.value.zip(value).map(|(was, is)| match metric.better() {
                    Better::More => was - is,
                    Better::Less => is - was,
                }))
            });
            let losses: Vec<f64> = losses.collect::<Result<Vec<_>, EvaluateError>>()?.into_iter().flatten().collect();
            let features = subject.features_of(&column);
            let sources = sources.get(&column).cloned().unwrap_or_default();
            let (mean, standard_deviation) = spread(&losses);
            let measured = losses.len() as u64;
            columns.push(ColumnImportance { column, features, mean, standard_deviation, measured, sources });
        }
        Ok(PermutationImportances {
            metric: baseline.name,
            value: baseline.value,
            rows: subject.raw.len() as u64,
            repeats: u64::from(self.repeats),
            columns,
        })
    }
}

impl Subject<'_> {
    /// What the model says when these raw columns have other rows' values: each row those of the one in its place in `order`.
    fn permuted(&self, raw: &[String], order: &[usize]) -> Result<Scored, EvaluateError> {
        let order: Vec<pl::IdxSize> = order.iter().filter_map(|&row| pl::IdxSize::try_from(row).ok()).collect();
        let order = pl::IdxCa::from_vec("order".into(), order);
        let mut frame = self.raw.frame().clone();
        for name in raw {
            let shuffled = frame.column(name).and_then(|column| column.take(&order)).map_err(TableError::from)?;
            frame.with_column(shuffled).map_err(TableError::from)?;
        }
        let raw = Table::new(frame)?;
        let prediction = self.model.predict(&self.encoders.assemble(&raw, None)?)?;
        self.scored.with_prediction(prediction, self.threshold)
    }

    /// How many features are made of a column, alone or with others.
    fn features_of(&self, column: &str) -> u64 {
        let ranges = self.encoders.ranges();
        let of = ranges.iter().filter(|range| range.columns.iter().any(|from| from == column));
        of.map(|range| range.end - range.start).sum()
    }
}

/// The raw columns of each table column, by name.
fn by_column(raw: Vec<RawColumn>) -> BTreeMap<String, Vec<String>> {
    let mut columns: BTreeMap<String, Vec<String>> = BTreeMap::new();
    raw.into_iter().for_each(|raw| columns.entry(raw.column).or_default().push(raw.name));
    columns
}

/// The rows at these positions, which ascend.
fn take(raw: &Table, positions: &[u32]) -> Result<Table, EvaluateError> {
    let order = pl::IdxCa::from_vec("order".into(), positions.iter().map(|&row| row as pl::IdxSize).collect());
    let frame = raw.frame().take(&order).map_err(TableError::from)?;
    Ok(Table::new(frame)?)
}

/// Mean and standard deviation (of the sample itself, as NumPy's), where there are values.
fn spread(values: &[f64]) -> (Option<f64>, Option<f64>) {
    if values.is_empty() {
        return (None, None);
    }
    let count = values.len() as f64;
    let mean = values.iter().copied().collect::<Sum>().get() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).collect::<Sum>().get() / count;
    (Some(mean + 0.0), Some(variance.sqrt()))
}

/// The columns of datasets behind each table column that features are made of.
pub(crate) fn sources(
    tracer: &Tracer<'_>,
    data: &ArtifactRef,
) -> Result<BTreeMap<String, Vec<ColumnOf>>, EvaluateError> {
    let mut found: BTreeMap<String, BTreeSet<(String, String)>> = BTreeMap::new();
    if data.lineage.is_none() {
        return Ok(BTreeMap::new());
    }
    // The table that was encoded knows its columns apart, where a range of features may have several.
    let table = tracer.lineage(data)?.parents.into_iter().next();
    for column in table.map(|table| tracer.columns(&table.artifact)).transpose()?.into_iter().flatten() {
        let behind = found.entry(column.column).or_default();
        behind.extend(column.sources.into_iter().map(|source| (source.scan, source.column)));
    }
    let told = |(source, column)| ColumnOf { source, column };
    Ok(found.into_iter().map(|(column, behind)| (column, behind.into_iter().map(told).collect())).collect())
}
