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
    let mut columns: Vec<Column> = Vec::new();
    match &scored.answers {
        Answers::Value { truth, predicted } => {
            columns.push(column("label", truth));
            columns.push(column("prediction", predicted));
        }
        Answers::Class { truth, predicted, probabilities, positive } => {
            let named = |codes: &[u32]| -> Vec<Option<&str>> {
                codes.iter().map(|&code| classes.get(code as usize).map(String::as_str)).collect()
            };
            columns.push(Series::new("label".into(), named(truth)).into());
            columns.push(Series::new("prediction".into(), named(predicted)).into());
            for (code, shares) in probabilities.iter().flatten().enumerate() {
                let shown = positive.is_none_or(|positive| positive as usize == code);
                if let Some(class) = classes.get(code).filter(|_| shown) {
                    columns.push(column(&format!("probability_{class}"), shares));
                }
            }
        }
    }
    let frame = DataFrame::new(ids.len(), columns).map_err(TableError::from)?;
    Ok(Table::with_ids(frame, ids.to_vec())?)
}

fn column(name: &str, values: &[f64]) -> Column {
    Series::new(PlSmallStr::from_str(name), values).into()
}
