//! A matrix of features: sparse rows in blocks.

use crate::ModelError;
use rayon::prelude::*;

/// One row: the columns that are not zero, ascending, and their values.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<'a> {
    /// The columns.
    pub indices: &'a [u32],
    /// The values there.
    pub values: &'a [f64],
}

impl Row<'_> {
    /// The scalar product with a dense vector; columns beyond its end count as zero.
    pub fn dot(&self, dense: &[f64]) -> f64 {
        self.indices.iter().zip(self.values).map(|(&at, value)| dense.get(at as usize).map_or(0.0, |x| x * value)).sum()
    }
}

/// Consecutive rows as CSR (compressed sparse rows).
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    ends: Vec<usize>,
    indices: Vec<u32>,
    values: Vec<f64>,
}

impl Default for Block {
    fn default() -> Self {
        Self { ends: vec![0], indices: Vec::new(), values: Vec::new() }
    }
}

impl Block {
    /// An empty block with room for this many rows and values.
    pub fn with_capacity(rows: usize, values: usize) -> Self {
        let mut ends = Vec::with_capacity(rows + 1);
        ends.push(0);
        Self { ends, indices: Vec::with_capacity(values), values: Vec::with_capacity(values) }
    }

    /// Adds a value to the row in the making, unless it is zero. Columns must ascend within a row.
    #[inline]
    pub fn push(&mut self, column: u32, value: f64) {
        if value != 0.0 {
            self.indices.push(column);
            self.values.push(value);
        }
    }

    /// Ends the row in the making.
    pub fn end_row(&mut self) {
        self.ends.push(self.values.len());
    }

    /// How many rows it has.
    pub fn len(&self) -> usize {
        self.ends.len() - 1
    }

    /// Whether it has no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The row at this position.
    pub fn row(&self, at: usize) -> Option<Row<'_>> {
        let (&start, &end) = (self.ends.get(at)?, self.ends.get(at + 1)?);
        Some(Row { indices: self.indices.get(start..end)?, values: self.values.get(start..end)? })
    }

    /// The rows, in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = Row<'_>> {
        self.ends
            .windows(2)
            .map(|pair| Row { indices: &self.indices[pair[0]..pair[1]], values: &self.values[pair[0]..pair[1]] })
    }

    fn check(&self, columns: usize) -> Result<(), ModelError> {
        if self.ends.last() != Some(&self.values.len()) {
            return Err(ModelError::invalid("features", "the last row of a block is not ended"));
        }
        let ascending = |row: Row<'_>| row.indices.windows(2).all(|pair| pair[0] < pair[1]);
        let inside = |row: Row<'_>| row.indices.last().is_none_or(|&last| (last as usize) < columns);
        if self.rows().all(|row| ascending(row) && inside(row)) {
            Ok(())
        } else {
            Err(ModelError::invalid("features", "columns of a row are not ascending or beyond the last column"))
        }
    }
}

/// A matrix of features, rows × columns: sparse rows in blocks, each of which one thread works on.
///
/// The blocks of a matrix that was read from a store are the chunks of its table, so that sums by block can be kept and
/// updated. Sums over rows are always taken block by block, in order: they don't depend on the number of threads.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    columns: usize,
    starts: Vec<usize>,
    blocks: Vec<Block>,
}

impl Features {
    /// How many rows a block has where nothing else decides.
    pub const BLOCK_ROWS: usize = 8192;

    /// A matrix of these blocks. Empty blocks are left out.
    ///
    /// # Errors
    /// When a block has an unfinished row, or columns that are beyond `columns` or not ascending.
    pub fn new(columns: usize, mut blocks: Vec<Block>) -> Result<Self, ModelError> {
        blocks.retain(|block| !block.is_empty());
        blocks.par_iter().try_for_each(|block| block.check(columns))?;
        let starts = std::iter::once(0)
            .chain(blocks.iter().scan(0, |rows, block| {
                *rows += block.len();
                Some(*rows)
            }))
            .collect();
        Ok(Self { columns, starts, blocks })
    }

    /// A matrix from its values, row by row.
    ///
    /// # Errors
    /// When the number of values is no multiple of `columns`.
    pub fn from_dense(columns: usize, values: &[f64]) -> Result<Self, ModelError> {
        if columns == 0 || !values.len().is_multiple_of(columns) {
            return Err(ModelError::invalid(
                "features",
                "the number of values is no multiple of the number of columns",
            ));
        }
        let blocks = values.chunks(columns * Self::BLOCK_ROWS).map(|rows| {
            let mut block = Block::with_capacity(rows.len() / columns, rows.len());
            for row in rows.chunks(columns) {
                row.iter().zip(0..).for_each(|(&value, column)| block.push(column, value));
                block.end_row();
            }
            block
        });
        Self::new(columns, blocks.collect())
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// How many columns it has.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// How many values are not zero.
    pub fn nonzeros(&self) -> usize {
        self.blocks.iter().map(|block| block.values.len()).sum()
    }

    /// The blocks, in the order of the rows.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// The position of each block's first row.
    pub fn starts(&self) -> &[usize] {
        &self.starts[..self.blocks.len()]
    }

    /// The row at this position.
    pub fn row(&self, at: usize) -> Option<Row<'_>> {
        let block = self.starts.partition_point(|&start| start <= at).checked_sub(1)?;
        self.blocks.get(block)?.row(at - self.starts[block])
    }

    /// A matrix of these rows, in this order; positions beyond the end are left out.
    pub fn select(&self, rows: &[usize]) -> Self {
        let blocks: Vec<Block> = rows
            .chunks(Self::BLOCK_ROWS)
            .map(|rows| {
                let mut block = Block::with_capacity(rows.len(), 0);
                for row in rows.iter().filter_map(|&at| self.row(at)) {
                    block.indices.extend_from_slice(row.indices);
                    block.values.extend_from_slice(row.values);
                    block.end_row();
                }
                block
            })
            .filter(|block| !block.is_empty())
            .collect();
        let starts = std::iter::once(0).chain(blocks.iter().scan(0, |sum, block| {
            *sum += block.len();
            Some(*sum)
        }));
        Self { columns: self.columns, starts: starts.collect(), blocks }
    }

    /// All values, row by row, zeros included.
    ///
    /// # Errors
    /// When there would be more than `limit` values.
    pub fn to_dense(&self, limit: usize) -> Result<Vec<f64>, ModelError> {
        let cells = self.rows().checked_mul(self.columns).filter(|&cells| cells <= limit);
        let cells = cells.ok_or(ModelError::TooDense { rows: self.rows(), columns: self.columns, limit })?;
        let mut dense = vec![0.0; cells];
        if self.columns > 0 {
            let rows = self.blocks.iter().flat_map(Block::rows);
            for (row, cells) in rows.zip(dense.chunks_mut(self.columns)) {
                row.indices.iter().zip(row.values).for_each(|(&at, &value)| cells[at as usize] = value);
            }
        }
        Ok(dense)
    }

    /// Refuses NaN and infinity.
    ///
    /// # Errors
    /// When there is one; the error names the first column with such values, how many it has, and up to five positions.
    pub fn check_finite(&self) -> Result<(), ModelError> {
        let finite = self.blocks.par_iter().all(|block| block.values.iter().all(|value| value.is_finite()));
        if finite { Ok(()) } else { Err(self.not_finite(|value| !value.is_finite())) }
    }

    /// Whether a value is missing, which is NaN.
    ///
    /// # Errors
    /// When a value is infinite; the error is as that of [`Features::check_finite`].
    pub fn has_missing(&self) -> Result<bool, ModelError> {
        let finite = self.blocks.par_iter().all(|block| block.values.iter().all(|value| value.is_finite()));
        if finite {
            return Ok(false);
        }
        let infinite = self.blocks.par_iter().any(|block| block.values.iter().any(|value| value.is_infinite()));
        if infinite { Err(self.not_finite(f64::is_infinite)) } else { Ok(true) }
    }

    /// The error for values that are `bad`.
    fn not_finite(&self, is_bad: impl Fn(f64) -> bool) -> ModelError {
        let mut bad: Vec<(u32, usize)> = Vec::new();
        for (row, at) in self.blocks.iter().flat_map(Block::rows).zip(0..) {
            let cells = row.indices.iter().zip(row.values).filter(|cell| is_bad(*cell.1));
            bad.extend(cells.map(|cell| (*cell.0, at)));
        }
        let column = bad.iter().map(|cell| cell.0).min().unwrap_or(0);
        bad.retain(|cell| cell.0 == column);
        let (count, positions) = (bad.len() as u64, bad.iter().take(5).map(|cell| cell.1).collect());
        ModelError::NotFiniteFeature { feature: column as usize, count, positions }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn features() -> Features {
        Features::from_dense(3, &[1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.5]).unwrap()
    }

    #[test]
    fn rows_and_cells() {
        let x = features();
        assert_eq!((x.rows(), x.columns(), x.nonzeros()), (3, 3, 4));
        assert_eq!(x.row(2), Some(Row { indices: &[1, 2], values: &[-1.0, 0.5] }));
        assert_eq!(x.row(1).unwrap().values.len(), 0);
        assert_eq!(x.row(3), None);
        assert_eq!(x.to_dense(9).unwrap(), [1.0, 0.0, 2.0, 0.0, 0.0, 0.0, 0.0, -1.0, 0.5]);
        assert_eq!(x.select(&[2, 0, 7]).to_dense(9).unwrap(), [0.0, -1.0, 0.5, 1.0, 0.0, 2.0]);
        assert!(matches!(x.to_dense(8), Err(ModelError::TooDense { rows: 3, columns: 3, limit: 8 })));
    }

    #[test]
    fn blocks_are_checked() {
        let block = |cells: &[(u32, f64)], end: bool| {
            let mut block = Block::default();
            cells.iter().for_each(|&(at, value)| block.push(at, value));
            if end {
                block.end_row();
            }
            block
        };
        assert!(Features::new(2, vec![block(&[(0, 1.0), (1, 2.0)], true)]).is_ok());
        assert!(Features::new(1, vec![block(&[(0, 1.0), (1, 2.0)], true)]).is_err());
        assert!(Features::new(2, vec![block(&[(1, 1.0), (0, 2.0)], true)]).is_err());
        let mut open = block(&[(0, 1.0)], true);
        open.push(1, 1.0);
        assert!(Features::new(2, vec![open]).is_err());
    }

    #[test]
    fn nan_is_found_where_it_is() {
        let x = Features::from_dense(2, &[1.0, f64::NAN, 2.0, 3.0, f64::INFINITY, f64::NAN]).unwrap();
        match x.check_finite() {
            Err(ModelError::NotFiniteFeature { feature: 0, count: 1, positions }) => assert_eq!(positions, [2]),
            other => panic!("{other:?}"),
        }
        assert!(features().check_finite().is_ok());
        match x.has_missing() {
            Err(ModelError::NotFiniteFeature { feature: 0, count: 1, positions }) => assert_eq!(positions, [2]),
            other => panic!("{other:?}"),
        }
        assert!(Features::from_dense(1, &[1.0, f64::NAN]).unwrap().has_missing().unwrap());
        assert!(!features().has_missing().unwrap());
    }
}
