//! Rows that an operator dropped, with where they come from.

use crate::engine::{Run, Scan};
use crate::flight::{bug, ids};
use crate::links::{Links, Node};
use crate::{Flight, Problem, ProvenanceError};
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use std::collections::HashSet;
use std::sync::Arc;

/// Rows of one input of one operator that went into no row of its result.
#[derive(Clone, Debug)]
pub struct Lost {
    /// The operator's position.
    pub position: u64,
    /// The operator.
    pub operator: String,
    /// The table it belongs to.
    pub table: String,
    /// Why they were dropped.
    pub reason: &'static str,
    links: Links,
    nodes: Arc<[Node]>,
    scans: Arc<[Scan]>,
}

impl Lost {
    pub(crate) fn new(
        (position, operator, table, reason): &(u64, String, String, Option<&'static str>),
        input: &Flight,
        kept: &UInt64Chunked,
    ) -> Result<Self, Problem> {
        let kept: HashSet<u64> = kept.iter().flatten().collect();
        let mask: BooleanChunked = input.ids()?.iter().map(|id| id.is_some_and(|id| !kept.contains(&id))).collect();
        let frame = input.frame.select(input.hidden()).and_then(|frame| frame.filter(&mask)).map_err(bug)?;
        Ok(Self {
            position: *position,
            operator: operator.clone(),
            table: table.clone(),
            reason: reason.unwrap_or("without counterpart"),
            links: Links { frame, own: input.own, roots: input.nodes.clone() },
            nodes: Arc::from([]),
            scans: Arc::from([]),
        })
    }

    pub(crate) fn finish(run: Run, scans: Vec<Scan>) -> Result<Vec<Self>, ProvenanceError> {
        let (nodes, scans): (Arc<[Node]>, Arc<[Scan]>) = (run.nodes.into(), scans.into());
        let lists = run.list.unwrap_or_default().into_iter();
        Ok(lists
            .filter(|lost| lost.links.frame.height() > 0)
            .map(|lost| Self { nodes: Arc::clone(&nodes), scans: Arc::clone(&scans), ..lost })
            .collect())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.links.frame.height()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Their ids, as they were in front of the operator.
    ///
    /// # Errors
    /// Never in practice: the ids are there.
    pub fn ids(&self) -> Result<Vec<u64>, ProvenanceError> {
        Ok(ids(&self.links.frame, ROW)?.iter().flatten().collect())
    }

    /// For every scan they come from, pairs of their id and the row there: columns `_row` and `source`.
    ///
    /// # Errors
    /// When polars refuses.
    pub fn sources(&self) -> Result<Vec<(Scan, DataFrame)>, ProvenanceError> {
        let mut found = Vec::new();
        for (at, scan) in self.scans.iter().enumerate() {
            let pairs = self.links.pairs(&self.nodes, at)?;
            if pairs.height() > 0 {
                found.push((scan.clone(), pairs));
            }
        }
        Ok(found)
    }
}

/// How many different ids of `all` are among `some`, which may repeat and hold nulls but nothing else.
pub(crate) fn distinct(all: &UInt64Chunked, some: &UInt64Chunked) -> usize {
    let (low, high) = (all.min().unwrap_or(0), all.max().unwrap_or(0));
    let span = high - low;
    if span / 16 <= all.len() as u64 {
        // Counted ids lie close together: one bit for each.
        let mut bits = vec![0_u64; (span / 64 + 1) as usize];
        for at in some.iter().flatten().map(|id| id.wrapping_sub(low)).filter(|at| *at <= span) {
            bits[(at / 64) as usize] |= 1 << (at % 64);
        }
        bits.iter().map(|word| word.count_ones() as usize).sum()
    } else {
        use rayon::prelude::*;
        let mut ids: Vec<u64> = some.iter().flatten().collect();
        ids.par_sort_unstable();
        ids.dedup();
        ids.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distinct_counts_close_and_far_ids() {
        let check = |all: &[u64], some: &[Option<u64>], expect| {
            let all = UInt64Chunked::from_slice("x".into(), all);
            let some: UInt64Chunked = some.iter().copied().collect();
            assert_eq!(distinct(&all, &some), expect);
        };
        check(&[], &[], 0);
        check(&[5, 6, 7], &[Some(6), None, Some(6), Some(7)], 2);
        check(&[5, u64::MAX], &[Some(5), Some(5), Some(u64::MAX)], 2);
        check(&[0, 64, 128], &[Some(128), Some(64)], 2);
    }
}
