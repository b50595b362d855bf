//! Which row of the version before a row is: the one of the same key; without keys, the one of the same content, the first of
//! equal ones for the first.

use mlspec_table::TableError;
use mlspec_table::polars::prelude::{BinaryChunked, Column, DataFrame, DataType};
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use xxhash_rust::xxh3::xxh3_128;

/// Takes the lower half of what is a hash already.
#[derive(Default)]
struct Lower(u64);

impl Hasher for Lower {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.first_chunk().map_or(self.0, |bytes| u64::from_le_bytes(*bytes));
    }

    fn write_u128(&mut self, hash: u128) {
        self.0 = hash as u64;
    }
}

/// A hash of each row over these columns. Equal values give equal hashes: as keys −0 is 0, and every NaN the same.
pub(crate) fn hashes(frame: &DataFrame, columns: &[&str]) -> Result<Vec<u128>, TableError> {
    let mut rows = vec![0_u128; frame.height()];
    for name in columns {
        mix(&mut rows, frame.column(name).map_err(TableError::from)?)?;
    }
    Ok(rows)
}

fn mix(rows: &mut [u128], column: &Column) -> Result<(), TableError> {
    let mut put = |at: usize, value: Option<&[u8]>| {
        let Some(row) = rows.get_mut(at) else { return };
        let mut bytes = [0; 33];
        bytes[..16].copy_from_slice(&row.to_le_bytes());
        if let Some(value) = value {
            bytes[16..32].copy_from_slice(&xxh3_128(value).to_le_bytes());
            bytes[32] = 1;
        }
        *row = xxh3_128(&bytes);
    };
    let series = column.as_materialized_series().to_physical_repr().into_owned();
    match series.dtype() {
        DataType::Float32 | DataType::Float64 => {
            let values = series.cast(&DataType::Float64)?;
            for (at, value) in values.f64()?.iter().enumerate() {
                let value = value.map(|x| {
                    if x.is_nan() {
                        f64::NAN
                    } else if x == 0.0 {
                        0.0
                    } else {
                        x
                    }
                });
                put(at, value.map(f64::to_le_bytes).as_ref().map(<[u8; 8]>::as_slice));
            }
        }
        DataType::UInt64 => {
            let bytes = |value: u64| value.to_le_bytes();
            series
                .u64()?
                .iter()
                .enumerate()
                .for_each(|(at, value)| put(at, value.map(bytes).as_ref().map(<[u8; 8]>::as_slice)));
        }
        DataType::String => series.str()?.iter().enumerate().for_each(|(at, value)| put(at, value.map(str::as_bytes))),
        DataType::Binary => binary(series.binary()?, put),
        DataType::List(_) => {
            let lists = series.list()?;
            for at in 0..lists.len() {
                let bytes = lists.get_as_series(at).map(|list| list_bytes(&list)).transpose()?;
                put(at, bytes.as_deref());
            }
        }
        _ => {
            let values = series.cast(&DataType::Int64)?;
            let bytes = |value: i64| value.to_le_bytes();
            values
                .i64()?
                .iter()
                .enumerate()
                .for_each(|(at, value)| put(at, value.map(bytes).as_ref().map(<[u8; 8]>::as_slice)));
        }
    }
    Ok(())
}

fn binary(values: &BinaryChunked, mut put: impl FnMut(usize, Option<&[u8]>)) {
    values.iter().enumerate().for_each(|(at, value)| put(at, value));
}

/// The hashes of a list's values, one behind the other.
fn list_bytes(list: &mlspec_table::polars::prelude::Series) -> Result<Vec<u8>, TableError> {
    let mut values = vec![0_u128; list.len()];
    mix(&mut values, &list.clone().into())?;
    Ok(values.into_iter().flat_map(u128::to_le_bytes).collect())
}

/// The ids of rows: of the known row with the same hash, or new ones from `next` on. Returns them with the id that comes next.
pub(crate) fn assign(known: &[(u128, u64)], rows: &[u128], next: u64) -> (Vec<u64>, u64) {
    let mut waiting: HashMap<u128, Vec<u64>, BuildHasherDefault<Lower>> = HashMap::default();
    waiting.reserve(known.len());
    // The smallest id of equal rows is given first, so it must be last in the list.
    for (hash, id) in known.iter().rev() {
        waiting.entry(*hash).or_default().push(*id);
    }
    let mut next = next;
    let ids = rows.iter().map(|hash| {
        waiting.get_mut(hash).and_then(Vec::pop).unwrap_or_else(|| {
            next += 1;
            next - 1
        })
    });
    (ids.collect(), next)
}

/// The positions of rows whose hash an earlier row has.
pub(crate) fn repeated(rows: &[u128]) -> Vec<usize> {
    let mut seen: HashSet<u128, BuildHasherDefault<Lower>> = HashSet::default();
    seen.reserve(rows.len());
    rows.iter().enumerate().filter(|(_, hash)| !seen.insert(**hash)).map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use mlspec_table::polars::prelude::*;
    use proptest::prelude::*;

    #[test]
    fn equal_values_have_equal_hashes_and_others_do_not() {
        let frame = df!(
            "f" => [Some(0.0), Some(-0.0), Some(f64::NAN), Some(-f64::NAN), None, Some(1.0)],
            "s" => [Some(""), Some(""), None, None, Some("a"), Some("a")]
        )
        .unwrap();
        let found = hashes(&frame, &["f", "s"]).unwrap();
        assert_eq!(found[0], found[1]);
        assert_eq!(found[2], found[3]);
        assert_eq!(repeated(&found), [1, 3]);
        let text = hashes(&frame, &["s"]).unwrap();
        assert!(text[0] != text[2] && text[4] == text[5]);
        assert_ne!(hashes(&frame, &["s", "f"]).unwrap()[4], found[4], "the order of columns counts");
        let lists =
            [Series::new("".into(), [1_u64, 2]), Series::new("".into(), [1_u64]), Series::new("".into(), [1_u64, 2])];
        let frame = df!("l" => lists).unwrap();
        assert_eq!(repeated(&hashes(&frame, &["l"]).unwrap()), [2]);
    }

    proptest! {
        #[test]
        fn rows_keep_their_ids_and_no_id_is_given_twice(
            before in prop::collection::vec(0_u128..6, 0..20),
            after in prop::collection::vec(0_u128..8, 0..20),
        ) {
            let known: Vec<_> = before.iter().copied().zip(0..).collect();
            let (ids, next) = assign(&known, &after, before.len() as u64);
            let mut sorted = ids.clone();
            sorted.sort_unstable();
            sorted.dedup();
            prop_assert_eq!(sorted.len(), after.len());
            for value in 0..8 {
                let count = |rows: &[u128]| rows.iter().filter(|row| **row == value).count();
                let kept: Vec<u64> =
                    after.iter().zip(&ids).filter(|(row, id)| **row == value && **id < before.len() as u64).map(|(_, id)| *id).collect();
                let old: Vec<u64> = known.iter().filter(|(row, _)| *row == value).map(|(_, id)| *id).collect();
                prop_assert_eq!(&kept[..], &old[..count(&before).min(count(&after))]);
            }
            prop_assert_eq!(next as usize, before.len() + ids.iter().filter(|id| **id >= before.len() as u64).count());
        }
    }
}
