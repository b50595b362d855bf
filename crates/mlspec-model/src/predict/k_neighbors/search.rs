//! The nearest rows, exactly: every row is looked at, as far as it takes to see that it is too far.

use super::Metric;
use crate::{Block, Features, Row};
use rayon::prelude::*;
use std::collections::BinaryHeap;

/// How many rows lie together: a column of so many is one step.
const LANES: usize = 8;

/// How many columns are added up before it is asked whether all rows are too far.
const COLUMNS: usize = 4;

/// How many tiles a few rows go through before the next ones do: these stay near the processor.
const TILES: usize = 32;

/// How many rows are sought for at a time.
const QUERIES: usize = 32;

/// The most cells of dense rows, and up to how many they lie densely in any case.
const DENSE: usize = 1 << 27;
const FEW: usize = 1 << 16;

/// A row that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) distance: f64,
    pub(super) row: u32,
}

impl Eq for Found {}

impl Ord for Found {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.distance.total_cmp(&other.distance).then(self.row.cmp(&other.row))
    }
}

impl PartialOrd for Found {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// Rows to be searched.
#[derive(Debug, PartialEq)]
pub(super) struct Search {
    metric: Metric,
    pub(super) rows: Rows,
}

#[derive(Debug, PartialEq)]
pub(super) enum Rows {
    /// Tile by tile, column by column, the values of [`LANES`] rows.
    Dense { tiles: Vec<[f64; LANES]>, rows: usize, columns: usize },
    /// As they are.
    Sparse(Features),
}

impl Search {
    pub(super) fn new(rows: &Features, metric: Metric) -> Self {
        let all = || rows.blocks().iter().flat_map(Block::rows).enumerate();
        let cells = rows.rows().saturating_mul(rows.columns());
        let rows = if cells <= DENSE && (cells <= FEW || cells <= 4 * rows.nonzeros()) {
            let (count, columns) = (rows.rows(), rows.columns());
            let mut tiles = vec![[0.0; LANES]; count.div_ceil(LANES) * columns];
            for (at, row) in all() {
                let scale = scale(row, metric);
                let (tile, lane) = (at / LANES * columns, at % LANES);
                let cells = row.indices.iter().zip(row.values);
                cells.for_each(|(&column, value)| tiles[tile + column as usize][lane] = value * scale);
            }
            Rows::Dense { tiles, rows: count, columns }
        } else {
            Rows::Sparse(rows.clone())
        };
        Self { metric, rows }
    }

    /// The nearest rows of each of these, the nearest first; of equally near ones the first.
    pub(super) fn nearest(&self, queries: &Features, count: usize) -> Vec<Vec<Found>> {
        let all: Vec<Row<'_>> = queries.blocks().iter().flat_map(Block::rows).collect();
        let found = all.par_chunks(QUERIES).map(|some| {
            let mut nearest: Vec<Nearest> = some.iter().map(|_| Nearest::new(count)).collect();
            match &self.rows {
                Rows::Dense { tiles, rows, columns } => self.dense(tiles, (*rows, *columns), some, &mut nearest),
                Rows::Sparse(rows) => self.sparse(rows, some, &mut nearest),
            }
            nearest.into_iter().map(|nearest| self.finish(nearest)).collect::<Vec<_>>()
        });
        found.collect::<Vec<_>>().concat()
    }

    fn dense(
        &self,
        tiles: &[[f64; LANES]],
        (rows, columns): (usize, usize),
        some: &[Row<'_>],
        nearest: &mut [Nearest],
    ) {
        let mut queries = vec![0.0; some.len() * columns];
        for (query, row) in queries.chunks_mut(columns).zip(some) {
            let scale = scale(*row, self.metric);
            row.indices.iter().zip(row.values).for_each(|(&column, value)| query[column as usize] = value * scale);
        }
        for (group, part) in tiles.chunks(TILES * columns).enumerate() {
            for (query, nearest) in queries.chunks(columns).zip(nearest.iter_mut()) {
                for (at, tile) in part.chunks(columns).enumerate() {
                    let first = (group * TILES + at) * LANES;
                    let sums = match self.metric {
                        Metric::Euclidean => sums(query, tile, nearest.limit, |a, b| (a - b) * (a - b)),
                        Metric::Manhattan => sums(query, tile, nearest.limit, |a, b| (a - b).abs()),
                        Metric::Cosine => sums(query, tile, f64::NAN, |a, b| -a * b),
                    };
                    let Some(sums) = sums else { continue };
                    for (row, sum) in (first..rows).zip(sums) {
                        nearest.offer(sum, row as u32);
                    }
                }
            }
        }
    }

    fn sparse(&self, rows: &Features, some: &[Row<'_>], nearest: &mut [Nearest]) {
        for (query, nearest) in some.iter().zip(nearest.iter_mut()) {
            let query_scale = scale(*query, self.metric);
            for (row, at) in rows.blocks().iter().flat_map(Block::rows).zip(0..) {
                let row_scale = scale(row, self.metric);
                let add = |a: f64, b: f64| {
                    let (a, b) = (a * query_scale, b * row_scale);
                    match self.metric {
                        Metric::Euclidean => (a - b) * (a - b),
                        Metric::Manhattan => (a - b).abs(),
                        Metric::Cosine => -a * b,
                    }
                };
                let limit = if self.metric == Metric::Cosine { f64::NAN } else { nearest.limit };
                nearest.offer(merge(*query, row, limit, add), at);
            }
        }
    }

    fn finish(&self, nearest: Nearest) -> Vec<Found> {
        let distance = |sum: f64| match self.metric {
            Metric::Euclidean => sum.sqrt(),
            Metric::Manhattan => sum,
            Metric::Cosine => (1.0 + sum).clamp(0.0, 2.0),
        };
        let found = nearest.heap.into_sorted_vec().into_iter();
        found.map(|found| Found { distance: distance(found.distance), row: found.row }).collect()
    }
}

/// What a row is multiplied by: for cosines, rows are made of length 1.
fn scale(row: Row<'_>, metric: Metric) -> f64 {
    if metric != Metric::Cosine || row.values.is_empty() {
        return 1.0;
    }
    // By the greatest first, so that no square overflows or vanishes.
    let greatest = row.values.iter().fold(0.0, |greatest: f64, value| greatest.max(value.abs()));
    let length = row.values.iter().map(|value| (value / greatest).powi(2)).sum::<f64>().sqrt();
    (greatest * length).recip().min(f64::MAX)
}

/// How far each row of a tile is from a row; nothing where all are farther than the limit, below which sums that only grow may stay.
/// Where sums may shrink, there is none (NaN).
fn sums(query: &[f64], tile: &[[f64; LANES]], limit: f64, term: impl Fn(f64, f64) -> f64) -> Option<[f64; LANES]> {
    let mut sums = [0.0; LANES];
    for (query, columns) in query.chunks(COLUMNS).zip(tile.chunks(COLUMNS)) {
        for (value, cells) in query.iter().zip(columns) {
            for lane in 0..LANES {
                sums[lane] += term(*value, cells[lane]);
            }
        }
        if sums.iter().all(|sum| *sum >= limit) {
            return None;
        }
    }
    Some(sums)
}

/// What two sparse rows add up to, column by column; anything above the limit (as of [`sums`]) where it is above.
fn merge(a: Row<'_>, b: Row<'_>, limit: f64, add: impl Fn(f64, f64) -> f64) -> f64 {
    let (mut i, mut j, mut sum) = (0, 0, 0.0);
    // Compared with no limit (NaN), no sum is too large.
    while limit.is_nan() || sum < limit {
        let (left, right) = (a.indices.get(i), b.indices.get(j));
        let (take_left, take_right) = match (left, right) {
            (None, None) => break,
            (Some(_), None) => (true, false),
            (None, Some(_)) => (false, true),
            (Some(left), Some(right)) => (left <= right, right <= left),
        };
        sum += add(if take_left { a.values[i] } else { 0.0 }, if take_right { b.values[j] } else { 0.0 });
        i += usize::from(take_left);
        j += usize::from(take_right);
    }
    sum
}

/// The nearest rows so far.
struct Nearest {
    count: usize,
    /// The farthest on top.
    heap: BinaryHeap<Found>,
    /// Nothing that is as far as this is taken; rows come in their order.
    limit: f64,
}

impl Nearest {
    fn new(count: usize) -> Self {
        // Above all distances while there is room, infinite ones among them.
        Self { count, heap: BinaryHeap::with_capacity(count.min(1 << 16) + 1), limit: f64::NAN }
    }

    fn offer(&mut self, distance: f64, row: u32) {
        if distance >= self.limit {
            return;
        }
        self.heap.push(Found { distance, row });
        if self.heap.len() > self.count {
            self.heap.pop();
        }
        if self.heap.len() == self.count {
            self.limit = self.heap.peek().map_or(f64::NAN, |farthest| farthest.distance);
        }
    }
}
