//! Source rows that stand behind measured rows and behind the rows that a model was fitted on.

use crate::EvaluateError;
use mlspec_model::Matrix;
use mlspec_provenance::{Link, LinkChanges, Reach, Tracer};
use mlspec_record::body::{Leak, LinkCount, Test};
use mlspec_record::{ArtifactKind, ArtifactRef};
use mlspec_store::Store;
use mlspec_table::{Difference, difference};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What stands behind measured rows and behind the rows that a model was fitted on.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Overlap {
    /// By source behind the measured rows.
    pub(crate) leaks: Vec<Leak>,
    /// By source, the links of the measured rows and of those fitted on together; none where these are not known by row.
    pub(crate) links: Vec<LinkCount>,
}

/// For each source behind `data`: how many of its rows stand there, and how many of those also behind `fitted`, which is a
/// matrix, or a model: then what it was fitted on.
///
/// # Errors
/// When lineage is missing or cannot be followed.
pub fn overlap(tracer: &Tracer<'_>, data: &ArtifactRef, fitted: &ArtifactRef) -> Result<Vec<Leak>, EvaluateError> {
    Ok(count(tracer, data, fitted)?.leaks)
}

pub(crate) fn count(tracer: &Tracer<'_>, data: &ArtifactRef, fitted: &ArtifactRef) -> Result<Overlap, EvaluateError> {
    let (measured, mut known) = (behind(tracer, data)?, behind(tracer, fitted)?);
    let mut found = Overlap::default();
    for (source, data) in measured {
        let fitted_on = known.remove(&source).unwrap_or_default();
        let mut there = fitted_on.rows.iter().peekable();
        let shared = data.rows.iter().filter(|row| {
            while there.next_if(|other| other < row).is_some() {}
            there.peek() == Some(row)
        });
        let (rows, shared) = (data.rows.len() as u64, shared.count() as u64);
        if fitted.kind == ArtifactKind::Matrix {
            let rows = rows + fitted_on.rows.len() as u64 - shared;
            let (links, linked) = (data.links + fitted_on.links, data.linked + fitted_on.linked);
            found.links.push(LinkCount { source: source.clone(), rows, links, linked });
        }
        found.leaks.push(Leak { source, rows, shared });
    }
    Ok(found)
}

/// The rows of a source behind an artifact, ascending, and the links to them.
#[derive(Default)]
struct Behind {
    rows: Vec<u64>,
    links: u64,
    linked: u64,
}

fn behind(tracer: &Tracer<'_>, of: &ArtifactRef) -> Result<BTreeMap<String, Behind>, EvaluateError> {
    let mut found: BTreeMap<String, (Vec<u64>, Vec<u64>)> = BTreeMap::new();
    for scan in tracer.sources(of)? {
        let (linked, rows) = found.entry(scan.dataset.to_string()).or_default();
        let pairs = tracer.list_pairs(of, &scan)?;
        linked.extend(pairs.iter().map(|pair| pair.0));
        rows.extend(pairs.iter().map(|pair| pair.1));
    }
    let behind = |(linked, rows): (Vec<u64>, Vec<u64>)| {
        let links = rows.len() as u64;
        Behind { rows: distinct(rows), links, linked: distinct(linked).len() as u64 }
    };
    Ok(found.into_iter().map(|(source, ids)| (source, behind(ids))).collect())
}

/// A matrix before and now, and the ids of rows that only one of them has.
struct Change<'a> {
    before: &'a ArtifactRef,
    after: &'a ArtifactRef,
    rows: Difference,
}

impl<'a> Change<'a> {
    /// Nothing where rows that are in both may come from other rows than before.
    fn between(
        store: &Store,
        tracer: &Tracer<'_>,
        (before, after): (&'a ArtifactRef, &'a ArtifactRef),
    ) -> Result<Option<Self>, EvaluateError> {
        let matrices = [before, after].into_iter().all(|of| of.kind == ArtifactKind::Matrix && of.lineage.is_some());
        if !matrices || !tracer.keeps_links(before, after)? {
            return Ok(None);
        }
        let raw = |of: &ArtifactRef| Ok::<_, EvaluateError>(Matrix::read(store, &of.digest)?.raw.digest);
        Ok(difference(store, &raw(before)?, &raw(after)?)?.map(|rows| Self { before, after, rows }))
    }
}

/// The overlap as it follows from the one before, where it does. Inputs are the measured rows and those fitted on.
pub(crate) fn carry(
    store: &Store,
    tracer: &Tracer<'_>,
    base: &Test,
    data: (&ArtifactRef, &ArtifactRef),
    fitted: (&ArtifactRef, &ArtifactRef),
) -> Result<Option<Overlap>, EvaluateError> {
    let (data, fitted) = (Change::between(store, tracer, data)?, Change::between(store, tracer, fitted)?);
    let (Some(data), Some(fitted)) = (data, fitted) else { return Ok(None) };
    let sources = tracer.sources(data.after)?;
    let sources: BTreeSet<&str> = sources.iter().map(|scan| scan.dataset.as_str()).collect();
    let mut found = Overlap::default();
    for source in sources {
        let leak = base.shared_with_training.iter().find(|leak| leak.source == source);
        let count = base.links.iter().find(|count| count.source == source);
        let (Some(leak), Some(count)) = (leak, count) else { return Ok(None) };
        let reach = Reach { rows: count.rows, shared: leak.shared, links: count.links, linked: count.linked };
        let (mut went, mut came) = (Vec::new(), Vec::new());
        for (part, side) in [&data, &fitted].into_iter().enumerate() {
            went.extend(links_of(tracer, side.before, &side.rows.removed, source, part)?);
            came.extend(links_of(tracer, side.after, &side.rows.added, source, part)?);
        }
        let changes = LinkChanges::between(went, came);
        let touched = changes.sources();
        let rows_of = |one: &ArtifactRef, other: &ArtifactRef| -> Result<HashSet<u64>, EvaluateError> {
            let mut rows = tracer.source_rows(one, source, &touched)?;
            rows.extend(tracer.source_rows(other, source, &touched)?);
            Ok(rows)
        };
        let (had, has) = (rows_of(data.before, fitted.before)?, rows_of(data.after, fitted.after)?);
        let Some(after) = reach.after(&changes, &had, &has) else { return Ok(None) };
        let more = after.by_part.get(&0).copied().unwrap_or(0);
        let rows = leak.rows.saturating_add_signed(more);
        found.leaks.push(Leak { source: source.to_owned(), rows, shared: after.reach.shared });
        found.links.push(after.reach.count(source));
    }
    Ok(Some(found))
}

/// The links of some rows to a source.
fn links_of(
    tracer: &Tracer<'_>,
    of: &ArtifactRef,
    rows: &[u64],
    source: &str,
    part: usize,
) -> Result<Vec<Link>, EvaluateError> {
    let mut links = Vec::new();
    if !rows.is_empty() {
        for scan in tracer.sources(of)?.iter().filter(|scan| scan.dataset.as_str() == source) {
            let pairs = tracer.list_pairs_of(of, rows, scan)?;
            links.extend(pairs.into_iter().map(|(row, source)| (row, source, part)));
        }
    }
    Ok(links)
}

/// These ids, ascending, each once. Counted ids, of which most occur, are marked rather than sorted.
fn distinct(mut ids: Vec<u64>) -> Vec<u64> {
    if ids.is_sorted() {
        ids.dedup();
        return ids;
    }
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
