//! What a part's columns look like: found chunk by chunk, and put together exactly, so that an update looks at chunks that
//! changed alone and gives the same bits.

use crate::SplitError;
use crate::exact::{Exact, numerator_of_variance};
use mlspec_record::DataType;
use mlspec_record::body::ColumnStatistics;
use mlspec_table::polars::prelude as pl;
use mlspec_table::polars::prelude::{Column, DataFrame};
use mlspec_table::{Equality, Table, TableError, row_hashes};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use xxhash_rust::xxh3::xxh3_64;

/// What the partial results are of, for whoever keeps them.
pub(crate) const WHAT: &str = "mlspec-split/statistics/1";

/// Numbers beyond this are not written: JSON readers would see other ones.
const LIMIT: f64 = (1_u64 << 53) as f64;

/// Distinct values are counted up to here.
const DISTINCT: usize = 128;

/// How many values are looked at before it is asked whether there are too many distinct ones.
const STEP: usize = 256;

/// Squares of larger numbers, added up, would leave the range of floats.
const SQUARED: f64 = 1e140;

/// What is known of one column in some rows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Partial {
    nulls: u64,
    /// Hashes of the distinct values, ascending, of 53 bits so that JSON carries them; nothing where there are too many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<Vec<u64>>,
    /// Of a column of numbers, where it has any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    numbers: Option<Numbers>,
}

/// What is known of numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Numbers {
    count: u64,
    /// Whether all of them are finite; the rest is left out if not.
    finite: bool,
    sum: Exact,
    /// The sum of the squares, for numbers whose squares can be added up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    squares: Option<Exact>,
    minimum: f64,
    maximum: f64,
}

/// Statistics of every column, in order.
///
/// A column that holds NaN or infinite values has no mean, deviation, minimum and maximum.
///
/// # Errors
/// When polars refuses.
pub fn statistics(table: &Table) -> Result<Vec<ColumnStatistics>, SplitError> {
    Ok(merge(table.schema(), &[partial(table)?]))
}

/// What is known of every column of some rows, in order.
pub(crate) fn partial(table: &Table) -> Result<Vec<Partial>, TableError> {
    let columns = table.schema().columns().iter();
    columns.map(|column| of_column(column.data_type, table.column(&column.name)?)).collect()
}

fn of_column(data_type: DataType, column: &Column) -> Result<Partial, TableError> {
    let nulls = column.null_count() as u64;
    let there = if nulls > 0 { column.drop_nulls() } else { column.clone() };
    let numeric = data_type == DataType::Boolean || data_type.is_numeric();
    let numbers = if numeric && !there.is_empty() { Some(numbers(data_type, &there)?) } else { None };
    Ok(Partial { nulls, values: values(&there)?, numbers })
}

/// The hashes of the distinct values, as long as there are not too many.
fn values(column: &Column) -> Result<Option<Vec<u64>>, TableError> {
    let mut found: HashSet<u64, BuildHasherDefault<AsItIs>> = HashSet::default();
    for start in (0..column.len()).step_by(STEP) {
        let mut hashes = hashes(&column.slice(start as i64, STEP))?;
        hashes.dedup();
        found.extend(hashes);
        if found.len() > DISTINCT {
            return Ok(None);
        }
    }
    let sorted: BTreeSet<u64> = found.into_iter().map(|hash| hash >> 11).collect();
    Ok(Some(sorted.into_iter().collect()))
}

/// A hash of each value of a column without nulls. All NaN are one, and −0 is 0.
fn hashes(column: &Column) -> Result<Vec<u64>, TableError> {
    let physical = column.to_physical_repr();
    let values = physical.as_materialized_series();
    Ok(match values.dtype() {
        pl::DataType::String => values.str()?.iter().flatten().map(|text| xxh3_64(text.as_bytes())).collect(),
        pl::DataType::Boolean => values.bool()?.iter().flatten().map(|value| mixed(u64::from(value))).collect(),
        pl::DataType::UInt64 => values.u64()?.iter().flatten().map(mixed).collect(),
        pl::DataType::Float32 | pl::DataType::Float64 => {
            let bits = |value: f64| if value.is_nan() { f64::NAN } else { value + 0.0 }.to_bits();
            values.cast(&pl::DataType::Float64)?.f64()?.iter().flatten().map(|value| mixed(bits(value))).collect()
        }
        other if other.is_integer() => values
            .cast(&pl::DataType::Int64)?
            .i64()?
            .iter()
            .flatten()
            .map(|value| mixed(value.cast_unsigned()))
            .collect(),
        _ => {
            let name = column.name().to_string();
            let frame = DataFrame::new(column.len(), vec![column.clone()])?;
            row_hashes(&frame, &[&name], Equality::Key)?.into_iter().map(|hash| hash as u64).collect()
        }
    })
}

/// Bits of a number, mixed so that all of them depend on all (the finaliser of SplitMix64, which is a bijection).
fn mixed(bits: u64) -> u64 {
    let bits = bits.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    bits ^ (bits >> 31)
}

fn numbers(data_type: DataType, column: &Column) -> Result<Numbers, TableError> {
    let column = column.as_materialized_series().cast(&pl::DataType::Float64)?;
    let numbers: Vec<f64> = column.f64()?.iter().flatten().map(|number| number + 0.0).collect();
    let count = numbers.len() as u64;
    if !numbers.iter().all(|number| number.is_finite()) {
        return Ok(Numbers { count, ..Numbers::default() });
    }
    let minimum = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let maximum = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let squared = data_type != DataType::Boolean && minimum.abs().max(maximum.abs()) <= SQUARED;
    let squares = squared.then(|| Exact::of_squares(&numbers));
    Ok(Numbers { count, finite: true, sum: Exact::of(&numbers), squares, minimum, maximum })
}

/// The statistics of rows from what is known of their parts: for each part, every column.
pub(crate) fn merge(schema: &mlspec_record::TableSchema, parts: &[Vec<Partial>]) -> Vec<ColumnStatistics> {
    let columns = schema.columns().iter().enumerate();
    columns.map(|(at, column)| of_parts(&column.name, column.data_type, parts, at)).collect()
}

fn of_parts(name: &str, data_type: DataType, parts: &[Vec<Partial>], at: usize) -> ColumnStatistics {
    let parts = || parts.iter().filter_map(|columns| columns.get(at));
    let mut found = ColumnStatistics {
        column: name.to_owned(),
        nulls: parts().map(|part| part.nulls).sum(),
        distinct: distinct(parts()),
        mean: None,
        standard_deviation: None,
        minimum: None,
        maximum: None,
    };
    let numbers = || parts().filter_map(|part| part.numbers.as_ref());
    let count: u64 = numbers().map(|part| part.count).sum();
    if count > 0 && numbers().all(|part| part.finite) {
        let count = count as f64;
        let sum = Exact::merge(numbers().map(|part| &part.sum));
        found.mean = written(sum.rounded() / count);
        if data_type != DataType::Boolean {
            let squares: Option<Vec<&Exact>> = numbers().map(|part| part.squares.as_ref()).collect();
            found.standard_deviation = squares.and_then(|squares| {
                let above = numerator_of_variance(count, &sum, &Exact::merge(squares));
                written((above / count / count).sqrt())
            });
            found.minimum = numbers().map(|part| part.minimum).reduce(f64::min).and_then(written);
            found.maximum = numbers().map(|part| part.maximum).reduce(f64::max).and_then(written);
        }
    }
    found
}

fn distinct<'a>(parts: impl Iterator<Item = &'a Partial>) -> Option<u64> {
    let mut all: HashSet<u64> = HashSet::new();
    for part in parts {
        all.extend(part.values.as_ref()?);
        if all.len() > DISTINCT {
            return None;
        }
    }
    Some(all.len() as u64)
}

fn written(value: f64) -> Option<f64> {
    // Adding zero makes the negative zero positive.
    (value.abs() <= LIMIT).then_some(value + 0.0)
}

/// A hasher for what is a hash already.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.0 = self.0.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
