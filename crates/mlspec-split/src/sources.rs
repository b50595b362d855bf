//! Rows that share a row of a source, directly or through others.

use crate::SplitError;
use mlspec_provenance::Tracer;
use mlspec_record::{ArtifactRef, Name};

/// For each row (by its ascending id), the least row id of this source among the rows connected with it, if any source row
/// stands behind it. Two rows are connected when they come from the same source row, or through a chain of such rows.
///
/// # Errors
/// When the artifact does not come from the source, or its lineage cannot be followed.
pub fn components(
    tracer: &Tracer<'_>,
    of: &ArtifactRef,
    ids: &[u64],
    source: &Name,
) -> Result<Vec<Option<u64>>, SplitError> {
    let scans = match of.lineage {
        Some(_) => tracer.sources(of)?,
        None => Vec::new(),
    };
    let mut links = Vec::new();
    for scan in scans.iter().filter(|scan| scan.dataset == *source) {
        links.extend(tracer.list_pairs(of, scan)?);
    }
    if !scans.iter().any(|scan| scan.dataset == *source) {
        let mut known: Vec<String> = scans.iter().map(|scan| scan.dataset.to_string()).collect();
        known.sort_unstable();
        known.dedup();
        return Err(SplitError::Source { source_name: source.clone(), known });
    }
    Ok(connected(ids, links))
}

/// The least source id of each row's connected component. `ids` ascend; links of other rows are left out.
pub fn connected(ids: &[u64], links: Vec<(u64, u64)>) -> Vec<Option<u64>> {
    let mut sources: Vec<u64> = links.iter().map(|&(_, source)| source).collect();
    sources.sort_unstable();
    sources.dedup();
    let mut forest = Forest::new(sources.len());
    let mut first: Vec<Option<usize>> = vec![None; ids.len()];
    for (row, source) in links {
        let (Ok(row), Ok(source)) = (ids.binary_search(&row), sources.binary_search(&source)) else { continue };
        match first[row] {
            None => first[row] = Some(source),
            Some(before) => forest.join(before, source),
        }
    }
    first.into_iter().map(|source| source.map(|source| sources[forest.least(source)])).collect()
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
        // Rows 1 and 2 share source 7; 2 and 3 share source 5; 4 stands alone; 6 comes from nothing.
        let links = vec![(1, 7), (2, 7), (2, 5), (3, 5), (3, 9), (4, 8), (99, 8)];
        assert_eq!(connected(&[1, 2, 3, 4, 6], links), [Some(5), Some(5), Some(5), Some(8), None]);
    }

    #[test]
    fn the_order_of_links_does_not_matter() {
        let links: Vec<(u64, u64)> = (0..200).map(|at| (at * 7 % 60, at * 13 % 90)).collect();
        let ids: Vec<u64> = (0..60).collect();
        let expected = connected(&ids, links.clone());
        assert_eq!(connected(&ids, links.into_iter().rev().collect()), expected);
    }
}
