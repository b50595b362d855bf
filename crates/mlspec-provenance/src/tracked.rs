//! The result of a plan: rows, and where rows and columns come from.

use crate::engine::{Found, Run, Scan};
use crate::flight::{bug, ids};
use crate::links::{Links, Node};
use crate::shape::{Shape, Sources};
use crate::{Flight, ProvenanceError};
use mlspec_record::{ColumnLineage, SourceColumn, TableSchema, body::OperatorReport};
use mlspec_table::polars::prelude::{DataFrame, IdxCa, IdxSize};
use mlspec_table::{ROW, Table};

/// The result of a plan: a frame with row ids, row lineage, column lineage, and what each operator did.
#[derive(Clone, Debug)]
pub struct Tracked {
    pub(crate) frame: DataFrame,
    schema: TableSchema,
    scans: Vec<Scan>,
    pub(crate) links: Links,
    pub(crate) nodes: Vec<Node>,
    columns: Vec<ColumnLineage>,
    indirect: Vec<SourceColumn>,
    reports: Vec<OperatorReport>,
    /// What operators found, in the order of the reports.
    pub(crate) findings: Vec<Found>,
}

/// The columns' lineage as documents hold it.
pub(crate) fn column_lineage(shape: &Shape) -> (Vec<ColumnLineage>, Vec<SourceColumn>) {
    let of = |name: &str| shape.sources.get(name).map(sorted).unwrap_or_default();
    let columns = shape.schema.columns().iter().map(|column| ColumnLineage {
        column: column.name.clone(),
        data_type: column.data_type,
        sources: of(&column.name),
    });
    (columns.collect(), sorted(&shape.indirect))
}

fn sorted(sources: &Sources) -> Vec<SourceColumn> {
    sources.iter().cloned().collect()
}

pub(crate) fn track(shape: &Shape, scans: Vec<Scan>, run: Run, flight: Flight) -> Result<Tracked, ProvenanceError> {
    let (columns, indirect) = column_lineage(shape);
    let own: Vec<&str> = std::iter::once(ROW).chain(shape.schema.names()).collect();
    let frame = flight.frame.select(own).map_err(bug)?;
    let links = flight.frame.select(flight.hidden()).map_err(bug)?;
    Ok(Tracked {
        frame,
        schema: shape.schema.clone(),
        scans,
        links: Links { frame: links, own: flight.own, roots: flight.nodes },
        nodes: run.nodes,
        columns,
        indirect,
        reports: run.reports.into_values().collect(),
        findings: run.findings.into_values().collect(),
    })
}

impl Tracked {
    /// The rows, sorted by id.
    ///
    /// # Errors
    /// When two rows have the same id.
    pub fn table(&self) -> Result<Table, ProvenanceError> {
        Ok(Table::new(by_id(self.frame.clone())?)?)
    }

    /// The rows in no particular order, ids first.
    pub fn frame(&self) -> &DataFrame {
        &self.frame
    }

    /// The columns.
    pub fn schema(&self) -> &TableSchema {
        &self.schema
    }

    /// The scans, in the order of lineage's parents.
    pub fn scans(&self) -> &[Scan] {
        &self.scans
    }

    /// For every column, the columns of scans that it comes from.
    pub fn columns(&self) -> &[ColumnLineage] {
        &self.columns
    }

    /// The columns of scans that decided which rows exist or how they are grouped.
    pub fn indirect(&self) -> &[SourceColumn] {
        &self.indirect
    }

    /// What each operator did, by position; tables of what they found are not among it before they are kept
    /// ([`Tracked::write_reports`]).
    pub fn reports(&self) -> &[OperatorReport] {
        &self.reports
    }

    /// Whether each row has the id of the one row that it comes from, so that lineage needs no table.
    pub fn is_identity(&self) -> bool {
        let scanned = self.links.own.is_some_and(|node| matches!(self.nodes.get(node), Some(Node::Scan(0))));
        scanned && self.links.roots.is_empty() && self.scans.len() == 1
    }

    /// All pairs of a row and the row of a scan that it comes from: columns `_row` and `source`.
    ///
    /// # Errors
    /// When there is no such scan.
    pub fn pairs(&self, scan: &str) -> Result<DataFrame, ProvenanceError> {
        let at =
            self.scans.iter().position(|found| found.name == scan).ok_or_else(|| ProvenanceError::UnknownTable {
                table: scan.to_owned(),
                known: self.scans.iter().map(|scan| scan.name.clone()).collect(),
            })?;
        Ok(self.links.pairs(&self.nodes, at)?)
    }
}

/// Sorts a frame by row id. Most ids are hashes, which spread evenly over buckets by their first bits: that is a quarter of the
/// time of a general sort.
pub(crate) fn by_id(frame: DataFrame) -> Result<DataFrame, ProvenanceError> {
    let found = ids(&frame, ROW)?;
    let ids: Vec<u64> = found.iter().flatten().collect();
    if ids.is_sorted() {
        return Ok(frame);
    }
    Ok(frame.take(&IdxCa::from_vec(ROW.into(), order(&ids))).map_err(bug)?)
}

/// Positions in the order of ids.
fn order(ids: &[u64]) -> Vec<IdxSize> {
    const BITS: u32 = 12;
    let bucket = |id: u64| (id >> (u64::BITS - BITS)) as usize;
    let mut starts = vec![0_usize; (1 << BITS) + 1];
    ids.iter().for_each(|id| starts[bucket(*id) + 1] += 1);
    for at in 1..starts.len() {
        starts[at] += starts[at - 1];
    }
    let mut next = starts.clone();
    let mut sorted = vec![(0_u64, 0 as IdxSize); ids.len()];
    for (at, id) in ids.iter().enumerate() {
        let place = &mut next[bucket(*id)];
        sorted[*place] = (*id, at as IdxSize);
        *place += 1;
    }
    starts.windows(2).for_each(|ends| sorted[ends[0]..ends[1]].sort_unstable());
    sorted.into_iter().map(|(_, at)| at).collect()
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn order_sorts_ids_that_are_spread_and_ids_that_are_not() {
        let spread: Vec<u64> = (0..5_000_u64).map(|n| n.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
        for ids in [spread, vec![3, 1, 2], vec![u64::MAX, 0, 1 << 63], vec![]] {
            let mut expect = ids.clone();
            expect.sort_unstable();
            assert_eq!(order(&ids).into_iter().map(|at| ids[at as usize]).collect::<Vec<_>>(), expect);
        }
    }
}
