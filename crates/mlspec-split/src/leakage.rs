//! Whether rows of a source reach more than one part.

use crate::Links;
use crate::output::NONE;
use mlspec_provenance::Reach;
use std::collections::BTreeMap;

/// For each source behind the rows, how many of its rows reach any part, and how many more than one; `parts` has the part of
/// each row.
pub fn leakage(links: &Links, parts: &[usize]) -> BTreeMap<String, Reach> {
    links.iter().map(|(source, links)| (source.clone(), reach(links, parts))).collect()
}

pub(crate) fn reach(links: &[(usize, u64)], parts: &[usize]) -> Reach {
    // Rows that are in no part leak nowhere.
    let kept: Vec<(usize, u64)>;
    let links = match parts.contains(&NONE) {
        false => links,
        true => {
            kept = links.iter().copied().filter(|(row, _)| parts.get(*row).is_some_and(|part| *part != NONE)).collect();
            &kept
        }
    };
    let (rows, shared) = marked(links, parts).unwrap_or_else(|| sorted(links, parts));
    let mut has_link = vec![false; parts.len()];
    for &(row, _) in links {
        if let Some(has_link) = has_link.get_mut(row) {
            *has_link = true;
        }
    }
    let linked = has_link.iter().filter(|has| **has).count() as u64;
    Reach { rows, shared, links: links.len() as u64, linked }
}

/// Rows and shared rows, by a mark for each part that a row reaches: where ids are counted and parts are few.
fn marked(links: &[(usize, u64)], parts: &[usize]) -> Option<(u64, u64)> {
    let greatest = usize::try_from(links.iter().map(|&(_, source)| source).max()?).ok()?;
    if greatest / 16 > links.len() || parts.iter().any(|&part| part >= 64 && part != NONE) {
        return None;
    }
    let mut marks = vec![0_u64; greatest + 1];
    for &(row, source) in links {
        if let (Some(mark), Some(part)) = (marks.get_mut(source as usize), parts.get(row)) {
            *mark |= 1 << part;
        }
    }
    let count = |least: u32| marks.iter().filter(|mark| mark.count_ones() >= least).count() as u64;
    Some((count(1), count(2)))
}

fn sorted(links: &[(usize, u64)], parts: &[usize]) -> (u64, u64) {
    let reached = links.iter().filter_map(|&(row, source)| Some((source, *parts.get(row)?)));
    let mut reached: Vec<(u64, usize)> = reached.collect();
    reached.sort_unstable();
    reached.dedup();
    let (mut rows, mut shared) = (0, 0);
    for parts in reached.chunk_by(|a, b| a.0 == b.0) {
        rows += 1;
        shared += u64::from(parts.len() > 1);
    }
    (rows, shared)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_in_one_part_twice_is_no_leak() {
        let check = |scale: u64| {
            let links =
                [(0, 7 * scale), (1, 3 * scale), (2, 7 * scale), (3, 3 * scale), (4, 9 * scale), (4, 7 * scale)];
            let found = reach(&links, &[0, 1, 0, 0, 2, 1]);
            assert_eq!(found, Reach { rows: 3, shared: 2, links: 6, linked: 5 });
        };
        check(1);
        check(u64::MAX / 9);
        let links = [(0, 7), (1, 7), (2, 7)];
        assert_eq!(reach(&links, &[0, NONE, 0]), Reach { rows: 1, shared: 0, links: 2, linked: 2 });
        assert_eq!(reach(&[], &[0, 0]), Reach { rows: 0, shared: 0, links: 0, linked: 0 });
    }
}
