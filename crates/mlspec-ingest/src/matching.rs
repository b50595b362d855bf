//! Which row of the version before a row is: the one of the same key; without keys, the one of the same content, the first of
//! equal ones for the first.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

/// Takes the lower half of what is a hash already.
#[derive(Default)]
pub(crate) struct Lower(u64);

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

/// Hashes, which are not hashed again.
pub(crate) type Hashes = HashSet<u128, BuildHasherDefault<Lower>>;

/// The positions of rows whose hash an earlier row has.
pub(crate) fn repeated(rows: &[u128]) -> Vec<usize> {
    let mut seen = Hashes::default();
    seen.reserve(rows.len());
    rows.iter().enumerate().filter(|(_, hash)| !seen.insert(**hash)).map(|(at, _)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
