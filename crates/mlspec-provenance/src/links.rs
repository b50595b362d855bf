//! Ids that name rows of scans or groups of rows, and how to follow them both ways.

use crate::Problem;
use crate::flight::{bug, ids, node_column};
use mlspec_table::ROW;
use mlspec_table::polars::prelude::*;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The column of an edge table that names the group.
pub(crate) const GROUP: &str = "group";

/// The column of pairs that names the row at the far end.
pub(crate) const SOURCE: &str = "source";

/// Rows and what they come from: a frame of `_row` and a column `@k` per root.
#[derive(Clone, Debug)]
pub(crate) struct Links {
    pub(crate) frame: DataFrame,
    /// The node that `_row` itself names, if it does.
    pub(crate) own: Option<usize>,
    pub(crate) roots: Vec<usize>,
}

/// What the ids of a column `@k` name.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// Rows of a scan.
    Scan(usize),
    /// Groups: the frame has the column `group` too.
    Edges(Links),
}

impl Links {
    /// The nodes that ids here name, and the columns that hold those ids.
    pub(crate) fn ends(&self) -> impl Iterator<Item = (usize, String)> {
        let roots = self.roots.iter().map(|root| (*root, node_column(*root)));
        self.own.map(|own| (own, ROW.to_owned())).into_iter().chain(roots)
    }

    /// The nodes through which this scan is reached. Mostly there is one; a row that comes from itself and from a group of its
    /// table, such as those that a limit skipped, has two.
    fn towards(&self, nodes: &[Node], scan: usize) -> Vec<(usize, String)> {
        self.ends().filter(|(node, _)| reaches(nodes, *node, scan)).collect()
    }

    /// All pairs of a row and the row of the scan that it comes from, each once: columns `_row` and `source`.
    pub(crate) fn pairs(&self, nodes: &[Node], scan: usize) -> Result<DataFrame, Problem> {
        let mut found: Option<DataFrame> = None;
        for (node, column) in self.towards(nodes, scan) {
            let more = self.pairs_through(nodes, scan, node, &column)?;
            found = Some(match found {
                None => more,
                Some(mut found) => {
                    found.vstack_mut_owned(more).map_err(bug)?;
                    found.unique_stable(None, UniqueKeepStrategy::Any, None).map_err(bug)?
                }
            });
        }
        found.map_or_else(|| pairs(Vec::new(), Vec::new()), Ok)
    }

    fn pairs_through(&self, nodes: &[Node], scan: usize, node: usize, column: &str) -> Result<DataFrame, Problem> {
        let ends = self.frame.clone().lazy().select([col(ROW), col(column).alias(SOURCE)]);
        let ends = ends.filter(col(SOURCE).is_not_null());
        let found = match &nodes[node] {
            Node::Scan(_) => ends,
            Node::Edges(edges) => {
                let rows = edges.pairs(nodes, scan)?.lazy();
                let groups = edges.frame.clone().lazy().select([col(ROW), col(GROUP)]);
                let members = groups.join(rows, [col(ROW)], [col(ROW)], JoinArgs::new(JoinType::Inner));
                let members = members.select([col(GROUP), col(SOURCE).alias("@member")]);
                let met = ends.join(members, [col(SOURCE)], [col(GROUP)], JoinArgs::new(JoinType::Inner));
                met.select([col(ROW), col("@member").alias(SOURCE)]).unique_generic(None, UniqueKeepStrategy::Any)
            }
        };
        found.collect().map_err(bug)
    }

    /// The rows of scans that these rows come from.
    pub(crate) fn backward(
        &self,
        nodes: &[Node],
        rows: &HashSet<u64>,
        found: &mut BTreeMap<usize, BTreeSet<u64>>,
    ) -> Result<(), Problem> {
        let here = self.select(ROW, rows)?;
        self.spread(&here, nodes, found)
    }

    /// As [`Links::backward`], for the rows of a part of the frame.
    pub(crate) fn spread(
        &self,
        here: &DataFrame,
        nodes: &[Node],
        found: &mut BTreeMap<usize, BTreeSet<u64>>,
    ) -> Result<(), Problem> {
        for (node, column) in self.ends() {
            let ends = ids(here, &column)?;
            match &nodes[node] {
                Node::Scan(scan) => found.entry(*scan).or_default().extend(ends.iter().flatten()),
                Node::Edges(edges) => {
                    let groups: HashSet<u64> = ends.iter().flatten().collect();
                    edges.spread(&edges.select(GROUP, &groups)?, nodes, found)?;
                }
            }
        }
        Ok(())
    }

    /// The rows that come from these rows of a scan; of groups that are not listed here, the groups.
    pub(crate) fn forward(&self, nodes: &[Node], scan: usize, rows: &HashSet<u64>) -> Result<HashSet<u64>, Problem> {
        self.towards_rows(nodes, scan, rows, ROW)
    }

    fn towards_rows(
        &self,
        nodes: &[Node],
        scan: usize,
        rows: &HashSet<u64>,
        to: &str,
    ) -> Result<HashSet<u64>, Problem> {
        let mut found = HashSet::new();
        for (node, column) in self.towards(nodes, scan) {
            let ends = match &nodes[node] {
                Node::Scan(_) => rows.clone(),
                Node::Edges(edges) => edges.towards_rows(nodes, scan, rows, GROUP)?,
            };
            found.extend(ids(&self.select(&column, &ends)?, to)?.iter().flatten());
        }
        Ok(found)
    }

    /// The rows whose column holds one of these ids.
    fn select(&self, column: &str, wanted: &HashSet<u64>) -> Result<DataFrame, Problem> {
        let mask: BooleanChunked =
            ids(&self.frame, column)?.iter().map(|id| id.is_some_and(|id| wanted.contains(&id))).collect();
        self.frame.filter(&mask).map_err(bug)
    }
}

fn reaches(nodes: &[Node], node: usize, scan: usize) -> bool {
    match nodes.get(node) {
        None => false,
        Some(Node::Scan(found)) => *found == scan,
        Some(Node::Edges(edges)) => edges.ends().any(|(below, _)| below < node && reaches(nodes, below, scan)),
    }
}

/// The pairs of these ascending rows. Links are kept by row, so both mostly ascend together.
pub(crate) fn of_rows(pairs: &DataFrame, rows: &[u64]) -> Result<DataFrame, Problem> {
    let (mut at, mut before) = (0, 0);
    let mut holds = |row: u64| {
        if row < before {
            at = rows.partition_point(|&other| other < row);
        }
        before = row;
        while rows.get(at).is_some_and(|&other| other < row) {
            at += 1;
        }
        rows.get(at) == Some(&row)
    };
    let mask: BooleanChunked = ids(pairs, ROW)?.iter().map(|row| row.is_some_and(&mut holds)).collect();
    pairs.filter(&mask).map_err(bug)
}

/// A frame of pairs.
pub(crate) fn pairs(rows: Vec<u64>, sources: Vec<u64>) -> Result<DataFrame, Problem> {
    let columns = vec![Column::new(ROW.into(), rows), Column::new(SOURCE.into(), sources)];
    DataFrame::new_infer_height(columns).map_err(bug)
}
