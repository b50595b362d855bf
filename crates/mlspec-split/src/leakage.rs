//! Whether rows of a source reach more than one part.

use crate::SplitError;
use mlspec_provenance::Tracer;
use mlspec_record::ArtifactRef;
use mlspec_record::body::Leak;
use std::collections::BTreeMap;

/// For each source dataset behind the rows, how many of its rows reach any part, and how many more than one. `ids` ascend;
/// `parts` has the part of each.
///
/// # Errors
/// When the lineage cannot be followed.
pub fn leakage(tracer: &Tracer<'_>, of: &ArtifactRef, ids: &[u64], parts: &[usize]) -> Result<Vec<Leak>, SplitError> {
    let mut reached: BTreeMap<String, Vec<(u64, usize)>> = BTreeMap::new();
    if of.lineage.is_none() {
        return Ok(Vec::new());
    }
    for scan in tracer.sources(of)? {
        let links = tracer.list_pairs(of, &scan)?;
        let part_of = |row: u64| ids.binary_search(&row).ok().and_then(|at| parts.get(at)).copied();
        let parts = links.into_iter().filter_map(|(row, source)| Some((source, part_of(row)?)));
        reached.entry(scan.dataset.to_string()).or_default().extend(parts);
    }
    Ok(reached.into_iter().map(|(source, reached)| count(source, reached)).collect())
}

fn count(source: String, mut reached: Vec<(u64, usize)>) -> Leak {
    reached.sort_unstable();
    reached.dedup();
    let rows = reached.chunk_by(|a, b| a.0 == b.0);
    let (mut all, mut shared) = (0, 0);
    for parts in rows {
        all += 1;
        shared += u64::from(parts.len() > 1);
    }
    Leak { source, rows: all, shared }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_in_one_part_twice_is_no_leak() {
        let leak = count("mails".to_owned(), vec![(7, 0), (3, 1), (7, 0), (3, 0), (9, 2)]);
        assert_eq!((leak.rows, leak.shared), (3, 1));
    }
}
