//! Many numbers as text: base64 of bytes, which take a third of the space of decimal numbers and are read back bit by bit.
//!
//! A number is 8 bytes, the lowest first. Rows: the number of columns, then of each row how many values are not zero and these, a
//! column as the distance from the column after the one before. Where none is zero, columns are left out. Counts and distances are
//! written 7 bits a byte, the lowest first; all bytes but the last have the eighth bit set.

use crate::{Block, Features};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

/// A list of numbers.
pub(super) mod numbers {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(numbers: &[f64], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<_>>()))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f64>, D::Error> {
        let bytes = bytes(from)?;
        let (numbers, rest) = bytes.as_chunks::<8>();
        match rest {
            [] => Ok(numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()),
            _ => Err(D::Error::custom("packed numbers end in the middle of one")),
        }
    }
}

/// A list of numbers that may be missing.
pub(super) mod optional_numbers {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(numbers: &Option<Vec<f64>>, to: S) -> Result<S::Ok, S::Error> {
        match numbers {
            Some(numbers) => super::numbers::serialize(numbers, to),
            None => to.serialize_none(),
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Vec<f64>>, D::Error> {
        super::numbers::deserialize(from).map(Some)
    }
}

/// Rows of features.
pub(super) mod rows {
    use super::*;

    pub(crate) fn serialize<S: Serializer>(rows: &Features, to: S) -> Result<S::Ok, S::Error> {
        let mut bytes = Vec::with_capacity(9 * rows.nonzeros() + 2 * rows.rows() + 10);
        put(&mut bytes, rows.columns() as u64);
        for row in rows.blocks().iter().flat_map(Block::rows) {
            put(&mut bytes, row.values.len() as u64);
            let mut next = 0;
            for (&column, value) in row.indices.iter().zip(row.values) {
                if row.values.len() < rows.columns() {
                    put(&mut bytes, u64::from(column - next));
                    next = column + 1;
                }
                bytes.extend(value.to_le_bytes());
            }
        }
        to.serialize_str(&STANDARD.encode(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Features, D::Error> {
        let bytes = bytes(from)?;
        read(&mut &*bytes).ok_or_else(|| D::Error::custom("packed rows are broken"))
    }

    fn read(bytes: &mut &[u8]) -> Option<Features> {
        let columns = u32::try_from(take(bytes)?).ok()?;
        let mut blocks = vec![Block::default()];
        while !bytes.is_empty() {
            if blocks.last()?.len() == Features::BLOCK_ROWS {
                blocks.push(Block::default());
            }
            let block = blocks.last_mut()?;
            let count = take(bytes)?;
            let mut next = 0_u64;
            for _ in 0..count {
                let distance = if count < u64::from(columns) { take(bytes)? } else { 0 };
                let column = next.checked_add(distance).filter(|column| *column < u64::from(columns))?;
                let (value, rest) = bytes.split_first_chunk::<8>()?;
                *bytes = rest;
                block.push(column as u32, f64::from_le_bytes(*value));
                next = column + 1;
            }
            block.end_row();
        }
        Features::new(columns as usize, blocks).ok()
    }
}

fn bytes<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(from)?;
    STANDARD.decode(text).map_err(|_| D::Error::custom("packed numbers are not base64"))
}

fn put(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 128 {
        bytes.push(number as u8 | 128);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn take(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..63).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(number);
        }
    }
    None
}
