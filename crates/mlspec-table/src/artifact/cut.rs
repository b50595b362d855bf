//! Where a table is cut into chunks: a function of its ids and of how much room its rows take.

use super::ChunkOptions;
use std::ops::Range;

/// One range of the cut: the ids from `start` on whose upper `64 - bits` bits equal those of `start`, and where their rows
/// stand in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The first id of the range, whether a row has it or not.
    pub start: u64,
    /// The range holds 2^bits ids.
    pub bits: u8,
    /// The positions of its rows.
    pub rows: Range<usize>,
}

/// Halves the space of 64-bit ids until no range holds more of these ascending ids than `options` allow, nor rows of more bytes;
/// leaves out empty ranges. A range of one row is never cut. `sizes` tells the bytes of each row's values; nothing where no limit
/// asks for them.
///
/// A row that is added or removed changes its own range, and at most splits or joins ranges around it.
pub fn cut(ids: &[u64], sizes: &[u64], options: &ChunkOptions) -> Vec<Cut> {
    let rows = Room::of(ids, sizes);
    let mut next = 0;
    let parts = halve(options, |start, last| rows.within(start, last)).into_iter().map(|(start, bits, weight)| {
        let first = next;
        next += weight.rows as usize;
        Cut { start, bits, rows: first..next }
    });
    parts.collect()
}

/// How much lies in a range.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Weight {
    pub(super) rows: u64,
    pub(super) bytes: u64,
}

impl Weight {
    pub(super) fn and(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, bytes: self.bytes + other.bytes }
    }

    pub(super) fn less(self, other: Self) -> Self {
        Self { rows: self.rows - other.rows, bytes: self.bytes - other.bytes }
    }

    /// Whether a chunk may hold that much.
    pub(super) fn fits(self, options: &ChunkOptions) -> bool {
        let small = options.chunk_bytes.is_none_or(|most| self.bytes <= most);
        self.rows <= 1 || (self.rows <= options.chunk_rows && small)
    }
}

/// Ascending ids, and what lies before each of them.
pub(super) struct Room<'a> {
    ids: &'a [u64],
    /// The bytes of the rows before each position, and of all; nothing where nobody asks.
    before: Vec<u64>,
}

impl<'a> Room<'a> {
    pub(super) fn of(ids: &'a [u64], sizes: &[u64]) -> Self {
        let mut sum = 0;
        let ends = sizes.iter().map(|size| {
            sum += size;
            sum
        });
        Self { ids, before: std::iter::once(0).chain(ends).collect() }
    }

    /// How much the rows with ids from a first to a last one are.
    pub(super) fn within(&self, start: u64, last: u64) -> Weight {
        let (from, to) = (self.ids.partition_point(|id| *id < start), self.ids.partition_point(|id| *id <= last));
        let before = |at: usize| self.before.get(at).copied().unwrap_or_default();
        Weight { rows: (to - from) as u64, bytes: before(to).saturating_sub(before(from)) }
    }
}

/// The ranges of the cut in their order: first id, bits, what lies there. `weigh` tells it of the ids from a first to a last one.
pub(super) fn halve(options: &ChunkOptions, weigh: impl Fn(u64, u64) -> Weight) -> Vec<(u64, u8, Weight)> {
    let mut done = Vec::new();
    let mut open = vec![(0, 64)];
    while let Some((start, bits)) = open.pop() {
        let weight = weigh(start, last(start, bits));
        match weight.rows {
            0 => {}
            _ if weight.fits(options) || bits == 0 => done.push((start, bits, weight)),
            _ => open.extend([(start | 1 << (bits - 1), bits - 1), (start, bits - 1)]),
        }
    }
    done
}

/// The ranges of the cut that no id above `seen` can change, where these ascending ids are all up to there that are above `before`: the
/// last id of the range before them. What stands up to `before` was cut off, so no range that holds it together with others fits.
pub(super) fn settled(ids: &[u64], sizes: &[u64], options: &ChunkOptions, before: Option<u64>, seen: u64) -> Vec<Cut> {
    let rows = Room::of(ids, sizes);
    let (mut done, mut next) = (Vec::new(), 0);
    let mut open = vec![(0, 64)];
    while let Some((start, bits)) = open.pop() {
        let end = last(start, bits);
        if before.is_some_and(|before| end <= before) {
            continue;
        }
        let weight = rows.within(start, end);
        let whole = before.is_none_or(|before| start > before);
        match weight.rows {
            0 if whole && end <= seen => {}
            _ if whole && (weight.fits(options) || bits == 0) => {
                if end > seen {
                    break;
                }
                let first = next;
                next += weight.rows as usize;
                done.push(Cut { start, bits, rows: first..next });
            }
            _ => open.extend([(start | 1 << (bits - 1), bits - 1), (start, bits - 1)]),
        }
    }
    done
}

/// The last id of a range.
pub(super) fn last(start: u64, bits: u8) -> u64 {
    if bits >= 64 { u64::MAX } else { start | ((1 << bits) - 1) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn by_rows(ids: &[u64], chunk_rows: u64) -> Vec<Cut> {
        cut(ids, &[], &ChunkOptions::rows(chunk_rows))
    }

    fn ranges(ids: &[u64], chunk_rows: u64) -> Vec<(u64, u8, usize)> {
        by_rows(ids, chunk_rows).into_iter().map(|part| (part.start, part.bits, part.rows.len())).collect()
    }

    #[test]
    fn counted_ids_make_plain_blocks() {
        let ids: Vec<u64> = (0..20_000).collect();
        assert_eq!(ranges(&ids, 8_192), [(0, 13, 8_192), (8_192, 13, 8_192), (16_384, 14, 3_616)]);
        assert_eq!(ranges(&ids[..100], 8_192), [(0, 64, 100)]);
        assert_eq!(ranges(&[], 8_192), []);
        assert_eq!(ranges(&[0, u64::MAX], 1), [(0, 63, 1), (1 << 63, 63, 1)]);
        assert_eq!(ranges(&[u64::MAX - 1, u64::MAX], 1), [(u64::MAX - 1, 0, 1), (u64::MAX, 0, 1)]);
    }

    #[test]
    fn rows_of_many_bytes_make_smaller_ranges() {
        let ids: Vec<u64> = (0..16).collect();
        let check = |sizes: [u64; 16], most: u64, expected: &[usize]| {
            let options = ChunkOptions { chunk_rows: 8, chunk_bytes: Some(most) };
            let found: Vec<usize> = cut(&ids, &sizes, &options).into_iter().map(|part| part.rows.len()).collect();
            assert_eq!(found, expected, "{sizes:?} {most}");
        };
        check([10; 16], 1_000, &[8, 8]);
        check([10; 16], 80, &[8, 8]);
        check([10; 16], 79, &[4, 4, 4, 4]);
        check([10; 16], 5, &[1; 16]);
        let mut one = [1; 16];
        one[5] = 100;
        check(one, 8, &[4, 1, 1, 2, 8]);
    }

    fn some_ids() -> impl Strategy<Value = BTreeSet<u64>> {
        prop_oneof![
            prop::collection::btree_set(any::<u64>(), 0..200),
            prop::collection::btree_set(0_u64..300, 0..200),
            prop::collection::btree_set(u64::MAX - 300..=u64::MAX, 0..200),
        ]
    }

    proptest! {
        #[test]
        fn every_id_is_in_its_range_and_ranges_are_as_large_as_they_may_be(ids in some_ids(), chunk_rows in 1_u64..20) {
            let ids: Vec<u64> = ids.into_iter().collect();
            let parts = by_rows(&ids, chunk_rows);
            let mut next = 0;
            for part in &parts {
                prop_assert_eq!(part.rows.start, next);
                next = part.rows.end;
                prop_assert!((1..=chunk_rows).contains(&(part.rows.len() as u64)));
                let inside = |id: u64| part.bits == 64 || (id >> part.bits) == (part.start >> part.bits);
                prop_assert!(ids[part.rows.clone()].iter().all(|id| inside(*id)));
                if part.bits < 64 {
                    let wider = |id: u64| part.bits == 63 || id >> (part.bits + 1) == part.start >> (part.bits + 1);
                    prop_assert!(ids.iter().filter(|id| wider(**id)).count() as u64 > chunk_rows);
                }
            }
            prop_assert_eq!(next, ids.len());
        }

        #[test]
        fn one_row_more_or_less_is_a_local_change(ids in some_ids(), id in any::<u64>(), near in any::<bool>(), chunk_rows in 1_u64..20) {
            let id = if near { ids.first().copied().unwrap_or(id) ^ (id & 0xff) } else { id };
            let without: Vec<u64> = ids.iter().copied().filter(|other| *other != id).collect();
            let with: Vec<u64> = ids.into_iter().chain([id]).collect::<BTreeSet<_>>().into_iter().collect();
            let rows = |ids: &[u64], parts: Vec<Cut>| -> BTreeSet<(u64, u8, Vec<u64>)> {
                parts.into_iter().map(|part| (part.start, part.bits, ids[part.rows].to_vec())).collect()
            };
            let before = rows(&without, by_rows(&without, chunk_rows));
            let after = rows(&with, by_rows(&with, chunk_rows));
            let touched: Vec<_> = after.difference(&before).collect();
            // What differs lies in the one range that the new row's insertion may have split.
            let range = before.difference(&after).map(|(start, bits, _)| (*start, *bits)).next();
            if let Some((start, bits)) = range {
                prop_assert!(touched.iter().all(|(s, _, _)| bits == 64 || s >> bits == start >> bits));
                prop_assert_eq!(before.difference(&after).count(), 1);
            } else {
                prop_assert_eq!(touched.len(), 1);
            }
        }
    }
}
