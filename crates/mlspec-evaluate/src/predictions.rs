//! The table of predictions.

use crate::{Answers, EvaluateError, Scored};
use mlspec_table::polars::prelude::{Column, DataFrame, NamedFrom as _, PlSmallStr, Series};
use mlspec_table::{Table, TableError};

/// One row per predicted row, of the same id: `label`, `prediction`, and for classifiers `probability_<class>`, for all classes
/// or only for the positive one.
///
/// # Errors
/// When there are not as many ids as rows, or a class makes no column name.
pub fn predictions(ids: &[u64], classes: &[String], scored: &Scored) -> Result<Table, EvaluateError> {
    match &scored.answers {
        Answers::Value { truth, predicted } => {
            table(ids, [column("label", truth), column("prediction", predicted)].into())
        }
        Answers::Class { truth, predicted, probabilities, positive } => {
            let label = Series::new("label".into(), named(truth, classes)).into();
            let answers = of_classes(classes, predicted, probabilities.as_deref(), *positive);
            table(ids, std::iter::once(label).chain(answers).collect())
        }
    }
}

/// What a classifier says: `prediction`, and `probability_<class>`.
pub(crate) fn of_classes(
    classes: &[String],
    predicted: &[u32],
    probabilities: Option<&[Vec<f64>]>,
    positive: Option<u32>,
) -> Vec<Column> {
    let mut columns: Vec<Column> = vec![Series::new("prediction".into(), named(predicted, classes)).into()];
    for (code, shares) in probabilities.into_iter().flatten().enumerate() {
        let shown = positive.is_none_or(|positive| positive as usize == code);
        if let Some(class) = classes.get(code).filter(|_| shown) {
            columns.push(column(&format!("probability_{class}"), shares));
        }
    }
    columns
}

fn named<'a>(codes: &[u32], classes: &'a [String]) -> Vec<Option<&'a str>> {
    codes.iter().map(|&code| classes.get(code as usize).map(String::as_str)).collect()
}

pub(crate) fn table(ids: &[u64], columns: Vec<Column>) -> Result<Table, EvaluateError> {
    let frame = DataFrame::new(ids.len(), columns).map_err(TableError::from)?;
    Ok(Table::with_ids(frame, ids.to_vec())?)
}

pub(crate) fn column(name: &str, values: &[f64]) -> Column {
    Series::new(PlSmallStr::from_str(name), values).into()
}
