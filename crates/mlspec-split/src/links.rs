//! Which rows come from which rows of sources.

use crate::SplitError;
use mlspec_provenance::{SourceScan, Tracer};
use mlspec_record::{ArtifactRef, Name};
use std::collections::BTreeMap;

/// For every source behind a table, the links from its rows to rows of the source: followed once, for all who ask.
#[derive(Clone, Debug, Default)]
pub struct Links {
    /// By dataset: pairs of a row's position and the id of a row of the source.
    by_source: BTreeMap<String, Vec<(usize, u64)>>,
}

impl Links {
    /// Follows the lineage of a table down to its sources. `ids` are those of its rows, ascending.
    ///
    /// # Errors
    /// When the lineage cannot be followed.
    pub fn read(tracer: &Tracer<'_>, of: &ArtifactRef, ids: &[u64]) -> Result<Self, SplitError> {
        let scans = match of.lineage {
            Some(_) => tracer.sources(of)?,
            None => Vec::new(),
        };
        let mut found = Self::default();
        for scan in scans {
            found.add(ids, &scan, tracer.list_pairs(of, &scan)?);
        }
        Ok(found)
    }

    /// Takes pairs of a row and a row of this source in; those of other rows are left out.
    pub(crate) fn add(&mut self, ids: &[u64], scan: &SourceScan, pairs: Vec<(u64, u64)>) {
        let links = self.by_source.entry(scan.dataset.to_string()).or_default();
        links.reserve(pairs.len());
        let mut next = 0;
        for (row, source) in pairs {
            // Pairs mostly come by row.
            while ids.get(next).is_some_and(|&id| id < row) && ids.get(next + 1).is_some_and(|&id| id <= row) {
                next += 1;
            }
            let at = if ids.get(next) == Some(&row) { Some(next) } else { ids.binary_search(&row).ok() };
            if let Some(at) = at {
                next = at;
                links.push((at, source));
            }
        }
    }

    /// The links to this source.
    ///
    /// # Errors
    /// When there is no such source behind the table.
    pub fn of(&self, source: &Name) -> Result<&[(usize, u64)], SplitError> {
        let missing =
            || SplitError::Source { source_name: source.clone(), known: self.by_source.keys().cloned().collect() };
        self.by_source.get(source.as_str()).map(Vec::as_slice).ok_or_else(missing)
    }

    /// All sources, by name, and the links to them.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &[(usize, u64)])> {
        self.by_source.iter().map(|(source, links)| (source, links.as_slice()))
    }
}
