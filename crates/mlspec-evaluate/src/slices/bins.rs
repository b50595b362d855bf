//! Slices of about equally many rows, by a column of numbers.

use crate::EvaluateError;
use mlspec_provenance::{Behind, Members};
use mlspec_record::DataType;
use mlspec_table::TableError;
use mlspec_table::polars::prelude as pl;

/// The slices of a column of numbers cut at its quantiles over the measured rows: null, then half-open ranges (the last one
/// closed), then NaN. Equal values are never cut apart, so there may be fewer ranges than asked for.
pub(super) fn members(behind: &[Behind], column: &str, bins: u32) -> Result<Members, EvaluateError> {
    let mut values: Vec<(u32, Option<f64>)> = Vec::new();
    for part in behind {
        let found = part.table.schema().get(column).unwrap_or(DataType::Binary);
        if !found.is_numeric() {
            return Err(EvaluateError::Type { column: column.to_owned(), found, purpose: "be cut at quantiles" });
        }
        values.extend(numbers(part, column)?);
    }
    let mut sorted: Vec<f64> = values.iter().filter_map(|(_, value)| *value).filter(|value| !value.is_nan()).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let edges = edges(&sorted, bins as usize);
    let (nulls, nans) = (
        values.iter().any(|(_, value)| value.is_none()),
        values.iter().any(|(_, value)| value.is_some_and(f64::is_nan)),
    );
    let mut labels: Vec<Option<String>> = Vec::new();
    labels.extend(nulls.then_some(None));
    let first = labels.len() as u32;
    labels.extend(ranges(&sorted, &edges).into_iter().map(Some));
    let after = labels.len() as u32;
    labels.extend(nans.then(|| Some("NaN".to_owned())));
    let slice = |value: Option<f64>| match value {
        None => 0,
        Some(value) if value.is_nan() => after,
        Some(value) => first + edges.partition_point(|&edge| edge <= value) as u32,
    };
    let mut pairs: Vec<(u32, u32)> = values.into_iter().map(|(row, value)| (row, slice(value))).collect();
    pairs.sort_unstable();
    pairs.dedup();
    Ok(Members { labels, pairs })
}

fn numbers(part: &Behind, column: &str) -> Result<Vec<(u32, Option<f64>)>, TableError> {
    let values = part.table.column(column)?.as_materialized_series().cast(&pl::DataType::Float64)?;
    let values: Vec<Option<f64>> = values.f64()?.iter().map(|value| value.map(|value| value + 0.0)).collect();
    Ok(part.links.iter().filter_map(|&(row, at)| Some((row, *values.get(at as usize)?))).collect())
}

/// The values at which ranges begin, but for the first range.
fn edges(sorted: &[f64], bins: usize) -> Vec<f64> {
    let cuts = (1..bins).filter_map(|bin| sorted.get(bin * sorted.len() / bins));
    let mut edges: Vec<f64> = cuts.copied().filter(|edge| sorted.first() < Some(edge)).collect();
    edges.dedup();
    edges
}

fn ranges(sorted: &[f64], edges: &[f64]) -> Vec<String> {
    let (Some(&least), Some(&greatest)) = (sorted.first(), sorted.last()) else { return Vec::new() };
    let starts = std::iter::once(least).chain(edges.iter().copied());
    let ends = edges.iter().map(|edge| format!("{edge})")).chain([format!("{greatest}]")]);
    starts.zip(ends).map(|(start, end)| format!("[{start}, {end}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_not_cut_apart() {
        let cases: [(&[f64], usize, &[&str]); 5] = [
            (&[1.0, 2.0, 3.0, 4.0], 2, &["[1, 3)", "[3, 4]"]),
            (&[1.0, 1.0, 1.0, 4.0], 2, &["[1, 4]"]),
            (&[1.0, 2.0, 2.0, 2.0, 2.5], 4, &["[1, 2)", "[2, 2.5]"]),
            (&[7.0], 10, &["[7, 7]"]),
            (&[], 3, &[]),
        ];
        for (sorted, bins, expected) in cases {
            assert_eq!(ranges(sorted, &edges(sorted, bins)), expected, "{sorted:?}");
        }
    }
}
