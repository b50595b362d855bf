//! One draw per row: a hash of what keeps it together with others.
//!
//! The hash is a chain of XXH3-64. It begins with the hash of the text `split`, a zero byte and the seed as 8 bytes; every
//! value of the key then gives the hash of the 8 bytes so far, one byte for the value's sort, and its bytes. Numbers are
//! little-endian. Sorts: 0 null (no bytes), 1 boolean (1 byte), 2 integer and 3 day, 4 moment, 5 time of day, 6 length of time
//! (16 bytes, two's complement, so that the width of the type does not matter), 7 float (8 bytes; one NaN, one zero), 8 text,
//! 9 bytes, 10 the id of a row of its own. The first 53 bits, divided by 2⁵³, are the draw in `[0, 1)`.

use crate::SplitError;
use mlspec_record::{DataType, Seed};
use mlspec_table::Table;
use mlspec_table::polars::prelude as pl;
use mlspec_table::polars::prelude::Column;
use rayon::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

/// The name of the hash in records.
pub const HASH: &str = "xxh3-64-chain/1";

/// The step between draws.
pub(crate) const UNIT: f64 = 1.0 / (1_u64 << 53) as f64;

/// How many rows are hashed at a time.
const BLOCK: usize = 8_192;

/// The state of the hash, for every row of a table.
#[derive(Clone, Debug)]
pub struct Keys(Vec<u64>);

impl Keys {
    /// As many rows, no key yet.
    pub fn new(rows: usize, seed: Seed) -> Self {
        Self::with_purpose(rows, "split", seed)
    }

    /// As [`Keys::new`], for draws that have nothing to do with those of a split: the hash begins with another text.
    pub(crate) fn with_purpose(rows: usize, purpose: &str, seed: Seed) -> Self {
        let mut start = [purpose.as_bytes(), b"\0"].concat();
        start.extend(seed.get().to_le_bytes());
        Self(vec![xxh3_64(&start); rows])
    }

    /// Takes the rows' own ids into the key.
    pub fn add_rows(&mut self, ids: &[u64]) {
        self.0.par_iter_mut().zip(ids).for_each(|(state, &id)| step(state, 10, &i128::from(id).to_le_bytes()));
    }

    /// Takes ids of other rows into the key, or the row's own id where there are none.
    pub fn add_groups(&mut self, groups: &[Option<u64>], ids: &[u64]) {
        self.0.par_iter_mut().zip(groups.par_iter().zip(ids)).for_each(|(state, (group, id))| match group {
            Some(group) => step(state, 2, &i128::from(*group).to_le_bytes()),
            None => step(state, 10, &i128::from(*id).to_le_bytes()),
        });
    }

    /// Takes a column's values into the key.
    ///
    /// # Errors
    /// When the table has no such column, or one of lists.
    pub fn add_column(&mut self, table: &Table, column: &str) -> Result<(), SplitError> {
        let values = table.column(column)?;
        let Some(data_type) = table.schema().get(column).filter(|found| can_be_key(*found)) else {
            let found = table.schema().get(column).unwrap_or(DataType::Binary);
            return Err(SplitError::Type { column: column.to_owned(), found });
        };
        let blocks = self.0.par_chunks_mut(BLOCK).enumerate();
        let add = |(at, states): (usize, &mut [u64])| {
            add_values(states, data_type, &values.slice((at * BLOCK) as i64, states.len()))
        };
        blocks.try_for_each(add).map_err(mlspec_table::TableError::from)?;
        Ok(())
    }

    /// The hashes so far.
    pub(crate) fn states(&self) -> &[u64] {
        &self.0
    }

    /// The draws, in `[0, 1)`.
    pub fn draws(&self) -> impl Iterator<Item = f64> {
        self.0.iter().map(|state| (state >> 11) as f64 * UNIT)
    }
}

fn add_values(states: &mut [u64], data_type: DataType, values: &Column) -> pl::PolarsResult<()> {
    let sort = match data_type {
        DataType::Date => 3,
        DataType::Datetime | DataType::DatetimeUtc => 4,
        DataType::Time => 5,
        DataType::Duration => 6,
        _ => 2,
    };
    let physical = values.to_physical_repr();
    let values = physical.as_materialized_series();
    let states = states.iter_mut();
    match data_type {
        DataType::Boolean => {
            states
                .zip(values.bool()?.iter())
                .for_each(|(state, value)| optional(state, 1, value.map(|v| [u8::from(v)])));
        }
        DataType::String => states.zip(values.str()?.iter()).for_each(|(state, value)| optional(state, 8, value)),
        DataType::Binary => states.zip(values.binary()?.iter()).for_each(|(state, value)| optional(state, 9, value)),
        DataType::Float32 | DataType::Float64 => {
            let floats = values.cast(&pl::DataType::Float64)?;
            let bits = floats.f64()?.iter().map(|value| value.map(one_zero_one_nan));
            states.zip(bits).for_each(|(state, value)| optional(state, 7, value));
        }
        DataType::UInt64 => {
            let wide = values.u64()?.iter().map(|value| value.map(|v| i128::from(v).to_le_bytes()));
            states.zip(wide).for_each(|(state, value)| optional(state, sort, value));
        }
        _ => {
            let integers = values.cast(&pl::DataType::Int64)?;
            let wide = integers.i64()?.iter().map(|value| value.map(|v| i128::from(v).to_le_bytes()));
            states.zip(wide).for_each(|(state, value)| optional(state, sort, value));
        }
    }
    Ok(())
}

/// Whether rows can be kept together by values of this type.
pub(crate) fn can_be_key(data_type: DataType) -> bool {
    data_type <= DataType::Duration
}

fn one_zero_one_nan(value: f64) -> [u8; 8] {
    let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
    value.to_bits().to_le_bytes()
}

fn optional(state: &mut u64, sort: u8, value: Option<impl AsRef<[u8]>>) {
    match value {
        Some(value) => step(state, sort, value.as_ref()),
        None => step(state, 0, &[]),
    }
}

/// One link of the chain. Short values stay on the stack.
fn step(state: &mut u64, sort: u8, value: &[u8]) {
    let mut short = [0_u8; 64];
    let length = 9 + value.len();
    let head = state.to_le_bytes();
    *state = match short.get_mut(..length) {
        Some(buffer) => {
            buffer[..8].copy_from_slice(&head);
            buffer[8] = sort;
            buffer[9..].copy_from_slice(value);
            xxh3_64(buffer)
        }
        None => xxh3_64(&[&head[..], &[sort], value].concat()),
    };
}
