//! Shares that are kept in every stratum: rows, or groups of rows, stand in the order of their hashes, and parts follow one another.
//!
//! Of n rows of a stratum the i-th, from 0, stands at (i + u) / n, where u is a draw of the stratum; the part is the one whose range of
//! shares holds that place. So every part gets its share but for the rounding of one row, and over many small strata none is favoured. A
//! row that comes or goes shifts the others by one place: those at the boundary between parts may move.

use crate::draw::UNIT;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// A row, or the first of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Unit {
    stratum: u64,
    hash: u64,
    id: u64,
    rows: u64,
}

/// The part of each row. `strata` and `groups` have the states of the hash of each row's stratum and of what keeps it together;
/// `ends` says where the parts' shares end.
pub(crate) fn assign(strata: &[u64], groups: &[u64], ids: &[u64], alone: bool, ends: &[f64]) -> Vec<usize> {
    let rows = || strata.iter().zip(groups).zip(ids).map(|((&stratum, &hash), &id)| (hash, id, stratum));
    let mut units: Vec<Unit> = match alone {
        true => rows().map(|(hash, id, stratum)| Unit { stratum, hash, id, rows: 1 }).collect(),
        false => together(rows().collect()),
    };
    units.par_sort_unstable();
    let mut part_of: BTreeMap<u64, usize> = BTreeMap::new();
    let mut by_id: Vec<(u64, usize)> = Vec::new();
    for stratum in units.chunk_by(|a, b| a.stratum == b.stratum) {
        let all: u64 = stratum.iter().map(|unit| unit.rows).sum();
        let (draw, mut before) = ((stratum[0].stratum >> 11) as f64 * UNIT, 0_u64);
        for unit in stratum {
            let place = (before as f64 + draw * unit.rows as f64) / all as f64;
            let part = part_at(ends, place);
            before += unit.rows;
            match alone {
                true => by_id.push((unit.id, part)),
                false => drop(part_of.insert(unit.hash, part)),
            }
        }
    }
    if alone {
        by_id.par_sort_unstable();
        return by_id.into_iter().map(|(_, part)| part).collect();
    }
    groups.iter().map(|group| part_of.get(group).copied().unwrap_or_default()).collect()
}

/// The part whose range of shares holds a place in `[0, 1)`.
pub(crate) fn part_at(ends: &[f64], place: f64) -> usize {
    ends.partition_point(|&end| end <= place).min(ends.len().saturating_sub(1))
}

/// One unit a group, in the stratum that most of its rows are in; of several, in that of the least hash.
fn together(mut rows: Vec<(u64, u64, u64)>) -> Vec<Unit> {
    rows.par_sort_unstable();
    let groups: Vec<&[(u64, u64, u64)]> = rows.chunk_by(|a, b| a.0 == b.0).collect();
    let unit = |group: &&[(u64, u64, u64)]| {
        let mut counts: BTreeMap<u64, u64> = BTreeMap::new();
        group.iter().for_each(|(_, _, stratum)| *counts.entry(*stratum).or_default() += 1);
        let most = counts.values().copied().max().unwrap_or_default();
        let stratum = counts.into_iter().find(|(_, count)| *count == most).map(|(stratum, _)| stratum);
        Unit { stratum: stratum.unwrap_or_default(), hash: group[0].0, id: group[0].1, rows: group.len() as u64 }
    };
    groups.par_iter().map(unit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::xxh3_64;

    fn hash(of: u64) -> u64 {
        xxh3_64(&of.to_le_bytes())
    }

    fn assigned(ids: &[u64], strata: impl Fn(u64) -> u64, ends: &[f64]) -> Vec<usize> {
        let strata: Vec<u64> = ids.iter().map(|&id| hash(strata(id))).collect();
        let hashes: Vec<u64> = ids.iter().map(|&id| hash(id)).collect();
        assign(&strata, &hashes, ids, true, ends)
    }

    #[test]
    fn every_stratum_is_shared_out() {
        let ids: Vec<u64> = (0..10_000).collect();
        let stratum = |id: u64| if id < 37 { 9 } else { id % 3 };
        let parts = assigned(&ids, stratum, &[0.2, 0.9, 1.0]);
        for wanted in [0, 1, 2, 9] {
            let of: Vec<usize> =
                ids.iter().filter(|&&id| stratum(id) == wanted).map(|&id| parts[id as usize]).collect();
            for (part, share) in [0.2, 0.7, 0.1].into_iter().enumerate() {
                let found = of.iter().filter(|&&other| other == part).count() as f64;
                assert!((found - share * of.len() as f64).abs() <= 1.0, "stratum {wanted}, part {part}: {found}");
            }
        }
    }

    #[test]
    fn small_strata_favour_no_part() {
        let ids: Vec<u64> = (0..9_000).collect();
        let parts = assigned(&ids, |id| id, &[0.2, 0.9, 1.0]);
        for (part, share) in [0.2, 0.7, 0.1].into_iter().enumerate() {
            let found = parts.iter().filter(|&&other| other == part).count() as f64 / 9_000.0;
            assert!((found - share).abs() < 0.02, "part {part}: {found}");
        }
    }

    #[test]
    fn a_row_that_goes_moves_rows_at_boundaries_alone() {
        let ids: Vec<u64> = (0..2_000).collect();
        let before = assigned(&ids, |id| id % 2, &[0.25, 0.5, 0.75, 1.0]);
        for gone in (0..2_000_u64).step_by(97) {
            let fewer: Vec<u64> = ids.iter().copied().filter(|id| *id != gone).collect();
            let after = assigned(&fewer, |id| id % 2, &[0.25, 0.5, 0.75, 1.0]);
            let moved = fewer.iter().zip(&after).filter(|(id, part)| before[**id as usize] != **part).count();
            assert!(moved <= 4, "{moved} rows move");
        }
    }

    #[test]
    fn groups_stay_together_and_fill_their_shares() {
        let ids: Vec<u64> = (0..6_000).collect();
        let groups: Vec<u64> = ids.iter().map(|id| hash(id / 7)).collect();
        let parts = assign(&vec![1; 6_000], &groups, &ids, false, &[0.5, 1.0]);
        assert!(
            ids.windows(2).all(|pair| pair[0] / 7 != pair[1] / 7 || parts[pair[0] as usize] == parts[pair[1] as usize])
        );
        let first = parts.iter().filter(|part| **part == 0).count();
        assert!(first.abs_diff(3_000) <= 7, "{first}");
        // A group of two strata is where most of its rows are.
        let strata = [1, 1, 2, 2, 2, 3];
        let parts = assign(&strata, &[5, 5, 5, 6, 6, 6], &[0, 1, 2, 3, 4, 5], false, &[0.5, 1.0]);
        assert_eq!((parts[0], parts[3]), (parts[2], parts[5]));
    }
}
