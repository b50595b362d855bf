//! What a record says of a column's profile.

use crate::AnalyzeParams;
use mlspec_measure::profile::{ColumnProfile, Histogram, Numbers, ProfiledColumn};
use mlspec_record::DataType;
use mlspec_record::body::{ColumnSummary, HistogramBins, NumberSummary, Quantile, TopValue};
use mlspec_table::profile::{number_text, number_unit};

/// Numbers beyond this are not written: readers of JSON would see other ones.
const LIMIT: f64 = (1_u64 << 53) as f64;

/// What a record says of a column.
pub fn summary(column: &ProfiledColumn, params: &AnalyzeParams) -> ColumnSummary {
    let ProfiledColumn { column, data_type, profile } = column;
    let distinct = profile.distinct();
    let numbers = profile.numbers.as_ref().map(|numbers| of_numbers(numbers, *data_type, &params.quantiles));
    let lengths = profile.lengths.as_ref().map(|lengths| NumberSummary {
        unit: Some(length_unit(*data_type).to_owned()),
        ..of_numbers(lengths, DataType::UInt64, &params.quantiles)
    });
    ColumnSummary {
        column: column.clone(),
        data_type: *data_type,
        nulls: profile.nulls,
        distinct: distinct.count,
        distinct_exact: distinct.exact,
        numbers,
        top: top(profile, *data_type, params.top as usize),
        lengths,
        outliers: None,
    }
}

fn of_numbers(numbers: &Numbers, data_type: DataType, shares: &[f64]) -> NumberSummary {
    let text =
        |number: Option<f64>| number.filter(|_| !data_type.is_numeric()).map(|number| number_text(number, data_type));
    let temporal = data_type != DataType::Boolean && data_type != DataType::Duration;
    let integers = !matches!(data_type, DataType::Float32 | DataType::Float64);
    let quantiles = shares.iter().filter_map(|&share| {
        let value = written(numbers.quantile(share)?)?;
        Some(Quantile { share, value })
    });
    let histogram = Histogram::of(numbers, integers).filter(|found| found.edges.iter().all(|edge| edge.abs() <= LIMIT));
    NumberSummary {
        unit: number_unit(data_type).filter(|unit| *unit != "one" && *unit != "true").map(str::to_owned),
        nan: numbers.nan,
        infinite: numbers.positive_infinite + numbers.negative_infinite,
        mean: numbers.moments.mean().and_then(written),
        standard_deviation: numbers.moments.standard_deviation().and_then(written),
        skewness: numbers.moments.skewness().and_then(written),
        kurtosis: numbers.moments.kurtosis().and_then(written),
        minimum: numbers.minimum.and_then(written),
        maximum: numbers.maximum.and_then(written),
        first: text(numbers.minimum).filter(|_| temporal),
        last: text(numbers.maximum).filter(|_| temporal),
        quantiles: quantiles.collect(),
        quantile_width: numbers.distribution.as_ref().map_or(0.0, |found| found.relative_width()),
        histogram: histogram.map(|Histogram { edges, counts }| HistogramBins { edges, counts }),
    }
}

fn length_unit(data_type: DataType) -> &'static str {
    match data_type {
        DataType::String => "characters",
        DataType::Binary => "bytes",
        _ => "entries",
    }
}

/// The most frequent values, as long as all are counted; of equally frequent ones numbers ascend, others go by hash.
fn top(profile: &ColumnProfile, data_type: DataType, most: usize) -> Option<Vec<TopValue>> {
    if most == 0 {
        return None;
    }
    let mut all: Vec<(Option<String>, u64)> = match (&profile.numbers, &profile.values) {
        (Some(numbers), _) => {
            let distribution = numbers.distribution.as_ref().filter(|found| found.is_exact())?;
            let others =
                [("NaN", numbers.nan), ("inf", numbers.positive_infinite), ("-inf", numbers.negative_infinite)];
            let others =
                others.into_iter().filter(|(_, rows)| *rows > 0).map(|(name, rows)| (Some(name.to_owned()), rows));
            let points = distribution.points().into_iter();
            points.map(|(point, rows)| (Some(number_text(point, data_type)), rows)).chain(others).collect()
        }
        (None, Some(values)) if values.is_complete() => {
            values.entries().iter().map(|(key, rows)| (profile.names.get(key).cloned(), *rows)).collect()
        }
        _ => return None,
    };
    all.sort_by(|(_, a), (_, b)| b.cmp(a));
    all.truncate(most);
    Some(all.into_iter().map(|(value, rows)| TopValue { value, rows }).collect())
}

fn written(value: f64) -> Option<f64> {
    // Adding zero makes the negative zero positive.
    (value.abs() <= LIMIT).then_some(value + 0.0)
}
