//! Rows that share a row of a source, directly or through others.

/// For each of so many rows, the least row id of a source among the rows connected with it, if any row of the source stands
/// behind it. Two rows are connected when they come from the same source row, or through a chain of such rows. Links are
/// pairs of a row's position and the id of a source row.
pub fn connected(rows: usize, links: &[(usize, u64)]) -> Vec<Option<u64>> {
    let mut first: Vec<Option<u64>> = vec![None; rows];
    let mut several = false;
    for &(row, source) in links {
        match first.get_mut(row) {
            Some(found @ None) => *found = Some(source),
            Some(Some(found)) => several |= *found != source,
            None => {}
        }
    }
    // Where every row comes from one row of the source, there are no chains.
    if !several {
        return first;
    }
    let mut sources: Vec<u64> = links.iter().map(|&(_, source)| source).collect();
    sources.sort_unstable();
    sources.dedup();
    let mut forest = Forest::new(sources.len());
    let place = |source: u64| sources.binary_search(&source).ok();
    for &(row, source) in links {
        let known = first.get(row).copied().flatten().and_then(place);
        if let (Some(known), Some(source)) = (known, place(source)) {
            forest.join(known, source);
        }
    }
    let mut least = |source: u64| place(source).and_then(|at| sources.get(forest.least(at)).copied());
    first.into_iter().map(|source| source.and_then(&mut least)).collect()
}

/// Sets of numbers, each known by its least member.
struct Forest(Vec<usize>);

impl Forest {
    fn new(size: usize) -> Self {
        Self((0..size).collect())
    }

    fn least(&mut self, mut of: usize) -> usize {
        while self.0[of] != of {
            self.0[of] = self.0[self.0[of]];
            of = self.0[of];
        }
        of
    }

    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.least(a), self.least(b));
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chains_of_rows_stay_together() {
        // Rows 0 and 1 share source 7; 1 and 2 share source 5; 3 stands alone; 4 comes from nothing.
        let links = [(0, 7), (1, 7), (1, 5), (2, 5), (2, 9), (3, 8), (99, 8)];
        assert_eq!(connected(5, &links), [Some(5), Some(5), Some(5), Some(8), None]);
    }

    #[test]
    fn the_order_of_links_does_not_matter() {
        let mut links: Vec<(usize, u64)> = (0..200).map(|at| (at * 7 % 60, at as u64 * 13 % 90)).collect();
        let expected = connected(60, &links);
        links.reverse();
        assert_eq!(connected(60, &links), expected);
    }
}
