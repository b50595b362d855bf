//! Source rows that stand behind measured rows and behind the rows that a model was fitted on.

use crate::EvaluateError;
use mlspec_provenance::Tracer;
use mlspec_record::ArtifactRef;
use mlspec_record::body::Leak;
use std::collections::BTreeMap;

/// For each source behind `data`: how many of its rows stand there, and how many of those also behind `fitted`, which is a
/// matrix, or a model: then what it was fitted on.
///
/// # Errors
/// When lineage is missing or cannot be followed.
pub fn overlap(tracer: &Tracer<'_>, data: &ArtifactRef, fitted: &ArtifactRef) -> Result<Vec<Leak>, EvaluateError> {
    let measured = source_rows(tracer, data)?;
    let known = source_rows(tracer, fitted)?;
    let count = |(source, rows): (String, Vec<u64>)| {
        let mut there = known.get(&source).map(Vec::as_slice).unwrap_or_default().iter().peekable();
        let shared = rows.iter().filter(|row| {
            while there.next_if(|other| other < row).is_some() {}
            there.peek() == Some(row)
        });
        let shared = shared.count();
        Leak { source, rows: rows.len() as u64, shared: shared as u64 }
    };
    Ok(measured.into_iter().map(count).collect())
}

/// The rows of each source behind an artifact, ascending.
fn source_rows(tracer: &Tracer<'_>, of: &ArtifactRef) -> Result<BTreeMap<String, Vec<u64>>, EvaluateError> {
    let mut found: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for scan in tracer.sources(of)? {
        let rows = found.entry(scan.dataset.to_string()).or_default();
        rows.extend(tracer.list_pairs(of, &scan)?.into_iter().map(|(_, source)| source));
    }
    found.values_mut().for_each(|rows| *rows = distinct(std::mem::take(rows)));
    Ok(found)
}

/// These ids, ascending, each once. Counted ids, of which most occur, are marked rather than sorted.
fn distinct(mut ids: Vec<u64>) -> Vec<u64> {
    let words = ids.iter().max().and_then(|greatest| usize::try_from(greatest / 64 + 1).ok()).unwrap_or(0);
    if words > ids.len() {
        ids.sort_unstable();
        ids.dedup();
        return ids;
    }
    let mut marks = vec![0_u64; words];
    for id in &ids {
        if let Some(word) = marks.get_mut((id / 64) as usize) {
            *word |= 1 << (id % 64);
        }
    }
    ids.clear();
    for (mut word, first) in marks.into_iter().zip((0..).step_by(64)) {
        while word != 0 {
            ids.push(first + u64::from(word.trailing_zeros()));
            word &= word - 1;
        }
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::distinct;

    #[test]
    fn ids_are_listed_once() {
        for (ids, expect) in [
            (vec![], vec![]),
            (vec![0], vec![0]),
            (vec![u64::MAX, 3, u64::MAX], vec![3, u64::MAX]),
            (vec![5, 64, 63, 5, 128, 0], vec![0, 5, 63, 64, 128]),
            ((0..200).rev().chain(50..60).collect(), (0..200).collect()),
        ] {
            assert_eq!(distinct(ids), expect);
        }
    }
}
