//! How far parts are from each other, column by column: whether a part is like the one that is learnt from.

use crate::output::{Output, Outputs, Takes};
use crate::{SplitError, Splitter};
use mlspec_measure::distance::{
    counted, jensen_shannon_distance, kolmogorov_smirnov_test, l_infinity_distance, population_stability_index,
};
use mlspec_measure::{count_between, count_values, most_frequent, quantile_edges};
use mlspec_record::body::{PartDistance, Severity};
use mlspec_record::{ArtifactRef, DataType, TableSchema};
use mlspec_store::Store;
use mlspec_table::polars::prelude as pl;
use mlspec_table::{Table, TableError};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many bins numbers are put into, and how many values of other columns are told apart.
const BINS: usize = 10;
const VALUES: usize = 100;

/// How many columns a refusal names.
const NAMED: usize = 10;

/// Measures how far parts are from each other, and says how far they may be. Parts are compared with the one that has the greatest share
/// (of equal ones the first; of parts by cuts or by a column the first), folds' test parts with their train parts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct DistanceParams {
    /// The columns; all that hold numbers, times, texts or booleans, where none is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(min = 1))]
    pub columns: Vec<String>,
    /// The greatest population stability index, over the tenths or the 100 most frequent values of the reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0.0))]
    pub max_population_stability_index: Option<f64>,
    /// The greatest distance by Jensen and Shannon to the base 2, over the same bins.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0.0, max = 1.0))]
    pub max_jensen_shannon_distance: Option<f64>,
    /// The greatest difference of the share of a text or boolean: of a label's class, for one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0.0, max = 1.0))]
    pub max_l_infinity_distance: Option<f64>,
    /// The greatest difference of the distribution functions of numbers or times.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "f64", range(min = 0.0, max = 1.0))]
    pub max_kolmogorov_smirnov: Option<f64>,
    /// What it means when parts are farther apart: `error` stops the pipeline, `warning` tells.
    pub severity: Severity,
}

impl DistanceParams {
    pub(crate) fn check(&self) -> Result<(), SplitError> {
        let limits = [
            ("max_population_stability_index", self.max_population_stability_index, f64::MAX),
            ("max_jensen_shannon_distance", self.max_jensen_shannon_distance, 1.0),
            ("max_l_infinity_distance", self.max_l_infinity_distance, 1.0),
            ("max_kolmogorov_smirnov", self.max_kolmogorov_smirnov, 1.0),
        ];
        // Written as "not inside", which refuses NaN.
        match limits.into_iter().find(|(_, limit, most)| limit.is_some_and(|limit| !(0.0..=*most).contains(&limit))) {
            Some((name, limit, _)) => Err(SplitError::Setting(format!(
                "`distance.{name}` must be a distance from 0, got `{}`",
                limit.unwrap_or_default()
            ))),
            None => Ok(()),
        }
    }

    pub(crate) fn plan(&self, schema: &TableSchema) -> Result<(), SplitError> {
        let known = || schema.names().map(str::to_owned).collect();
        self.columns.iter().try_for_each(|column| match schema.get(column) {
            None => Err(SplitError::Column { column: column.clone(), known: known() }),
            Some(found) if sort_of(found).is_none() => Err(SplitError::NoDistance { column: column.clone(), found }),
            Some(_) => Ok(()),
        })
    }

    /// What is said where parts are too far apart.
    pub(crate) fn verdict(&self, distances: &[PartDistance]) -> Option<String> {
        let beyond =
            |found: Option<f64>, limit: Option<f64>| found.zip(limit).is_some_and(|(found, limit)| found > limit);
        let far: Vec<String> = distances
            .iter()
            .filter(|found| {
                beyond(found.population_stability_index, self.max_population_stability_index)
                    || beyond(found.jensen_shannon_distance, self.max_jensen_shannon_distance)
                    || beyond(found.l_infinity_distance, self.max_l_infinity_distance)
                    || beyond(found.kolmogorov_smirnov, self.max_kolmogorov_smirnov)
            })
            .map(|found| format!("`{}` of `{}` and `{}`", found.column, found.reference, found.part))
            .collect();
        let more = match far.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        let named = far.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        (!far.is_empty()).then(|| format!("parts are too far apart in {named}{more}"))
    }
}

/// What can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Numbers,
    Values,
}

fn sort_of(data_type: DataType) -> Option<Sort> {
    match data_type {
        DataType::String | DataType::Boolean => Some(Sort::Values),
        DataType::Date | DataType::Time | DataType::Datetime | DataType::DatetimeUtc => Some(Sort::Numbers),
        found if found.is_numeric() => Some(Sort::Numbers),
        _ => None,
    }
}

/// Which outputs are compared: the reference, and what is compared with it.
fn pairs(outputs: &Outputs) -> Vec<(usize, usize)> {
    let all: Vec<&Output> = outputs.iter().collect();
    let others = |of: usize| all.iter().position(|output| output.takes == Takes::Others(of));
    let cells = outputs.of_cells();
    if cells.iter().enumerate().any(|(cell, _)| others(cell).is_some()) {
        return cells.iter().enumerate().filter_map(|(cell, &at)| Some((others(cell)?, at))).collect();
    }
    let share = |at: usize| all.get(at).and_then(|output| output.share).unwrap_or_default();
    let Some(&first) = cells.first() else { return Vec::new() };
    let reference = cells.iter().fold(first, |best, &at| if share(at) > share(best) { at } else { best });
    cells.into_iter().filter(|at| *at != reference).map(|at| (reference, at)).collect()
}

/// All distances that are asked for, from the kept parts.
pub(crate) fn distances(
    splitter: &Splitter,
    store: &Store,
    schema: &TableSchema,
    parts: &[ArtifactRef],
) -> Result<Vec<PartDistance>, SplitError> {
    let Some(params) = &splitter.params().distance else { return Ok(Vec::new()) };
    params.plan(schema)?;
    let names: Vec<String> = splitter.parts().map(ToString::to_string).collect();
    let wanted = |name: &str| params.columns.is_empty() || params.columns.iter().any(|column| column == name);
    let columns = schema.columns().iter().filter(|column| wanted(&column.name));
    let columns: Vec<(&str, Sort)> =
        columns.filter_map(|column| Some((column.name.as_str(), sort_of(column.data_type)?))).collect();
    let pairs = pairs(splitter.outputs());
    let of_column = |(column, sort): &(&str, Sort)| -> Result<Vec<PartDistance>, SplitError> {
        let mut read: BTreeMap<usize, Table> = BTreeMap::new();
        for at in pairs.iter().flat_map(|pair| [pair.0, pair.1]) {
            if let (false, Some(part)) = (read.contains_key(&at), parts.get(at)) {
                read.insert(at, Table::read_columns(store, &part.digest, &[*column])?);
            }
        }
        let measure = |&(reference, part): &(usize, usize)| {
            let (Some(one), Some(other)) = (read.get(&reference), read.get(&part)) else { return Ok(None) };
            let name = |at: usize| names.get(at).cloned().unwrap_or_default();
            let empty = PartDistance {
                reference: name(reference),
                part: name(part),
                column: (*column).to_owned(),
                population_stability_index: None,
                jensen_shannon_distance: None,
                l_infinity_distance: None,
                kolmogorov_smirnov: None,
                null_share_difference: nulls(other, column)? - nulls(one, column)?,
            };
            Ok(Some(of_pair(empty, *sort, one, other)?))
        };
        let found: Vec<Option<PartDistance>> = pairs.iter().map(measure).collect::<Result<_, TableError>>()?;
        Ok(found.into_iter().flatten().collect())
    };
    let found: Vec<Vec<PartDistance>> = columns.par_iter().map(of_column).collect::<Result<_, SplitError>>()?;
    Ok(found.concat())
}

fn nulls(table: &Table, column: &str) -> Result<f64, TableError> {
    let column = table.column(column)?;
    Ok(if column.is_empty() { 0.0 } else { column.null_count() as f64 / column.len() as f64 })
}

fn of_pair(empty: PartDistance, sort: Sort, one: &Table, other: &Table) -> Result<PartDistance, TableError> {
    let column = &empty.column;
    let (reference, current, kolmogorov_smirnov, l_infinity) = match sort {
        Sort::Numbers => {
            let (one, other) = (numbers(one, column)?, numbers(other, column)?);
            let edges = quantile_edges(&one, BINS);
            let test = kolmogorov_smirnov_test(&counted(&one), &counted(&other));
            let statistic = test.ok().map(|test| test.tested.statistic);
            (count_between(&one, &edges), count_between(&other, &edges), statistic, false)
        }
        Sort::Values => {
            let (one, other) = (texts(one, column)?, texts(other, column)?);
            let values = most_frequent(&one, VALUES);
            (count_values(&one, &values), count_values(&other, &values), None, true)
        }
    };
    Ok(PartDistance {
        population_stability_index: population_stability_index(&reference, &current).ok(),
        jensen_shannon_distance: jensen_shannon_distance(&reference, &current).ok(),
        l_infinity_distance: if l_infinity { l_infinity_distance(&reference, &current).ok() } else { None },
        kolmogorov_smirnov,
        ..empty
    })
}

fn numbers(table: &Table, column: &str) -> Result<Vec<f64>, TableError> {
    let physical = table.column(column)?.to_physical_repr();
    let floats = physical.as_materialized_series().cast(&pl::DataType::Float64)?;
    Ok(floats.f64()?.iter().flatten().map(|number| number + 0.0).collect())
}

fn texts(table: &Table, column: &str) -> Result<BTreeMap<String, u64>, TableError> {
    let column = table.column(column)?.as_materialized_series();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    let mut count = |text: &str| match counts.get_mut(text) {
        Some(count) => *count += 1,
        None => drop(counts.insert(text.to_owned(), 1)),
    };
    match column.dtype() {
        pl::DataType::Boolean => {
            column.bool()?.iter().flatten().for_each(|value| count(if value { "true" } else { "false" }));
        }
        _ => column.str()?.iter().flatten().for_each(count),
    }
    Ok(counts)
}
