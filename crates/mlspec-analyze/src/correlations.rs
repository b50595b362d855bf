//! How columns go together, pair by pair, over the rows that have values in both. Ranks and tables of counts are of all rows, so an
//! update finds them anew.

use crate::AnalyzeError;
use crate::analyzer::known;
use mlspec_measure::Undefined;
use mlspec_measure::association::{cramers_v, pearson, spearman};
use mlspec_record::body::Correlation;
use mlspec_record::{DataType, TableSchema};
use mlspec_table::Table;
use mlspec_table::profile::{number_unit, optional_numbers, value_keys};
use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many columns are compared at most: pairs are many.
const COLUMNS: usize = 100;

/// How many categories a column may have.
const CATEGORIES: usize = 100;

/// Which columns are compared, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CorrelationParams {
    /// The columns, at most 100; all that the measures are for if none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    pub columns: Vec<String>,
    /// The measures.
    #[serde(default = "all")]
    #[schemars(length(min = 1))]
    pub measures: Vec<CorrelationMeasure>,
}

/// A measure of how two columns go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CorrelationMeasure {
    /// Pearson's correlation of two columns of numbers, truth values, dates or times.
    Pearson,
    /// Spearman's correlation of their ranks.
    Spearman,
    /// Cramér's V of two columns of texts or truth values with at most 100 categories.
    CramersV,
}

fn all() -> Vec<CorrelationMeasure> {
    vec![CorrelationMeasure::Pearson, CorrelationMeasure::Spearman, CorrelationMeasure::CramersV]
}

impl Default for CorrelationParams {
    fn default() -> Self {
        Self { columns: Vec::new(), measures: all() }
    }
}

impl CorrelationMeasure {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pearson => "pearson",
            Self::Spearman => "spearman",
            Self::CramersV => "cramers_v",
        }
    }

    fn fits(self, data_type: DataType) -> bool {
        match self {
            Self::CramersV => matches!(data_type, DataType::String | DataType::Boolean),
            _ => number_unit(data_type).is_some(),
        }
    }
}

/// Columns and measures are there and fit.
pub(crate) fn plan(params: &CorrelationParams, schema: &TableSchema) -> Result<(), AnalyzeError> {
    if params.measures.is_empty() {
        return Err(AnalyzeError::Setting("`correlations.measures` must name at least one measure".to_owned()));
    }
    for column in &params.columns {
        let found = known(schema, column)?;
        if !params.measures.iter().any(|measure| measure.fits(found)) {
            return Err(AnalyzeError::Type { column: column.clone(), found, purpose: "be correlated" });
        }
    }
    for measure in &params.measures {
        let found = columns(params, *measure, schema).len();
        if found > COLUMNS {
            let reason =
                format!("`{}` of {found} columns: name at most {COLUMNS} in `correlations.columns`", measure.name());
            return Err(AnalyzeError::Setting(reason));
        }
    }
    Ok(())
}

fn columns<'a>(params: &CorrelationParams, measure: CorrelationMeasure, schema: &'a TableSchema) -> Vec<&'a str> {
    let asked = |name: &str| params.columns.is_empty() || params.columns.iter().any(|column| column == name);
    let fits = schema.columns().iter().filter(|column| measure.fits(column.data_type) && asked(&column.name));
    fits.map(|column| column.name.as_str()).collect()
}

/// The columns that are read.
pub(crate) fn read<'a>(params: &CorrelationParams, schema: &'a TableSchema) -> Vec<&'a str> {
    let used = |name: &str| params.measures.iter().any(|measure| columns(params, *measure, schema).contains(&name));
    schema.names().filter(|name| used(name)).collect()
}

/// The measures of all pairs, by measure, then in the order of the columns.
pub(crate) fn find(params: &CorrelationParams, table: &Table) -> Result<Vec<Correlation>, AnalyzeError> {
    plan(params, table.schema())?;
    let mut measures = params.measures.clone();
    measures.sort_unstable();
    measures.dedup();
    let mut found = Vec::new();
    for measure in measures {
        let columns = columns(params, measure, table.schema());
        let pairs: Vec<(usize, usize)> =
            (0..columns.len()).flat_map(|left| (left + 1..columns.len()).map(move |right| (left, right))).collect();
        let result = |(left, right): (usize, usize), rows: u64, value: Result<f64, String>| Correlation {
            measure: measure.name().to_owned(),
            left: columns[left].to_owned(),
            right: columns[right].to_owned(),
            rows,
            value: value.as_ref().ok().copied(),
            reason: value.err(),
        };
        if measure == CorrelationMeasure::CramersV {
            let codes = columns.iter().map(|name| coded(table, name)).collect::<Result<Vec<_>, _>>()?;
            found.par_extend(pairs.into_par_iter().map(|pair| {
                let (rows, value) = counted(&codes[pair.0], &codes[pair.1]);
                result(pair, rows, value)
            }));
        } else {
            let values = columns.iter().map(|name| optional_numbers(table.column(name)?));
            let values: Vec<Vec<Option<f64>>> = values.collect::<Result<_, _>>()?;
            let measured = if measure == CorrelationMeasure::Pearson { pearson } else { spearman };
            found.par_extend(pairs.into_par_iter().map(|pair| {
                let both = values[pair.0].iter().zip(&values[pair.1]);
                let there = |(x, y): (&Option<f64>, &Option<f64>)| {
                    Some(((*x)?, (*y)?)).filter(|(x, y)| !x.is_nan() && !y.is_nan())
                };
                let (x, y): (Vec<f64>, Vec<f64>) = both.filter_map(there).unzip();
                result(pair, x.len() as u64, measured(&x, &y).map_err(|reason| reason.to_string()))
            }));
        }
    }
    Ok(found)
}

/// A column of categories by code.
struct Coded {
    codes: Vec<Option<u32>>,
    categories: usize,
}

fn coded(table: &Table, column: &str) -> Result<Coded, AnalyzeError> {
    let keys = value_keys(table.column(column)?)?;
    let mut codes: BTreeMap<u64, u32> = keys.iter().flatten().map(|key| (*key, 0)).collect();
    codes.values_mut().zip(0..).for_each(|(code, next)| *code = next);
    Ok(Coded { codes: keys.iter().map(|key| codes.get(&(*key)?).copied()).collect(), categories: codes.len() })
}

fn counted(left: &Coded, right: &Coded) -> (u64, Result<f64, String>) {
    let both = || left.codes.iter().zip(&right.codes).filter_map(|(a, b)| Some(((*a)? as usize, (*b)? as usize)));
    let rows = both().count() as u64;
    if left.categories.max(right.categories) > CATEGORIES {
        return (rows, Err(format!("a column has more than {CATEGORIES} categories")));
    }
    let mut counts = vec![vec![0_u64; right.categories]; left.categories];
    both().for_each(|(a, b)| counts[a][b] += 1);
    (rows, cramers_v(&counts).map_err(|reason: Undefined| reason.to_string()))
}
