//! Where a table is cut into chunks: a function of its ids alone.

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

/// Halves the space of 64-bit ids until no range holds more than `chunk_rows` of these ascending ids; leaves out empty ranges.
///
/// A row that is added or removed changes its own range, and at most splits or joins ranges around it.
pub fn cut(ids: &[u64], chunk_rows: usize) -> Vec<Cut> {
    let count =
        |start: u64, last: u64| (ids.partition_point(|id| *id <= last) - ids.partition_point(|id| *id < start)) as u64;
    let mut next = 0;
    let parts = halve(chunk_rows as u64, count).into_iter().map(|(start, bits, rows)| {
        let first = next;
        next += rows as usize;
        Cut { start, bits, rows: first..next }
    });
    parts.collect()
}

/// The ranges of the cut in their order: first id, bits, number of rows. `count` tells how many rows have ids from a first to a
/// last one.
pub(super) fn halve(chunk_rows: u64, count: impl Fn(u64, u64) -> u64) -> Vec<(u64, u8, u64)> {
    let mut done = Vec::new();
    let mut open = vec![(0, 64)];
    while let Some((start, bits)) = open.pop() {
        match count(start, last(start, bits)) {
            0 => {}
            rows if rows <= chunk_rows.max(1) || bits == 0 => done.push((start, bits, rows)),
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

    fn ranges(ids: &[u64], chunk_rows: usize) -> Vec<(u64, u8, usize)> {
        cut(ids, chunk_rows).into_iter().map(|part| (part.start, part.bits, part.rows.len())).collect()
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

    fn some_ids() -> impl Strategy<Value = BTreeSet<u64>> {
        prop_oneof![
            prop::collection::btree_set(any::<u64>(), 0..200),
            prop::collection::btree_set(0_u64..300, 0..200),
            prop::collection::btree_set(u64::MAX - 300..=u64::MAX, 0..200),
        ]
    }

    proptest! {
        #[test]
        fn every_id_is_in_its_range_and_ranges_are_as_large_as_they_may_be(ids in some_ids(), chunk_rows in 1_usize..20) {
            let ids: Vec<u64> = ids.into_iter().collect();
            let parts = cut(&ids, chunk_rows);
            let mut next = 0;
            for part in &parts {
                prop_assert_eq!(part.rows.start, next);
                next = part.rows.end;
                prop_assert!((1..=chunk_rows).contains(&part.rows.len()));
                let inside = |id: u64| part.bits == 64 || (id >> part.bits) == (part.start >> part.bits);
                prop_assert!(ids[part.rows.clone()].iter().all(|id| inside(*id)));
                if part.bits < 64 {
                    let wider = |id: u64| part.bits == 63 || id >> (part.bits + 1) == part.start >> (part.bits + 1);
                    prop_assert!(ids.iter().filter(|id| wider(**id)).count() > chunk_rows);
                }
            }
            prop_assert_eq!(next, ids.len());
        }

        #[test]
        fn one_row_more_or_less_is_a_local_change(ids in some_ids(), id in any::<u64>(), near in any::<bool>(), chunk_rows in 1_usize..20) {
            let id = if near { ids.first().copied().unwrap_or(id) ^ (id & 0xff) } else { id };
            let without: Vec<u64> = ids.iter().copied().filter(|other| *other != id).collect();
            let with: Vec<u64> = ids.into_iter().chain([id]).collect::<BTreeSet<_>>().into_iter().collect();
            let rows = |ids: &[u64], parts: Vec<Cut>| -> BTreeSet<(u64, u8, Vec<u64>)> {
                parts.into_iter().map(|part| (part.start, part.bits, ids[part.rows].to_vec())).collect()
            };
            let before = rows(&without, cut(&without, chunk_rows));
            let after = rows(&with, cut(&with, chunk_rows));
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
