//! What a part's columns look like.

use crate::SplitError;
use mlspec_measure::Sum;
use mlspec_record::DataType;
use mlspec_record::body::ColumnStatistics;
use mlspec_table::polars::prelude as pl;
use mlspec_table::polars::prelude::Column;
use mlspec_table::{Table, TableError};
use rayon::prelude::*;

/// Numbers beyond this are not written: JSON readers would see other ones.
const LIMIT: f64 = (1_u64 << 53) as f64;

/// Statistics of every column, in order.
///
/// A column that holds NaN or infinite values has no mean, deviation, minimum and maximum.
///
/// # Errors
/// When polars refuses.
pub fn statistics(table: &Table) -> Result<Vec<ColumnStatistics>, SplitError> {
    let columns = table.schema().columns();
    let found: Vec<Result<_, TableError>> =
        columns.par_iter().map(|column| of_column(column.data_type, table.column(&column.name)?)).collect();
    found.into_iter().map(|column| Ok(column?)).collect()
}

fn of_column(data_type: DataType, values: &Column) -> Result<ColumnStatistics, TableError> {
    let nulls = values.null_count();
    let distinct = values.as_materialized_series().n_unique()? - usize::from(nulls > 0);
    let mut found = ColumnStatistics {
        column: values.name().to_string(),
        nulls: nulls as u64,
        distinct: distinct as u64,
        mean: None,
        standard_deviation: None,
        minimum: None,
        maximum: None,
    };
    let boolean = data_type == DataType::Boolean;
    if boolean || data_type.is_numeric() {
        let numbers = values.as_materialized_series().cast(&pl::DataType::Float64)?;
        let numbers: Vec<f64> = numbers.f64()?.iter().flatten().collect();
        if !numbers.is_empty() && numbers.iter().all(|number| number.is_finite()) {
            let count = numbers.len() as f64;
            let mean = numbers.iter().copied().collect::<Sum>().get() / count;
            found.mean = written(mean);
            if !boolean {
                let squares: Sum = numbers.iter().map(|number| (number - mean).powi(2)).collect();
                found.standard_deviation = written((squares.get() / count).sqrt());
                found.minimum = numbers.iter().copied().reduce(f64::min).and_then(written);
                found.maximum = numbers.iter().copied().reduce(f64::max).and_then(written);
            }
        }
    }
    Ok(found)
}

fn written(value: f64) -> Option<f64> {
    // Adding zero makes the negative zero positive.
    (value.abs() <= LIMIT).then_some(value + 0.0)
}
