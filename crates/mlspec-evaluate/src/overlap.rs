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
        let there = known.get(&source).map(Vec::as_slice).unwrap_or_default();
        let shared = rows.iter().filter(|row| there.binary_search(row).is_ok()).count();
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
        rows.sort_unstable();
        rows.dedup();
    }
    Ok(found)
}
