//! How rows of a source reach parts of what comes from it, counted; and how the counts change with some links.

use mlspec_record::body::{Leak, LinkCount};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// A link: the row, the row of the source that it comes from, the part that the row belongs to.
pub type Link = (u64, u64, usize);

/// What is counted of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// How many of its rows reach any part.
    pub rows: u64,
    /// How many of its rows reach more than one part.
    pub shared: u64,
    /// How many links there are to its rows.
    pub links: u64,
    /// How many rows come from any of its rows.
    pub linked: u64,
}

/// Links to rows of a source that went and came, and which of the rows that they lead to the source had and has.
#[derive(Clone, Debug, Default)]
pub struct LinkChanges {
    went: Vec<Link>,
    came: Vec<Link>,
    rows_unlinked: u64,
    rows_linked: u64,
    links: (u64, u64),
}

/// Counts after a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reached {
    /// Of the source as a whole.
    pub reach: Reach,
    /// By part, how many more (or fewer) of the source's rows reach it.
    pub by_part: BTreeMap<usize, i64>,
}

impl Reach {
    /// As records have it.
    pub fn leak(&self, source: &str) -> Leak {
        Leak { source: source.to_owned(), rows: self.rows, shared: self.shared }
    }

    /// As records have it.
    pub fn count(&self, source: &str) -> LinkCount {
        LinkCount { source: source.to_owned(), rows: self.rows, links: self.links, linked: self.linked }
    }

    /// Whether every row comes from at most one row of the source.
    pub fn is_single(&self) -> bool {
        self.links == self.linked
    }

    /// The counts after a change, if they follow from it; `had` and `has` say of [`LinkChanges::sources`] which the source had
    /// before and has now.
    ///
    /// Of a source row that is no longer there, or was not there before, all links are at hand. Of others they are where no row
    /// of the source had more than one link.
    pub fn after(&self, changes: &LinkChanges, had: &HashSet<u64>, has: &HashSet<u64>) -> Option<Reached> {
        let one_each = self.links == self.rows;
        let (went, came) = (parts_by_source(&changes.went), parts_by_source(&changes.came));
        let mut reach = Self {
            links: (self.links + changes.links.1).saturating_sub(changes.links.0),
            linked: (self.linked + changes.rows_linked).saturating_sub(changes.rows_unlinked),
            ..self.clone()
        };
        let mut by_part = BTreeMap::new();
        for row in changes.sources() {
            let all_at_hand = !has.contains(&row) || !had.contains(&row) || (one_each && went.contains_key(&row));
            if !all_at_hand {
                return None;
            }
            let none = BTreeSet::new();
            let (was, is) = (went.get(&row).unwrap_or(&none), came.get(&row).unwrap_or(&none));
            let count = |least: usize| (u64::from(is.len() >= least), u64::from(was.len() >= least));
            reach.rows = (reach.rows + count(1).0).saturating_sub(count(1).1);
            reach.shared = (reach.shared + count(2).0).saturating_sub(count(2).1);
            was.iter().for_each(|part| *by_part.entry(*part).or_default() -= 1);
            is.iter().for_each(|part| *by_part.entry(*part).or_default() += 1);
        }
        Some(Reached { reach, by_part })
    }
}

impl LinkChanges {
    /// The changes from the links of some rows before to those of some rows now. Links of rows that have no part in the change
    /// are in neither or in both.
    pub fn between(mut before: Vec<Link>, mut after: Vec<Link>) -> Self {
        before.sort_unstable();
        after.sort_unstable();
        let rows = |links: &[Link]| links.iter().map(|link| (link.0, link.2)).collect::<BTreeSet<_>>().len() as u64;
        Self {
            rows_unlinked: rows(&before),
            rows_linked: rows(&after),
            links: (before.len() as u64, after.len() as u64),
            went: without(&before, &after),
            came: without(&after, &before),
        }
    }

    /// The rows of the source that links which went or came lead to, ascending.
    pub fn sources(&self) -> Vec<u64> {
        let all: BTreeSet<u64> = self.went.iter().chain(&self.came).map(|link| link.1).collect();
        all.into_iter().collect()
    }
}

fn parts_by_source(links: &[Link]) -> BTreeMap<u64, BTreeSet<usize>> {
    let mut parts: BTreeMap<u64, BTreeSet<usize>> = BTreeMap::new();
    for &(_, source, part) in links {
        parts.entry(source).or_default().insert(part);
    }
    parts
}

/// What is in the first of two sorted lists more often than in the second.
fn without(list: &[Link], other: &[Link]) -> Vec<Link> {
    let mut other = other.iter().peekable();
    let mut left = Vec::new();
    for item in list {
        while other.next_if(|other| *other < item).is_some() {}
        if other.next_if_eq(&item).is_none() {
            left.push(*item);
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;
    use xxhash_rust::xxh3::xxh3_64;

    fn count(links: &[Link]) -> (Reach, BTreeMap<usize, i64>) {
        let parts = parts_by_source(links);
        let rows: BTreeSet<_> = links.iter().map(|link| (link.0, link.2)).collect();
        let shared = parts.values().filter(|parts| parts.len() > 1).count() as u64;
        let reach = Reach { rows: parts.len() as u64, shared, links: links.len() as u64, linked: rows.len() as u64 };
        let mut by_part = BTreeMap::new();
        parts.values().flatten().for_each(|part| *by_part.entry(*part).or_default() += 1);
        (reach, by_part)
    }

    #[test]
    fn counts_that_follow_from_a_change_are_those_of_all_links() {
        let mut carried = 0;
        for case in 0_u64..3_000 {
            let draw = |at: u64, of: u64| xxh3_64(&[case.to_le_bytes(), at.to_le_bytes()].concat()) % of;
            let wide = if case % 2 == 0 { 40 } else { 6 };
            let link = |at: u64| (at / 2, draw(at, wide), draw(at / 2 + 50, 3) as usize);
            let mut before: Vec<Link> = (0..draw(90, 12)).map(link).collect();
            before.sort_unstable();
            before.dedup();
            // Rows 0 to 2 changed: some are gone, some are linked otherwise; a row of the source may be gone with its links.
            let lost = (case % 3 == 0).then_some(draw(91, wide));
            let keep = |link: &Link| link.0 > 2 && Some(link.1) != lost;
            let mut after: Vec<Link> = before.iter().copied().filter(keep).collect();
            after.extend((0..draw(92, 4)).map(|at| (at / 2, wide + draw(at + 60, 5), (at % 3) as usize)));
            after.sort_unstable();
            after.dedup();
            let had: HashSet<u64> = (0..wide).collect();
            let mut has: HashSet<u64> = (0..wide + 5).collect();
            lost.map(|lost| has.remove(&lost));
            let changed = |link: &&Link| link.0 <= 2 || lost == Some(link.1);
            let some = |links: &[Link]| -> Vec<Link> { links.iter().filter(changed).copied().collect() };
            // All links of a row are looked at, or none.
            let rows: HashSet<u64> = some(&before).iter().chain(&some(&after)).map(|link| link.0).collect();
            let of_rows =
                |links: &[Link]| -> Vec<Link> { links.iter().filter(|link| rows.contains(&link.0)).copied().collect() };
            let ((reach, parts), (expected, parts_now)) = (count(&before), count(&after));
            if let Some(found) = reach.after(&LinkChanges::between(of_rows(&before), of_rows(&after)), &had, &has) {
                assert_eq!(found.reach, expected, "{case}: {before:?} {after:?}");
                for part in 0..3 {
                    let of = |parts: &BTreeMap<usize, i64>| parts.get(&part).copied().unwrap_or(0);
                    assert_eq!(of(&parts) + of(&found.by_part), of(&parts_now), "{case}");
                }
                carried += usize::from(before != after);
            }
        }
        assert!(carried > 200, "{carried}");
    }
}
