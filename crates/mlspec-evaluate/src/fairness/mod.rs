//! How a classifier treats groups of rows that columns make, also those of a source that the features left out.

mod metric;

pub use metric::FairnessMetric;

use crate::slices::{Group, SliceBy, grouped};
use crate::{Answers, ColumnBy, EvaluateError, Scored, Task};
use mlspec_measure::{GroupRates, Undefined, group_rates};
use mlspec_provenance::RowsBehind;
use mlspec_record::Name;
use mlspec_record::body::{Fairness, FairnessGroup};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A column, or several, whose values make groups that are to be treated alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FairnessBy {
    /// The source dataset that has the column; the rows that were encoded if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Name>,
    /// The column; the features need not hold it.
    #[schemars(length(min = 1))]
    pub column: String,
    /// Into how many bins of about equally many rows a column of numbers is cut; a group per value if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 100))]
    pub quantiles: Option<u32>,
    /// Further columns: a group is then a combination of values that occurs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cross: Vec<ColumnBy>,
    /// How many rows a group must have to be compared; smaller ones are told and left out.
    #[serde(default = "min_rows")]
    #[schemars(range(min = 1))]
    pub min_rows: u64,
}

fn min_rows() -> u64 {
    30
}

impl FairnessBy {
    fn slices(&self) -> SliceBy {
        SliceBy {
            source: self.source.clone(),
            column: self.column.clone(),
            quantiles: self.quantiles,
            cross: self.cross.clone(),
        }
    }

    pub(crate) fn check(&self) -> Result<(), EvaluateError> {
        self.slices().check()?;
        if self.min_rows == 0 { Err(EvaluateError::MinRows(self.column.clone())) } else { Ok(()) }
    }
}

/// The rates of each group, and how far they lie apart.
pub(crate) fn measure(
    rows: &mut RowsBehind<'_>,
    by: &FairnessBy,
    limit: u64,
    scored: &Scored,
) -> Result<Fairness, EvaluateError> {
    let (truth, predicted) = binary(scored)?;
    let found = grouped(rows, &by.slices().columns(), limit)?;
    let mut groups = Vec::new();
    let mut compared: Vec<GroupRates> = Vec::new();
    for group in found.groups {
        let weights = scored.weights.as_ref().map(|all| take(all, &group.rows));
        let (truth, predicted) = (take(&truth, &group.rows), take(&predicted, &group.rows));
        let rates = group_rates(&truth, &predicted, weights.as_deref()).ok();
        let positive = truth.iter().filter(|positive| **positive).count() as u64;
        let told = told(group, positive, rates.as_ref(), by.min_rows);
        compared.extend(rates.filter(|_| told.compared));
        groups.push(told);
    }
    Ok(Fairness {
        source: found.source,
        column: by.column.clone(),
        cross: found.cross,
        min_rows: by.min_rows,
        groups,
        metrics: FairnessMetric::ALL.iter().map(|metric| metric.report(&compared, by.min_rows)).collect(),
        rows_in_several: found.several,
        rows_in_none: found.none,
    })
}

fn told(group: Group, positive: u64, rates: Option<&GroupRates>, min_rows: u64) -> FairnessGroup {
    let rate = |of: fn(&GroupRates) -> &Result<f64, Undefined>| rates.and_then(|rates| of(rates).clone().ok());
    let rows = group.rows.len() as u64;
    FairnessGroup {
        value: group.value,
        cross: group.cross,
        rows,
        positive,
        selection_rate: rate(|rates| &rates.selection_rate),
        true_positive_rate: rate(|rates| &rates.true_positive_rate),
        false_positive_rate: rate(|rates| &rates.false_positive_rate),
        precision: rate(|rates| &rates.precision),
        accuracy: rate(|rates| &rates.accuracy),
        compared: rows >= min_rows,
    }
}

fn take<T: Copy>(from: &[T], rows: &[u32]) -> Vec<T> {
    rows.iter().filter_map(|row| from.get(*row as usize)).copied().collect()
}

/// Whether each row is positive, and whether it was predicted so.
fn binary(scored: &Scored) -> Result<(Vec<bool>, Vec<bool>), EvaluateError> {
    match &scored.answers {
        Answers::Class { truth, predicted, positive: Some(positive), .. } => {
            let are = |codes: &[u32]| codes.iter().map(|code| code == positive).collect();
            Ok((are(truth), are(predicted)))
        }
        _ => Err(EvaluateError::Fairness { wanted: Task::Binary.as_str(), found: scored.task().as_str() }),
    }
}
